"""A run of scheduled work: the schedule's event names the moment, and that is "now" for all that the run brings about.

A run that was missed is made up for by sending its event again: whoever is asked twice does nothing twice.
"""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from points.application.sweeping import Run, Scheduled, start_run

logger = Logger()


class NoMoment(Exception):
    """The event of a schedule says no moment: nobody knows what would be due."""


def begin_run(work: Scheduled, event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """How many messages were sent. What fails is repeated by the schedule, from the beginning."""
    work.begin(context.get_remaining_time_in_millis() / 1_000)
    time = moment_of(event)
    sent = start_run(work, Run(time))
    logger.info("run started", time=event["time"], messages=sent)
    return {"messages": sent}


def moment_of(event: dict[str, Any]) -> datetime:
    """Raises NoMoment."""
    try:
        moment = datetime.fromisoformat(event["time"])
    except (KeyError, TypeError, ValueError) as error:
        raise NoMoment("the event of a schedule names its time, as 2026-12-31T16:00:00Z") from error
    if moment.tzinfo is None:
        raise NoMoment("the time of a schedule's event has an offset")
    return moment.astimezone(UTC)
