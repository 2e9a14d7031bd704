"""Answers to events, booked or tried out."""

from points.http.answers.common import Answer, Points, Problem
from points.http.answers.movements import Balance, Entry, Line, MovementAnswer, Unpaid


class PreviewLine(Line):
    """`capped`: a cap of the rule left less of it than it is worth."""

    capped: bool


class Redeemable(Answer):
    reward: str
    title: str | None
    price: Points


class EarnedAnswer(MovementAnswer):
    """`redeemable` is what the member could get with the balance right after."""

    redeemable: list[Redeemable]


class BatchItem(Answer):
    """201 booked, 200 booked before, otherwise the problem of this event alone."""

    status: int
    reference: str | None
    entry: Entry | None = None
    balance: Balance | None = None
    redeemable: list[Redeemable] | None = None
    problem: Problem | None = None


class BatchAnswer(Answer):
    """One item per event, in the order they were sent."""

    items: list[BatchItem]


class PreviewAnswer(Answer):
    """What the event would pay, every rule that would not, and the balance it would leave. Nothing was written.
    Campaigns are taken to have what they need of their budgets."""

    points: Points
    lines: list[PreviewLine]
    unpaid: list[Unpaid]
    balance: Balance
