"""What a member had of things there is only so much of for each, told again from the entries that counted it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from points.domain.auditing.findings import Finding
from points.domain.calendar import local_day
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.ledger.orders import CANCELLATION
from points.domain.ledger.usage import Usage, Used


@dataclass(frozen=True, slots=True)
class _Count:
    """So many were had of something on a day; less, where negative."""

    kind: Used
    name: str
    count: int
    on: date


def usages_told(entries: Sequence[Entry], zone: ZoneInfo) -> dict[tuple[Used, str], Usage]:
    """``entries`` are all of one account, in the order of the chain."""
    told: dict[tuple[Used, str], Usage] = {}
    by_name = {entry.name: entry for entry in entries}
    for entry in entries:
        for each in _counts(entry, by_name, zone):
            place = (each.kind, each.name)
            before = told.get(place) or Usage(entry.program, entry.member, each.kind, each.name)
            told[place] = before.counted(each.count, each.on)
    return told


def usage_findings(
    program: str, member: str, entries: Sequence[Entry], usages: Iterable[Usage], zone: ZoneInfo
) -> Iterator[Finding]:
    """What is counted is what was had."""
    found = {(usage.kind, usage.name): usage for usage in usages}
    told = usages_told(entries, zone)
    for kind, name in sorted(found.keys() | told.keys()):
        if found.get((kind, name)) != told.get((kind, name)):
            message = f"says {found.get((kind, name))}, the entries say {told.get((kind, name))}"
            yield Finding(program, member, f"{kind} {name}", "usage_wrong", message)


def _counts(entry: Entry, by_name: dict[EntryName, Entry], zone: ZoneInfo) -> Iterator[_Count]:
    if entry.kind is Kind.REDEEM:
        yield from _of_reward(entry, 1, zone)
    elif entry.kind is Kind.BID and entry.details.get("counted"):
        yield _Count(Used.AUCTION, str(entry.details.get("auction")), 1, local_day(entry.at, zone))
    elif entry.kind is Kind.PLAY:
        yield _Count(Used.DRAW, str(entry.details.get("draw")), 1, local_day(entry.at, zone))
    elif entry.name.reverses is not None and entry.reference == CANCELLATION:
        original = by_name.get(entry.name.reverses)
        if original is not None:
            yield from _of_reward(original, -1, zone)


def _of_reward(entry: Entry, sign: int, zone: ZoneInfo) -> Iterator[_Count]:
    quantity = entry.details.get("quantity")
    if entry.details.get("counted") and isinstance(quantity, int):
        yield _Count(Used.REWARD, str(entry.details.get("reward")), sign * quantity, local_day(entry.at, zone))
