"""Answers about one member."""

from typing import Literal

from pydantic import Field

from points.domain.program.tasks import Counted
from points.domain.program.windows import Window
from points.http.answers.common import Answer, DayText, Figure, MomentText, Points
from points.http.answers.movements import Balance


class Expiring(Answer):
    """Points whose last day is `on`."""

    on: DayText
    points: Points


class PoolShare(Answer):
    """A pool the member belongs to; `available` is what they could spend of it beside their own."""

    pool: str
    available: Points


class BalanceAnswer(Balance):
    """The balance at `as_of`, and what of it expires when."""

    pool: PoolShare | None = Field(description="Null without a pool, and for a moment that has passed.")
    expiring: list[Expiring]
    as_of: MomentText


class Profile(Answer):
    locale: str | None
    birthday: DayText | None
    real_name_verified: bool
    email: str | None
    phone: str | None
    attributes: dict[str, str | int | bool]
    opt_out: bool
    exchange_opt_out: bool


class Badge(Answer):
    """`order` is the one it came with."""

    reward: str
    title: str | None = Field(description="In the caller's language.")
    since: DayText
    order: str


class Membership(Badge):
    """Good until the end of `until`; `order` is the one it began with."""

    until: DayText


class MemberAnswer(Answer):
    """`frozen` is what a frozen member cannot do. `tier` and `segment` are null where the program has none. The profile
    is empty after an erasure."""

    member: str
    status: Literal["active", "frozen"]
    frozen: list[Literal["earning", "redeeming"]]
    tier: str | None
    segment: str | None
    profile: Profile
    balance: Balance
    pool: PoolShare | None
    badges: list[Badge]
    memberships: list[Membership]
    as_of: MomentText


class TaskProgress(Answer):
    """`progress` of `target` in the current window, which can be met until the end of `ends_on` (null: for ever)."""

    task: str
    counts: Counted
    progress: Figure
    target: Figure
    paid: bool
    points: Points
    per: Window
    ends_on: DayText | None


class StreakProgress(Answer):
    """`days` in a row up to today, or up to yesterday while today can still continue it. `next_points` is what the next
    day pays."""

    rule: str
    days: int
    counted_today: bool
    next_points: Points


class ProgressAnswer(Answer):
    tasks: list[TaskProgress]
    streaks: list[StreakProgress]


class NextTier(Answer):
    tier: str
    threshold: Figure
    missing: Figure


class TierAnswer(Answer):
    """`metric` is what counts for the tier: points, or core spend. `review_on` is the day from which a review may take
    the tier down; spending never does. `next` is null at the top. Null all of them where the program has no tiers."""

    tier: str | None
    since: DayText | None
    review_on: DayText | None
    metric: Figure | None
    next: NextTier | None
    segment: str | None


class TierChange(Answer):
    """From `since` on, because of the member's entry `seq`."""

    tier: str
    since: DayText
    seq: int


class TierHistoryAnswer(Answer):
    items: list[TierChange]
    next_cursor: str | None
