"""Scheduled work that finds itself: a run sends one message for each program and shard of an index, a worker does what
is due in one shard, account by account.

Handling an account moves its timer forward, so the index is the to-do list. Whoever is cut off, runs twice or comes
late finds exactly what is still to be done. What fails for one account goes its own way and holds up nobody.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from points.application.ports import TIMER_SHARDS, Deadline, RaceLost, Timer, Waiting, WorkQueue
from points.application.services import Services
from points.domain.calendar import utc_text
from points.domain.canonical import Plain
from points.domain.errors import LedgerUnavailable, NotFound, StoreFailure
from points.domain.ledger.account import Account
from points.domain.program.program import Program

RESERVE_SECONDS = 8.0
"""Of an invocation's time, kept for handing over what is left: that is a call, too."""

_PROGRAMS = 100
"""Programs read at once."""

_ACCOUNTS = 50
"""Accounts read at once: few enough that none of them is stale when its turn comes."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """What has come due in one shard by ``time``, which is "now" for all of it. ``after`` continues a sweep; ``member``
    is one account alone, wherever it is."""

    program: str
    shard: int
    time: datetime
    after: str | None = None
    member: str | None = None

    def work(self) -> Mapping[str, Plain]:
        optional = {"after": self.after, "member": self.member}
        present: dict[str, Plain] = {name: value for name, value in optional.items() if value is not None}
        return {"program": self.program, "shard": self.shard, "time": utc_text(self.time), **present}


@dataclass(frozen=True, slots=True)
class Run:
    """All that has come due by ``time``, of the programs ``after`` that one."""

    time: datetime
    after: str | None = None

    def work(self) -> Mapping[str, Plain]:
        return {"time": utc_text(self.time), **({} if self.after is None else {"after": self.after})}


@dataclass(frozen=True, slots=True)
class Swept:
    """``handled`` accounts, ``failed`` ones that are sent on by themselves, and the earliest timer that was found.
    ``complete`` is False where the rest was handed over: what comes ``after`` the last one that was looked at."""

    handled: int = 0
    failed: Mapping[str, Exception] = field(default_factory=dict)
    oldest: datetime | None = None
    complete: bool = True
    after: str | None = None


type Beside = Callable[[str, datetime], object]
"""What is also begun once in a run of a program, by whoever sweeps its first shard: a program that cannot be loaded
stops nobody else."""

type Rests = Callable[[Program, datetime], bool]
"""Whether nothing is done for a program at that moment: its timers wait, and nobody looks at them."""

type Handle = Callable[[Program, str, Account | None, datetime], object]
"""Brings one account to the moment. The account is as it was read with others; None asks for a fresh one."""


@dataclass(frozen=True, slots=True)
class Scheduled:
    """Scheduled work of one kind: the index it is found by, the queue it goes through, what is done with an account.
    ``closing`` is the deadline of the queue: what is handed over at the end has the time that is kept for it."""

    services: Services
    queue: WorkQueue
    timer: Timer
    handle: Handle
    beside: Beside | None = None
    rests: Rests | None = None
    closing: Deadline | None = None

    def begin(self, seconds: float) -> None:
        """An invocation has so long from now."""
        self.services.deadline.begin(seconds - RESERVE_SECONDS)
        if self.closing is not None:
            self.closing.begin(seconds)


def start_run(work: Scheduled, run: Run) -> int:
    """One message for each shard of each program; how many there were. Raises LedgerUnavailable."""
    sent, after = 0, run.after
    for program in _programs(work.services, after):
        if not work.services.deadline.leaves_time():
            work.queue.send([replace(run, after=after).work()])
            return sent + 1
        sweeps = [Sweep(program, shard, run.time) for shard in range(TIMER_SHARDS)]
        work.queue.send([sweep.work() for sweep in sweeps])
        sent, after = sent + len(sweeps), program
    return sent


def _programs(services: Services, after: str | None) -> Iterator[str]:
    while True:
        page = services.directory.programs(after=after, limit=_PROGRAMS)
        yield from page.items
        if page.next_key is None:
            return
        after = page.next_key


def sweep(work: Scheduled, wanted: Sweep) -> Swept:
    """Raises what the store raises, and for a single ``member`` whatever ``handle`` does."""
    program = work.services.programs.live(wanted.program)
    if work.beside is not None and wanted == Sweep(program.name, 0, wanted.time):
        work.beside(program.name, wanted.time)
    if work.rests is not None and work.rests(program, wanted.time):
        return Swept()
    if wanted.member is not None:
        work.handle(program, wanted.member, None, wanted.time)
        return Swept(handled=1)
    swept = Swept(after=wanted.after)
    try:
        for swept in _one_by_one(work, program, wanted):  # noqa: B007 - how far it came
            pass
    except StoreFailure:
        # Without time nothing is asked of the store any more: that is no failure of the store's. Whoever came no
        # further at all is no better off with another message.
        if work.services.deadline.leaves_time() or swept.after == wanted.after:
            raise
        work.queue.send([replace(wanted, after=swept.after).work()])
        swept = replace(swept, complete=False)
    if swept.failed:
        # They come again by themselves, until their queue gives them to the dead letters.
        work.queue.send([replace(wanted, after=None, member=member).work() for member in swept.failed])
    return swept


def _one_by_one(work: Scheduled, program: Program, wanted: Sweep) -> Iterator[Swept]:
    """How far it has come, after each account. Raises LedgerUnavailable when time is up, and what the store raises."""
    services, swept = work.services, Swept(after=wanted.after)
    while True:
        page = services.timers.waiting(
            work.timer, program.name, wanted.shard, until=wanted.time, after=swept.after, limit=_ACCOUNTS
        )
        accounts = services.ledger.accounts(program.name, [each.member for each in page]) if page else {}
        for each in page:
            if not services.deadline.leaves_time():
                raise LedgerUnavailable("there was no time left for another account")
            handled = _handled(work, swept, program, each, accounts.get(each.member), wanted.time)
            swept = replace(handled, oldest=swept.oldest or each.at, after=each.key)
            yield swept
        if len(page) < _ACCOUNTS:
            return


def _handled(
    work: Scheduled, swept: Swept, program: Program, waiting: Waiting, account: Account | None, time: datetime
) -> Swept:
    try:
        work.handle(program, waiting.member, account, time)
    except (StoreFailure, RaceLost):
        # No fault of this account: the whole message comes back and finds what is left.
        raise
    except NotFound:
        return swept
    except Exception as failure:
        return replace(swept, failed={**swept.failed, waiting.member: failure})
    return replace(swept, handled=swept.handled + 1)
