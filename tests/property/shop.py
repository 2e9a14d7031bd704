"""One program and one member of it, worked out the slow and obvious way: what each request has to come to.

:class:`Shop` adds to the plain model of an account what this program pays, and what became of every request so far. It
decides by itself; who asks holds the ledger's answer beside it. :func:`document` is the same program as a document.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any, Final

from points.domain.ledger.entries import Kind
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.confirming import Confirmation
from points.domain.movements.earning import Event
from points.domain.movements.freezing import Freeze
from points.domain.movements.holding import HoldRequest
from points.domain.movements.redeeming import Redemption
from points.domain.movements.reversing import Reversal
from tests.property import ledger_model as model
from tests.property.ledger_model import Captured, Earned, Lot, Model, Pieces, Refused

STEPS: Final = (1, 2, 5)
"""What the first, second and third day in a row of visits pay; every day after them as the third."""

HANDLED_AFTER: Final = {
    "fulfilled": {"placed"},
    "shipped": {"placed", "fulfilled"},
    "delivered": {"fulfilled", "shipped"},
}
"""From which states an order comes into another."""

PRICES: Final = {"coupon": 12, "e-reader": 18}
LIMITED: Final = "e-reader"
"""The reward of which there are only so many."""

PENDING_DAYS: Final = {"order": 7, "flash": 1}
FLASH_DAYS: Final = 8
"""How long the points of a flash are good for, whatever the program's policy is."""

TASK_POINTS: Final = 9
TREAT_POINTS: Final = 5
NEWCOMER_POINTS: Final = 6
REFERRER_POINTS: Final = 11
MOST_FRIENDS: Final = 3
SUSPICIOUS_DAYS: Final = 5
BACKDATING_DAYS: Final = 30
HOLD_SECONDS: Final = 900
BY_AMOUNT: Final = frozenset({"purchase", "order", "bonus"})

LEAD_DAYS: Final = (7, 3, 1)
DORMANT_AFTER, DORMANT_AGAIN = 5, 7
CHANNELS: Final = ("email", "sms")
MINIMUM_CENTS, STEP, LEAST, PER_DAY = 20, 2, 4, 40
OFFSET: Final = {"minimum_order": "0.20", "maximum_share_percent": 50, "step": STEP, "minimum_points": LEAST}
"""Points that pay part of an order; a hundred of them are a currency unit, so each is a cent."""

REMINDERS: Final[dict[str, Any]] = {
    "lead_days": list(LEAD_DAYS),
    "at": "10:00",
    "quiet_hours": {"from": "21:00", "to": "08:00"},
    "channels": list(CHANNELS),
    "dormant": {"after_days": DORMANT_AFTER, "again_after_days": DORMANT_AGAIN},
}

ENOUGH: Final = 10**9
"""Of what is everybody's, where the model is not to say whether it was used up."""

POLICIES: Final[list[tuple[dict[str, Any], Callable[[date], date]]]] = [
    ({"type": "end_of_year", "years": 1}, model.end_of_next_year),
    ({"type": "end_of_month", "months": 12}, model.end_of_month_next_year),
    ({"type": "after_days", "days": 10}, model.days_later(10)),
    ({"type": "after_months", "months": 1}, model.months_later(1)),
    ({"type": "yearly_clearing", "month": 2, "day": 29}, model.cleared_in_february),
    ({"type": "never"}, model.never),
]
"""Expiry as a document says it, and as the model works it out."""


@dataclass(frozen=True)
class Ended:
    """The change of the member's points; and which lots were ``spent``, where something was."""

    change: int
    spent: Pieces | None = None


@dataclass(frozen=True)
class PartlyPaid:
    """An order of so many cents, for which points were held on a day, and what came back of it: ``returned`` cents of
    its amount."""

    cents: int
    day: date
    points: int
    captured: int = 0
    returned: int = 0
    points_back: int = 0


