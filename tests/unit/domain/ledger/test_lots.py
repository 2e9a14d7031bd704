"""Lots: drawing order (R-RED-7), merging in the member's favour, and that nothing dead comes back to life."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.domain.ledger import lots as lot

TODAY = date(2026, 3, 15)
BUCKETS = st.builds(
    lot.bucket,
    expires_on=st.dates(date(2026, 1, 1), date(2028, 12, 31)),
    earned_on=st.dates(date(2025, 1, 1), date(2026, 3, 15)),
)
LOTS = st.dictionaries(BUCKETS, st.integers(1, 1000), max_size=30)


def test_names() -> None:
    name = lot.bucket(expires_on=date(2027, 12, 31), earned_on=date(2026, 11, 30))
    waiting = lot.pending_bucket(available_on=date(2026, 12, 1), lot=name)
    assert (name, waiting) == ("2027-12-31/2026-11", "2026-12-01>2027-12-31/2026-11")
    assert lot.lot_of_pending(waiting) == name
    assert lot.first_date(name) == date(2027, 12, 31)
    assert lot.first_date(waiting) == date(2026, 12, 1)


def test_r_red_7_soonest_expiry_first_then_oldest() -> None:
    lots = {
        "9999-12-31/2020-01": 1,
        "2027-12-31/2026-02": 2,
        "2026-12-31/2026-03": 4,
        "2027-12-31/2026-01": 8,
        "2026-03-14/2025-03": 16,  # expired yesterday
        "2026-03-15/2025-03": 32,  # good until tonight
    }
    order = lot.spending_order(lots, TODAY)
    assert [lots[name] for name in order] == [32, 4, 8, 2, 1]
    assert lot.draw(lots, 40, order) == {"2026-03-15/2025-03": 32, "2026-12-31/2026-03": 4, "2027-12-31/2026-01": 4}
    assert lot.live_points(lots, TODAY) == 47


@pytest.mark.parametrize(("day", "live"), [("2026-03-14", True), ("2026-03-15", True), ("2026-03-16", False)])
def test_r_exp_3_a_lot_lives_through_its_last_day(day: str, live: bool) -> None:
    assert lot.is_live("2026-03-15/2025-03", date.fromisoformat(day)) is live
    assert lot.live_points({"2026-03-15/2025-03": 7}, date.fromisoformat(day)) == 7 * live


@given(LOTS, st.integers(0, 40_000))
def test_drawing_takes_what_is_there_and_never_skips_ahead(lots: dict[str, int], points: int) -> None:
    order = lot.spending_order(lots, TODAY)
    drawn = lot.draw(lots, points, order)
    assert lot.total(drawn) == min(points, lot.live_points(lots, TODAY))
    # Every lot before the last one drawn is drawn empty.
    assert all(drawn[name] == lots[name] for name in list(drawn)[:-1])
    assert list(drawn) == order[: len(drawn)]
    assert lot.added(lot.subtracted(lots, drawn), drawn) == lots


@given(LOTS, LOTS)
def test_difference_is_what_moved(before: dict[str, int], after: dict[str, int]) -> None:
    assert lot.added(before, lot.difference(after, before)) == after


def test_a_lot_cannot_go_below_zero() -> None:
    with pytest.raises(AssertionError):
        lot.added({"2027-12-31/2026-03": 1}, {"2027-12-31/2026-03": -2})


def test_what_is_given_is_not_changed() -> None:
    lots = {"2027-12-31/2026-03": 1}
    lot.added(lots, {"2027-12-31/2026-03": -1})
    lot.merged({**lots, "2027-12-31/2026-02": 1}, 1, TODAY)
    assert lots == {"2027-12-31/2026-03": 1}


@given(LOTS, st.integers(1, 10))
def test_merging_never_costs_a_point_or_a_day(lots: dict[str, int], limit: int) -> None:
    merged = lot.merged(lots, limit, TODAY)
    assert lot.total(merged) == lot.total(lots)
    assert len(lot.spending_order(merged, TODAY)) <= max(limit, 1)
    for day in {lot.first_date(name) for name in [*lots, *merged]}:
        live_before = sum(points for name, points in lots.items() if lot.first_date(name) >= day)
        live_after = sum(points for name, points in merged.items() if lot.first_date(name) >= day)
        # On no coming day the member has less; what died lately stays exactly as it was, and nothing comes to life.
        assert live_after >= live_before
        if TODAY - timedelta(days=2) <= day < TODAY:
            assert live_after == live_before


def test_merging_leaves_alone_what_died_lately() -> None:
    dead = {f"2026-03-{day:02}/2026-02": 1 for day in (13, 14)}
    live = {f"2026-04-{day:02}/2026-03": 1 for day in range(1, 5)}
    merged = lot.merged({**dead, **live}, 1, TODAY)
    assert {name: points for name, points in merged.items() if not lot.is_live(name, TODAY)} == dead
    assert len(merged) == len(dead) + 1


def test_merging_keeps_earning_months_apart_as_long_as_it_can() -> None:
    lots = {"2026-04-01/2026-01": 1, "2026-04-02/2026-02": 2, "2026-08-01/2026-02": 4, "2026-08-02/2026-03": 8}
    assert lot.merged(lots, 3, TODAY) == {
        "2026-04-01/2026-01": 1,
        "2026-08-01/2026-02": 6,
        "2026-08-02/2026-03": 8,
    }


def test_few_lots_are_not_merged() -> None:
    lots = {"2026-04-01/2026-01": 1, "2026-04-02/2026-02": 2}
    assert lot.merged(lots, 2, TODAY) is lots


def test_pending_lots_mature_on_their_day() -> None:
    pending = {"2026-03-15>2027-12-31/2026-03": 1, "2026-03-16>2027-12-31/2026-03": 2}
    assert lot.matured(pending, TODAY) == {"2026-03-15>2027-12-31/2026-03": 1}


def test_what_has_long_expired_is_joined_too() -> None:
    dead = {f"2026-01-{day:02}/2026-01": day for day in range(1, 31)}
    lately = {"2026-03-14/2026-01": 100}
    live = {"2026-04-01/2026-02": 1_000}

    merged = lot.merged({**dead, **lately, **live}, 5, TODAY)

    assert {**lately, **live}.items() <= merged.items()
    assert len(merged) == 5 + 2
    assert lot.total(merged) == sum(range(1, 31)) + 1_100
    assert all(name <= "2026-01-31" for name in merged.keys() - lately.keys() - live.keys())


def test_what_has_had_its_grace_is_joined_last() -> None:
    lots = {"2026-08-01/2026-01": 1, "2026-08-02/2026-01+": 2, "2026-08-03/2026-02+": 4, "2026-12-01/2026-03": 8}
    assert lot.merged(lots, 3, TODAY) == {
        "2026-08-01/2026-01": 1, "2026-08-03/2026-02+": 6, "2026-12-01/2026-03": 8,
    }  # fmt: skip


def test_pending_lots_of_one_day_are_joined_into_the_later_expiry() -> None:
    pending = {
        "2026-08-01>2026-12-01/2026-07": 1, "2026-08-01>2026-12-31/2026-07": 2, "2026-08-02>2026-12-31/2026-07": 4,
    }  # fmt: skip
    assert lot.joined(pending, 2) == {"2026-08-01>2026-12-31/2026-07": 3, "2026-08-02>2026-12-31/2026-07": 4}
    assert lot.joined(pending, 1) == lot.joined(pending, 2), "nobody waits longer for it"
    assert lot.joined(pending, 3) is pending
