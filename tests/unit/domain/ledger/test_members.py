"""What rules may know of a member."""

from datetime import date

import pytest

from points.domain.ledger.members import MemberFacts, Profile, declaration
from points.domain.limits import MAX_FACT_TEXT
from points.domain.program.conditions import Scalar


@pytest.mark.parametrize(
    ("birthday", "day", "expected"),
    [
        ((3, 15), "2026-03-15", True),
        ((3, 15), "2026-03-16", False),
        ((3, 15), "2026-04-15", False),
        # 29 February is celebrated on the 28th where there is no 29th …
        ((2, 29), "2026-02-28", True),
        ((2, 29), "2026-03-01", False),
        ((2, 29), "2100-02-28", True),
        # … and on the 29th, only, where there is one.
        ((2, 29), "2028-02-28", False),
        ((2, 29), "2028-02-29", True),
        ((2, 29), "2000-02-29", True),
        ((2, 28), "2028-02-28", True),
        ((2, 28), "2028-02-29", False),
        ((2, 28), "2026-02-28", True),
        (None, "2026-02-28", False),
    ],
)
def test_r_earn_7_birthdays(birthday: tuple[int, int] | None, day: str, expected: bool) -> None:
    assert MemberFacts(birthday).has_birthday(date.fromisoformat(day)) is expected


@pytest.mark.parametrize("born", [date(1996, 2, 29), date(2001, 7, 1)])
def test_there_is_one_birthday_in_every_year(born: date) -> None:
    facts = MemberFacts.of(Profile(birthday=born), ())
    for year in range(1999, 2105):
        first = date(year, 1, 1).toordinal()
        days = [date.fromordinal(first + day) for day in range(366)]
        assert sum(facts.has_birthday(day) for day in days if day.year == year) == 1


def test_decisions_know_only_what_the_program_declares() -> None:
    profile = Profile(
        locale="en",
        birthday=date(1990, 5, 6),
        real_name_verified=True,
        email="a@example.com",
        phone="+8613800000000",
        attributes={"vip": True, "city": "Shanghai", "age": 36, "list": [1], "nothing": None, "secret": "x"},
    )
    declared = {"vip", "city", "age", "list", "nothing", "unknown"}
    facts = MemberFacts.of(profile, declared)
    # The year of birth, contact data and what is not one value stay where they are.
    attributes: dict[str, Scalar] = {"vip": True, "city": "Shanghai", "age": 36}
    assert facts == MemberFacts((5, 6), True, attributes, declaration(declared))
    assert MemberFacts.of(Profile(), {"vip"}) == MemberFacts(declared=declaration({"vip"}))
    assert MemberFacts.of(Profile(), ()) == MemberFacts()


def test_a_long_text_is_nothing_for_an_account() -> None:
    profile = Profile(attributes={"fits": "x" * MAX_FACT_TEXT, "too_long": "x" * (MAX_FACT_TEXT + 1)})
    assert MemberFacts.of(profile, {"fits", "too_long"}).attributes.keys() == {"fits"}