@dataclass
class Shop(Model):
    """``expires_on``, ``shortfall``, ``grace`` and ``per_day`` are the program's at the moment. ``stock`` of what is
    limited, and ``budget``, are everybody's: the model knows what is left where there is nobody else.

    Which lots an event's points went to (:attr:`Earned.lots`) is for whoever compares to say: those that there is more
    in after its entry than after the entry before. What repaid a debt is in none.
    """

    steps: tuple[int, ...] = STEPS
    stock: int = ENOUGH
    expires_on: Callable[[date], date] = model.end_of_next_year
    earned: dict[str, Earned] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)
    """Every hold ever made: open, overdue (nobody moved anything since), captured, released or let go."""
    captured: dict[str, Captured] = field(default_factory=dict)
    per_day: int | None = PER_DAY
    partly_paid: dict[str, PartlyPaid] = field(default_factory=dict)
    redeemed: dict[str, tuple[int, Pieces, str]] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    handled: dict[str, str] = field(default_factory=dict)
    entries: int = 0
    """How many movements there have been: whoever has none is a newcomer."""

    def fork(self) -> "Shop":
        """Another one in the same state, to ask what would happen. What it holds is copied as deep as it may change."""
        other = copy(self)
        for name, value in vars(self).items():
            if isinstance(value, dict | list | set):
                setattr(other, name, copy(value))
        other.events = [copy(each) for each in self.events]
        other.earned = {each.reference: each for each in other.events}
        for each in other.events:
            each.waiting, each.reversals = dict(each.waiting), list(each.reversals)
        other.captured = {
            name: Captured(each.reference, each.spent, list(each.reversals)) for name, each in self.captured.items()
        }
        return other

    def comes_to(self, moment: datetime) -> None:
        self.wait_until(moment)
        for hold, state in self.held.items():
            if state == "open" and hold not in self.holds:
                self.held[hold] = "overdue"

    def by_lot(self) -> dict[Lot, int]:
        """Everything the member has, wherever it lies."""
        found: dict[Lot, int] = dict(self.lots)
        pieces = [*((lot, points) for (_, lot), points in self.pending.items())]
        pieces += [piece for _, held in self.holds.values() for piece in held]
        for lot, points in pieces:
            found[lot] = found.get(lot, 0) + points
        return found

    def has_settled(self) -> None:
        """A movement has found what time had ended."""
        for hold, state in self.held.items():
            if state == "overdue":
                self.held[hold] = "let go"

    # ── events ───────────────────────────────────────────────────────────────────────────────────────────────────

    def earns(self, event: Event) -> Ended:
        occurred_at = event.occurred_at or self.now
        if occurred_at < self.now - timedelta(days=BACKDATING_DAYS):
            raise Refused("occurred_too_early")
        if "earning" in self.frozen:
            raise Refused("member_frozen")
        cents = _minor(event.amount)
        day = occurred_at.astimezone(self.zone).date()
        earned = Earned(event.reference, event.behaviour, day, event.quantity or 1, cents, {})
        worth = self._worth(earned)
        extra = self.double_worth(day, worth) if event.behaviour == "purchase" else 0
        treat = self.treat_worth(day) if event.behaviour == "visit" and worth else 0
        lines = ((event.behaviour, worth), ("double", extra), ("treat", treat))
        earned.lines = {name: points for name, points in lines if points}
        self.budget -= extra
        self.events.append(earned)
        bonus = self._bonus(earned)
        if event.behaviour == "review" and self.sponsor == "open":
            self.sponsor, earned.invitation = "paid", NEWCOMER_POINTS
        total = earned.paid + bonus + earned.invitation
        self.events.remove(earned)
        earned.suspicious = self.is_suspicious(day, total)
        self.events.append(earned)
        self.earned[event.reference] = earned
        for name, points in earned.lines.items():
            days = 0 if name == "treat" else PENDING_DAYS.get(event.behaviour, 0)
            self._credit(points, day, days, earned, flash=event.behaviour == "flash")
        for points in (bonus, earned.invitation):
            self._credit(points, day, 0, earned)
        self.forget()
        self.count(day, total)
        self.rise(day)
        return Ended(total)

    def lines_of(self, reference: str) -> dict[str, int]:
        earned = self.earned[reference]
        return {
            **earned.lines,
            **({"three_reviews": TASK_POINTS} if reference in self.bonuses else {}),
            **({"invitation": earned.invitation} if earned.invitation else {}),
        }

    def _bonus(self, earned: Earned) -> int:
        day = earned.day
        if earned.behaviour != "review" or (day.year, day.month) in self.rewarded or not self.task_is_met(day):
            return 0
        self.bonuses[earned.reference] = TASK_POINTS
        self.rewarded.add((day.year, day.month))
        return TASK_POINTS

    def _worth(self, earned: Earned) -> int:
        cents, quantity = earned.minor, earned.quantity
        match earned.behaviour:
            case "purchase":
                points = cents // 100
            case "order":
                points = -(-cents // 100)
            case "bonus":
                points = int(Fraction(cents * 3, 200) + Fraction(1, 2)) if cents >= 300 else 0
            case "review":
                points = 20 * quantity
            case "flash":
                points = 30 * quantity
            case "share":
                points, earned.times = self.shares_worth(earned.day, quantity)
            case "visit":
                points = self.visits_worth(earned.day)
                earned.first_of_its_day = bool(points)
            case _:
                earned.rounds = max(0, (self.photos_left() + quantity) // 3)
                points = 50 * earned.rounds
        return points

    def _credit(self, points: int, day: date, days: int, earned: Earned, *, flash: bool = False) -> None:
        """What waits, waits for its rule's days from the event's and for suspicion's from now; what is paid can be
        spent until the day after it comes, whatever its policy says."""
        today = self.today
        available_on = max(
            day + timedelta(days=days), today + timedelta(days=SUSPICIOUS_DAYS if earned.suspicious else 0)
        )
        waits = bool(days) or earned.suspicious
        good_for = model.days_later(FLASH_DAYS) if flash else self.expires_on
        last = max(good_for(day), self._tomorrow(available_on if waits else today))
        lot = (last, f"{day:%Y-%m}")
        if not points:
            return
        if waits and available_on > today:
            earned.waiting[available_on, lot] = earned.waiting.get((available_on, lot), 0) + points
        self.earn(points, lot, available_on if waits else None)

    def _tomorrow(self, day: date) -> date:
        return max(day, self.today) + timedelta(days=1)

    # ── spending ─────────────────────────────────────────────────────────────────────────────────────────────────

    def redeems(self, command: Redemption) -> Ended:
        self._refuse_if_frozen("redeeming")
        price = PRICES[command.reward] * command.quantity
        self.forget()
        pieces = self.spend(price)
        if command.reward == LIMITED:
            if command.quantity > self.stock:
                self._put(pieces)
                raise Refused("out_of_stock")
            self.stock -= command.quantity
        self.redeemed[command.reference] = (command.quantity, pieces, command.reward)
        return Ended(-price, pieces)

    def cancels(self, reference: str) -> Ended:
        if reference not in self.redeemed:
            raise Refused("not_found")
        if reference in self.cancelled or self.handled.get(reference) == "delivered":
            raise Refused("order_not_cancellable")
        self.cancelled.add(reference)
        quantity, pieces, reward = self.redeemed[reference]
        self.stock += quantity if reward == LIMITED else 0
        if reference.startswith("~") and self.grace is None:
            pieces = [
                ((last, month if month.endswith("+") else f"{month}+"), points) for (last, month), points in pieces
            ]
        return Ended(self.give_back(pieces))

    def state_of(self, reference: str) -> str | None:
        """Of an order; None where there is none."""
        if reference not in self.redeemed:
            return None
        return "cancelled" if reference in self.cancelled else self.handled.get(reference, "placed")

    def handles(self, reference: str, state: str) -> Ended:
        """What is done with an order; no points move."""
        if reference not in self.redeemed:
            raise Refused("not_found")
        if self.state_of(reference) not in HANDLED_AFTER[state]:
            raise Refused("order_not_movable")
        self.handled[reference] = state
        return Ended(0)

    def holds_points(self, command: HoldRequest) -> Ended:
        self._refuse_if_frozen("redeeming")
        cents = None if command.order_amount is None else _minor(command.order_amount)
        points = command.points or 0 if cents is None else self._all_usable(cents, command.points)
        self.forget()
        self.hold(command.reference, points, command.expires_in or HOLD_SECONDS)
        self.held[command.reference] = "open"
        if cents is not None:
            self.partly_paid[command.reference] = PartlyPaid(cents, self.today, points)
        return Ended(0)

    def captures(self, reference: str, points: int | None) -> Ended:
        self._only_if_open(reference)
        self._refuse_if_frozen("redeeming")
        change, pieces = self.capture(reference, points)
        self.held[reference] = "captured"
        self.captured[reference] = Captured(reference, pieces)
        if reference in self.partly_paid:
            self.partly_paid[reference] = replace(self.partly_paid[reference], captured=-change)
        return Ended(change, pieces)

    def releases(self, reference: str) -> Ended:
        if self.held.get(reference) == "overdue":  # time has given its points back already
            self.held[reference] = "released"
            return Ended(0)
        self._only_if_open(reference)
        self.held[reference] = "released"
        return Ended(self.release(reference))

    # ── orders that points pay part of ───────────────────────────────────────────────────────────────────────────

    def quotes(self, amount: str, asked: int | None) -> Ended:
        """So many points as if they were a change."""
        self._refuse_if_frozen("redeeming")
        return Ended(self._usable(_minor(amount), asked))

    def _all_usable(self, cents: int, asked: int | None) -> int:
        usable = self._usable(cents, asked)
        if not usable or usable != (asked or usable):
            raise Refused("offset_refused")
        return usable

    def _usable(self, cents: int, asked: int | None) -> int:
        """The most of them, counted down one by one."""
        points = min(self.balance[0], asked or self.balance[0])
        if self.per_day is not None:
            points = min(points, self.per_day - self._used_today())
        while points > 0 and (2 * points > cents or points % STEP):
            points -= 1
        return points if points >= LEAST and cents >= MINIMUM_CENTS else 0

    def _used_today(self) -> int:
        """Of today's holds: what is open, and what was captured and has not come back."""
        return sum(
            paid.points if hold in self.holds else paid.captured - paid.points_back
            for hold, paid in self.partly_paid.items()
            if paid.day == self.today
        )

    def refunds(self, hold: str, amount: str) -> Ended:
        if hold not in self.captured:
            raise Refused("not_found")
        if hold not in self.partly_paid:
            raise Refused("invalid_request")
        paid, cents = self.partly_paid[hold], _minor(amount)
        returned = paid.returned + cents
        if returned > paid.cents:
            raise Refused("already_reversed")
        points = paid.captured * returned // paid.cents - paid.points_back
        change = self.reverse_capture(self.captured[hold], points)
        self.partly_paid[hold] = replace(paid, returned=returned, points_back=paid.points_back + points)
        return Ended(change)

    def money_back(self, hold: str) -> int:
        """In cents, of all that was returned of an order so far: each point of it was a cent."""
        paid = self.partly_paid[hold]
        return paid.returned - paid.captured * paid.returned // paid.cents

    def _only_if_open(self, hold: str) -> None:
        if hold not in self.held:
            raise Refused("not_found")
        codes = {"captured": "already_captured", "released": "already_released"}
        if self.held[hold] != "open":
            raise Refused(codes.get(self.held[hold], "hold_expired"))

    def _refuse_if_frozen(self, activity: str) -> None:
        if activity in self.frozen:
            raise Refused("member_frozen")

    # ── the way back, and by hand ────────────────────────────────────────────────────────────────────────────────

    def reverses(self, command: Reversal) -> Ended:
        reference = command.of.reference
        if command.of.kind is Kind.CAPTURE:
            if reference not in self.captured:
                raise Refused("not_found")
            if reference in self.partly_paid:
                raise Refused("invalid_request")
            return Ended(self.reverse_capture(self.captured[reference], command.points))
        if reference not in self.earned:
            raise Refused("not_found")
        self.forget()
        minor = None if command.amount is None else _minor(command.amount)
        return Ended(self.reverse(self.earned[reference], command.points, minor))

    def confirms(self, command: Confirmation, *, by_operator: bool) -> Ended:
        if command.earning not in self.earned:
            raise Refused("not_found")
        return Ended(self.confirm(self.earned[command.earning], by_operator=by_operator))

    def adjusts(self, command: Adjustment) -> Ended:
        if command.points < 0:
            self.spend(-command.points)
            return Ended(command.points)
        today = self.today
        if command.expires_on is not None and command.expires_on < today:
            raise Refused("invalid_request")
        last = command.expires_on or max(self.expires_on(today), self._tomorrow(today))
        return Ended(self.earn(command.points, (last, f"{today:%Y-%m}"), None))

    def freezes(self, command: Freeze) -> Ended:
        self.frozen |= {activity.value for activity in command.activities}
        return Ended(0)

    def unfreezes(self, command: Freeze) -> Ended:
        self.frozen -= {activity.value for activity in command.activities}
        return Ended(0)

    def expires(self) -> int:
        """A sweep closes what can be spent no more: so many points."""
        gone = sum(points for (last, _), points in self.lots.items() if last < self.today)
        self.lots = {lot: points for lot, points in self.lots.items() if lot[0] >= self.today}
        return gone

    def exchanges(self, reference: str, named: Sequence[str]) -> tuple[str, Ended] | None:
        """What can be spent no more buys the dearest of the rewards that it suffices for, if it does for any."""
        # What was given back once is not exchanged again.
        gone = {lot: points for lot, points in self.lots.items() if lot[0] < self.today and lot[1][-1] != "+"}
        within = [reward for reward in named if PRICES[reward] <= sum(gone.values())]
        if not within or "redeeming" in self.frozen:
            return None
        reward = max(within, key=lambda each: PRICES[each])
        pieces = self._draw(PRICES[reward], sorted(gone))
        self.redeemed[reference] = (1, pieces, reward)
        return reward, Ended(-PRICES[reward], pieces)

    # ── who brings others ────────────────────────────────────────────────────────────────────────────────────────

    def is_brought(self) -> Ended:
        if self.entries:
            raise Refused("referral_refused")
        self.sponsor = "open"
        return Ended(0)

    def is_rewarded(self) -> Ended:
        """A newcomer whom the member brought has qualified."""
        if self.friends == MOST_FRIENDS:
            raise Refused("limit_reached")
        if "earning" in self.frozen:
            raise Refused("member_frozen")
        day = self.today
        last = max(self.expires_on(day), self._tomorrow(day))
        self.earn(REFERRER_POINTS, (last, f"{day:%Y-%m}"), None)
        self.count(day, REFERRER_POINTS)
        self.rise(day)
        self.friends += 1
        return Ended(REFERRER_POINTS)


def _minor(amount: str | None) -> int:
    return 0 if amount is None else int(Fraction(amount) * 100)


def document(
    *,
    policy: int = 0,
    shortfall: str = "owe",
    grace: int | None = None,
    budget: tuple[int, int] = (3_000, 3),
    stock: tuple[int, int] = (200, 4),
    clients: tuple[str, ...] = (),
    per_day: int | None = PER_DAY,
    **changes: Any,
) -> dict[str, Any]:
    """The program; ``policy`` is one of :data:`POLICIES`. Of ``budget`` and ``stock``: how much, on how many shards."""
    values: Mapping[str, dict[str, Any]] = {
        "purchase": {"type": "per_amount", "points": 1, "per": "1.00", "rounding": "down"},
        "bonus": {"type": "per_amount", "points": 3, "per": "2.00", "rounding": "half_up", "minimum": "3.00"},
        "review": {"type": "fixed", "points": 20},
        "photo": {"type": "per_occurrences", "points": 50, "every": 3},
        "order": {"type": "per_amount", "points": 1, "per": "1.00", "rounding": "up"},
        "flash": {"type": "fixed", "points": 30},
        "share": {"type": "fixed", "points": 4},
        "visit": {"type": "streak", "steps": list(STEPS)},
    }
    more: dict[str, dict[str, Any]] = {
        "order": {"pending_days": PENDING_DAYS["order"]},
        "flash": {"pending_days": PENDING_DAYS["flash"], "expiry": {"type": "after_days", "days": FLASH_DAYS}},
        "share": {"caps": [{"per": "day", "occurrences": 3}, {"per": "week", "points": 21}]},
    }
    return {
        "title": {"en": "A shop"},
        "time_zone": "Asia/Shanghai",
        "languages": ["en"],
        "currency": {"code": "CNY", "decimals": 2},
        "ratio": 100,
        "expiry": POLICIES[policy][0],
        "shortfall": shortfall,
        **({} if grace is None else {"expired_return_days": grace}),
        "backdating_days": BACKDATING_DAYS,
        "refund_days": 45,
        "behaviours": {name: {"core": True} for name in values},
        "rules": [
            {"id": name, "behaviour": name, "value": value, **more.get(name, {})} for name, value in values.items()
        ],
        "tasks": [
            {
                "id": "three_reviews",
                "behaviours": ["review"],
                "counts": "quantity",
                "target": 3,
                "per": "month",
                "points": TASK_POINTS,
            }
        ],
        "campaigns": [
            {"id": "double", "behaviours": ["purchase"], "from": "2026-01-01", "to": "2099-12-31", "multiplier": "2",
             "budget": budget[0], "budget_shards": budget[1], "caps": [{"per": "week", "points": 50}]},
            {"id": "treat", "behaviours": ["visit"], "from": "2026-01-01", "to": "2099-12-31", "bonus": TREAT_POINTS,
             "caps": [{"per": "month", "occurrences": 2}]},
        ],
        "tiers": {
            "by": "points",
            "window": "calendar_year",
            "levels": [{"id": "V1", "from": 0}, {"id": "V2", "from": 100}, {"id": "V3", "from": 400}],
        },
        "risk": [
            {"id": "rich", "counts": "points", "per": "day", "more_than": 150, "action": "pend",
             "pending_days": SUSPICIOUS_DAYS}
        ],
        "referral": {"newcomer_points": NEWCOMER_POINTS, "referrer_points": REFERRER_POINTS,
                     "qualifying_behaviour": "review", "maximum_per_referrer": MOST_FRIENDS},
        "reminders": {"lead_days": [3, 1], "dormant": {"after_days": 20, "again_after_days": 30}},
        "rewards": {
            "coupon": {"price": PRICES["coupon"]},
            LIMITED: {"price": PRICES[LIMITED], "stock": stock[0], "stock_shards": stock[1]},
        },
        "offset": {**OFFSET, "points_per_day": per_day},
        "clients": list(clients),
        **changes,
    }  # fmt: skip


def lot_named(name: str) -> Lot:
    """``2027-12-31/2026-11`` as the model names it."""
    last, _, month = name.partition("/")
    return date.fromisoformat(last), month
