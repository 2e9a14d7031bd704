"""Plays followed again: what the seed, the member and the number of each draw, and whether that is what was given."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from points.domain.auditing.findings import CANNOT_FOLLOW, Finding
from points.domain.calendar import local_day
from points.domain.ledger.draws import DrawSeed, may_close
from points.domain.ledger.entries import Entry, EntryName, Kind, Line
from points.domain.movements.playing import order_reference
from points.domain.program.drawing import drawn_prize
from points.domain.program.draws import Draw, shelf_of
from points.domain.program.program import Program


def play_findings(
    entries: Sequence[Entry], versions: Callable[[int], Program], seeds: Callable[[str], DrawSeed | None]
) -> Iterator[Finding]:
    """``entries`` are all of one account, in the order of the chain."""
    played: Counter[str] = Counter()
    drawn = {entry.name: entry for entry in entries if entry.kind is Kind.REDEEM and "drawn" in entry.details}
    for entry in entries:
        if entry.kind is not Kind.PLAY:
            continue
        draw = str(entry.details.get("draw"))
        played[draw] += 1
        try:
            program = versions(entry.program_version)
            problems = list(_problems(entry, program, seeds(draw), played[draw], drawn))
        except CANNOT_FOLLOW as error:
            problems = [("play_wrong", f"{type(error).__name__}: {error}")]
        for code, message in problems:
            yield Finding(entry.program, entry.member, str(entry.name), code, message)
    for name, order in drawn.items():
        yield Finding(order.program, order.member, str(name), "play_missing", "no play drew it")


def _problems(
    entry: Entry, program: Program, seed: DrawSeed | None, number: int, drawn: dict[EntryName, Entry]
) -> Iterator[tuple[str, str]]:
    """(code, what is wrong). Takes the order of the play out of ``drawn``."""
    details = entry.details
    draw = program.draws[str(details.get("draw"))]
    order = drawn.pop(EntryName(Kind.REDEEM, order_reference(draw.name, number)), None)
    if seed is None:
        yield "seed_missing", f"there is no seed of {draw.name}"
        return
    if details.get("number") != number:
        yield "play_wrong", f"says it is play {details.get('number')} of {draw.name}, and is {number}"
    if details.get("seed_digest") != seed.digest:
        yield "seed_wrong", f"was announced with {details.get('seed_digest')}, the seed has {seed.digest}"
    prize = drawn_prize(draw, seed.seed, entry.program, entry.member, number)
    if details.get("prize") != prize.name:
        yield "play_wrong", f"gave {details.get('prize')}, the seed draws {prize.name}"
    instead = draw.instead_of(prize)
    given = prize if "given" not in details or instead is None else instead
    if details.get("given", prize.name) != given.name:
        yield "play_wrong", f"gave {details.get('given')} instead of {prize.name}"
    paid = (Line(given.name, given.points),) if given.points else ()
    said = (details.get("cost"), entry.lines, details.get("reward"), bool(details.get("prize_limited")))
    if said != (draw.cost, paid, given.reward, given.stock is not None):
        yield "play_wrong", f"says {said} of {given.name}"
    reveals_at, day = seed.reveals_at(), local_day(entry.at, program.zone)
    if not draw.has_begun(day) or draw.is_over(day) or (reveals_at is not None and entry.at >= reveals_at):
        yield "play_wrong", f"was not booked while {draw.name} was open"
    yield from _order_problems(order, draw, given.reward, given.name)


def _order_problems(order: Entry | None, draw: Draw, reward: str | None, prize: str) -> Iterator[tuple[str, str]]:
    if (order is None) != (reward is None):
        yield "order_wrong", f"{prize} has {'no order' if order is None else 'an order, and is no reward'}"
    elif order is not None:
        said = tuple(order.details.get(name) for name in ("reward", "quantity", "price", "drawn"))
        if said != (reward, 1, 0, shelf_of(draw.name, prize)):
            yield "order_wrong", f"the order of {prize} says {said}"


def seed_findings(seed: DrawSeed, versions: Callable[[int], Program]) -> Iterator[Finding]:
    """A draw is closed after its last day, and by the version that says so."""
    if seed.closed_at is None:
        return
    try:
        program = versions(seed.closed_version or 0)
        over = may_close(program.draws[seed.draw], program.zone, seed.closed_at)
    except CANNOT_FOLLOW:
        over = False
    if not over:
        yield Finding(seed.program, "", f"seed of {seed.draw}", "closed_wrong", "was closed before it was over")
