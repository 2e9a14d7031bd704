"""When a program's quiet hours end. A reminder that waited in a queue may arrive at any hour: what counts is when it is
sent."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from points.domain.calendar import local_day, next_day
from points.domain.program.reminding import QuietHours


def quiet_until(quiet: QuietHours | None, moment: datetime, zone: ZoneInfo) -> datetime | None:
    """The end of the quiet that reigns at that moment; None where it does not."""
    if quiet is None:
        return None
    clock, today = moment.astimezone(zone).time(), local_day(moment, zone)
    if quiet.start <= quiet.end:
        reigns, last_day = quiet.start <= clock < quiet.end, today
    else:
        reigns, last_day = clock >= quiet.start or clock < quiet.end, today if clock < quiet.end else next_day(today)
    if not reigns:
        return None
    end = datetime.combine(last_day, quiet.end, tzinfo=zone).astimezone(moment.tzinfo)
    # Where clocks go back an hour comes twice, and with it the end: then it is soon.
    return end if end > moment else moment + timedelta(minutes=1)
