"""Badges and memberships in every store: given with their order, had once or for so long, taken back exactly
(R-RED-1)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest

from points.application.administration.adjust_points import adjust_points
from points.application.expiry.bring_up_to_date import bring_up_to_date
from points.application.members.read_member import read_member
from points.application.redemption.cancel_order import Cancellation, cancel_order
from points.application.redemption.list_rewards import list_rewards
from points.application.redemption.read_order import read_order
from points.application.redemption.redeem_reward import redeem_reward
from points.application.services import Services
from points.domain.auditing.becoming import entitlement_findings
from points.domain.errors import AlreadyOwned, LimitReached
from points.domain.ledger.entitlements import MAX_MONTHS, Entitlement
from points.domain.ledger.entries import Entry
from points.domain.ledger.orders import OrderState
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.redeeming import Redemption
from points.domain.program.program import Program
from points.domain.program.rewards import Reward, RewardKind
from tests.builders import SetClock
from tests.store.support import MEMBER, PROGRAM, Store, memory_store
from tests.support.proof import findings

REWARDS = (
    Reward("fame", 10, kind=RewardKind.BADGE),
    Reward("card", 10, kind=RewardKind.MEMBERSHIP, months=1),
    Reward("mug", 10),
)
CLUB = replace(PROGRAM, rewards={reward.name: reward for reward in REWARDS}, exchange=("fame", "mug"))


class Club:
    def __init__(self, store: Store, program: Program = CLUB) -> None:
        self.store, self.program, self.clock = store, program, SetClock()
        store.enrolled()
        self.on("2026-01-31")
        self.give("plenty", 5_000)

    @property
    def services(self) -> Services:
        return replace(self.store.services(self.program), clock=self.clock)

    def give(self, name: str, points: int, expires_on: date | None = None) -> None:
        adjust_points(self.services, self.program, Adjustment(name, MEMBER, points, "why", expires_on), actor="a")

    def on(self, day: str) -> None:
        self.clock.moment = datetime.fromisoformat(f"{day}T04:00:00").replace(tzinfo=UTC)

    def redeem(self, reference: str, reward: str = "card", quantity: int = 1) -> Entry:
        command = Redemption(reference, MEMBER, reward, quantity)
        return redeem_reward(self.services, self.program, command, actor="a").entry

    def cancel(self, reference: str) -> Entry:
        return cancel_order(self.services, self.program, Cancellation(MEMBER, reference), reason=None, actor="a").entry

    def has(self, reward: str = "card") -> Entitlement | None:
        return self.store.ledger.entitlements("demo", MEMBER, [reward]).get(reward)

    def until(self) -> date | None:
        found = self.has()
        assert found is not None
        return found.until

    def shown(self) -> list[str]:
        return [each.reward for each in read_member(self.services, self.program, MEMBER).entitlements]

    def agrees(self) -> bool:
        return findings(self.services, self.program, MEMBER) == []


@pytest.fixture
def club(store: Store) -> Club:
    return Club(store)


def test_a_badge_is_had_once(club: Club) -> None:
    redeemed = club.redeem("r1", "fame")
    assert redeemed.details["entitled"] == {"since": "2026-01-31"}
    assert read_order(club.services, club.program, MEMBER, "r1").order.state is OrderState.FULFILLED
    assert club.has("fame") == Entitlement("demo", MEMBER, "fame", date(2026, 1, 31), "r1", version=1)
    before = club.store.account()
    with pytest.raises(AlreadyOwned):
        club.redeem("r2", "fame")
    assert club.store.account() == before
    offers = {
        each.reward.name: each for each in list_rewards(club.services, club.program, MEMBER, limit=9, actor="a").items
    }
    assert [reason.code for reason in offers["fame"].refused] == ["already_owned"]
    assert [reason.code for reason in offers["card"].refused] == []
    assert club.shown() == ["fame"]
    # AND nothing of it is left when the order is taken back, so that it can be had again
    club.cancel("r1")
    assert (club.has("fame"), club.shown()) == (None, [])
    club.redeem("r2", "fame")
    assert club.agrees()


def test_who_has_a_badge_is_not_given_it_for_points_that_expire(club: Club) -> None:
    club.redeem("r1", "fame")
    club.give("short", 15, date(2026, 2, 10))
    club.on("2026-02-11")
    bought, *_ = bring_up_to_date(club.services, club.program, MEMBER, club.clock.now())
    assert bought.details["reward"] == "mug"
    assert club.agrees()


def test_expiring_points_may_buy_a_badge_once(club: Club) -> None:
    for number, day in enumerate(("2026-02-10", "2026-02-20")):
        club.give(f"short-{number}", 15, date.fromisoformat(day))
    got = []
    for day in ("2026-02-11", "2026-02-21"):
        club.on(day)
        bought, *_ = bring_up_to_date(club.services, club.program, MEMBER, club.clock.now())
        got.append(bought.details["reward"])
    assert got == ["fame", "mug"]
    assert club.shown() == ["fame"]
    assert club.agrees()


def test_a_membership_goes_on_from_its_end(club: Club) -> None:
    club.redeem("r1")
    assert club.until() == date(2026, 2, 27)
    club.on("2026-02-10")
    club.redeem("r2")
    # From the first day on: a short month in between costs nobody a day.
    assert club.until() == date(2026, 3, 30)
    club.on("2026-03-30")
    club.redeem("r3", quantity=2)
    assert club.until() == date(2026, 5, 30)
    club.on("2026-05-30")
    assert club.shown() == ["card"]
    club.on("2026-05-31")
    assert club.shown() == []
    # What has ended begins anew.
    club.redeem("r4")
    assert club.has() == Entitlement("demo", MEMBER, "card", date(2026, 5, 31), "r4", version=1, months=1)
    assert club.agrees()


@pytest.mark.parametrize("order", list(permutations(["r1", "r2", "r3"])), ids="-".join)
def test_each_order_takes_back_exactly_what_it_gave_in_any_order(order: Sequence[str]) -> None:
    club = Club(memory_store())
    months = {"r1": 1, "r2": 3, "r3": 2}
    for reference, quantity in months.items():
        club.redeem(reference, quantity=quantity)
    left = dict(months)
    for reference in order:
        club.cancel(reference)
        del left[reference]
        found = club.has()
        assert (0 if found is None else found.months) == sum(left.values())
        assert club.agrees()


def test_what_has_ended_owes_nothing_to_what_was_begun_since(club: Club) -> None:
    club.redeem("old")
    club.on("2026-06-01")
    club.redeem("new")
    club.cancel("old")
    assert (club.until(), club.agrees()) == (date(2026, 6, 30), True)
    club.cancel("new")
    assert (club.has(), club.agrees()) == (None, True)


def test_taken_back_into_the_past_it_has_ended(club: Club) -> None:
    club.redeem("r1")
    club.redeem("r2")
    club.on("2026-03-15")
    assert club.shown() == ["card"]
    club.cancel("r1")
    assert club.shown() == []
    club.redeem("r3")
    found = club.has()
    assert found is not None
    assert (found.since, found.months) == (date(2026, 3, 15), 1)
    club.cancel("r2")
    assert club.has() == found
    assert club.agrees()


def test_the_longest_there_is(club: Club) -> None:
    club.program = replace(club.program, rewards={"card": replace(REWARDS[1], price=1, months=120)})
    club.redeem("r1", quantity=MAX_MONTHS // 120)
    assert club.until() == date(2126, 1, 30)
    with pytest.raises(LimitReached) as refused:
        club.redeem("r2")
    assert refused.value.numbers == {"limit": "membership_months", "maximum": MAX_MONTHS}
    club.clock.moment += timedelta(days=366 * 100)
    # Points of a hundred years ago have gone, the membership too.
    assert club.shown() == []


def test_a_reward_that_left_the_program_leaves_what_it_gave(club: Club) -> None:
    club.redeem("r1", "fame")
    club.redeem("r2")
    club.program = replace(club.program, rewards={}, exchange=(), version=2)
    assert club.shown() == ["card", "fame"]
    club.cancel("r1")
    club.cancel("r2")
    assert club.shown() == []


def test_what_a_member_has_page_by_page(club: Club) -> None:
    names = [f"badge-{number}" for number in range(5)]
    club.program = replace(club.program, rewards={name: Reward(name, 1, kind=RewardKind.BADGE) for name in names})
    for name in names:
        club.redeem(name, name)
    seen, after = list[str](), None
    while True:
        page = club.store.ledger.all_entitlements("demo", MEMBER, after=after, limit=2)
        seen += [each.reward for each in page.items]
        if (after := page.next_key) is None:
            break
    assert seen == names
    assert club.store.ledger.all_entitlements("demo", "nobody", after=None, limit=2).items == []


def test_an_audit_finds_what_nobody_was_given(club: Club) -> None:
    club.redeem("r1", "fame")
    club.redeem("r2")
    entries = club.store.ledger.entries("demo", MEMBER, limit=10).items[::-1]
    fame, card = club.has("fame"), club.has()
    assert fame is not None
    assert card is not None

    def found(*entitlements: Entitlement) -> list[str]:
        return [finding.place for finding in entitlement_findings("demo", MEMBER, entries, entitlements)]

    assert found(fame, card) == []
    assert found(card) == ["entitlement fame"]
    assert found(fame, replace(card, months=2)) == ["entitlement card"]
    assert found(replace(fame, reserved=True), card) == ["entitlement fame"]
    assert found(fame, card, replace(fame, reward="other")) == ["entitlement other"]
