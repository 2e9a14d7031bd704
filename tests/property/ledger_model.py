"""What an account should be, worked out the slow and obvious way: plain loops, nothing shared with the domain.

Unlike the domain it does everything at once and on time: points mature at midnight, holds end on the second,
debt is paid the moment there is something to pay it from. The domain, which looks only when somebody asks, has
to come to the same result.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

type Lot = tuple[date, str]
"""Last day and earning month, with a ``+`` behind it after days of grace."""
type Pieces = list[tuple[Lot, int]]


class Refused(Exception):
    """The model expects the ledger to answer with this code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def end_of_next_year(day: date) -> date:
    return date(day.year + 1, 12, 31)


def end_of_month_next_year(day: date) -> date:
    last = date(day.year + 1, day.month, 28)
    while (last + timedelta(days=1)).month == last.month:
        last += timedelta(days=1)
    return last


def days_later(days: int) -> Callable[[date], date]:
    return lambda day: day + timedelta(days=days)


def months_later(months: int) -> Callable[[date], date]:
    def later(day: date) -> date:
        year, month = day.year, day.month
        for _ in range(months):
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        wanted = day.day
        while True:
            try:
                return date(year, month, wanted)
            except ValueError:
                wanted -= 1

    return later


def cleared_in_february(day: date) -> date:
    try:
        return date(day.year + 1, 2, 29)
    except ValueError:
        return date(day.year + 1, 2, 28)


def never(_day: date) -> date:
    return date.max


