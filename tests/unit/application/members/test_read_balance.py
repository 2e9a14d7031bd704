"""Balances as of any moment: the future follows from the account, the past from undoing what came after."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.application.administration.adjust_points import adjust_points
from points.application.earning.earn_points import earn_points
from points.application.earning.reverse_entry import reverse_entry
from points.application.members import read_balance as read_balance_module
from points.application.members.enrol_member import enrol_member
from points.application.members.read_balance import BalanceView, read_balance
from points.application.ports import Ledger
from points.application.redemption.cancel_order import Cancellation, cancel_order
from points.application.redemption.hold_points import HoldEnd, capture_hold, hold_points, release_hold
from points.application.redemption.redeem_reward import redeem_reward
from points.application.services import Services
from points.domain.errors import InvalidRequest, NotFound, Refusal
from points.domain.ledger.account import Balance
from points.domain.ledger.entries import EntryName, Kind
from points.domain.ledger.members import Profile
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.earning import Event
from points.domain.movements.holding import HoldRequest
from points.domain.movements.redeeming import Redemption
from points.domain.movements.reversing import Reversal
from tests.builders import NOW, SetClock, local, program, services

RULES = program()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def wired(clock: SetClock) -> Services:
    wired = services(clock=clock)
    enrol_member(wired, RULES, "m-1", Profile())
    return wired


class CountingLedger:
    """A ledger that notes which of its methods are called."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        self.calls.append(name)
        return getattr(self._ledger, name)


def earn(wired: Services, reference: str, behaviour: str = "review", amount: str | None = None) -> None:
    earn_points(wired, RULES, Event(reference, "m-1", behaviour, amount), actor="t")


def balance(wired: Services, as_of: datetime | None = None) -> Balance:
    return read_balance(wired, RULES, "m-1", as_of=as_of).balance


def test_now(wired: Services, clock: SetClock) -> None:
    earn(wired, "e-1")
    expected = BalanceView(Balance(available=20), [(date(2027, 12, 31), 20)], clock.now())
    assert read_balance(wired, RULES, "m-1") == expected
    assert read_balance(wired, RULES, "m-1", as_of=clock.now()) == expected


def test_the_future_knows_maturity_and_expiry(wired: Services) -> None:
    earn(wired, "e-1", "order", "30.00")
    earn(wired, "e-2")
    assert balance(wired) == Balance(available=20, pending=30)
    assert balance(wired, local("2026-03-22 00:00")) == Balance(available=50)
    assert balance(wired, local("2027-12-31 23:59")) == Balance(available=50)
    at_the_end = local("2028-01-01 00:00")
    assert read_balance(wired, RULES, "m-1", as_of=at_the_end) == BalanceView(Balance(), [], at_the_end)


def test_the_past_is_what_was_read_then(wired: Services, clock: SetClock) -> None:
    earn(wired, "e-1", "order", "30.00")
    clock.moment += timedelta(days=10)
    adjust_points(wired, RULES, Adjustment("a-1", "m-1", -25, "why"), actor="t")
    assert balance(wired) == Balance(available=5)
    assert balance(wired, NOW + timedelta(days=8)) == Balance(available=30)
    assert balance(wired, NOW + timedelta(days=2)) == Balance(pending=30)
    assert balance(wired, NOW) == Balance(pending=30)
    before = NOW - timedelta(days=1)
    assert read_balance(wired, RULES, "m-1", as_of=before) == BalanceView(Balance(), [], before)


def test_long_histories_are_read_page_by_page(wired: Services, clock: SetClock) -> None:
    for number in range(250):
        earn(wired, f"e-{number}")
        clock.moment += timedelta(minutes=1)
    assert balance(wired, NOW + timedelta(minutes=9)) == Balance(available=200)


def test_a_past_behind_too_many_movements_is_refused_and_one_before_all_of_them_is_not(
    wired: Services, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_balance_module, "MAX_UNDONE", 5)
    for number in range(7):
        earn(wired, f"e-{number}")
        clock.moment += timedelta(minutes=1)
    # GIVEN seven movements, of which five may be undone
    assert balance(wired, NOW + timedelta(minutes=1)) == Balance(available=40)
    with pytest.raises(InvalidRequest) as refused:
        balance(wired, NOW)
    assert [fault.path for fault in refused.value.faults] == ["?as_of"]
    # THEN 1970 costs two reads, however long the history is
    reads = CountingLedger(wired.ledger)
    assert balance(replace(wired, ledger=reads), datetime(1970, 1, 1, tzinfo=UTC)) == Balance()
    assert reads.calls == ["account", "entries"]


