"""Every language a program may have can be written in."""

from datetime import date
from typing import get_args

import pytest

from points.adapters.delivery.languages import NAMES, BabelLanguages
from points.adapters.program_document import schema


def test_they_are_those_a_program_may_have() -> None:
    assert get_args(schema.Language.__value__) == NAMES


@pytest.mark.parametrize(
    ("name", "number", "day", "units"),
    [
        ("en", "1,234,567", "December 31, 2026", ["point", "points", "points", "day", "days"]),
        ("zh-CN", "1,234,567", "2026年12月31日", ["积分", "积分", "积分", "天", "天"]),
    ],
)
def test_numbers_dates_and_units(name: str, number: str, day: str, units: list[str]) -> None:
    language = BabelLanguages().language(name)
    assert language.number(1_234_567) == number
    assert language.number(10**12).replace(",", "") == str(10**12)
    assert language.day(date(2026, 12, 31)) == day
    asked = [("points", 1), ("points", 2), ("points", 0), ("days", 1), ("days", 31)]
    assert [language.unit(*each) for each in asked] == units


@pytest.mark.parametrize("name", ["fr", "../en", "", "EN"])
def test_there_are_no_others(name: str) -> None:
    with pytest.raises(ValueError, match="no program speaks"):
        BabelLanguages().language(name)
