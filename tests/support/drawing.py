"""Draws for tests, and the script of the guide that follows plays."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Any, Final

from points.domain.ledger.booking import Effect, SetUsage
from points.domain.ledger.draws import DrawSeed
from points.domain.ledger.entries import Entry
from points.domain.ledger.usage import Usage, Used
from points.domain.movements.playing import Play, play
from points.domain.program.draws import Draw, Prize
from points.domain.program.program import Program
from points.domain.program.rewards import Reward
from tests.builders import NOW, Walk, program
from tests.support.documents import ROOT

SEED: Final = bytes(range(32))
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)

PHONE = Prize("phone", Fraction(1, 1000), reward="phone", stock=3)
COUPON = Prize("coupon", Fraction(1, 50), reward="coupon", instead="hundred")
HUNDRED = Prize("hundred", Fraction(1, 7), points=100)
NONE = Prize("none", 1 - Fraction(1, 1000) - Fraction(1, 50) - Fraction(1, 7))


def wheel(*prizes: Prize, **changes: Any) -> Draw:
    standard = Draw("wheel", cost=10, first=FIRST, last=LAST, prizes=prizes or ALL)
    return replace(standard, **changes)


ALL: Final = (PHONE, COUPON, HUNDRED, NONE)


def only(prize: Prize, *others: Prize, **changes: Any) -> Draw:
    """A draw that draws one prize each time; ``others`` are never drawn, as no document could have them."""
    impossible = (replace(other, odds=Fraction(0)) for other in others)
    return wheel(*impossible, replace(prize, odds=Fraction(1)), **changes)


def secret(draw: str = "wheel", program: str = "demo", **changes: Any) -> DrawSeed:
    return replace(DrawSeed(program, draw, SEED, NOW), **changes)


REWARDS = {"phone": Reward("phone", 900, stock=7), "coupon": Reward("coupon", 50)}


def rules(draw: Draw, **changes: Any) -> Program:
    return program(**{"rewards": REWARDS, "draws": {draw.name: draw}} | changes)


@dataclass
class Player(Walk):
    """A walk that plays, with the count of plays that lies beside the account."""

    usage: Usage = field(default_factory=lambda: Usage("demo", "m-1", Used.DRAW, "wheel"))
    effects: list[Effect] = field(default_factory=list)

    def play(self, seed: DrawSeed | None = None, *, gone: Collection[str] = (), unannounced: bool = False) -> Entry:
        decision = play(
            self.account,
            Play(self._reference("p"), "m-1", "wheel"),
            self.context,
            seed=None if unannounced else seed or secret(),
            usage=self.usage,
            gone=gone,
        )
        self.entries.extend(decision.preceding)
        self._decided |= {entry.name: self.rules for entry in decision.preceding}
        self.effects = list(decision.effects)
        self.usage = next(effect.usage for effect in decision.effects if isinstance(effect, SetUsage))
        return self.booked(decision)

    def rules_of_version(self, version: int) -> Program:
        """Those it has played by, else the present ones."""
        decided = (rules for rules in self._decided.values() if rules.version == version)
        return next(decided, replace(self.rules, version=version))


def player(draw: Draw, points: int = 1_000, **changes: Any) -> Player:
    walk = Player(rules(draw, **changes))
    if points:
        walk.give(points)
    return walk


def script() -> dict[str, Any]:
    """What the script of the guide defines."""
    (text,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "draws.md").read_text("utf-8"), re.DOTALL)
    defined: dict[str, Any] = {"__name__": "verify"}
    exec(text, defined)  # noqa: S102 - it is ours, and to be tried as it stands there
    return defined
