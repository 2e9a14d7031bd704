"""What is wrong with the rules by which points pay part of an order: sums that nobody could ever use."""

from contextlib import suppress

from points.adapters.program_document import schema
from points.adapters.program_document.checks import Faults, money_faults, of_each
from points.adapters.program_document.parts import FieldAtFault, Part, Parts
from points.domain.errors import Fault
from points.domain.limits import MAX_AMOUNT_MINOR, MAX_POINTS
from points.domain.money import Currency
from points.domain.program.offsets import OffsetRules

_UNKNOWN = 1, Currency("", 0)
"""A ratio and currency by which every point is worth something."""


def offset_faults(parts: Parts) -> Faults:
    if parts.offset is None:
        return
    yield from of_each(
        [parts.offset],
        lambda part: money_faults(parts.currency, f"{part.path}/minimum_order", part.document.minimum_order),
        lambda part: _within_a_day(part, parts),
        lambda part: _within_reach(part, parts),
    )


def ratio_and_currency(parts: Parts) -> tuple[int, Currency] | None:
    """None where one of them is at fault."""
    with suppress(FieldAtFault):
        ratio = parts.program.document.ratio
        return None if parts.currency is None else (ratio, parts.currency)
    return None


def least_of(document: schema.OffsetDocument, parts: Parts) -> int:
    """The fewest points that an order takes, as far as that can be told."""
    rules = OffsetRules(step=document.step, minimum_points=document.minimum_points)
    return rules.least(*(ratio_and_currency(parts) or _UNKNOWN))


def _within_a_day(offset: Part[schema.OffsetDocument], parts: Parts) -> Faults:
    points_per_day, least = offset.document.points_per_day, least_of(offset.document, parts)
    if points_per_day is not None and points_per_day < least:
        message = f"is less than the {least} points that one order takes at least: nobody could ever pay with points"
        yield Fault(f"{offset.path}/points_per_day", "never_enough", message)


def _within_reach(offset: Part[schema.OffsetDocument], parts: Parts) -> Faults:
    """That somebody can have as many, and that there can be so large an order."""
    least, most, share = least_of(offset.document, parts), MAX_POINTS, offset.document.maximum_share_percent
    if known := ratio_and_currency(parts):
        most = min(most, OffsetRules(maximum_share_percent=share).share_of(MAX_AMOUNT_MINOR, *known))
    if least > most:
        message = f"an order takes {least} points at least, and none can take more than {most}"
        yield Fault(f"{offset.path}/minimum_points", "never_enough", message)
