"""R-RED-5: odds are exact, and what a play draws follows from the seed alone."""

import hashlib
import hmac
from collections import Counter
from fractions import Fraction
from math import sqrt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.domain.program.drawing import drawn_point, drawn_prize, message, seed_digest
from points.domain.program.draws import Prize, prize_of, shelf_of
from tests.support.drawing import ALL, COUPON, HUNDRED, NONE, PHONE, SEED, script, wheel

WEIGHTS = st.lists(st.integers(1, 10**9), min_size=1, max_size=50)


def of_weights(weights: list[int]) -> list[Prize]:
    return [Prize(f"p{place}", Fraction(weight, sum(weights))) for place, weight in enumerate(weights)]


def test_a_share_has_its_beginning_and_not_its_end() -> None:
    draw = wheel(Prize("a", Fraction(1, 3)), Prize("b", Fraction(1, 3)), Prize("c", Fraction(1, 3)))
    least = Fraction(1, 2**256)
    points = [Fraction(0), Fraction(1, 3) - least, Fraction(1, 3), Fraction(2, 3) - least, Fraction(2, 3), 1 - least]
    assert [draw.prize_at(point).name for point in points] == ["a", "a", "b", "b", "c", "c"]
    with pytest.raises(ValueError, match="from 0 to 1"):
        draw.prize_at(Fraction(1))


@given(WEIGHTS)
def test_every_prize_has_exactly_its_share(weights: list[int]) -> None:
    """Wherever one share ends the next begins: the lengths are the odds, and there is no gap."""
    prizes = of_weights(weights)
    draw, begin = wheel(*prizes), Fraction(0)
    for prize in prizes:
        end = begin + prize.odds
        assert draw.prize_at(begin) is prize
        assert draw.prize_at(end - Fraction(1, 10**20)) is prize
        begin = end
    assert begin == 1


@given(WEIGHTS, st.integers(0, 2**256 - 1))
def test_no_point_is_without_a_prize(weights: list[int], point: int) -> None:
    prize = wheel(*of_weights(weights)).prize_at(Fraction(point, 2**256))
    assert prize.odds > 0


def test_the_very_number() -> None:
    """By the book: HMAC-SHA256 over four lines, all of it, most significant byte first."""
    mac = hmac.new(SEED, b"demo\nwheel\nm-1\n7", hashlib.sha256).digest()
    assert message("demo", "wheel", "m-1", 7) == b"demo\nwheel\nm-1\n7"
    assert drawn_point(SEED, "demo", "wheel", "m-1", 7) == Fraction(int.from_bytes(mac, "big"), 2**256)
    assert seed_digest(SEED) == hashlib.sha256(SEED).hexdigest()


@pytest.mark.parametrize(
    "change", [{"seed": b"x" * 32}, {"program": "x"}, {"draw": "x"}, {"member": "x"}, {"number": 8}]
)
def test_everything_in_the_message_decides(change: dict[str, Any]) -> None:
    ordinary: dict[str, Any] = {"seed": SEED, "program": "demo", "draw": "wheel", "member": "m-1", "number": 7}
    assert drawn_point(**ordinary) != drawn_point(**ordinary | change)


def test_100_000_plays_match_the_odds_and_verify() -> None:
    """With a fixed seed, so it is the same each time. Chi-square over the four prizes (3 degrees of freedom): more than
    16.27 would happen to one seed in a thousand. The points themselves are even, by 100 equal parts (99 degrees:
    148.2), and the expectation of what is won is met within three standard deviations."""
    draw, plays = wheel(), 100_000
    numbers = [(f"member-{number % 250}", number // 250 + 1) for number in range(plays)]
    drawn = [drawn_prize(draw, SEED, "demo", member, number) for member, number in numbers]

    counts = Counter(prize.name for prize in drawn)
    assert counts.keys() == {prize.name for prize in ALL}
    expected = {prize.name: prize.odds * plays for prize in ALL}
    assert sum(float((counts[name] - mean) ** 2 / mean) for name, mean in expected.items()) < 16.27

    parts = Counter(int(drawn_point(SEED, "demo", "wheel", *each) * 100) for each in numbers)
    assert sum((parts[part] - plays / 100) ** 2 / (plays / 100) for part in range(100)) < 148.2

    won = sum(prize.points for prize in drawn)
    mean, variance = 100 * HUNDRED.odds, 100**2 * HUNDRED.odds * (1 - HUNDRED.odds)
    assert abs(won - plays * mean) < 3 * sqrt(plays * variance)

    published: dict[str, Any] = {
        "draw": "wheel",
        "seed": SEED.hex(),
        "seed_digest": seed_digest(SEED),
        "prizes": [{"prize": prize.name, "odds": str(prize.odds), "instead": None} for prize in ALL],
    }
    told = [
        {"member": member, "number": number, "prize": prize.name, "given": prize.name, "seed_digest": seed_digest(SEED)}
        for (member, number), prize in zip(numbers, drawn, strict=True)
    ]
    problems = script()["problems"]
    assert list(problems("demo", published, told)) == []
    # It does find what is wrong: one play changed, the draw of another program, another seed.
    other = next(prize.name for prize in ALL if prize.name != told[777]["prize"])
    assert len(list(problems("demo", published, [*told[:777], told[777] | {"prize": other}]))) == 1
    assert len(list(problems("demo", published, [told[1] | {"given": "phone"}]))) == 1
    assert list(problems("other", published, told[:200]))
    assert list(problems("demo", published | {"seed": "00" * 32}, told[:200]))


def test_what_is_given_instead() -> None:
    draw = wheel()
    assert draw.instead_of(COUPON) is HUNDRED
    assert draw.instead_of(PHONE) is NONE
    limited = Prize("nothing-too", Fraction(1, 2), stock=3)
    assert wheel(limited, NONE).instead_of(PHONE) is NONE
    assert wheel(limited, HUNDRED).instead_of(PHONE) is None


def test_what_belongs_to_the_terms() -> None:
    """What a member was promised, and nothing besides."""
    terms = wheel().terms()
    for same in (
        wheel(title={"en": "Wheel"}),
        wheel(last=wheel().last.replace(day=30)),
        wheel(Prize("phone", PHONE.odds, reward="phone", stock=9, title={"en": "A phone"}), COUPON, HUNDRED, NONE),
        wheel(PHONE, COUPON, HUNDRED, Prize("none", NONE.odds, instead=None)),
    ):
        assert same.terms() == terms
    for other in (
        wheel(cost=11),
        wheel(first=wheel().first.replace(day=2)),
        wheel(COUPON, PHONE, HUNDRED, NONE),
        wheel(Prize("phone", PHONE.odds, reward="phone"), COUPON, HUNDRED, NONE),
        wheel(Prize("phone", PHONE.odds, reward="coupon", stock=3), COUPON, HUNDRED, NONE),
        wheel(Prize("phone", PHONE.odds, reward="phone", stock=3, instead="hundred"), COUPON, HUNDRED, NONE),
        wheel(PHONE, COUPON, Prize("hundred", HUNDRED.odds, points=99), NONE),
        wheel(PHONE, COUPON, Prize("hundred", NONE.odds, points=100), Prize("none", HUNDRED.odds)),
    ):
        assert other.terms() != terms


def test_names_of_shelves() -> None:
    assert prize_of(shelf_of("wheel", "phone")) == ("wheel", "phone")
