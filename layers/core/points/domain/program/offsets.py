"""Points that pay part of an order (积分抵现): what a program allows, and what points are worth in money (R-RED-4).

``ratio`` is points per currency unit. What points are worth is rounded down to the minor unit, and how many an order
takes is rounded down to whole points, so that ``points ÷ ratio`` is never more than the allowed share of the order.
"""

from dataclasses import dataclass

from points.domain.money import Currency


@dataclass(frozen=True, slots=True)
class OffsetRules:
    """``minimum_order`` in minor units. Points of an order are a multiple of ``step`` and ``minimum_points`` at least;
    a member uses ``points_per_day`` on a program-local day at most, None for any number."""

    minimum_order: int = 0
    maximum_share_percent: int = 100
    step: int = 1
    minimum_points: int = 1
    real_name_only: bool = False
    points_per_day: int | None = None

    def least(self, ratio: int, currency: Currency) -> int:
        """The fewest points that an order takes: nobody gives points for less than a minor unit."""
        worth_something = -(-ratio // unit(currency))
        return -(-max(self.minimum_points, worth_something) // self.step) * self.step

    def usable(self, points: int, *, least: int) -> int:
        """The most of so many points that make a sum an order takes."""
        whole = points - points % self.step
        return whole if whole >= least else 0

    def share_of(self, order: int, ratio: int, currency: Currency) -> int:
        """The most points that stay within the allowed share of an order in minor units, be they in steps or not."""
        return order * self.maximum_share_percent * ratio // (100 * unit(currency))

    def order_for(self, points: int, ratio: int, currency: Currency) -> int:
        """The smallest order, in minor units, of which so many points are within the allowed share."""
        return -(-points * 100 * unit(currency) // (self.maximum_share_percent * ratio))


def worth(points: int, ratio: int, currency: Currency) -> int:
    """In minor units, rounded down."""
    return points * unit(currency) // ratio


def unit(currency: Currency) -> int:
    """Minor units of a currency unit."""
    return int(10**currency.exponent)
