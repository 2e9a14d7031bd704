"""What one version of a program leaves to the next, and what the next may not change, because the ledger rests on it.

Members' counters, shared counters and tiers are kept by name. So a name means one thing for as long as anything is kept
under it, whether or not every version in between had it: what leaves a program is remembered as a departure.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from points.domain.calendar import local_day
from points.domain.errors import Fault
from points.domain.limits import MAX_RETIRED
from points.domain.program.auctions import Auction
from points.domain.program.draws import Draw, prize_of, shelf_of
from points.domain.program.owners import Owner
from points.domain.program.program import Program
from points.domain.program.rewards import ENTITLING, Reward
from points.domain.program.tiers import Tiers

KEPT_DAYS: Final = 30
"""How long members' counters outlive the rule, task, campaign or risk rule that they were counted by: a version that is
rolled back in this time forgets nothing."""

MARGIN: Final = timedelta(minutes=1)
"""Some moments after a publish, functions still work by the version before, and drop counters as that says."""

LEVELS: Final = "levels"
"""The name under which the levels of a program that gave up its tiers are remembered, all together."""


class Kept(StrEnum):
    """What is kept under a name: counters of members, counters that members share, levels that members are on,
    what rewards have made them, bids, what a draw promised and has given."""

    OWNER = "OWNER"
    STOCK = "STOCK"
    DAILY = "DAILY"
    BUDGET = "BUDGET"
    TIER = "TIER"
    PRIZE = "PRIZE"
    DRAW = "DRAW"
    ENTITLED = "ENTITLED"
    AUCTION = "AUCTION"


_LAST_DAY: Final = " until "

type Name = tuple[Kept, str]


@dataclass(frozen=True, slots=True)
class Limit:
    """How much there is of something for all members together, shared out over so many counters."""

    shards: int
    amount: int

    def share(self, shard: int) -> int:
        """This shard's part: all alike, and the first ones take what does not divide."""
        each, rest = divmod(self.amount, self.shards)
        return each + (shard < rest)


@dataclass(frozen=True, slots=True)
class Departure:
    """What left a program ``on`` a day. ``counts`` is what an owner's counters mean, the names of levels, the kind of a
    reward that made members something, or the terms of an auction; ``shards`` and ``amount`` are those of a stock,
    budget or prize. ``over``: the owner had no days left to count. Of a draw, ``counts`` is its terms and its last day,
    ``amount`` the last version that had it."""

    kind: Kept
    name: str
    on: date
    counts: str = ""
    shards: int = 0
    amount: int = 0
    over: bool = False


@dataclass(frozen=True, slots=True)
class Inheritance:
    """What the versions before leave to one: see :class:`Program`."""

    counts_from: date | None = None
    retired: Mapping[str, date] = field(default_factory=dict)


def inheritance(before: Program | None, after: Program, now: datetime) -> Inheritance:
    """Of ``after``, published over ``before`` at ``now``."""
    if before is None:
        return Inheritance()
    today = local_day(now, after.zone)
    counts_from = before.counts_from
    if after.backdating_days > before.backdating_days:
        # Of the days before, counters have been dropped: they are not opened again.
        oldest = local_day(now + MARGIN - timedelta(days=before.backdating_days), before.zone)
        counts_from = oldest if counts_from is None else max(counts_from, oldest)
    gone = {**before.retired, **{name: today for name in before.owners if name not in after.owners}}
    recently = today - timedelta(days=KEPT_DAYS)
    retired = {name: day for name, day in gone.items() if name not in after.owners and day >= recently}
    return Inheritance(counts_from, retired)


