"""Requests about orders that points pay part of."""

from points.application.redemption.quote_offset import QuoteRequest
from points.domain.movements.refunding import OrderRefund
from points.http.schemas.common import Amount, Points, Reason, Reference, RequestModel


class OffsetQuoteBody(RequestModel):
    """Without ``points``: as many as may be used."""

    order_amount: Amount
    points: Points | None = None

    def quote(self, member: str) -> QuoteRequest:
        return QuoteRequest(member, self.order_amount, self.points)


class OrderRefundBody(RequestModel):
    """``amount`` is the price of what is returned, of the amount the order had."""

    reference: Reference
    amount: Amount
    reason: Reason | None = None

    def refund(self, member: str, hold: str) -> OrderRefund:
        return OrderRefund(self.reference, member, hold, self.amount, self.reason)
