"""Ten years of one member: nothing on an account, and no cost of a movement, grows with the years (design §11)."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final

from points.adapters.dynamodb.item_size import KILOBYTE, history_write_units, item_size, transaction_write_units
from points.adapters.dynamodb.models import AccountItem, EntryItem
from points.application.ports import MAX_NOTICES
from points.domain.calendar import add_months
from points.domain.errors import NothingDue
from points.domain.ledger.booking import Decision
from points.domain.ledger.entries import Entry, Kind
from points.domain.ledger.timers import next_due
from points.domain.money import Rounding
from points.domain.movements.expiring import bring_up_to_date
from points.domain.program.campaigns import Campaign
from points.domain.program.caps import Cap
from points.domain.program.conditions import Operator
from points.domain.program.dates import EVERY_DAY, Dates
from points.domain.program.expiry import EndOfMonth
from points.domain.program.program import Program
from points.domain.program.reminding import Dormancy, Reminders
from points.domain.program.rewards import Reward
from points.domain.program.risk import RiskAction, RiskRule, Velocity
from points.domain.program.rules import Fixed, PerAmount, PerOccurrences, Streak
from points.domain.program.segments import Segment, Segments
from points.domain.program.succession import inheritance
from points.domain.program.tasks import Counted, Task
from points.domain.program.tiers import Level, TierMetric, Tiers
from points.domain.program.windows import Window
from points.domain.reminding.owing import owed
from tests.builders import Walk, asks, paying, small

FIRST_MONDAY: Final = date(2026, 1, 5)
WEEKS: Final = 523
TIDIED_WEEKS: Final = 3
"""So long what is over stays in the program, until somebody tidies up."""

CAPS: Final = (
    Cap(Window.HOUR, occurrences=2),
    Cap(Window.DAY, points=12),
    Cap(Window.WEEK, occurrences=9),
    Cap(Window.MONTH, points=90),
    Cap(Window.YEAR, occurrences=400),
    Cap(Window.LIFETIME, points=100_000),
)
"""One of every window."""


def standing() -> Program:
    """What stays: rules of every kind, a task, a campaign without dates, tiers, segments, and suspicion of haste."""
    return small(
        paying(PerAmount(1, 100, Rounding.DOWN), "purchase", pending_days=7),
        paying(Fixed(4), "share", caps=CAPS),
        paying(Streak((1, 2, 5, 10)), "visit"),
        paying(PerOccurrences(50, 3), "photo"),
        paying(Fixed(3), "visit", name="regular", when=asks("segment", Operator.AT_LEAST, 1)),
        tasks=(Task("monthly", frozenset({"purchase"}), Counted.AMOUNT, 30_000, Window.MONTH, 40),),
        campaigns=(
            Campaign("gold", frozenset({"visit"}), EVERY_DAY, bonus=2, when=asks("tier", Operator.AT_LEAST, 1)),
        ),
        tiers=Tiers(
            TierMetric.POINTS,
            (Level("V1", 0), Level("V2", 2_000, multiplier=1_200), Level("V3", 9_000, multiplier=1_500)),
            months=12,
            calendar_year=True,
            grace_days=14,
        ),
        segments=Segments(12, (Segment("low", 0), Segment("high", 100_000))),
        risk=(RiskRule("haste", Velocity.EVENTS, Window.DAY, 9, RiskAction.PEND, pending_days=3),),
        rewards={reward.name: reward for reward in (Reward("coupon", 50), Reward("mug", 300))},
        expiry=EndOfMonth(12),
        exchange=("mug",),
        reminders=Reminders(lead_days=(30, 7), dormancy=Dormancy(90)),
        backdating_days=7,
        refund_days=14,
    )


def week(number: int) -> Dates:
    monday = FIRST_MONDAY + timedelta(weeks=number)
    return Dates(monday, monday + timedelta(days=6))


def published(before: Program, number: int, now: datetime) -> Program:
    """The version of a week: two tasks and a campaign of its own, besides those that nobody has removed yet, and a rule
    without an end, which the next version gives up."""
    always = standing()
    weeks = range(max(0, number - TIDIED_WEEKS), number + 1)
    after = replace(
        before,
        version=before.version + 1,
        rules=(*always.rules, paying(Fixed(1), "visit", name=f"news-{number}", caps=(Cap(Window.LIFETIME, 5, 500),))),
        tasks=(
            *always.tasks,
            *(Task(f"buy-{each}", frozenset({"purchase"}), Counted.EVENTS, 1, Window.LIFETIME, 9, dates=week(each))
              for each in weeks),
            *(Task(f"see-{each}", frozenset({"visit"}), Counted.EVENTS, 2, Window.WEEK, 7, dates=week(each))
              for each in weeks),
        ),
        campaigns=(
            *always.campaigns,
            *(Campaign(f"double-{each}", frozenset({"purchase"}), week(each), multiplier=2_000,
                       caps=(Cap(Window.LIFETIME, points=500),)) for each in weeks),
        ),
    )  # fmt: skip
    inherited = inheritance(before, after, now)
    return replace(after, retired=inherited.retired, counts_from=inherited.counts_from)


@dataclass
class Life:
    """``largest``: the account in bytes, at most, by year; ``units``: what movements cost."""

    walk: Walk
    random: Random = field(default_factory=Random)
    largest: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    movements: Counter[str] = field(default_factory=Counter)
    units: Counter[int] = field(default_factory=Counter)
    sweeps: Counter[tuple[str, ...]] = field(default_factory=Counter)
    expired: int = 0
    told: int = 0

    def booked(self, entry: Entry) -> Entry:
        written = [EntryItem.of(entry).item(), AccountItem.of(self.walk.account).item()]
        self.units[transaction_write_units(written) + history_write_units(written)] += 1
        self.movements[entry.kind] += 1
        year = (self.walk.now.date() - FIRST_MONDAY).days // 365 + 1
        self.largest[year] = max(self.largest[year], item_size(written[1]))
        return entry

    def sweep(self) -> None:
        """What an hourly run would do for this member, if they are due: most of the time they are not."""
        walk = self.walk
        if walk.account.due_at is not None and walk.account.due_at <= walk.now:
            try:
                self._swept(bring_up_to_date(walk.account, walk.context))
            except NothingDue:
                walk.account = replace(walk.account, due_at=next_due(walk.account, walk.rules))
                self.sweeps[()] += 1
            assert walk.account.due_at is None or walk.account.due_at > walk.now
        if walk.account.remind_at is not None and walk.account.remind_at <= walk.now:
            found = owed(walk.account, walk.rules, walk.now, limit=MAX_NOTICES)
            walk.account = replace(walk.account, remind_at=found.remind_at)
            self.told += len(found.notices)
            assert found.remind_at is None or found.remind_at > walk.now

    def _swept(self, decision: Decision) -> None:
        entries = [EntryItem.of(entry).item() for entry in decision.entries]
        written = [*entries, AccountItem.of(decision.account).item()]
        kinds = tuple(str(entry.kind) for entry in decision.entries)
        assert transaction_write_units(written) + history_write_units(written) == 2 + 3 * len(entries)
        self.sweeps[kinds] += 1
        self.expired -= sum(entry.points for entry in decision.entries if entry.kind is Kind.EXPIRE)
        self.walk.account = decision.account
        self.walk.entries += decision.entries

    def earn(self, behaviour: str, *, days_ago: int = 0, **event: Any) -> Entry:
        at = self.walk.now - timedelta(days=days_ago)
        return self.booked(self.walk.earn(behaviour, occurred_at=at, **event))

    def a_day(self) -> None:
        """Visits, shares and photos, some reported late; every other day a purchase."""
        chance = self.random
        self.earn("visit", days_ago=chance.choice([0, 0, 0, 1, 3]))
        for _ in range(chance.randrange(4)):
            self.earn("share", quantity=chance.randrange(1, 4), days_ago=chance.choice([0, 0, 2, 6]))
        if chance.random() < 0.5:
            bought = self.earn("purchase", amount=f"{chance.randrange(20, 400)}.00", days_ago=chance.choice([0, 0, 5]))
            self.earn("photo", quantity=chance.randrange(1, 4))
            self.walk.wait(hours=2)
            if chance.random() < 0.15:
                self.booked(self.walk.reverse(bought, points=self.a_part(bought)))
        if chance.random() < 0.02:
            for _ in range(10):  # more than an honest member does
                self.earn("share")

    def a_part(self, bought: Entry) -> int | None:
        """Half of it or, None, all."""
        half = bought.points // 2
        return half if half and self.random.random() < 0.5 else None

    def spends(self) -> None:
        """Everything but a little, so that nothing expires: what does, lies there until it is swept."""
        chance, walk = self.random, self.walk
        if walk.available > 100:
            held = self.booked(walk.hold(walk.available // 4, expires_in=3_600))
            end: Callable[[], Entry] | None = chance.choice(
                [lambda: walk.capture(held), lambda: walk.capture(held, 1), lambda: walk.release(held), None]
            )
            walk.wait(hours=0.5)
            if end is not None:
                self.booked(end())
            walk.wait(hours=1)
        if walk.available > 350 and chance.random() < 0.3:
            ordered = self.booked(walk.redeem("mug"))
            if chance.random() < 0.5:
                walk.wait(hours=20)
                self.booked(walk.cancel(ordered))
        while walk.available >= 50:
            self.booked(walk.redeem("coupon", quantity=walk.available // 50))


def lived(*, swept: bool = False) -> Life:
    """``swept``: by schedule, several times a week, and nothing is spent before it expires."""
    rules = standing()
    life = Life(Walk(rules))
    walk = life.walk
    for number in range(WEEKS):
        monday = FIRST_MONDAY + timedelta(weeks=number)
        # Every year is the same, as far as weeks and years go together, so that years can be compared.
        life.random.seed(number % 52)
        walk.until(monday.isoformat())
        walk.rules = published(walk.rules, number, walk.now)
        tier = walk.account.tier
        if swept:
            life.sweep()
        elif tier is not None and tier.review_on is not None and tier.review_on <= walk.context.today:
            life.booked(walk.review())
        for _ in range(2):
            life.a_day()
            walk.wait(days=life.random.choice([1, 2]))
            if swept:
                life.sweep()
        if number % 2 and not swept:
            life.spends()
    return life


def test_design_11_nothing_grows_with_the_years() -> None:
    """GIVEN ten years with weekly tasks and campaigns, caps of every window, streaks, tiers, segments, refunds, holds
    and redemptions THEN no event is ever refused, each movement costs five units, and from the third year on, when a
    tier's review has two years to look back upon, the account grows no more (but for a digit here and there)."""
    life = lived()
    assert life.walk.context.today >= add_months(FIRST_MONDAY, 120)
    assert {"earn", "redeem", "hold", "capture", "release", "reversal", "tier_review"} <= life.movements.keys()
    # All of them paid, week after week.
    paid = Counter(line.rule.rpartition("-")[0] for entry in life.walk.entries for line in entry.lines)
    assert min(paid[name] for name in ("buy", "see", "double", "news")) > WEEKS // 3
    assert set(life.units) == {5}
    assert max(life.largest[year] for year in range(4, 11)) <= life.largest[3] + 16 < KILOBYTE


def test_design_5_nothing_grows_with_the_years_under_sweeps() -> None:
    """GIVEN ten years in which nothing is spent, so that all that was earned matures, buys something or expires by
    itself, and tiers are reviewed THEN each sweep costs two units and three for each of its entries, in the tenth year
    as in the first, the timers are never behind, and the account grows no more."""
    life = lived(swept=True)
    kinds = {kind for kinds in life.sweeps for kind in kinds}
    assert {"redeem", "expire", "settle", "tier_review"} <= kinds
    assert life.sweeps["redeem", "expire"] > 100
    assert life.expired > 1_000
    assert life.told > 200
    assert set(life.units) == {5}
    assert max(life.largest[year] for year in range(4, 11)) <= life.largest[3] + 16 < KILOBYTE
