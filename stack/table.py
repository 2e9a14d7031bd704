"""Creates the `Ledger` table of template.yaml on any DynamoDB: moto, DynamoDB Local, the emulator, AWS."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from stack import template

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# What concerns keys, indexes and stream. Backup, encryption and protection mean nothing to a table of the tests.
_COPIED: Final = (
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
)


def definition() -> dict[str, Any]:
    """Arguments of `create_table`, but for the name."""
    properties = template.load()["Resources"]["Ledger"]["Properties"]
    arguments = {key: properties[key] for key in _COPIED}
    # The API wants said what CloudFormation takes for granted.
    arguments["StreamSpecification"] = {"StreamEnabled": True, **properties["StreamSpecification"]}
    return arguments


def create_table(client: "DynamoDBClient", name: str) -> None:
    """Create the table and wait until it can be used."""
    # On a machine under load the answer can be late, and the client's repetition then finds what the first try made.
    with suppress(client.exceptions.ResourceInUseException):
        client.create_table(TableName=name, **definition())
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
