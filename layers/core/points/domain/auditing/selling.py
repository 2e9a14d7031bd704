"""What accounts took of things that many members share, against what their counters counted."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from points.domain.auditing.findings import CANNOT_FOLLOW, Finding
from points.domain.evaluation.undoing import Part
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.movements.reversing import nominal_reversed, original_points
from points.domain.program.draws import shelf_of
from points.domain.program.program import Program
from points.domain.program.succession import Kept, Limit, daily

type Sum = Counter[tuple[str, Kept, str]]
"""Units of each (program, STOCK, reward), (program, DAILY, reward and day) and (program, PRIZE, draw/prize), points of
each (program, BUDGET,
campaign)."""


def limited_sales(entries: Iterable[Entry]) -> Sum:
    """Units of limited rewards and prizes that one account took off the shelf and did not bring back."""
    entries = list(entries)
    sold: Sum = Counter()
    cancelled = {entry.name.reverses for entry in entries if entry.name.reverses is not None}
    for entry in entries:
        if entry.kind is Kind.PLAY and entry.details.get("prize_limited") and _order_of(entry) not in cancelled:
            details = entry.details
            prize = details.get("given", details.get("prize"))
            sold[entry.program, Kept.PRIZE, shelf_of(str(details.get("draw")), str(prize))] += 1
        if entry.name in cancelled:
            continue
        reward, quantity = str(entry.details.get("reward")), entry.details.get("quantity")
        if not isinstance(quantity, int):
            continue
        if entry.details.get("limited"):
            sold[entry.program, Kept.STOCK, reward] += quantity
        if (day := entry.details.get("of_day")) is not None:
            sold[entry.program, Kept.DAILY, daily(reward, str(day))] += quantity
    return sold


def _order_of(play: Entry) -> EntryName | None:
    """Of a prize that is a reward."""
    order = play.details.get("ordered")
    return EntryName(Kind.REDEEM, order) if isinstance(order, str) else None


def limited_payments(entries: Iterable[Entry], versions: Callable[[int], Program]) -> Sum:
    """Points that campaigns with a budget paid one account less what refunds gave back, by the version that decided
    each entry: a campaign may have a budget in one version and none in another."""
    entries = list(entries)
    paid: Sum = Counter()
    for entry in entries:
        if entry.kind is not Kind.EARN or not entry.lines:
            continue
        try:
            decided = versions(entry.program_version)
            limited = {campaign.name for campaign in decided.campaigns if campaign.budget is not None}
            total = original_points(entry, decided)
            reversed_points = nominal_reversed([each for each in entries if each.name.reverses == entry.name])
        except CANNOT_FOLLOW:
            # What it paid is then missing from a budget, if it had one, and shows there.
            continue
        part = Part(before=0, after=reversed_points, total=total, amount_minor=0, last=False)
        for line in entry.lines:
            if line.rule in limited:
                paid[entry.program, Kept.BUDGET, line.rule] += line.points - part.of(line.points)
    return paid


def sum_findings(counted: Sum, booked: Sum) -> Iterator[Finding]:
    for key in sorted(counted.keys() | booked.keys()):
        if counted[key] != booked[key]:
            program, kind, name = key
            message = f"{counted[key]} counted, {booked[key]} booked"
            yield Finding(program, "", name, f"{kind.lower()}_wrong", message)


def shard_problem(shard: int, taken: int, limit: Limit | None) -> str:
    """What is wrong with one counter, "" for nothing. Returns go to the first, which may therefore have given more than
    its share."""
    if limit is None:
        return "counts something that no version limits"
    if not 0 <= shard < limit.shards:
        return f"is not one of the {limit.shards} there are"
    if taken > limit.share(shard):
        return f"has counted {taken} of a share of {limit.share(shard)}"
    return f"has counted {taken}" if taken < 0 and shard else ""
