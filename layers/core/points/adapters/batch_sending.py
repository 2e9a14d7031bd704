"""Sending many things in calls that take a few of them and answer for each: what arrived, what may arrive if it is
sent again, and what never will.

How many go in one call, and how large they may be together, is a limit of AWS's; so is that a call may fail in part.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as NoConnectionError
from botocore.parsers import ResponseParserError

from points.adapters.dynamodb.failures import code_of
from points.application.ports import Backoff, Deadline, Outcome

MOST_TOGETHER = 10
MOST_BYTES = 256 * 1024
"""What PutEvents and SendMessageBatch take at once, the same for both."""

ATTEMPTS = 5
"""Calls for the same things, with pauses that grow to some 80 ms: it bridges a moment. Whatever takes longer is a
matter of the one who brought the things: they come again."""

TOO_LARGE = Outcome("too_large")
NO_TIME = Outcome("no_time_left", passing=True)
_NOT_TRIED = Outcome("not_tried", passing=True)

_OF_THE_REQUEST = frozenset(
    {"ValidationException", "ValidationError", "InvalidParameterValue", "SerializationException"}
)
"""Said of a call as a whole, though it may be about one thing in it."""


@dataclass(frozen=True, slots=True)
class Sized[Thing]:
    """``size`` in bytes, as the receiver counts."""

    thing: Thing
    size: int


class BatchSender:
    """Never raises for what it sends or for what the receiver says: that is what outcomes are for."""

    def __init__(self, backoff: Backoff, deadline: Deadline) -> None:
        self._backoff = backoff
        self._deadline = deadline

    def send[Thing](
        self, things: Sequence[Sized[Thing]], call: Callable[[Sequence[Thing]], Sequence[Outcome]]
    ) -> list[Outcome]:
        """One outcome for each. ``call`` sends what fits into one call, and may raise what botocore raises. Once
        something has to come again, what has not been tried by then is not tried: it would only arrive before it."""
        outcomes = [TOO_LARGE if each.size > MOST_BYTES else _NOT_TRIED for each in things]
        for batch in _batches(things):
            of_batch = self._insisted([things[place].thing for place in batch], call)
            for place, outcome in zip(batch, of_batch, strict=True):
                outcomes[place] = outcome
            if any(outcome.passing for outcome in of_batch):
                break
        return outcomes

    def _insisted[Thing](
        self, things: Sequence[Thing], call: Callable[[Sequence[Thing]], Sequence[Outcome]]
    ) -> list[Outcome]:
        """Sent until nothing has to be sent again, or patience or time is at an end."""
        outcomes = [_NOT_TRIED] * len(things)
        left = list(range(len(things)))
        for attempt in range(ATTEMPTS):
            if attempt:
                self._backoff.wait(attempt)
            for place, outcome in zip(left, self._called([things[place] for place in left], call), strict=True):
                outcomes[place] = outcome
            left = [place for place in left if outcomes[place].passing]
            if not left:
                break
        return outcomes

    def _called[Thing](
        self, things: Sequence[Thing], call: Callable[[Sequence[Thing]], Sequence[Outcome]]
    ) -> Sequence[Outcome]:
        if not self._deadline.leaves_time():
            return [NO_TIME] * len(things)
        try:
            return call(things)
        except ClientError as error:
            if code_of(error) not in _OF_THE_REQUEST:
                return [Outcome(code_of(error), passing=True)] * len(things)
            if len(things) == 1:
                return [Outcome(code_of(error))]
        except (HTTPClientError, NoConnectionError, IncompleteReadError, ResponseParserError) as error:
            return [Outcome(type(error).__name__, passing=True)] * len(things)
        # One of them is not as it should be: alone, each answers for itself.
        return [outcome for thing in things for outcome in self._called([thing], call)]


def _batches[Thing](things: Sequence[Sized[Thing]]) -> Iterator[list[int]]:
    """The places of what goes together, in order; what is too large for any call is in none."""
    batch: list[int] = []
    size = 0
    for place, each in enumerate(things):
        if each.size > MOST_BYTES:
            continue
        if len(batch) == MOST_TOGETHER or size + each.size > MOST_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(place)
        size += each.size
    if batch:
        yield batch
