"""Why the limits are what they are."""

from points.domain import limits


def test_no_json_reader_loses_a_digit() -> None:
    # An account's components may add up in a balance; twice the maximum still is an exact double.
    assert 2 * limits.MAX_POINTS < 2**53
    assert limits.MAX_AMOUNT_MINOR < 2**53


def test_everything_is_bounded() -> None:
    names = [name for name in vars(limits) if name.isupper()]
    assert all(isinstance(getattr(limits, name), int) and getattr(limits, name) > 0 for name in names)
