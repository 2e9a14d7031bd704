"""Programs as documents, each built to cost as much as it can within the bounds of a request: one bound, one enemy.

A body may have 1 MiB and a document in it 350,000 bytes. What is looked for is work or memory that grows faster than
the document: lists that are compared with one another, texts that are repeated in every message, paths as long as the
nesting is deep.
"""

import json
from collections.abc import Callable, Mapping
from itertools import count, cycle
from typing import Any, Final

from points.domain.limits import MAX_DOCUMENT_BYTES
from tests.support.documents import Document, full

_NAME: Final = 128
"""Characters a name in a document may have."""


def filled(make: Callable[[int], Any], *, size: int = MAX_DOCUMENT_BYTES - 12_000) -> list[Any]:
    """As many items as fit beside the rest of a document."""
    items: list[Any] = []
    room = size
    for index in count():
        item = make(index)
        room -= len(json.dumps(item)) + 2
        if room < 0:
            return items
        items.append(item)
    raise AssertionError


def halves(make: Callable[[int], Any], other: Callable[[int], Any]) -> tuple[list[Any], list[Any]]:
    half = (MAX_DOCUMENT_BYTES - 12_000) // 2
    return filled(make, size=half), filled(other, size=half)


def campaigns_times_rules() -> Document:
    """Every campaign asks every rule whether it would multiply it."""
    rules, campaigns = halves(
        lambda _: {"behaviour": "purchase"}, lambda _: {"behaviours": ["purchase"], "multiplier": "2", "budget": 1}
    )
    return full() | {"rules": rules, "campaigns": campaigns}


def waiting_times_campaigns() -> Document:
    """Points of every rule wait, and every campaign has an expiry of its own."""
    rules, campaigns = halves(
        lambda index: {"behaviour": "purchase", "pending_days": index % 90},
        lambda index: {
            "behaviours": ["purchase"],
            "multiplier": "2",
            "expiry": {"type": "after_days", "days": 100 + index},
        },
    )
    return full() | {"rules": rules, "campaigns": campaigns}


def budgets_on_one_day() -> Document:
    return full() | {"campaigns": filled(lambda _: {"behaviours": ["purchase"], "budget": 1})}


def risk_times_risk() -> Document:
    """Of each risk rule it is asked whether another one refuses before it."""
    risk = filled(lambda _: {"counts": "events", "per": "day", "more_than": 9, "action": "freeze"})
    return full() | {"risk": risk}


def risk_times_policies() -> Document:
    """Within every bound: as many different waits as there may be, times as many expiry policies."""
    document = full()
    document["rules"] = [
        {
            "id": f"r{index}",
            "behaviour": "purchase",
            "value": {"type": "fixed", "points": 1},
            "expiry": {"type": "after_days", "days": 1_000 + index},
        }
        for index in range(200)
    ]
    document["tasks"] = [
        {
            "id": f"t{index}",
            "behaviours": ["review"],
            "target": 1,
            "per": "lifetime",
            "points": 1,
            "expiry": {"type": "after_days", "days": 2_000 + index},
        }
        for index in range(100)
    ]
    document["campaigns"] = [
        {
            "id": f"c{index}",
            "behaviours": ["review"],
            "from": "2027-01-01",
            "to": "2027-01-02",
            "bonus": 1,
            "expiry": {"type": "after_days", "days": 3_000 + index},
        }
        for index in range(100)
    ]
    document["risk"] = [
        {
            "id": f"k{index}",
            "counts": "points",
            "per": "month",
            "more_than": 10**9,
            "action": "pend",
            "pending_days": 1 + index,
        }
        for index in range(50)
    ]
    return document


def levels_times_levels() -> Document:
    document = full()
    document["tiers"]["levels"] = filled(lambda _: {"multiplier": "1"})
    return document


def every_level_in_every_message() -> Document:
    """A wrong level is answered with the names of all there are."""
    document = full()
    levels, tests = halves(
        lambda index: {"id": f"L{index:022}"}, lambda _: {"field": "tier", "op": "equals", "value": "none"}
    )
    document["tiers"]["levels"] = levels
    document["rules"][0]["when"] = {"all": tests}
    return document


def every_choice_in_every_message() -> Document:
    """Within every bound: an attribute with as many and as long choices as may be, and as many tests that miss."""
    document = full()
    choices = [f"{index:064}" for index in range(50)]
    document["event_attributes"] = {"c": {"type": "choice", "of": choices}}
    test = {"field": "attribute.c", "op": "equals", "value": "x"}
    tests = filled(lambda _: test, size=300_000)
    document["rules"] = [
        {
            "id": f"r{index}",
            "behaviour": "purchase",
            "value": {"type": "fixed", "points": 1},
            "when": tree(tests[index::20]),
        }
        for index in range(20)
    ]
    return document


def tree(tests: list[Any]) -> Document:
    """As few levels of ``all`` as hold so many tests."""
    level: list[Any] = list(tests)
    while len(level) > 1:
        level = [{"all": level[start : start + 20]} for start in range(0, len(level), 20)]
    (root,) = level
    assert isinstance(root, dict)
    return root


