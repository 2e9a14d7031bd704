"""What is stored is exact, and what nothing here would write is refused."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.adapters.dynamodb.attributes import (
    DigestAttribute,
    FactsAttribute,
    FrozenAttribute,
    LotsAttribute,
    MomentAttribute,
    PlainAttribute,
    ReferralAttribute,
    StrictIntegerAttribute,
    TierAttribute,
)
from points.domain.ledger.account import Activity, Referral, Tier
from points.domain.ledger.members import MemberFacts

INTEGER = StrictIntegerAttribute()
MOMENT = MomentAttribute()


@given(st.integers(-(10**38) + 1, 10**38 - 1))
def test_integers_are_plain_digits(value: int) -> None:
    assert INTEGER.serialize(value) == str(value)
    assert INTEGER.deserialize(INTEGER.serialize(value)) == value


@pytest.mark.parametrize("value", [True, False, 1.0, 1e2, Decimal(1), "1", None, float("nan")])
def test_only_integers_are_written(value: object) -> None:
    with pytest.raises(TypeError):
        INTEGER.serialize(value)


@pytest.mark.parametrize("value", [10**38, -(10**38)])
def test_more_digits_than_dynamodb_keeps_are_refused(value: int) -> None:
    with pytest.raises(ValueError, match="38 digits"):
        INTEGER.serialize(value)


@pytest.mark.parametrize("stored", ["1E+2", "1.0", "0.5", "+1", "01", "", " 1", "NaN", "１", "1_000"])
def test_only_plain_digits_are_read(stored: str) -> None:
    with pytest.raises(ValueError, match="plain digits"):
        INTEGER.deserialize(stored)


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis takes naive bounds
def test_moments_are_exact_to_the_microsecond(moment: datetime) -> None:
    assert MOMENT.deserialize(MOMENT.serialize(moment)) == moment


def test_a_moment_is_one_whatever_zone_it_is_told_in() -> None:
    shanghai = datetime(2026, 11, 21, 11, 0, 0, 1, tzinfo=timezone(timedelta(hours=8)))
    assert MOMENT.serialize(shanghai) == MOMENT.serialize(shanghai.astimezone(UTC)) == "1795230000000001"


def test_naive_moments_are_refused() -> None:
    with pytest.raises(TypeError):
        MOMENT.serialize(datetime(2026, 11, 21))  # noqa: DTZ001 - the point of the test


def test_digests_are_their_bytes() -> None:
    digest = DigestAttribute()
    assert digest.serialize("0a" * 32) == b"\x0a" * 32
    assert digest.deserialize(b"\x0a" * 32) == "0a" * 32
    for wrong in ("", "0A" * 32, "0a" * 31, "zz" * 32):
        with pytest.raises(ValueError, match="hexadecimal"):
            digest.serialize(wrong)


@pytest.mark.parametrize("value", [{"2027-12-31/2026-11": 1.5}, {"2027-12-31/2026-11": True}])
def test_lots_hold_integers_only(value: Any) -> None:
    with pytest.raises(TypeError):
        LotsAttribute().serialize(value)


def test_what_is_frozen_is_kept() -> None:
    frozen = FrozenAttribute()
    for activities in (frozenset[Activity](), frozenset({Activity.EARNING}), frozenset(Activity)):
        assert frozen.deserialize(frozen.serialize(activities)) == activities
    with pytest.raises(ValueError, match="not activities"):
        frozen.deserialize("ex")


@pytest.mark.parametrize(
    ("tier", "stored"),
    [
        (Tier("V2", date(2026, 3, 1), date(2027, 2, 1)), "V2/1qj/1zw"),
        (Tier("gold-member", date(2026, 11, 21)), "gold-member/1xw/"),
    ],
)
def test_tiers(tier: Tier, stored: str) -> None:
    assert TierAttribute().serialize(tier) == stored
    assert TierAttribute().deserialize(stored) == tier


def test_referrals() -> None:
    for referral, stored in ((Referral("li"), "-li"), (Referral("+li", paid=True), "++li")):
        assert ReferralAttribute().serialize(referral) == stored
        assert ReferralAttribute().deserialize(stored) == referral
    with pytest.raises(ValueError, match="not a referral"):
        ReferralAttribute().deserialize("li")


@pytest.mark.parametrize(
    ("facts", "stored"),
    [
        (MemberFacts(), {}),
        (MemberFacts((2, 29)), {"b": {"N": "229"}}),
        (MemberFacts(declared=7), {"d": {"N": "7"}}),
        (MemberFacts((12, 1), True), {"b": {"N": "1201"}, "v": {"BOOL": True}}),
        (
            MemberFacts(attributes={"city": "上海", "level": 3, "staff": False}),
            {"a": {"M": {"city": {"S": "上海"}, "level": {"N": "3"}, "staff": {"BOOL": False}}}},
        ),
    ],
)
def test_facts(facts: MemberFacts, stored: dict[str, Any]) -> None:
    assert FactsAttribute().serialize(facts) == stored
    assert repr(FactsAttribute().deserialize(stored)) == repr(facts)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(min_size=1, max_size=6), PLAIN, max_size=4))
def test_plain_values_come_back_as_they_were(value: dict[str, Any]) -> None:
    plain = PlainAttribute()
    assert repr(plain.deserialize(plain.serialize(value))) == repr(value)


@pytest.mark.parametrize("value", [{"a": 1.5}, {"a": [1, 2.0]}, {"a": {"b": Decimal(1)}}, {"a": b"x"}])
def test_plain_values_hold_no_floats(value: Any) -> None:
    with pytest.raises(TypeError):
        PlainAttribute().serialize(value)
