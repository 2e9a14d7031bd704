"""An entry as events: one of its kind's own type, and what else it led to: another tier, an order placed or cancelled.

Values have the names callers of the API know them by. Amounts of money are left out: how they are written depends on
the program, and an entry alone does not know it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from points.domain.calendar import MOVING
from points.domain.canonical import Plain
from points.domain.ledger import lots as lot
from points.domain.ledger.account import Balance
from points.domain.ledger.coupons import Coupon, issued_coupons
from points.domain.ledger.entries import Entry, EntryName, Kind, Moves
from points.domain.ledger.orders import TRANSITIONS, OrderState, placed_order, state_after
from points.domain.movements.adjusting import Category
from points.domain.movements.part_payments import offset_of
from points.domain.telling.events import EventType, LedgerEvent, event_id

OF_KIND: Final[Mapping[str, EventType]] = {
    "earn": EventType.POINTS_EARNED,
    "redeem": EventType.POINTS_REDEEMED,
    "hold": EventType.POINTS_HELD,
    "capture": EventType.POINTS_CAPTURED,
    "release": EventType.HOLD_RELEASED,
    "reversal": EventType.ENTRY_REVERSED,
    "confirm": EventType.POINTS_CONFIRMED,
    "adjust": EventType.POINTS_ADJUSTED,
    "referred": EventType.MEMBER_REFERRED,
    "referral": EventType.REFERRAL_LINKED,
    "referral_reward": EventType.REFERRAL_REWARDED,
    "tier_review": EventType.TIER_REVIEWED,
    "freeze": EventType.MEMBER_FROZEN,
    "unfreeze": EventType.MEMBER_UNFROZEN,
    "expire": EventType.POINTS_EXPIRED,
    "settle": EventType.POINTS_SETTLED,
    "pay": EventType.ORDER_PAID,
    "fulfil": EventType.ORDER_FULFILLED,
    "ship": EventType.ORDER_SHIPPED,
    "deliver": EventType.ORDER_DELIVERED,
    "write_off": EventType.COUPON_WRITTEN_OFF,
    "pack": EventType.PACK_GIVEN,
}
"""By the name a kind is stored under."""

_WEST, _EAST = timedelta(hours=12), timedelta(hours=14)
"""How far the days of the world lie apart from that of Greenwich."""


def events_of_entry(entry: Entry) -> tuple[LedgerEvent, ...]:
    """In the order in which they are told. Raises KeyError, TypeError and ValueError for an entry that does not say
    what its kind has to say."""
    told: dict[EventType, Mapping[str, Plain]] = {OF_KIND[entry.kind]: {**_movement(entry), **_facts(entry)}}
    beside: Mapping[str, Plain] = {"entry": {"kind": str(entry.kind), "reference": entry.reference}}
    if changes_tier(entry):
        told[EventType.TIER_CHANGED] = {**_tier(entry), **beside}
    if entry.kind is Kind.REDEEM:
        told[EventType.ORDER_PLACED] = {"order": _placed_order(entry), **beside}
    if coupons := issued_coupons(entry):
        told[EventType.COUPON_ISSUED] = {**_issued(coupons), **beside}
    if (order := _cancelled_order(entry)) is not None:
        told[EventType.ORDER_CANCELLED] = {"order": order, "points": entry.points, **beside}
    return tuple(_event(entry, kind, data) for kind, data in told.items())


def changes_tier(entry: Entry) -> bool:
    """Whether the entry led to another tier, rather than to another day of its review. A review names the tier before
    it; whatever else says a tier has changed it if the member has it since that very day. Which day that was where the
    program is, an entry does not know: a tier that was given the day before may be told of once more."""
    details = entry.details
    if "before" in details:
        return "tier" in details and details["tier"] != details["before"]
    since = details.get("since")
    return isinstance(since, str) and _is_that_day(date.fromisoformat(since), entry.at)


def _is_that_day(day: date, moment: datetime) -> bool:
    """Whether it was that day anywhere."""
    return (moment - _WEST).date() <= day <= (moment + _EAST).date()


def _event(entry: Entry, kind: EventType, data: Mapping[str, Plain]) -> LedgerEvent:
    return LedgerEvent(
        id=event_id(entry.digest, kind),
        type=kind,
        program=entry.program,
        member=entry.member,
        seq=entry.seq,
        at=entry.at,
        data=data,
    )


# ── what every movement tells ────────────────────────────────────────────────────────────────────────────────────────


def _movement(entry: Entry) -> dict[str, Plain]:
    return {
        "kind": str(entry.kind),
        "reference": entry.reference,
        "points": entry.points,
        "lines": [{"rule": line.rule, "points": line.points} for line in entry.lines],
        "changes": _changes(entry.moves),
        "lots": _lots(entry.moves.by_lot()),
        "balance": _balance(entry.balance),
        "program_version": entry.program_version,
    }


def _changes(moves: Moves) -> Mapping[str, Plain]:
    return {
        "available": lot.total(moves.lots),
        "pending": lot.total(moves.pending),
        "held": lot.total(moves.held),
        "owed": moves.owed,
    }


def _balance(balance: Balance) -> Mapping[str, Plain]:
    return {
        "available": balance.available,
        "pending": balance.pending,
        "held": balance.held,
        "owed": balance.owed,
    }


def _lots(lots: Mapping[str, int]) -> list[Plain]:
    return [
        {"expires_on": _expiry(lot.first_date(name)), "earned_in": lot.earned_month(name), "points": points}
        for name, points in sorted(lots.items())
    ]


def _expiry(day: date) -> str | None:
    return None if day >= MOVING else day.isoformat()


# ── what each kind tells besides ─────────────────────────────────────────────────────────────────────────────────────


def _earning(entry: Entry) -> Mapping[str, Plain]:
    details = entry.details
    return {
        "behaviour": details["behaviour"],
        "quantity": details.get("quantity"),
        "occurred_at": details.get("occurred_at"),
        "attributes": _sorted(details.get("attributes", {})),
    }


def _redemption(entry: Entry) -> Mapping[str, Plain]:
    return {"order": _placed_order(entry), "exchanged": entry.details.get("exchanged", False)}


def _hold(entry: Entry) -> Mapping[str, Plain]:
    """As the API shows a hold: ``points`` is all of it, captured and released in some proportion once it has ended."""
    points = _integer(entry, "points")
    match entry.kind:
        case Kind.CAPTURE:
            state, captured, released = "captured", points, _integer(entry, "released")
            points = captured + released
        case Kind.RELEASE:
            state, captured, released = "released", 0, points
        case _:
            state, captured, released = "held", 0, 0
    hold: dict[str, Plain] = {
        "reference": entry.reference,
        "state": state,
        "points": points,
        "captured": captured,
        "released": released,
        "expires_at": entry.details.get("expires_at"),
    }
    # Of one that is released, the entry does not know.
    return {"hold": hold} if state == "released" else {"hold": hold, "for_order": offset_of(entry) is not None}


def _reversal(entry: Entry) -> Mapping[str, Plain]:
    details = entry.details
    return {
        "reverses": _name(entry.name.reverses),
        # A cancelled order is reversed as a whole: its entry has no need to say how much of it is, or that it is all.
        "reversed": details.get("nominal"),
        "bonuses": [{"rule": rule, "points": points} for rule, points in _sorted(details.get("bonuses", {})).items()],
        "waived": details.get("waived", 0),
        "last": details.get("last", _cancelled_order(entry) is not None),
    }


def _confirmation(entry: Entry) -> Mapping[str, Plain]:
    return {"confirmed": entry.details["confirmed"]}


def _adjustment(entry: Entry) -> Mapping[str, Plain]:
    return {"category": entry.details.get("category", Category.CORRECTION.value)}


def _invitation(entry: Entry) -> Mapping[str, Plain]:
    return {"referrer": entry.details["referrer"], "paid": entry.details.get("paid", False)}


def _recommendation(entry: Entry) -> Mapping[str, Plain]:
    return {"newcomer": entry.details["newcomer"], "rewarded": entry.details.get("rewarded", False)}


def _review(entry: Entry) -> Mapping[str, Plain]:
    before = entry.details["before"]
    return {"before": before, "tier": entry.details.get("tier", before)}


def _settlement(entry: Entry) -> Mapping[str, Plain]:
    """What time alone has done, whatever else came of it."""
    return {"matured": entry.details.get("matured", 0), "ended_holds": entry.details.get("holds", [])}


def _expiry_of_points(entry: Entry) -> Mapping[str, Plain]:
    return {"expired": _integer(entry, "expired"), **_settlement(entry)}


def _handling(entry: Entry) -> Mapping[str, Plain]:
    state = TRANSITIONS[entry.kind].to.value
    return {"order": {"reference": entry.reference, "state": state}, "tracking": entry.details.get("tracking")}


def _written_off(entry: Entry) -> Mapping[str, Plain]:
    """The code is the entry's own reference; whose till it was used at knows the other one."""
    details = entry.details
    coupon = {"code": entry.reference, "reward": details["reward"], "order": details["order"]}
    return {"coupon": coupon, "used_by": details["reference"]}


