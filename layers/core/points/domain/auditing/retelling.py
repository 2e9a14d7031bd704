"""An account retold: what its entries, one after the other, make of everything beside its points.

Each entry names the version that decided it and says what it counted, so counters, holds, tier and timers follow from
the entries alone. Nothing is decided again: what a member was at the time (attributes, segment) is not needed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from points.domain.auditing.findings import CANNOT_FOLLOW
from points.domain.auditing.recounting import recounted
from points.domain.calendar import from_utc_text, local_day
from points.domain.errors import NotFound
from points.domain.evaluation.standing import TierChange
from points.domain.ledger.account import Account, Activity, Hold, Referral, Tier
from points.domain.ledger.booking import is_activity
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.ledger.lots import Lots
from points.domain.ledger.timers import next_due
from points.domain.movements.expiring import is_of_time
from points.domain.program.program import Program
from points.domain.program.risk import RiskAction

_LEAVES_HOLDS = frozenset({Kind.FREEZE, Kind.UNFREEZE, Kind.TIER_REVIEW})
"""Movements that look at nothing that time has done."""


@dataclass(frozen=True, slots=True)
class Retold:
    """``lost`` are entries that say things nobody can follow, or whose version is not there, with the reason: what they
    did beside points is left out."""

    account: Account
    tier_changes: Mapping[int, TierChange] = field(default_factory=dict)
    lost: Sequence[tuple[EntryName, str]] = ()


def retell(account: Account, entries: Sequence[Entry], versions: Callable[[int], Program]) -> Retold:
    """``entries`` in the order of their seq. Of ``account`` only the names are taken."""
    told = Account(account.program, account.member)
    changes: dict[int, TierChange] = {}
    lost: list[tuple[EntryName, str]] = []
    by_name: dict[EntryName, Entry] = {}
    for entry in entries:
        by_name[entry.name] = entry
        before = told
        try:
            told = _after(told, entry, versions, by_name)
        except NotFound:
            lost.append((entry.name, f"there is no version {entry.program_version}"))
        except CANNOT_FOLLOW as error:
            lost.append((entry.name, f"{type(error).__name__}: {error}"))
        if told.tier is not None and (before.tier is None or before.tier.name != told.tier.name):
            changes[entry.seq] = TierChange(told.tier.name, told.tier.since, entry.seq)
    return Retold(told, changes, lost)


def _after(
    told: Account, entry: Entry, versions: Callable[[int], Program], by_name: Mapping[EntryName, Entry]
) -> Account:
    program = versions(entry.program_version)
    counters = recounted(told.counters, entry, program, versions, by_name)
    told = replace(
        told,
        seq=entry.seq,
        lots=_moved(told.lots, entry.moves.lots),
        pending=_moved(told.pending, entry.moves.pending),
        holds=_holds(told, entry),
        counters=counters,
        frozen=_frozen(told, entry, program),
        tier=_tier(told, entry),
        referral=_referral(told, entry, by_name),
        active_until=active_until_after(entry, told.active_until),
        active_on=_active_on(told, entry, program),
    )
    exact = next_due(told, program)
    if is_of_time(entry):
        return replace(told, due_at=exact)
    due = [moment for moment in (told.due_at, exact) if moment is not None]
    return replace(told, due_at=min(due, default=None))


def active_until_after(entry: Entry, before: date | None) -> date | None:
    """The last day of moving lots after ``entry``. Raises ValueError for what is no day."""
    said = entry.details.get("active_until")
    return date.fromisoformat(said) if isinstance(said, str) else before


def _active_on(told: Account, entry: Entry, program: Program) -> date | None:
    return local_day(entry.at, program.zone) if is_activity(entry.kind, entry.details) else told.active_on


def _moved(lots: Lots, moves: Lots) -> dict[str, int]:
    """Like an addition of lots, but damage may lead anywhere."""
    sums = {name: lots.get(name, 0) + moves.get(name, 0) for name in lots.keys() | moves.keys()}
    return {name: points for name, points in sums.items() if points}


def _holds(told: Account, entry: Entry) -> Mapping[str, Hold]:
    if entry.kind in _LEAVES_HOLDS or (entry.kind is Kind.REFERRAL and not entry.lines):
        return told.holds
    overdue = {reference: held for reference, held in told.holds.items() if held.expires_at <= entry.at}
    holds = {reference: held for reference, held in told.holds.items() if reference not in overdue}
    if entry.kind in (Kind.CAPTURE, Kind.RELEASE):
        holds.pop(entry.reference, None)
    if entry.kind is Kind.HOLD:
        let_go: Lots = {}
        for held in overdue.values():
            let_go = _moved(let_go, held.lots)
        drawn = {name: points for name, points in _moved(entry.moves.held, let_go).items() if points > 0}
        holds[entry.reference] = Hold(from_utc_text(str(entry.details.get("expires_at"))), drawn)
    return holds


def _frozen(told: Account, entry: Entry, program: Program) -> frozenset[Activity]:
    if entry.kind in (Kind.FREEZE, Kind.UNFREEZE):
        named = entry.details.get("frozen")
        return frozenset(Activity(str(name)) for name in named) if isinstance(named, list | tuple) else told.frozen
    triggered = entry.details.get("risk")
    freezing = {rule.name for rule in program.risk if rule.action is RiskAction.FREEZE}
    if isinstance(triggered, list | tuple) and freezing.intersection(map(str, triggered)):
        return frozenset(Activity)
    return told.frozen


def _tier(told: Account, entry: Entry) -> Tier | None:
    name, since, review_on = (entry.details.get(part) for part in ("tier", "since", "review_on"))
    if not isinstance(name, str) or not isinstance(since, str):
        return told.tier
    return Tier(name, date.fromisoformat(since), date.fromisoformat(review_on) if isinstance(review_on, str) else None)


def _referral(told: Account, entry: Entry, by_name: Mapping[EntryName, Entry]) -> Referral | None:
    match entry.kind:
        case Kind.REFERRED:
            return Referral(str(entry.details.get("referrer")), paid=bool(entry.details.get("paid")))
        case Kind.EARN if told.referral is not None and "referrer" in entry.details:
            return replace(told.referral, paid=True)
        case Kind.REVERSAL if told.referral is not None and entry.details.get("last"):
            original = by_name.get(entry.name.reverses) if entry.name.reverses is not None else None
            reopened = original is not None and original.details.get("referrer") == told.referral.referrer
            return replace(told.referral, paid=False) if reopened else told.referral
        case _:
            return told.referral
