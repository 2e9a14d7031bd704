"""A function that is deployed wrongly does not start."""

import pytest

from points.settings import SettingsError, settings


def test_the_table_is_named_by_the_environment() -> None:
    assert settings({"LEDGER_TABLE": "points-Ledger.1", "OTHER": "x"}).ledger_table == "points-Ledger.1"


@pytest.mark.parametrize("name", ["", "ab", "a b", "a" * 256, "名字"])
def test_what_is_no_table_is_refused_by_the_variables_name(name: str) -> None:
    with pytest.raises(SettingsError, match="LEDGER_TABLE"):
        settings({"LEDGER_TABLE": name})
    with pytest.raises(SettingsError, match="LEDGER_TABLE"):
        settings({})
