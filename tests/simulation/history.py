"""What was asked and answered, and when: the record that is held beside the ledger afterwards.

Moments are numbers of writes: how many the table had done when something began and when it had ended. What a caller was
told has to be true of some number of writes in between.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.calls import Call


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    replayed: bool = False

    @property
    def code(self) -> str:
        """Of a refusal."""
        return str(self.body["code"]) if self.status >= 400 else ""


@dataclass
class Asked:
    """One call, however often it was repeated. ``began`` is when it was first sent, ``last_began`` when the attempt was
    that was answered; (writes, seconds)."""

    number: int
    call: Call
    began: tuple[int, float]
    last_began: tuple[int, float] = (0, 0.0)
    ended: tuple[int, float] | None = None
    attempts: int = 0
    answer: Answer | None = None


@dataclass
class History:
    asked: list[Asked] = field(default_factory=list)
    queued: dict[str, tuple[Call, tuple[int, float]]] = field(default_factory=dict)
    """Body of a message to the event it reports, and when it was sent."""

    erased: set[str] = field(default_factory=set)

    def begin(self, call: Call, moment: tuple[int, float]) -> Asked:
        asked = Asked(len(self.asked), call, moment)
        self.asked.append(asked)
        return asked


def documents(answer: Answer, call: Call) -> list[tuple[Call, int, Mapping[str, Any]]]:
    """(call, status, document) of an answer: several for a batch."""
    if not call.events or answer.status != 200:
        return [(call, answer.status, answer.body)]
    return [
        (event, item["status"], item.get("problem") or item)
        for event, item in zip(call.events, answer.body["items"], strict=True)
    ]