def _pack(entry: Entry) -> Mapping[str, Plain]:
    details = entry.details
    return {
        "level": details["level"],
        "given": [{"reward": name, "quantity": number} for name, number in _sorted(details.get("given", {})).items()],
        "missing": [{"reward": name, "why": why} for name, why in _sorted(details.get("missing", {})).items()],
        "withheld": details.get("withheld"),
    }


def _payment(entry: Entry) -> Mapping[str, Plain]:
    order = {"reference": entry.reference, "state": state_after(entry).value}
    return {"order": order, "spent": _integer(entry, "points"), "payment": entry.details.get("payment")}


def _frozen(entry: Entry) -> Mapping[str, Plain]:
    return {"frozen": entry.details["frozen"]}


_FACTS: Final[Mapping[Kind, Callable[[Entry], Mapping[str, Plain]]]] = {
    Kind.EARN: _earning,
    Kind.REDEEM: _redemption,
    Kind.HOLD: _hold,
    Kind.CAPTURE: _hold,
    Kind.RELEASE: _hold,
    Kind.REVERSAL: _reversal,
    Kind.CONFIRM: _confirmation,
    Kind.ADJUST: _adjustment,
    Kind.REFERRED: _invitation,
    Kind.REFERRAL: _recommendation,
    Kind.REFERRAL_REWARD: _recommendation,
    Kind.TIER_REVIEW: _review,
    Kind.EXPIRE: _expiry_of_points,
    Kind.SETTLE: _settlement,
    Kind.PAY: _payment,
    Kind.FULFIL: _handling,
    Kind.SHIP: _handling,
    Kind.DELIVER: _handling,
    Kind.WRITE_OFF: _written_off,
    Kind.PACK: _pack,
    Kind.FREEZE: _frozen,
    Kind.UNFREEZE: _frozen,
}
"""What else there is to tell, by kind; kinds that are not here move points and say nothing besides."""


