"""Expiry: what time alone brings, found by the due index: lots past their date, points that matured, holds, reviews."""

from typing import TYPE_CHECKING, Any

from points import startup  # first: everything after it starts faster
from points.bootstrap.scheduled import expiry
from points.queue.sweeps import sweep_messages
from points.schedule.runs import begin_run

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

_wired = expiry()
startup.finished()


def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    if "Records" in event:
        return sweep_messages(_wired, event, context)
    return begin_run(_wired, event, context)
