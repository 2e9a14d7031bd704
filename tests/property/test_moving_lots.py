"""Points that activity keeps alive, against a model that is a list of points and a date: whatever is done, in whatever
order, under policies that change, both have the same, expire on the same days, and remember the same past."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, Final

import pytest

from points.adapters.dynamodb.item_size import KILOBYTE, item_size
from points.adapters.dynamodb.models import AccountItem
from points.application.members import read_balance as read_balance_module
from points.application.members.read_balance import read_balance
from points.application.ports import Page
from points.domain.calendar import add_months
from points.domain.errors import InsufficientPoints, NothingDue, PointsError
from points.domain.ledger import account, lots
from points.domain.ledger import lots as lot
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context
from points.domain.ledger.entries import Entry
from points.domain.ledger.timers import next_due
from points.domain.limits import MAX_UNDATED_LOTS
from points.domain.money import Rounding
from points.domain.movements import earning, expiring, redeeming
from points.domain.movements.expiring import bring_up_to_date
from points.domain.program.expiry import AfterDays, ByActivity, EndOfYear, ExpiryPolicy
from points.domain.program.program import Program
from points.domain.program.rewards import Reward
from points.domain.program.rules import Fixed, PerAmount
from tests.builders import NEW_YORK, NOW, SHANGHAI, SetClock, Walk, paying, services, small
from tests.support.proof import findings

MOVING: Final = date(9998, 12, 31)
"""As the model has it: later than every date there is."""

POLICIES: Final[Sequence[tuple[ExpiryPolicy, int | None]]] = (
    (ByActivity(2), 2), (ByActivity(4), 4), (EndOfYear(1), None), (ByActivity(2, frozenset({"buy"})), 2),
)  # fmt: skip
"""Policies and their months, where activity counts."""


def rules(policy: ExpiryPolicy, version: int, zone: Any, grace: int | None) -> Program:
    return small(
        paying(PerAmount(1, 100, Rounding.DOWN), "buy"),
        paying(Fixed(7), "look"),
        paying(Fixed(9), "flash", expiry=AfterDays(20)),
        paying(Fixed(11), "wait", pending_days=10),
        expiry=policy,
        version=version,
        zone=zone,
        rewards={"coupon": Reward("coupon", 10)},
        expired_return_days=grace,
    )


@dataclass(order=True)
class Piece:
    """Points of one earning month. ``last`` is MOVING for those that activity keeps alive."""

    last: date
    month: str
    points: int
    grace: bool = False


@dataclass
class Model:
    """The slow and obvious way: every midnight and every end of a hold comes one after the other."""

    zone: Any
    now: datetime
    lots: list[Piece] = field(default_factory=list)
    pending: list[tuple[date, Piece]] = field(default_factory=list)
    holds: dict[str, tuple[datetime, list[Piece]]] = field(default_factory=dict)
    owed: int = 0
    alive_until: date | None = None

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(0), tzinfo=self.zone).astimezone(UTC)

    def last(self, piece: Piece) -> date:
        if piece.last != MOVING:
            return piece.last
        assert self.alive_until is not None
        return self.alive_until

    def order(self, pieces: list[Piece]) -> list[Piece]:
        return sorted(pieces, key=lambda piece: (self.last(piece), piece.month, piece.grace))

    def live(self) -> list[Piece]:
        return self.order([piece for piece in self.lots if self.last(piece) >= self.today and piece.points])

    @property
    def available(self) -> int:
        return sum(piece.points for piece in self.live())

    @property
    def expiring(self) -> list[tuple[date, int]]:
        days: dict[date, int] = {}
        for piece in self.live():
            days[self.last(piece)] = days.get(self.last(piece), 0) + piece.points
        return sorted(days.items())

    def comes_to(self, moment: datetime) -> None:
        while True:
            ends = [end for end, _ in self.holds.values()] + [self.midnight(day) for day, _ in self.pending]
            coming = [end for end in ends if end <= moment]
            if not coming:
                break
            self.now = max(min(coming), self.now)
            for day, piece in [each for each in self.pending if self.midnight(each[0]) <= self.now]:
                self.pending.remove((day, piece))
                self.lots.append(piece)
            for name, (_, pieces) in [each for each in self.holds.items() if each[1][0] <= self.now]:
                del self.holds[name]
                self.lots += pieces
            self.settles()
        self.now = moment
        self.stops()

    def stops(self) -> None:
        """What was alive until a day that has passed has that date for good."""
        if self.alive_until is not None and self.alive_until < self.today:
            for piece in self.lots:
                piece.last = self.alive_until if piece.last == MOVING else piece.last

    def settles(self) -> None:
        self.stops()
        self.owed -= sum(piece.points for piece in self.draw(self.owed))

    def draw(self, points: int, first: Callable[[Piece], bool] = lambda _: True) -> list[Piece]:
        drawn = []
        for piece in sorted(self.live(), key=lambda piece: not first(piece)):
            taken = min(points, piece.points)
            if taken:
                piece.points -= taken
                points -= taken
                drawn.append(replace(piece, points=taken))
        self.lots = [piece for piece in self.lots if piece.points]
        return drawn

    def earns(self, behaviour: str, points: int, policy: ExpiryPolicy, months: int | None) -> Piece | None:
        today, counts = self.today, months is not None
        named = policy.behaviours if isinstance(policy, ByActivity) else frozenset()
        if counts and (behaviour in named if named else points > 0):
            until = add_months(today, months or 0)
            self.alive_until = until if self.alive_until is None else max(until, self.alive_until)
        available_on = today + timedelta(days=10 if behaviour == "wait" else 0)
        piece = self.piece_of(points, policy, months, available_on, AfterDays(20) if behaviour == "flash" else None)
        if not points:
            return None
        if available_on > today:
            self.pending.append((available_on, piece))
        else:
            self.lots.append(piece)
            self.settles()
        return piece

    def piece_of(
        self, points: int, policy: ExpiryPolicy, months: int | None, available_on: date, own: ExpiryPolicy | None
    ) -> Piece:
        at_least = available_on + timedelta(days=1)
        month = f"{self.today:%Y-%m}"
        if own is None and months is not None and self.alive_until is not None and self.alive_until >= at_least:
            return Piece(MOVING, month, points)
        if own is None and months is not None:
            return Piece(max(add_months(self.today, months), at_least), month, points)
        return Piece(max((own or policy).expires_on(self.today), at_least), month, points)

    def gets_back(self, pieces: list[Piece], grace: int | None) -> None:
        for given in pieces:
            piece = replace(given)
            if piece.last == MOVING and self.alive_until is not None and self.alive_until < self.today:
                piece.last = self.alive_until
            if piece.last < self.today and grace is not None and not piece.grace:
                piece = replace(piece, last=piece.last + timedelta(days=grace), grace=True)
            self.lots.append(piece)
        self.settles()


@dataclass
class Life:
    """The same done to both."""

    random: Random
    walk: Walk
    model: Model
    months: int | None
    seen: dict[datetime, tuple[int, int, int, list[tuple[date, int]]]] = field(default_factory=dict)
    """By moment: what was to be seen after all that happened then."""
    spent: dict[str, tuple[Entry, list[Piece]]] = field(default_factory=dict)
    earned: list[tuple[Entry, int, Piece | None, bool]] = field(default_factory=list)
    held: dict[str, Entry] = field(default_factory=dict)
    versions: dict[int, Program] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)

    @property
    def grace(self) -> int | None:
        return self.walk.rules.expired_return_days

    def wait(self) -> None:
        hours = self.random.choice([1, 5, 24, 24 * 9, 24 * 25, 24 * 45, 24 * 62])
        self.walk.now += timedelta(hours=hours, seconds=1)
        self.model.comes_to(self.walk.now)

    def turn(self) -> None:
        """Another policy is published."""
        policy, self.months = self.random.choice(POLICIES)
        version = self.walk.rules.version + 1
        self.walk.rules = rules(policy, version, self.walk.rules.zone, self.grace)
        self.versions[version] = self.walk.rules

    def earn(self) -> None:
        behaviour = self.random.choice(["buy", "buy", "look", "flash", "wait"])
        amount = f"{self.random.choice([0, 3, 12, 40])}.00" if behaviour == "buy" else None
        entry = self.walk.earn(behaviour, amount)
        points = sum(line.points for line in entry.lines)
        piece = self.model.earns(behaviour, points, self.walk.rules.expiry, self.months)
        self.earned.append((entry, points, piece, behaviour == "wait"))

    def give(self) -> None:
        self.walk.give(13)
        policy = self.walk.rules.expiry
        self.model.lots.append(self.model.piece_of(13, policy, self.months, self.model.today, None))
        self.model.settles()

    def take(self) -> None:
        points = self.random.randrange(1, 15)
        if points > self.model.available:
            with pytest.raises(InsufficientPoints):
                self.walk.give(-points)
            return
        self.walk.give(-points)
        self.model.draw(points)

    def redeem(self) -> None:
        if self.model.available < 10:
            with pytest.raises(InsufficientPoints):
                self.walk.redeem()
            return
        entry = self.walk.redeem()
        drawn = self.model.draw(10)
        self.spent[entry.reference] = (entry, drawn)

    def cancel(self) -> None:
        if not self.spent:
            return
        reference = self.random.choice(sorted(self.spent))
        entry, pieces = self.spent.pop(reference)
        self.walk.cancel(entry)
        self.model.gets_back(pieces, self.grace)

    def hold(self) -> None:
        points = self.random.randrange(1, 20)
        if points > self.model.available or len(self.model.holds) > 5:
            return
        days = self.random.choice([1, 9, 30])
        entry = self.walk.hold(points, expires_in=days * 24 * 3600)
        self.held[entry.reference] = entry
        self.model.holds[entry.reference] = (self.walk.now + timedelta(days=days), self.model.draw(points))

    def end_hold(self) -> None:
        if not self.model.holds:
            return
        reference = self.random.choice(sorted(self.model.holds))
        held = sum(piece.points for piece in self.model.holds[reference][1])
        _, pieces = self.model.holds[reference]
        wanted = self.random.choice([0, held, self.random.randrange(1, held + 1)])
        if wanted:
            self.walk.capture(self.held[reference], wanted)
        else:
            self.walk.release(self.held[reference])
        del self.model.holds[reference]
        back = []
        for piece in self.model.order(pieces):
            taken = min(wanted, piece.points)
            wanted -= taken
            back.append(replace(piece, points=piece.points - taken))
        self.model.lots += [piece for piece in back if piece.points]
        self.model.settles()

    def refund(self) -> None:
        """All of an earning: what waits of it, then its own lot, then the others; the rest is owed."""
        left = [each for each in self.earned if each[0].reference not in self.done and each[1]]
        if not left:
            return
        entry, points, piece, waits = self.random.choice(left)
        self.done.add(entry.reference)
        self.walk.reverse(entry)
        assert piece is not None
        if waits and any(waiting is piece for _, waiting in self.model.pending):
            self.model.pending = [each for each in self.model.pending if each[1] is not piece]
            return
        own = (MOVING if _was_moving(entry) else piece.last, piece.month)
        # What repaid a debt as it came was never in a lot of its own.
        stayed = any(points > 0 for points in entry.moves.by_lot().values())
        drawn = self.model.draw(points, lambda each: stayed and (each.last, each.month) == own and not each.grace)
        self.model.owed += points - sum(each.points for each in drawn)

    def confirm(self) -> None:
        waiting = [each for each in self.earned if each[3] and each[0].reference not in self.done]
        if not waiting:
            return
        entry, _, piece, _ = self.random.choice(waiting)
        self.done.add(entry.reference)
        self.walk.confirm(entry)
        self.model.lots += [each for _, each in self.model.pending if each is piece]
        self.model.pending = [each for each in self.model.pending if each[1] is not piece]
        self.model.settles()

    def freeze(self) -> None:
        """A movement that looks at nothing that time has done."""
        self.walk.freeze()
        self.walk.wait(seconds=1)
        self.walk.unfreeze()
        self.model.comes_to(self.walk.now)

    def sweep(self) -> None:
        """Closes exactly what is past its date, and sets exactly the next timer."""
        gone = [piece for piece in self.model.lots if self.model.last(piece) < self.model.today]
        try:
            decision = bring_up_to_date(self.walk.account, self.walk.context)
        except NothingDue:
            assert not gone
            self.walk.account = replace(self.walk.account, due_at=next_due(self.walk.account, self.walk.rules))
            return
        assert -sum(entry.points for entry in decision.entries) == sum(piece.points for piece in gone)
        self.walk.account = decision.account
        self.walk.entries += decision.entries
        self.model.lots = [piece for piece in self.model.lots if self.model.last(piece) >= self.model.today]
        assert self.walk.account.due_at is None or self.walk.account.due_at > self.walk.now

    def compare(self) -> None:
        walk, model = self.walk, self.model
        balance, expiring = walk.balance, walk.account.expiring(walk.now, walk.rules.zone)
        assert balance.available == model.available
        assert balance.pending == sum(piece.points for _, piece in model.pending)
        assert balance.held == sum(piece.points for _, pieces in model.holds.values() for piece in pieces)
        assert balance.owed == model.owed
        assert expiring == model.expiring
        undated = [name for name in walk.account.lots if lot.is_moving(name)]
        assert len(undated) <= MAX_UNDATED_LOTS
        assert walk.account.due_at is None or walk.account.due_at <= (
            next_due(walk.account, walk.rules) or datetime.max.replace(tzinfo=UTC)
        )
        if all(hold.expires_at > walk.now for hold in walk.account.holds.values()):
            self.seen[walk.now] = (balance.available, balance.pending, balance.owed, expiring)


def _was_moving(entry: Entry) -> bool:
    return any(lot.is_moving(name) and points > 0 for name, points in entry.moves.by_lot().items())


def _revived(account: Account, given: lot.Lots, context: Context) -> Account:
    """Without a look at whether they have expired meanwhile."""
    settled = account.settled(context.now, context.program.zone)
    return replace(settled, lots=lot.added(settled.lots, given)).repaid(context.today)


class Kept:
    """A ledger of one walk, for those who read the past and who prove it."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk

    def account(self, *_: object) -> Account:
        return self._walk.account

    def entries(self, *_: object, before_seq: int | None = None, limit: int, **__: object) -> Page[Entry]:
        found = [entry for entry in self._walk.entries if before_seq is None or entry.seq < before_seq]
        page = sorted(found, key=lambda entry: -entry.seq)[:limit]
        return Page(page, str(page[-1].seq) if page and page[-1].seq > 1 else None)

    def orders(self, *_: object, **__: object) -> Page[Any]:
        return Page(list(self._walk.orders.values()))

    def tier_changes(self, *_: object, **__: object) -> Page[Any]:
        return Page([])


