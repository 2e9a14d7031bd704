"""Quiet hours at the moment of sending, over midnight and over changes of the clock."""

from datetime import time
from zoneinfo import ZoneInfo

import pytest

from points.application.delivery.quiet_hours import quiet_until
from points.domain.program.reminding import QuietHours
from tests.builders import NEW_YORK, SHANGHAI, local

NIGHT = QuietHours(time(21), time(9))
NOON = QuietHours(time(12), time(14, 30))
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("quiet", "moment", "until"),
    [
        (NIGHT, "2026-03-15 20:59", None),
        (NIGHT, "2026-03-15 21:00", "2026-03-16 09:00"),
        (NIGHT, "2026-03-15 23:59", "2026-03-16 09:00"),
        (NIGHT, "2026-03-16 00:00", "2026-03-16 09:00"),
        (NIGHT, "2026-03-16 08:59", "2026-03-16 09:00"),
        (NIGHT, "2026-03-16 09:00", None),
        (NOON, "2026-03-16 11:59", None),
        (NOON, "2026-03-16 12:00", "2026-03-16 14:30"),
        (NOON, "2026-03-16 14:30", None),
        (QuietHours(time(9), time(9)), "2026-03-16 09:00", None),
    ],
)
def test_quiet_reigns_from_the_start_until_before_the_end(quiet: QuietHours, moment: str, until: str | None) -> None:
    expected = None if until is None else local(until)
    assert quiet_until(quiet, local(moment), SHANGHAI) == expected


def test_no_quiet_hours_are_never_quiet() -> None:
    assert quiet_until(None, local("2026-03-15 23:59"), SHANGHAI) is None


def test_the_night_the_clocks_change_is_as_long_as_it_is() -> None:
    moment = local("2026-03-07 22:00", NEW_YORK)
    until = quiet_until(NIGHT, moment, NEW_YORK)
    assert until == local("2026-03-08 09:00", NEW_YORK)
    assert until is not None
    assert (until - moment).total_seconds() == 10 * 3600


def test_an_end_that_comes_twice_is_never_in_the_past() -> None:
    # On 25 October 2026 in Berlin, 02:30 comes twice; quiet ends at 02:45.
    second = (
        local("2026-10-25 02:30", BERLIN).replace()
        + (local("2026-10-25 03:30", BERLIN) - local("2026-10-25 02:30", BERLIN)) / 2
    )
    until = quiet_until(QuietHours(time(22), time(2, 45)), second, BERLIN)
    assert until is not None
    assert until > second
