"""Which counters an account still needs. History locks nobody out: what can count nothing any more goes.

A counter is kept

- while an event may still occur in its window, which is ``backdating_days`` after the window's end, and while whoever
  counts by it has days left to count;
- if it says that a task has paid: until no refund is looked at any more (``refund_days``), with the progress beside it;
- if whoever counted by it has left the program: for ``KEPT_DAYS``, so that rolling a version back forgets nothing.

What is counted per month for tiers and segments (owners that begin with ``~``) is looked back upon for longer; what
was used of points for orders on a day, only while it is that day somewhere.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from points.domain.calendar import from_compact, local_day
from points.domain.evaluation.evaluation import PAID, PROGRESS
from points.domain.evaluation.offsetting import OFFSET, is_counted
from points.domain.evaluation.standing import months_needed_from
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context
from points.domain.limits import MAX_COUNTERS
from points.domain.program.program import Program
from points.domain.program.succession import KEPT_DAYS
from points.domain.program.windows import CounterKey, Counters, parsed

_RUN: Final = "r"
_DAY: Final = timedelta(days=1)


def current_counters(account: Account, context: Context) -> Counters:
    """The account's counters without those that nothing can be counted by any more."""
    counters, need = account.counters, _Need.at(context)
    kept = {key: count for key, count in counters.items() if need.includes(parsed(key), count, counters)}
    return counters if len(kept) == len(counters) else kept


def roomy(counters: Counters, program: Program) -> Counters:
    """Where there are more than an account holds: only what the live version itself counts by. Publishing makes sure
    that this is few enough."""
    if len(counters) <= MAX_COUNTERS:
        return counters
    return {key: count for key, count in counters.items() if _is_counted(parsed(key), program)}


def _is_counted(key: CounterKey, program: Program) -> bool:
    owner = program.owners.get(key.owner)
    return key.owner.startswith("~") or (owner is not None and f"{key.what}{key.letter}" in owner.keys)


@dataclass(frozen=True, slots=True)
class _Need:
    """Days on which something may still happen: an event from ``events_from`` on, a refund that is looked at of what
    ended after ``refunds_from``; what is counted per month from ``months_from`` on is looked back upon."""

    program: Program
    today: date
    events_from: date
    refunds_from: date
    months_from: date
    gone_before: date

    @classmethod
    def at(cls, context: Context) -> "_Need":
        program, today = context.program, context.today
        # By the moment, as an event's age is checked: where clocks went forward, that is a day before the date's.
        events_from = local_day(context.now - timedelta(days=program.backdating_days), program.zone)
        return cls(
            program,
            today=today,
            events_from=events_from,
            refunds_from=min(events_from, today - timedelta(days=program.refund_days)),
            months_from=months_needed_from(program, today),
            # A day more than publishing counts on, for clocks that differ.
            gone_before=today - timedelta(days=KEPT_DAYS + 1),
        )

    def includes(self, key: CounterKey, count: int, counters: Counters) -> bool:
        end = key.window_end
        if key.owner == OFFSET:
            return is_counted(from_compact(key.start), self.today)
        if key.owner.startswith("~"):
            return end is None or end > self.months_from
        owner = self.program.owners.get(key.owner)
        if owner is None:
            gone_on = self.program.retired.get(key.owner)
            if gone_on is None or gone_on < self.gone_before:
                return False
        elif owner.last is not None:
            end = owner.last + _DAY if end is None else min(end, owner.last + _DAY)
        if key.what == _RUN:
            # The day after it may still continue it.
            after = from_compact(str(count)) + 2 * _DAY
            end = after if end is None else min(end, after)
        if end is None or end > self.events_from:
            return True
        return key.what in (PROGRESS, PAID) and end > self.refunds_from and _paid_key(key) in counters


def _paid_key(key: CounterKey) -> str:
    return f"{key.owner}/{PAID}{key.letter}{key.start}"