def departures(before: Program, after: Program, now: datetime) -> Iterator[Departure]:
    """What leaves with ``after``."""
    today = local_day(now, before.zone)
    for owner in before.owners.values():
        if owner.name not in after.owners:
            over = _is_over(owner, before, now)
            yield Departure(Kept.OWNER, owner.name, today, counts=owner.counts, over=over)
    # It may be played, by functions that have not seen this version yet, when its first day comes the next moment.
    begun_by = local_day(now + MARGIN, before.zone)
    remaining = limits_of(after)
    for (kind, name), limit in _counted_limits(before, begun_by).items():
        if (kind, name) not in remaining:
            yield Departure(kind, name, today, shards=limit.shards, amount=limit.amount)
    for auction in before.auctions.values():
        if auction.name not in after.auctions and _can_have_bids(auction, now):
            yield Departure(Kept.AUCTION, auction.name, today, counts=auction.terms)
    for reward in before.rewards.values():
        if reward.kind in ENTITLING and reward.name not in after.rewards:
            yield Departure(Kept.ENTITLED, reward.name, today, counts=reward.kind.value)
    for draw in before.draws.values():
        if draw.name not in after.draws and draw.has_begun(begun_by):
            yield Departure(Kept.DRAW, draw.name, today, counts=_promise(draw), amount=before.version)
    if before.tiers is not None and after.tiers is None:
        yield Departure(Kept.TIER, LEVELS, today, counts=",".join(sorted(_level_names(before.tiers))))


def returning(before: Program | None, after: Program) -> Collection[Name]:
    """The names in ``after`` that an earlier version may have had, but not ``before``."""
    owners = set[str]() if before is None else before.owners.keys()
    limits = {} if before is None else limits_of(before)
    names: set[Name] = {(Kept.OWNER, name) for name in after.owners.keys() - owners}
    names |= limits_of(after).keys() - limits.keys()
    auctions = set[str]() if before is None else before.auctions.keys()
    names |= {(Kept.AUCTION, name) for name in after.auctions.keys() - auctions}
    rewards = set[str]() if before is None else before.rewards.keys()
    names |= {(Kept.ENTITLED, name) for name in after.rewards.keys() - rewards}
    names |= {(Kept.DRAW, name) for name in after.draws.keys() - (set() if before is None else before.draws.keys())}
    if after.tiers is not None and (before is None or before.tiers is None):
        names.add((Kept.TIER, LEVELS))
    return names


def broken_promises(
    before: Program, after: Program, departed: Mapping[Name, Departure], now: datetime
) -> Iterator[Fault]:
    """The faults of publishing ``after`` (with its inheritance) over ``before`` at ``now``; ``departed`` is what is
    known of the names that :func:`returning` asks for."""
    if before.zone.key != after.zone.key:
        # Lots, windows and expiries are days of this zone: in another, an expired lot could be alive again.
        yield Fault("/time_zone", "time_zone_fixed", f"must stay {before.zone.key}")
    if before.currency != after.currency:
        yield Fault("/currency", "currency_fixed", "must stay as it is: amounts are stored in its minor units")
    if before.week_starts_on != after.week_starts_on:
        message = "must stay as it is: weeks have been counted by it, and others would begin with nothing counted"
        yield Fault("/week_starts_on", "week_start_fixed", message)
    if len(after.retired) > MAX_RETIRED:
        message = f"{len(after.retired)} names were given up in {KEPT_DAYS} days, {MAX_RETIRED} may: keep ids, or wait"
        yield Fault("/rules", "too_many_given_up", message)
    for path, owner in _with_paths(after):
        yield from _owner_faults(path, owner, before, after, departed.get((Kept.OWNER, owner.name)), now)
    limits = _counted_limits(before, local_day(now + MARGIN, before.zone))
    for path, name, limit in _limits_with_paths(after):
        known = limits.get(name)
        if known is None and (departure := departed.get(name)) is not None:
            known = Limit(departure.shards, departure.amount)
        if known is not None:
            yield from _limit_faults(path, name[0], known, limit)
    for auction in after.auctions.values():
        yield from _auction_faults(auction, before, departed.get((Kept.AUCTION, auction.name)), now)
    for reward in after.rewards.values():
        yield from _kind_faults(reward, before.rewards.get(reward.name), departed.get((Kept.ENTITLED, reward.name)))
    for draw in after.draws.values():
        yield from _draw_faults(draw, before.draws.get(draw.name), departed.get((Kept.DRAW, draw.name)), after, now)
    if after.tiers is not None:
        yield from _level_faults(before.tiers, after.tiers, departed.get((Kept.TIER, LEVELS)))


