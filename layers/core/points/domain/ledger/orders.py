"""Orders: what a member got for points. The points move by entries; an order only has a state (R-RED-2)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class OrderState(StrEnum):
    PLACED = "placed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Order:
    """``reference`` is that of the redemption; ``points`` is the whole price paid."""

    program: str
    member: str
    reference: str
    reward: str
    quantity: int
    points: int
    state: OrderState
    placed_at: datetime
    updated_at: datetime
