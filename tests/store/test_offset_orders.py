"""Orders that points pay part of, in every store: what is counted is counted once, and what it costs to write."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from points.adapters.backoff import JitteredBackoff
from points.adapters.dynamodb.item_size import (
    KILOBYTE,
    history_write_units,
    item_size,
    transaction_write_units,
)
from points.adapters.dynamodb.models import AccountItem
from points.adapters.dynamodb.table import Table
from points.application.administration.adjust_points import adjust_points
from points.application.movement import Booked
from points.application.redemption.hold_points import HoldEnd, capture_hold, hold_points, release_hold
from points.application.redemption.refund_order import refund_order
from points.application.services import Services
from points.domain.calendar import compact
from points.domain.errors import AlreadyReversed, Conflict, OffsetRefused, ReferenceReused, StoreFailure
from points.domain.ledger.booking import Decision
from points.domain.ledger.entries import EntryName, Kind
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.holding import HoldRequest, capture, hold
from points.domain.movements.refunding import OrderRefund, refund
from points.domain.program.offsets import OffsetRules
from tests.builders import services_on
from tests.property.offset_machine import offset_machine
from tests.store.support import MEMBER, NOW, PROGRAM, Store, dynamodb_store
from tests.store.test_item_size import LIVE_LOTS, REFERENCE, TEN_CHARACTERS, account, in_context, items
from tests.support.proof import findings

PATIENCE = 60
"""Times a client comes back after being told to."""

CAPPED = replace(PROGRAM, offset=OffsetRules(step=100, points_per_day=1_000))
TODAY = f"~offset/pD{compact(NOW.date())}"


@pytest.fixture
def wired(store: Store) -> Services:
    store.enrolled()
    wired = store.services(CAPPED)
    adjust_points(wired, CAPPED, Adjustment("start", MEMBER, 5_000, "because"), actor="t")
    return wired


def twice(send: Callable[[], Booked]) -> Booked:
    """Whoever sends it again is told what was booked, and nothing is counted again."""
    first, again = send(), send()
    assert not first.replayed
    assert again == Booked(first.entry, replayed=True)
    return first


def held(wired: Services, reference: str, points: int | None = None, amount: str = "100.00") -> Booked:
    request = HoldRequest(reference, MEMBER, points, order_amount=amount)
    return hold_points(wired, CAPPED, request, actor="t")


def captured(wired: Services, reference: str, points: int | None = None) -> Booked:
    return capture_hold(wired, CAPPED, HoldEnd(MEMBER, reference, points), actor="t")


def refunded(wired: Services, reference: str, amount: str, of: str = "one") -> Booked:
    return refund_order(wired, CAPPED, OrderRefund(reference, MEMBER, of, amount), actor="t")


def test_an_order_from_checkout_to_return(store: Store, wired: Services) -> None:
    twice(lambda: held(wired, "one", 600))
    assert store.account().holds["one"].offset_on == NOW.date()
    with pytest.raises(OffsetRefused) as refused:
        held(wired, "two", 500)
    assert refused.value.numbers["limited_by"] == "daily_cap"
    twice(lambda: captured(wired, "one", 500))
    assert store.account().counters[TODAY] == 500
    twice(lambda: held(wired, "two"))
    assert store.account().holds["two"].points == 500
    twice(lambda: release_hold(wired, CAPPED, HoldEnd(MEMBER, "two"), actor="t"))
    twice(lambda: refunded(wired, "part", "33.33"))
    assert store.account().counters[TODAY] == 500 - 166
    with pytest.raises(ReferenceReused):
        refunded(wired, "part", "33.34")
    with pytest.raises(AlreadyReversed):
        refunded(wired, "too-much", "66.68")
    last = twice(lambda: refunded(wired, "rest", "66.67"))
    assert (last.entry.details["nominal"], last.entry.details["money_minor"]) == (334, 6_667 - 334)
    assert TODAY not in store.account().counters
    assert store.account().balance(NOW, CAPPED.zone).available == 5_000
    assert findings(wired, CAPPED, MEMBER) == []


def test_what_a_hold_is_for_is_read_back_as_it_was_written(store: Store, wired: Services) -> None:
    made = held(wired, "one", 600, "66.66").entry
    stored = store.ledger.entry(PROGRAM.name, MEMBER, EntryName(Kind.HOLD, "one"))
    assert stored == made
    assert captured(wired, "one").entry.details["discount_minor"] == 600
    found, reversals = store.ledger.entry_with_reversals(PROGRAM.name, MEMBER, EntryName(Kind.CAPTURE, "one"))
    assert found is not None
    assert (found.details["order_minor"], found.details["held_on"], reversals) == (6_666, NOW.date().isoformat(), [])


@pytest.mark.dynamodb
def test_checkouts_at_once_never_exceed_the_day(dynamodb_table: Table) -> None:
    """16 of a member's checkouts race for a day that has room for three."""
    store = dynamodb_store(dynamodb_table)
    store.enrolled()
    wired = replace(store.services(CAPPED), backoff=JitteredBackoff())
    adjust_points(wired, CAPPED, Adjustment("start", MEMBER, 5_000, "because"), actor="t")

    def checkout(number: int) -> int:
        for _ in range(PATIENCE):
            try:
                held(wired, f"r-{number}", 300)
                return int(captured(wired, f"r-{number}").entry.details["points"] == 300)
            except OffsetRefused:
                return 0
            except (Conflict, StoreFailure):
                continue
        raise AssertionError("nobody let it through")

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(checkout, range(16))) == 3
    assert store.account().counters[TODAY] == 900
    assert findings(wired, CAPPED, MEMBER) == []


