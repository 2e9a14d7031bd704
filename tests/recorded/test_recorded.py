"""What programs paid before stays what they pay: thousands of decisions, recorded and made again.

Where one comes out differently, it is because of a rule that was changed on purpose. These are named here, and a
difference that none of them accounts for fails.
"""

from collections import Counter
from typing import Any

from points.domain.canonical import canonical_json
from points.domain.evaluation.evaluation import BIRTHDAY_LINE, TIER_LINE
from points.domain.program.rules import Streak
from tests.recorded.cases import Case, Plain, again, cases, program, recorded

WATCHED = "a task that paid is watched for refunds"
FOLLOWS = "a multiplier's extra waits and expires as what it multiplies"
ENOUGH = "no bonus for an occurrence that was one too many"
IN_ORDER = "a late day is paid what it adds to its run"


def test_what_was_decided_is_decided_again_but_for_what_was_changed_on_purpose() -> None:
    changed = Counter(changes for case in cases() if (changes := _changes(case, recorded(case), again(case))))
    assert changed == {
        (WATCHED,): 89,
        (FOLLOWS,): 131,
        (ENOUGH,): 8,
        (IN_ORDER,): 3,
    }


def test_enough_is_recorded() -> None:
    became = [case.became for case in cases()]
    assert len(became) >= 2_000
    assert sum("entry" in each for each in became) >= 2_000


def _changes(case: Case, before: Plain, now: Plain) -> tuple[str, ...]:
    """Why a case comes out differently; nothing where it does not."""
    if canonical_json(before) == canonical_json(now):
        return ()
    assert "entry" in before, case
    assert "entry" in now, case
    found = list(_of_the_entry(case, before["entry"], now["entry"]))
    if not found or before["entry"] == now["entry"]:
        beside = {key for key in now["counters"] if now["counters"][key] != before["counters"].get(key)}
        assert all("/t" in key and now["counters"][key] == -1 for key in beside), (case, beside)
        assert before["counters"].keys() <= now["counters"].keys(), case
    return tuple(found) or (WATCHED,)


def _of_the_entry(case: Case, before: Any, now: Any) -> list[str]:
    if before == now:
        return []
    if before["lines"] == now["lines"]:
        rules = program(case.document)
        multipliers = {TIER_LINE, BIRTHDAY_LINE, *(each.name for each in rules.campaigns if each.multiplier)}
        assert multipliers & {rule for rule, _ in now["lines"]}, case
        assert before["points"] == now["points"], case
        assert sum(before["balance"]) == sum(now["balance"]), case
        return [FOLLOWS]
    gone = {rule for rule, _ in before["lines"]} - {rule for rule, _ in now["lines"]}
    if gone:
        unpaid = now["details"]["unpaid"]
        assert all(unpaid[rule] in {"cap_reached", "already_counted"} for rule in gone), case
        return [ENOUGH]
    rules = program(case.document)
    assert any(isinstance(rule.value, Streak) for rule in rules.rules_of(case.asked["behaviour"])), case
    assert now["points"] > before["points"], case
    return [IN_ORDER]
