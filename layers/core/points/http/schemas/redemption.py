"""Requests that spend points or set them aside."""

from typing import Annotated

from pydantic import Field, StringConstraints

from points.application.redemption.hold_points import HoldEnd
from points.application.redemption.pay_order import Payment
from points.domain.limits import MAX_HOLD_SECONDS
from points.domain.movements.handling import MAX_TRACKING
from points.domain.movements.holding import HoldRequest
from points.domain.movements.paying import MAX_PAYMENT
from points.domain.movements.redeeming import MAX_REWARD_QUANTITY, Redemption
from points.http.schemas.common import (
    NO_CONTROL_CHARACTERS,
    Amount,
    Identifier,
    Points,
    Reason,
    Reference,
    RequestModel,
)

Tracking = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_TRACKING, pattern=NO_CONTROL_CHARACTERS),
    Field(description="The carrier and its number.", examples=["SF 1234567890123"]),
]

PaymentName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_PAYMENT, pattern=NO_CONTROL_CHARACTERS),
    Field(description="Kept with the entry: no personal data.", examples=["4200001234202611204567890123"]),
]


class RedemptionBody(RequestModel):
    """``expires_in`` is how many seconds there are to pay what the reward costs besides; the program's time unless
    given."""

    reference: Reference
    reward: Identifier
    quantity: Annotated[int, Field(ge=1, le=MAX_REWARD_QUANTITY)] = 1
    expires_in: Annotated[int, Field(ge=1, le=MAX_HOLD_SECONDS)] | None = None

    def redemption(self, member: str) -> Redemption:
        return Redemption(self.reference, member, self.reward, self.quantity, self.expires_in)


class PaymentBody(RequestModel):
    """``payment`` is what the caller calls it."""

    payment: PaymentName | None = None

    def of(self, member: str, order: str) -> Payment:
        return Payment(member, order, self.payment)


class CancellationBody(RequestModel):
    reason: Reason | None = None


class HandlingBody(RequestModel):
    reason: Reason | None = None


class ShippingBody(HandlingBody):
    """``tracking`` is what the carrier calls the parcel."""

    tracking: Tracking | None = None


class HoldBody(RequestModel):
    """``expires_in`` is in seconds; the program's time unless given. With ``order_amount`` the points are to pay part
    of that order, and without ``points`` they are as many as may; one of the two has to be there."""

    reference: Reference
    points: Points | None = None
    expires_in: Annotated[int, Field(ge=1, le=MAX_HOLD_SECONDS)] | None = None
    order_amount: Amount | None = None

    def hold(self, member: str) -> HoldRequest:
        return HoldRequest(self.reference, member, self.points, self.expires_in, self.order_amount)


class CaptureBody(RequestModel):
    """``points`` of the hold are spent and the rest is released; all of them unless given."""

    points: Points | None = None

    def end(self, member: str, hold: str) -> HoldEnd:
        return HoldEnd(member, hold, self.points)
