"""What one version of a program leaves to the next, and what the next may not change."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from points.domain.limits import MAX_RETIRED
from points.domain.money import Currency
from points.domain.program.auctions import Auction, Extension
from points.domain.program.campaigns import Campaign
from points.domain.program.caps import Cap
from points.domain.program.dates import Dates
from points.domain.program.limiting import MemberLimit
from points.domain.program.program import Program
from points.domain.program.rewards import Reward
from points.domain.program.risk import RiskAction, RiskRule, Velocity
from points.domain.program.rules import Fixed, PerOccurrences
from points.domain.program.succession import (
    KEPT_DAYS,
    LEVELS,
    Departure,
    Inheritance,
    Kept,
    Limit,
    Name,
    broken_promises,
    departures,
    inheritance,
    returning,
)
from points.domain.program.tasks import Counted, Task
from points.domain.program.tiers import Level, TierMetric, Tiers
from points.domain.program.windows import Window
from tests.builders import NEW_YORK, paying, program

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
TODAY = date(2026, 11, 21)
CAMPAIGN = Campaign("double", frozenset({"review"}), Dates(), bonus=5, budget=1000, budget_shards=4)
TASK = Task("weekly", frozenset({"review"}), Counted.EVENTS, 3, Window.WEEK, 5)
RISK = RiskRule("hasty", Velocity.EVENTS, Window.HOUR, 9, RiskAction.FREEZE)
TIERS = Tiers(TierMetric.POINTS, (Level("V1", 0), Level("V2", 100)), months=12)
BEFORE = program(
    campaigns=(CAMPAIGN,),
    tasks=(TASK,),
    risk=(RISK,),
    tiers=TIERS,
    rewards={"mug": Reward("mug", 10, stock=40, stock_shards=4)},
)


def codes(
    after: Program, before: Program = BEFORE, departed: dict[Name, Departure] | None = None
) -> list[tuple[str, str]]:
    inherited = inheritance(before, after, NOW)
    after = replace(after, counts_from=inherited.counts_from, retired=inherited.retired)
    return [(fault.path, fault.code) for fault in broken_promises(before, after, departed or {}, NOW)]


def published(*versions: Program, every: timedelta = timedelta(days=1)) -> list[tuple[str, str]]:
    """The faults of publishing the last of them over the others, one after the other, the last one now."""
    departed: dict[Name, Departure] = {}
    before = versions[0]
    for number, after in enumerate(versions[1:], start=2):
        now = NOW - every * (len(versions) - number)
        inherited = inheritance(before, after, now)
        after = replace(after, counts_from=inherited.counts_from, retired=inherited.retired)  # noqa: PLW2901
        known = {name: departed[name] for name in returning(before, after) if name in departed}
        found = [(fault.path, fault.code) for fault in broken_promises(before, after, known, now)]
        if number == len(versions):
            return found
        assert found == []
        departed |= {(each.kind, each.name): each for each in departures(before, after, now)}
        before = after
    raise AssertionError("nothing was published")


def test_the_same_again_breaks_nothing() -> None:
    assert codes(replace(BEFORE, version=2, ratio=50, rules=(), backdating_days=1)) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"zone": NEW_YORK}, ("/time_zone", "time_zone_fixed")),
        ({"currency": Currency("CNY", 3)}, ("/currency", "currency_fixed")),
        ({"currency": Currency("USD", 2)}, ("/currency", "currency_fixed")),
        # A week that begins on another day is another week, in which every weekly task could be met again.
        ({"week_starts_on": 6}, ("/week_starts_on", "week_start_fixed")),
    ],
)
def test_what_everything_is_counted_by_stays(changes: dict[str, Any], fault: tuple[str, str]) -> None:
    assert codes(replace(BEFORE, **changes)) == [fault]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (TASK, replace(TASK, window=Window.DAY)),
        (TASK, replace(TASK, counted=Counted.AMOUNT)),
    ],
)
def test_what_a_task_counts_and_in_which_windows_stays(before: Task, after: Task) -> None:
    """In other windows nothing has been counted: what was paid once would be paid again."""
    changed = replace(BEFORE, tasks=(after,))
    assert codes(changed, replace(BEFORE, tasks=(before,))) == [("/tasks/0/id", "counts_fixed")]


def test_how_many_occurrences_make_a_round_stays() -> None:
    """What is left over of a hundred would be fifty rounds of two."""
    photos = [replace(BEFORE, rules=(paying(PerOccurrences(50, every), "photo"),)) for every in (100, 2)]
    assert codes(photos[1], photos[0]) == [("/rules/0/id", "counts_fixed")]


def test_only_so_many_names_may_be_given_up_at_once() -> None:
    """What they counted lies on accounts until it is sure that nobody comes back to it."""
    rules = [paying(Fixed(1), f"rule-{number}") for number in range(MAX_RETIRED + 1)]
    before = replace(BEFORE, rules=tuple(rules))
    assert codes(replace(before, rules=tuple(rules[:1])), before) == []
    assert codes(replace(before, rules=()), before) == [("/rules", "too_many_given_up")]


class TestLimits:
    @pytest.mark.parametrize(
        ("limit", "shards", "fault"),
        [
            (40, 4, None),
            (41, 4, None),
            (None, 4, None),
            (None, 1, None),
            (39, 4, "reduced"),
            (40, 8, "shards_fixed"),
            (80, 8, "shards_fixed"),
        ],
    )
    def test_what_is_counted_in_shards_keeps_them_and_its_share(
        self, limit: int | None, shards: int, fault: str | None
    ) -> None:
        mug = Reward("mug", 5, stock=limit, stock_shards=shards)
        expected = [] if fault is None else [f"stock_{fault}"]
        assert [code for _, code in codes(replace(BEFORE, rewards={"mug": mug}))] == expected
        budget = None if limit is None else limit * 25
        changed = replace(CAMPAIGN, budget=budget, budget_shards=shards)
        other = replace(CAMPAIGN, name="other", budget=1, budget_shards=1)
        faults = codes(replace(BEFORE, campaigns=(other, changed)))
        assert [code for _, code in faults] == ([] if fault is None else [f"budget_{fault}"])
        assert all(path.startswith("/campaigns/1/") for path, _ in faults)

    def test_one_counter_may_have_its_limit_lowered(self) -> None:
        one = replace(CAMPAIGN, budget_shards=1)
        before = replace(BEFORE, campaigns=(one,))
        assert codes(replace(before, campaigns=(replace(one, budget=10),)), before) == []

    def test_what_is_new_or_gone_is_free(self) -> None:
        new = replace(CAMPAIGN, name="new", budget=1, budget_shards=64)
        cup = Reward("cup", 1, stock=1, stock_shards=9)
        assert codes(replace(BEFORE, campaigns=(new,), rewards={"cup": cup})) == []

    @pytest.mark.parametrize("between", [{}, {"mug": Reward("mug", 10)}], ids=["absent", "unlimited"])
    @pytest.mark.parametrize("versions_between", [1, 3])
    def test_shards_belong_to_the_counter_and_not_to_the_version(
        self, between: dict[str, Reward], versions_between: int
    ) -> None:
        # GIVEN 16 mugs on 4 counters, then none, or any number, for a version or more
        first = replace(BEFORE, rewards={"mug": Reward("mug", 10, stock=16, stock_shards=4)})
        gap = [replace(BEFORE, rewards=between)] * versions_between
        # WHEN there are 16 on one counter THEN that is refused: the others have counted, too
        one = replace(BEFORE, rewards={"mug": Reward("mug", 10, stock=16)})
        assert published(first, *gap, one) == [("/rewards/mug/stock_shards", "stock_shards_fixed")]
        fewer = replace(BEFORE, rewards={"mug": Reward("mug", 10, stock=8, stock_shards=4)})
        assert published(first, *gap, fewer) == [("/rewards/mug/stock", "stock_reduced")]
        assert published(first, *gap, first) == []

    def test_so_with_budgets(self) -> None:
        first = replace(BEFORE, campaigns=(replace(CAMPAIGN, budget=160),))
        gap = replace(BEFORE, campaigns=())
        one = replace(BEFORE, campaigns=(replace(CAMPAIGN, budget=160, budget_shards=1),))
        assert published(first, gap, one) == [("/campaigns/0/budget_shards", "budget_shards_fixed")]

    def test_shares_add_up(self) -> None:
        limit = Limit(shards=3, amount=8)
        assert [limit.share(shard) for shard in range(3)] == [3, 3, 2]


class TestNames:
    """A name stands for one thing, for as long as anything is counted under it."""

    def test_what_is_counted_stays_what_it_is(self) -> None:
        by_amount = replace(TASK, counted=Counted.AMOUNT)
        assert codes(replace(BEFORE, tasks=(by_amount,))) == [("/tasks/0/id", "counts_fixed")]
        by_points = replace(RISK, counted=Velocity.POINTS)
        assert codes(replace(BEFORE, risk=(by_points,))) == [("/risk/0/id", "counts_fixed")]
        rule = paying(Fixed(1), "review", name="weekly")
        assert codes(replace(BEFORE, tasks=(), rules=(*BEFORE.rules, rule))) == [("/rules/5/id", "counts_fixed")]

    def test_also_when_it_was_gone_in_between(self) -> None:
        by_amount = replace(TASK, counted=Counted.AMOUNT)
        gone = replace(BEFORE, tasks=())
        assert published(BEFORE, gone, replace(BEFORE, tasks=(by_amount,))) == [("/tasks/0/id", "counts_fixed")]

    def test_a_roll_back_brings_a_name_back(self) -> None:
        assert published(BEFORE, replace(BEFORE, tasks=()), BEFORE) == []

    def test_a_name_that_was_given_up_long_ago_has_forgotten_what_it_counted(self) -> None:
        versions = (BEFORE, replace(BEFORE, tasks=()), BEFORE)
        assert published(*versions, every=timedelta(days=KEPT_DAYS)) == []
        assert published(*versions, every=timedelta(days=KEPT_DAYS + 1)) == [("/tasks/0/id", "id_given_up")]

    def test_what_is_over_is_not_opened_again(self) -> None:
        over = replace(BEFORE, tasks=(replace(TASK, dates=Dates(None, date(2026, 11, 1))),))
        longer = replace(BEFORE, tasks=(replace(TASK, dates=Dates(None, date(2026, 12, 1))),))
        assert codes(longer, over) == [("/tasks/0/to", "already_over")]
        assert codes(replace(BEFORE, tasks=(TASK,)), over) == [("/tasks/0/to", "already_over")]
        # It may stay as it is, and one that is not over yet may go on.
        assert codes(over, over) == []
        assert codes(replace(longer, tasks=(TASK,)), longer) == []

    def test_nor_by_way_of_a_version_without_it(self) -> None:
        over = replace(BEFORE, tasks=(replace(TASK, dates=Dates(None, date(2026, 11, 1))),))
        gone = replace(BEFORE, tasks=())
        assert published(over, gone, BEFORE) == [("/tasks/0/id", "id_given_up")]
        assert published(over, gone, over) == []

    def test_nor_by_looking_further_back(self) -> None:
        # Nothing of the days between can arrive: they are not counted from.
        over = replace(BEFORE, tasks=(replace(TASK, dates=Dates(None, date(2026, 11, 1))),))
        assert codes(replace(over, backdating_days=60), over) == []


class TestInheritance:
    def test_of_the_first_version_there_is_none(self) -> None:
        assert inheritance(None, BEFORE, NOW) == Inheritance()

    def test_days_whose_counters_are_gone_stay_closed(self) -> None:
        before = replace(BEFORE, backdating_days=0)
        assert inheritance(before, replace(before, backdating_days=60), NOW).counts_from == TODAY
        week = replace(BEFORE, backdating_days=7)
        assert inheritance(week, replace(week, backdating_days=60), NOW).counts_from == TODAY - timedelta(days=7)
        assert inheritance(week, replace(week, backdating_days=3), NOW).counts_from is None

    def test_whatever_comes_after(self) -> None:
        closed = replace(BEFORE, backdating_days=60, counts_from=TODAY)
        assert inheritance(closed, replace(BEFORE, backdating_days=5), NOW).counts_from == TODAY
        later = inheritance(closed, replace(BEFORE, backdating_days=60), NOW + timedelta(days=90))
        assert later.counts_from == TODAY

    def test_nobody_drops_a_day_that_is_open_just_before_midnight(self) -> None:
        # A function that has not heard of the new version yet drops, a moment after midnight, what was yesterday's.
        before = replace(BEFORE, backdating_days=0)
        just_before = datetime(2026, 11, 21, 15, 59, 58, tzinfo=UTC)
        after = inheritance(before, replace(before, backdating_days=60), just_before)
        assert after.counts_from == date(2026, 11, 22)

    def test_who_left_is_remembered_for_a_while(self) -> None:
        gone = replace(BEFORE, tasks=())
        assert inheritance(BEFORE, gone, NOW).retired == {"weekly": TODAY}
        since = replace(gone, retired={"weekly": TODAY})
        assert inheritance(since, gone, NOW + timedelta(days=KEPT_DAYS)).retired == {"weekly": TODAY}
        assert inheritance(since, gone, NOW + timedelta(days=KEPT_DAYS + 1)).retired == {}
        assert inheritance(since, BEFORE, NOW).retired == {}


class TestLevels:
    def test_members_of_a_level_stay_on_one(self) -> None:
        renamed = replace(TIERS, levels=(Level("V1", 0), Level("Gold", 100)))
        assert codes(replace(BEFORE, tiers=renamed)) == [("/tiers/levels", "level_dropped")]
        told = replace(TIERS, levels=(Level("V1", 0), Level("Gold", 100, formerly=frozenset({"V2"}))))
        assert codes(replace(BEFORE, tiers=told)) == []
        # Members who have not moved since are still written down as V2.
        platinum = replace(TIERS, levels=(Level("V1", 0), Level("Platinum", 100, formerly=frozenset({"Gold"}))))
        assert codes(replace(BEFORE, tiers=platinum), replace(BEFORE, tiers=told)) == [
            ("/tiers/levels", "level_dropped")
        ]

    def test_also_when_there_were_no_tiers_for_a_while(self) -> None:
        other = replace(TIERS, levels=(Level("A", 0), Level("B", 100)))
        without = replace(BEFORE, tiers=None)
        assert codes(without) == []
        assert published(BEFORE, without, replace(BEFORE, tiers=other)) == [("/tiers/levels", "level_dropped")]
        assert published(BEFORE, without, BEFORE) == []


def test_what_is_remembered_of_what_left() -> None:
    after = replace(BEFORE, tasks=(), campaigns=(), risk=(), tiers=None, rewards={"mug": Reward("mug", 10)})
    assert {(each.kind, each.name): each for each in departures(BEFORE, after, NOW)} == {
        (Kept.OWNER, "weekly"): Departure(Kept.OWNER, "weekly", TODAY, counts="task, events per week"),
        (Kept.OWNER, "double"): Departure(Kept.OWNER, "double", TODAY, counts="campaign"),
        (Kept.OWNER, "hasty"): Departure(Kept.OWNER, "hasty", TODAY, counts="risk, events"),
        (Kept.BUDGET, "double"): Departure(Kept.BUDGET, "double", TODAY, shards=4, amount=1000),
        (Kept.STOCK, "mug"): Departure(Kept.STOCK, "mug", TODAY, shards=4, amount=40),
        (Kept.TIER, LEVELS): Departure(Kept.TIER, LEVELS, TODAY, counts="V1,V2"),
    }


def test_a_cap_may_come_and_go() -> None:
    capped = replace(BEFORE.rules[2], caps=(Cap(Window.LIFETIME, 3),))
    assert codes(replace(BEFORE, rules=(capped,))) == []


AUCTION = Auction("night", "mug", NOW - timedelta(hours=1), NOW + timedelta(hours=1), 100, 10)
BIDDING = replace(BEFORE, auctions={"night": AUCTION})
NOT_BEGUN = replace(AUCTION, opens_at=NOW + timedelta(minutes=2))


def with_auctions(*auctions: Auction) -> Program:
    return replace(BEFORE, version=2, auctions={auction.name: auction for auction in auctions})


@pytest.mark.parametrize(
    "change",
    [
        {"reward": "cup"},
        {"opens_at": NOW - timedelta(hours=2)},
        {"closes_at": NOW + timedelta(hours=2)},
        {"minimum_bid": 101},
        {"step": 9},
        {"extension": Extension(60, 60, 1)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_people_bid_on_stays(change: dict[str, Any]) -> None:
    changed = with_auctions(replace(AUCTION, **change))
    assert codes(changed, BIDDING) == [("/auctions/night", "auction_fixed")]
    # AND where it left the program meanwhile, its name goes on meaning that, for ever
    assert published(BIDDING, with_auctions(), changed, every=timedelta(minutes=9)) == [
        ("/auctions/night", "auction_fixed")
    ]
    assert published(BIDDING, with_auctions(), with_auctions(AUCTION), every=timedelta(minutes=9)) == []
    # WHILE nobody can have bid, anything may change
    before = replace(BEFORE, auctions={"night": NOT_BEGUN})
    assert codes(with_auctions(replace(NOT_BEGUN, **change)), before) == []
    assert list(departures(before, with_auctions(), NOW)) == []


def test_functions_may_be_ahead_by_moments() -> None:
    before = replace(BEFORE, auctions={"night": replace(AUCTION, opens_at=NOW + timedelta(seconds=59))})
    assert codes(with_auctions(replace(AUCTION, step=11)), before) == [("/auctions/night", "auction_fixed")]


def test_who_may_bid_and_how_it_is_called_may_change_and_it_may_go() -> None:
    changes: dict[str, Any] = {"title": {"en": "x"}, "limits": (MemberLimit(Window.DAY, 1),)}
    assert codes(with_auctions(replace(AUCTION, **changes)), BIDDING) == []
    assert codes(with_auctions(), BIDDING) == []
    (departure,) = departures(BIDDING, with_auctions(), NOW)
    assert departure == Departure(Kept.AUCTION, "night", TODAY, counts=AUCTION.terms)
