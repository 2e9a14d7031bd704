"""Whatever is sent as a program: a list of faults and no accident; and whatever has none works."""

import json
import time
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from points.adapters.dynamodb.stored_counters import stored_counters
from points.adapters.program_document import PydanticProgramDocuments, shapes
from points.adapters.program_document.counting import needs
from points.adapters.program_document.faults import faults_of
from points.adapters.program_document.parts import Parts
from points.adapters.program_document.warning_faults import warnings_of
from points.domain.errors import PointsError
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context
from points.domain.ledger.members import MemberFacts
from points.domain.movements.earning import Event, earn
from points.domain.program.program import Program
from tests.support.documents import SHIPPED, all_of, any_of, asks, changed, faults, full, shipped

DOCUMENTS = PydanticProgramDocuments()
NOW = datetime(2027, 11, 11, 4, tzinfo=UTC)

ODD_NUMBERS = [0, -1, 1, 2**31, 2**63, 10**12, 10**15, 10**400, 0.5, float("nan"), float("inf"), -0.0]
ODD_TEXTS = ["", " ", "\0", "\ud800", "1.00", "01", "NaN", "2027-02-29", "all", "type", "V1", "purchase", "~/", "中"]
NAMES = ["id", "type", "when", "all", "any", "field", "value", "expiry", "from", "[key]", "purchase", "tiers", "\udfff"]

leaves = st.none() | st.booleans() | st.sampled_from(ODD_NUMBERS) | st.sampled_from(ODD_TEXTS) | st.text(max_size=5)
anything = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to everything in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for name, item in items for place in places(item, (*path, name)))]


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A valid document with one to four places replaced, removed, doubled, or exchanged for another's value."""
    document: Any = deepcopy(draw(st.sampled_from([*map(shipped, SHIPPED), full()])))
    for _ in range(draw(st.integers(1, 4))):
        everywhere = places(document)
        *way, last = draw(st.sampled_from(everywhere[1:]))
        holder = document
        for part in way:
            holder = holder[part]
        match draw(st.sampled_from(["replace", "remove", "double", "borrow", "add"])):
            case "replace":
                holder[last] = draw(anything)
            case "remove":
                del holder[last]
            case "double" if isinstance(holder, list):
                holder.append(deepcopy(holder[last]))
            case "add" if isinstance(holder, dict):
                holder[draw(st.sampled_from(NAMES))] = draw(anything)
            case _:
                value = document
                for part in draw(st.sampled_from(everywhere)):
                    if not isinstance(value, dict | list) or (isinstance(value, dict) and part not in value):
                        break
                    if isinstance(value, list) and part >= len(value):
                        break
                    value = value[part]
                holder[last] = deepcopy(value)
        if len(places(document)) < 2 or not isinstance(document, dict):
            break
    return document


def check(document: Any) -> None:
    found = faults_of(document)
    warned = warnings_of(document, now=NOW)
    # THEN each fault is told once, can be sent, and is one of those the guide lists
    assert len({(fault.path, fault.code) for fault in found}) == len(found)
    for fault in [*found, *warned]:
        json.dumps([fault.path, fault.code, fault.message], ensure_ascii=False).encode()
        assert fault.path.startswith("/")
    if not found:
        works(DOCUMENTS.load(document, name="any", version=1))


def works(program: Program) -> None:
    """Each behaviour pays or is refused, also many times over."""
    account = Account(program.name, "m-1", facts=MemberFacts(birthday=(11, 11), real_name_verified=True))
    attributes = dict.fromkeys(sorted(program.event_attributes), 1)
    for behaviour in program.behaviours:
        for quantity in (None, 1, 10_000):
            event = Event(f"{behaviour}-{quantity}", "m-1", behaviour, "128", quantity, attributes=attributes)
            try:
                account = earn(account, event, Context(program, NOW, actor="test", fingerprint="")).account
            except PointsError:
                continue


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(anything | st.dictionaries(st.sampled_from(sorted(full())), anything, max_size=8))
def test_any_json_is_a_document_with_faults(document: Any) -> None:
    check(document)
    assert faults_of(document)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(mutated())
def test_any_change_of_a_document_is_found_or_works(document: Any) -> None:
    check(document)


# ── what has no faults works ────────────────────────────────────────────────────────────────────────────────────────


@st.composite
def valid(draw: st.DrawFn) -> Any:
    """A shipped or full document, with a few settings others may choose."""
    document = draw(st.sampled_from([*map(shipped, SHIPPED), full()]))
    choices: list[tuple[str, list[Any]]] = [
        ("/multipliers", [{"combination": way, "birthday": "3"} for way in ("highest", "multiply", "add")]),
        ("/time_zone", ["America/New_York", "Pacific/Apia", "UTC"]),
        ("/expiry", [{"type": "never"}, {"type": "after_days", "days": 30}, {"type": "end_of_month", "months": 3}]),
        ("/backdating_days", [0, 1, 7]),
        ("/week_starts_on", ["sunday"]),
        ("/ratio", [1]),
    ]
    for pointer, values in choices:
        if draw(st.booleans()):
            document = changed(document, (pointer, draw(st.sampled_from(values))))
            if pointer == "/expiry":
                document.pop("reminders", None)  # leads that are longer than such points live
    return document


