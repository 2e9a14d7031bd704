"""Codes: two wrong characters never pass, nor an exchange; what partners printed is left as it is."""

from itertools import combinations
from math import log2
from random import Random

import pytest

from points.adapters.code_maker import SecretCodes
from points.domain.ledger.codes import (
    ALPHABET,
    RANDOM_SYMBOLS,
    canonical_code,
    code_of,
    is_mistyped,
    is_of_our_form,
    pool_code_fault,
)


def some_codes(count: int) -> list[str]:
    random = Random(7)  # noqa: S311 - repeatable on purpose
    return [code_of([random.randrange(31) for _ in range(RANDOM_SYMBOLS)]) for _ in range(count)]


def with_characters(code: str, changes: dict[int, str]) -> str:
    characters = list(code.replace("-", ""))
    for place, character in changes.items():
        characters[place] = character
    return "-".join("".join(characters[start : start + 5]) for start in range(0, 20, 5))


def test_nobody_takes_one_character_for_another_or_guesses_a_code() -> None:
    assert len(set(ALPHABET)) == 31
    assert not set("0O1IL") & set(ALPHABET)
    assert RANDOM_SYMBOLS * log2(31) > 80


def test_a_code_has_its_form_and_passes_in_small_letters_as_well() -> None:
    for code in (*some_codes(200), *SecretCodes().make(50)):
        assert is_of_our_form(code)
        assert not is_mistyped(code)
        assert not is_mistyped(code.lower())
        assert canonical_code(code.lower()) == code
    made = SecretCodes().make(1_000)
    assert len(set(made)) == 1_000


def test_each_wrong_character_shows() -> None:
    for code in some_codes(3):
        plain = code.replace("-", "")
        for place in range(20):
            for other in ALPHABET + "01ilo":
                if other.upper() != plain[place]:
                    assert is_mistyped(with_characters(code, {place: other})), (code, place, other)


def test_each_exchange_and_each_two_wrong_characters_show() -> None:
    random = Random(11)  # noqa: S311 - repeatable on purpose
    for code in some_codes(3):
        plain = code.replace("-", "")
        for one, other in combinations(range(20), 2):
            if plain[one] != plain[other]:
                assert is_mistyped(with_characters(code, {one: plain[other], other: plain[one]}))
            for _ in range(10):
                wrong = {place: random.choice(ALPHABET) for place in (one, other)}
                if any(plain[place] != character for place, character in wrong.items()):
                    assert is_mistyped(with_characters(code, wrong)), (code, wrong)


def test_what_is_made_of_something_else_is_refused() -> None:
    for symbols in ([0] * 17, [0] * 19, [31, *[0] * 17], [-1, *[0] * 17]):
        with pytest.raises(ValueError, match="18 numbers"):
            code_of(symbols)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("SUMMER-2026-0001", None),
        ("abc:def.ghi_~9", None),
        ("x" * 64, None),
        ("x" * 65, "too_long"),
        ("", "bad_characters"),
        ("-begins-so", "bad_characters"),
        ("has space", "bad_characters"),
        ("has#hash", "bad_characters"),
        ("has$dollar", "bad_characters"),
        ("has/slash", "bad_characters"),
        ("折扣", "bad_characters"),
        (some_codes(1)[0], "reserved_form"),
        ("AAAAA-00000-11111-OOOOO", "reserved_form"),
    ],
)
def test_what_a_partner_may_print(code: str, why: str | None) -> None:
    assert pool_code_fault(code) == why


def test_a_partners_code_is_never_called_mistyped_and_keeps_its_capitals() -> None:
    for code in ("SUMMER-2026-0001", "aBcDe", "12345-67890"):
        assert not is_mistyped(code)
        assert canonical_code(code) == code
