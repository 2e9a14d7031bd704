"""Everything the platform says no with.

    PointsError
    ├── InvalidRequest               invalid_request      the request itself is wrong
    │   ├── InvalidProgram           invalid_program      a program document with faults
    │   ├── UnknownBehaviour         unknown_behaviour
    │   ├── UnknownReward            unknown_reward
    │   ├── CouponMistyped           coupon_mistyped      a code that was never made, by its check characters
    │   ├── OccurredTooEarly         occurred_too_early   further back than the program allows
    │   └── OccurredInFuture         occurred_in_future
    ├── Unauthorized                 unauthorized         no token, or one that is not valid
    ├── Forbidden                    forbidden            a valid token that may not do this
    ├── NotFound                     not_found            no such program, member, order, hold or entry
    │   └── UnknownCoupon            unknown_coupon
    ├── Refusal                                           well-formed, but the ledger's state forbids it
    │   ├── InsufficientPoints       insufficient_points
    │   ├── MemberFrozen             member_frozen
    │   ├── OutOfStock               out_of_stock
    │   ├── SoldOutToday             sold_out_today       nothing is left of the day's stock
    │   ├── LimitReached             limit_reached
    │   ├── ReferenceReused          reference_reused     same reference, another request
    │   ├── AlreadyCaptured          already_captured
    │   ├── AlreadyReleased          already_released
    │   ├── HoldExpired              hold_expired
    │   ├── AlreadyReversed          already_reversed     nothing, or not that much, is left to reverse
    │   ├── OrderNotCancellable      order_not_cancellable
    │   ├── OrderNotMovable          order_not_movable    not in a state from which that step leads on
    │   ├── NotEligible              not_eligible         the reward is not for this member
    │   ├── NotOnSale                not_on_sale          before or after the days of the reward
    │   ├── OffsetRefused            offset_refused       points may not pay so much of that order
    │   ├── AlreadyOwned             already_owned        a badge is had once
    │   ├── PaymentTooLate           payment_too_late     the time for paying an order has run out
    │   ├── HeldForOrder             held_for_order       points that an order holds: it is paid, or cancelled
    │   ├── RiskRefused              risk_refused         more of it than a velocity rule allows
    │   ├── HeldForRisk              held_for_risk        waits because of a velocity rule: only an operator ends that
    │   ├── ReferralRefused          referral_refused     not a newcomer, so nobody can have brought them
    │   ├── CouponUsed               coupon_used          written off before
    │   ├── CouponExpired            coupon_expired       by its own date
    │   ├── CouponVoid               coupon_void          its order was cancelled
    │   ├── NothingDue               nothing_due          no time has come
    │   ├── EndpointOff              endpoint_off         the webhook endpoint is switched off
    │   ├── VersionConflict          version_conflict     somebody changed the draft meanwhile
    │   └── Conflict                 conflict             lost every race within the bound; try again
    └── StoreFailure                                      not the caller's fault; worth another try
        ├── Throttled                throttled            the store asked us to slow down; nothing was written
        └── LedgerUnavailable        unavailable          no answer: a write may or may not have happened

``code`` is stable and part of the API. ``numbers`` are the figures a caller needs to act (points, dates, names).
HTTP statuses and texts live at the edge (:mod:`points.http.edge.problems`); a test proves each code has both.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a request or a program: where (a JSON-pointer-like path), which kind, and a sentence."""

    path: str
    code: str
    message: str


class PointsError(Exception):
    """Base of all refusals. ``numbers`` is shown to the caller as members of the problem document."""

    code = "error"

    def __init__(self, detail: str = "", /, **numbers: int | str) -> None:
        super().__init__(detail or self.code)
        self.detail = detail
        self.numbers: Mapping[str, int | str] = numbers


class InvalidRequest(PointsError):
    code = "invalid_request"

    def __init__(self, detail: str = "", /, faults: Iterable[Fault] = (), **numbers: int | str) -> None:
        super().__init__(detail, **numbers)
        self.faults = tuple(faults)

    @classmethod
    def at(cls, path: str, message: str) -> "InvalidRequest":
        """One fault at one place of the request."""
        return cls(message, faults=(Fault(path, "invalid_value", message),))


