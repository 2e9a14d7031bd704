"""One account brought to a moment: what is bought at the end, who is passed over, and timers that were early."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from points.adapters.memory import MemoryLedger
from points.application.administration.adjust_points import adjust_points
from points.application.administration.freeze_member import freeze_member
from points.application.earning.earn_points import earn_points
from points.application.expiry.bring_up_to_date import ACTOR, bring_up_to_date
from points.application.members.enrol_member import enrol_member
from points.application.members.erase_member import erase_member
from points.application.members.read_balance import read_balance
from points.application.movement import MAX_ATTEMPTS
from points.application.ports import RaceLost
from points.application.redemption.cancel_order import Cancellation, cancel_order
from points.application.redemption.redeem_reward import redeem_reward
from points.application.services import Services
from points.domain.errors import Conflict, NotFound
from points.domain.ledger.account import Account, Activity
from points.domain.ledger.booking import Decision
from points.domain.ledger.entries import Entry, Kind
from points.domain.ledger.members import Profile
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.earning import Event
from points.domain.movements.freezing import Freeze
from points.domain.movements.redeeming import Redemption
from points.domain.program.conditions import Operator
from points.domain.program.expiry import AfterDays
from points.domain.program.program import Program
from points.domain.program.rewards import Reward
from tests.builders import SetClock, asks, local, program, services
from tests.support.proof import findings

LAST_DAY = date(2026, 3, 20)
MIDNIGHT = local("2026-03-21 00:00")
SHOP = program(
    rewards={
        "mug": Reward("mug", 60, stock=1),
        "cup": Reward("cup", 60, stock=1),
        "coupon": Reward("coupon", 25),
    },
    exchange=("mug", "cup", "coupon"),
)


def wired(*members: str, rules: Program = SHOP, profile: Profile | None = None, points: int = 100) -> Services:
    wired = services(rules, clock=SetClock())
    for member in members:
        enrol_member(wired, rules, member, profile or Profile())
        adjust_points(wired, rules, Adjustment("a", member, points, "because", LAST_DAY), actor="t")
    return wired


def told(entries: Sequence[Entry]) -> list[tuple[str, int]]:
    return [(str(entry.details.get("reward", entry.kind)), entry.points) for entry in entries]


def account(wired: Services, member: str = "m") -> Account:
    found = wired.ledger.account("demo", member)
    assert found is not None
    return found


def test_what_is_sold_out_between_decision_and_commit_is_decided_again() -> None:
    """GIVEN one mug and one cup THEN the first gets the mug, the second the cup, the third a coupon: in one go."""
    rules = SHOP
    shop = wired("a", "b", "c")
    got = [told(bring_up_to_date(shop, rules, member, MIDNIGHT)) for member in "abc"]
    assert got == [
        [("mug", -60), ("expire", -40)],
        [("cup", -60), ("expire", -40)],
        [("coupon", -25), ("expire", -75)],
    ]
    for member in "abc":
        assert findings(shop, rules, member) == []


def test_stock_that_a_cancellation_brings_back_is_there_for_the_next() -> None:
    shop = wired("a", "b")
    (redeemed, _) = bring_up_to_date(shop, SHOP, "a", MIDNIGHT)
    cancel_order(shop, SHOP, Cancellation("a", redeemed.reference), reason=None, actor="t")
    assert shop.ledger.stock_taken("demo", list(SHOP.rewards.values()), MIDNIGHT.date())["mug"].in_all == 0
    assert told(bring_up_to_date(shop, SHOP, "b", MIDNIGHT))[0] == ("mug", -60)
    assert findings(shop, SHOP, "a") == []


@pytest.mark.parametrize("profile", [Profile(exchange_opt_out=True)])
def test_who_wants_nothing_gets_nothing(profile: Profile) -> None:
    shop = wired("m", profile=profile)
    assert told(bring_up_to_date(shop, SHOP, "m", MIDNIGHT)) == [("expire", -100)]


def test_who_opted_out_of_reminders_alone_still_gets_something() -> None:
    shop = wired("m", profile=Profile(opt_out=True))
    assert told(bring_up_to_date(shop, SHOP, "m", MIDNIGHT))[0] == ("mug", -60)


def test_who_was_erased_or_is_frozen_gets_nothing() -> None:
    shop = wired("erased", "frozen")
    erase_member(shop, SHOP, "erased")
    freeze = Freeze("f", "frozen", "why", frozenset({Activity.REDEEMING}))
    freeze_member(shop, SHOP, freeze, actor="t")
    for member in ("erased", "frozen"):
        assert told(bring_up_to_date(shop, SHOP, member, MIDNIGHT)) == [("expire", -100)]
        assert findings(shop, SHOP, member) == []


def test_a_member_is_who_they_are_by_now() -> None:
    """Attributes that the program came to declare are looked up, as for any redemption."""
    club = replace(
        SHOP,
        version=2,
        rewards={"mug": Reward("mug", 60, when=asks("member.club", Operator.IN, "gold"))},
        member_attributes=frozenset({"club"}),
    )
    shop = wired("m", profile=Profile(attributes={"club": "gold"}))
    assert told(bring_up_to_date(shop, club, "m", MIDNIGHT)) == [("mug", -60), ("expire", -40)]


def test_the_profile_is_read_only_where_something_could_be_bought() -> None:
    shop = wired("m")

    class Unread:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(name)

    members: Any = Unread()
    blind = replace(shop, members=members)
    plain = replace(SHOP, exchange=())
    assert bring_up_to_date(blind, SHOP, "m", MIDNIGHT - timedelta(days=2)) == ()
    assert told(bring_up_to_date(blind, plain, "m", MIDNIGHT)) == [("expire", -100)]


def test_a_timer_that_was_early_is_set_and_nothing_is_booked() -> None:
    shop = wired("m")
    redeem_reward(shop, SHOP, Redemption("r", "m", "coupon", 4), actor="t")
    earn_points(shop, SHOP, Event("e", "m", "check_in"), actor="t")
    assert account(shop).due_at == MIDNIGHT
    before = account(shop).seq
    assert bring_up_to_date(shop, SHOP, "m", MIDNIGHT) == ()
    assert (account(shop).seq, account(shop).due_at) == (before, local("2028-01-01 00:00"))


def test_a_timer_that_has_not_come_is_left_alone() -> None:
    class Unset(MemoryLedger):
        def set(self, *_: object) -> None:
            raise AssertionError

    shop = wired("m")
    timers: Any = Unset()
    assert bring_up_to_date(replace(shop, timers=timers), SHOP, "m", MIDNIGHT - timedelta(seconds=1)) == ()


def test_an_account_that_was_read_before_others_moved_it_is_read_again() -> None:
    shop = wired("m")
    read = account(shop)
    redeem_reward(shop, SHOP, Redemption("r", "m", "coupon"), actor="t")
    entries = bring_up_to_date(shop, SHOP, "m", MIDNIGHT, read=read)
    assert told(entries) == [("mug", -60), ("expire", -15)]
    assert bring_up_to_date(shop, SHOP, "m", MIDNIGHT, read=read) == ()


def test_an_account_that_keeps_moving_is_left_to_another_time() -> None:
    class Busy:
        attempts = 0

        def __init__(self, inner: Any) -> None:
            self._inner = inner

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

        def commit(self, _decision: Decision) -> None:
            self.attempts += 1
            raise RaceLost

    shop = wired("m")
    busy: Any = Busy(shop.ledger)
    with pytest.raises(Conflict):
        bring_up_to_date(replace(shop, ledger=busy), SHOP, "m", MIDNIGHT)
    assert busy.attempts == MAX_ATTEMPTS


def test_nobody_is_nobody() -> None:
    with pytest.raises(NotFound):
        bring_up_to_date(wired(), SHOP, "m", MIDNIGHT)


def test_entries_say_who_and_when() -> None:
    shop = wired("m")
    entries = bring_up_to_date(shop, SHOP, "m", MIDNIGHT + timedelta(minutes=1))
    assert {(entry.actor, entry.at, entry.fingerprint) for entry in entries} == {
        (ACTOR, MIDNIGHT + timedelta(minutes=1), "")
    }
    assert [entry.kind for entry in entries] == [Kind.REDEEM, Kind.EXPIRE]


def test_a_sweep_that_is_made_up_for_leaves_the_past_as_it_was() -> None:
    """GIVEN a sweep that was missed, movements since, and then the missed one THEN each moment of the past reads as it
    did; the sweep's entries are of their own day, and lie on top of what came after."""
    rules = replace(SHOP, exchange=(), expiry=AfterDays(40))
    shop = wired("m", rules=rules)
    clock: Any = shop.clock
    order = redeem_reward(shop, rules, Redemption("r", "m", "coupon", 2), actor="t").entry.reference
    seen: dict[Any, int] = {}
    for hours in range(0, 24 * 16, 6):
        clock.moment = local("2026-03-15") + timedelta(hours=hours, minutes=1)
        if hours == 24 * 8:
            earn_points(shop, rules, Event("e", "m", "purchase", "70.00"), actor="t")
        if hours == 24 * 9:
            cancel_order(shop, rules, Cancellation("m", order), reason=None, actor="t")
        if hours == 24 * 10:
            redeem_reward(shop, rules, Redemption("r-2", "m", "coupon", 1), actor="t")
        seen[clock.moment] = read_balance(shop, rules, "m").balance.available
    (expired,) = bring_up_to_date(shop, rules, "m", MIDNIGHT)
    assert (expired.points, expired.at, account(shop).seq) == (-100, MIDNIGHT, 6)
    for moment, available in seen.items():
        assert read_balance(shop, rules, "m", as_of=moment).balance.available == available, moment
    assert findings(shop, rules, "m") == []
