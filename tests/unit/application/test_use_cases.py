"""What the use cases add to their decisions: where they read, what they answer, one bad event among good ones."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from points.application.administration.adjust_points import adjust_points
from points.application.administration.freeze_member import freeze_member, unfreeze_member
from points.application.earning.earn_batch import earn_batch
from points.application.earning.preview_earning import preview_earning
from points.application.earning.reverse_entry import reverse_entry
from points.application.members.enrol_member import enrol_member
from points.application.members.erase_member import erase_member
from points.application.members.read_member import read_member
from points.application.movement import Booked
from points.application.ports import StockTaken
from points.application.redemption.cancel_order import Cancellation, cancel_order
from points.application.redemption.list_rewards import Offer, list_rewards
from points.application.redemption.read_order import list_orders, read_order
from points.application.redemption.redeem_reward import redeem_reward
from points.application.services import Services
from points.domain.errors import InvalidRequest, NotFound, OutOfStock, ReferenceReused
from points.domain.ledger.account import Activity
from points.domain.ledger.entries import EntryName, Kind
from points.domain.ledger.members import Profile
from points.domain.ledger.orders import CANCELLATION, OrderState
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.earning import Event
from points.domain.movements.freezing import Freeze
from points.domain.movements.redeeming import Redemption
from points.domain.movements.reversing import Reversal
from points.domain.program.rewards import Reward
from tests.builders import program, services

RULES = program()


@pytest.fixture
def wired() -> Services:
    wired = services()
    enrol_member(wired, RULES, "m-1", Profile(locale="zh-CN"))
    adjust_points(wired, RULES, Adjustment("start", "m-1", 10_000, "start"), actor="t")
    return wired


def redeem(wired: Services, reference: str, reward: str = "e-reader", quantity: int = 1) -> Booked:
    return redeem_reward(wired, RULES, Redemption(reference, "m-1", reward, quantity), actor="t")


def cancel(wired: Services, order: str, reason: str | None = None) -> Booked:
    return cancel_order(wired, RULES, Cancellation("m-1", order), reason=reason, actor="t")


def reverse(wired: Services, reference: str, of: EntryName) -> Booked:
    return reverse_entry(wired, RULES, Reversal(reference, "m-1", of), actor="t")


def offers_to(wired: Services, member: str | None) -> Sequence[Offer]:
    return list_rewards(wired, RULES, member, limit=100, actor="t").items


def stock_left(wired: Services) -> int | None:
    return next(offer.stock_left for offer in offers_to(wired, None) if offer.reward.name == "e-reader")


def test_r_red_1_never_oversold(wired: Services) -> None:
    redeem(wired, "r-1", quantity=2)
    with pytest.raises(OutOfStock):
        redeem(wired, "r-2", quantity=2)
    assert redeem(wired, "r-1", quantity=2).replayed
    assert stock_left(wired) == 1
    redeem(wired, "r-3")
    assert stock_left(wired) == 0


def test_r_red_2_an_order_is_cancelled_once(wired: Services) -> None:
    redeem(wired, "r-1", quantity=3)
    first = cancel(wired, "r-1", "broken")
    assert first.entry.points == 7200
    # A second wish is the same cancellation, whatever its reason.
    assert cancel(wired, "r-1", "other") == Booked(first.entry, replayed=True)
    assert read_order(wired, RULES, "m-1", "r-1").order.state is OrderState.CANCELLED
    assert stock_left(wired) == 3
    with pytest.raises(NotFound):
        cancel(wired, "r-2")


def test_a_reversal_cannot_stand_in_for_a_cancellation(wired: Services) -> None:
    redeem(wired, "r-1")
    with pytest.raises(InvalidRequest):
        reverse(wired, CANCELLATION, EntryName(Kind.REDEEM, "r-1"))
    assert cancel(wired, "r-1").entry.points == 2400


def test_reversals_are_of_what_exists_and_live_under_it(wired: Services) -> None:
    outcomes = earn_batch(wired, RULES, [Event("e-1", "m-1", "review"), Event("e-2", "m-1", "review")], actor="t")
    assert all(isinstance(outcome, Booked) for outcome in outcomes)
    # One reference may name a refund of each.
    for reference in ("e-1", "e-2"):
        name = EntryName(Kind.EARN, reference)
        assert reverse(wired, "refund", name).entry.points == -20
        assert reverse(wired, "refund", name).replayed
    with pytest.raises(NotFound):
        reverse(wired, "refund", EntryName(Kind.EARN, "e-3"))


def test_one_bad_event_does_not_touch_the_others(wired: Services) -> None:
    events = [
        Event("e-1", "m-1", "review"),
        Event("e-2", "m-1", "flying"),
        Event("e-3", "nobody", "review"),
        Event("e-1", "m-1", "review"),
        Event("e-1", "m-1", "check_in"),
        Event("e-4", "m-1", "purchase", "NaN"),
        Event("e-5", "m-1", "check_in"),
    ]
    outcomes = earn_batch(wired, RULES, events, actor="t")
    codes = [("replay" if o.replayed else o.entry.points) if isinstance(o, Booked) else o.code for o in outcomes]
    assert codes == [20, "unknown_behaviour", "not_found", "replay", "reference_reused", "invalid_request", 5]


def test_r_earn_8_a_dry_run_says_what_would_be_and_writes_nothing(wired: Services) -> None:
    before = wired.ledger.account("demo", "m-1")
    decision = preview_earning(wired, RULES, Event("e-1", "m-1", "photo", quantity=4), actor="t").decision
    assert (decision.entry.points, decision.account.counters) == (50, {"photo/n": 1})
    assert wired.ledger.account("demo", "m-1") == before
    with pytest.raises(NotFound):
        preview_earning(wired, RULES, Event("e-1", "nobody", "photo"), actor="t")


def test_r_risk_1_freezing_twice_is_two_entries(wired: Services) -> None:
    for reference in ("f-1", "f-2"):
        freeze_member(wired, RULES, Freeze(reference, "m-1", "fraud"), actor="op")
    assert freeze_member(wired, RULES, Freeze("f-1", "m-1", "fraud"), actor="op").replayed
    with pytest.raises(ReferenceReused):
        freeze_member(wired, RULES, Freeze("f-1", "m-1", "fraud", frozenset({Activity.EARNING})), actor="op")
    entry = unfreeze_member(wired, RULES, Freeze("f-1", "m-1", "cleared"), actor="op").entry
    assert (entry.seq, entry.details) == (4, {"frozen": []})


def test_the_catalogue_says_why_not(wired: Services) -> None:
    def offers(member: str | None) -> list[tuple[str, list[str]]]:
        return [(offer.reward.name, [refusal.code for refusal in offer.refused]) for offer in offers_to(wired, member)]

    free: list[tuple[str, list[str]]] = [("coupon", []), ("phone-credit", []), ("e-reader", [])]
    assert offers(None) == offers("m-1") == free
    adjust_points(wired, RULES, Adjustment("a", "m-1", -9_700, "why"), actor="t")
    assert offers("m-1") == [*free[:2], ("e-reader", ["insufficient_points"])]
    freeze_member(wired, RULES, Freeze("f", "m-1", "why"), actor="op")
    # Every reason, the one a redemption would get first.
    assert [refused for _, refused in offers("m-1")] == [
        ["member_frozen"],
        ["member_frozen"],
        ["member_frozen", "insufficient_points"],
    ]
    with pytest.raises(NotFound):
        offers("nobody")


def test_a_sold_out_reward_says_so(wired: Services) -> None:
    redeem(wired, "r-1", quantity=3)
    codes = [[refusal.code for refusal in offer.refused] for offer in offers_to(wired, "m-1")]
    assert [code for code in codes if "out_of_stock" in code] == [codes[2]]


def test_the_catalogue_page_by_page(wired: Services) -> None:
    many = program(rewards={f"r-{number}": Reward(f"r-{number}", 10 - number // 3, stock=5) for number in range(9)})
    asked: list[list[str]] = []
    taken = wired.ledger.stock_taken

    class Noting:
        def __getattr__(self, name: str) -> Any:
            return getattr(wired.ledger, name)

        def stock_taken(self, program: str, rewards: Sequence[Reward], day: date) -> Mapping[str, StockTaken]:
            asked.append([reward.name for reward in rewards])
            return taken(program, rewards, day)

    seen: list[str] = []
    after: str | None = None
    while True:
        page = list_rewards(replace(wired, ledger=Noting()), many, "m-1", after=after, limit=4, actor="t")
        seen += [offer.reward.name for offer in page.items]
        if (after := page.next_key) is None:
            break
    # Cheapest first, each once
    assert seen == ["r-6", "r-7", "r-8", "r-3", "r-4", "r-5", "r-0", "r-1", "r-2"]
    # AND of no page is more stock looked up than it shows
    assert asked == [seen[:4], seen[4:8], seen[8:]]


def test_orders_page_by_page(wired: Services) -> None:
    for number in range(5):
        redeem(wired, f"r-{number}", "coupon")
    seen: list[str] = []
    after: str | None = None
    while True:
        page = list_orders(wired, RULES, "m-1", after=after, limit=2)
        seen.extend(order.reference for order in page.items)
        if page.next_key is None:
            break
        after = page.next_key
    assert seen == [f"r-{number}" for number in range(5)]
    with pytest.raises(NotFound):
        read_order(wired, RULES, "m-1", "r-9")


def test_r_ops_erasing_a_member_keeps_the_ledger_whole(wired: Services) -> None:
    before = read_member(wired, RULES, "m-1")
    assert before.profile.locale == "zh-CN"
    for _ in range(2):
        erase_member(wired, RULES, "m-1")
    after = read_member(wired, RULES, "m-1")
    assert (after.profile, after.account) == (Profile(), before.account)
    with pytest.raises(NotFound):
        erase_member(wired, RULES, "nobody")


def test_enrolling_again_changes_the_profile_not_the_account(wired: Services) -> None:
    assert enrol_member(wired, RULES, "m-1", Profile(locale="en")) is False
    view = read_member(wired, RULES, "m-1")
    assert (view.profile.locale, view.account.seq) == ("en", 1)
