"""The guide to writing programs, in both languages: examples work, figures are right, lists are complete."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from points.adapters.program_document import PydanticProgramDocuments
from points.domain.evaluation.offsetting import LimitedBy, quote
from points.domain.ledger.account import Account, Tier
from points.domain.ledger.booking import Context
from points.domain.ledger.members import MemberFacts
from points.domain.movements.earning import Event, earn
from tests.support.documents import ROOT, faults
from tests.unit.adapters.test_program_document_faults import FAULTS, WARNINGS

GUIDES = ["program.md", "program.zh-CN.md"]
DOCUMENTS = PydanticProgramDocuments()
NOW = datetime(2027, 11, 11, 4, tzinfo=UTC)
"""A Thursday, noon in Shanghai."""

BASE: dict[str, Any] = {
    "time_zone": "Asia/Shanghai",
    "currency": {"code": "CNY", "decimals": 2},
    "ratio": 100,
    "expiry": {"type": "end_of_year", "years": 1},
    "behaviours": {name: {} for name in ("purchase", "review", "photo", "check_in", "profile")},
}
"""What an example that is a part of a program goes with."""


def text(guide: str) -> str:
    return (ROOT / "docs" / guide).read_text(encoding="utf-8")


def examples(guide: str) -> list[dict[str, Any]]:
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text(guide), re.DOTALL)]


def example(guide: str, part: str) -> dict[str, Any]:
    """The first example with that part."""
    return BASE | next(found for found in examples(guide) if part in found)


@pytest.mark.parametrize("guide", GUIDES)
def test_every_example_is_a_program_without_faults(guide: str) -> None:
    assert len(examples(guide)) >= 10
    for found in examples(guide):
        assert faults(BASE | found) == []
        DOCUMENTS.load(BASE | found, name="guide", version=1)


def test_both_languages_show_the_same() -> None:
    assert examples(GUIDES[0]) == examples(GUIDES[1])


@pytest.mark.parametrize("guide", GUIDES)
def test_every_code_is_explained(guide: str) -> None:
    listed = set(re.findall(r"`([a-z_]+)`", text(guide)))
    assert {code for code, _, _ in FAULTS} | {code for code, _, _ in WARNINGS} <= listed


@pytest.mark.parametrize("guide", GUIDES)
@pytest.mark.parametrize("combination", ["highest", "multiply", "add"])
def test_how_multipliers_combine(guide: str, combination: str) -> None:
    row = re.search(rf"^\| `{combination}` \| (\d+) \|", text(guide), re.MULTILINE)
    assert row is not None
    document = example(guide, "multipliers")
    document |= {"multipliers": document["multipliers"] | {"combination": combination}}
    program = DOCUMENTS.load(document, name="guide", version=1)
    member = Account("guide", "m-1", tier=Tier("V2", NOW.date()), facts=MemberFacts(birthday=(11, 11)))
    event = Event("e", "m-1", "purchase", amount="99.90")
    assert earn(member, event, Context(program, NOW, actor="t", fingerprint="")).entry.points == int(row[1])


@pytest.mark.parametrize("guide", GUIDES)
def test_a_late_check_in(guide: str) -> None:
    """Monday, Wednesday, then Tuesday arrives, then Thursday: 5, 5, 6 and 6 as the guide tells."""
    document = next(BASE | found for found in examples(guide) if "start_anew" in str(found))
    program = DOCUMENTS.load(document, name="guide", version=1)
    account, paid = Account("guide", "m-1"), list[int]()
    monday = NOW - timedelta(days=3)
    for occurred, booked in ((0, 0), (2, 2), (1, 2), (3, 3)):
        now = monday + timedelta(days=booked)
        event = Event(str(occurred), "m-1", "check_in", occurred_at=monday + timedelta(days=occurred))
        decision = earn(account, event, Context(program, now, actor="t", fingerprint=""))
        account = decision.account
        paid.append(decision.entry.points)
    assert paid == [5, 5, 6, 6]


@pytest.mark.parametrize("guide", GUIDES)
def test_quotes_of_orders_that_points_pay_part_of(guide: str) -> None:
    """A member with 5,678 points, as the guide tells."""
    program = DOCUMENTS.load(example(guide, "offset"), name="guide", version=1)
    member = Account("guide", "m-1", lots={"2028-12-31/2027-11": 5_678})
    rows = re.findall(
        r"^\| ([0-9.]+) \| ([^|]+) \| ([0-9]+) \| ([0-9.]+) \| (?:`([a-z_]+)`|[^`|]+) \|$", text(guide), re.MULTILINE
    )
    assert len(rows) == 6
    for order, asked, points, discount, limited_by in rows:
        found = quote(
            member,
            program.currency.minor_units(order, path=""),
            int(asked) if asked.isdigit() else None,
            Context(program, NOW, actor="t", fingerprint=""),
        )
        told = (str(found.points), program.currency.text(found.discount), found.limited_by or "")
        assert told == (points, discount, limited_by)


@pytest.mark.parametrize("guide", GUIDES)
def test_the_order_in_which_rules_of_an_offset_are_looked_at(guide: str) -> None:
    assert re.search(r"[,、]\s*".join(f"`{rule}`" for rule in LimitedBy), text(guide))


@pytest.mark.parametrize("guide", GUIDES)
def test_links_lead_somewhere(guide: str) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", text(guide)):
        assert (ROOT / "docs" / target).exists(), target
