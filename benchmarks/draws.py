"""What a play of a draw costs, by what it gives."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from benchmarks.figures import Figure
from benchmarks.units import COUNTER_UNITS, ORDER_UNITS, units_of
from benchmarks.workbench import CLIENT, Workbench
from points.application.reading import announced_seed
from points.application.redemption.play_draw import play_draw
from points.domain.movements.playing import Play
from points.domain.program.draws import Draw, Prize

_PLAY_UNITS = 7
"""The account 2, the entry 2 and its place in the history 1, the member's count of plays 2."""

_ORDER_ENTRY_UNITS = 3

_NOTHING = Prize("nothing", Fraction(1))
_CASES = (
    ("nothing", _NOTHING, _PLAY_UNITS),
    ("points", Prize("points", Fraction(1), points=100), _PLAY_UNITS),
    ("points with stock", Prize("points", Fraction(1), points=100, stock=9), _PLAY_UNITS + COUNTER_UNITS),
    ("a reward", Prize("reward", Fraction(1), reward="coupon-200-50"), _PLAY_UNITS + _ORDER_ENTRY_UNITS + ORDER_UNITS),
)


def measure(bench: Workbench) -> list[Figure]:
    figures = []
    for number, (name, prize, bar) in enumerate(_CASES):
        member = f"member-0123456789-plays-{number}"
        bench.account(member, lots=24, entries=100, points=24_000)
        today = date.today()  # noqa: DTZ011 - whatever day it is anywhere, it is open
        days = timedelta(days=2)
        draw = Draw(f"draw-{number}", 50, today - days, today + days, (prize,))
        program = replace(bench.program, draws={draw.name: draw})
        announced_seed(bench.services, program.name, draw.name)
        play = Play("play-2026-11-11-00000001", member, draw.name)
        units, reads = units_of(
            f"play, {name}",
            bench,
            member,
            lambda program=program, play=play: play_draw(bench.services, program, play, actor=CLIENT),  # type: ignore[misc]
            bar=bar,
        )
        # The account, the member's count of plays, and the seed, which says whether the draw is closed.
        figures += [units, replace(reads, bar=3)]
    return figures
