"""What is wrong with tiers and segments: levels that overlap, windows and reviews that do not go together."""

from collections.abc import Iterable

from points.adapters.program_document import schema
from points.adapters.program_document.checks import Faults, divides, minor_units, money_faults, of_each
from points.adapters.program_document.parts import FieldAtFault, Part, Parts
from points.domain.errors import Fault
from points.domain.money import Currency
from points.domain.program.tiers import TierMetric


def level_faults(parts: Parts) -> Faults:
    yield from of_each(parts.levels, _multipliers)
    yield from _thresholds("tiers", parts.levels, parts.currency, by_points=_tiers_by_points(parts))
    yield from _thresholds("segments", parts.segment_levels, parts.currency, by_points=False)
    yield from _former_names(parts.levels)
    if parts.tiers is not None:
        yield from of_each([parts.tiers], _window, _review)


def _tiers_by_points(parts: Parts) -> bool | None:
    """None where that cannot be told."""
    try:
        return parts.tiers is not None and parts.tiers.document.by is TierMetric.POINTS
    except FieldAtFault:
        return None


def _thresholds(
    name: str,
    levels: Iterable[Part[schema.LevelDocument]] | Iterable[Part[schema.SegmentDocument]],
    currency: Currency | None,
    *,
    by_points: bool | None,
) -> Faults:
    highest, names = -1, set[str]()
    for level in levels:
        called = level.raw.get("id")
        if isinstance(called, str):
            if called in names:
                yield Fault(f"{level.path}/id", "duplicate_name", f"there is another level {called}")
            names.add(called)
        path = f"{level.path}/from"
        try:
            given = level.document.from_
        except FieldAtFault:
            continue
        if by_points is None:
            continue
        if by_points != isinstance(given, int):
            kind = "a whole number of points" if by_points else "a decimal string of money"
            yield Fault(path, "wrong_threshold", f"must be {kind}")
            continue
        if isinstance(given, str):
            yield from money_faults(currency, path, given)
        threshold = given if isinstance(given, int) else minor_units(currency, given)
        if threshold is None:
            continue
        if level.path == f"/{name}/levels/0":
            if threshold:
                yield Fault(path, "first_not_zero", "the first level takes everybody: it begins at 0")
        elif threshold <= highest:
            yield Fault(path, "overlapping_thresholds", "must be more than that of the levels before")
        highest = max(highest, threshold)


def _former_names(levels: Iterable[Part[schema.LevelDocument]]) -> Faults:
    """A member is on one level: no name may lead to two."""
    levels = list(levels)
    taken = {name for level in levels if isinstance(name := level.raw.get("id"), str)}
    for level in levels:
        written = level.raw.get("formerly")
        for index, name in enumerate(written if isinstance(written, list) else ()):
            if not isinstance(name, str):
                continue
            if name in taken:
                yield Fault(f"{level.path}/formerly/{index}", "duplicate_name", f"{name} leads to a level already")
            taken.add(name)


def _multipliers(level: Part[schema.LevelDocument]) -> Faults:
    yield from of_each(
        [level],
        lambda part: divides(f"{part.path}/multiplier", part.document.multiplier),
        lambda part: divides(f"{part.path}/birthday_multiplier", part.document.birthday_multiplier),
    )


def _window(tiers: Part[schema.TiersDocument]) -> Faults:
    if (tiers.document.months is None) == (tiers.document.window == "months"):
        yield Fault("/tiers/months", "wrong_window", 'goes with the window "months", and only with it')


def _review(tiers: Part[schema.TiersDocument]) -> Faults:
    if tiers.document.window == "lifetime" and tiers.raw.get("review") is not None:
        yield Fault("/tiers/review", "never_reviewed", "tiers for a lifetime are never reviewed")
