"""Tasks: paid once when something has been done often enough (R-EARN-5)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from points.domain.program.conditions import ALWAYS, Condition
from points.domain.program.dates import EVERY_DAY, Dates
from points.domain.program.expiry import ExpiryPolicy
from points.domain.program.windows import Window


class Counted(StrEnum):
    """What a task counts."""

    EVENTS = "events"
    QUANTITY = "quantity"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class Task:
    """Pays ``points`` once per window, when what it counts reaches ``target`` (minor units for amounts) (R-EARN-5).
    ``title`` is by language."""

    name: str
    behaviours: frozenset[str]
    counted: Counted
    target: int
    window: Window
    points: int
    when: Condition = ALWAYS
    dates: Dates = EVERY_DAY
    expiry: ExpiryPolicy | None = None
    title: Mapping[str, str] = field(default_factory=dict, compare=False)
