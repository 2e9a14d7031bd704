"""R-EARN-3: caps bound what a rule pays one member in a window, by occurrences, by points, or both."""

import pytest

from points.domain.money import Rounding
from points.domain.program.campaigns import Campaign
from points.domain.program.caps import Cap
from points.domain.program.dates import EVERY_DAY
from points.domain.program.program import Program
from points.domain.program.rules import Fixed, PerAmount, PerOccurrences, Streak, Value
from points.domain.program.windows import Window
from tests.builders import NEW_YORK, Walk, local, paying, small


def capped(*caps: Cap, value: Value | None = None) -> Program:
    return small(paying(value or Fixed(5), caps=caps), backdating_days=60)


@pytest.mark.parametrize(
    ("window", "inside", "outside"),
    [
        (Window.HOUR, "2026-03-15 12:59", "2026-03-15 13:00"),
        (Window.DAY, "2026-03-15 23:59", "2026-03-16 00:00"),
        (Window.WEEK, "2026-03-15 23:59", "2026-03-16 00:00"),
        (Window.MONTH, "2026-03-31 23:59", "2026-04-01 00:00"),
        (Window.YEAR, "2026-12-31 23:59", "2027-01-01 00:00"),
    ],
)
@pytest.mark.parametrize("cap", [{"occurrences": 2}, {"points": 10}])
def test_a_cap_holds_in_its_window_and_not_longer(
    window: Window, inside: str, outside: str, cap: dict[str, int]
) -> None:
    # GIVEN a Sunday noon on which the cap has been reached
    walk = Walk(capped(Cap(window, **cap)))
    assert [walk.pay(), walk.pay(), walk.pay()] == [5, 5, 0]
    assert walk.entries[-1].details["unpaid"] == {"b": "cap_reached"}
    # THEN it holds to the last minute, and the next window is a new one
    assert walk.until(inside).pay() == 0
    assert walk.until(outside).pay() == 5


def test_a_lifetime_cap_holds_for_ever() -> None:
    walk = Walk(capped(Cap(Window.LIFETIME, occurrences=1)))
    assert walk.pay() == 5
    assert walk.until("2056-03-15").pay() == 0
    assert walk.account.counters == {"b/cL": 1}


@pytest.mark.parametrize(("starts_on", "sunday", "monday"), [(0, 0, 5), (6, 5, 0)])
def test_weeks_start_when_the_program_says(starts_on: int, sunday: int, monday: int) -> None:
    # GIVEN a cap of one a week, used on Saturday 14 March
    rules = small(paying(Fixed(5), caps=(Cap(Window.WEEK, occurrences=1),)), week_starts_on=starts_on)
    walk = Walk(rules).until("2026-03-14")
    assert walk.pay() == 5
    # THEN Sunday belongs to that week or begins the next one, and Monday with it
    assert walk.until("2026-03-15").pay() == sunday
    assert walk.until("2026-03-16").pay() == monday


def test_a_payment_may_be_cut_to_what_is_left() -> None:
    walk = Walk(capped(Cap(Window.DAY, points=12)))
    assert [walk.pay() for _ in range(4)] == [5, 5, 2, 0]


def test_every_cap_holds() -> None:
    # GIVEN at most 2 a day, 12 points a week and 3 a month
    caps = (Cap(Window.DAY, occurrences=2), Cap(Window.WEEK, points=12), Cap(Window.MONTH, occurrences=4))
    walk = Walk(capped(*caps)).until("2026-03-02")
    assert [walk.pay() for _ in range(3)] == [5, 5, 0]
    assert [walk.until("2026-03-03").pay(), walk.pay()] == [2, 0]
    assert [walk.until("2026-03-09").pay(), walk.pay()] == [5, 0]


@pytest.mark.parametrize(
    ("cap", "value", "quantity"),
    [
        (Cap(Window.DAY, occurrences=3), Fixed(5), 10),
        (Cap(Window.DAY, points=17), Fixed(5), 10),
        (Cap(Window.DAY, occurrences=3, points=12), Fixed(5), 10),
        (Cap(Window.DAY, occurrences=2), PerOccurrences(50, 3), 30),
        (Cap(Window.DAY, points=120), PerOccurrences(50, 3), 30),
    ],
)
def test_a_quantity_is_capped_as_if_it_came_one_by_one(cap: Cap, value: Value, quantity: int) -> None:
    # A cap per week that nobody reaches shows how many occurrences were used up.
    rules = capped(cap, Cap(Window.WEEK, occurrences=1000), value=value)
    one_by_one, at_once = Walk(rules), Walk(rules)
    paid = sum(one_by_one.pay() for _ in range(quantity))
    assert at_once.pay(quantity=quantity) == paid > 0
    assert at_once.account.counters == one_by_one.account.counters


