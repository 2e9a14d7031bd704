"""What every movement shows: the entry, its lots and the balance right after.

Whatever a replay repeats is rendered from the stored entry alone, so the body is the original one.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from points.domain.calendar import MOVING, utc_text
from points.domain.canonical import Plain
from points.domain.ledger import lots as lot
from points.domain.ledger.account import Balance
from points.domain.ledger.entries import Entry, EntryName, Line, Moves
from points.domain.program.program import Program
from points.http.edge.answering import Json
from points.http.rendering.titles import text_in


def balance_body(balance: Balance) -> Json:
    return {
        "available": balance.available,
        "pending": balance.pending,
        "held": balance.held,
        "owed": balance.owed,
    }


def entry_body(entry: Entry, program: Program, language: str) -> Json:
    """``program`` is the version that decided the entry: amounts are shown in its currency, lines have its titles."""
    return {
        "kind": entry.kind.value,
        "reference": entry.reference,
        "reverses": _name_body(entry.name.reverses),
        "member": entry.member,
        "seq": entry.seq,
        "at": utc_text(entry.at),
        "points": entry.points,
        "lines": lines_body(entry.lines, program, language),
        "changes": _changes_body(entry.moves),
        "lots": _lots_body(entry.moves.by_lot()),
        "balance": balance_body(entry.balance),
        "reason": entry.reason,
        "details": _details_body(entry.details, program),
        "actor": entry.actor,
        "program_version": entry.program_version,
        "digest": entry.digest,
    }


def lines_body(lines: Sequence[Line], program: Program, language: str) -> list[Plain]:
    return [
        {
            "rule": line.rule,
            "title": text_in(language, program.title_of(line.rule), program),
            "points": line.points,
        }
        for line in lines
    ]


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
        {"expires_on": _expiry_text(lot.first_date(name)), "earned_in": lot.earned_month(name), "points": points}
        for name, points in sorted(lots.items())
    ]


def _expiry_text(day: date) -> str | None:
    return None if day >= MOVING else day.isoformat()


def _details_body(details: Mapping[str, Plain], program: Program) -> Json:
    """The entry's own facts, with money as a decimal string instead of minor units. In the order of their names: a
    store need not give a map back in the order it was written, and a replay is the same to the byte."""
    body = dict(details)
    for stored, shown in _MONEY.items():
        if isinstance(minor := body.pop(stored, None), int):
            body[shown] = program.currency.text(minor)
    cash_minor = body.pop("cash_minor", None)
    if isinstance(cash_minor, int):
        body["cash"] = {"amount": program.currency.text(cash_minor), "currency": program.currency.code}
    unpaid = body.get("unpaid")
    if isinstance(unpaid, Mapping):
        body["unpaid"] = [{"rule": rule, "why": why} for rule, why in sorted(unpaid.items())]
    attributes = body.get("attributes")
    if isinstance(attributes, Mapping):
        body["attributes"] = dict(sorted(attributes.items()))
    spent = body.get("spent")
    if isinstance(spent, Mapping):
        body["spent"] = _lots_body({name: points for name, points in spent.items() if isinstance(points, int)})
    bonuses = body.get("bonuses")
    if isinstance(bonuses, Mapping):
        body["bonuses"] = [{"rule": rule, "points": points} for rule, points in sorted(bonuses.items())]
    if "nominal" in body:
        body["reversed"] = body.pop("nominal")
    for listed, named in (("given", "quantity"), ("missing", "why")):
        rewards = body.get(listed)
        if isinstance(rewards, Mapping):
            body[listed] = [{"reward": reward, named: value} for reward, value in sorted(rewards.items())]
    # What a refund will have to know is nobody else's business.
    body.pop("counted", None)
    return dict(sorted(body.items()))


_MONEY: Final = {
    "amount_minor": "amount",
    "order_minor": "order_amount",
    "discount_minor": "discount",
    "money_minor": "money",
}


def movement_body(entry: Entry, program: Program, language: str) -> Json:
    """What every movement answers, and some add to."""
    return {"entry": entry_body(entry, program, language), "balance": balance_body(entry.balance)}
