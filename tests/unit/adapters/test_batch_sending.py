"""Sending in batches: what fits together, what is sent again and for how long, and what is given back unsent."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from points.adapters.batch_sending import ATTEMPTS, MOST_BYTES, NO_TIME, TOO_LARGE, BatchSender, Sized
from points.application.ports import ARRIVED, Outcome
from tests.builders import NoWait, SetDeadline

THROTTLED = Outcome("ThrottlingException", passing=True)
MALFORMED = Outcome("MalformedDetail")


class Receiver:
    """Answers as ``judge`` says, by thing and by how often it came."""

    def __init__(self, judge: Callable[[Any, int], Outcome] = lambda _thing, _times: ARRIVED) -> None:
        self.calls: list[list[Any]] = []
        self._judge = judge

    def __call__(self, things: Sequence[Any]) -> list[Outcome]:
        self.calls.append(list(things))
        return [self._judge(thing, sum(thing in call for call in self.calls)) for thing in things]


def send(receiver: Any, things: Sequence[Any], *, size: int = 100, calls: int | None = None) -> list[Outcome]:
    sender = BatchSender(NoWait(), SetDeadline(calls))
    return sender.send([Sized(thing, size) for thing in things], receiver)


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "PutEvents")


def test_ten_go_together() -> None:
    receiver = Receiver()
    assert send(receiver, range(25)) == [ARRIVED] * 25
    assert [len(call) for call in receiver.calls] == [10, 10, 5]
    assert [thing for call in receiver.calls for thing in call] == list(range(25))


def test_nothing_is_not_sent() -> None:
    receiver = Receiver()
    assert send(receiver, []) == []
    assert receiver.calls == []


def test_what_is_large_goes_with_fewer_others() -> None:
    receiver = Receiver()
    assert send(receiver, range(5), size=MOST_BYTES // 2) == [ARRIVED] * 5
    assert [len(call) for call in receiver.calls] == [2, 2, 1]
    receiver = Receiver()
    send(receiver, range(3), size=MOST_BYTES // 2 + 1)
    assert [len(call) for call in receiver.calls] == [1, 1, 1]


def test_what_is_too_large_for_any_call_is_not_sent_and_stops_nothing() -> None:
    receiver = Receiver()
    sender = BatchSender(NoWait(), SetDeadline())
    outcomes = sender.send([Sized("a", 1), Sized("b", MOST_BYTES + 1), Sized("c", MOST_BYTES - 1)], receiver)
    assert outcomes == [ARRIVED, TOO_LARGE, ARRIVED]
    assert TOO_LARGE.is_hopeless
    assert receiver.calls == [["a", "c"]]


def test_only_what_failed_is_sent_again() -> None:
    receiver = Receiver(lambda thing, times: THROTTLED if thing in {1, 3} and times < 3 else ARRIVED)
    assert send(receiver, range(5)) == [ARRIVED] * 5
    assert receiver.calls == [[0, 1, 2, 3, 4], [1, 3], [1, 3]]


def test_patience_has_an_end_and_what_comes_after_is_not_tried() -> None:
    receiver = Receiver(lambda thing, _times: THROTTLED if thing == 4 else ARRIVED)
    backoff = NoWait()
    things = [Sized(thing, 1) for thing in range(20)]
    outcomes = BatchSender(backoff, SetDeadline()).send(things, receiver)
    assert outcomes[:10] == [ARRIVED] * 4 + [THROTTLED] + [ARRIVED] * 5
    assert all(outcome.passing for outcome in outcomes[10:])
    assert len(receiver.calls) == ATTEMPTS
    assert backoff.waits == list(range(1, ATTEMPTS))


def test_what_is_refused_for_ever_is_not_sent_again_and_stops_nothing() -> None:
    receiver = Receiver(lambda thing, _times: MALFORMED if thing == 1 else ARRIVED)
    assert send(receiver, range(12)) == [ARRIVED, MALFORMED] + [ARRIVED] * 10
    assert [len(call) for call in receiver.calls] == [10, 2]


def test_without_time_nothing_is_tried() -> None:
    receiver = Receiver()
    assert send(receiver, range(3), calls=0) == [NO_TIME] * 3
    assert NO_TIME.passing
    assert receiver.calls == []


def test_time_may_be_up_between_two_batches_and_between_two_tries() -> None:
    receiver = Receiver()
    outcomes = send(receiver, range(15), calls=1)
    assert outcomes == [ARRIVED] * 10 + [NO_TIME] * 5
    receiver = Receiver(lambda thing, _times: THROTTLED if thing == 0 else ARRIVED)
    assert send(receiver, range(3), calls=1) == [NO_TIME, ARRIVED, ARRIVED]
    assert len(receiver.calls) == 1


@pytest.mark.parametrize(
    "error",
    [
        refused("ThrottlingException"),
        refused("InternalFailure"),
        refused("AccessDeniedException"),
        refused("ResourceNotFoundException"),
        ConnectTimeoutError(endpoint_url="x"),
        EndpointConnectionError(endpoint_url="x"),
        ReadTimeoutError(endpoint_url="x"),
        ResponseParserError("html"),
    ],
)
def test_a_call_that_fails_is_repeated_and_then_everything_in_it_comes_again(error: Exception) -> None:
    calls = []

    def fail(things: Sequence[Any]) -> list[Outcome]:
        calls.append(things)
        raise error

    outcomes = send(fail, range(3))
    assert len(calls) == ATTEMPTS
    assert all(outcome.passing for outcome in outcomes)


def test_one_that_spoils_a_call_is_found_and_the_others_arrive() -> None:
    calls = []

    def spoiled(things: Sequence[Any]) -> list[Outcome]:
        calls.append(list(things))
        if 2 in things:
            raise refused("ValidationException")
        return [ARRIVED] * len(things)

    assert send(spoiled, range(4)) == [ARRIVED, ARRIVED, Outcome("ValidationException"), ARRIVED]
    assert calls == [[0, 1, 2, 3], [0], [1], [2], [3]]


def test_a_fault_of_ours_is_raised() -> None:
    def fail(_: Sequence[Any]) -> list[Outcome]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        send(fail, range(3))
