"""Draws as anybody may see them: odds, prizes, what is left, the digest of the seed, and in the end the seed.

Whoever looks at a draw after its last day closes it by that. A draw that has left the program can still be looked at,
as the last version said it was, so that its plays can be followed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from points.application.ports import Page
from points.application.reading import announced_seed
from points.application.services import Services
from points.domain.errors import NotFound
from points.domain.ledger.draws import DrawSeed, may_close
from points.domain.program.draws import Draw
from points.domain.program.program import Program
from points.domain.program.succession import Kept


@dataclass(frozen=True, slots=True)
class ShownDraw:
    """``left`` is how many there are of each limited prize. ``seed`` is for those who render: it is a secret until it
    is revealed."""

    draw: Draw
    seed: DrawSeed
    now: datetime
    is_over: bool
    has_begun: bool
    left: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_closed(self) -> bool:
        return self.is_over or self.seed.closed_at is not None


def list_draws(services: Services, program: Program, *, after: str | None = None, limit: int) -> Page[ShownDraw]:
    """Those of the program as it is, by name; ``next_key`` is the last of the page."""
    names = sorted(name for name in program.draws if after is None or name > after)
    page = [program.draws[name] for name in names[:limit]]
    return Page(_shown(services, program, page), page[-1].name if len(names) > limit else None)


def read_draw(services: Services, program: Program, name: str) -> ShownDraw:
    """Raises NotFound."""
    program, draw = _found(services, program, name)
    return _shown(services, program, [draw])[0]


def _found(services: Services, program: Program, name: str) -> tuple[Program, Draw]:
    """The draw, and the program that has it: the present one, else the last one that had it."""
    if (draw := program.draws.get(name)) is not None:
        return program, draw
    version = _last_version(services, program, name)
    if version is not None:
        program = services.programs.version(program.name, version)
    draw = program.draws.get(name)
    if draw is None:
        raise NotFound(f"there is no draw {name}", resource="draw")
    return program, draw


def _last_version(services: Services, program: Program, name: str) -> int | None:
    seed = services.draws.seed(program.name, name)
    if seed is None:
        return None
    if seed.closed_version is not None:
        return seed.closed_version
    departure = services.versions.departed(program.name, [(Kept.DRAW, name)]).get((Kept.DRAW, name))
    return None if departure is None else departure.amount


def _shown(services: Services, program: Program, draws: Sequence[Draw]) -> list[ShownDraw]:
    now = services.clock.now()
    taken = services.ledger.prizes_taken(program.name, draws)
    return [_show(services, program, draw, taken, now) for draw in draws]


def _show(
    services: Services, program: Program, draw: Draw, taken: Mapping[tuple[str, str], int], now: datetime
) -> ShownDraw:
    seed = announced_seed(services, program.name, draw.name)
    if seed.closed_at is None and may_close(draw, program.zone, now):
        seed = services.draws.close(seed, at=now, version=program.version)
    today = now.astimezone(program.zone).date()
    left = {
        prize.name: max(0, prize.stock - taken.get((draw.name, prize.name), 0))
        for prize in draw.prizes
        if prize.stock is not None
    }
    return ShownDraw(draw, seed, now, draw.is_over(today), draw.has_begun(today), left)
