"""`make retell`: what could not be told to the world is told once more, now that it can be.

The outbox sets aside what it cannot tell, by its key alone. This takes what lies there, reads each item where it stands
and hands it to the outbox as the stream did. An event told before has the same id, so nothing is told anew. What still
cannot be told is set aside again: the outbox says why in its log.

It works on the stack that `make run` left running; `--stack NAME` takes any that the caller's AWS settings reach. It
exits 1 when something still lies there, and 2 when the stack could not be read.
"""

import argparse
import json
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from stack import outputs
from stack.deploy import STACK_NAME
from stack.paths import STACK_FILE

CANNOT_READ: Final = 2
"""The exit status where nothing could be said about the stack."""

ALIAS: Final = "live"
_HIDDEN_SECONDS: Final = 120
_COUNT: Final = "ApproximateNumberOfMessages"

type Clients = Callable[[str], Any]
"""The name of a service → its client."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make retell", description=__doc__)
    parser.add_argument("--stack", help="the name of the stack; without it, the one that runs on this machine")
    name = parser.parse_args(arguments).stack
    clients: Clients = _of_the_caller if name else _local
    try:
        deployed = clients("cloudformation").describe_stacks(StackName=name or STACK_NAME)["Stacks"][0]
        return retell(clients, {each["OutputKey"]: each["OutputValue"] for each in deployed["Outputs"]})
    except (FileNotFoundError, BotoCoreError, ClientError) as error:
        print(f"The stack cannot be read: {error}", file=sys.stderr)
        print("Is the stack running (`make run`)? For a --stack: do region and credentials fit?", file=sys.stderr)
        return CANNOT_READ


def retell(clients: Clients, deployed: Mapping[str, str]) -> int:
    """Each message that lies there now, once. The exit status."""
    sqs, url = clients("sqs"), deployed["SetAsideQueueUrl"]
    tried = 0
    for message in _messages(sqs, url, most=_count(sqs, url)):
        failure = json.loads(message["Body"])
        if _is_done_with(clients, deployed, failure):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        else:
            print(f"{failure['sk']}: the outbox failed; it stays where it is")
        tried += 1
    left = _count(sqs, url)
    print(f"{tried} tried, {left} set aside by now.")
    return 1 if left else 0


def record(item: Mapping[str, Any], number: str) -> dict[str, Any]:
    """An item as the stream shows it when it is inserted."""
    image = {
        name: {"B": b64encode(value["B"]).decode()} if isinstance(value.get("B"), bytes) else value
        for name, value in item.items()
    }
    keys = {name: image[name] for name in ("pk", "sk")}
    return {"eventName": "INSERT", "dynamodb": {"Keys": keys, "NewImage": image, "SequenceNumber": number}}


def _is_done_with(clients: Clients, deployed: Mapping[str, str], failure: Mapping[str, str]) -> bool:
    """Whether the outbox has told it, or set it aside once more."""
    key = {name: {"S": failure[name]} for name in ("pk", "sk")}
    found = clients("dynamodb").get_item(TableName=deployed["TableName"], Key=key, ConsistentRead=True)
    if "Item" not in found:
        print(f"{failure['sk']}: is not in the table, so there is nothing to tell")
        return True
    answer = clients("lambda").invoke(
        FunctionName=deployed["OutboxFunctionName"],
        Qualifier=ALIAS,
        Payload=json.dumps({"Records": [record(found["Item"], failure["sequence_number"])]}).encode(),
    )
    return "FunctionError" not in answer and json.loads(answer["Payload"].read()) == {"batchItemFailures": []}


def _messages(sqs: Any, url: str, *, most: int) -> Iterator[Any]:
    """So many at most: what is set aside again while this goes on waits for another time."""
    while most > 0:
        found = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=min(10, most), VisibilityTimeout=_HIDDEN_SECONDS
        ).get("Messages", [])
        if not found:
            return
        yield from found
        most -= len(found)


def _count(sqs: Any, url: str) -> int:
    """All there are, those that are out of sight for the moment as well."""
    names = [_COUNT, f"{_COUNT}NotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def _of_the_caller(service: str) -> Any:
    return boto3.client(service)  # type: ignore[call-overload]


def _local(service: str) -> Any:
    """A client of the stack that runs on this machine. Raises FileNotFoundError if none was ever started."""
    return outputs.client(service, json.loads(STACK_FILE.read_text("utf-8"))["endpoint_url"])


if __name__ == "__main__":
    sys.exit(main())
