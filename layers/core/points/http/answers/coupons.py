"""Coupons, their pools, and imports."""

from typing import Literal

from pydantic import Field

from points.domain.ledger.pools import ImportState, Why
from points.http.answers.common import Answer, DayText, MomentText
from points.http.answers.movements import MovementAnswer


class Coupon(Answer):
    """`order` is the reference of the order it was issued with. `ended_at`: when it was written off or became void."""

    code: str
    reward: str
    title: str | None
    member: str
    order: str
    state: Literal["issued", "expired", "written_off", "void"]
    issued_at: MomentText
    expires_on: DayText | None = Field(description="The last day it can be used; null for ever.")
    ended_at: MomentText | None


class CouponsAnswer(Answer):
    items: list[Coupon]
    next_cursor: str | None


class WrittenOffAnswer(MovementAnswer):
    coupon: Coupon


class PoolAnswer(Answer):
    """`issued` is what is not free any more, void ones included. Counting ends somewhere: where `exact` is false, at
    least so many are free and at most so many issued."""

    pool: str
    imported: int
    free: int
    issued: int
    exact: bool


class RejectedLine(Answer):
    line: int
    why: Why


class ImportAnswer(Answer):
    """`rejected` counts lines by why; `named` are the first 100 of them. `read` of `size` bytes are done with. What was
    imported before a failure stays."""

    pool: str
    reference: str
    file: str
    state: ImportState
    failure: Literal["no_such_file", "changed", "too_large", "empty", "no_lines"] | None
    size: int | None = Field(description="Null before the file was looked at.")
    read: int
    lines: int
    imported: int
    rejected: dict[Why, int]
    named: list[RejectedLine]
    started_by: str
    started_at: MomentText
    updated_at: MomentText
