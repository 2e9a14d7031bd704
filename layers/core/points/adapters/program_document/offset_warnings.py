"""What may not be meant about points that pay part of an order: sums between two steps, points that buy nothing."""

from collections.abc import Iterator

from points.adapters.program_document import schema
from points.adapters.program_document.checks import minor_units
from points.adapters.program_document.offset_faults import least_of, ratio_and_currency
from points.adapters.program_document.parts import Part, Parts
from points.domain.errors import Fault
from points.domain.program.offsets import OffsetRules, unit


def minimum_between_steps(offset: Part[schema.OffsetDocument], parts: Parts) -> Iterator[Fault]:
    step, minimum = offset.document.step, offset.document.minimum_points
    if "minimum_points" in offset.raw and minimum % step:
        message = f"lies between two steps of {step}: an order takes {least_of(offset.document, parts)} at least"
        yield Fault(f"{offset.path}/minimum_points", "between_steps", message)


def day_between_steps(offset: Part[schema.OffsetDocument], _: Parts) -> Iterator[Fault]:
    step, points_per_day = offset.document.step, offset.document.points_per_day
    if points_per_day is not None and points_per_day % step:
        whole = points_per_day - points_per_day % step
        message = f"lies between two steps of {step}: on one day {whole} can be used"
        yield Fault(f"{offset.path}/points_per_day", "between_steps", message)


def step_worth_nothing(offset: Part[schema.OffsetDocument], parts: Parts) -> Iterator[Fault]:
    known = ratio_and_currency(parts)
    if known is None:
        return
    ratio, currency = known
    if offset.document.step * unit(currency) < ratio:
        worth = -(-ratio // unit(currency))
        message = f"is worth less than {currency.text(1)}: of an order's points up to {worth - 1} may buy nothing"
        yield Fault(f"{offset.path}/step", "step_worth_nothing", message)


def too_small_an_order(offset: Part[schema.OffsetDocument], parts: Parts) -> Iterator[Fault]:
    document, known = offset.document, ratio_and_currency(parts)
    minimum = minor_units(parts.currency, document.minimum_order)
    if known is None or not minimum:
        return
    smallest = OffsetRules(maximum_share_percent=document.maximum_share_percent).order_for(
        least_of(document, parts), *known
    )
    if minimum < smallest:
        message = f"no points can be used below {known[1].text(smallest)}: only then its share is enough for a step"
        yield Fault(f"{offset.path}/minimum_order", "share_below_minimum", message)
