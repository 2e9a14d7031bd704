"""Answers about expiry in words."""

from typing import Annotated, Literal

from pydantic import Field

from points.application.members.read_expiry_rule import ExpirySetting, ExpirySource
from points.http.answers.common import Answer, MomentText
from points.http.answers.members import Expiring

type LanguageText = Annotated[str, Field(description="That of the sentences.", examples=["en", "zh-CN"])]


class EndOfYear(Answer):
    """Earned in one year, good until the end of the year `years` later."""

    type: Literal["end_of_year"]
    years: int


class EndOfMonth(Answer):
    """Earned in one month, good until the end of the month `months` later."""

    type: Literal["end_of_month"]
    months: int


class AfterDays(Answer):
    type: Literal["after_days"]
    days: int


class AfterMonths(Answer):
    type: Literal["after_months"]
    months: int


class YearlyClearing(Answer):
    """Each year on that day, what the previous calendar year earned expires."""

    type: Literal["yearly_clearing"]
    month: int
    day: int


class ByActivity(Answer):
    """Everything is good for `months` months after the last activity: any earning, where `behaviours` names none."""

    type: Literal["by_activity"]
    months: int
    behaviours: list[str]


class Never(Answer):
    type: Literal["never"]


type Policy = Annotated[
    EndOfYear | EndOfMonth | AfterDays | AfterMonths | YearlyClearing | ByActivity | Never,
    Field(discriminator="type", description="As a program document has it."),
]


class ExpiryOverride(Answer):
    """What points of this one part of the program follow instead. `id` is null for the referral, `title` where there
    is none in the language asked for nor in the program's first."""

    of: ExpirySource
    id: str | None
    title: str | None
    sentence: str
    expiry: Policy


class ExpiryTerm(Answer):
    """A setting that decides how long points are good, beside the policy. `days` is null where none is set."""

    about: ExpirySetting
    days: int | None
    sentence: str


class ExpiryRuleAnswer(Answer):
    """`overrides` are those that differ from the program's own `expiry`."""

    language: LanguageText
    sentence: str
    expiry: Policy
    overrides: list[ExpiryOverride]
    terms: list[ExpiryTerm]


class ToldExpiry(Expiring):
    """Points whose last day is `on`, `days_left` days from now: 0 on the day itself. Where it is `moving`, the member's
    next activity puts it off."""

    days_left: int
    moving: bool
    sentence: str


class ExpiriesAnswer(Answer):
    """Soonest first, at most 120. `sentence` sums them up."""

    language: LanguageText
    sentence: str
    expiring: list[ToldExpiry]
    as_of: MomentText
