"""What a member had of things there is only so much of for each, told again from the entries that counted it."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from points.domain.auditing.findings import CANNOT_FOLLOW, Finding
from points.domain.calendar import local_day
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.ledger.orders import CANCELLATION
from points.domain.ledger.usage import Usage, Used
from points.domain.movements.transferring import count_of, counted_in


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
    elif entry.name.reverses is not None and entry.reference == CANCELLATION:
        original = by_name.get(entry.name.reverses)
        if original is not None:
            yield from _of_reward(original, -1, zone)
    elif entry.kind is Kind.TRANSFER_OUT:
        yield from _of_transfer(entry, 1, zone)
    elif entry.name.reverses is not None and entry.name.reverses.kind is Kind.TRANSFER_OUT:
        original = by_name.get(entry.name.reverses)
        if original is not None:
            yield from _of_transfer(original, -1, zone)


def _of_reward(entry: Entry, sign: int, zone: ZoneInfo) -> Iterator[_Count]:
    quantity = entry.details.get("quantity")
    if entry.details.get("counted") and isinstance(quantity, int):
        yield _Count(Used.REWARD, str(entry.details.get("reward")), sign * quantity, local_day(entry.at, zone))


def _of_transfer(entry: Entry, sign: int, zone: ZoneInfo) -> Iterator[_Count]:
    # What says nothing that can be followed is told of as an entry that is not what was booked.
    with suppress(*CANNOT_FOLLOW):
        counts = {counted: count_of(entry, counted) for counted in counted_in(entry)}
        for counted, count in counts.items():
            yield _Count(Used.TRANSFER, counted.value, sign * count, local_day(entry.at, zone))
