"""R-EXP-1: the five policies at their edges. Each answers the last day on which the points can be spent."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.domain.calendar import NEVER
from points.domain.program.expiry import (
    AfterDays,
    AfterMonths,
    EndOfMonth,
    EndOfYear,
    ExpiryPolicy,
    NeverExpires,
    YearlyClearing,
)
from points.domain.program.rules import Fixed
from tests.builders import Walk, paying, program, small


@pytest.mark.parametrize(
    ("policy", "earned_on", "last_day"),
    [
        # (a) earned in year Y → end of Y + 1
        (EndOfYear(), "2026-01-01", "2027-12-31"),
        (EndOfYear(), "2026-12-31", "2027-12-31"),
        (EndOfYear(), "2028-02-29", "2029-12-31"),
        (EndOfYear(0), "2026-12-31", "2026-12-31"),
        (EndOfYear(2), "2026-06-01", "2028-12-31"),
        # (b) earned in month M → end of month M a year later
        (EndOfMonth(), "2026-01-01", "2027-01-31"),
        (EndOfMonth(), "2026-01-31", "2027-01-31"),
        (EndOfMonth(), "2028-02-29", "2029-02-28"),
        (EndOfMonth(), "2027-02-28", "2028-02-29"),
        (EndOfMonth(1), "2026-01-31", "2026-02-28"),
        (EndOfMonth(1), "2026-12-31", "2027-01-31"),
        (EndOfMonth(0), "2026-04-01", "2026-04-30"),
        # (c) N days after earning
        (AfterDays(1), "2026-12-31", "2027-01-01"),
        (AfterDays(30), "2028-02-01", "2028-03-02"),
        (AfterDays(365), "2027-03-01", "2028-02-29"),
        (AfterDays(366), "2028-02-29", "2029-03-01"),
        # (c) N months after earning
        (AfterMonths(1), "2026-01-31", "2026-02-28"),
        (AfterMonths(1), "2028-01-31", "2028-02-29"),
        (AfterMonths(1), "2026-02-28", "2026-03-28"),
        (AfterMonths(12), "2028-02-29", "2029-02-28"),
        (AfterMonths(2), "2026-12-31", "2027-02-28"),
        (AfterMonths(6), "2026-08-31", "2027-02-28"),
        # (d) a fixed date each year clears what the previous year earned
        (YearlyClearing(12, 31), "2026-01-01", "2027-12-31"),
        (YearlyClearing(12, 31), "2026-12-31", "2027-12-31"),
        (YearlyClearing(3, 31), "2026-01-01", "2027-03-31"),
        (YearlyClearing(3, 31), "2026-12-31", "2027-03-31"),
        (YearlyClearing(2, 29), "2026-06-01", "2027-02-28"),
        (YearlyClearing(2, 29), "2027-06-01", "2028-02-29"),
        (YearlyClearing(6, 31), "2026-06-01", "2027-06-30"),
        # (e) never
        (NeverExpires(), "2026-03-15", NEVER.isoformat()),
    ],
)
def test_policies(policy: ExpiryPolicy, earned_on: str, last_day: str) -> None:
    assert policy.expires_on(date.fromisoformat(earned_on)) == date.fromisoformat(last_day)


@given(
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    st.sampled_from([EndOfYear(), EndOfMonth(), AfterDays(90), AfterMonths(3), YearlyClearing(2, 29), NeverExpires()]),
)
def test_who_earns_later_never_expires_earlier(day: date, policy: ExpiryPolicy) -> None:
    tomorrow = date.fromordinal(day.toordinal() + 1)
    assert day <= policy.expires_on(day) <= policy.expires_on(tomorrow)


def test_r_exp_2_a_policy_change_never_touches_lots_that_exist() -> None:
    # GIVEN points earned under one policy
    walk = Walk(program(expiry=EndOfYear(1)))
    walk.earn("review")
    # WHEN the policy changes and more is earned
    walk.rules = program(expiry=AfterDays(10), version=2)
    walk.earn("check_in")
    # THEN only the new points follow it
    assert walk.account.lots == {"2026-03-25/2026-03": 5, "2027-12-31/2026-03": 20}
    assert walk.entries[0].program_version == 1
    assert walk.entries[1].program_version == 2


def test_r_exp_1_a_rule_may_carry_its_own_policy() -> None:
    walk = Walk(small(paying(Fixed(20), "review", expiry=NeverExpires()), paying(Fixed(5), "check_in")))
    walk.earn("review")
    walk.earn("check_in")
    assert walk.account.lots == {"2027-12-31/2026-03": 5, "9999-12-31/2026-03": 20}


def test_r_exp_3_points_past_their_date_do_not_count_though_nobody_swept() -> None:
    walk = Walk()
    walk.give(100, "2026-03-31")
    assert walk.until("2026-03-31 23:59").available == 100
    assert walk.until("2026-04-01 00:00").available == 0
    assert walk.account.lots  # still there: nothing swept them


def test_r_exp_5_coming_expiries_are_readable() -> None:
    walk = Walk()
    walk.give(1, "2026-05-01")
    walk.give(2, "2026-04-01")
    walk.give(4, "9999-12-31")
    walk.until("2026-03-20").give(8, "2026-04-01")
    expected = [(date(2026, 4, 1), 10), (date(2026, 5, 1), 1)]
    assert walk.account.expiring(walk.now, walk.rules.zone) == expected
    assert walk.account.expiring(walk.until("2026-04-02").now, walk.rules.zone) == expected[1:]
