"""The parts of a document as far as each can be read, so that a fault in one place hides none in another.

A part whose shape is at fault is read without the fields at fault. A check that needs one of those gives up
(:class:`FieldAtFault`): what is wrong there has been reported, and nothing can be said about its meaning.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice
from typing import Any, Final, cast

from annotated_types import MaxLen
from pydantic import TypeAdapter, ValidationError, create_model

from points.adapters.program_document import schema
from points.adapters.program_document.building import event_attribute
from points.adapters.program_document.shapes import escaped
from points.domain.canonical import Plain
from points.domain.money import Currency
from points.domain.program.attributes import EventAttribute


class FieldAtFault(Exception):
    """A check asked for a field that has not the right shape."""


@dataclass(frozen=True, slots=True)
class Part[Document]:
    """``document`` lacks the fields at fault, unless the part is ``whole``; ``raw`` is what was written."""

    path: str
    raw: Mapping[str, Plain]
    document: Document
    whole: bool


class _Lenient:
    """Comes before a document's own class: its missing fields are known to be at fault."""

    def __getattr__(self, name: str) -> Any:
        if name in type(self).model_fields:  # type: ignore[attr-defined] # it is only ever mixed into documents
            raise FieldAtFault(name)
        raise AttributeError(name)


def read[Document: schema.Strict](raw: Plain, path: str, kind: type[Document]) -> Part[Document] | None:
    """None for something else than an object."""
    if not isinstance(raw, dict):
        return None
    try:
        return Part(path, raw, kind.model_validate(raw), whole=True)
    except ValidationError as error:
        faulty = {str(item["loc"][0]) for item in error.errors(include_url=False, include_input=False)}
        return Part(path, raw, _read_without(faulty, raw, kind), whole=False)


def read_from[Document, Found](
    parts: Iterable[Part[Document]], found: Callable[[Document], Iterable[Found]]
) -> Iterator[Found]:
    """What is found in each part that can be read well enough for it."""
    for part in parts:
        with suppress(FieldAtFault):
            yield from found(part.document)


def read_list[Document: schema.Strict](
    raw: Plain, path: str, kind: type[Document], *, most: int
) -> list[Part[Document]]:
    """The first ``most`` of them: that there are more is a fault of its own, and parts are compared with one another,
    which takes for ever where there is no end to them."""
    items = islice(enumerate(raw), most) if isinstance(raw, list) else ()
    return [part for index, item in items if (part := read(item, f"{path}/{index}", kind)) is not None]


def read_named[Document: schema.Strict](
    raw: Plain, path: str, kind: type[Document], *, most: int
) -> dict[str, Part[Document]]:
    """As :func:`read_list`."""
    items = islice(raw.items(), most) if isinstance(raw, Mapping) else ()
    return {name: part for name, item in items if (part := read(item, f"{path}/{escaped(name)}", kind)) is not None}


@cache
def most_of(kind: type[schema.Strict], name: str) -> int:
    """How many items a field may have."""
    (longest,) = (each.max_length for each in kind.model_fields[name].metadata if isinstance(each, MaxLen))
    return longest


def _read_without[Document: schema.Strict](
    faulty: set[str], raw: Mapping[str, Plain], kind: type[Document]
) -> Document:
    document = _lenient(kind).model_validate({name: value for name, value in raw.items() if name not in faulty})
    for name, field in kind.model_fields.items():
        if (field.alias or name) in faulty:
            del document.__dict__[name]
    return cast("Document", document)


@cache
def _lenient(kind: type[schema.Strict]) -> type[schema.Strict]:
    """The same document with nothing required. Only ever made for documents with faults."""
    fields: dict[str, Any] = {}
    for name, field in kind.model_fields.items():
        optional = copy(field)
        if optional.is_required():
            optional.default = None
        fields[name] = (field.annotation, optional)
    return cast("type[schema.Strict]", create_model(kind.__name__, __base__=(_Lenient, kind), **fields))


_EXPIRIES: Final[Mapping[str, type[schema.Strict]]] = {
    "end_of_year": schema.EndOfYearDocument,
    "end_of_month": schema.EndOfMonthDocument,
    "after_days": schema.AfterDaysDocument,
    "after_months": schema.AfterMonthsDocument,
    "yearly_clearing": schema.YearlyClearingDocument,
    "by_activity": schema.ByActivityDocument,
    "never": schema.NeverDocument,
}
_VALUES: Final[Mapping[str, type[schema.Strict]]] = {
    "fixed": schema.FixedDocument,
    "per_occurrences": schema.PerOccurrencesDocument,
    "per_amount": schema.PerAmountDocument,
    "streak": schema.StreakDocument,
}


def expiry_in(raw: Mapping[str, Plain], path: str) -> Part[schema.ExpiryDocument] | None:
    """The expiry policy of a part; None where it has none, or none that can be told."""
    return cast("Part[schema.ExpiryDocument] | None", _read_by_type(raw, path, "expiry", _EXPIRIES))


def value_in(raw: Mapping[str, Plain], path: str) -> Part[schema.ValueDocument] | None:
    return cast("Part[schema.ValueDocument] | None", _read_by_type(raw, path, "value", _VALUES))


