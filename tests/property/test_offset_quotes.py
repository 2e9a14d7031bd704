"""R-RED-4 against a model that tries every number of points: points ÷ ratio never exceeds the allowed share, and the
rule that is named is the one that the documentation says."""

from collections.abc import Callable, Mapping
from fractions import Fraction

from hypothesis import event, given
from hypothesis import strategies as st

from points.domain.evaluation.offsetting import LimitedBy, quote
from points.domain.ledger.account import Account
from points.domain.ledger.members import MemberFacts
from points.domain.limits import MAX_AMOUNT_MINOR, MAX_POINTS
from points.domain.money import Currency
from points.domain.program.offsets import OffsetRules
from tests.builders import LOT, NOW, account, context, program

MOST = 130
"""The model counts up to here: it stands for any number of points."""

ORDER = ("minimum_order", "real_name_required", "minimum_points", "step", "maximum_share", "daily_cap", "balance")
RATIOS = st.sampled_from([1, 2, 3, 7, 10, 50, 99, 100, 101, 1000])


def offsets(*, points: st.SearchStrategy[int], amounts: st.SearchStrategy[int]) -> st.SearchStrategy[OffsetRules]:
    return st.builds(
        OffsetRules,
        minimum_order=st.just(0) | amounts,
        maximum_share_percent=st.sampled_from([1, 3, 10, 33, 50, 99, 100]) | st.integers(1, 100),
        step=st.just(1) | points,
        minimum_points=st.just(1) | points,
        real_name_only=st.booleans(),
        points_per_day=st.none() | points,
    )


def worth(points: int, ratio: int, decimals: int) -> Fraction:
    """In minor units."""
    return Fraction(points * 10**decimals, ratio)


def brute(
    rules: OffsetRules, *, ratio: int, decimals: int, order: int, verified: bool, available: int, asked: int | None
) -> tuple[int, str | None]:
    """The rules as tests of a single number, then one after the other, each with those before it."""
    limits: Mapping[str, Callable[[int], bool]] = {
        "minimum_order": lambda _: order >= rules.minimum_order,
        "real_name_required": lambda _: verified or not rules.real_name_only,
        "maximum_share": lambda points: (
            worth(points, ratio, decimals) <= Fraction(rules.maximum_share_percent, 100) * order
        ),
        "daily_cap": lambda points: rules.points_per_day is None or points <= rules.points_per_day,
        "balance": lambda points: points <= available,
    }

    def in_steps(points: int) -> bool:
        return points % rules.step == 0

    def enough(points: int) -> bool:
        """The least is the first whole step that is the minimum and worth something."""
        return any(
            in_steps(least) and least >= rules.minimum_points and worth(least, ratio, decimals) >= 1
            for least in range(1, points + 1)
        )

    def answer(names: tuple[str, ...]) -> int:
        """The most that passes them. What is asked for is a number like any other until something is said of it."""
        most = MOST if asked is None else asked
        if asked is not None:
            if "minimum_points" in names and not enough(most):
                return 0
            if "step" in names:
                most = max((points for points in range(most + 1) if in_steps(points)), default=0)
        others = [limits[name] for name in names if name in limits]
        if all(limit(most) for limit in others):
            return most
        fits = [points for points in range(most + 1) if in_steps(points) and enough(points)]
        return max((points for points in fits if all(limit(points) for limit in others)), default=0)

    before, named = answer(()), None
    for count, name in enumerate(ORDER, 1):
        after = answer(ORDER[:count])
        if after < before:
            named = name
        before = after
    return before, named


@given(data=st.data(), ratio=RATIOS, decimals=st.sampled_from([0, 2, 3]), verified=st.booleans())
def test_every_quote_is_what_trying_every_number_finds(
    data: st.DataObject, ratio: int, decimals: int, verified: bool
) -> None:
    # Orders of which the share is within what the model counts to.
    largest = int(worth(MOST - 1, ratio, decimals))
    amounts = st.integers(0, max(1, largest))
    points = st.integers(1, 40)
    rules = data.draw(offsets(points=points, amounts=amounts))
    order, available = data.draw(amounts), data.draw(st.integers(0, MOST - 1))
    asked = data.draw(st.none() | st.integers(1, MOST - 1))
    expected = brute(
        rules, ratio=ratio, decimals=decimals, order=order, verified=verified, available=available, asked=asked
    )

    found = _quoted(rules, ratio, decimals, order, available, asked, verified=verified)

    assert (found.points, found.limited_by) == expected
    assert found.discount == int(worth(found.points, ratio, decimals))
    event(f"limited by {found.limited_by}")


@given(
    rules=offsets(points=st.integers(1, MAX_POINTS), amounts=st.integers(0, MAX_AMOUNT_MINOR)),
    ratio=RATIOS | st.integers(1, 1_000_000),
    decimals=st.sampled_from([0, 2, 3]),
    order=st.sampled_from([1, 3333, 10**11, MAX_AMOUNT_MINOR]) | st.integers(0, MAX_AMOUNT_MINOR),
    available=st.integers(0, MAX_POINTS),
    asked=st.none() | st.integers(1, MAX_POINTS),
)
def test_what_holds_of_any_quote(
    rules: OffsetRules, ratio: int, decimals: int, order: int, available: int, asked: int | None
) -> None:
    found = _quoted(rules, ratio, decimals, order, available, asked, verified=True)

    value = worth(found.points, ratio, decimals)
    assert value <= Fraction(rules.maximum_share_percent, 100) * order
    assert found.discount <= value < found.discount + 1
    assert found.discount <= order
    assert found.points <= min(available, asked or MAX_POINTS, rules.points_per_day or MAX_POINTS)
    assert found.points % rules.step == 0
    if found.points:
        assert found.points >= rules.minimum_points
        assert found.discount >= 1
    assert (found.limited_by is None) == (found.points == asked)
    # So much is a sum that can be held: asked for, it is all of it usable.
    if found.points:
        again = _quoted(rules, ratio, decimals, order, available, found.points, verified=True)
        assert (again.points, again.discount, again.limited_by) == (found.points, found.discount, None)


def _quoted(  # type: ignore[no-untyped-def]  # the answer is what is looked at
    rules: OffsetRules, ratio: int, decimals: int, order: int, available: int, asked: int | None, *, verified: bool
):
    under = program(offset=rules, ratio=ratio, currency=Currency("XXX", decimals))
    who: Account = account(lots={LOT: available} if available else {}, facts=MemberFacts(real_name_verified=verified))
    return quote(who, order, asked, context(NOW, under))


def test_the_model_knows_every_rule() -> None:
    assert tuple(LimitedBy) == ORDER
