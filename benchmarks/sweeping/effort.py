"""What handling accounts takes, counted from the items that would be sent.

A write that replaces an item counts for the larger of the two. One that only sets a timer never makes it larger: what
it sets was set before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Self

from points.adapters.dynamodb.item_size import KILOBYTE, history_write_units, item_size, transaction_write_units
from points.adapters.dynamodb.models import AccountItem, EntryItem, NoticeItem, TierItem
from points.application.ports import Timer
from points.domain.evaluation.standing import tier_change
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Decision
from points.domain.reminding.notices import Notice

READ_KILOBYTES = 4
"""A read unit is so many kilobytes of an item read consistently, twice as many otherwise."""

type Item = Mapping[str, Mapping[str, Any]]


@dataclass(slots=True)
class Effort:
    """Summed over the accounts that one index led to. ``index_writes`` are changes of that index, ``write_units`` hold
    them and everything else. ``account_reads`` are in read units, and so are ``profile_reads``. ``updates`` are writes
    of one item that only set a timer."""

    accounts: int = 0
    account_bytes: int = 0
    row_bytes: int = 0
    account_reads: int = 0
    profile_reads: int = 0
    transactions: int = 0
    updates: int = 0
    entries: int = 0
    notices: int = 0
    write_units: int = 0
    index_writes: int = 0

    def add(self, other: Self) -> None:
        for name in _FIELDS:
            setattr(self, name, getattr(self, name) + getattr(other, name))


_FIELDS = tuple(field.name for field in fields(Effort))


def of_booking(decision: Decision) -> Effort:
    """An account brought up to date by :func:`points.domain.movements.expiring.bring_up_to_date`."""
    assert not decision.effects, "an exchange is not counted here"
    before, after = decision.before, decision.account
    stored = AccountItem.of(before).item()
    entries: list[Item] = [EntryItem.of(entry).item() for entry in decision.entries]
    items: list[Item] = [_larger(stored, AccountItem.of(after).item()), *entries]
    if (change := tier_change(before, after, seq=decision.entry.seq)) is not None:
        items.append(TierItem.of(after.program, after.member, change).item())
    effort = _found(stored, Timer.DUE)
    effort.transactions, effort.entries = 1, len(entries)
    effort.write_units = transaction_write_units(items) + history_write_units(items) + _all_moved(before, after)
    effort.index_writes = moved(before, after, Timer.DUE)
    return effort


def of_notices(before: Account, after: Account, notices: Sequence[Notice]) -> Effort:
    """Notices kept and the account's next reminder set, in one transaction."""
    stored = AccountItem.of(before).item()
    items: list[Item] = [stored, *(NoticeItem.of(notice).item() for notice in notices)]
    effort = _found(stored, Timer.REMIND)
    effort.profile_reads = 1
    effort.transactions, effort.notices = 1, len(notices)
    effort.write_units = transaction_write_units(items) + _all_moved(before, after)
    effort.index_writes = moved(before, after, Timer.REMIND)
    return effort


def of_timer(before: Account, after: Account, timer: Timer, *, profile_reads: int = 0) -> Effort:
    """A timer set and nothing else: a single write, where there is anything to set."""
    stored = AccountItem.of(before).item()
    effort = _found(stored, timer)
    effort.profile_reads = profile_reads
    if before != after:
        effort.updates = 1
        effort.write_units = -(-item_size(stored) // KILOBYTE) + _all_moved(before, after)
        effort.index_writes = moved(before, after, timer)
    return effort


def moved(before: Account, after: Account, timer: Timer) -> int:
    """Writes of that index: its row goes, and comes elsewhere."""
    was, is_now = _moment(before, timer), _moment(after, timer)
    return 0 if was == is_now else (was is not None) + (is_now is not None)


def _moment(account: Account, timer: Timer) -> datetime | None:
    return account.due_at if timer is Timer.DUE else account.remind_at


def _all_moved(before: Account, after: Account) -> int:
    return sum(moved(before, after, timer) for timer in Timer)


def _found(stored: Item, timer: Timer) -> Effort:
    """The account's row in the index, and the account read."""
    size = item_size(stored)
    row = {name: stored[name] for name in ("pk", "sk", f"{timer}_shard", f"{timer}_at")}
    return Effort(
        accounts=1,
        account_bytes=size,
        row_bytes=item_size(row),
        account_reads=-(-size // (READ_KILOBYTES * KILOBYTE)),
    )


def _larger(one: Item, other: Item) -> Item:
    """Of an item before and after: a write that replaces it counts for that one."""
    return max(one, other, key=item_size)
