"""What a cancelled transaction means: the reasons are told apart by place, and some go before others."""

from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from points.adapters.deadline import InvocationDeadline
from points.adapters.dynamodb import keys
from points.adapters.dynamodb.models import Item
from points.adapters.dynamodb.table import Table
from points.adapters.dynamodb.transaction import Transaction
from points.application.ports import RaceLost
from points.domain.errors import LedgerUnavailable, Throttled
from tests.store.support import NoWaiting

FAILED, CONFLICT, THROTTLED, FINE = "ConditionalCheckFailed", "TransactionConflict", "ThrottlingError", "None"


class EntryError(Exception):
    pass


class AccountError(Exception):
    pass


class StockError(Exception):
    pass


class FailingClient:
    def __init__(self, error: Exception) -> None:
        self._error = error
        self.requests: list[dict[str, Any]] = []

    def transact_write_items(self, **request: Any) -> None:
        self.requests.append(request)
        raise self._error


def item(sk: str) -> Item:
    return {"pk": {"S": "p"}, "sk": {"S": sk}}


def transaction(table: Table) -> Transaction:
    """An entry that decides, an account, and stock: the shape of a redemption."""
    parts = Transaction(table)
    absent = "attribute_not_exists(pk)"
    parts.put(item("entry"), condition=absent, failed=EntryError, decisive=True)
    parts.put(item("account"), condition=absent, failed=lambda _: AccountError())
    parts.update(
        keys.key("p", "stock"),
        expression="ADD taken :one",
        condition="attribute_not_exists(taken) OR taken < :one",
        values={":one": {"N": "1"}},
        failed=lambda _: StockError(),
    )
    return parts


def failing(error: Exception) -> Transaction:
    client: Any = FailingClient(error)
    return transaction(Table(client, "Ledger", NoWaiting(), InvocationDeadline()))


def cancelled(*codes: str) -> ClientError:
    response: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": ""},
        "ResponseMetadata": {"HTTPStatusCode": 400},
        "CancellationReasons": [{"Code": code, "Item": item("found")} for code in codes],
    }
    return ClientError(response, "TransactWriteItems")


def refused(code: str, status: int = 400) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "TransactWriteItems")


@pytest.mark.parametrize(
    ("codes", "meaning"),
    [
        ((FAILED, FINE, FINE), EntryError),
        ((FAILED, FAILED, FAILED), EntryError),
        ((FAILED, CONFLICT, THROTTLED), EntryError),
        ((FINE, FAILED, FINE), AccountError),
        ((FINE, FAILED, FAILED), AccountError),
        ((FINE, FINE, FAILED), StockError),
        ((CONFLICT, FINE, FINE), RaceLost),
        ((FINE, FAILED, CONFLICT), RaceLost),
        ((FINE, FINE, CONFLICT), RaceLost),
        ((THROTTLED, FINE, FINE), Throttled),
        ((FINE, FINE, "ProvisionedThroughputExceeded"), Throttled),
        ((FINE, "ValidationError", FINE), ClientError),
    ],
)
def test_reasons_are_told_apart_by_place(codes: tuple[str, ...], meaning: type[Exception]) -> None:
    with pytest.raises(meaning):
        failing(cancelled(*codes)).commit()


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (refused("ThrottlingException"), Throttled),
        (refused("ProvisionedThroughputExceededException"), Throttled),
        (refused("RequestLimitExceeded"), Throttled),
        (refused("TransactionInProgressException"), RaceLost),
        (refused("TransactionConflictException"), RaceLost),
        (refused("InternalServerError", 500), LedgerUnavailable),
        (refused("ServiceUnavailable", 503), LedgerUnavailable),
        (refused("503", 503), LedgerUnavailable),
        (ReadTimeoutError(endpoint_url="http://x"), LedgerUnavailable),
        (ConnectTimeoutError(endpoint_url="http://x"), LedgerUnavailable),
        (EndpointConnectionError(endpoint_url="http://x"), LedgerUnavailable),
        (ConnectionClosedError(endpoint_url="http://x"), LedgerUnavailable),
        (ResponseParserError("half an answer"), LedgerUnavailable),
        # Ours to repair, not the caller's to repeat.
        (refused("ValidationException"), ClientError),
        (refused("ResourceNotFoundException"), ClientError),
        (refused("AccessDeniedException"), ClientError),
    ],
)
def test_what_the_store_or_the_way_to_it_refuses(error: Exception, meaning: type[Exception]) -> None:
    with pytest.raises(meaning):
        failing(error).commit()


def test_parts_are_sent_in_the_order_they_were_appended() -> None:
    (entry, account, stock) = failing(cancelled()).requests
    assert (entry["Put"]["Item"]["sk"], account["Put"]["Item"]["sk"]) == ({"S": "entry"}, {"S": "account"})
    assert stock["Update"]["Key"]["sk"] == {"S": "stock"}
    assert entry["Put"]["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"


def test_a_transaction_has_parts_and_not_too_many(table: Table) -> None:
    with pytest.raises(ValueError, match="from 1 to 100"):
        Transaction(table).commit()
    many = Transaction(table)
    for number in range(101):
        many.put(item(f"s{number}"), condition="attribute_not_exists(pk)", failed=lambda _: AccountError())
    with pytest.raises(ValueError, match="from 1 to 100"):
        many.commit()


@pytest.mark.parametrize(
    ("existing", "meaning"),
    [("entry", EntryError), ("account", AccountError), ("stock", StockError)],
)
def test_real_engines_give_reasons_in_that_order(table: Table, existing: str, meaning: type[Exception]) -> None:
    table.put({**item(existing), "taken": {"N": "1"}})
    with pytest.raises(meaning) as failure:
        transaction(table).commit()
    if meaning is EntryError:
        assert failure.value.args[0] in (None, {}, {**item("entry"), "taken": {"N": "1"}})
    others = {"entry", "account", "stock"} - {existing}
    assert [table.get("p", other) for other in others] == [None, None]


def test_all_or_nothing_is_written(table: Table) -> None:
    transaction(table).commit()
    assert {found["sk"]["S"] for found in table.scan()} == {"entry", "account", "stock"}
    with pytest.raises(EntryError):
        transaction(table).commit()
