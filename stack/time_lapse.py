"""A year of one member in a minute: the functions that wait for time are told that it is later, for this member alone.

A sweep takes the moment of its message for "now". So a mail is sent about points that expire soon, then they expire,
and whoever has subscribed to the bus hears of both.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from stack import mailbox, outputs
from stack.api import Api, UnexpectedAnswer
from stack.deploy import STACK_NAME
from stack.outputs import Stack

_MEMBER = "scenario-later"
_ADDRESS = "later@example.com"
_ZONE = ZoneInfo("Asia/Shanghai")
_SUBSCRIBER = "scenario-subscriber"
_PATIENCE_SECONDS = 60


def play(stack: Stack) -> None:
    """Prints what happens. What has been played before is told again, not done again. Raises UnexpectedAnswer."""
    api = Api.of(stack, "backend", program=stack["program"])
    api.expect("PUT", f"/members/{_MEMBER}", {"locale": "zh-CN", "email": _ADDRESS}, status=(200, 201))
    event = {"reference": "scenario-later", "member": _MEMBER, "behaviour": "purchase", "amount": "1200.00"}
    api.expect("POST", "/events", event, status=(200, 201))
    print(f"\nTime passes for {_MEMBER}, who has 1200 points:")
    coming = api.expect("GET", f"/members/{_MEMBER}/expiries?language=zh-CN").body
    print(f"  {'is told by the API':<32} {coming['sentence']}")
    if coming["expiring"]:
        bus = _Bus.of(stack)
        last_day = date.fromisoformat(coming["expiring"][0]["on"])
        _at(stack, "reminders", _local(last_day - timedelta(days=30), 10))
        letter = _awaited(lambda: _letters(stack), "a mail")[-1]
        print(f"  {'is sent a mail':<32} {letter.subject} | {letter.body.splitlines()[0]}")
        _at(stack, "expiry", _local(last_day + timedelta(days=1), 0))
        heard = _awaited(lambda: bus.heard("PointsExpired"), "PointsExpired on the bus")[-1]
        print(f"  {'the bus says':<32} {heard['type']} {heard['data']['points']}, {heard['id']}")
    entry = api.expect("GET", f"/members/{_MEMBER}/entries?kind=expire").body["items"][0]
    print(f"  {'the ledger says':<32} {entry['kind']} {entry['reference']}: {entry['points']:+}, by {entry['actor']}")


def _letters(stack: Stack) -> list[mailbox.Letter]:
    """About what expires. By then the member has also done nothing for a year, and is told so by another."""
    return [letter for letter in mailbox.emails(stack["endpoint_url"], _ADDRESS) if "到期" in letter.subject]


def _local(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, 1, tzinfo=_ZONE).astimezone(UTC)


def _at(stack: Stack, function: str, moment: datetime) -> None:
    """The function's worker, with a message as its queue would bring it: one member, at that moment."""
    work = {"program": stack["program"], "shard": 0, "time": moment.isoformat(), "member": _MEMBER}
    record = {"messageId": "scenario", "eventSource": "aws:sqs", "body": json.dumps(work)}
    answer = outputs.client("lambda", stack["endpoint_url"]).invoke(
        FunctionName=stack["functions"][function], Payload=json.dumps({"Records": [record]})
    )
    said = json.loads(answer["Payload"].read())
    if said != {"batchItemFailures": []}:
        raise UnexpectedAnswer(f"{function} at {moment}: {said}")


@dataclass(frozen=True, slots=True)
class _Bus:
    """A queue that hears what the bus is told, as docs/events/README.md says to make one."""

    sqs: Any
    url: str

    @classmethod
    def of(cls, stack: Stack) -> "_Bus":
        sqs, events = (outputs.client(name, stack["endpoint_url"]) for name in ("sqs", "events"))
        url = sqs.create_queue(QueueName=_SUBSCRIBER)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        deployed = outputs.stack_outputs(STACK_NAME, stack["endpoint_url"])
        if deployed is None:
            raise LookupError("the stack is gone")
        bus, pattern = deployed["EventBusName"], {"source": ["points-ledger"], "detail": {"member": [_MEMBER]}}
        events.put_rule(Name=_SUBSCRIBER, EventBusName=bus, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=_SUBSCRIBER, EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
        return cls(sqs, url)

    def heard(self, wanted: str) -> list[dict[str, Any]]:
        """Events of that type that have come since."""
        answer = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        found = []
        for message in answer.get("Messages", []):
            self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
            detail = json.loads(message["Body"])["detail"]
            found += [detail] if detail["type"] == wanted else []
        return found


def _awaited[Found](look: Callable[[], list[Found]], what: str) -> list[Found]:
    end = time.monotonic() + _PATIENCE_SECONDS
    while not (found := look()):
        if time.monotonic() > end:
            raise UnexpectedAnswer(f"{what} did not come within {_PATIENCE_SECONDS} s")
        time.sleep(0.5)
    return found