@pytest.mark.dynamodb
def test_stored_orders_are_what_the_model_says(dynamodb_table: Table) -> None:
    run_state_machine_as_test(
        offset_machine(lambda clock: services_on(dynamodb_table, clock=clock), proved_every=10),
        settings=settings(
            max_examples=20,
            stateful_step_count=40,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.generate],
        ),
    )


# ── what it costs ────────────────────────────────────────────────────────────────────────────────────────────────────

ORDER = "3000000.00"
TEN = replace(TEN_CHARACTERS, offset=OffsetRules(points_per_day=10**9))


def units(decision: Decision) -> int:
    written = items(decision)
    assert all(item_size(item) < KILOBYTE for item in written)
    return transaction_write_units(written) + history_write_units(written)


def test_hold_capture_and_refund_cost_five_units_each() -> None:
    """Of 24 lots, as a plain hold, capture or reversal does; a refund's reason is two more."""
    context = replace(in_context(), program=TEN)
    request = HoldRequest(REFERENCE, "m" * 24, LIVE_LOTS * 104_167 // 100 * 100, order_amount=ORDER)
    made = hold(account(9_999), request, context)
    assert len(made.entry.moves.held) == LIVE_LOTS
    spent = capture(made.account, REFERENCE, None, context, ended=None, held=made.entry)
    part = OrderRefund(REFERENCE, "m" * 24, REFERENCE, "1.00")
    back = refund(spent.account, part, spent.entry, [], context)
    all_else = replace(part, reference=REFERENCE[::-1], amount="2999999.00")
    rest = refund(back.account, all_else, spent.entry, [back.entry], context)
    assert [units(decision) for decision in (made, spent, back, rest)] == [5, 5, 5, 5]


def test_an_order_takes_five_bytes_more_of_a_hold() -> None:
    context = replace(in_context(), program=TEN)
    plain = hold(account(9_999), HoldRequest(REFERENCE, "m" * 24, 5), context).account
    of_order = hold(account(9_999), HoldRequest(REFERENCE, "m" * 24, 5, order_amount=ORDER), context).account
    assert item_size(AccountItem.of(of_order).item()) - item_size(AccountItem.of(plain).item()) == 5


def test_what_is_counted_does_not_grow_with_the_years() -> None:
    account_, sizes = replace(account(9_999), lots={"9999-12-31/2026-11": 10**6}), set[int]()
    for day in range(800):
        context = replace(in_context(), program=TEN, now=NOW + timedelta(days=day))
        made = hold(account_, HoldRequest(f"h-{day}", "m" * 24, 100, order_amount=ORDER), context)
        spent = capture(made.account, f"h-{day}", None, context, ended=None, held=made.entry)
        account_ = spent.account
        sizes.add(len(AccountItem.of(account_).item()["c"]["S"]))
    assert max(sizes) <= len("photo/n=2;~offset/pD1xw=2s,2s")
