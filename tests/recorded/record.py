"""Record the behaviour of this very code: ``python -m tests.recorded.record``.

Walks members of random programs through random months and writes down each decision on the way. Run it on the commit
*before* a change; what it wrote is then what the change is held to.
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from points.adapters.program_document import PydanticProgramDocuments
from points.domain.calendar import utc_text
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context
from points.domain.ledger.members import MemberFacts
from points.domain.movements.referring import Invitation, due_referrer, link
from points.domain.program.program import Program
from stack.paths import ROOT
from tests.recorded.cases import CASES, DOCUMENTS, became, plain_account
from tests.recorded.documents import BEHAVIOURS, Document, random_document

SEED: Final = 20261124
RANDOM_PROGRAMS: Final = 60
STEPS: Final = 40


def main() -> None:
    random = Random(SEED)  # noqa: S311 - to be found again, not to be secret
    documents = dict(_documents(random))
    lines = [line for name, document in documents.items() for line in _history(name, document, random)]
    DOCUMENTS.write_text(json.dumps(documents) + "\n", "utf-8")
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    # Without the time of day: the same cases are the same file.
    CASES.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"{len(lines)} cases of {len(documents)} programs")  # noqa: T201 - talks to the developer


def _documents(random: Random) -> Iterator[tuple[str, Document]]:
    for shipped in ("demo", "jd-beans", "yanxuan"):
        yield shipped, json.loads((ROOT / "programs" / f"{shipped}.json").read_text("utf-8"))
    for number in range(RANDOM_PROGRAMS):
        document = random_document(random)
        while PydanticProgramDocuments().faults(document):
            document = random_document(random)
        yield f"random-{number}", document


def _history(name: str, document: Document, random: Random) -> Iterator[list[Any]]:
    rules = PydanticProgramDocuments().load(document, name=name, version=1)
    now = datetime(2027, random.choice([2, 3, 10, 12]), random.randint(1, 27), 6, tzinfo=UTC)
    facts = MemberFacts((3, 5), real_name_verified=random.random() < 0.5, attributes={"club": "gold"})
    account, referrer = Account(name, "amy", facts=facts), Account(name, "ben")
    if rules.referral is not None:
        decision = link(account, referrer, Invitation("i", "amy", "ben"), Context(rules, now, "recorded", ""))
        account, referrer = decision.account, decision.others[0].account
    for _ in range(STEPS):
        now += timedelta(hours=random.choice([0, 1, 1, 5, 20, 24, 24, 30, 72]), seconds=random.randint(0, 3000))
        asked = _asked(rules, now, random)
        behaviour = asked.get("behaviour", "")
        due = None if due_referrer(account, behaviour, Context(rules, now, "recorded", "")) is None else referrer
        outcome, decision_made = became(rules, account, due, asked, now)
        yield [
            name,
            utc_text(now),
            plain_account(account),
            None if due is None else plain_account(due),
            asked,
            outcome,
        ]
        if decision_made is not None:
            # Who a risk rule froze is let go on, or every later case would be a refusal.
            account = replace(decision_made.account, frozen=frozenset())
            for other in decision_made.others:
                referrer = other.account


def _asked(rules: Program, now: datetime, random: Random) -> dict[str, Any]:
    if random.random() < 0.06 and rules.rewards:
        return {"do": "redeem", "reward": random.choice(sorted(rules.rewards)), "quantity": random.randint(1, 2)}
    if random.random() < 0.05:
        return {"do": "hold", "points": random.randint(1, 30)}
    behaviour = random.choice([name for name in BEHAVIOURS if name in rules.behaviours] or sorted(rules.behaviours))
    if random.random() < 0.2:
        behaviour = random.choice(sorted(rules.behaviours))
    asked: dict[str, Any] = {
        "do": "event",
        "behaviour": behaviour,
        "amount": f"{random.randint(0, 90)}.{random.randint(0, 99):02}",
    }
    if random.random() < 0.4:
        asked["quantity"] = random.randint(1, 5)
    if random.random() < 0.3:
        asked["occurred_at"] = utc_text(now - timedelta(hours=random.randint(0, 24 * rules.backdating_days + 2)))
    if random.random() < 0.6:
        asked["attributes"] = {"channel": random.choice(["app", "web"]), "length": random.randint(1, 40)}
    return asked


def _amount(random: Random) -> str:
    return f"{random.randint(0, 90)}.{random.randint(0, 99):02}"


if __name__ == "__main__":
    main()
