"""Counters retold: what an entry counted, from what it says and the version that decided it."""

from collections.abc import Callable, Mapping, Sequence

from points.domain.calendar import local_day
from points.domain.evaluation.evaluation import PAID, PROGRESS, points_each
from points.domain.evaluation.offsetting import counted_for_order
from points.domain.evaluation.pricing import with_redemption
from points.domain.evaluation.retention import current_counters, roomy
from points.domain.evaluation.standing import counted, counted_back
from points.domain.evaluation.undoing import Part, occurred_at, undo
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, is_unasked
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.money import Rounding, divide
from points.domain.movements.part_payments import held_on, offset_of
from points.domain.movements.referring import INVITATION_LINE, REWARDS
from points.domain.movements.reversing import nominal_reversed, original_points
from points.domain.program.caps import Cap
from points.domain.program.program import Program
from points.domain.program.risk import Velocity
from points.domain.program.rules import PerOccurrences, Rule, Streak
from points.domain.program.streaks import run_through, with_day
from points.domain.program.windows import Counters, Window, counter_key


def recounted(
    counters: Counters,
    entry: Entry,
    program: Program,
    versions: Callable[[int], Program],
    by_name: Mapping[EntryName, Entry],
) -> Counters:
    """The counters after ``entry``; ``program`` is the version that decided it, ``by_name`` has all entries up to
    it."""
    match entry.kind:
        case Kind.EARN:
            return _event(counters, entry, program)
        # Nobody asked for what expiring points bought, or what came with a pack.
        case Kind.REDEEM | Kind.HOLD if not is_unasked(entry.details):
            found = dict(_kept(counters, entry, program))
            _velocities(found, entry, program, None, {Velocity.REDEMPTIONS: 1})
            return with_redemption(found, 1) if entry.kind is Kind.REDEEM else found
        case Kind.CAPTURE:
            return _paid(counters, entry, entry, program, _number(entry, "points"))
        case Kind.REFERRED | Kind.REFERRAL | Kind.REFERRAL_REWARD:
            return _invitation(counters, entry, program)
        case Kind.REVERSAL if entry.name.reverses is not None:
            return _refund(counters, entry, program, versions, by_name)
        case _:
            return counters


def _kept(counters: Counters, entry: Entry, program: Program) -> Counters:
    context = Context(program, entry.at, entry.actor, entry.fingerprint)
    return current_counters(Account(entry.program, entry.member, counters=counters), context)


def _event(counters: Counters, entry: Entry, program: Program) -> Counters:
    found = dict(_kept(counters, entry, program))
    behaviour = str(entry.details.get("behaviour"))
    lines = {line.rule: line.points for line in entry.lines}
    for rule in program.rules_of(behaviour):
        found = _by_rule(found, entry, program, rule, lines.get(rule.name, 0))
    for campaign in program.campaigns:
        if campaign.name in lines:
            _under_caps(found, entry, program, campaign.name, campaign.caps, lines[campaign.name], 1)
    for task in program.tasks:
        if step := _counted(entry, task.name):
            _add(found, _key(entry, program, task.name, PROGRESS, task.window), step)
        if task.name in lines:
            found[_key(entry, program, task.name, PAID, task.window)] = lines[task.name]
    points = sum(lines.values())
    _velocities(found, entry, program, behaviour, {Velocity.EVENTS: 1, Velocity.POINTS: points})
    day = local_day(occurred_at(entry), program.zone)
    core = program.behaviours[behaviour].core if behaviour in program.behaviours else False
    spend_minor = _number(entry, "amount_minor") if core else 0
    return roomy(counted(found, program, day=day, points=points, spend_minor=spend_minor), program)


def _by_rule(found: dict[str, int], entry: Entry, program: Program, rule: Rule, points: int) -> dict[str, int]:
    step = _counted(entry, rule.name)
    if points:
        times = divide(points, points_each(rule.value, points), Rounding.UP)
        _under_caps(found, entry, program, rule.name, rule.caps, points, times)
    if not points and step is None:
        return found
    match rule.value:
        case PerOccurrences(points=each, every=every):
            rounds = points // each if step is None else step
            _add(found, f"{rule.name}/n", _number(entry, "quantity", 1) - rounds * every)
        case Streak():
            day = local_day(occurred_at(entry), program.zone)
            if run_through(found, rule.name, day) is None:
                return dict(with_day(found, rule.name, day)[0])
        case _:
            pass
    return found