@dataclass
class Earned:
    """An event: what it brought line by line, where its points went, and what became of it since.

    ``paid`` is what a refund of all of it takes back; ``invitation`` goes by rules of its own, and so does a task's
    bonus. ``gone``: there is nothing of it left.
    """

    reference: str
    behaviour: str
    day: date
    quantity: int
    minor: int
    lines: dict[str, int]
    times: int = 0
    """Occurrences that a cap counted."""
    rounds: int = 0
    first_of_its_day: bool = False
    invitation: int = 0
    suspicious: bool = False
    confirmed: bool = False
    waiting: dict[tuple[date, Lot], int] = field(default_factory=dict)
    lots: set[Lot] = field(default_factory=set)
    reversals: list[tuple[int, int]] = field(default_factory=list)
    gone: bool = False
    stays_in_its_run: bool = False
    """A visit that is gone, and that others were paid more because of."""

    @property
    def paid(self) -> int:
        return sum(self.lines.values())

    @property
    def reversed(self) -> int:
        return sum(points for points, _ in self.reversals)

    def left(self, line: str) -> int:
        """Of one line, after its share of every refund so far."""
        points = self.lines.get(line, 0)
        return points - (points * self.reversed // self.paid if self.paid else 0)


@dataclass
class Captured:
    reference: str
    spent: Pieces
    reversals: list[int] = field(default_factory=list)


@dataclass
class Model:
    """``shortfall`` and ``grace`` are the program's and may change at any time; ``steps`` is what visits pay."""

    now: datetime
    zone: ZoneInfo
    steps: tuple[int, ...]
    shortfall: str = "owe"
    grace: int | None = None
    lots: dict[Lot, int] = field(default_factory=dict)
    pending: dict[tuple[date, Lot], int] = field(default_factory=dict)
    holds: dict[str, tuple[datetime, Pieces]] = field(default_factory=dict)
    owed: int = 0
    frozen: set[str] = field(default_factory=set)
    budget: int = 120
    events: list[Earned] = field(default_factory=list)
    """Everything the member did; whatever is counted about it is counted here again, each time it is asked."""
    rewarded: set[tuple[int, int]] = field(default_factory=set)
    """Months in which the task has been paid."""
    months: dict[tuple[int, int], int] = field(default_factory=dict)
    """Points that count for the tier, by month."""
    tier: str | None = None
    tier_since: date | None = None
    sponsor: str | None = None
    """Who brought the member: "open" until that has been paid for, then "paid"."""
    friends: int = 0
    """Newcomers that the member has been rewarded for."""
    bonuses: dict[str, int] = field(default_factory=dict)
    """What the task paid with which event."""

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    @property
    def balance(self) -> tuple[int, int, int, int]:
        available = sum(points for (last, _), points in self.lots.items() if last >= self.today)
        held = sum(points for _, pieces in self.holds.values() for _, points in pieces)
        return available, sum(self.pending.values()), held, self.owed

    def wait_until(self, moment: datetime) -> None:
        """Everything that time does, in the order in which it happens."""
        while True:
            midnights = [(self._midnight(day), "", day) for day, _ in self.pending]
            ends = [(end, reference, date.min) for reference, (end, _) in self.holds.items()]
            coming = [event for event in midnights + ends if event[0] <= moment]
            if not coming:
                break
            self.now = min(coming)[0]
            # All that happens at one moment happens together; only then debt is paid.
            for at, reference, day in coming:
                if at == self.now and reference:
                    self._put(self.holds.pop(reference)[1])
                elif at == self.now:
                    for waiting in [waiting for waiting in self.pending if waiting[0] == day]:
                        self._put([(waiting[1], self.pending.pop(waiting))])
            self._repay()
        self.now = moment

    def earn(self, points: int, lot: Lot, available_on: date | None) -> int:
        if available_on is not None and available_on > self.today:
            key = (available_on, lot)
            self.pending[key] = self.pending.get(key, 0) + points
        elif points:
            self._put([(lot, points)])
            self._repay()
        return points

    # What events are worth, by everything that happened so far

    def happened(
        self, behaviour: str, day: date | None = None, *, week: bool = False, month: bool = False
    ) -> list[Earned]:
        """Events that count with one of that day, or in its week from Monday, or in its month."""

        def together(other: date) -> bool:
            if day is None:
                return True
            if week:
                return other.isocalendar()[:2] == day.isocalendar()[:2]
            return (other.year, other.month) == (day.year, day.month) if month else other == day

        return [event for event in self.events if event.behaviour == behaviour and together(event.day)]

    def photos_left(self) -> int:
        """Photos that no payment was made for; below zero where payments were made for photos that are gone."""
        kept = [event for event in self.events if event.behaviour == "photo" and not event.gone]
        return sum(event.quantity for event in kept) - 3 * sum(event.rounds for event in kept)

    def shares_worth(self, day: date, quantity: int) -> tuple[int, int]:
        """(points, how many were paid): 4 each, three a day and 21 points a week at most."""
        used = sum(event.times for event in self.happened("share", day) if not event.gone)
        times = max(0, min(quantity, 3 - used))
        week = sum(event.left("share") for event in self.happened("share", day, week=True))
        points = max(0, min(4 * times, 21 - week))
        return points, -(-points // 4)

    def visits_worth(self, day: date) -> int:
        """What the run of days is worth that this one makes, less what its parts were: 0 for a day known already."""
        return 0 if day in self._visited() else self._worth_of_a_day(day)

    def _visited(self) -> set[date]:
        return {
            event.day for event in self.events if event.first_of_its_day and (not event.gone or event.stays_in_its_run)
        }

    def _worth_of_a_day(self, day: date) -> int:
        """What the run through the day is worth more than what is before and after the day."""
        days = self._visited() - {day}
        after, before = _run_from(day, days, +1), _run_from(day, days, -1)
        whole, parts = before + 1 + after, (before, after)
        return _ladder(self.steps, whole) - sum(_ladder(self.steps, part) for part in parts)

    def double_worth(self, day: date, points: int) -> int:
        """As much again as a purchase, 50 points a week at most, out of a budget that is for everybody."""
        week = sum(event.left("double") for event in self.happened("purchase", day, week=True))
        extra = max(0, min(points, 50 - week))
        return extra if extra <= self.budget else 0

    def treat_worth(self, day: date) -> int:
        """5 for a visit that counts, twice a month."""
        used = [
            event for event in self.happened("visit", day, month=True) if event.lines.get("treat") and not event.gone
        ]
        return 5 if len(used) < 2 else 0

    def task_is_met(self, day: date) -> bool:
        done = sum(event.quantity for event in self.happened("review", day, month=True) if not event.gone)
        return done >= 3

    def is_suspicious(self, day: date, points: int) -> bool:
        """More than 150 points for one day, whether or not they were taken back since."""
        others = sum(event.paid + event.invitation + self._bonus_of(event) for event in self.events if event.day == day)
        return points > 0 and others + points > 150

    def _bonus_of(self, event: Earned) -> int:
        return self.bonuses.get(event.reference, 0)

    def rise(self, day: date) -> None:
        """At once, by the year of the event or by this one."""
        reached = max(self._reached(day.year), self._reached(self.today.year))
        if reached > (self.tier or "V1"):
            self.tier, self.tier_since = reached, self.today

    def review(self, review_on: date) -> None:
        """The year before decides."""
        self.tier = min(self.tier or "V1", self._reached(review_on.year - 1))

    def count(self, day: date, points: int) -> None:
        month = (day.year, day.month)
        self.months[month] = self.months.get(month, 0) + points

    def forget(self) -> None:
        """Months before the year before last are not looked back upon any more."""
        oldest = (self.today.year - 2, self.today.month)
        oldest = (oldest[0], oldest[1] - 1) if oldest[1] > 1 else (oldest[0] - 1, 12)
        self.months = {month: points for month, points in self.months.items() if month >= oldest}

    def count_back(self, day: date, points: int, bonuses: int) -> None:
        """Out of the event's own month; what it had not itself been paid, out of the latest ones, too."""
        own = (day.year, day.month)
        self._lower([own], points)
        self._lower([own, *sorted(self.months, reverse=True)], bonuses)

    def _lower(self, months: list[tuple[int, int]], points: int) -> None:
        for month in months:
            taken = min(points, self.months.get(month, 0))
            points -= taken
            if taken:
                self.months[month] -= taken

    def _reached(self, year: int) -> str:
        points = sum(points for (of, _), points in self.months.items() if of == year)
        return "V3" if points >= 400 else "V2" if points >= 100 else "V1"

    def spend(self, points: int) -> Pieces:
        if points > self.balance[0]:
            raise Refused("insufficient_points")
        return self._draw(points, self._live())

    def give_back(self, pieces: Pieces) -> int:
        """Spent points come back; where their lot has expired, with grace from its last day on (once), or as it is."""
        for (last, month), points in pieces:
            if last < self.today and self.grace is not None and not month.endswith("+"):
                self._put([((last + timedelta(days=self.grace), f"{month}+"), points)])
            else:
                self._put([((last, month), points)])
        self._repay()
        return sum(points for _, points in pieces)

    def hold(self, reference: str, points: int, seconds: int) -> int:
        pieces = self.spend(points)
        if len(self.holds) == 20:
            self._put(pieces)
            raise Refused("limit_reached")
        self.holds[reference] = (self.now + timedelta(seconds=seconds), pieces)
        return 0

    def capture(self, reference: str, points: int | None) -> tuple[int, Pieces]:
        pieces = sorted(self.holds[reference][1])
        held = sum(size for _, size in pieces)
        wanted = held if points is None else points
        if wanted > held:
            raise Refused("insufficient_points")
        del self.holds[reference]
        spent, rest = split(pieces, wanted)
        self._put(rest)
        self._repay()
        return -wanted, spent

    def release(self, reference: str) -> int:
        self._put(self.holds.pop(reference)[1])
        self._repay()
        return 0

    def reverse(self, earned: Earned, points: int | None, minor: int | None) -> int:
        """The change of the member's points. ``minor`` is the refunded money; with neither, the rest."""
        share, minor, last = self._share(earned, points, minor)
        bonuses = (self._lost_bonus(earned) if last else 0) + (earned.invitation if last else 0)
        before = earned.left("double")
        change = self._take_back(
            share + bonuses, {} if earned.confirmed else earned.waiting, earned.lots, self.shortfall, elsewhere=bonuses
        )
        earned.reversals.append((share, minor))
        if last and earned.first_of_its_day:
            earned.stays_in_its_run = self._worth_of_a_day(earned.day) != earned.lines.get("visit", 0)
        earned.gone = last
        self.budget += before - earned.left("double")
        if last and self._lost_bonus(earned, told=True):
            self.rewarded.discard((earned.day.year, earned.day.month))
        if last and earned.invitation:
            self.sponsor = "open"
        self.count_back(earned.day, share, bonuses)
        return change

    def _lost_bonus(self, earned: Earned, *, told: bool = False) -> int:
        """9 where the month's task is not met any more without this event, and somebody still looks at it."""
        month = (earned.day.year, earned.day.month)
        first_after = date(month[0] + month[1] // 12, month[1] % 12 + 1, 1)
        if earned.behaviour != "review" or month not in self.rewarded or first_after <= self.today - timedelta(days=45):
            return 0
        done = sum(
            event.quantity
            for event in self.happened("review", earned.day, month=True)
            if not event.gone and (told or event is not earned)
        )
        return 0 if done >= 3 else 9

    def lose_reward(self, lots: set[Lot], day: date) -> int:
        """A friend returned what they were brought for: the reward goes, and what is spent of it is owed or waived."""
        change = self._take_back(11, {}, lots, "owe" if self.shortfall == "refuse" else self.shortfall)
        self.friends -= 1
        self.count_back(day, 11, 0)
        return change

    def _take_back(
        self,
        points: int,
        waiting: dict[tuple[date, Lot], int],
        lots: set[Lot],
        shortfall: str,
        elsewhere: int = 0,
    ) -> int:
        """Soonest expiry first: of what waits, of the own lots, of all others, and up to ``elsewhere`` of whatever else
        waits."""
        left = points
        taken: list[tuple[dict[object, int], object, int]] = []
        remaining = dict(waiting)
        for name in sorted(waiting, key=lambda name: (name[1], name[0])):
            size = self._take(self.pending, name, min(left, remaining[name]), taken)
            remaining[name] -= size
            left -= size
        live = self._live()
        for lot in [lot for lot in live if lot in lots] + [lot for lot in live if lot not in lots]:
            left -= self._take(self.lots, lot, left, taken)
        for name in sorted(self.pending, key=lambda name: (name[1], name[0])):
            size = self._take(self.pending, name, min(left, elsewhere), taken)
            left, elsewhere = left - size, elsewhere - size
        if left and shortfall == "refuse":
            for place, key, size in taken:
                place[key] = place.get(key, 0) + size
            raise Refused("insufficient_points")
        waiting.update(remaining)
        if shortfall == "owe":
            self.owed += left
            left = 0
        return left - points

    def confirm(self, earned: Earned, *, by_operator: bool) -> int:
        waiting = {name: min(size, self.pending.get(name, 0)) for name, size in earned.waiting.items()}
        if any(waiting.values()) and earned.suspicious and not by_operator:
            raise Refused("held_for_risk")
        for (day, lot), size in waiting.items():
            if size:
                self._take(self.pending, (day, lot), size, [])
                self._put([(lot, size)])
        self._repay()
        earned.confirmed = True
        return 0

    def reverse_capture(self, captured: Captured, points: int | None) -> int:
        total = sum(size for _, size in captured.spent)
        done = sum(captured.reversals)
        wanted = total - done if points is None else points
        if wanted > total - done or (total == done and captured.reversals):
            raise Refused("already_reversed")
        longest_first = sorted(captured.spent, reverse=True)
        captured.reversals.append(wanted)
        return self.give_back(split(split(longest_first, done)[1], wanted)[0])

    @staticmethod
    def _share(earned: Earned, points: int | None, minor: int | None) -> tuple[int, int, bool]:
        """Points, minor units, and whether nothing is left with it."""
        left = earned.paid - earned.reversed
        minor_left = earned.minor - sum(money for _, money in earned.reversals)
        if minor is not None:
            if not earned.minor:
                raise Refused("invalid_request")
            if minor > minor_left:
                raise Refused("already_reversed")
            worth_keeping = earned.paid * (minor_left - minor) // earned.minor
            return max(0, left - worth_keeping), minor, minor == minor_left
        if (points or 0) > left or earned.gone:
            raise Refused("already_reversed")
        if points is None or points == left:
            return left, minor_left, True
        return points, 0, False

    @staticmethod
    def _take[Key](
        place: dict[Key, int], key: Key, wanted: int, taken: list[tuple[dict[object, int], object, int]]
    ) -> int:
        size = min(wanted, place.get(key, 0))
        if size:
            place[key] -= size
            if not place[key]:
                del place[key]
            taken.append((place, key, size))  # type: ignore[arg-type]  # only to be put back
        return size

    def _live(self) -> list[Lot]:
        return sorted(lot for lot in self.lots if lot[0] >= self.today)

    def _draw(self, points: int, order: Iterable[Lot]) -> Pieces:
        drawn: Pieces = []
        for lot in order:
            size = min(points, self.lots[lot])
            if size:
                self.lots[lot] -= size
                points -= size
                drawn.append((lot, size))
            if not self.lots[lot]:
                del self.lots[lot]
        return drawn

    def _put(self, pieces: Pieces) -> None:
        for lot, points in pieces:
            self.lots[lot] = self.lots.get(lot, 0) + points

    def _repay(self) -> None:
        for _, points in self._draw(self.owed, self._live()):
            self.owed -= points

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)


def _run_from(day: date, days: set[date], step: int) -> int:
    """How many days in a row there are beside a day, in one direction."""
    length = 0
    while day + timedelta(days=step * (length + 1)) in days:
        length += 1
    return length


def _ladder(steps: tuple[int, ...], days: int) -> int:
    return sum(steps[min(place, len(steps)) - 1] for place in range(1, days + 1))


def split(pieces: Pieces, points: int) -> tuple[Pieces, Pieces]:
    """The first so many points, and the rest."""
    first: Pieces = []
    rest: Pieces = []
    for lot, size in pieces:
        part = min(size, points)
        points -= part
        if part:
            first.append((lot, part))
        if size > part:
            rest.append((lot, size - part))
    return first, rest
