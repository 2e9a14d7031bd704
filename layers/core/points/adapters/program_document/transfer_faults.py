"""What is wrong with transfers: bounds that leave nothing between them, fees of nothing, limits nobody could keep."""

from typing import Final

from points.adapters.program_document import schema
from points.adapters.program_document.building import hundredths
from points.adapters.program_document.checks import Faults, of_each
from points.adapters.program_document.condition_faults import Asked, Vocabulary, condition_faults
from points.adapters.program_document.parts import Part, Parts, most_of, read, read_list
from points.domain.errors import Fault

_MOST_LIMITS: Final = most_of(schema.TransfersDocument, "limits")


def transfer_faults(parts: Parts, vocabulary: Vocabulary) -> Faults:
    part = read(parts.raw.get("transfers"), "/transfers", schema.TransfersDocument)
    if part is None:
        return
    yield from of_each([part], _bounds)
    fee = read(part.raw.get("fee"), "/transfers/fee", schema.TransferFeeDocument)
    yield from of_each([fee] if fee is not None else [], _fee)
    yield from _windows(part, "limits", schema.MemberLimitDocument)
    yield from _windows(part, "points_limits", schema.PointsLimitDocument)
    yield from of_each([part], _within_limits)
    if (when := part.raw.get("when")) is not None:
        yield from condition_faults(when, "/transfers/when", Asked(vocabulary, of_members=True))


def _bounds(part: Part[schema.TransfersDocument]) -> Faults:
    minimum, maximum = part.document.minimum, part.document.maximum
    if maximum is not None and maximum < minimum:
        yield Fault("/transfers/maximum", "impossible_bounds", f"is less than the minimum, {minimum}")


def _fee(part: Part[schema.TransferFeeDocument]) -> Faults:
    if part.raw.get("percent") is None and part.raw.get("points") is None:
        yield Fault(part.path, "empty_fee", "is neither a share nor points")
    elif part.document.percent is not None and not hundredths(part.document.percent):
        yield Fault(f"{part.path}/percent", "not_positive", "must be more than zero")


def _windows[Document: schema.Strict](part: Part[schema.TransfersDocument], name: str, kind: type[Document]) -> Faults:
    windows = set[str]()
    for limit in read_list(part.raw.get(name), f"/transfers/{name}", kind, most=_MOST_LIMITS):
        window = limit.raw.get("per")
        if isinstance(window, str):
            if window in windows:
                yield Fault(f"{limit.path}/per", "duplicate_limit", f"there is another limit per {window}")
            windows.add(window)


def _within_limits(part: Part[schema.TransfersDocument]) -> Faults:
    """A limit below the least that can be given at once."""
    minimum = part.document.minimum
    for index, limit in enumerate(part.document.points_limits):
        if limit.maximum < minimum:
            message = f"is less than the {minimum} points that are given at least: nobody could ever give any"
            yield Fault(f"/transfers/points_limits/{index}/maximum", "never_enough", message)