def tests_times_values() -> Document:
    """Within every bound: one condition in which every value of a test is tried on all the other tests, in vain."""
    document = full()
    number = cycle(range(1, 10_000))
    tests = filled(lambda _: {"field": "quantity", "op": "not_equals", "value": next(number)}, size=300_000)
    tests = [{"field": "quantity", "op": "at_most", "value": len(tests) + 1}, *tests[:7_900]]
    tests.append({"field": "quantity", "op": "not_equals", "value": len(tests)})
    document["rules"][0]["when"] = tree(tests)
    return document


def ways_times_values() -> Document:
    """Within every bound: the same, in as many ways as are looked through."""
    document = full()
    values = list(range(1_000_000, 1_000_100))
    tests = filled(lambda _: {"field": "attribute.a", "op": "not_in", "value": values}, size=280_000)
    tests.append({"field": "attribute.a", "op": "in", "value": values})
    either = [{"field": "hour", "op": "at_least", "value": value} for value in range(8)]
    document["rules"][0]["when"] = {"all": [tree(tests), {"any": either}, {"any": either}]}
    return document


def below_long_names(leaf: Any) -> Document:
    """Every place in it has a name of more than 2,000 characters."""
    document: Any = [leaf] * ((MAX_DOCUMENT_BYTES - 17 * (_NAME + 6) - 12_000) // (len(json.dumps(leaf)) + 2))
    for _ in range(17):
        document = {"x" * _NAME: document}
    return full() | {"title": document}


def names_nobody_knows() -> Document:
    return full() | {f"{index:x}": 0 for index in range(28_000)}


def nothing_but_zeros() -> Document:
    return full() | dict.fromkeys(
        ("rules", "tasks", "campaigns", "risk", "rewards", "behaviours", "clients"), [0] * 15_000
    )


def empty_rules() -> Document:
    return full() | {"rules": filled(lambda _: {})}


def many_rewards() -> Document:
    return full() | {"rewards": {f"r{index:x}": {} for index in range(26_000)}}


def many_behaviours() -> Document:
    return full() | {"behaviours": {f"b{index:x}": {} for index in range(26_000)}}


def many_caps() -> Document:
    document = full()
    document["rules"][0]["caps"] = filled(lambda _: {"per": "day", "points": 1})
    return document


def repeated_clients() -> Document:
    return full() | {"clients": filled(lambda _: "c")}


ADVERSARIES: Final[Mapping[str, Callable[[], Document]]] = {
    "campaigns × rules": campaigns_times_rules,
    "waiting × campaigns": waiting_times_campaigns,
    "budgets on one day": budgets_on_one_day,
    "risk × risk": risk_times_risk,
    "risk × policies": risk_times_policies,
    "levels × levels": levels_times_levels,
    "every level in every message": every_level_in_every_message,
    "every choice in every message": every_choice_in_every_message,
    "tests × values": tests_times_values,
    "ways × values": ways_times_values,
    "long names, numbers": lambda: below_long_names(0),
    "long names, lists": lambda: below_long_names([]),
    "names nobody knows": names_nobody_knows,
    "nothing but zeros": nothing_but_zeros,
    "empty rules": empty_rules,
    "many rewards": many_rewards,
    "many behaviours": many_behaviours,
    "many caps": many_caps,
    "repeated clients": repeated_clients,
}


def conditions_of_many_trials() -> Document:
    """Within every bound: as many conditions as there is room for, each as costly as may be."""
    document = full()
    tests = [{"field": "quantity", "op": "at_least", "value": value} for value in range(1, 140)]
    when = tree([*tests, {"field": "quantity", "op": "less_than", "value": 139}])
    document["rules"] = [
        {"id": f"r{index}", "behaviour": "purchase", "value": {"type": "fixed", "points": 1}, "when": when}
        for index in range(38)
    ]
    return document


# ── to be tried on samples ──────────────────────────────────────────────────────────────────────────────────────────


def one_rule_of_many_tests() -> Document:
    """All hold, so all are asked of every event."""
    document = full()
    tests = filled(lambda _: {"field": "quantity", "op": "at_least", "value": 1})
    fixed = {"type": "fixed", "points": 1}
    rule = {"id": "photo", "behaviour": "photo", "value": fixed, "when": tree(tests[:7_900])}
    return document | {"rules": [rule], "tasks": [], "campaigns": [], "multipliers": {}}


def budgets_that_end_one_by_one() -> Document:
    """The highest multiplier pays until its budget is used up, then the next one is the highest: the event is decided
    again for each of twenty."""
    document = full()
    tests = filled(lambda _: {"field": "hour", "op": "at_least", "value": 0}, size=300_000)
    document["rules"] = [
        {
            "id": f"r{index}",
            "behaviour": "photo",
            "value": {"type": "fixed", "points": 1_000},
            "when": tree(tests[index::20]),
        }
        for index in range(20)
    ]
    document["campaigns"] = [
        {
            "id": f"c{index}",
            "behaviours": ["photo"],
            "from": "2026-01-01",
            "to": "2027-12-31",
            "multiplier": f"{2 + index}",
            "budget": (1 + index) * 1_000,
        }
        for index in range(20)
    ]
    return document | {"tasks": [], "multipliers": {"combination": "highest"}, "risk": []}


TRIED: Final[Mapping[str, Callable[[], Document]]] = {
    "one rule of many tests": one_rule_of_many_tests,
    "budgets that end one by one": budgets_that_end_one_by_one,
}
