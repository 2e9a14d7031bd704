"""Draws and plays."""

from typing import Literal

from pydantic import Field

from points.http.answers.common import Answer, DayText, MomentText, Points
from points.http.answers.movements import MovementAnswer


class DrawLimit(Answer):
    """So many plays for each member in a window."""

    per: Literal["day", "week", "month", "year", "lifetime"]
    maximum: int


class Prize(Answer):
    """`points`, one piece of a `reward`, or nothing."""

    prize: str
    title: str | None
    odds: str = Field(description="An exact fraction; those of a draw add up to 1.", examples=["1/100"])
    points: Points
    reward: str | None
    stock: int | None = Field(description="null: there is no end of it.")
    stock_left: int | None
    instead: str | None = Field(description="The prize that is given when this one has run out.")


class Draw(Answer):
    """A play is decided by the seed, the member and the number of the play. The digest of the seed is known beforehand,
    the seed after the last day."""

    draw: str
    title: str | None
    state: Literal["upcoming", "open", "closed"]
    cost: Points
    from_: DayText = Field(alias="from")
    to: DayText
    limits: list[DrawLimit]
    prizes: list[Prize] = Field(description="In the order in which the odds are added up.")
    seed_digest: str = Field(description="SHA-256 of the seed, as 64 hexadecimal digits.")
    seed: str | None = Field(description="32 bytes as hexadecimal digits; null until it is told.")
    closed_at: MomentText | None = Field(description="From then on no play is accepted, whatever becomes of the draw.")
    seed_told_at: MomentText | None


class DrawsAnswer(Answer):
    items: list[Draw]
    next_cursor: str | None


class Play(Answer):
    """What a play drew and gave. `number` counts the member's plays of the draw, from 1."""

    reference: str
    member: str
    draw: str
    number: int
    played_at: MomentText
    cost: Points
    prize: str = Field(description="What was drawn.")
    given: str = Field(description="What the member got: another prize where the one that was drawn had run out.")
    points: Points = Field(description="Points that were won.")
    reward: str | None
    order: str | None = Field(description="The order of a prize that is a reward.")
    seed_digest: str
    program_version: int = Field(description="The version whose odds decided it.")


class PlayAnswer(MovementAnswer):
    play: Play


class PlaysAnswer(Answer):
    items: list[Play]
    next_cursor: str | None
