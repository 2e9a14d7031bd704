"""How single values are stored: exactly, compactly, and never as a float.

PynamoDB's own number attribute goes by way of JSON: ``1E+2`` comes back as a float and ``True`` is written as a
number. The attributes here refuse, both ways, whatever they would not give back as it was.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pynamodb.attributes import Attribute
from pynamodb.constants import BINARY, LIST, MAP, NUMBER, STRING

from points.adapters.dynamodb.compact import day_of, stored_day
from points.adapters.dynamodb.stored_counters import counters, stored_counters
from points.adapters.dynamodb.stored_lots import lots, stored_lots
from points.domain.canonical import Plain
from points.domain.ledger.account import Activity, Hold, Pool, Referral, Tier
from points.domain.ledger.entries import Line
from points.domain.ledger.lots import Lots
from points.domain.ledger.members import MemberFacts
from points.domain.program.conditions import Scalar

MAX_DIGITS = 38
"""DynamoDB keeps 38 significant digits; moto would keep more, AWS refuses."""

_PLAIN_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,37})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def number(value: object) -> str:
    """An integer in plain digits. Raises TypeError for everything else, ``True`` and floats included."""
    if type(value) is not int:
        raise TypeError(f"only integers are stored as numbers, not {value!r}")
    text = str(value)
    if len(text) > MAX_DIGITS + (value < 0):
        raise ValueError(f"has more than {MAX_DIGITS} digits: {text}")
    return text


def integer(text: str) -> int:
    """The inverse of :func:`number`. Raises ValueError for fractions and exponents: nothing here wrote those."""
    if _PLAIN_INTEGER.fullmatch(text) is None:
        raise ValueError(f"not an integer in plain digits: {text!r}")
    return int(text)


def stored_moment(value: datetime) -> str:
    """Whole microseconds since 1970, UTC."""
    return str((value - _EPOCH) // _MICROSECOND)


def moment(stored: str) -> datetime:
    """The inverse of :func:`stored_moment`."""
    return _EPOCH + integer(stored) * _MICROSECOND


class StrictIntegerAttribute(Attribute[int]):
    """A whole number in plain digits, both ways."""

    attr_type = NUMBER

    def serialize(self, value: Any) -> str:
        return number(value)

    def deserialize(self, value: str) -> int:
        return integer(value)


class MomentAttribute(Attribute[datetime]):
    """A moment as whole microseconds since 1970, UTC: exact, nine bytes, and a number an index can sort by."""

    attr_type = NUMBER

    def serialize(self, value: datetime) -> str:
        return stored_moment(value)

    def deserialize(self, value: str) -> datetime:
        return moment(value)


class DayAttribute(Attribute[date]):
    """A calendar day as ISO 8601."""

    attr_type = STRING

    def serialize(self, value: date) -> str:
        return value.isoformat()

    def deserialize(self, value: str) -> date:
        return date.fromisoformat(value)


class DaysAttribute(Attribute[Mapping[str, date]]):
    """Names to days, as ISO 8601."""

    attr_type = MAP

    def serialize(self, value: Mapping[str, date]) -> dict[str, Any]:
        return {name: {STRING: day.isoformat()} for name, day in value.items()}

    def deserialize(self, value: dict[str, Any]) -> dict[str, date]:
        return {name: date.fromisoformat(day[STRING]) for name, day in value.items()}


class DigestAttribute(Attribute[str]):
    """A SHA-256 as its 32 bytes, half of what its hexadecimal digits take."""

    attr_type = BINARY

    def serialize(self, value: str) -> bytes:
        digest = bytes.fromhex(value)
        if len(digest) != 32 or digest.hex() != value:  # noqa: PLR2004 - SHA-256
            raise ValueError(f"not 64 hexadecimal digits: {value!r}")
        return digest

    def deserialize(self, value: bytes) -> str:
        return bytes(value).hex()


class LotsAttribute(Attribute[Lots]):
    """Buckets to points (±), as one text (:mod:`points.adapters.dynamodb.stored_lots`)."""

    attr_type = STRING

    def serialize(self, value: Lots) -> str:
        return stored_lots(value)

    def deserialize(self, value: str) -> dict[str, int]:
        return lots(value)


class CountersAttribute(Attribute[Mapping[str, int]]):
    """Keys of counters to whole numbers, as one text (:mod:`points.adapters.dynamodb.stored_counters`)."""

    attr_type = STRING

    def serialize(self, value: Mapping[str, int]) -> str:
        return stored_counters(value)

    def deserialize(self, value: str) -> dict[str, int]:
        return counters(value)


class TierAttribute(Attribute[Tier]):
    """``V2/1xw/28f``: the name, since when, and the day of the next review, "" for none."""

    attr_type = STRING

    def serialize(self, value: Tier) -> str:
        review_on = "" if value.review_on is None else stored_day(value.review_on)
        return f"{value.name}/{stored_day(value.since)}/{review_on}"

    def deserialize(self, value: str) -> Tier:
        name, since, review_on = value.rsplit("/", 2)
        return Tier(name, day_of(since), day_of(review_on) if review_on else None)


class ReferralAttribute(Attribute[Referral]):
    """Who brought the member, after ``+`` once that has been paid for and ``-`` before."""

    attr_type = STRING

    def serialize(self, value: Referral) -> str:
        return f"{'+' if value.paid else '-'}{value.referrer}"

    def deserialize(self, value: str) -> Referral:
        if value[:1] not in ("+", "-"):
            raise ValueError(f"not a referral: {value!r}")
        return Referral(value[1:], paid=value[0] == "+")


class PoolAttribute(Attribute[Pool]):
    """``owner/member/member``: the members in the order of their names, of which none has a ``/``."""

    attr_type = STRING

    def serialize(self, value: Pool) -> str:
        return "/".join((value.owner, *sorted(value.members)))

    def deserialize(self, value: str) -> Pool:
        owner, *members = value.split("/")
        if not owner or members != sorted(set(members)) or not all(members):
            raise ValueError(f"not a pool: {value!r}")
        return Pool(owner, frozenset(members))


class FactsAttribute(Attribute[MemberFacts | None]):
    """``{b: month and day as MMDD, v: true when the real name is verified, a: attributes, d: which were declared}``,
    each only where there is something to say."""

    attr_type = MAP

    def serialize(self, value: MemberFacts) -> dict[str, Any]:
        stored: dict[str, Any] = {}
        if value.birthday is not None:
            month, day = value.birthday
            stored["b"] = {NUMBER: number(month * 100 + day)}
        if value.real_name_verified:
            stored["v"] = {"BOOL": True}
        if value.attributes:
            stored["a"] = {MAP: {name: _stored(each) for name, each in value.attributes.items()}}
        if value.declared:
            stored["d"] = {NUMBER: number(value.declared)}
        return stored

    def deserialize(self, value: dict[str, Any]) -> MemberFacts:
        return MemberFacts(
            birthday=divmod(integer(value["b"][NUMBER]), 100) if "b" in value else None,
            real_name_verified="v" in value,
            attributes={name: _scalar(each) for name, each in value["a"][MAP].items()} if "a" in value else {},
            declared=integer(value["d"][NUMBER]) if "d" in value else 0,
        )


class HoldsAttribute(Attribute[Mapping[str, Hold]]):
    """Open holds by reference: ``{x: when it runs out, l: its lots, o: the day it was held on for an order}``."""

    attr_type = MAP

    def serialize(self, value: Mapping[str, Hold]) -> dict[str, Any]:
        return {reference: {MAP: _stored_hold(hold)} for reference, hold in value.items()}

    def deserialize(self, value: dict[str, Any]) -> dict[str, Hold]:
        return {reference: _hold(stored[MAP]) for reference, stored in value.items()}


class FrozenAttribute(Attribute[frozenset[Activity]]):
    """What is frozen, as a sorted list of initials in one text: ``e``, ``r`` or ``er``."""

    attr_type = STRING

    def serialize(self, value: frozenset[Activity]) -> str:
        return "".join(sorted(activity.value[0] for activity in value))

    def deserialize(self, value: str) -> frozenset[Activity]:
        found = frozenset(activity for activity in Activity if activity.value[0] in value)
        if len(found) != len(value):
            raise ValueError(f"not activities: {value!r}")
        return found


class IntegersAttribute(Attribute[Sequence[int]]):
    """Whole numbers whose place says what they are."""

    attr_type = LIST

    def serialize(self, value: Sequence[int]) -> list[Any]:
        return [{NUMBER: number(item)} for item in value]

    def deserialize(self, value: list[Any]) -> list[int]:
        return [integer(item[NUMBER]) for item in value]


class LinesAttribute(Attribute[tuple[Line, ...]]):
    """What each rule paid, in order: ``[[rule, points], …]``."""

    attr_type = LIST

    def serialize(self, value: tuple[Line, ...]) -> list[Any]:
        return [{LIST: [{STRING: line.rule}, {NUMBER: number(line.points)}]} for line in value]

    def deserialize(self, value: list[Any]) -> tuple[Line, ...]:
        return tuple(Line(rule[STRING], integer(points[NUMBER])) for rule, points in (line[LIST] for line in value))


class PlainAttribute(Attribute[Mapping[str, Plain]]):
    """Plain values of any depth, native. Lists come back as lists; floats are refused both ways."""

    attr_type = MAP

    def serialize(self, value: Mapping[str, Plain]) -> dict[str, Any]:
        return {name: _stored(item) for name, item in value.items()}

    def deserialize(self, value: dict[str, Any]) -> dict[str, Plain]:
        return {name: _plain(item) for name, item in value.items()}


def _scalar(stored: Mapping[str, Any]) -> Scalar:
    value = _plain(stored)
    if not isinstance(value, bool | int | str):
        raise TypeError(f"not a scalar: {value!r}")
    return value


def _stored_hold(hold: Hold) -> dict[str, Any]:
    stored = {"x": {NUMBER: stored_moment(hold.expires_at)}, "l": {STRING: stored_lots(hold.lots)}}
    return stored if hold.offset_on is None else {**stored, "o": {STRING: stored_day(hold.offset_on)}}


def _hold(stored: Mapping[str, Any]) -> Hold:
    return Hold(
        expires_at=moment(stored["x"][NUMBER]),
        lots=lots(stored["l"][STRING]),
        offset_on=day_of(stored["o"][STRING]) if "o" in stored else None,
    )


def _stored(value: Plain) -> dict[str, Any]:
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {STRING: str(value)}
        case int():
            return {NUMBER: number(int(value))}
        case Mapping():
            return {MAP: {name: _stored(item) for name, item in value.items()}}
        case list() | tuple():
            return {LIST: [_stored(item) for item in value]}
        case _:
            raise TypeError(f"cannot be stored: {value!r}")


def _plain(stored: Mapping[str, Any]) -> Plain:
    ((kind, value),) = stored.items()
    match kind:
        case "NULL":
            return None
        case "BOOL":
            return bool(value)
        case "S":
            return str(value)
        case "N":
            return integer(value)
        case "M":
            return {name: _plain(item) for name, item in value.items()}
        case "L":
            return [_plain(item) for item in value]
        case _:
            raise ValueError(f"a kind of value nothing here writes: {kind}")