def _read_by_type(
    raw: Mapping[str, Plain], path: str, name: str, kinds: Mapping[str, type[schema.Strict]]
) -> Part[schema.Strict] | None:
    written = raw.get(name)
    kind = written.get("type") if isinstance(written, Mapping) else None
    return read(written, f"{path}/{name}", kinds[kind]) if isinstance(kind, str) and kind in kinds else None


@dataclass(frozen=True, slots=True)
class Parts:
    """All that can be read of a document. Rules of which not even an object is there are missing from their list."""

    raw: Mapping[str, Plain]
    program: Part[schema.ProgramDocument]
    currency: Currency | None
    rules: list[Part[schema.RuleDocument]]
    tasks: list[Part[schema.TaskDocument]]
    campaigns: list[Part[schema.CampaignDocument]]
    risk: list[Part[schema.RiskDocument]]
    behaviours: Mapping[str, Part[schema.BehaviourDocument]]
    rewards: Mapping[str, Part[schema.RewardDocument]]
    auctions: Mapping[str, Part[schema.AuctionDocument]]
    draws: Mapping[str, Part[schema.DrawDocument]]
    tiers: Part[schema.TiersDocument] | None
    levels: list[Part[schema.LevelDocument]]
    segments: Part[schema.SegmentsDocument] | None
    segment_levels: list[Part[schema.SegmentDocument]]
    referral: Part[schema.ReferralDocument] | None
    offset: Part[schema.OffsetDocument] | None
    reminders: Part[schema.RemindersDocument] | None
    multipliers: Part[schema.MultipliersDocument] | None
    event_attributes: Mapping[str, EventAttribute]
    """Those whose declaration can be read."""

    @classmethod
    def of(cls, raw: Mapping[str, Plain]) -> "Parts":
        program = read(dict(raw), "", schema.ProgramDocument)
        assert program is not None  # noqa: S101 - a mapping is an object
        currency = read(raw.get("currency"), "/currency", schema.CurrencyDocument)
        most = partial(most_of, schema.ProgramDocument)
        return cls(
            raw=raw,
            program=program,
            currency=_currency(currency),
            rules=read_list(raw.get("rules"), "/rules", schema.RuleDocument, most=most("rules")),
            tasks=read_list(raw.get("tasks"), "/tasks", schema.TaskDocument, most=most("tasks")),
            campaigns=read_list(raw.get("campaigns"), "/campaigns", schema.CampaignDocument, most=most("campaigns")),
            risk=read_list(raw.get("risk"), "/risk", schema.RiskDocument, most=most("risk")),
            behaviours=read_named(
                raw.get("behaviours"), "/behaviours", schema.BehaviourDocument, most=most("behaviours")
            ),
            rewards=read_named(raw.get("rewards"), "/rewards", schema.RewardDocument, most=most("rewards")),
            auctions=read_named(raw.get("auctions"), "/auctions", schema.AuctionDocument, most=most("auctions")),
            draws=read_named(raw.get("draws"), "/draws", schema.DrawDocument, most=most("draws")),
            tiers=read(raw.get("tiers"), "/tiers", schema.TiersDocument),
            levels=read_list(_levels(raw, "tiers"), "/tiers/levels", schema.LevelDocument, most=_MOST_LEVELS["tiers"]),
            segments=read(raw.get("segments"), "/segments", schema.SegmentsDocument),
            segment_levels=read_list(
                _levels(raw, "segments"), "/segments/levels", schema.SegmentDocument, most=_MOST_LEVELS["segments"]
            ),
            referral=read(raw.get("referral"), "/referral", schema.ReferralDocument),
            offset=read(raw.get("offset"), "/offset", schema.OffsetDocument),
            reminders=read(raw.get("reminders"), "/reminders", schema.RemindersDocument),
            multipliers=read(raw.get("multipliers"), "/multipliers", schema.MultipliersDocument),
            event_attributes=dict(_event_attributes(raw.get("event_attributes"))),
        )

    def level_names(self, name: str) -> list[str] | None:
        """Of tiers or segments, lowest first: none where the program has none, None where they cannot be told."""
        written = self.raw.get(name)
        if written is None:
            return []
        levels = _levels(self.raw, name)
        names = [level.get("id") if isinstance(level, Mapping) else None for level in levels or ()]
        told = [each for each in names if isinstance(each, str)]
        # Too many could be told, but every message about a wrong one would name them all.
        return told if told and len(told) == len(names) <= _MOST_LEVELS[name] else None


_MOST_LEVELS: Final = {
    "tiers": most_of(schema.TiersDocument, "levels"),
    "segments": most_of(schema.SegmentsDocument, "levels"),
}


_EVENT_ATTRIBUTE: Final[TypeAdapter[schema.EventAttributeDocument]] = TypeAdapter(schema.EventAttributeDocument)


def _event_attributes(raw: Plain) -> Iterator[tuple[str, EventAttribute]]:
    for name, declaration in raw.items() if isinstance(raw, Mapping) else ():
        with suppress(ValidationError):
            yield name, event_attribute(name, _EVENT_ATTRIBUTE.validate_python(declaration))


def _currency(part: Part[schema.CurrencyDocument] | None) -> Currency | None:
    return Currency(part.document.code, part.document.decimals) if part is not None and part.whole else None


def _levels(raw: Mapping[str, Plain], name: str) -> list[Plain] | None:
    written = raw.get(name)
    levels = written.get("levels") if isinstance(written, Mapping) else None
    return levels if isinstance(levels, list) else None
