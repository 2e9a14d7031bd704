"""Recorded behaviour: what the decisions made of (program, account, event), kept so that a change shows.

A case is plain JSON: the account before, who referred it, what was asked and what became of it. Accounts are written
down in the domain's words rather than in the store's, so a change of how they are stored changes no case.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from points.adapters.program_document import PydanticProgramDocuments
from points.domain.calendar import from_utc_text, utc_text
from points.domain.errors import PointsError
from points.domain.ledger.account import Account, Activity, Hold, Referral, Tier
from points.domain.ledger.booking import Context, Decision
from points.domain.ledger.members import MemberFacts
from points.domain.movements.earning import Event, earn
from points.domain.movements.holding import HoldRequest, hold
from points.domain.movements.redeeming import Redemption, redeem
from points.domain.program.program import Program

FOLDER: Final = Path(__file__).parent
DOCUMENTS: Final = FOLDER / "documents.json"
CASES: Final = FOLDER / "cases.jsonl.gz"

type Plain = dict[str, Any]

_OF_THE_CHAIN: Final = ("program", "member", "name", "at", "seq", "fingerprint", "previous_digest")
_OF_THE_CALL: Final = ("actor", "program_version")


@dataclass(frozen=True)
class Case:
    """``became`` is what was recorded: an entry and counters, or the code of a refusal."""

    number: int
    document: str
    now: datetime
    account: Plain
    referrer: Plain | None
    asked: Plain
    became: Plain

    def __str__(self) -> str:
        return f"{self.document}-{self.number}"


def cases() -> Iterator[Case]:
    with gzip.open(CASES, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            document, now, account, referrer, asked, became = json.loads(line)
            yield Case(number, document, from_utc_text(now), account, referrer, asked, became)


@cache
def program(name: str) -> Program:
    document = json.loads(DOCUMENTS.read_text("utf-8"))[name]
    return PydanticProgramDocuments().load(document, name=name, version=1)


def again(case: Case) -> Plain:
    """What becomes of it now, as far as it was recorded."""
    rules = program(case.document)
    referrer = None if case.referrer is None else account_of(case.referrer)
    account = account_of(case.account)
    account = replace(account, counters=_with_paid_tasks(account.counters, rules))
    return _as_recorded(became(rules, account, referrer, case.asked, case.now)[0])


def recorded(case: Case) -> Plain:
    return _as_recorded(case.became)


_ONLY_NOW: Final = ("counted", "since", "review_on", "referrer")
"""Details that entries did not have then: they change nothing of what is paid."""

_ONLY_THEN: Final = ("attributes",)
"""What a program does not declare is not kept any more."""

_PAID_THEN: Final = -1
"""What a task's counter said once it had paid; now it goes on counting, and another one says what was paid."""


def _as_recorded(outcome: Plain) -> Plain:
    if "entry" not in outcome:
        return outcome
    entry, counters = outcome["entry"], outcome["counters"]
    details = {name: value for name, value in entry["details"].items() if name not in _ONLY_NOW + _ONLY_THEN}
    paid = {_progress(key) for key in counters if "/b" in key}
    tasks = {key: _PAID_THEN if key in paid else count for key, count in counters.items() if "/t" in key}
    others = {key: count for key, count in counters.items() if "/t" not in key and "/b" not in key}
    return {"entry": {**entry, "details": details}, "counters": others | tasks}


def _with_paid_tasks(counters: Mapping[str, int], rules: Program) -> dict[str, int]:
    found = dict(counters)
    for task in rules.tasks:
        for key in [key for key, count in found.items() if key.startswith(f"{task.name}/t") and count == _PAID_THEN]:
            found[key] = task.target
            found[key.replace("/t", "/b", 1)] = task.points
    return found


def _progress(paid_key: str) -> str:
    return paid_key.replace("/b", "/t", 1)


def became(
    rules: Program, account: Account, referrer: Account | None, asked: Plain, now: datetime
) -> tuple[Plain, Decision | None]:
    context = Context(rules, now, actor="recorded", fingerprint="")
    try:
        decision = _decided(account, referrer, asked, context)
    except PointsError as refusal:
        return {"refused": refusal.code}, None
    counters = dict(sorted(decision.account.counters.items()))
    return {"entry": _entry_plain(decision), "counters": counters}, decision


def _decided(account: Account, referrer: Account | None, asked: Plain, context: Context) -> Decision:
    facts = dict(asked)
    match facts.pop("do"):
        case "event":
            occurred_at = facts.pop("occurred_at", None)
            moment = None if occurred_at is None else from_utc_text(occurred_at)
            event = Event("now", account.member, **facts, occurred_at=moment)
            return earn(account, event, context, referrer=referrer)
        case "redeem":
            return redeem(account, Redemption("now", account.member, **facts), context)
        case "hold":
            return hold(account, HoldRequest("now", account.member, **facts), context)
        case other:
            raise ValueError(other)


def _entry_plain(decision: Decision) -> Plain:
    entry = decision.entry.plain()
    for name in (
        "program",
        "member",
        "name",
        "at",
        "seq",
        "fingerprint",
        "previous_digest",
        "actor",
        "program_version",
    ):
        del entry[name]
    plain: Plain = json.loads(json.dumps(entry, sort_keys=True))
    plain["others"] = [[str(other.entry.kind), other.entry.points] for other in decision.others]
    return plain


def plain_account(account: Account) -> Plain:
    facts = account.facts
    return {
        "program": account.program,
        "member": account.member,
        "seq": account.seq,
        "lots": dict(account.lots),
        "pending": dict(account.pending),
        "holds": {name: [utc_text(held.expires_at), dict(held.lots)] for name, held in account.holds.items()},
        "owed": account.owed,
        "counters": dict(account.counters),
        "frozen": sorted(account.frozen),
        "tier": None if account.tier is None else _plain_tier(account.tier),
        "referral": None if account.referral is None else [account.referral.referrer, account.referral.paid],
        "facts": [facts.birthday, facts.real_name_verified, dict(facts.attributes)],
        "due_at": None if account.due_at is None else utc_text(account.due_at),
    }


def account_of(plain: Mapping[str, Any]) -> Account:
    birthday, verified, attributes = plain["facts"]
    return Account(
        program=plain["program"],
        member=plain["member"],
        seq=plain["seq"],
        head="",
        lots=plain["lots"],
        pending=plain["pending"],
        holds={name: Hold(from_utc_text(end), lots) for name, (end, lots) in plain["holds"].items()},
        owed=plain["owed"],
        counters=plain["counters"],
        frozen=frozenset(map(Activity, plain["frozen"])),
        tier=_tier(plain["tier"]),
        referral=None if plain["referral"] is None else Referral(*plain["referral"]),
        facts=MemberFacts(None if birthday is None else tuple(birthday), verified, attributes),
        due_at=None if plain["due_at"] is None else from_utc_text(plain["due_at"]),
    )


def _plain_tier(tier: Tier) -> Plain:
    review_on = None if tier.review_on is None else tier.review_on.isoformat()
    return {"name": tier.name, "since": tier.since.isoformat(), "review_on": review_on}


def _tier(plain: Plain | None) -> Tier | None:
    if plain is None:
        return None
    review_on = plain["review_on"]
    since = date.fromisoformat(plain["since"])
    return Tier(plain["name"], since, None if review_on is None else date.fromisoformat(review_on))
