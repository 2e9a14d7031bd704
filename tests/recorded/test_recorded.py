"""What programs paid before stays what they pay: thousands of decisions, recorded and made again."""

from points.domain.canonical import canonical_json
from tests.recorded.cases import again, cases


def test_every_recorded_decision_is_made_again() -> None:
    different = [str(case) for case in cases() if canonical_json(again(case)) != canonical_json(case.became)]
    assert different == []


def test_enough_is_recorded() -> None:
    became = [case.became for case in cases()]
    assert len(became) >= 2_000
    assert sum("entry" in each for each in became) >= 2_000
