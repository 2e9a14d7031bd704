"""What is wrong with draws: odds that are not whole, prizes that are two things, what nobody can give."""

from collections.abc import Mapping
from fractions import Fraction

from points.adapters.program_document import schema
from points.adapters.program_document.checks import Faults, of_each
from points.adapters.program_document.parts import FieldAtFault, Part, Parts, read_list
from points.domain.errors import Fault


def prizes_in(draw: Part[schema.DrawDocument]) -> list[Part[schema.PrizeDocument]]:
    path = f"{draw.path}/prizes"
    return read_list(draw.raw.get("prizes"), path, schema.PrizeDocument, most=schema.MAX_PRIZES)


def draw_faults(parts: Parts) -> Faults:
    for draw in parts.draws.values():
        prizes = prizes_in(draw)
        yield from _names(prizes)
        yield from _odds(draw, prizes)
        yield from of_each(prizes, _one_thing, lambda prize: _reward(prize, parts))
        yield from of_each(prizes, lambda prize, prizes=prizes: _instead(prize, prizes))  # type: ignore[misc]


def _names(prizes: list[Part[schema.PrizeDocument]]) -> Faults:
    seen = set[str]()
    for prize in prizes:
        try:
            name = prize.document.id
        except FieldAtFault:
            continue
        if name in seen:
            yield Fault(f"{prize.path}/id", "duplicate_name", f"{name} is already the id of a prize of this draw")
        seen.add(name)


def _odds(draw: Part[schema.DrawDocument], prizes: list[Part[schema.PrizeDocument]]) -> Faults:
    """Nothing is said of a sum of which a part cannot be read."""
    written = draw.raw.get("prizes")
    try:
        odds = [_fraction(prize.document.odds) for prize in prizes]
    except FieldAtFault:
        return
    if not odds or not isinstance(written, list) or len(odds) != len(written):
        return
    total = sum(odds, start=Fraction(0))
    if total != 1:
        yield Fault(
            f"{draw.path}/prizes", "odds_not_whole", f"the odds add up to {_text(total)}, and must to 1 exactly"
        )


def _fraction(text: str) -> Fraction:
    return Fraction(text)


def _text(total: Fraction) -> str:
    """Short also where the sum is a monster."""
    exact = str(total)
    return exact if len(exact) <= 40 else f"about {float(total):.9f}"  # noqa: PLR2004 - to be read by people


def _one_thing(prize: Part[schema.PrizeDocument]) -> Faults:
    given = [name for name in ("points", "reward", "nothing") if prize.raw.get(name) is not None]
    if len(given) != 1:
        yield Fault(prize.path, "points_reward_or_nothing", "is points, a reward, or nothing: one of them")


def _reward(prize: Part[schema.PrizeDocument], parts: Parts) -> Faults:
    name, rewards = prize.document.reward, parts.raw.get("rewards")
    if name is None:
        return
    if (rewards is None) or (isinstance(rewards, Mapping) and name not in rewards):
        yield Fault(f"{prize.path}/reward", "unknown_reward", f"the program has no reward {name}")


def _instead(prize: Part[schema.PrizeDocument], prizes: list[Part[schema.PrizeDocument]]) -> Faults:
    """What is given instead can never run out itself, so there is always an end to it."""
    document = prize.document
    if not _can_run_out(document):
        if document.instead is not None:
            yield Fault(f"{prize.path}/instead", "never_runs_out", "there is no end of this prize: nothing replaces it")
        return
    others = [other.document for other in prizes if other.whole]
    if document.instead is None:
        if all(other.whole for other in prizes) and not any(other.nothing and other.stock is None for other in others):
            message = "can run out, and no prize is nothing: name what is given instead"
            yield Fault(prize.path, "nothing_instead", message)
        return
    if any(other.id == document.instead and not _can_run_out(other) for other in others):
        return
    if all(other.whole for other in prizes):
        message = (
            "must be the id of a prize of points or of nothing, without stock: what is given instead cannot run out"
        )
        yield Fault(f"{prize.path}/instead", "wrong_instead", message)


def _can_run_out(prize: schema.PrizeDocument) -> bool:
    """A reward can: it has a stock of its own, or may have one some day."""
    return prize.stock is not None or prize.reward is not None
