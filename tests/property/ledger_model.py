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
"""Last day and earning month."""
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
    """An earning: what it paid for how much money, where it put the points, and what was reversed of it."""

    reference: str
    paid: int
    minor: int
    pending: list[tuple[date, Lot]]
    lots: set[Lot]
    day: date
    reversals: list[tuple[int, int]] = field(default_factory=list)


@dataclass
class Captured:
    reference: str
    spent: Pieces
    reversals: list[int] = field(default_factory=list)


@dataclass
class Model:
    """``shortfall`` and ``grace`` are the program's and may change at any time."""

    now: datetime
    zone: ZoneInfo
    shortfall: str = "owe"
    grace: int | None = None
    lots: dict[Lot, int] = field(default_factory=dict)
    pending: dict[tuple[date, Lot], int] = field(default_factory=dict)
    holds: dict[str, tuple[datetime, Pieces]] = field(default_factory=dict)
    owed: int = 0
    photos: int = 0
    frozen: set[str] = field(default_factory=set)
    stock: int = 3
    shares: list[tuple[date, int]] = field(default_factory=list)
    """What was paid for each share that was paid, on which day."""
    visits: set[date] = field(default_factory=set)
    reviews: list[tuple[date, int]] = field(default_factory=list)
    rewarded: set[tuple[int, int]] = field(default_factory=set)
    """Months in which the task has been paid."""
    counted: list[tuple[date, int]] = field(default_factory=list)
    """Points earned and (below zero) refunded, by the day of the event."""
    tier: str | None = None

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

    def rounds_of_photos(self, quantity: int, *, every: int) -> int:
        self.photos += quantity
        rounds = 0
        while self.photos >= every:
            self.photos -= every
            rounds += 1
        return rounds

    def share(self, day: date, points: int) -> int:
        """One of them, three a day and 21 points a week from Monday at most."""
        of_the_day = [paid for on, paid in self.shares if on == day]
        of_the_week = sum(paid for on, paid in self.shares if on.isocalendar()[:2] == day.isocalendar()[:2])
        paid = min(points, 21 - of_the_week) if len(of_the_day) < 3 else 0
        if paid:
            self.shares.append((day, paid))
        return paid

    def visit(self, day: date, steps: tuple[int, ...]) -> int:
        """By the days in a row that end with this one, whenever they became known."""
        if day in self.visits:
            return 0
        self.visits.add(day)
        place = 1
        while day - timedelta(days=place) in self.visits:
            place += 1
        return steps[min(place, len(steps)) - 1]

    def meets_task(self, day: date, quantity: int, *, target: int) -> bool:
        month = (day.year, day.month)
        if month in self.rewarded:
            return False
        self.reviews.append((day, quantity))
        if sum(number for on, number in self.reviews if (on.year, on.month) == month) < target:
            return False
        self.rewarded.add(month)
        return True

    def rise(self) -> None:
        if (reached := self._reached(self.today.year)) > (self.tier or "V1"):
            self.tier = reached

    def review(self, review_on: date) -> None:
        """The year before decides."""
        self.tier = min(self.tier or "V1", self._reached(review_on.year - 1))

    def _reached(self, year: int) -> str:
        points = sum(points for day, points in self.counted if day.year == year)
        return "V3" if points >= 400 else "V2" if points >= 100 else "V1"

    def spend(self, points: int) -> Pieces:
        if points > self.balance[0]:
            raise Refused("insufficient_points")
        return self._draw(points, self._live())

    def give_back(self, pieces: Pieces) -> int:
        """Spent points come back; where their lot has expired, with grace or not at all."""
        for (last, month), points in pieces:
            dead = last < self.today
            day = self.today + timedelta(days=self.grace) if dead and self.grace is not None else last
            self._put([((day, month), points)])
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
        share, minor = self._share(earned, points, minor)
        left = share
        taken: list[tuple[dict[object, int], object, int]] = []
        for waiting in earned.pending:
            left -= self._take(self.pending, waiting, left, taken)
        live = self._live()
        for lot in [lot for lot in live if lot in earned.lots] + [lot for lot in live if lot not in earned.lots]:
            left -= self._take(self.lots, lot, left, taken)
        if left and self.shortfall == "refuse":
            for place, key, size in taken:
                place[key] = place.get(key, 0) + size
            raise Refused("insufficient_points")
        if self.shortfall == "owe":
            self.owed += left
            left = 0
        earned.reversals.append((share, minor))
        self.counted.append((earned.day, -share))
        return left - share

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
    def _share(earned: Earned, points: int | None, minor: int | None) -> tuple[int, int]:
        done = sum(size for size, _ in earned.reversals)
        minor_left = earned.minor - sum(money for _, money in earned.reversals)
        if minor is not None:
            if not earned.minor:
                raise Refused("invalid_request")
            if minor > minor_left:
                raise Refused("already_reversed")
            worth_keeping = earned.paid * (minor_left - minor) // earned.minor
            return max(0, earned.paid - worth_keeping - done), minor
        left = earned.paid - done
        if (points or 0) > left or (left == 0 and (earned.reversals or points)):
            raise Refused("already_reversed")
        return (left, minor_left) if points is None else (points, 0)

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
