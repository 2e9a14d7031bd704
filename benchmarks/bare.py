"""The same two calls as a movement, by the SDK as it comes: what nothing but reading and writing the items costs."""

import copy
from typing import Any

import boto3

from benchmarks.workbench import TABLE, Calls


class BareMovement:
    """Repeats a recorded movement of one member, each time as a new entry: one get, one transaction."""

    def __init__(self, calls: Calls) -> None:
        (transaction,) = calls.of("TransactWriteItems")
        # As anybody would make one: our own client leaves out the validation of parameters, among other things.
        self._client: Any = boto3.client("dynamodb")
        self._parts: list[dict[str, Any]] = copy.deepcopy(transaction["TransactItems"])
        puts = [part["Put"] for part in self._parts if "Put" in part]
        (self._account,) = (put for put in puts if put["Item"]["sk"]["S"] == "ACCOUNT")
        # The entry, and the order where there is one.
        self._new = [put["Item"] for put in puts if put is not self._account]
        self._names = [item["sk"]["S"] for item in self._new]
        self._key = {name: self._account["Item"][name] for name in ("pk", "sk")}
        self._seq = int(self._account["ExpressionAttributeValues"][":before"]["N"])
        self._count = 0

    def __call__(self) -> None:
        self._count += 1
        self._client.get_item(TableName=TABLE, Key=self._key, ConsistentRead=True)
        before, after = self._seq, self._seq + 1
        self._account["Item"]["n"]["N"] = str(after)
        self._account["ExpressionAttributeValues"][":before"]["N"] = str(before)
        for item, name in zip(self._new, self._names, strict=True):
            item["sk"]["S"] = f"{name}.bare-{self._count}"
            if "seq" in item:
                item["seq"]["N"] = str(after)
        self._client.transact_write_items(TransactItems=self._parts)
        self._seq = after
