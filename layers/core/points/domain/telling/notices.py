"""A notice as an event. It has no ``seq``: no entry made it, and it changes nothing that others would have to order."""

from points.domain.canonical import Plain, digest
from points.domain.ledger.timers import Dormant, Expiring
from points.domain.reminding.notices import Notice
from points.domain.telling.events import EventType, LedgerEvent, event_id


def events_of_notice(notice: Notice) -> tuple[LedgerEvent, ...]:
    """One event; none for a notice that a nearer one has superseded: nobody is told the same thing twice at once."""
    if notice.superseded:
        return ()
    kind, about = _about(notice.about)
    what = [notice.program, notice.member, list(about.values())]
    data = {**about, "points": notice.points, "reward": notice.reward, "channels": list(notice.channels)}
    event = LedgerEvent(
        id=event_id(digest(what), kind),
        type=kind,
        program=notice.program,
        member=notice.member,
        seq=None,
        at=notice.at,
        data=data,
    )
    return (event,)


def _about(about: Expiring | Dormant) -> tuple[EventType, dict[str, Plain]]:
    """Its type, and what makes it the one notice of that kind a member can have."""
    match about:
        case Expiring(expires_on, lead_days):
            return EventType.POINTS_EXPIRING, {"expires_on": expires_on.isoformat(), "lead_days": lead_days}
        case Dormant(active_on, times):
            return EventType.MEMBER_DORMANT, {"active_on": active_on.isoformat(), "round": times}