class InvalidProgram(InvalidRequest):
    code = "invalid_program"


class UnknownBehaviour(InvalidRequest):
    code = "unknown_behaviour"


class UnknownReward(InvalidRequest):
    code = "unknown_reward"


class CouponMistyped(InvalidRequest):
    code = "coupon_mistyped"


class OccurredTooEarly(InvalidRequest):
    code = "occurred_too_early"


class OccurredInFuture(InvalidRequest):
    code = "occurred_in_future"


class Unauthorized(PointsError):
    code = "unauthorized"


class Forbidden(PointsError):
    code = "forbidden"


class NotFound(PointsError):
    code = "not_found"


class UnknownCoupon(NotFound):
    code = "unknown_coupon"


class Refusal(PointsError):
    """The request is well-formed; what the ledger holds does not allow it."""

    code = "refused"


class InsufficientPoints(Refusal):
    """``available`` and ``required`` are points."""

    code = "insufficient_points"


class MemberFrozen(Refusal):
    """``frozen`` names what is: earning, redeeming or both."""

    code = "member_frozen"


class OutOfStock(Refusal):
    code = "out_of_stock"


class SoldOutToday(Refusal):
    code = "sold_out_today"


class LimitReached(Refusal):
    """``limit`` names the bound and ``maximum`` its value."""

    code = "limit_reached"


class ReferenceReused(Refusal):
    code = "reference_reused"


class AlreadyCaptured(Refusal):
    code = "already_captured"


class AlreadyReleased(Refusal):
    code = "already_released"


class HoldExpired(Refusal):
    code = "hold_expired"


class AlreadyReversed(Refusal):
    """``remaining`` points (or ``remaining_amount``) can still be reversed."""

    code = "already_reversed"


class OrderNotCancellable(Refusal):
    """``state`` is the order's."""

    code = "order_not_cancellable"


class OrderNotMovable(Refusal):
    """``state`` is the order's."""

    code = "order_not_movable"


class NotEligible(Refusal):
    """``because`` names the fields of the reward's condition that fail."""

    code = "not_eligible"


class NotOnSale(Refusal):
    """``from`` and ``to`` are the program-local days of the reward, where it has them."""

    code = "not_on_sale"


class OffsetRefused(Refusal):
    """``limited_by`` names the rule, ``usable`` points are the most there may be (``discount`` in money); ``required``
    were asked for."""

    code = "offset_refused"


class AlreadyOwned(Refusal):
    """``reward`` is its name."""

    code = "already_owned"


class PaymentTooLate(Refusal):
    """``expired_at`` is when the time ran out."""

    code = "payment_too_late"


class HeldForOrder(Refusal):
    """``order`` is its reference."""

    code = "held_for_order"


class RiskRefused(Refusal):
    """``rule`` is the program's; more than ``maximum`` in a ``window``."""

    code = "risk_refused"


class HeldForRisk(Refusal):
    """``rules`` are the program's; the points become available on ``until`` by themselves."""

    code = "held_for_risk"


class ReferralRefused(Refusal):
    code = "referral_refused"


class CouponUsed(Refusal):
    """``used_at`` is when, ``order`` which order's it is."""

    code = "coupon_used"


class CouponExpired(Refusal):
    """``expired_on`` is the last day it was good for."""

    code = "coupon_expired"


class CouponVoid(Refusal):
    """``void_since`` is when its order was cancelled."""

    code = "coupon_void"


class NothingDue(Refusal):
    code = "nothing_due"


class EndpointOff(Refusal):
    """``off`` is why it is."""

    code = "endpoint_off"


class VersionConflict(Refusal):
    code = "version_conflict"


class Conflict(Refusal):
    code = "conflict"


class StoreFailure(PointsError):
    """The store failed, not the request. Every write can be repeated safely: its entry is its idempotency key."""

    code = "store_failure"


class Throttled(StoreFailure):
    code = "throttled"


class LedgerUnavailable(StoreFailure):
    code = "unavailable"