def _facts(entry: Entry) -> Mapping[str, Plain]:
    tell = _FACTS.get(entry.kind)
    return {} if tell is None else tell(entry)


# ── parts ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _placed_order(entry: Entry) -> Mapping[str, Plain]:
    """The order as the redemption placed it."""
    return {
        "reference": entry.reference,
        "reward": entry.details["reward"],
        "quantity": entry.details["quantity"],
        "points": entry.details["price"],
        "state": placed_order(entry).state.value,
    }


def _issued(coupons: Sequence[Coupon]) -> Mapping[str, Plain]:
    """Without their codes: whoever has one can use it, and an event is heard by many."""
    first = coupons[0]
    return {
        "reward": first.reward,
        "order": first.order,
        "quantity": len(coupons),
        "expires_on": None if first.expires_on is None else first.expires_on.isoformat(),
    }


def _cancelled_order(entry: Entry) -> Mapping[str, Plain] | None:
    """What is taken back of a redemption is its order, as a whole; None for what is something else."""
    redeemed = entry.name.reverses
    if redeemed is None or redeemed.kind is not Kind.REDEEM:
        return None
    return {"reference": redeemed.reference, "state": OrderState.CANCELLED.value}


def _tier(entry: Entry) -> Mapping[str, Plain]:
    details = entry.details
    return {
        "tier": details["tier"],
        "since": details["since"],
        "review_on": details.get("review_on"),
        "before": details.get("before"),
    }


def _name(name: EntryName | None) -> Mapping[str, Plain] | None:
    return None if name is None else {"kind": name.kind.value, "reference": name.reference}


def _sorted(values: Plain) -> Mapping[str, Plain]:
    if not isinstance(values, Mapping):
        raise TypeError(f"not names and values: {values!r}")
    return dict(sorted(values.items()))


def _integer(entry: Entry, name: str) -> int:
    value = entry.details[name]
    if not isinstance(value, int):
        raise TypeError(f"{name} of {entry.name} is not a number: {value!r}")
    return value
