"""Orders that points pay part of."""

from pydantic import Field

from points.domain.evaluation.offsetting import LimitedBy
from points.http.answers.common import AmountText, Answer, Points
from points.http.answers.movements import MovementAnswer


class OffsetQuoteAnswer(Answer):
    """What a hold for that order would take now."""

    points: Points
    discount: AmountText = Field(description="What they are worth, rounded down to the minor unit.")
    limited_by: LimitedBy | None = Field(description="The rule because of which it is no more; null: all asked for.")


class Offset(Answer):
    """`points` pay `discount` of `order_amount`."""

    order_amount: AmountText
    points: Points
    discount: AmountText


class OrderRefund(Answer):
    """Of the order, `amount` was returned: `points` have come back, and `money` is to be paid back."""

    reference: str
    hold: str = Field(description="The reference of the hold that was captured for the order.")
    amount: AmountText
    points: Points
    money: AmountText
    last: bool = Field(description="Nothing of the order is left to refund.")


class OrderRefundAnswer(MovementAnswer):
    refund: OrderRefund
