"""A program as a document: its schema, its faults, and the domain program it becomes.

This module owns the JSON shape of a program. Every fault is reported at once, each with the path of the place in
the document as its author wrote it (a JSON pointer), a code and a sentence.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from points.domain import expiry, program
from points.domain.canonical import Plain
from points.domain.errors import Fault, InvalidProgram, InvalidRequest
from points.domain.limits import MAX_HOLD_SECONDS, MAX_POINTS
from points.domain.money import Currency, Rounding

MAX_PENDING_DAYS = 90
"""A return window, not a savings plan; it also bounds the pending lots of an account."""

type Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,47}$")]
type Points = Annotated[int, Field(ge=1, le=MAX_POINTS)]
type AmountText = Annotated[str, Field(max_length=24)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class CurrencyDocument(_Strict):
    """``decimals`` of the minor unit: 2 for CNY, 0 for JPY, 3 for KWD."""

    code: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    decimals: Annotated[int, Field(ge=0, le=4)]


class EndOfYearDocument(_Strict):
    """Policy (a): earned in year Y, good until the end of Y + years."""

    type: Literal["end_of_year"]
    years: Annotated[int, Field(ge=0, le=50)] = 1

    def policy(self) -> expiry.ExpiryPolicy:
        return expiry.EndOfYear(self.years)


class EndOfMonthDocument(_Strict):
    """Policy (b): earned in month M, good until the end of the month that many months later."""

    type: Literal["end_of_month"]
    months: Annotated[int, Field(ge=0, le=600)] = 12

    def policy(self) -> expiry.ExpiryPolicy:
        return expiry.EndOfMonth(self.months)


class AfterDaysDocument(_Strict):
    """Policy (c), in days."""

    type: Literal["after_days"]
    days: Annotated[int, Field(ge=1, le=18_250)]

    def policy(self) -> expiry.ExpiryPolicy:
        return expiry.AfterDays(self.days)


class AfterMonthsDocument(_Strict):
    """Policy (c), in months."""

    type: Literal["after_months"]
    months: Annotated[int, Field(ge=1, le=600)]

    def policy(self) -> expiry.ExpiryPolicy:
        return expiry.AfterMonths(self.months)


class YearlyClearingDocument(_Strict):
    """Policy (d): each year on that date, what the previous calendar year earned is cleared."""

    type: Literal["yearly_clearing"]
    month: Annotated[int, Field(ge=1, le=12)]
    day: Annotated[int, Field(ge=1, le=31)]

    def policy(self) -> expiry.ExpiryPolicy:
        return expiry.YearlyClearing(self.month, self.day)


class NeverDocument(_Strict):
    """Policy (e)."""

    type: Literal["never"]

    def policy(self) -> expiry.ExpiryPolicy:
        return expiry.NeverExpires()


type ExpiryDocument = Annotated[
    EndOfYearDocument
    | EndOfMonthDocument
    | AfterDaysDocument
    | AfterMonthsDocument
    | YearlyClearingDocument
    | NeverDocument,
    Field(discriminator="type"),
]


class FixedDocument(_Strict):
    """So many points for each occurrence."""

    type: Literal["fixed"]
    points: Points

    def value(self, currency: Currency, path: str) -> program.Fixed:  # noqa: ARG002 - one form for all values
        return program.Fixed(self.points)


class PerOccurrencesDocument(_Strict):
    """So many points for every ``every`` occurrences."""

    type: Literal["per_occurrences"]
    points: Points
    every: Annotated[int, Field(ge=2, le=10_000)]

    def value(self, currency: Currency, path: str) -> program.PerOccurrences:  # noqa: ARG002
        return program.PerOccurrences(self.points, self.every)


class PerAmountDocument(_Strict):
    """So many points per ``per`` of money, rounded as named; nothing below ``minimum``."""

    type: Literal["per_amount"]
    points: Points
    per: AmountText
    # Lax only here: an enumeration arrives as its text.
    rounding: Annotated[Rounding, Field(strict=False)]
    minimum: AmountText = "0"

    def value(self, currency: Currency, path: str) -> program.PerAmount:
        per_minor = currency.minor_units(self.per, path=f"{path}/per")
        if per_minor == 0:
            raise InvalidRequest.at(f"{path}/per", "must be more than zero")
        minimum_minor = currency.minor_units(self.minimum, path=f"{path}/minimum")
        return program.PerAmount(self.points, per_minor, self.rounding, minimum_minor)


class BehaviourDocument(_Strict):
    """``core`` behaviours are the reason the product exists; the others are everything around it."""

    core: bool = False
    value: Annotated[FixedDocument | PerOccurrencesDocument | PerAmountDocument, Field(discriminator="type")]
    pending_days: Annotated[int, Field(ge=0, le=MAX_PENDING_DAYS)] = 0
    expiry: ExpiryDocument | None = None


class RewardDocument(_Strict):
    """``stock_shards`` counters share the stock, for rewards that many members want in the same second."""

    price: Points
    stock: Annotated[int, Field(ge=0, le=10**9)] | None = None
    stock_shards: Annotated[int, Field(ge=1, le=64)] = 1


class ProgramDocument(_Strict):
    """One points currency with its rules."""

    time_zone: Annotated[str, Field(max_length=64)]
    languages: Annotated[list[Literal["en", "zh-CN"]], Field(min_length=1, max_length=2)] = ["en", "zh-CN"]
    currency: CurrencyDocument
    ratio: Annotated[int, Field(ge=1, le=1_000_000, description="points per currency unit")]
    expiry: ExpiryDocument
    behaviours: Annotated[dict[Name, BehaviourDocument], Field(min_length=1, max_length=200)]
    rewards: Annotated[dict[Name, RewardDocument], Field(max_length=1_000)] = {}
    shortfall: Annotated[program.ShortfallPolicy, Field(strict=False)] = program.ShortfallPolicy.OWE
    expired_return_days: Annotated[int, Field(ge=0, le=365)] | None = None
    backdating_days: Annotated[int, Field(ge=0, le=366)] = 30
    hold_seconds: Annotated[int, Field(ge=1, le=MAX_HOLD_SECONDS)] = 900
    clients: Annotated[list[Annotated[str, Field(min_length=1, max_length=128)]], Field(max_length=50)] = []

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise PydanticCustomError("unknown_time_zone", "is not a time zone of the IANA database") from None
        return value


def parse_program(document: Mapping[str, Plain], *, name: str, version: int) -> program.Program:
    """The domain program of a document. Raises InvalidProgram with every fault that was found."""
    try:
        parsed = ProgramDocument.model_validate(document)
    except ValidationError as error:
        faults = [
            Fault(_path(tuple(item["loc"]), document), item["type"], item["msg"])
            for item in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise InvalidProgram("the program has faults", faults=faults) from None
    currency = Currency(parsed.currency.code, parsed.currency.decimals)
    return program.Program(
        name=name,
        version=version,
        zone=ZoneInfo(parsed.time_zone),
        currency=currency,
        ratio=parsed.ratio,
        expiry=parsed.expiry.policy(),
        behaviours=_behaviours(parsed, currency),
        rewards={
            key: program.Reward(key, reward.price, reward.stock, reward.stock_shards)
            for key, reward in parsed.rewards.items()
        },
        shortfall=parsed.shortfall,
        expired_return_days=parsed.expired_return_days,
        backdating_days=parsed.backdating_days,
        hold_seconds=parsed.hold_seconds,
        clients=frozenset(parsed.clients),
    )


def _behaviours(parsed: ProgramDocument, currency: Currency) -> dict[str, program.Behaviour]:
    behaviours: dict[str, program.Behaviour] = {}
    faults: list[Fault] = []
    for name, behaviour in parsed.behaviours.items():
        try:
            value = behaviour.value.value(currency, f"/behaviours/{name}/value")
        except InvalidRequest as fault:
            faults.extend(fault.faults)
            continue
        own_expiry = None if behaviour.expiry is None else behaviour.expiry.policy()
        behaviours[name] = program.Behaviour(name, behaviour.core, value, behaviour.pending_days, own_expiry)
    if faults:
        raise InvalidProgram("the program has faults", faults=faults)
    return behaviours


def _path(location: tuple[int | str, ...], document: Plain) -> str:
    """The place in the document itself: pydantic also names union members and keys, which no author wrote."""
    parts: list[str] = []
    place: Any = document
    for index, part in enumerate(location):
        if _has(place, part):
            place = place[part]
        elif index < len(location) - 1 or part == "[key]":
            continue
        parts.append(str(part).replace("~", "~0").replace("/", "~1"))
    return "/" + "/".join(parts)


def _has(place: Any, part: int | str) -> bool:
    if isinstance(place, Mapping):
        return part in place
    return isinstance(place, list | tuple) and isinstance(part, int) and part < len(place)
