"""Lots come back as they were, from one text each, and from no other."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.adapters.dynamodb.stored_lots import lots, stored_lots
from points.domain.ledger.lots import bucket, given_grace, pending_bucket

DAYS = st.dates(date(2000, 1, 1), date(2200, 1, 1)) | st.sampled_from([date.max, date(2019, 12, 31), date(2020, 1, 1)])
NEAR = st.integers(0, 40).map(lambda days: date(2026, 11, 1) + timedelta(days))
"""Close together, so that they are series."""

LOTS = st.builds(
    lambda expires_on, earned_on: bucket(expires_on=expires_on, earned_on=earned_on), DAYS | NEAR, DAYS | NEAR
)
GRACED = st.builds(
    lambda expires_on, days: given_grace(bucket(expires_on=expires_on, earned_on=expires_on), days),
    NEAR,
    st.integers(0, 9),
)
ALONG = st.builds(
    lambda day, days: pending_bucket(available_on=day, lot=bucket(expires_on=day + timedelta(days), earned_on=day)),
    NEAR,
    st.sampled_from([5, 30]),
)
"""As under a policy by days: the last day moves along with the first."""

WAITING = st.builds(lambda day, lot: pending_bucket(available_on=day, lot=lot), DAYS | NEAR, LOTS | GRACED)
POINTS = st.integers(-(10**12), 10**12)
ANY = st.dictionaries(LOTS | GRACED | ALONG | WAITING, POINTS, min_size=1, max_size=30)


@given(ANY)
def test_they_come_back(given: dict[str, int]) -> None:
    text = stored_lots(given)
    assert lots(text) == given
    assert stored_lots(dict(reversed(list(given.items())))) == text


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({"2020-01-01/2020-01": 1}, "0/0=1"),
        ({"2027-12-31/2026-11": 35, "2028-01-01/2026-11": 36}, "295/2a=z,10"),
        ({"2027-12-31/2026-11": 1, "2028-01-03/2026-11": 2}, "295/2a=1,,,2"),
        ({"9999-12-31/2026-11": 10**12}, "1qgy2/2a=cre66i9s"),
        ({"2027-12-31/2026-11+": -5}, "295/2a+=-5"),
        ({"2026-12-01>2027-12-31/2026-11": 7}, "1y6>295/2a=7"),
        ({"2026-12-01>2027-12-31/2026-11": 7, "2026-12-03>2027-12-31/2026-11": 8}, "1y6>295/2a=7,,8"),
        ({"2026-12-01>2027-01-01/2026-11": 7, "2026-12-02>2027-01-02/2026-11": 8}, "1y6>~1z1/2a=7,8"),
        ({"2019-12-31/2019-12": 1}, "-1/-1=1"),
    ],
)
def test_they_are_stored_in_few_characters(given: dict[str, int], stored: str) -> None:
    assert stored_lots(given) == stored
    assert lots(stored) == given


def test_a_hundred_lots_of_daily_expiry_take_less_than_a_kilobyte() -> None:
    days = (date(2026, 11, 1) + timedelta(days) for days in range(120))
    given = {bucket(expires_on=day + timedelta(30), earned_on=day): 1_234_567 for day in days}
    assert len(stored_lots(given)) < 700


@pytest.mark.parametrize(
    "wrong", ["2027-12-31", "2027-12-31/2026-11-01", "20271231/202611", "2027-12-31/2026-13", "2027-12-31/2026-11-", ""]
)
def test_what_is_no_bucket_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="not a bucket"):
        stored_lots({wrong: 1})


@pytest.mark.parametrize("wrong", ["2A/2=1", "1_0/2=1", "1=1", "1/2/3=1", "=1", "1>2=1", "1/2=", "1/2=1;", "1/2"])
def test_what_is_no_stored_lot_is_not_read(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"not stored lots|invalid literal"):
        lots(wrong)
