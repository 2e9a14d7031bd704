"""What goes wrong between us and DynamoDB, in the words of the application's ports.

Throttled: nothing was written, come back later. LedgerUnavailable: no answer, so a write may have happened or not.
RaceLost: another transaction is at the same items right now. Whatever else DynamoDB says no to is a fault of ours
and is raised as it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as NoConnectionError
from botocore.parsers import ResponseParserError

from points.application.ports import RaceLost
from points.domain.errors import LedgerUnavailable, Throttled

CANCELLED = "TransactionCanceledException"
CONDITION_FAILED = "ConditionalCheckFailedException"

IN_CONFLICT = frozenset({"TransactionConflict", "TransactionConflictException", "TransactionInProgressException"})
THROTTLED = frozenset(
    {
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingError",
        "ThrottlingException",
    }
)
_SERVER_FAULT = 500


@contextmanager
def translated() -> Iterator[None]:
    """Raises Throttled, LedgerUnavailable and RaceLost for what botocore raises inside."""
    try:
        yield
    except ClientError as error:
        raise meaning(error) from error
    except (HTTPClientError, NoConnectionError, IncompleteReadError, ResponseParserError) as error:
        raise LedgerUnavailable("the ledger gave no answer") from error


@contextmanager
def lost_races() -> Iterator[None]:
    """Raises RaceLost for a transaction that was cancelled because others were at its items, whatever else it was."""
    try:
        yield
    except ClientError as error:
        response: Any = error.response
        reasons = {reason.get("Code") for reason in response.get("CancellationReasons", [])}
        if code_of(error) == CANCELLED and reasons & IN_CONFLICT:
            raise RaceLost from error
        if code_of(error) == CANCELLED and reasons & THROTTLED:
            raise Throttled("the ledger is at its limit") from error
        raise


def meaning(error: ClientError) -> Exception:
    """What to raise for an error answer; the error itself where it is nobody's fault but ours."""
    code = code_of(error)
    if code in THROTTLED:
        return Throttled("the ledger is at its limit")
    if code in IN_CONFLICT:
        return RaceLost()
    if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= _SERVER_FAULT:
        return LedgerUnavailable("the ledger failed to answer")
    return error


def code_of(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")
