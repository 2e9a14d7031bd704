"""Requests that report what members did, and that take it back."""

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema

from points.domain.ledger.entries import EntryName, Kind
from points.domain.limits import MAX_BATCH, MAX_QUANTITY
from points.domain.movements.confirming import Confirmation
from points.domain.movements.earning import Event
from points.domain.movements.referring import Invitation
from points.domain.movements.reversing import Reversal
from points.http.schemas.attributes import Attributes
from points.http.schemas.common import PROGRAM, Amount, Identifier, Moment, Points, Reason, Reference, RequestModel


class EventBody(RequestModel):
    """``amount`` for behaviours paid by amount, ``quantity`` for the others; ``occurred_at`` is now unless given."""

    reference: Reference
    member: Identifier
    behaviour: Identifier
    amount: Amount | None = None
    quantity: Annotated[int, Field(ge=1, le=MAX_QUANTITY)] | None = None
    occurred_at: Moment | None = None
    attributes: Attributes = Field(default_factory=dict)

    def event(self) -> Event:
        return Event(
            reference=self.reference,
            member=self.member,
            behaviour=self.behaviour,
            amount=self.amount,
            quantity=self.quantity,
            occurred_at=self.occurred_at,
            attributes=self.attributes,
        )


class QueuedEventBody(EventBody):
    """The same event from the queue, where no path says which program it is for."""

    program: Annotated[str, Field(pattern=PROGRAM)]


# Each event is validated on its own, so that a malformed one is answered in its place and the others are booked.
_ANY_EVENT = {"anyOf": [{"$ref": "#/components/schemas/EventBody"}, {"description": "Anything else is answered 422."}]}


class BatchBody(RequestModel):
    events: Annotated[
        list[Any],
        Field(min_length=1, max_length=MAX_BATCH),
        WithJsonSchema({"type": "array", "minItems": 1, "maxItems": MAX_BATCH, "items": _ANY_EVENT}),
    ]


class ReversedEntry(RequestModel):
    """What is reversed: an event, or the capture of a hold."""

    kind: Literal["earn", "capture"]
    reference: Identifier


class ReversalBody(RequestModel):
    """At most one of ``amount`` and ``points``; neither reverses what is left."""

    reference: Reference
    of: ReversedEntry
    amount: Amount | None = None
    points: Points | None = None
    reason: Reason

    def reversal(self, member: str) -> Reversal:
        return Reversal(
            reference=self.reference,
            member=member,
            of=EntryName(Kind(self.of.kind), self.of.reference),
            amount=self.amount,
            points=self.points,
            reason=self.reason,
        )


class ConfirmationBody(RequestModel):
    """``earning`` is the reference of the event whose points wait."""

    earning: Reference

    def confirmation(self, member: str) -> Confirmation:
        return Confirmation(member, self.earning)


class ReferralBody(RequestModel):
    """``referrer`` is the member who brought this one."""

    reference: Reference
    referrer: Identifier

    def invitation(self, member: str) -> Invitation:
        return Invitation(self.reference, member, self.referrer)
