"""What an event had counted, taken out again by a refund: the opposite of :mod:`points.domain.evaluation.evaluation`.

One policy, and each effect once, however many parts the refund comes in:

- caps and campaign budgets get back what the points of the part were worth, and a cap's occurrences when nothing of the
  event is left;
- a task that counts amounts loses the refunded amount; one that counts events or quantities loses the event when
  nothing of it is left. A task that no longer reaches its target without it loses its bonus, whichever event had
  completed it, and can be completed again;
- a rule that pays for every so many occurrences loses these when nothing is left. A streak loses the day if the run
  is then worth less by exactly what the day was worth. Where other days were paid more because of it, it stays in the
  run: those keep their points, and the day cannot be paid a second time.

What was counted for suspicion stays: returning goods does not make a burst of purchases less of one. What lies in
windows that nothing can happen in any more is not looked at; a task that paid is watched for ``refund_days``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from points.domain.calendar import from_utc_text
from points.domain.evaluation.evaluation import PAID, PROGRESS, points_each
from points.domain.ledger.entries import Entry
from points.domain.money import Rounding, divide
from points.domain.program.caps import Cap
from points.domain.program.program import Program
from points.domain.program.rules import PerOccurrences, Rule, Streak
from points.domain.program.streaks import without_day
from points.domain.program.tasks import Counted, Task
from points.domain.program.windows import Counters, Window, counter_key


@dataclass(frozen=True, slots=True)
class Part:
    """The part of an event that a refund stands for: the points reversed ``before`` it and ``after`` it, of ``total``;
    its amount; and whether nothing is left of the event with it (``last``)."""

    before: int
    after: int
    total: int
    amount_minor: int
    last: bool

    def of(self, points: int) -> int:
        """This part's share of a line. Over all parts the shares add up to the line."""
        if not self.total:
            return 0
        return points * self.after // self.total - points * self.before // self.total


@dataclass(frozen=True, slots=True)
class Undone:
    """``bonuses`` are what tasks had paid and take back, ``budgets`` what campaigns get back for others."""

    counters: Counters
    bonuses: Mapping[str, int] = field(default_factory=dict)
    budgets: Mapping[str, int] = field(default_factory=dict)


def occurred_at(original: Entry) -> datetime:
    """When the event of an entry occurred."""
    text = original.details.get("occurred_at")
    return from_utc_text(text) if isinstance(text, str) else original.at


def undo(counters: Counters, original: Entry, part: Part, *, decided: Program, live: Program) -> Undone:
    """``decided`` is the program under which the event was booked, ``live`` the one that is in force."""
    undoing = _Undoing(dict(counters), original, part, decided)
    lines = {line.rule: line.points for line in original.lines}
    for rule in decided.rules_of(str(original.details["behaviour"])):
        undoing.rule(rule, lines.get(rule.name, 0))
    budgets: dict[str, int] = {}
    for campaign in decided.campaigns:
        if paid := lines.get(campaign.name, 0):
            undoing.caps(campaign.name, campaign.caps, paid, times=1)
            if campaign.budget is not None and (back := part.of(paid)):
                budgets[campaign.name] = back
    targets = {task.name: task.target for task in live.tasks}
    bonuses = {
        task.name: bonus
        for task in decided.tasks
        if (bonus := undoing.task(task, target=min(task.target, targets.get(task.name, task.target))))
    }
    return Undone(undoing.counters, bonuses, budgets)


@dataclass(slots=True)
class _Undoing:
    """One refund under way."""

    counters: dict[str, int]
    original: Entry
    part: Part
    decided: Program

    def rule(self, rule: Rule, points: int) -> None:
        if points:
            times = divide(points, points_each(rule.value, points), Rounding.UP)
            self.caps(rule.name, rule.caps, points, times=times)
        counted = self._counted(rule.name)
        if not self.part.last or not (points or counted is not None):
            return
        match rule.value:
            case PerOccurrences(points=each, every=every):
                rounds = points // each if counted is None else counted
                # Below zero where other events have completed rounds with these: the next one needs so many more.
                self._add(f"{rule.name}/n", rounds * every - self._quantity)
            case Streak() as value:
                self._day(rule.name, value, worth=points if counted is None else counted)
            case _:
                pass

    def _day(self, rule: str, value: Streak, *, worth: int) -> None:
        counters, run, left = without_day(self.counters, rule, self._at.date())
        if run is not None and value.joining(run.days, [part.days for part in left]) == worth:
            self.counters = dict(counters)

    def caps(self, owner: str, caps: Sequence[Cap], points: int, *, times: int) -> None:
        for cap in caps:
            if cap.points is not None:
                self._lower(self._key(owner, "p", cap.window), self.part.of(points))
            if cap.occurrences is not None and self.part.last:
                self._lower(self._key(owner, "c", cap.window), times)

    def task(self, task: Task, *, target: int) -> int:
        """The bonus that is to be taken back; 0 for none."""
        step = self._counted(task.name)
        key, paid_key = (self._key(task.name, what, task.window) for what in (PROGRESS, PAID))
        if step is None or key not in self.counters:
            return 0
        if task.counted is Counted.AMOUNT:
            self._lower(key, self.part.amount_minor)
        elif self.part.last:
            self._lower(key, step)
        return 0 if self.counters.get(key, 0) >= target else self.counters.pop(paid_key, 0)

    @property
    def _at(self) -> datetime:
        return occurred_at(self.original).astimezone(self.decided.zone)

    @property
    def _quantity(self) -> int:
        quantity = self.original.details.get("quantity", 1)
        assert isinstance(quantity, int)  # noqa: S101 - nothing else is ever booked
        return quantity

    def _counted(self, owner: str) -> int | None:
        counted = self.original.details.get("counted")
        count = counted.get(owner) if isinstance(counted, Mapping) else None
        return count if isinstance(count, int) else None

    def _key(self, owner: str, what: str, window: Window) -> str:
        return counter_key(owner, what, window, self._at, week_starts_on=self.decided.week_starts_on)

    def _lower(self, key: str, by: int) -> None:
        """A counter that has gone meanwhile stays gone, and none gets below nothing."""
        if left := max(0, self.counters.pop(key, 0) - by):
            self.counters[key] = left

    def _add(self, key: str, count: int) -> None:
        if left := self.counters.pop(key, 0) + count:
            self.counters[key] = left
