"""The tree of errors is as its picture says, and every code means one thing."""

import re

from points.domain import errors
from points.domain.errors import Fault, InvalidRequest, PointsError

ABSTRACT = {"Refusal", "StoreFailure"}


def descendants(error: type[PointsError]) -> list[type[PointsError]]:
    return [error, *(below for child in error.__subclasses__() for below in descendants(child))]


def test_the_picture_is_complete_and_true() -> None:
    drawn: dict[str, tuple[int, str]] = {}
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"    ([ │├└─]*)([A-Z]\w+)(?:\s+([a-z_]+))?(?:\s|$)", line):
            drawn[found[2]] = (len(found[1]) // 4, found[3] if found[2] not in ABSTRACT | {"PointsError"} else "")
    actual = [error for error in descendants(PointsError) if error.__module__ == errors.__name__]
    assert drawn.keys() == {error.__name__ for error in actual}
    for error in actual:
        depth, code = drawn[error.__name__]
        assert depth == len(error.__mro__) - len(PointsError.__mro__)
        assert not code or code == error.code


def test_codes_are_unique() -> None:
    codes = [error.code for error in descendants(PointsError)]
    assert len(codes) == len(set(codes))


def test_errors_carry_their_numbers_and_places() -> None:
    refused = errors.InsufficientPoints("no", available=1, required=2)
    assert (refused.detail, str(refused), refused.numbers) == ("no", "no", {"available": 1, "required": 2})
    assert str(errors.Conflict()) == "conflict"
    assert InvalidRequest.at("/amount", "is bad").faults == (Fault("/amount", "invalid_value", "is bad"),)