def test_what_is_paid_for_every_so_many_counts_each_time_it_is_paid() -> None:
    walk = Walk(capped(Cap(Window.DAY, occurrences=2), value=PerOccurrences(50, 3)))
    assert walk.pay(quantity=300) == 100


@pytest.mark.parametrize(
    ("cap", "paid"), [(Cap(Window.DAY, occurrences=2), [100, 100, 0]), (Cap(Window.DAY, points=150), [100, 50, 0])]
)
def test_an_amount_is_one_occurrence_whatever_its_size(cap: Cap, paid: list[int]) -> None:
    walk = Walk(capped(cap, value=PerAmount(1, 100, Rounding.DOWN)))
    assert [walk.pay(amount="100.00", quantity=7) for _ in paid] == paid


def test_what_pays_nothing_uses_nothing_up() -> None:
    walk = Walk(capped(Cap(Window.DAY, occurrences=1), value=PerAmount(1, 100, Rounding.DOWN)))
    assert [walk.pay(amount=amount) for amount in ("0.50", "0.99", "1.00", "2.00")] == [0, 0, 1, 0]


def test_a_streak_goes_on_over_a_day_whose_cap_is_reached() -> None:
    walk = Walk(capped(Cap(Window.WEEK, points=3), value=Streak((1, 2, 3, 4))))
    paid = [walk.until(f"2026-03-{day:02}").pay() for day in (10, 11, 12, 16)]
    # The missed days from the 13th on start the ladder anew; the 12th was a day of the streak that had no room.
    assert paid == [1, 2, 0, 1]
    assert walk.until("2026-03-17").pay() == 2


def test_a_backdated_event_counts_in_its_own_window() -> None:
    # GIVEN a cap of one a day, used up today
    walk = Walk(capped(Cap(Window.DAY, occurrences=1)))
    assert [walk.pay(), walk.pay()] == [5, 0]
    # WHEN something of Friday is reported THEN Friday pays it, once
    assert [walk.pay(on="2026-03-13"), walk.pay(on="2026-03-13 01:00")] == [5, 0]


def test_the_order_of_arrival_decides_who_gets_the_last_points_and_nothing_else() -> None:
    days = ["2026-03-10", "2026-03-11", "2026-03-12", "2026-03-13", "2026-03-11 18:00"]
    totals = set()
    for order in (days, days[::-1], days[2:] + days[:2]):
        walk = Walk(capped(Cap(Window.WEEK, points=13)))
        totals.add(sum(walk.pay(on=day) for day in order))
        assert walk.account.counters == {"b/pW20260309": 13}
    assert totals == {13}


@pytest.mark.parametrize(
    ("now", "occurred"),
    [
        ("2026-03-15 12:00", "2026-03-13 12:00"),  # two days to the minute
        # Clocks in New York went forward on 8 March: two days before this, to the minute, it was the 6th.
        ("2026-03-09 00:30", "2026-03-06 23:30"),
    ],
)
def test_as_long_as_an_event_may_arrive_its_caps_hold(now: str, occurred: str) -> None:
    # GIVEN a cap of one a day, used up on the earliest day that may still be reported
    caps = (Cap(Window.DAY, occurrences=1),)
    rules = small(paying(Fixed(5), caps=caps), zone=NEW_YORK, backdating_days=2)
    walk = Walk(rules).until(occurred)
    assert walk.pay() == 5
    # WHEN another of that day arrives at the very last moment
    walk.until(now)
    # THEN its counter is still there
    assert walk.earn("b", occurred_at=local(occurred, NEW_YORK)).points == 0


def test_the_cap_of_one_campaign_is_none_of_anothers() -> None:
    once = (Cap(Window.LIFETIME, occurrences=1),)
    one = Campaign("one", frozenset({"b"}), EVERY_DAY, bonus=3, caps=once)
    two = Campaign("two", frozenset({"b"}), EVERY_DAY, bonus=5)
    walk = Walk(small(campaigns=(one, two)))
    assert [walk.pay() for _ in range(3)] == [8, 5, 5]
