"""Outbox: what happened in the ledger, from the table's stream to the event bus and to those who write to people."""

from typing import TYPE_CHECKING, Any

from points import startup  # first: everything after it starts faster
from points.bootstrap.outbox import outbox
from points.stream.outbox import tell

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

_outbox = outbox()
startup.finished()


def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    return tell(_outbox, event, context)
