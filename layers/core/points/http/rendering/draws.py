"""Draws and plays. A seed is shown when it is revealed, and never before."""

from points.application.redemption.read_draws import ShownDraw
from points.domain.calendar import utc_text
from points.domain.ledger.entries import Entry
from points.domain.program.draws import Draw, Prize
from points.domain.program.program import Program
from points.http.edge.answering import Json
from points.http.rendering.titles import text_in


def draw_body(shown: ShownDraw, program: Program, language: str) -> Json:
    draw, seed = shown.draw, shown.seed
    reveals_at = seed.reveals_at()
    return {
        "draw": draw.name,
        "title": text_in(language, draw.title, program),
        "state": "closed" if shown.is_closed else "open" if shown.has_begun else "upcoming",
        "cost": draw.cost,
        "from": draw.first.isoformat(),
        "to": draw.last.isoformat(),
        "limits": [{"per": limit.window.value, "maximum": limit.maximum} for limit in draw.limits],
        "prizes": [_prize_body(draw, prize, shown.left.get(prize.name), program, language) for prize in draw.prizes],
        "seed_digest": seed.digest,
        "seed": seed.seed.hex() if seed.is_revealed(shown.now) else None,
        "closed_at": None if seed.closed_at is None else utc_text(seed.closed_at),
        "seed_told_at": None if reveals_at is None else utc_text(reveals_at),
    }


def _prize_body(draw: Draw, prize: Prize, left: int | None, program: Program, language: str) -> Json:
    instead = draw.instead_of(prize) if prize.stock is not None or prize.reward is not None else None
    return {
        "prize": prize.name,
        "title": text_in(language, prize.title, program),
        "odds": f"{prize.odds.numerator}/{prize.odds.denominator}",
        "points": prize.points,
        "reward": prize.reward,
        "stock": prize.stock,
        "stock_left": left,
        "instead": None if instead is None else instead.name,
    }


def play_body(entry: Entry) -> Json:
    """``prize`` is what was drawn, ``given`` what the member got: another one where that had run out."""
    details = entry.details
    return {
        "reference": entry.reference,
        "member": entry.member,
        "draw": details["draw"],
        "number": details["number"],
        "played_at": utc_text(entry.at),
        "cost": details["cost"],
        "prize": details["prize"],
        "given": details.get("given", details["prize"]),
        "points": sum(line.points for line in entry.lines),
        "reward": details.get("reward"),
        "order": details.get("ordered"),
        "seed_digest": details["seed_digest"],
        "program_version": entry.program_version,
    }