EVENTS = st.fixed_dictionaries(
    {
        "behaviour": st.sampled_from(
            ["purchase", "review", "photo", "check_in", "share", "profile", "referral", "none"]
        ),
        "amount": st.none() | st.sampled_from(["0", "0.01", "49.99", "1000000000", "128.00", "1.005", "-1", "x"]),
        "quantity": st.none() | st.sampled_from([0, 1, 2, 5, 10_000, 10_001]),
        "attributes": st.dictionaries(
            st.sampled_from(["photos", "length", "hot", "other"]),
            st.booleans() | st.sampled_from([-1, 0, 1, 15, "x", ""]),
            max_size=4,
        ),
    }
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(valid(), st.lists(st.tuples(EVENTS, st.integers(-10 * 86_400, 86_400), st.integers(0, 86_400)), max_size=12))
def test_a_document_without_faults_pays_or_refuses_any_event(document: Any, events: list[Any]) -> None:
    assert faults(document) == []
    program = DOCUMENTS.load(document, name="any", version=1)
    facts = MemberFacts(birthday=(11, 11), real_name_verified=True, attributes={"year_card": True, "club": "gold"})
    account, now = Account("any", "m-1", facts=facts), NOW
    for index, (event, seconds_ago, wait) in enumerate(events):
        now += timedelta(seconds=wait)
        given_event = Event(str(index), "m-1", **event, occurred_at=now + timedelta(seconds=seconds_ago))
        try:
            decision = earn(account, given_event, Context(program, now, actor="test", fingerprint=""))
        except PointsError:
            continue
        account = decision.account
        assert all(line.points > 0 for line in decision.entry.lines)
        assert sum(line.points for line in decision.entry.lines) == decision.entry.points


# ── sizes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def large() -> Any:
    """350 KB, of conditions that have as many ways as are looked through."""
    document = full()
    either = any_of(asks("day_of_month", "at_least", 2), asks("attribute.length", "not_equals", 3))
    when = all_of(*[either] * 6)
    document["rules"] = [rule | {"when": when, "id": f"r{index}"} for index in range(50) for rule in document["rules"]]
    document["rules"] = [{key: value for key, value in rule.items() if key != "caps"} for rule in document["rules"]]
    document["tasks"] = [document["tasks"][1] | {"id": f"t{index}", "when": when} for index in range(80)]
    bonus = {key: value for key, value in document["campaigns"][1].items() if key != "budget"}
    document["campaigns"] = [bonus | {"id": f"c{index}", "when": when} for index in range(100)]
    document["rewards"] |= {f"reward-{index}": {"price": 5} for index in range(900)}
    return document


def test_a_document_as_large_as_may_be_stored_is_looked_through_in_time() -> None:
    document = large()
    document["rules"] = [rule | {"id": f"r{index}"} for index, rule in enumerate(document["rules"])]
    assert len(json.dumps(document)) > 350_000
    started = time.process_time()
    found = faults(document)
    warnings_of(document, now=NOW)
    # The API gives an answer half a minute; this takes a second.
    assert time.process_time() - started < 10
    # AND it is good but for so many streaks and tasks on one account
    assert found == [("/backdating_days", "too_many_counters")]


def test_a_document_full_of_faults_names_them_all() -> None:
    document = changed(full(), ("/rules", [{"id": "X"}] * 200))
    found = faults(document)
    # Three things are wrong with each: its name, no behaviour, no value.
    assert len([fault for fault in found if fault[0].startswith("/rules/")]) == 600


@pytest.mark.parametrize("depth", [shapes.MAX_NESTING, 1_000, 100_000])
def test_depth_is_cut_off(depth: int) -> None:
    bomb: Any = []
    for _ in range(depth):
        bomb = {"all": bomb} if depth % 2 else [bomb]
    assert "too_deep" in {code for _, code in faults(changed(full(), ("/rules/1/when", bomb)))}


# ── bounds of an account ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("backdating_days", "refund_days"), [(0, 0), (1, 0), (3, 5)])
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_no_member_ever_has_more_counters_than_counted_on(backdating_days: int, refund_days: int, zone: str) -> None:
    # GIVEN the full program, and a member who does everything all the time, around a change of clocks
    document = changed(
        full(),
        ("/backdating_days", backdating_days),
        ("/refund_days", refund_days),
        ("/time_zone", zone),
        ("/rules/1/when", None),
        ("/tasks/0/per", "hour"),
        ("/tasks/0/target", "5.00"),
        ("/tasks/1/target", 1),
        ("/tasks/1/per", "day"),
    )
    needed = needs(Parts.of(document))
    counters, size = sum(need.counters for need in needed), sum(need.size for need in needed)
    program = DOCUMENTS.load(document, name="any", version=1)
    account, most, largest = Account("any", "m-1"), 0, 0
    start = datetime(2027, 2, 20, 5, 30, tzinfo=UTC)
    for hour in range(30 * 24):
        now = start + timedelta(hours=hour)
        # Check-ins come a day late every other day, so that runs stay apart as long as they can.
        late = timedelta(days=min(backdating_days, hour % 3))
        for behaviour in ("purchase", "review", "photo", "check_in"):
            occurred_at = now - (late if behaviour != "check_in" else timedelta())
            if behaviour == "check_in" and now.day % 2:
                continue
            event = Event(f"{hour}-{behaviour}", "m-1", behaviour, amount="5.00", occurred_at=occurred_at)
            try:
                account = earn(account, event, Context(program, now, actor="test", fingerprint="")).account
            except PointsError:
                continue
            most = max(most, len(account.counters))
            largest = max(largest, len(stored_counters(account.counters)))
    # THEN the bounds hold, and are not far from what happened
    assert most <= counters <= 3 * most + 90
    assert largest <= size <= 4 * largest + 300