def live(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - repeatable on purpose
    zone = random.choice([SHANGHAI, NEW_YORK])
    grace = random.choice([None, 14])
    policy, months = random.choice(POLICIES)
    walk = Walk(rules(policy, 1, zone, grace))
    life = Life(random, walk, Model(zone, NOW), months, versions={1: walk.rules})
    steps = [
        life.earn, life.earn, life.earn, life.earn, life.give, life.take, life.redeem, life.redeem, life.cancel,
        life.hold, life.end_hold, life.refund, life.confirm, life.sweep, life.sweep, life.turn, life.freeze,
    ]  # fmt: skip
    for _ in range(120):
        step = random.choice(steps)
        try:
            step()
        except PointsError as error:
            raise AssertionError(step) from error
        life.compare()
        life.wait()
        life.compare()
    wired = services(*life.versions.values(), clock=SetClock(walk.now))
    ledger: Any = Kept(walk)
    wired = replace(wired, ledger=ledger)
    for moment, seen in life.seen.items():
        past = read_balance(wired, walk.rules, "m-1", as_of=moment)
        assert (past.balance.available, past.balance.pending, past.balance.owed, past.expiring) == seen, moment
    assert [each for each in findings(wired, walk.rules, "m-1") if each.code != "facts_wrong"] == []


@pytest.mark.parametrize("seed", range(120))
def test_r_exp_1_points_kept_alive_are_what_a_list_says(seed: int) -> None:
    live(seed)


FAULTS: Final[dict[str, tuple[Any, str, Any]]] = {
    "moving lots are drawn last": (lots, "by_date", lambda names, _moving_until: sorted(names)),
    "nothing ever stops": (account.Account, "stopped", lambda self, _today: self),
    "activity keeps nothing alive": (earning, "kept_alive", lambda account, *_args, **_context: account),
    "what comes back after all is alive again": (redeeming, "restored", _revived),
    "a policy that ends sooner shortens": (ByActivity, "is_kept_alive_by", lambda *_: False),
    "the past has the present date": (read_balance_module, "_active_until", lambda _past, _standing: MOVING),
    "a late end closes nothing": (expiring, "_past", lambda _settled, _context: {}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_model_finds_faults(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*FAULTS[fault])
    with pytest.raises(AssertionError):
        _search()


def _search() -> None:
    for seed in range(60):
        live(seed)


def test_fifteen_years_of_activity_are_one_small_account() -> None:
    """GIVEN a purchase a week for 15 years, kept alive all along THEN no more than 36 earning months are told apart,
    the account does not grow, and nothing was lost."""
    walk = Walk(rules(ByActivity(12), 1, SHANGHAI, None))
    paid, sizes = 0, []
    for _week in range(15 * 52):
        paid += walk.earn("buy", "40.00").points
        walk.wait(days=7)
        sizes.append(item_size(AccountItem.of(walk.account).item()))
        assert sum(map(lot.is_moving, walk.account.lots)) <= MAX_UNDATED_LOTS
    assert walk.available == paid
    assert max(sizes) <= max(sizes[: 4 * 52]) + 8 < KILOBYTE
    assert walk.account.expiring(walk.now, SHANGHAI) == [(walk.account.active_until, paid)]
    walk.wait(days=400)
    decision = bring_up_to_date(walk.account, walk.context)
    assert [entry.points for entry in decision.entries] == [-paid]