def _owner_faults(
    path: str, owner: Owner, before: Program, after: Program, departure: Departure | None, now: datetime
) -> Iterator[Fault]:
    known = before.owners.get(owner.name)
    counts = known.counts if known is not None else departure.counts if departure is not None else owner.counts
    if counts != owner.counts:
        yield Fault(f"{path}/id", "counts_fixed", f"has counted as {counts}: give what counts otherwise another id")
    elif _is_over(owner, after, now):
        return
    elif known is not None and _is_over(known, before, now):
        yield Fault(f"{path}/to", "already_over", f"was over on {known.last}: give what is new an id of its own")
    elif departure is not None and known is None:
        gone_for = local_day(now, after.zone) - departure.on
        if departure.over or gone_for > timedelta(days=KEPT_DAYS):
            message = f"was given up on {departure.on} and what it counted is gone: give what is new an id of its own"
            yield Fault(f"{path}/id", "id_given_up", message)


def _is_over(owner: Owner, program: Program, now: datetime) -> bool:
    """No event can occur on its days any more."""
    earliest = local_day(now - timedelta(days=program.backdating_days), program.zone)
    if program.counts_from is not None:
        earliest = max(earliest, program.counts_from)
    return owner.last is not None and owner.last < earliest


def _limit_faults(path: str, kind: Kept, before: Limit, after: Limit) -> Iterator[Fault]:
    """What is taken of a stock or budget is counted per shard, each against its share; that of a day begins anew."""
    what = "budget" if kind is Kept.BUDGET else "stock"
    if before.shards != after.shards:
        message = f"must stay {before.shards}: it has been counted by them"
        yield Fault(f"{path}/{what}_shards", f"{what}_shards_fixed", message)
    elif after.amount < before.amount and after.shards > 1 and kind is not Kept.DAILY:
        message = f"cannot become less than {before.amount} while {after.shards} counters share it"
        yield Fault(f"{path}/{what}", f"{what}_reduced", message)
    elif after.amount < before.amount and kind is Kept.PRIZE:
        message = f"cannot become less than {before.amount}, which has been promised: the draw has begun"
        yield Fault(f"{path}/{what}", f"{what}_reduced", message)


def _draw_faults(
    draw: Draw, known: Draw | None, departure: Departure | None, after: Program, now: datetime
) -> Iterator[Fault]:
    """Before its first day a draw may become anything. From then on its terms are a promise, and once its last day is
    over it stays over: its seed may be known."""
    # Some moments after a publish, functions still play by the version before.
    today = local_day(now + MARGIN, after.zone)
    if known is not None:
        if not known.has_begun(today):
            return
        promise = _promise(known)
    elif departure is not None:
        promise = departure.counts
    else:
        return
    terms, _, last = promise.partition(_LAST_DAY)
    if draw.terms() != terms:
        message = "has begun: its first day, its cost, its prizes and their odds stay as they are; give it another id"
        yield Fault(f"/draws/{draw.name}", "draw_begun", message)
    if draw.last.isoformat() != last and today > date.fromisoformat(last):
        message = f"was over on {last} and its seed may be known: give what is new an id of its own"
        yield Fault(f"/draws/{draw.name}/to", "draw_over", message)


def _promise(draw: Draw) -> str:
    return f"{draw.terms()}{_LAST_DAY}{draw.last.isoformat()}"


def _auction_faults(auction: Auction, before: Program, departure: Departure | None, now: datetime) -> Iterator[Fault]:
    known, terms = before.auctions.get(auction.name), None
    if known is not None and _can_have_bids(known, now):
        terms = known.terms
    elif known is None and departure is not None:
        terms = departure.counts
    if terms is not None and terms != auction.terms:
        message = f"bids may have been made on {terms}: give what is new a name of its own"
        yield Fault(f"/auctions/{auction.name}", "auction_fixed", message)


def _can_have_bids(auction: Auction, now: datetime) -> bool:
    return auction.opens_at <= now + MARGIN


