"""`make retell`: each record that was set aside is handed to the outbox once, and stays where that fails."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from points.adapters.dynamodb.models import EntryItem
from points.application.ports import ARRIVED, Outcome
from points.domain.telling.events import LedgerEvent
from points.stream.outbox import tell
from stack import retell
from tests.builders import Walk
from tests.support.api import CONTEXT
from tests.support.telling import LATER, NEVER, Bus, World

DEPLOYED = {"SetAsideQueueUrl": "queue", "TableName": "Ledger", "OutboxFunctionName": "outbox"}


class Stack:
    """The clients of a stack whose table holds some entries, all set aside, and whose outbox is the real one."""

    def __init__(self, world: World, count: int) -> None:
        self.world = world
        walk = Walk()
        items = [EntryItem.of(walk.give(100)).item() for _ in range(count)]
        self.items = {(item["pk"]["S"], item["sk"]["S"]): item for item in items}
        self.messages = [self._message(pk, sk, str(number)) for number, (pk, sk) in enumerate(self.items)]
        self.hidden: list[Any] = []

    def __call__(self, _service: str) -> Any:
        return self

    @staticmethod
    def _message(pk: str, sk: str, number: str) -> Any:
        body = {"pk": pk, "sk": sk, "sequence_number": number, "reason": "unreadable ValueError"}
        return {"Body": json.dumps(body), "ReceiptHandle": sk}

    def get_queue_attributes(self, **_: Any) -> Any:
        counts = {"ApproximateNumberOfMessages": len(self.messages)}
        counts["ApproximateNumberOfMessagesNotVisible"] = len(self.hidden)
        return {"Attributes": {name: str(count) for name, count in counts.items()}}

    def receive_message(self, *, MaxNumberOfMessages: int, **_: Any) -> Any:  # noqa: N803 - the client's own name
        found, self.messages = self.messages[:MaxNumberOfMessages], self.messages[MaxNumberOfMessages:]
        self.hidden += found
        return {"Messages": found} if found else {}

    def delete_message(self, *, ReceiptHandle: str, **_: Any) -> None:  # noqa: N803
        self.hidden = [message for message in self.hidden if message["ReceiptHandle"] != ReceiptHandle]

    def get_item(self, *, Key: Any, **_: Any) -> Any:  # noqa: N803
        item = self.items.get((Key["pk"]["S"], Key["sk"]["S"]))
        return {} if item is None else {"Item": item}

    def invoke(self, *, Payload: bytes, **_: Any) -> Any:  # noqa: N803
        before = len(self.world.set_aside.failures)
        try:
            answer = tell(self.world.outbox, json.loads(Payload), CONTEXT)
        except Exception as error:
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(repr(error).encode())}
        for failure in self.world.set_aside.failures[before:]:
            self.messages.append(self._message(failure.pk, failure.sk, failure.number))
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


def test_what_can_be_told_by_now_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    stack = Stack(World(), 12)
    assert retell.retell(stack, DEPLOYED) == 0
    assert [event.seq for event in stack.world.bus.events] == list(range(1, 13))
    assert "12 tried, 0 set aside by now." in capsys.readouterr().out


def test_nothing_set_aside_is_nothing_to_do() -> None:
    assert retell.retell(Stack(World(), 0), DEPLOYED) == 0


@pytest.mark.parametrize(("outcome", "lies"), [(LATER, "hidden"), (NEVER, "messages")])
def test_what_cannot_be_told_yet_is_tried_once_and_not_lost(outcome: Outcome, lies: str) -> None:
    def judge(event: LedgerEvent) -> Outcome:
        return outcome if event.seq == 2 else ARRIVED

    stack = Stack(World(bus=Bus(judge)), 3)
    assert retell.retell(stack, DEPLOYED) == 1
    assert [event.seq for event in stack.world.bus.events] == [1, 3]
    assert [json.loads(message["Body"])["sk"] for message in getattr(stack, lies)] == ["ENTRY#adjust#a-2"]


def test_what_is_not_in_the_table_any_more_is_nothing_to_tell(capsys: pytest.CaptureFixture[str]) -> None:
    stack = Stack(World(), 2)
    del stack.items["P#demo#M#m-1", "ENTRY#adjust#a-1"]
    assert retell.retell(stack, DEPLOYED) == 0
    assert "ENTRY#adjust#a-1: is not in the table" in capsys.readouterr().out


def test_without_a_stack_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(retell, "STACK_FILE", tmp_path / "stack.json")
    assert retell.main([]) == 2
    assert "make run" in capsys.readouterr().err
