"""`make redrive`: the dead letters of a stack, queue by queue with their reasons, and the way back for them.

Without arguments nothing is moved. `--queue EmailQueue` moves the dead letters of one queue back to it, `--all` those
of every queue. It works on the stack that `make run` left running; `--stack NAME` takes any that the caller's AWS
settings reach.

A letter is first sent to its queue, then deleted here: cut off in between, it is in both, and moving it again loses
nothing. Nor is anything done twice: whoever takes messages from a queue finds out by itself whether it has done what
one asks for. An event is known by its reference, a reminder by the record that it was sent.

It exits 1 when letters could not be moved, and 2 when the stack could not be read.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from points.adapters.delivery.queues import REASON
from stack import outputs
from stack.deploy import STACK_NAME
from stack.paths import STACK_FILE

CANNOT_READ = 2
"""The exit status where nothing could be said about the queues."""

MAX_LOOKED_AT = 1_000
"""Letters of one queue looked at for their reasons."""

GIVEN_UP: Final = "given up after all its tries"
PUT_HERE: Final = "put here, not given up by a queue"
_PAGE: Final = 10
_HIDDEN_SECONDS: Final = 60

type Clients = Callable[[str], Any]
"""The name of a service → its client."""


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """`queue` is the logical name of the queue they come from, or of this one where none feeds it. `source` is where
    they can be moved back to."""

    queue: str
    url: str
    source: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Moved:
    moved: int
    failed: int


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make redrive", description=__doc__)
    parser.add_argument("--stack", help="the name of the stack; without it, the one that runs on this machine")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--queue", help="move the dead letters of this queue back to it")
    which.add_argument("--all", action="store_true", help="move those of every queue")
    options = parser.parse_args(arguments)
    clients: Clients = _of_the_caller if options.stack else _local
    try:
        return redrive(clients, options.stack or STACK_NAME, queue=options.queue, everything=options.all)
    except (FileNotFoundError, BotoCoreError, ClientError) as error:
        print(f"The queues cannot be read: {error}", file=sys.stderr)
        print("Is the stack running (`make run`)? For a --stack: do region and credentials fit?", file=sys.stderr)
        return CANNOT_READ


def redrive(clients: Clients, stack_name: str, *, queue: str | None = None, everything: bool = False) -> int:
    """List, and move what is named. The exit status."""
    sqs = clients("sqs")
    found = list(dead_letters(clients, stack_name))
    if queue is not None and queue not in {each.queue for each in found}:
        print(f"There is no queue {queue} in {stack_name}. There are: {', '.join(each.queue for each in found)}")
        return CANNOT_READ
    failed = 0
    for each in found:
        _tell(sqs, each)
        if each.count and (everything or each.queue == queue):
            if each.source is None:
                print("    stay here: they came from no queue")
                continue
            result = move_back(sqs, each.url, each.source, at_most=each.count)
            print(f"    {result.moved} moved back" + (f", {result.failed} could not be" if result.failed else ""))
            failed += result.failed
    if queue is None and not everything:
        print("Nothing was moved. --queue NAME moves those of one queue back, --all those of every queue.")
    return 1 if failed else 0


def dead_letters(clients: Clients, stack_name: str) -> Iterator[DeadLetters]:
    """The dead-letter queues of a stack: those that give nothing up themselves."""
    sqs = clients("sqs")
    pages = clients("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack_name)
    queues = {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::SQS::Queue"
    }
    known = {
        name: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        for name, url in sorted(queues.items())
    }
    fed_by = {
        json.loads(attributes["RedrivePolicy"])["deadLetterTargetArn"]: name
        for name, attributes in known.items()
        if "RedrivePolicy" in attributes
    }
    for name, attributes in known.items():
        if "RedrivePolicy" not in attributes:
            source = fed_by.get(attributes["QueueArn"])
            count = int(attributes["ApproximateNumberOfMessages"])
            yield DeadLetters(source or name, queues[name], queues[source] if source else None, count)


def reasons(sqs: Any, url: str, *, otherwise: str = GIVEN_UP) -> Counter[str]:
    """Why they are here, of as many as are looked at. They are hidden meanwhile, and shown again at once."""
    found = Counter[str]()
    seen: list[Any] = []
    try:
        while len(seen) < MAX_LOOKED_AT and (page := _received(sqs, url, _PAGE)):
            seen += page
            found.update(_reason(message, otherwise) for message in page)
    finally:
        for start in range(0, len(seen), _PAGE):
            sqs.change_message_visibility_batch(
                QueueUrl=url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
                    for number, message in enumerate(seen[start : start + _PAGE])
                ],
            )
    return found


def move_back(sqs: Any, url: str, source: str, *, at_most: int) -> Moved:
    """As many as there were when it began: what comes back meanwhile is not moved in circles."""
    moved = failed = 0
    while moved + failed < at_most and (page := _received(sqs, url, min(_PAGE, at_most - moved - failed))):
        sent = sqs.send_message_batch(
            QueueUrl=source,
            Entries=[
                {"Id": str(number), "MessageBody": message["Body"], "MessageAttributes": _attributes(message)}
                for number, message in enumerate(page)
            ],
        )
        done = [page[int(each["Id"])] for each in sent.get("Successful", [])]
        if done:
            # One that is not deleted is moved again some day, and found to be done.
            sqs.delete_message_batch(
                QueueUrl=url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": each["ReceiptHandle"]} for number, each in enumerate(done)
                ],
            )
        moved += len(done)
        failed += len(page) - len(done)
    return Moved(moved, failed)


def _tell(sqs: Any, letters: DeadLetters) -> None:
    print(f"{letters.queue:<24} {letters.count:>8,} dead letters")
    if letters.count:
        found = reasons(sqs, letters.url, otherwise=PUT_HERE if letters.source is None else GIVEN_UP)
        for reason, count in found.most_common():
            print(f"    {count:>8,}  {reason}")
        if letters.count > found.total():
            print(f"    {letters.count - found.total():>8,}  not looked at")


def _received(sqs: Any, url: str, most: int) -> list[Any]:
    answer = sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=most,
        VisibilityTimeout=_HIDDEN_SECONDS,
        WaitTimeSeconds=1,
        MessageAttributeNames=["All"],
    )
    messages: list[Any] = answer.get("Messages", [])
    return messages


def _reason(message: Any, otherwise: str) -> str:
    """A code. Never the body: it names a member."""
    attribute = message.get("MessageAttributes", {}).get(REASON)
    return otherwise if attribute is None else str(attribute["StringValue"])


def _attributes(message: Any) -> dict[str, Any]:
    """Those it came with, without the reason: the next time it may be another."""
    return {
        name: {key: value for key, value in attribute.items() if key in {"DataType", "StringValue", "BinaryValue"}}
        for name, attribute in message.get("MessageAttributes", {}).items()
        if name != REASON
    }


def _of_the_caller(service: str) -> Any:
    return boto3.client(service)  # type: ignore[call-overload]


def _local(service: str) -> Any:
    """A client of the stack that runs on this machine. Raises FileNotFoundError if none was ever started."""
    return outputs.client(service, json.loads(STACK_FILE.read_text("utf-8"))["endpoint_url"])


if __name__ == "__main__":
    sys.exit(main())
