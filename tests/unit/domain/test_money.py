"""Money from decimal strings, and every fraction rounded as named."""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.domain.errors import InvalidRequest
from points.domain.limits import MAX_AMOUNT_MINOR
from points.domain.money import Currency, Rounding, divide
from tests.builders import CNY

JPY, KWD = Currency("JPY", 0), Currency("KWD", 3)


@pytest.mark.parametrize(
    ("currency", "text", "minor"),
    [
        (CNY, "0", 0),
        (CNY, "0.01", 1),
        (CNY, "0.10", 10),
        (CNY, "0.1", 10),
        (CNY, "1", 100),
        (CNY, "128.00", 12800),
        (CNY, "128.5", 12850),
        (CNY, "128.5000", 12850),
        (CNY, "1000000000000.00", MAX_AMOUNT_MINOR),
        (JPY, "128", 128),
        (JPY, "128.00", 128),
        (KWD, "1.234", 1234),
        (KWD, "1.2", 1200),
    ],
)
def test_amounts(currency: Currency, text: str, minor: int) -> None:
    assert currency.minor_units(text, path="/amount") == minor


@pytest.mark.parametrize(
    "text",
    [
        "", " ", ".", "1.", ".5", "00", "01", "1,000", "1_000", "1 000", " 1", "1 ", "1\n", "\t1", "+1", "-1", "-0",
        "1e3", "1E3", "0x10", "NaN", "nan", "sNaN", "Infinity", "inf", "1.00.0", "1..0", "1.12345", "1.001",
        "１２", "١٢", "²", "1٫5", "½", "十", "1\x00", "1.0\u200b", "0b1", "True", "None", "9" * 16, "9" * 10_000,
        "1000000000000.01", "999999999999999",
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        CNY.minor_units(text, path="/amount")
    assert refused.value.faults[0].path == "/amount"


def test_a_currency_without_decimals_takes_none() -> None:
    with pytest.raises(InvalidRequest, match="at most 0 decimals"):
        JPY.minor_units("1.5", path="/amount")


@given(st.integers(0, MAX_AMOUNT_MINOR), st.sampled_from([CNY, JPY, KWD, Currency("XXX", 4)]))
def test_text_is_the_inverse_of_minor_units(minor: int, currency: Currency) -> None:
    # The longest text a currency writes has 15 digits before the point at most: every amount can be read back.
    assert currency.minor_units(currency.text(minor), path="/amount") == minor


@pytest.mark.parametrize(
    ("numerator", "down", "up", "half_up", "half_even"),
    [
        (0, 0, 0, 0, 0),
        (1, 0, 1, 0, 0),
        (5, 0, 1, 1, 0),
        (6, 0, 1, 1, 1),
        (10, 1, 1, 1, 1),
        (15, 1, 2, 2, 2),
        (25, 2, 3, 3, 2),
    ],
)
def test_roundings_of_tenths(numerator: int, down: int, up: int, half_up: int, half_even: int) -> None:
    rounded = [divide(numerator, 10, rounding) for rounding in Rounding]
    assert rounded == [down, up, half_up, half_even]


@given(st.integers(0, 10**30), st.integers(1, 10**16), st.sampled_from(Rounding))
def test_division_is_exact(numerator: int, denominator: int, rounding: Rounding) -> None:
    named = {
        Rounding.DOWN: ROUND_FLOOR,
        Rounding.UP: ROUND_CEILING,
        Rounding.HALF_UP: ROUND_HALF_UP,
        Rounding.HALF_EVEN: ROUND_HALF_EVEN,
    }
    # An odd denominator has no halves; scaled to one fraction digit more than any double, Decimal agrees.
    quotient, remainder = divmod(numerator, denominator)
    half = Decimal(2 * remainder > denominator) * Decimal("0.6") + Decimal(2 * remainder == denominator) * Decimal(
        "0.5"
    )
    fraction = half or Decimal("0.4") * bool(remainder)
    expected = (Decimal(quotient % 2) + fraction).to_integral_value(named[rounding])
    assert divide(numerator, denominator, rounding) == quotient - quotient % 2 + int(expected)
