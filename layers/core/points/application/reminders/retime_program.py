"""After a program has changed what members are told, their timers are set anew: who does nothing would never hear.

A run finds out by comparing the program with what its timers were last set by, and sends one message for each shard of
the member directory. Setting a timer twice sets it once, so a run that is cut off, or repeated, does no harm.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from points.application.ports import DIRECTORY_SHARDS, RaceLost, Timer, WorkQueue
from points.application.services import Services
from points.domain.calendar import utc_text
from points.domain.canonical import Plain, digest
from points.domain.ledger.account import Account
from points.domain.ledger.timers import next_reminder
from points.domain.program.program import Program
from points.domain.program.reminding import Reminders

SEEN_BY_ALL = timedelta(minutes=1)
"""After a publish: every function works by the new version, and what was under way is done."""

_MEMBERS = 50
"""Accounts read at once."""


@dataclass(frozen=True, slots=True)
class Retiming:
    """The members in one shard of a program's directory, ``after`` that one. ``time`` is the run's "now"."""

    program: str
    directory_shard: int
    time: datetime
    after: str | None = None

    def work(self) -> Mapping[str, Plain]:
        rest: dict[str, Plain] = {} if self.after is None else {"after": self.after}
        where: dict[str, Plain] = {"program": self.program, "directory_shard": self.directory_shard}
        return {**where, "time": utc_text(self.time), **rest}


def begin_retiming(services: Services, queue: WorkQueue, name: str, time: datetime) -> int:
    """How many messages were sent: none where the timers are set by what is live. Raises NotFound."""
    settings = settings_digest(services.programs.live(name).reminders)
    if services.directory.timed_by(name) == settings:
        return 0
    published = services.versions.live(name)
    if published is not None and services.clock.now() - published.published_at < SEEN_BY_ALL:
        # Whoever still decides by the version before would put back what is set: the next run sets it.
        return 0
    work = [Retiming(name, shard, time).work() for shard in range(DIRECTORY_SHARDS)]
    queue.send(work)
    # Last: whoever is cut off before it begins again.
    services.directory.set_timed_by(name, settings)
    return len(work)


def settings_digest(reminders: Reminders | None) -> str:
    """What the moments of reminders follow from, and nothing else of a program."""
    if reminders is None:
        return digest(None)
    dormancy = reminders.dormancy
    return digest(
        {
            "lead_days": list(reminders.lead_days),
            "at": reminders.at.isoformat(),
            "dormant": None if dormancy is None else [dormancy.after_days, dormancy.again_after_days],
        }
    )


def retime(services: Services, queue: WorkQueue, wanted: Retiming) -> int:
    """How many timers were set. What there is no time for is handed over."""
    program = services.programs.live(wanted.program)
    done, after = 0, wanted.after
    while True:
        members = services.members.in_shard(program.name, wanted.directory_shard, after=after, limit=_MEMBERS)
        accounts = services.ledger.accounts(program.name, members) if members else {}
        for member in members:
            if not services.deadline.leaves_time():
                queue.send([replace(wanted, after=after).work()])
                return done
            if (account := accounts.get(member)) is not None:
                done += _set(services, program, account, wanted.time)
            after = member
        if len(members) < _MEMBERS:
            return done


def _set(services: Services, program: Program, account: Account, now: datetime) -> bool:
    if account.remind_at is not None and account.remind_at <= now:
        return False  # a sweep is about to look at it
    remind_at = next_reminder(account, program.reminders, program.zone, now)
    if remind_at == account.remind_at:
        return False
    try:
        services.timers.set(Timer.REMIND, account, remind_at)
    except RaceLost:
        return False  # it has just moved: the movement has set it
    return True