def _kind_faults(reward: Reward, known: Reward | None, departure: Departure | None) -> Iterator[Fault]:
    """What a reward has made members is kept by its name, and means what its kind says. Any other reward may become
    something else: its orders say themselves what they gave."""
    kind = departure.counts if known is None and departure is not None else None
    if known is not None and known.kind in ENTITLING:
        kind = known.kind.value
    if kind is not None and reward.kind != kind:
        message = f"must stay {kind}, which it has made members: give what is new a name of its own"
        yield Fault(f"/rewards/{reward.name}/kind", "kind_fixed", message)


def _level_faults(before: Tiers | None, after: Tiers, departure: Departure | None) -> Iterator[Fault]:
    names = set[str]() if before is None else _level_names(before)
    if before is None and departure is not None:
        names |= set(departure.counts.split(","))
    lost = sorted(names - _level_names(after))
    if lost:
        message = f"members are on {', '.join(lost)}: name the level they are on from now in its formerly"
        yield Fault("/tiers/levels", "level_dropped", message)


def _level_names(tiers: Tiers) -> set[str]:
    return {name for level in tiers.levels for name in (level.name, *level.formerly)}


def is_there(program: Program, name: Name) -> bool:
    kind, text = name
    match kind:
        case Kept.OWNER:
            return text in program.owners
        case Kept.TIER:
            return program.tiers is not None
        case Kept.AUCTION:
            return text in program.auctions
        case Kept.ENTITLED:
            return text in program.rewards
        case Kept.DRAW:
            return text in program.draws
        case _:
            return name in limits_of(program)


def daily(reward: str, day: str) -> str:
    """The name under which what there is of a reward on one day is counted. No name of a reward has a ``/`` in it."""
    return f"{reward}/{day}"


def limits_of(program: Program) -> dict[Name, Limit]:
    """Every limited stock, every budget and every limited prize."""
    return {name: limit for _, name, limit in _limits_with_paths(program)}


def _counted_limits(program: Program, today: date) -> dict[Name, Limit]:
    """Those of which something may have been taken: not prizes of draws that have not begun."""
    limits = limits_of(program)
    coming = {draw.name for draw in program.draws.values() if not draw.has_begun(today)}
    return {name: limit for name, limit in limits.items() if not _is_prize_of(name, coming)}


def _is_prize_of(name: Name, draws: Collection[str]) -> bool:
    kind, text = name
    return kind is Kept.PRIZE and prize_of(text)[0] in draws


def _limits_with_paths(program: Program) -> Iterator[tuple[str, Name, Limit]]:
    for reward in program.rewards.values():
        if reward.stock is not None:
            yield f"/rewards/{reward.name}", (Kept.STOCK, reward.name), Limit(reward.stock_shards, reward.stock)
        if reward.stock_per_day is not None:
            yield f"/rewards/{reward.name}", (Kept.DAILY, reward.name), Limit(reward.stock_shards, reward.stock_per_day)
    for index, campaign in enumerate(program.campaigns):
        if campaign.budget is not None:
            limit = Limit(campaign.budget_shards, campaign.budget)
            yield f"/campaigns/{index}", (Kept.BUDGET, campaign.name), limit
    for draw in program.draws.values():
        for index, prize in enumerate(draw.prizes):
            if prize.stock is not None:
                limit = Limit(prize.stock_shards, prize.stock)
                yield f"/draws/{draw.name}/prizes/{index}", (Kept.PRIZE, shelf_of(draw.name, prize.name)), limit


def _with_paths(program: Program) -> Iterator[tuple[str, Owner]]:
    lists: tuple[tuple[str, Iterable[str]], ...] = (
        ("rules", (rule.name for rule in program.rules)),
        ("tasks", (task.name for task in program.tasks)),
        ("campaigns", (campaign.name for campaign in program.campaigns)),
        ("risk", (rule.name for rule in program.risk)),
    )
    for place, names in lists:
        for index, name in enumerate(names):
            yield f"/{place}/{index}", program.owners[name]
