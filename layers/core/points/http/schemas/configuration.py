"""Requests about a program as a document."""

import json
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from points.application.administration.simulate_program import Period
from points.domain.ledger.members import MemberFacts, Profile
from points.domain.limits import MAX_DOCUMENT_BYTES, MAX_SAMPLES
from points.domain.simulating import Sample
from points.http.schemas.attributes import Attributes
from points.http.schemas.common import Day, Moment, RequestModel
from points.http.schemas.earning import EventBody

_MAX_INTEGER = 2**53
_MAX_DEPTH = 20
_MAX_NAME = 128
"""Names become parts of the places that faults and differences name."""


def _document(document: dict[str, Any]) -> dict[str, Any]:
    """Plain JSON that is stored exactly: no fractions, no integer some reader would round, not nested without end."""
    _check_values(document, _MAX_DEPTH)
    if len(json.dumps(document)) > MAX_DOCUMENT_BYTES:
        raise PydanticCustomError("too_large", f"must be at most {MAX_DOCUMENT_BYTES} bytes of JSON")
    return document


def _check_values(value: Any, depth: int) -> None:
    match value:
        case dict() | list() if depth == 0:
            raise PydanticCustomError("too_deep", f"must not be nested more than {_MAX_DEPTH} deep")
        case dict():
            for name, item in value.items():
                if len(name) > _MAX_NAME:
                    raise PydanticCustomError("name_too_long", f"must have no names longer than {_MAX_NAME}")
                _check_values(item, depth - 1)
        case list():
            for item in value:
                _check_values(item, depth - 1)
        case float():
            raise PydanticCustomError("fraction", "must have no fractions: write money as decimal strings")
        case int() if abs(value) > _MAX_INTEGER:
            raise PydanticCustomError("integer_too_large", "must have no integers beyond 2**53")


Document = Annotated[dict[str, Any], AfterValidator(_document), Field(description="See `program.schema.json`.")]
Revision = Annotated[int, Field(ge=1, le=10**9)]
Version = Annotated[int, Field(ge=1, le=10**8 - 1)]


class DraftBody(RequestModel):
    """``revision`` is that of the draft as it was seen, 0 where there was none: nobody overwrites what they have not
    read. A draft may have faults; publishing finds them."""

    document: Document
    revision: Annotated[int, Field(ge=0, le=10**9)]


class DocumentBody(RequestModel):
    """A document that need not be anybody's draft."""

    document: Document


class PublicationBody(RequestModel):
    """The revision of the draft that is to go live."""

    revision: Revision


class RollbackBody(RequestModel):
    """``version`` is to be live again, in the place of ``live_version``: nobody rolls back what they have not seen."""

    version: Version
    live_version: Version


class MemberFactsBody(RequestModel):
    """What rules may know of the member an event happens to."""

    birthday: Day | None = None
    real_name_verified: bool = False
    attributes: Attributes = Field(default_factory=dict)

    def facts(self) -> MemberFacts:
        profile = Profile(
            birthday=self.birthday, real_name_verified=self.real_name_verified, attributes=self.attributes
        )
        return MemberFacts.of(profile, declared=self.attributes)


class SampleBody(EventBody):
    """An event as it is reported, and what is known of its member. It may have occurred at any time, and the member
    need not exist."""

    member_facts: MemberFactsBody | None = None

    def sample(self, now: datetime) -> Sample:
        facts = MemberFacts() if self.member_facts is None else self.member_facts.facts()
        return Sample(self.event(), self.occurred_at or now, facts)


class SimulationBody(RequestModel):
    """Either ``events``, or the recorded ones that occurred from ``from`` (included) to ``to`` (not included). The
    draft is tried unless a ``document`` is given."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["events"]}, {"required": ["from", "to"]}]})

    document: Document | None = None
    events: Annotated[list[SampleBody], Field(min_length=1, max_length=MAX_SAMPLES)] | None = None
    from_: Moment | None = Field(None, alias="from")
    to: Moment | None = None

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        bounds = [bound for bound in (self.from_, self.to) if bound is not None]
        if len(bounds) != (2 if self.events is None else 0):
            raise PydanticCustomError("events_or_period", "must have either events, or from and to")
        if bounds and bounds[1] <= bounds[0]:
            raise PydanticCustomError("empty_range", "must end after it begins")
        return self

    @property
    def period(self) -> Period | None:
        return None if self.from_ is None or self.to is None else Period(self.from_, self.to)
