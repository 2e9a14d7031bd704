"""An entry as events: each kind has a type of its own, and what it led to is told beside it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest

from points.domain.calendar import NEVER
from points.domain.canonical import Plain
from points.domain.ledger.account import Activity
from points.domain.ledger.entries import Entry, Kind
from points.domain.program.attributes import AttributeType, EventAttribute
from points.domain.program.offsets import OffsetRules
from points.domain.program.tiers import Level, TierMetric, Tiers
from points.domain.telling.entries import OF_KIND, changes_tier, events_of_entry
from points.domain.telling.events import EventType
from tests.builders import Walk, program

TIERS = Tiers(TierMetric.POINTS, (Level("V1", 0), Level("V2", 1_000)), months=12, calendar_year=True)


def told(entry: Entry) -> dict[str, Any]:
    """Data by type."""
    return {event.type.value: event.data for event in events_of_entry(entry)}


def test_every_kind_has_a_type_of_its_own() -> None:
    assert {kind.value for kind in Kind} <= OF_KIND.keys()
    assert len(set(OF_KIND.values())) == len(OF_KIND)


def test_what_every_movement_tells() -> None:
    walk = Walk()
    entry = walk.earn(amount="128.00")
    (event,) = events_of_entry(entry)
    assert (event.type, event.program, event.member, event.seq, event.at) == (
        EventType.POINTS_EARNED, "demo", "m-1", 1, walk.now,
    )  # fmt: skip
    assert event.data == {
        "kind": "earn",
        "reference": "e-1",
        "points": 128,
        "lines": [{"rule": "purchase", "points": 128}],
        "changes": {"available": 128, "pending": 0, "held": 0, "owed": 0},
        "lots": [{"expires_on": "2027-12-31", "earned_in": "2026-03", "points": 128}],
        "balance": {"available": 128, "pending": 0, "held": 0, "owed": 0},
        "program_version": 1,
        "behaviour": "purchase",
        "quantity": None,
        "occurred_at": None,
        "attributes": {},
    }


def test_an_id_follows_from_the_entry_and_the_type_alone() -> None:
    walk = Walk()
    walk.give(100)
    entry = walk.redeem()
    first, second = events_of_entry(entry)
    assert first.id == "evt_" + sha256(f"{entry.digest}PointsRedeemed".encode()).hexdigest()[:32]
    assert second.id == "evt_" + sha256(f"{entry.digest}OrderPlaced".encode()).hexdigest()[:32]
    assert events_of_entry(entry) == (first, second)


def test_without_a_digest_there_is_no_id() -> None:
    with pytest.raises(ValueError, match="digest"):
        events_of_entry(replace(Walk().give(100), digest=""))


def test_a_reason_is_told_to_nobody() -> None:
    entry = Walk().give(100)
    assert entry.reason == "because"
    assert "because" not in str(events_of_entry(entry))
    assert str(entry.reason_digest) not in str(events_of_entry(entry))


def test_an_event_shows_its_declared_attributes_and_its_own_moment() -> None:
    declared = (EventAttribute("store", AttributeType.CODE), EventAttribute("app", AttributeType.FLAG))
    rules = program(event_attributes={each.name: each for each in declared})
    walk = Walk(rules)
    entry = walk.earn(
        amount="5.00", quantity=3, occurred_at=walk.now, attributes={"store": "S-1", "app": True, "who": "A. Person"}
    )
    data = told(entry)["PointsEarned"]
    assert data["attributes"] == {"app": True, "store": "S-1"}
    assert (data["quantity"], data["occurred_at"]) == (3, "2026-03-15T04:00:00.000000Z")
    assert "Person" not in str(data)
    assert "amount" not in data


def test_points_that_wait_are_told_as_pending_and_then_as_confirmed() -> None:
    walk = Walk()
    earned = walk.earn("order", amount="70.00")
    data = told(earned)["PointsEarned"]
    assert data["changes"] == {"available": 0, "pending": 70, "held": 0, "owed": 0}
    confirmed = told(walk.confirm(earned))["PointsConfirmed"]
    assert confirmed["confirmed"] == 70
    assert confirmed["changes"] == {"available": 70, "pending": -70, "held": 0, "owed": 0}
    assert confirmed["lots"] == []


def test_points_that_never_expire_have_no_day() -> None:
    entry = Walk().give(100, expires_on=NEVER.isoformat())
    assert told(entry)["PointsAdjusted"]["lots"][0]["expires_on"] is None
    assert told(entry)["PointsAdjusted"]["category"] == "correction"


def test_a_redemption_places_an_order_and_its_cancellation_takes_it_back() -> None:
    walk = Walk()
    walk.give(200)
    redeemed = walk.redeem("coupon", 2)
    order = {"reference": "r-2", "reward": "coupon", "quantity": 2, "points": 100, "state": "placed"}
    assert told(redeemed)["PointsRedeemed"]["order"] == order
    assert told(redeemed)["OrderPlaced"] == {"order": order, "entry": {"kind": "redeem", "reference": "r-2"}}

    cancelled = told(walk.cancel(redeemed))
    assert list(cancelled) == ["EntryReversed", "OrderCancelled"]
    assert cancelled["EntryReversed"]["reverses"] == {"kind": "redeem", "reference": "r-2"}
    assert cancelled["EntryReversed"]["reversed"] is None
    assert cancelled["EntryReversed"]["last"] is True
    assert cancelled["OrderCancelled"] == {
        "order": {"reference": "r-2", "state": "cancelled"},
        "points": 100,
        "entry": {"kind": "reversal", "reference": "cancel"},
    }


def test_a_hold_is_told_as_the_api_shows_it() -> None:
    walk = Walk()
    walk.give(1_000)
    first, second = walk.hold(300, expires_in=60), walk.hold(100)
    assert told(first)["PointsHeld"]["hold"] == {
        "reference": first.reference, "state": "held", "points": 300, "captured": 0, "released": 0,
        "expires_at": "2026-03-15T04:01:00.000000Z",
    }  # fmt: skip
    assert told(walk.capture(first, 200))["PointsCaptured"]["hold"] == {
        "reference": first.reference, "state": "captured", "points": 300, "captured": 200, "released": 100,
        "expires_at": None,
    }  # fmt: skip
    released = told(walk.release(second))
    assert list(released) == ["HoldReleased"]
    assert released["HoldReleased"]["hold"]["released"] == 100


def test_a_hold_for_an_order_says_so() -> None:
    walk = Walk(program(offset=OffsetRules()))
    walk.give(1_000)
    held = walk.hold_for("10.00")
    assert told(held)["PointsHeld"]["for_order"] is True
    captured = walk.capture(held)
    assert told(captured)["PointsCaptured"]["for_order"] is True
    refund = told(walk.refund(captured, "4.00"))["EntryReversed"]
    assert (refund["points"], refund["reversed"], refund["last"]) == (400, 400, False)


def test_a_refund_says_what_it_reverses_and_what_was_let_go() -> None:
    walk = Walk()
    earned = walk.earn(amount="100.00")
    part = told(walk.reverse(earned, amount="40.00"))["EntryReversed"]
    assert part["reverses"] == {"kind": "earn", "reference": "e-1"}
    assert (part["points"], part["reversed"], part["last"], part["waived"], part["bonuses"]) == (-40, 40, False, 0, [])
    assert told(walk.reverse(earned))["EntryReversed"]["last"] is True


def test_freezing_says_what_is_frozen_by_now() -> None:
    walk = Walk()
    assert told(walk.freeze())["MemberFrozen"]["frozen"] == ["earning", "redeeming"]
    assert told(walk.unfreeze(Activity.EARNING))["MemberUnfrozen"]["frozen"] == ["redeeming"]


# ── tiers ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_tier_is_told_when_it_changes_and_not_again() -> None:
    walk = Walk(program(tiers=TIERS))
    assert list(told(walk.earn(amount="999.00"))) == ["PointsEarned"]
    risen = told(walk.earn(amount="1.00"))
    assert list(risen) == ["PointsEarned", "TierChanged"]
    assert risen["TierChanged"] == {
        "tier": "V2",
        "since": "2026-03-15",
        "review_on": "2027-01-01",
        "before": None,
        "entry": {"kind": "earn", "reference": "e-2"},
    }
    assert list(told(walk.earn(amount="5000.00"))) == ["PointsEarned"]


def test_another_review_day_is_not_another_tier() -> None:
    lifetime = replace(TIERS, months=None, calendar_year=False)
    walk = Walk(program(tiers=lifetime))
    walk.earn(amount="1000.00")
    walk.wait(days=10)
    walk.rules = program(version=2, tiers=TIERS)
    entry = walk.earn(amount="1.00")
    assert entry.details["tier"] == "V2"
    assert not changes_tier(entry)


def test_a_review_tells_of_the_tier_whether_or_not_it_is_kept() -> None:
    walk = Walk(program(tiers=TIERS))
    walk.earn(amount="1000.00")
    kept = told(walk.until("2027-01-01").review())
    assert list(kept) == ["TierReviewed"]
    assert (kept["TierReviewed"]["before"], kept["TierReviewed"]["tier"]) == ("V2", "V2")
    lost = told(walk.until("2028-01-01").review())
    assert list(lost) == ["TierReviewed", "TierChanged"]
    assert (lost["TierReviewed"]["before"], lost["TierReviewed"]["tier"]) == ("V2", "V1")
    assert (lost["TierChanged"]["tier"], lost["TierChanged"]["before"]) == ("V1", "V2")


@pytest.mark.parametrize(
    ("since", "is_change"),
    [("2026-03-14", False), ("2026-03-15", True), ("2026-03-16", True), ("2026-03-17", False)],
)
def test_the_day_of_a_change_is_that_of_the_program_wherever_it_is(since: str, is_change: bool) -> None:
    entry = Walk().give(1)
    late = replace(entry, at=datetime(2026, 3, 15, 20, 0, tzinfo=UTC), details={"tier": "V2", "since": since})
    assert changes_tier(late) is is_change


# ── kinds and entries that are not what they should be ───────────────────────────────────────────────────────────────


def test_what_time_alone_did_is_told() -> None:
    entry = Walk().give(100)
    for kind, name in ((Kind.EXPIRE, "PointsExpired"), (Kind.SETTLE, "PointsSettled")):
        details: Mapping[str, Plain] = {"expired": 3, "matured": 2, "holds": ["h-1"]}
        data = told(replace(entry, name=replace(entry.name, kind=kind), details=details))[name]
        assert (data["kind"], data["points"]) == (kind, 100)
        assert (data["matured"], data["ended_holds"], data.get("expired", 3)) == (2, ["h-1"], 3)


@pytest.mark.parametrize(
    ("kind", "details"),
    [
        (Kind.EARN, {}),
        (Kind.EARN, {"behaviour": "b", "attributes": "S-1"}),
        (Kind.REDEEM, {"reward": "coupon"}),
        (Kind.HOLD, {"points": "300"}),
        (Kind.CAPTURE, {"points": 300}),
        (Kind.REFERRED, {}),
        (Kind.REFERRAL, {}),
        (Kind.FREEZE, {}),
        (Kind.TIER_REVIEW, {"tier": "V2"}),
        (Kind.ADJUST, {"since": "yesterday"}),
        ("gift", {}),
    ],
)
def test_an_entry_that_does_not_say_what_it_has_to_is_not_told(kind: Kind, details: Mapping[str, Any]) -> None:
    entry = Walk().give(100)
    with pytest.raises((KeyError, TypeError, ValueError)):
        events_of_entry(replace(entry, name=replace(entry.name, kind=kind), details=details))
