"""A figure, the bar it must keep, and how both are printed."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

# ANSI would be lost in logs: a word says it everywhere.
_VERDICTS: Final = {True: "ok", False: "MISSED", None: ""}


@dataclass(frozen=True, slots=True)
class Figure:
    """`bar` None: only told. `sense` says on which side of the bar a figure must lie."""

    name: str
    value: float
    unit: str = ""
    bar: float | None = None
    sense: Literal["at most", "at least"] = "at most"
    note: str = ""

    @property
    def keeps(self) -> bool | None:
        if self.bar is None:
            return None
        return self.value <= self.bar if self.sense == "at most" else self.value >= self.bar


def show(title: str, figures: Sequence[Figure]) -> bool:
    """Print a section; True when every figure keeps its bar."""
    print(f"\n{title}")
    for figure in figures:
        bar = "" if figure.bar is None else f"bar: {figure.sense} {figure.bar:g}"
        # Four digits say enough of what was measured; what was counted is told as it is.
        value = f"{figure.value:.4g}" if figure.value < 10_000 else f"{figure.value:,.0f}"
        line = f"  {figure.name:<58} {value:>9} {figure.unit:<6} {bar:<20} {_VERDICTS[figure.keeps]}"
        print(f"{line.rstrip()}{'  ' + figure.note if figure.note else ''}", flush=True)
    return all(figure.keeps is not False for figure in figures)


def ratio_of_medians(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Runs are taken in turn, so that a machine that slows down slows both; medians leave out its hiccups."""
    return statistics.median(ours) / statistics.median(theirs)
