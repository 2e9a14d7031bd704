"""Draws end to end in memory: seeds that never change, plays that are what they draw, and a secret told in the end."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from points.adapters.memory import MemoryDraws, MemoryLedger, MemoryPrograms
from points.application.administration.adjust_points import adjust_points
from points.application.members.enrol_member import enrol_member
from points.application.movement import Booked
from points.application.ports import RaceLost
from points.application.reading import announced_seed
from points.application.redemption.cancel_order import Cancellation, cancel_order
from points.application.redemption.list_plays import list_plays
from points.application.redemption.play_draw import play_draw
from points.application.redemption.read_draws import ShownDraw, list_draws, read_draw
from points.application.redemption.redeem_reward import redeem_reward
from points.application.services import Services
from points.domain.errors import DrawClosed, DrawNotBegun, NotFound, OutOfStock, ReferenceReused
from points.domain.ledger.booking import Decision
from points.domain.ledger.entries import Kind
from points.domain.ledger.members import Profile
from points.domain.ledger.orders import OrderState
from points.domain.ledger.usage import Used
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.playing import Play
from points.domain.movements.redeeming import Redemption
from points.domain.program.drawing import drawn_prize
from points.domain.program.draws import Draw, Prize
from points.domain.program.program import Program
from points.domain.program.rewards import FirstRedemption, Reward, RewardKind
from points.domain.program.succession import Departure, Kept, departures
from tests.builders import NOW, SetClock, local, program, services
from tests.support.drawing import COUPON, HUNDRED, NONE, PHONE, SEED, only, wheel
from tests.support.proof import findings


class Given:
    """Seeds: the known one, and then others."""

    def __init__(self) -> None:
        self.made = 0

    def make(self) -> bytes:
        self.made += 1
        return SEED if self.made == 1 else bytes([self.made]) * 32


@dataclass
class House:
    services: Services
    program: Program
    clock: SetClock

    @classmethod
    def with_draws(cls, *draws: Draw, **changes: Any) -> "House":
        rewards = {"phone": Reward("phone", 900, stock=2), "coupon": Reward("coupon", 50)}
        rules = program(**{"rewards": rewards, "draws": {draw.name: draw for draw in draws}} | changes)
        clock = SetClock()
        house = cls(services(rules, clock=clock, seeds=Given()), rules, clock)
        for draw in draws:
            announced_seed(house.services, "demo", draw.name)
        house.join("m-1")
        return house

    def join(self, member: str) -> None:
        enrol_member(self.services, self.program, member, Profile())
        adjust_points(self.services, self.program, Adjustment("gift", member, 10_000, "because"), actor="op")

    def play(self, reference: str, member: str = "m-1", draw: str = "wheel") -> Booked:
        return play_draw(self.services, self.program, Play(reference, member, draw), actor="app")

    def shown(self, draw: str = "wheel") -> ShownDraw:
        return read_draw(self.services, self.program, draw)

    def left(self, prize: str) -> int:
        return self.shown().left[prize]

    def publish(self, *draws: Draw) -> None:
        """As the next version, with what is remembered of those that left."""
        after = replace(self.program, version=self.program.version + 1, draws={draw.name: draw for draw in draws})
        left = {(each.kind, each.name): each for each in departures(self.program, after, self.clock.now())}
        programs = MemoryPrograms(self.program, after)
        versions: Any = _Departed(left)
        self.services = replace(self.services, programs=programs, versions=versions)
        self.program = after

    def until(self, moment: str) -> datetime:
        self.clock.moment = local(moment)
        return self.clock.moment


@dataclass
class _Departed:
    known: dict[tuple[Kept, str], Departure]

    def departed(self, _program: str, names: Any) -> Any:
        return {name: self.known[name] for name in names if name in self.known}


def test_a_replay_is_the_same_play_and_another_reference_the_next_one() -> None:
    house = House.with_draws(wheel(cost=1))
    first = house.play("a")
    again = house.play("a")
    assert (again.replayed, again.entry) == (True, first.entry)
    assert house.play("b").entry.details["number"] == 2
    with pytest.raises(ReferenceReused):
        house.play("a", draw="other")


def test_a_seed_never_changes() -> None:
    house = House.with_draws(wheel())
    assert announced_seed(house.services, "demo", "wheel").seed == SEED
    assert house.services.draws.keep(replace(house.shown().seed, seed=b"y" * 32)).seed == SEED
    assert house.services.draws.seed("demo", "wheel") == house.shown().seed


def test_nobody_plays_what_has_not_been_announced() -> None:
    house = House.with_draws(wheel())
    house.services = replace(house.services, draws=MemoryDraws())
    with pytest.raises(DrawNotBegun):
        house.play("a")
    digest = house.shown().seed.digest
    assert house.play("a").entry.details["seed_digest"] == digest


def test_what_has_run_out_is_replaced_in_the_same_request() -> None:
    """Three phones of the draw; of the shelf there are only two."""
    house = House.with_draws(only(PHONE, NONE))
    played = [house.play(str(number)).entry.details for number in range(4)]
    assert [each.get("given", each["prize"]) for each in played] == ["phone", "phone", "none", "none"]
    assert {each["prize"] for each in played} == {"phone"}
    assert house.left("phone") == 1
    assert [each.name.kind for each in house.services.ledger.entries("demo", "m-1", limit=9).items].count(
        Kind.REDEEM
    ) == 2


def test_the_stock_of_the_prize_is_a_limit_of_its_own() -> None:
    house = House.with_draws(only(replace(HUNDRED, stock=2), NONE))
    points = [house.play(str(number)).entry.points for number in range(3)]
    assert points == [90, 90, -10]
    assert house.left("hundred") == 0


def test_a_refusal_for_want_of_stock_is_only_given_where_nothing_can_be_given() -> None:
    """No document can have such a draw; a reward may become limited all the same."""
    house = House.with_draws(only(PHONE))
    for number in range(2):
        house.play(str(number))
    with pytest.raises(OutOfStock):
        house.play("late")
    assert house.services.ledger.usage("demo", "m-1", Used.DRAW, "wheel").lifetime == 2


def test_a_cancelled_prize_can_be_won_again() -> None:
    house = House.with_draws(only(replace(PHONE, stock=1), NONE))
    house.play("a")
    assert (house.left("phone"), house.play("b").entry.details.get("given")) == (0, "none")
    before = house.services.ledger.account("demo", "m-1")
    cancel_order(house.services, house.program, Cancellation("m-1", "~wheel.1"), reason="unwanted", actor="op")
    after = house.services.ledger.account("demo", "m-1")
    assert before is not None
    assert after is not None
    assert (after.lots, house.left("phone")) == (before.lots, 1)
    phone = house.program.rewards["phone"]
    assert house.services.ledger.stock_taken("demo", [phone], NOW.date())["phone"].in_all == 0
    assert house.play("c").entry.details["ordered"] == "~wheel.3"
    # Once: a cancellation that is repeated brings nothing back again.
    cancel_order(house.services, house.program, Cancellation("m-1", "~wheel.1"), reason=None, actor="op")
    assert house.left("phone") == 0


def test_a_callers_order_of_the_same_name_is_another_order() -> None:
    house = House.with_draws(only(COUPON, HUNDRED))
    redeem_reward(house.services, house.program, Redemption("wheel.1", "m-1", "coupon"), actor="app")
    assert house.play("wheel.1").entry.details["ordered"] == "~wheel.1"
    assert {order.reference for order in house.services.ledger.orders("demo", "m-1", limit=9).items} == {
        "wheel.1", "~wheel.1",
    }  # fmt: skip


def test_a_prize_may_be_a_badge_that_its_winner_has() -> None:
    """The first one makes them its bearer, the second is an order that gives nothing more; each is what was drawn."""
    fame = Reward("fame", 5, kind=RewardKind.BADGE)
    house = House.with_draws(only(Prize("star", Fraction(1), reward="fame"), NONE), rewards={"fame": fame})
    assert [house.play(str(number)).entry.details["ordered"] for number in range(2)] == ["~wheel.1", "~wheel.2"]
    ledger = house.services.ledger
    assert ledger.entitlements("demo", "m-1", ["fame"])["fame"].order == "~wheel.1"
    assert [order.state for order in ledger.orders("demo", "m-1", limit=9).items] == [OrderState.FULFILLED] * 2
    cancel_order(house.services, house.program, Cancellation("m-1", "~wheel.2"), reason=None, actor="op")
    assert ledger.entitlements("demo", "m-1", ["fame"])["fame"].order == "~wheel.1"
    cancel_order(house.services, house.program, Cancellation("m-1", "~wheel.1"), reason=None, actor="op")
    assert ledger.entitlements("demo", "m-1", ["fame"]) == {}
    assert findings(house.services, house.program, "m-1") == []


def test_a_prize_is_not_the_first_redemption_that_costs_less() -> None:
    """Neither drawn nor taken back."""
    house = House.with_draws(only(COUPON, HUNDRED), first_redemption=FirstRedemption(50))
    house.play("p")
    coupon = house.program.rewards["coupon"]
    first = redeem_reward(house.services, house.program, Redemption("r-1", "m-1", "coupon"), actor="app")
    assert first.entry.points == -coupon.price // 2
    cancel_order(house.services, house.program, Cancellation("m-1", "~wheel.1"), reason=None, actor="op")
    second = redeem_reward(house.services, house.program, Redemption("r-2", "m-1", "coupon"), actor="app")
    assert second.entry.points == -coupon.price
    assert findings(house.services, house.program, "m-1") == []


@dataclass
class _LosesRaces:
    """A ledger that lets another play of the member go first, once."""

    inner: MemoryLedger
    other: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def commit(self, decision: Decision) -> None:
        if self.other is not None:
            other, self.other = self.other, None
            other()
            raise RaceLost
        self.inner.commit(decision)


def test_a_lost_race_takes_the_next_number() -> None:
    house = House.with_draws(wheel(cost=1))
    inner: Any = house.services.ledger
    racing: Any = _LosesRaces(inner, lambda: house.play("first"))
    slow = replace(house.services, ledger=racing)
    booked = play_draw(slow, house.program, Play("second", "m-1", "wheel"), actor="app")
    assert booked.entry.details["number"] == 2
    expected = drawn_prize(house.program.draws["wheel"], SEED, "demo", "m-1", 2)
    assert booked.entry.details["prize"] == expected.name


# ── the end of a draw ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_seed_is_told_after_the_last_day_and_not_before() -> None:
    house = House.with_draws(wheel())
    states = []
    for moment in ("2026-03-31 23:59", "2026-04-01 00:00", "2026-04-01 00:01", "2026-04-01 00:01", "2026-04-01 00:02"):
        now = house.until(moment)
        shown = house.shown()
        states.append((shown.is_closed, shown.seed.closed_at is not None, shown.seed.is_revealed(now)))
    assert states == [
        (False, False, False),
        (True, False, False),
        (True, True, False),
        (True, True, False),
        (True, True, True),
    ]
    assert house.shown().seed.closed_at == local("2026-04-01 00:01")
    assert house.shown().seed.closed_version == 1


def test_once_closed_no_edit_opens_it_again() -> None:
    house = House.with_draws(wheel())
    house.play("a")
    house.until("2026-04-01 00:01")
    house.shown()
    # Publishing refuses this; should it be there all the same, a play does not believe it.
    house.publish(wheel(last=wheel().last.replace(year=2027)))
    for wait in (0, 1, 60, 24 * 60 * 30):
        house.clock.moment += timedelta(minutes=wait)
        with pytest.raises(DrawClosed):
            house.play("b")
    assert house.shown().is_closed
    assert house.play("a").replayed


def test_a_last_day_that_is_moved_in_time_keeps_it_open() -> None:
    house = House.with_draws(wheel())
    house.until("2026-03-31 23:00")
    house.publish(wheel(last=wheel().last.replace(year=2027)))
    house.until("2026-04-01 12:00")
    assert not house.shown().is_closed
    house.play("a")


def test_who_has_seen_the_draw_open_cannot_play_once_it_is_closed() -> None:
    """The seed is read anew for each attempt: with a seed that is known nobody decides anything."""
    house = House.with_draws(wheel())
    inner: Any = house.services.ledger

    def close() -> None:
        seed = house.services.draws.seed("demo", "wheel")
        assert seed is not None
        house.services.draws.close(seed, at=house.clock.now(), version=1)

    racing: Any = _LosesRaces(inner, close)
    with pytest.raises(DrawClosed):
        play_draw(replace(house.services, ledger=racing), house.program, Play("a", "m-1", "wheel"), actor="app")


def test_closing_is_once() -> None:
    house = House.with_draws(wheel())
    seed = house.shown().seed
    first = house.services.draws.close(seed, at=local("2026-04-02"), version=1)
    assert house.services.draws.close(seed, at=local("2026-05-02"), version=9) == first
    assert house.services.draws.keep(seed) == first


def test_a_draw_that_left_can_still_be_followed() -> None:
    house = House.with_draws(wheel(), only(NONE, name="other"))
    house.play("a")
    house.publish()
    assert list_draws(house.services, house.program, limit=9).items == []
    assert (house.shown().draw, house.shown().is_closed) == (wheel(), False)
    house.until("2026-04-01 00:01")
    assert house.shown().seed.closed_version == 1
    # Closed, it needs nobody's memory any more.
    nobody: Any = _Departed({})
    house.services = replace(house.services, versions=nobody)
    now = house.until("2026-04-01 00:02")
    assert house.shown().seed.is_revealed(now)
    with pytest.raises(NotFound):
        house.shown("nowhere")


def test_draws_by_name_page_by_page() -> None:
    house = House.with_draws(*(only(NONE, name=name) for name in ("c", "a", "b")))
    page = list_draws(house.services, house.program, limit=2)
    assert ([shown.draw.name for shown in page.items], page.next_key) == (["a", "b"], "b")
    page = list_draws(house.services, house.program, after="b", limit=2)
    assert ([shown.draw.name for shown in page.items], page.next_key) == (["c"], None)


def test_plays_newest_first_of_one_draw_or_of_all() -> None:
    house = House.with_draws(only(NONE), only(HUNDRED, name="other"))
    for number in range(3):
        house.play(f"w{number}")
        house.play(f"o{number}", draw="other")
    everything = list_plays(house.services, house.program, "m-1", None, before_seq=None, limit=4)
    assert [entry.reference for entry in everything.items] == ["o2", "w2", "o1", "w1"]
    assert everything.next_key is not None
    rest = list_plays(house.services, house.program, "m-1", None, before_seq=int(everything.next_key), limit=4)
    assert ([entry.reference for entry in rest.items], rest.next_key) == (["o0", "w0"], None)
    of_one = list_plays(house.services, house.program, "m-1", "wheel", before_seq=None, limit=9)
    assert [entry.reference for entry in of_one.items] == ["w2", "w1", "w0"]
    with pytest.raises(NotFound):
        list_plays(house.services, house.program, "nobody", None, before_seq=None, limit=9)


def test_every_member_has_numbers_of_their_own() -> None:
    house = House.with_draws(wheel(Prize("a", Fraction(1, 2)), Prize("b", Fraction(1, 2)), cost=0))
    house.join("m-2")
    drawn = {
        member: [house.play(str(number), member).entry.details["prize"] for number in range(20)]
        for member in ("m-1", "m-2")
    }
    assert drawn["m-1"] != drawn["m-2"]