def _under_caps(
    found: dict[str, int], entry: Entry, program: Program, owner: str, caps: Sequence[Cap], points: int, times: int
) -> None:
    for cap in caps:
        if cap.occurrences is not None:
            _add(found, _key(entry, program, owner, "c", cap.window), times)
        if cap.points is not None:
            _add(found, _key(entry, program, owner, "p", cap.window), points)


def _velocities(
    found: dict[str, int], entry: Entry, program: Program, behaviour: str | None, additions: Mapping[Velocity, int]
) -> None:
    for rule in program.risk:
        addition = additions.get(rule.counted, 0)
        if addition and (not rule.behaviours or behaviour in rule.behaviours):
            _add(found, _key(entry, program, rule.name, "v", rule.window), addition)


def _invitation(counters: Counters, entry: Entry, program: Program) -> Counters:
    if entry.kind is Kind.REFERRAL and not entry.details.get("rewarded"):
        return counters
    found = dict(counters if entry.kind is Kind.REFERRED else _kept(counters, entry, program))
    if entry.kind is not Kind.REFERRED:
        _add(found, REWARDS, 1)
    points = sum(line.points for line in entry.lines if line.rule == INVITATION_LINE)
    return counted(found, program, day=local_day(entry.at, program.zone), points=points) if points else found


def _refund(
    counters: Counters,
    entry: Entry,
    program: Program,
    versions: Callable[[int], Program],
    by_name: Mapping[EntryName, Entry],
) -> Counters:
    name = entry.name.reverses
    original = None if name is None else by_name.get(name)
    if original is not None and original.kind is Kind.CAPTURE:
        return _paid(counters, entry, original, program, -_number(entry, "nominal"))
    if original is not None and original.kind is Kind.REDEEM and not is_unasked(original.details):
        return with_redemption(counters, -1)
    if name is None or original is None or name.kind not in (Kind.EARN, Kind.REFERRAL_REWARD):
        return counters
    decided = versions(original.program_version)
    nominal = _number(entry, "nominal")
    if name.kind is Kind.REFERRAL_REWARD:
        day = local_day(original.at, program.zone)
        found = dict(counted_back(_kept(counters, entry, program), decided, day=day, points=nominal))
        _add(found, REWARDS, -1)
        return found
    earlier = [each for each in by_name.values() if each.name.reverses == name and each.seq < entry.seq]
    before = nominal_reversed(earlier)
    part = Part(
        before=before,
        after=before + nominal,
        total=original_points(original, decided),
        amount_minor=_number(entry, "amount_minor"),
        last=bool(entry.details.get("last")),
    )
    undone = undo(_kept(counters, entry, program), original, part, decided=decided, live=program)
    bonuses = entry.details.get("bonuses")
    behaviour = decided.behaviours.get(str(original.details.get("behaviour")))
    return counted_back(
        undone.counters,
        decided,
        day=local_day(occurred_at(original), program.zone),
        points=nominal,
        spend_minor=part.amount_minor if behaviour is not None and behaviour.core else 0,
        bonuses=sum(map(int, map(str, bonuses.values()))) if isinstance(bonuses, Mapping) else 0,
    )


def _paid(counters: Counters, entry: Entry, captured: Entry, program: Program, points: int) -> Counters:
    """Points of a capture that paid part of an order, counted for the day they were held on."""
    if offset_of(captured) is None:
        return counters
    today = local_day(entry.at, program.zone)
    return counted_for_order(_kept(counters, entry, program), points, held_on=held_on(captured), today=today)


def _counted(entry: Entry, owner: str) -> int | None:
    counted = entry.details.get("counted")
    count = counted.get(owner) if isinstance(counted, Mapping) else None
    return count if isinstance(count, int) else None


def _number(entry: Entry, name: str, default: int = 0) -> int:
    value = entry.details.get(name, default)
    return value if isinstance(value, int) else default


def _key(entry: Entry, program: Program, owner: str, what: str, window: Window) -> str:
    at = occurred_at(entry).astimezone(program.zone)
    return counter_key(owner, what, window, at, week_starts_on=program.week_starts_on)


def _add(found: dict[str, int], key: str, count: int) -> None:
    if left := found.pop(key, 0) + count:
        found[key] = left
