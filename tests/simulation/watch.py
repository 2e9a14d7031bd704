"""What must hold after every single write: told at once, so that a failure names the step that made it."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from points.adapters.dynamodb import keys
from points.adapters.dynamodb.attributes import moment
from points.adapters.dynamodb.models import NoticeItem, ProfileItem
from points.domain.ledger.entries import Kind
from points.domain.program.succession import Kept
from points.domain.reminding.notices import Notice

_WITHOUT_AN_ENTRY: Final = frozenset({"due_at", "due_shard", "remind_at", "remind_shard", "m"})
"""What may change on an account though nothing was booked: its timers, and what rules know of its member."""

type Item = Mapping[str, Mapping[str, Any]]
type Change = tuple[tuple[str, str], Item | None, Item | None]


class Broken(BaseException):
    """Something that must always hold does not. No function takes it for a failure of its own."""


@dataclass(frozen=True)
class Noticed:
    """A notice, the number of the write that put it, and the reminder that had been set on its account before."""

    notice: Notice
    write: int
    remind_at: datetime | None


@dataclass(frozen=True)
class Reachable:
    """Whether somebody may be sent reminders, and something for points that expire."""

    reminded: bool = False
    exchanging: bool = False


class Watch:
    """Looks at every write of the table. ``limits`` is how much there is of each stock and budget."""

    def __init__(self, limits: Mapping[tuple[Kept, str], int], now: Callable[[], float]) -> None:
        self.writes = 0
        self._now = now
        self._moments: list[float] = []
        self._limits = limits
        self._entries: dict[str, list[int]] = {}
        self._taken: dict[tuple[Kept, str], list[tuple[int, int]]] = {}
        self._counters: Counter[tuple[str, str]] = Counter()
        self._reachable: dict[str, list[tuple[int, Reachable]]] = {}
        self.noticed: list[Noticed] = []

    def seq_at(self, member_pk: str, writes: int) -> int:
        """How many entries the account had after so many writes."""
        return bisect_right(self._entries.get(member_pk, []), writes)

    def write_of(self, member_pk: str, seq: int) -> int:
        return self._entries[member_pk][seq - 1]

    def moment_of(self, write: int) -> float:
        return self._moments[write - 1]

    def reachable(self, member_pk: str, first: int, last: int) -> list[Reachable]:
        """All that somebody was from ``first`` to ``last``."""
        timeline = self._reachable.get(member_pk, [])
        before = bisect_right(timeline, first, key=lambda each: each[0])
        found = [reachable for write, reachable in timeline[max(0, before - 1) :] if write <= last]
        return found if before else [Reachable(), *found]

    def most_taken(self, of: tuple[Kept, str], first: int, last: int) -> int:
        """Of a stock or budget, at any moment from ``first`` to ``last``."""
        timeline = self._taken.get(of, [])
        before = bisect_right(timeline, (first, 10**18))
        until = bisect_right(timeline, (last, 10**18))
        return max((taken for _, taken in timeline[max(0, before - 1) : until]), default=0)

    def writes_at(self, seconds: float) -> int:
        """How many writes there had been by then."""
        return bisect_right(self._moments, seconds)

    def __call__(self, changes: Sequence[Change]) -> None:
        self.writes += 1
        self._moments.append(self._now())
        entries: dict[str, list[Item]] = {}
        for (pk, sk), old, new in changes:
            if sk.startswith((keys.ENTRY_PREFIX, keys.NOTICE_PREFIX)):
                if old is not None or new is None:
                    raise Broken(f"an entry or notice was changed or deleted: {pk} {sk}")
                if sk.startswith(keys.ENTRY_PREFIX):
                    entries.setdefault(pk, []).append(new)
        for (pk, sk), old, new in changes:
            if sk == keys.ACCOUNT:
                self._account(pk, old, new, entries.pop(pk, []))
            elif sk in (Kept.STOCK, Kept.BUDGET):
                self._counter(pk, Kept(sk), old, new)
            elif sk == keys.PROFILE:
                self._profile(pk, new)
            elif sk.startswith(keys.NOTICE_PREFIX):
                self._notice(pk, new, changes)
        if entries:
            raise Broken(f"an entry without its account: {sorted(entries)}")
        self._pairs(changes)

    def _account(self, pk: str, old: Item | None, new: Item | None, entries: list[Item]) -> None:
        """``entries`` are those that were booked with it: one, or several that follow one another."""
        if new is None:
            raise Broken(f"an account is gone: {pk}")
        before, head = (0, None) if old is None else (int(old["n"]["N"]), old.get("d"))
        after = int(new["n"]["N"])
        if not entries:
            was = {} if old is None else old
            changed = {name for name in was.keys() | new.keys() if was.get(name) != new.get(name)}
            if old is not None and not changed <= _WITHOUT_AN_ENTRY:
                raise Broken(f"an account changed without an entry: {pk} {sorted(changed)}")
            if after != before:
                raise Broken(f"an account counts a movement without an entry: {pk} {after}")
            return
        for number, entry in enumerate(sorted(entries, key=lambda each: int(each["seq"]["N"])), start=before + 1):
            if int(entry["seq"]["N"]) != number:
                raise Broken(f"{pk} {entry['sk']}: entry {entry['seq']['N']} on an account at {number - 1}")
            if entry.get("q") != head:
                raise Broken(f"{pk} {entry['sk']} does not follow the entry before it")
            if any(int(each["N"]) < 0 for each in entry["b"]["L"]):
                raise Broken(f"{pk} {entry['sk']}: a balance below zero: {entry['b']}")
            head = entry["d"]
            self._entries.setdefault(pk, []).append(self.writes)
        if after != before + len(entries) or new["d"] != head:
            raise Broken(f"{pk}: {len(entries)} entries made an account at {before} one at {after}")

    def _profile(self, pk: str, new: Item | None) -> None:
        reachable = Reachable()
        if new is not None:
            profile = ProfileItem.read(new).profile()
            reachable = Reachable(reminded=not profile.opt_out, exchanging=not profile.exchange_opt_out)
        self._reachable.setdefault(pk, []).append((self.writes, reachable))

    def _notice(self, pk: str, new: Item | None, changes: Sequence[Change]) -> None:
        accounts = [old for (of, sk), old, _ in changes if (of, sk) == (pk, keys.ACCOUNT)]
        if len(accounts) != 1 or new is None or accounts[0] is None:
            raise Broken(f"a notice without its account: {pk}")
        remind_at = accounts[0].get("remind_at")
        self.noticed.append(
            Noticed(NoticeItem.read(new).notice(), self.writes, None if remind_at is None else moment(remind_at["N"]))
        )

    def _counter(self, pk: str, kind: Kept, old: Item | None, new: Item | None) -> None:
        name = pk.split("#")[3]
        change = (0 if new is None else int(new["taken"]["N"])) - (0 if old is None else int(old["taken"]["N"]))
        self._counters[kind, name] += change
        taken = self._counters[kind, name]
        self._taken.setdefault((kind, name), []).append((self.writes, taken))
        if not 0 <= taken <= self._limits[kind, name]:
            raise Broken(f"{taken} of {self._limits[kind, name]} are taken of {kind} {name}")

    def _pairs(self, changes: Sequence[Change]) -> None:
        """Who is brought, and who brings, are told of it together."""
        kinds = Counter(keys.entry_name(sk).kind for (_, sk), _, _ in changes if sk.startswith(keys.ENTRY_PREFIX))
        if kinds[Kind.REFERRED] != kinds[Kind.REFERRAL]:
            raise Broken(f"half a link: {dict(kinds)}")
        if kinds[Kind.REFERRAL_REWARD] > kinds[Kind.EARN]:
            raise Broken(f"a reward without the newcomer's event: {dict(kinds)}")
