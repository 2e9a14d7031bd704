"""The ordered transaction writer: parts go in with the error their failed condition means, and out in that order.

PynamoDB's own writer sorts items by what is done to them, so the reasons of a cancelled transaction cannot be told
apart. Here the third reason belongs to the third part.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from points.adapters.dynamodb.failures import CANCELLED, IN_CONFLICT, THROTTLED, code_of
from points.adapters.dynamodb.keys import Key
from points.adapters.dynamodb.models import Item
from points.adapters.dynamodb.table import Table
from points.application.ports import RaceLost
from points.domain.errors import Throttled

MAX_PARTS = 100
"""DynamoDB's own limit."""

_CONDITION_FAILED = "ConditionalCheckFailed"

type Meaning = Callable[[Item | None], Exception]
"""From the item a failed condition found (None: there was none, or it was not given) to the error it means."""


def _cannot_fail(_: Item | None) -> Exception:
    return AssertionError("a part without a condition has none that could fail")


@dataclass(frozen=True, slots=True)
class _Part:
    request: Mapping[str, Any]
    failed: Meaning
    decisive: bool


class Transaction:
    """Append parts, then commit once. Everything is written, or nothing."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._parts: list[_Part] = []

    def put(
        self,
        item: Item,
        *,
        condition: str | None = None,
        failed: Meaning = _cannot_fail,
        values: Item | None = None,
        decisive: bool = False,
    ) -> None:
        """``decisive``: if this part's condition fails, its error is the answer whatever else went wrong, and the
        item that was found is asked for."""
        request: dict[str, Any] = {"Item": item}
        if decisive:
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        self._append("Put", request, condition, values, failed, decisive=decisive)

    def update(
        self,
        key: Key,
        *,
        expression: str,
        condition: str | None = None,
        failed: Meaning = _cannot_fail,
        values: Item | None = None,
    ) -> None:
        self._append("Update", {"Key": key, "UpdateExpression": expression}, condition, values, failed)

    def check(self, key: Key, *, condition: str, failed: Meaning, values: Item | None = None) -> None:
        """The item stays as it is, and has to be as the condition says."""
        self._append("ConditionCheck", {"Key": key}, condition, values, failed)

    def delete(self, key: Key, *, condition: str | None = None, failed: Meaning = _cannot_fail) -> None:
        self._append("Delete", {"Key": key}, condition, None, failed)

    def _append(
        self,
        action: str,
        request: dict[str, Any],
        condition: str | None,
        values: Item | None,
        failed: Meaning,
        *,
        decisive: bool = False,
    ) -> None:
        request["TableName"] = self._table.name
        if condition is not None:
            request["ConditionExpression"] = condition
        if values:
            request["ExpressionAttributeValues"] = values
        self._parts.append(_Part({action: request}, failed, decisive))

    @property
    def room(self) -> int:
        """How many more parts there may be."""
        return MAX_PARTS - len(self._parts)

    @property
    def requests(self) -> list[Any]:
        """What commit sends, in order."""
        return [part.request for part in self._parts]

    def commit(self) -> None:
        """Raises the error of a part whose condition failed, RaceLost, Throttled and LedgerUnavailable."""
        try:
            self._send()
        except ClientError as error:
            if code_of(error) != CANCELLED:
                raise
            raise self._refusal(error, _reasons(error)) from error

    def commit_or_say(self) -> Sequence[Exception]:
        """Nothing where all is written; else the errors of every part whose condition failed, in their order. Raises
        RaceLost and Throttled where it was only for the moment, and LedgerUnavailable."""
        try:
            self._send()
        except ClientError as error:
            if code_of(error) != CANCELLED:
                raise
            reasons = _reasons(error)
            if failed := [part.failed(item) for part, item in self._failed(reasons)]:
                return failed
            raise self._refusal(error, reasons) from error
        return ()

    def _send(self) -> None:
        if not 0 < len(self._parts) <= MAX_PARTS:
            raise ValueError(f"a transaction has from 1 to {MAX_PARTS} parts, not {len(self._parts)}")
        self._table.call(self._table.client.transact_write_items, TransactItems=self.requests)

    def _failed(self, reasons: Sequence[Mapping[str, Any]]) -> list[tuple[_Part, Item | None]]:
        return [
            (part, reason.get("Item"))
            for part, reason in zip(self._parts, reasons, strict=False)
            if reason.get("Code") == _CONDITION_FAILED
        ]

    def _refusal(self, error: ClientError, reasons: Sequence[Mapping[str, Any]]) -> Exception:
        """The one error that a cancelled transaction means.

        A decisive part first: what it found will not go away. Then what is only momentary, because the conditions
        of the other parts were checked against items that are just changing. Then the parts in their order.
        """
        failed = self._failed(reasons)
        for part, item in failed:
            if part.decisive:
                return part.failed(item)
        codes = {reason.get("Code") for reason in reasons}
        if codes & IN_CONFLICT:
            return RaceLost()
        if codes & THROTTLED:
            return Throttled("the ledger is at its limit")
        for part, item in failed:
            return part.failed(item)
        return error


def _reasons(error: ClientError) -> Sequence[Mapping[str, Any]]:
    response: Any = error.response
    reasons: Sequence[Mapping[str, Any]] = response.get("CancellationReasons", [])
    return reasons
