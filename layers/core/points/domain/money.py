"""Money as integer minor units, read from decimal strings. No float ever holds money."""

import re
from dataclasses import dataclass
from enum import StrEnum

from points.domain.errors import InvalidRequest
from points.domain.limits import MAX_AMOUNT_MINOR

# Plain digits only: no sign, exponent, NaN, separators or full-width digits, and short enough to be harmless.
_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,14})(?:\.([0-9]{1,4}))?", re.ASCII)


class Rounding(StrEnum):
    """How a fraction of a point becomes whole points. Every rule that can make fractions names one."""

    DOWN = "down"
    UP = "up"
    HALF_UP = "half_up"
    HALF_EVEN = "half_even"


@dataclass(frozen=True, slots=True)
class Currency:
    """``exponent`` is the number of decimals of the minor unit: 2 for CNY (分), 0 for JPY."""

    code: str
    exponent: int

    def minor_units(self, text: str, *, path: str) -> int:
        """``"128.50"`` → 12850. Raises :class:`InvalidRequest` at ``path`` for anything that is not such an amount."""
        match = _DECIMAL.fullmatch(text)
        if match is None:
            raise InvalidRequest.at(path, 'must be a decimal string such as "128.00"')
        whole, decimals = match[1], match[2] or ""
        if len(decimals.rstrip("0")) > self.exponent:
            raise InvalidRequest.at(path, f"must have at most {self.exponent} decimals")
        minor = int(whole + decimals[: self.exponent].ljust(self.exponent, "0"))
        if minor > MAX_AMOUNT_MINOR:
            raise InvalidRequest.at(path, "is larger than any amount this ledger accepts")
        return minor

    def text(self, minor: int) -> str:
        """12850 → ``"128.50"``."""
        if self.exponent == 0:
            return str(minor)
        digits = str(minor).rjust(self.exponent + 1, "0")
        return f"{digits[: -self.exponent]}.{digits[-self.exponent :]}"


def divide(numerator: int, denominator: int, rounding: Rounding) -> int:
    """``numerator / denominator`` for non-negative integers, rounded exactly as named."""
    quotient, remainder = divmod(numerator, denominator)
    return quotient + _rounds_up(quotient, remainder, denominator, rounding)


def _rounds_up(quotient: int, remainder: int, denominator: int, rounding: Rounding) -> bool:
    match rounding:
        case Rounding.DOWN:
            return False
        case Rounding.UP:
            return remainder > 0
        case Rounding.HALF_UP:
            return 2 * remainder >= denominator
        case Rounding.HALF_EVEN:
            return 2 * remainder > denominator or (2 * remainder == denominator and quotient % 2 == 1)
