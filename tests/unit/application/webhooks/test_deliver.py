"""One message, at most one attempt; whatever ends it in the middle, nothing is lost."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from points.adapters.memory import MemoryDeliveries
from points.application.ports import RaceLost
from points.application.webhooks.deliver import Delivered, deliver
from points.application.webhooks.fan_out import fan_out
from points.application.webhooks.manage_endpoints import change_endpoint, make_endpoint, read_endpoint, remove_endpoint
from points.application.webhooks.operate_deliveries import ping_endpoint, resend_delivery
from points.application.webhooks.ports import Message, Webhooks
from points.domain.errors import LedgerUnavailable
from points.domain.telling.events import EventType
from points.domain.webhooks.deliveries import LEASE, TRIED_FOR, Answered, Delivery, NotAnswered, State
from points.domain.webhooks.endpoints import FAILURES_IN_A_ROW, Off, Wanted
from points.domain.webhooks.events import event_of
from tests.support.api import TestClock
from tests.support.webhooks import URL, Receiver, buried, memory_webhooks, sent, told

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)


@dataclass
class World:
    """One endpoint that is told of one event, unless a test says more."""

    clock: TestClock = field(default_factory=lambda: TestClock(NOW))
    receiver: Receiver = field(default_factory=Receiver)
    webhooks: Webhooks = field(init=False)

    def __post_init__(self) -> None:
        self.webhooks = memory_webhooks(self.clock, self.receiver)
        make_endpoint(self.webhooks, "demo", "shop", Wanted(URL), actor="li")

    def tell(self, number: int = 0, **event: str) -> Message:
        fan_out(self.webhooks, event_of(told(self.clock.moment, id=f"evt_{number:032d}", **event)))
        (message,) = sent(self.webhooks)
        return message

    def delivery(self, message: Message) -> Delivery:
        found = self.webhooks.deliveries.one(message.program, message.endpoint, message.delivery)
        assert found is not None
        return found

    def until_it_ends(self, message: Message) -> Delivery:
        messages = [message]
        while messages:
            self.clock.moment = max(self.clock.moment, messages[0].due_at)
            deliver(self.webhooks, messages[0])
            messages = sent(self.webhooks)
        return self.delivery(message)


@pytest.fixture
def world() -> World:
    return World()


def test_a_delivery_is_made(world: World) -> None:
    message = world.tell()
    done = deliver(world.webhooks, message)
    assert (done.tried, done.switched_off) == (True, False)
    assert world.delivery(message).state is State.DELIVERED
    assert [(url, headers["webhook-id"]) for url, _, headers in world.receiver.posts] == [(URL, f"evt_{0:032d}")]
    assert sent(world.webhooks) == []


def test_a_message_that_comes_twice_makes_one_attempt(world: World) -> None:
    message = world.tell()
    assert [deliver(world.webhooks, message).tried for _ in range(3)] == [True, False, False]
    assert len(world.receiver.posts) == 1


def test_two_messages_of_one_delivery_make_no_attempt_that_is_not_due(world: World) -> None:
    world.receiver.ok = Answered(500)
    message = world.tell()
    deliver(world.webhooks, message)
    (later,) = sent(world.webhooks)
    deliver(world.webhooks, message)
    assert sent(world.webhooks) == [later]
    assert len(world.receiver.posts) == 1
    world.clock.moment = later.due_at
    deliver(world.webhooks, later)
    deliver(world.webhooks, later)
    assert len(world.receiver.posts) == 2


def test_a_message_that_is_early_comes_back(world: World) -> None:
    early = replace(world.tell(), due_at=NOW + timedelta(hours=3))
    assert deliver(world.webhooks, early) == Delivered()
    assert sent(world.webhooks) == [early]
    assert world.receiver.posts == []


def test_what_fails_is_tried_for_a_day_and_then_laid_where_somebody_looks(world: World) -> None:
    world.receiver.ok = NotAnswered("timeout")
    message = world.tell()
    last = world.until_it_ends(message)
    assert (last.state, last.why, last.next_at) == (State.DEAD, "timeout", None)
    assert world.clock.moment == NOW + TRIED_FOR
    assert [each.delivery for each in buried(world.webhooks)] == [message.delivery]
    assert len({body for _, body, _ in world.receiver.posts}) == 1


def test_what_succeeds_at_last_is_no_failure(world: World) -> None:
    world.receiver.answers.extend([Answered(500), NotAnswered("connect"), Answered(302), Answered(429, 60)])
    assert world.until_it_ends(world.tell()).state is State.DELIVERED
    assert read_endpoint(world.webhooks, "demo", "shop").failures == 0
    assert buried(world.webhooks) == []


# ── what ends in the middle ─────────────────────────────────────────────────────────────────────────────────────────


class Stops(Exception):
    """The process is gone."""


class FailingDeliveries(MemoryDeliveries):
    """The ``failing``-th write is not answered; with ``done`` it happened all the same."""

    def __init__(self, inner: MemoryDeliveries, failing: int, *, done: bool) -> None:
        self.__dict__.update(vars(inner))
        self._left = failing
        self._done = done

    def save(self, delivery: Delivery) -> None:
        self._left -= 1
        if self._left == 0:
            if self._done:
                super().save(delivery)
            raise Stops
        super().save(delivery)


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("failing", [1, 2])
def test_cut_off_at_any_write_it_is_delivered_in_the_end(world: World, failing: int, done: bool) -> None:
    message = world.tell()
    assert isinstance(world.webhooks.deliveries, MemoryDeliveries)
    cut = replace(world.webhooks, deliveries=FailingDeliveries(world.webhooks.deliveries, failing, done=done))
    with pytest.raises(Stops):
        deliver(cut, message)
    # The message comes back, and goes on from what is kept: after a claim, when its lease has run out.
    last = world.until_it_ends(message)
    assert last.state is State.DELIVERED
    posts = len(world.receiver.posts)
    assert posts == (2 if (failing, done) == (2, False) else 1)
    assert len({headers["webhook-id"] for _, _, headers in world.receiver.posts}) == 1
    if done and failing == 1:
        assert world.clock.moment == NOW + LEASE


def test_the_queue_refuses_the_next_message(world: World) -> None:
    class Refusing:
        def send(self, *_: object) -> None:
            raise LedgerUnavailable

        def bury(self, *_: object) -> None:
            raise LedgerUnavailable

    world.receiver.ok = Answered(500)
    message = world.tell()
    with pytest.raises(LedgerUnavailable):
        deliver(replace(world.webhooks, queue=Refusing()), message)
    assert world.delivery(message).state is State.FAILED
    deliver(world.webhooks, message)
    assert [each.due_at for each in sent(world.webhooks)] == [NOW + timedelta(seconds=10)]
    # AND what cannot be laid where somebody looks is not given up.
    world.clock.moment = NOW + TRIED_FOR
    with pytest.raises(LedgerUnavailable):
        deliver(replace(world.webhooks, queue=Refusing()), message)
    assert world.delivery(message).state is State.FAILED
    world.clock.pass_by(seconds=60)
    deliver(world.webhooks, message)
    assert world.delivery(message).state is State.DEAD
    assert len(buried(world.webhooks)) == 1


def test_an_attempt_lost_to_another_is_not_made(world: World) -> None:
    class Lost(MemoryDeliveries):
        def save(self, delivery: Delivery) -> None:  # noqa: ARG002
            raise RaceLost

    message = world.tell()
    lost = Lost()
    lost.__dict__.update(vars(world.webhooks.deliveries))
    assert deliver(replace(world.webhooks, deliveries=lost), message) == Delivered()
    assert world.receiver.posts == []


# ── endpoints that are gone, off, or failing ────────────────────────────────────────────────────────────────────────


def test_410_switches_the_endpoint_off(world: World) -> None:
    world.receiver.ok = Answered(410)
    first, second = world.tell(1), world.tell(2)
    assert deliver(world.webhooks, first).switched_off
    assert read_endpoint(world.webhooks, "demo", "shop").off is Off.GONE
    assert not deliver(world.webhooks, second).tried
    assert [world.delivery(each).why for each in (first, second)] == ["gone", "endpoint_off"]
    assert buried(world.webhooks) == []


def test_one_that_keeps_failing_is_switched_off_once(world: World) -> None:
    world.receiver.ok = Answered(500)
    messages = [world.tell(number) for number in range(FAILURES_IN_A_ROW + 5)]
    off = []
    for message in messages:
        off.append(deliver(world.webhooks, message).switched_off)
        world.clock.pass_by(minutes=30)
    sent(world.webhooks)
    assert off.count(True) == 1
    assert off.index(True) == FAILURES_IN_A_ROW - 1
    found = read_endpoint(world.webhooks, "demo", "shop")
    assert (found.off, found.failures) == (Off.FAILING, FAILURES_IN_A_ROW)
    fan_out(world.webhooks, event_of(told(world.clock.moment)))
    assert sent(world.webhooks) == []


def test_a_count_lost_to_another_stops_nothing(world: World) -> None:
    world.receiver.ok = Answered(500)

    class Racing(type(world.webhooks.endpoints)):  # type: ignore[misc]
        def save(self, endpoint: object) -> None:  # noqa: ARG002
            raise RaceLost

    racing = Racing()
    racing.__dict__.update(vars(world.webhooks.endpoints))
    done = deliver(replace(world.webhooks, endpoints=racing), world.tell())
    assert (done.tried, done.switched_off) == (True, False)
    assert len(sent(world.webhooks)) == 1


@pytest.mark.parametrize("again", [False, True])
def test_nothing_is_told_to_another_endpoint_of_that_name(world: World, again: bool) -> None:
    message = world.tell()
    remove_endpoint(world.webhooks, "demo", "shop")
    if again:
        world.clock.pass_by(seconds=1)
        make_endpoint(world.webhooks, "demo", "shop", Wanted("https://other.example.com/"), actor="li")
    deliver(world.webhooks, message)
    assert (world.delivery(message).state, world.delivery(message).why) == (State.DEAD, "endpoint_removed")
    assert world.receiver.posts == []


def test_a_changed_url_holds_for_what_is_under_way(world: World) -> None:
    message = world.tell()
    new = Wanted("https://new.example.com/")
    change_endpoint(world.webhooks, "demo", "shop", new, enabled=True, actor="li")
    deliver(world.webhooks, message)
    assert world.receiver.posts[0][0] == new.url


def test_what_is_gone_from_the_store_is_gone(world: World) -> None:
    unknown = replace(world.tell(), delivery=f"{0:016d}.evt_{0:032d}")
    assert deliver(world.webhooks, unknown) == Delivered()


# ── by hand ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_ping_tells_nothing_about_the_endpoint(world: World) -> None:
    change_endpoint(world.webhooks, "demo", "shop", Wanted(URL), enabled=False, actor="li")
    for outcome, state in ((Answered(410), State.DEAD), (Answered(500), State.DEAD), (Answered(200), State.DELIVERED)):
        world.clock.pass_by(seconds=1)
        world.receiver.ok = outcome
        ping_endpoint(world.webhooks, "demo", "shop")
        (message,) = sent(world.webhooks)
        assert not deliver(world.webhooks, message).switched_off
        assert world.delivery(message).state is state
    found = read_endpoint(world.webhooks, "demo", "shop")
    assert (found.off, found.failures) == (Off.OPERATOR, 0)
    assert buried(world.webhooks) == []


def test_sent_again_the_messages_of_before_are_void(world: World) -> None:
    world.receiver.ok = Answered(500)
    message = world.tell()
    deliver(world.webhooks, message)
    (retry,) = sent(world.webhooks)
    resend_delivery(world.webhooks, "demo", "shop", message.delivery)
    (resent,) = sent(world.webhooks)
    assert resent.round == 1
    world.receiver.ok = Answered(200)
    world.clock.moment = retry.due_at
    assert deliver(world.webhooks, retry) == Delivered()
    assert deliver(world.webhooks, resent).tried
    assert world.delivery(message).state is State.DELIVERED


# ── many endpoints ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_endpoint_is_told_what_it_wants(world: World) -> None:
    for name, types in (
        ("expiry", {EventType.POINTS_EXPIRED}),
        ("both", {EventType.POINTS_EXPIRED, EventType.POINTS_EARNED}),
    ):
        make_endpoint(world.webhooks, "demo", name, Wanted(URL, frozenset(types)), actor="li")
    make_endpoint(world.webhooks, "outlet", "theirs", Wanted(URL), actor="li")
    assert fan_out(world.webhooks, event_of(told(NOW))) == 2
    assert {(each.program, each.endpoint) for each in sent(world.webhooks)} == {("demo", "both"), ("demo", "shop")}


def test_an_event_that_comes_twice_is_delivered_once(world: World) -> None:
    event = event_of(told(NOW))
    fan_out(world.webhooks, event)
    fan_out(world.webhooks, event)  # the message of the first may never have been sent
    first, second = sent(world.webhooks)
    assert first == second
    deliver(world.webhooks, first)
    assert not deliver(world.webhooks, second).tried
    assert fan_out(world.webhooks, event) == 0
