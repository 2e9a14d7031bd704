"""Transfers."""

from typing import Literal

from pydantic import Field

from points.http.answers.common import Answer, Points
from points.http.answers.movements import MovementAnswer


class Transfer(Answer):
    """`points` are what the receiver got; the fee was the giver's, on top."""

    reference: str
    member: str = Field(description="Who gave them.")
    to: str
    points: Points
    fee: Points
    state: Literal["transferred", "reversed"]
    returned: Points = Field(description="What the giver has back of `points`.")
    fee_returned: Points


class TransferAnswer(MovementAnswer):
    transfer: Transfer