def test_unknown_member(wired: Services) -> None:
    with pytest.raises(NotFound):
        read_balance(wired, RULES, "m-2")


ACTIONS = st.sampled_from(["earn", "order", "redeem", "cancel", "hold", "capture", "release", "refund", "adjust"])
STEPS = st.lists(st.tuples(ACTIONS, st.integers(1, 60), st.integers(0, 12)), min_size=5, max_size=40)


class Run:
    """Does one thing after the other, whatever of it is refused, and remembers every balance it saw."""

    def __init__(self) -> None:
        self.clock = SetClock()
        self.wired = services(clock=self.clock)
        enrol_member(self.wired, RULES, "m-1", Profile())
        self.seen: dict[datetime, BalanceView] = {}
        self.references: dict[str, list[str]] = {"earn": [], "redeem": [], "hold": []}
        # Holds last for ever here: how far an overdue one binds in the past is a documented limit of the past.
        self.seconds = 30 * 24 * 3600

    def step(self, action: str, size: int, hours: int) -> None:
        reference = f"{action}-{len(self.seen)}"
        self.clock.moment += timedelta(minutes=1)
        with suppress(Refusal, InvalidRequest, NotFound):
            getattr(self, f"_{action}")(reference, size)
        self.seen[self.clock.moment] = read_balance(self.wired, RULES, "m-1")
        self.clock.moment += timedelta(hours=hours)
        self.seen[self.clock.moment] = read_balance(self.wired, RULES, "m-1")

    def _earn(self, reference: str, size: int) -> None:
        self._earned(Event(reference, "m-1", "purchase", f"{size}.00"))

    def _order(self, reference: str, size: int) -> None:
        self._earned(Event(reference, "m-1", "order", f"{size}.00"))

    def _earned(self, event: Event) -> None:
        earn_points(self.wired, RULES, event, actor="t")
        self.references["earn"].append(event.reference)

    def _redeem(self, reference: str, _size: int) -> None:
        redeem_reward(self.wired, RULES, Redemption(reference, "m-1", "coupon"), actor="t")
        self.references["redeem"].append(reference)

    def _cancel(self, _reference: str, size: int) -> None:
        cancel_order(self.wired, RULES, Cancellation("m-1", self._one("redeem", size)), reason=None, actor="t")

    def _hold(self, reference: str, size: int) -> None:
        hold_points(self.wired, RULES, HoldRequest(reference, "m-1", size, self.seconds), actor="t")
        self.references["hold"].append(reference)

    def _capture(self, _reference: str, size: int) -> None:
        capture_hold(self.wired, RULES, HoldEnd("m-1", self._one("hold", size), size), actor="t")

    def _release(self, _reference: str, size: int) -> None:
        release_hold(self.wired, RULES, HoldEnd("m-1", self._one("hold", size)), actor="t")

    def _refund(self, reference: str, size: int) -> None:
        of = EntryName(Kind.EARN, self._one("earn", size))
        reverse_entry(self.wired, RULES, Reversal(reference, "m-1", of, points=size), actor="t")

    def _adjust(self, reference: str, size: int) -> None:
        points: Any = size if size % 2 else -size
        soon = date(2026, 3, 20) if size % 3 == 0 and points > 0 else None
        adjust_points(self.wired, RULES, Adjustment(reference, "m-1", points, "why", soon), actor="t")

    def _one(self, kind: str, size: int) -> str:
        references = self.references[kind]
        return references[size % len(references)] if references else "none"


@given(STEPS)
def test_every_balance_ever_seen_can_be_read_again(steps: list[tuple[str, int, int]]) -> None:
    run = Run()
    for step in steps:
        run.step(*step)
    run.clock.moment += timedelta(days=1)
    for moment, seen in run.seen.items():
        assert read_balance(run.wired, RULES, "m-1", as_of=moment) == seen
