"""The port `Ledger`, asked of every store: replays, orders, history, reversals."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from points.adapters.dynamodb.table import Table
from points.application.administration.adjust_points import adjust_points
from points.application.earning.earn_points import earn_points
from points.application.earning.reverse_entry import reverse_entry
from points.application.ports import AlreadyBooked, Page, Period, RaceLost
from points.application.redemption.cancel_order import Cancellation, cancel_order
from points.application.redemption.hold_points import HoldEnd, capture_hold, hold_points, release_hold
from points.application.redemption.redeem_reward import redeem_reward
from points.domain.errors import InsufficientPoints, NotFound, ReferenceReused
from points.domain.evaluation.standing import TierChange
from points.domain.ledger.account import Referral, Tier
from points.domain.ledger.booking import Decision, MoveOrder
from points.domain.ledger.entries import EntryName, Kind
from points.domain.ledger.orders import Order, OrderState, order_of
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.earning import Event, earn
from points.domain.movements.holding import HoldRequest
from points.domain.movements.redeeming import Redemption, redeem
from points.domain.movements.referring import Invitation, link
from points.domain.movements.reversing import Reversal
from points.domain.program.referral import ReferralRules
from points.domain.program.tiers import Level, TierMetric, Tiers
from tests.store.support import MEMBER, NOW, PROGRAM, Store, context, dynamodb_store
from tests.support.proof import findings

DEMO = PROGRAM.name


def listed(store: Store, state: OrderState) -> list[Order]:
    """Where operators find them."""
    day = timedelta(days=1)
    return list(store.ledger.orders_in(DEMO, state, Period(NOW - day, NOW + day), limit=100).items)


def check_in(reference: str) -> Event:
    return Event(reference, MEMBER, "check_in")


def test_nobody_is_there_before_enrolment(store: Store) -> None:
    assert store.ledger.account(DEMO, MEMBER) is None
    with pytest.raises(NotFound):
        earn_points(store.services(), PROGRAM, check_in("e1"), actor="a")


def test_a_movement_on_an_account_that_does_not_exist_is_not_written(store: Store) -> None:
    account = store.enrolled()
    decision = earn(replace(account, member="nobody"), replace(check_in("e1"), member="nobody"), context())
    with pytest.raises(RaceLost):
        store.ledger.commit(decision)
    assert store.ledger.entry(DEMO, "nobody", decision.entry.name) is None


def test_a_movement_is_read_back_as_it_was_decided(store: Store) -> None:
    decision = earn(store.enrolled(), check_in("e1"), context())
    store.ledger.commit(decision)
    assert store.account() == decision.account
    entry = store.ledger.entry(DEMO, MEMBER, EntryName(Kind.EARN, "e1"))
    assert entry == decision.entry
    assert entry.computed_digest() == entry.digest


def test_a_second_booking_finds_the_first(store: Store) -> None:
    """GIVEN an entry WHEN its name is booked again, even from a stale account, THEN the stored entry is the answer."""
    before = store.enrolled()
    decision = earn(before, check_in("e1"), context())
    store.ledger.commit(decision)
    for account in (before, store.account()):
        with pytest.raises(AlreadyBooked) as found:
            store.ledger.commit(earn(account, check_in("e1"), context(NOW + timedelta(hours=1))))
        assert found.value.entry == decision.entry
    assert store.account() == decision.account


def test_a_stale_account_loses_the_race(store: Store) -> None:
    before = store.enrolled()
    store.ledger.commit(earn(before, check_in("e1"), context()))
    with pytest.raises(RaceLost):
        store.ledger.commit(earn(before, check_in("e2"), context()))
    assert store.ledger.entry(DEMO, MEMBER, EntryName(Kind.EARN, "e2")) is None


def test_replays_answer_the_original_and_other_requests_are_refused(store: Store) -> None:
    store.enrolled()
    services = store.services()
    first = earn_points(services, PROGRAM, Event("e1", MEMBER, "purchase", "128.00"), actor="a")
    again = earn_points(services, PROGRAM, Event("e1", MEMBER, "purchase", "128.00"), actor="a")
    assert (first.replayed, again.replayed, again.entry) == (False, True, first.entry)
    with pytest.raises(ReferenceReused):
        earn_points(services, PROGRAM, Event("e1", MEMBER, "purchase", "129.00"), actor="a")
    assert store.account().seq == 1


def test_a_repeated_hold_of_everything_is_a_replay(store: Store) -> None:
    store.enrolled()
    services = store.services()
    earn_points(services, PROGRAM, check_in("e1"), actor="a")
    held = hold_points(services, PROGRAM, HoldRequest("h1", MEMBER, 10), actor="a")
    assert hold_points(services, PROGRAM, HoldRequest("h1", MEMBER, 10), actor="a").entry == held.entry
    with pytest.raises(InsufficientPoints):
        hold_points(services, PROGRAM, HoldRequest("h2", MEMBER, 10), actor="a")
    captured = capture_hold(services, PROGRAM, HoldEnd(MEMBER, "h1", 4), actor="a")
    assert (captured.entry.points, store.account().holds) == (-4, {})


def test_an_order_is_placed_and_cancelled_once(store: Store) -> None:
    store.enrolled()
    services = store.services()
    adjust_points(services, PROGRAM, Adjustment("a1", MEMBER, 100, "welcome"), actor="a")
    redeem_reward(services, PROGRAM, Redemption("r1", MEMBER, "coupon", 2), actor="a")
    order = order_of(store.ledger.order_entries(DEMO, MEMBER, "r1"))
    assert (order.state, order.points, order.quantity) == (OrderState.PLACED, 50, 2)
    assert listed(store, OrderState.PLACED) == [order]

    cancel_order(services, PROGRAM, Cancellation(MEMBER, "r1"), reason="changed mind", actor="a")
    assert cancel_order(services, PROGRAM, Cancellation(MEMBER, "r1"), reason=None, actor="a").replayed
    cancelled = order_of(store.ledger.order_entries(DEMO, MEMBER, "r1"))
    assert (cancelled.state, cancelled.placed_at) == (OrderState.CANCELLED, order.placed_at)
    assert listed(store, OrderState.PLACED) == []
    assert listed(store, OrderState.CANCELLED) == [cancelled]
    assert store.account().lots == {"2027-12-31/2026-11": 100}


def test_an_order_that_is_not_in_its_state_any_more_stops_the_whole_movement(store: Store) -> None:
    account = store.enrolled()
    store.ledger.commit(earn(account, Event("e1", MEMBER, "purchase", "100.00"), context()))
    store.ledger.commit(redeem(store.account(), Redemption("r1", MEMBER, "coupon"), context()))
    order = order_of(store.ledger.order_entries(DEMO, MEMBER, "r1"))
    cancelled = MoveOrder(order, replace(order, state=OrderState.CANCELLED))
    store.ledger.commit(replace(earn(store.account(), check_in("e2"), context()), effects=[cancelled]))
    before = store.account()
    with pytest.raises(RaceLost):
        store.ledger.commit(replace(earn(before, check_in("e3"), context()), effects=[cancelled]))
    assert store.account() == before
    assert store.ledger.entry(DEMO, MEMBER, EntryName(Kind.EARN, "e3")) is None


def test_orders_come_page_by_page(store: Store) -> None:
    store.enrolled()
    services = store.services()
    adjust_points(services, PROGRAM, Adjustment("a1", MEMBER, 1_000, "welcome"), actor="a")
    references = [f"r{number}" for number in range(7)]
    for reference in references:
        redeem_reward(services, PROGRAM, Redemption(reference, MEMBER, "coupon"), actor="a")
    found, after = list[str](), None
    for expected in (3, 3, 1):
        page = store.ledger.orders(DEMO, MEMBER, after=after, limit=3)
        assert len(page.items) == expected
        found += [order.reference for order in page.items]
        after = page.next_key
    assert (found, after) == (references, None)
    assert store.ledger.orders(DEMO, MEMBER, limit=7).next_key is None


def test_an_entry_and_what_reverses_it(store: Store) -> None:
    store.enrolled()
    services = store.services()
    original = EntryName(Kind.EARN, "e1")
    earn_points(services, PROGRAM, Event("e1", MEMBER, "purchase", "100.00"), actor="a")
    # Neighbours in the table that must not be taken for reversals of e1.
    for other in ("e", "e10", "e1~", "e1-", "e1.", "e1:R", "E1"):
        earn_points(services, PROGRAM, Event(other, MEMBER, "purchase", "10.00"), actor="a")
    reverse_entry(services, PROGRAM, Reversal("~x", MEMBER, EntryName(Kind.EARN, "e10"), points=1), actor="a")
    for reference in ("~~~", "b", "-"):
        reverse_entry(services, PROGRAM, Reversal(reference, MEMBER, original, points=10), actor="a")

    entry, reversals = store.ledger.entry_with_reversals(DEMO, MEMBER, original)
    assert entry is not None
    assert entry.name == original
    assert [reversal.reference for reversal in reversals] == ["-", "b", "~~~"]
    assert store.ledger.entry_with_reversals(DEMO, MEMBER, EntryName(Kind.EARN, "none")) == (None, [])


def test_history_of_more_than_200_entries(store: Store) -> None:
    account = store.enrolled()
    kinds = [Kind.HOLD if number % 30 == 0 else Kind.EARN for number in range(1, store.long_history + 1)]
    services = store.services()
    for number, kind in enumerate(kinds):
        if kind is Kind.HOLD:
            hold_points(services, PROGRAM, HoldRequest(f"h{number}", MEMBER, 1), actor="a")
            account = store.account()
        else:
            decision = earn(account, check_in(f"e{number}"), context())
            store.ledger.commit(decision)
            account = decision.account

    holds = [seq for seq, kind in enumerate(kinds, 1) if kind is Kind.HOLD]
    for limit in (7, 150):
        assert _seqs(store, None, limit) == list(range(len(kinds), 0, -1))
        assert _seqs(store, Kind.HOLD, limit) == holds[::-1]
        assert _seqs(store, Kind.REDEEM, limit) == []


def _seqs(store: Store, kind: Kind | None, limit: int) -> list[int]:
    found, before = list[int](), None
    while True:
        page = store.ledger.entries(DEMO, MEMBER, before_seq=before, kind=kind, limit=limit)
        assert len(page.items) <= limit
        found += [entry.seq for entry in page.items]
        if page.next_key is None:
            return found
        before = int(page.next_key)


def test_a_page_of_filtered_history_may_be_empty_and_go_on(store: Store) -> None:
    store.enrolled()
    services = store.services()
    earn_points(services, PROGRAM, check_in("e1"), actor="a")
    hold_points(services, PROGRAM, HoldRequest("h1", MEMBER, 5), actor="a")
    release_hold(services, PROGRAM, HoldEnd(MEMBER, "h1"), actor="a")
    page = store.ledger.entries(DEMO, MEMBER, kind=Kind.EARN, limit=2)
    assert (page.items, page.next_key) == ([], "2")
    page = store.ledger.entries(DEMO, MEMBER, kind=Kind.EARN, before_seq=2, limit=2)
    assert ([entry.reference for entry in page.items], page.next_key) == (["e1"], None)
    # A reversal is of the kind reversal, although its key begins with what it reverses.
    reverse_entry(services, PROGRAM, Reversal("v1", MEMBER, EntryName(Kind.EARN, "e1"), points=1), actor="a")
    found = store.ledger.entries(DEMO, MEMBER, kind=Kind.REVERSAL, limit=10).items
    assert [str(entry.name) for entry in found] == ["earn#e1#REVERSAL#v1"]


def test_members_and_programs_do_not_see_each_other(store: Store) -> None:
    for member in ("m", "m1", "m1~"):
        account = store.enrolled(member)
        store.ledger.commit(earn(account, Event("e1", member, "check_in"), context()))
    for member in ("m", "m1", "m1~"):
        assert [entry.member for entry in store.ledger.entries(DEMO, member, limit=10).items] == [member]
    assert store.ledger.account("other", "m") is None


def invited(store: Store) -> Decision:
    """An invitation that pays at once: two accounts, two entries."""
    program = replace(PROGRAM, referral=ReferralRules(newcomer_points=30, referrer_points=50))
    newcomer, referrer = store.enrolled("newcomer"), store.enrolled("referrer")
    return link(newcomer, referrer, Invitation("i1", "newcomer", "referrer"), context(program=program))


def test_movements_of_two_accounts_are_one(store: Store) -> None:
    decision = invited(store)
    store.ledger.commit(decision)
    for each in (decision, *decision.others):
        assert store.account(each.entry.member) == each.account
        assert store.ledger.entry(DEMO, each.entry.member, each.entry.name) == each.entry
    assert (store.account("newcomer").referral, store.account("referrer").seq) == (Referral("referrer", paid=True), 1)
    with pytest.raises(AlreadyBooked) as found:
        store.ledger.commit(decision)
    assert found.value.entry == decision.entry


@pytest.mark.parametrize("who", ["newcomer", "referrer"])
def test_neither_moves_where_the_other_has_moved_meanwhile(store: Store, who: str) -> None:
    decision = invited(store)
    store.ledger.commit(earn(store.account(who), Event("e1", who, "check_in"), context()))
    before = store.account("newcomer"), store.account("referrer")
    with pytest.raises(RaceLost):
        store.ledger.commit(decision)
    assert (store.account("newcomer"), store.account("referrer")) == before
    for each in (decision, *decision.others):
        assert store.ledger.entry(DEMO, each.entry.member, each.entry.name) is None


def test_an_entry_of_the_other_account_is_no_replay(store: Store) -> None:
    """GIVEN the referrer's entry WHEN a movement would book it again THEN it has lost a race: only its own entry is an
    answer to it."""
    decision = invited(store)
    (other,) = decision.others
    store.ledger.commit(other)
    again = replace(other, before=store.account("referrer"), account=replace(other.account, seq=2))
    with pytest.raises(RaceLost):
        store.ledger.commit(replace(decision, others=(again,)))
    assert store.account("newcomer").seq == 0


def test_changes_of_tier_are_kept_with_the_movement(store: Store) -> None:
    """10 points each: V2 from the 3rd, V3 from the 6th, V4 from the 9th. What does not happen leaves none."""
    tiers = Tiers(TierMetric.POINTS, tuple(Level(f"V{number + 1}", 30 * number) for number in range(4)))
    program = replace(PROGRAM, tiers=tiers)
    store.enrolled()
    for number in range(1, 11):
        decision = earn(store.account(), check_in(f"e{number}"), context(program=program))
        store.ledger.commit(decision)
        with pytest.raises(RaceLost):
            store.ledger.commit(replace(decision, entry=replace(decision.entry, name=EntryName(Kind.EARN, "late"))))
    changes = [TierChange(tier, date(2026, 11, 21), seq) for tier, seq in (("V4", 9), ("V3", 6), ("V2", 3))]
    assert store.account().tier == Tier("V4", date(2026, 11, 21))
    assert store.ledger.tier_changes(DEMO, MEMBER, limit=3) == Page(changes)
    first = store.ledger.tier_changes(DEMO, MEMBER, limit=2)
    assert first == Page(changes[:2], "6")
    assert store.ledger.tier_changes(DEMO, MEMBER, before_seq=6, limit=2) == Page(changes[2:])
    for before_seq in (0, 1, 3):
        assert store.ledger.tier_changes(DEMO, MEMBER, before_seq=before_seq, limit=2).items == []


@pytest.mark.dynamodb
def test_two_reversals_that_race_end_at_exactly_the_total(dynamodb_table: Table) -> None:
    """GIVEN two refunds decided on the same account WHEN both commit THEN one loses and takes only what is left."""
    store = dynamodb_store(dynamodb_table)
    store.enrolled()
    services = store.services()
    name = EntryName(Kind.EARN, "e1")
    earn_points(services, PROGRAM, Event("e1", MEMBER, "purchase", "10.00"), actor="a")
    inner = store.ledger.commit

    def commit_after_a_rival(decision: object) -> None:
        services.ledger.commit = inner  # type: ignore[method-assign]
        reverse_entry(services, PROGRAM, Reversal("rival", MEMBER, name, amount="7.00"), actor="b")
        inner(decision)  # type: ignore[arg-type]

    services.ledger.commit = commit_after_a_rival  # type: ignore[method-assign]
    reverse_entry(services, PROGRAM, Reversal("mine", MEMBER, name), actor="a")
    _, reversals = store.ledger.entry_with_reversals(DEMO, MEMBER, name)
    assert {reversal.reference: reversal.points for reversal in reversals} == {"rival": -7, "mine": -3}
    assert findings(services, PROGRAM, MEMBER) == []
