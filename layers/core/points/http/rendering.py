"""From the domain to JSON: plain dictionaries, one function per thing the API shows.

No response model is validated on the way out: what is rendered here is ours, and contract tests compare it with the
OpenAPI document. Whatever a replay repeats is rendered from the stored entry alone, so the body is the original one.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from aws_lambda_powertools.event_handler.api_gateway import Response

from points.application.members.read_member import MemberView
from points.application.members.read_standing import standing_of
from points.application.redemption.list_rewards import Offer
from points.domain.calendar import NEVER, local_day, utc_text
from points.domain.canonical import Plain
from points.domain.errors import Fault
from points.domain.evaluation.evaluation import Evaluation
from points.domain.ledger import lots as lot
from points.domain.ledger.account import Balance
from points.domain.ledger.entries import Entry, EntryName, Kind, Line, Moves
from points.domain.ledger.members import Profile
from points.domain.ledger.orders import Order
from points.domain.program.program import Program
from points.domain.program.rewards import Reward

CONTENT_TYPE = "application/json"
REPLAYED = "Idempotent-Replayed"

type Json = dict[str, Plain]

_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def json_text(value: Plain) -> str:
    return _ENCODER.encode(value)


def answer(body: Json) -> Response[str]:
    return Response(200, CONTENT_TYPE, json_text(body))


def made_answer(body: Json, *, replayed: bool, location: str | None = None) -> Response[str]:
    """201 the first time, with the place of what was made; a replay is 200 with the same body."""
    if replayed:
        return Response(200, CONTENT_TYPE, json_text(body), {REPLAYED: "true"})
    headers = {} if location is None else {"Location": location}
    return Response(201, CONTENT_TYPE, json_text(body), headers)


def faults_body(faults: Iterable[Fault]) -> list[Plain]:
    return [{"path": fault.path, "code": fault.code, "message": fault.message} for fault in faults]


def balance_body(balance: Balance) -> Json:
    return {
        "available": balance.available,
        "pending": balance.pending,
        "held": balance.held,
        "owed": balance.owed,
    }


def expiring_body(expiring: Iterable[tuple[date, int]]) -> list[Plain]:
    return [{"on": day.isoformat(), "points": points} for day, points in expiring]


def entry_body(entry: Entry, program: Program) -> Json:
    """``program`` is the version that decided the entry: amounts are shown in its currency."""
    return {
        "kind": entry.kind.value,
        "reference": entry.reference,
        "reverses": _name_body(entry.name.reverses),
        "member": entry.member,
        "seq": entry.seq,
        "at": utc_text(entry.at),
        "points": entry.points,
        "lines": lines_body(entry.lines),
        "changes": _changes_body(entry.moves),
        "lots": _lots_body(entry.moves.by_lot()),
        "balance": balance_body(entry.balance),
        "reason": entry.reason,
        "details": _details_body(entry.details, program),
        "actor": entry.actor,
        "program_version": entry.program_version,
        "digest": entry.digest,
    }


def lines_body(lines: Sequence[Line]) -> list[Plain]:
    return [{"rule": line.rule, "points": line.points} for line in lines]


def evaluation_body(lines: Sequence[Line], evaluation: Evaluation) -> Json:
    """``lines`` of the movement, each with whether a cap cut it, and every rule that does not pay."""
    capped = {payment.rule for payment in evaluation.payments if payment.capped}
    return {
        "lines": [{"rule": line.rule, "points": line.points, "capped": line.rule in capped} for line in lines],
        "unpaid": [{"rule": unpaid.rule, "why": unpaid.why.value} for unpaid in evaluation.unpaid],
    }


def _name_body(name: EntryName | None) -> Json | None:
    return None if name is None else {"kind": name.kind.value, "reference": name.reference}


def _changes_body(moves: Moves) -> Json:
    return {
        "available": lot.total(moves.lots),
        "pending": lot.total(moves.pending),
        "held": lot.total(moves.held),
        "owed": moves.owed,
    }


def _lots_body(lots: Mapping[str, int]) -> list[Plain]:
    """What the member has more or less of, by expiry: an app says "good until …" from it."""
    return [
        {"expires_on": _expiry_text(lot.first_date(name)), "earned_in": name.rpartition("/")[2], "points": points}
        for name, points in sorted(lots.items())
    ]


def _expiry_text(day: date) -> str | None:
    return None if day == NEVER else day.isoformat()


def _details_body(details: Mapping[str, Plain], program: Program) -> Json:
    """The entry's own facts, with money as a decimal string instead of minor units. In the order of their names: a
    store need not give a map back in the order it was written, and a replay is the same to the byte."""
    body = dict(details)
    amount_minor = body.pop("amount_minor", None)
    if isinstance(amount_minor, int):
        body["amount"] = program.currency.text(amount_minor)
    unpaid = body.get("unpaid")
    if isinstance(unpaid, Mapping):
        body["unpaid"] = [{"rule": rule, "why": why} for rule, why in sorted(unpaid.items())]
    attributes = body.get("attributes")
    if isinstance(attributes, Mapping):
        body["attributes"] = dict(sorted(attributes.items()))
    spent = body.get("spent")
    if isinstance(spent, Mapping):
        body["spent"] = _lots_body({name: points for name, points in spent.items() if isinstance(points, int)})
    if "nominal" in body:
        body["reversed"] = body.pop("nominal")
    return dict(sorted(body.items()))


def redeemable_body(rewards: Iterable[Reward]) -> list[Plain]:
    return [{"reward": reward.name, "price": reward.price} for reward in rewards]


def order_body(order: Order) -> Json:
    return {
        "reference": order.reference,
        "member": order.member,
        "reward": order.reward,
        "quantity": order.quantity,
        "points": order.points,
        "state": order.state.value,
        "placed_at": utc_text(order.placed_at),
        "updated_at": utc_text(order.updated_at),
    }


def offer_body(offer: Offer) -> Json:
    return {
        "reward": offer.reward.name,
        "price": offer.reward.price,
        "stock_left": offer.stock_left,
        "refused": offer.refused,
    }


def member_body(view: MemberView, program: Program) -> Json:
    account = view.account
    standing = standing_of(account, program, local_day(view.as_of, program.zone))
    return {
        "member": account.member,
        "status": "frozen" if account.frozen else "active",
        "frozen": sorted(activity.value for activity in account.frozen),
        "tier": None if standing.level is None else standing.level.name,
        "segment": None if standing.segment is None else standing.segment.name,
        "profile": profile_body(view.profile),
        "balance": balance_body(account.balance(view.as_of, program.zone)),
        "as_of": utc_text(view.as_of),
    }


def profile_body(profile: Profile) -> Json:
    return {
        "locale": profile.locale,
        "birthday": None if profile.birthday is None else profile.birthday.isoformat(),
        "real_name_verified": profile.real_name_verified,
        "email": profile.email,
        "phone": profile.phone,
        "attributes": dict(profile.attributes),
        "opt_out": profile.opt_out,
    }


def movement_body(entry: Entry, program: Program) -> Json:
    """What every movement answers, and some add to."""
    return {"entry": entry_body(entry, program), "balance": balance_body(entry.balance)}


def hold_body(entry: Entry) -> Json:
    """A hold as the entry that made or ended it left it. ``points`` is all of it; it is either still held, or it is
    ``captured`` and ``released`` in some proportion."""
    points = _points(entry, "points")
    match entry.kind:
        case Kind.CAPTURE:
            state, captured, released = "captured", points, _points(entry, "released")
            points = captured + released
        case Kind.RELEASE:
            state, captured, released = "released", 0, points
        case _:
            state, captured, released = "held", 0, 0
    return {
        "reference": entry.reference,
        "state": state,
        "points": points,
        "captured": captured,
        "released": released,
        "expires_at": entry.details.get("expires_at"),
    }


def _points(entry: Entry, name: str) -> int:
    value = entry.details[name]
    if not isinstance(value, int):
        raise TypeError(f"{name} of {entry.name} is not a number: {value!r}")
    return value
