"""Checks that several parts of a document need: money, multipliers, things said twice."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from points.adapters.program_document.building import thousandths
from points.adapters.program_document.parts import FieldAtFault, Part
from points.domain.canonical import Plain
from points.domain.errors import Fault, InvalidRequest
from points.domain.money import Currency
from points.domain.program.multipliers import WHOLE

type Faults = Iterator[Fault]


def of_each[Document](parts: Iterable[Part[Document]], *checks: Callable[[Part[Document]], Faults]) -> Faults:
    """Every check of every part. One that needs a field at fault gives up: that fault has been found already."""
    for part in parts:
        for check in checks:
            with suppress(FieldAtFault):
                yield from check(part)


def minor_units(currency: Currency | None, text: str) -> int | None:
    """None where the currency is not known or the text is at fault."""
    try:
        return None if currency is None else currency.minor_units(text, path="")
    except InvalidRequest:
        return None


def money_faults(currency: Currency | None, path: str, text: str) -> Faults:
    if currency is None:
        return
    try:
        currency.minor_units(text, path=path)
    except InvalidRequest as error:
        yield Fault(path, "wrong_amount", error.detail)


def positive(currency: Currency | None, path: str, text: str) -> Faults:
    yield from money_faults(currency, path, text)
    if minor_units(currency, text) == 0:
        yield Fault(path, "not_positive", "must be more than zero")


def divides(path: str, multiplier: str) -> Faults:
    if thousandths(multiplier) < WHOLE:
        yield Fault(path, "divides", "must be at least 1: a multiplier takes nothing away")


def repeated(path: str, values: Iterable[Plain]) -> Faults:
    seen = set[str]()
    for index, value in enumerate(values):
        if isinstance(value, str):
            if value in seen:
                yield Fault(f"{path}/{index}", "repeated", f"{value} is there already")
            seen.add(value)
