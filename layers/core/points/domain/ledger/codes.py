"""Codes of coupons: how ours are written, and what is accepted of others.

Ours are twenty characters in four groups of five, ``7KQ2M-…``. The alphabet has the 31 letters and digits that nobody
takes for another: no 0 and O, no 1, I and L. Eighteen of them are drawn at random, which is 89 bits, and two are check
characters. With c1 … c20 as numbers of that alphabet, both sums are 0 modulo 31:

    c1 + c2 + … + c20        1 c1 + 2 c2 + … + 20 c20

As 31 is prime and no place counts like another, a code with up to two wrong characters, wherever they are, never
passes, nor does one with two characters exchanged (the sums are those of a Reed-Solomon code of distance three). So
what was mistyped is told from what does not exist without asking anybody.

Codes of a pool are whatever a partner printed, as long as they can be part of a key and of a path. Of our own form they
cannot be: nobody could tell whose they are.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""In the order of their numbers."""

RANDOM_SYMBOLS: Final = 18
"""Each is log2(31), nearly 5, bits."""

MAX_CODE_LENGTH: Final = 64

_GROUP: Final = 5
_LENGTH: Final = RANDOM_SYMBOLS + 2
_MODULUS: Final = len(ALPHABET)
_NUMBERS: Final = {character: number for number, character in enumerate(ALPHABET)}
_OURS: Final = re.compile(r"[0-9A-Za-z]{5}(-[0-9A-Za-z]{5}){3}", re.ASCII)
_OTHERS: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:~-]{0,63}", re.ASCII)


def code_of(symbols: Sequence[int]) -> str:
    """The code with these random symbols (from 0 to 30, 18 of them), check characters added."""
    if len(symbols) != RANDOM_SYMBOLS or not all(0 <= each < _MODULUS for each in symbols):
        raise ValueError("a code is made of 18 numbers from 0 to 30")
    # Two equations with two unknowns, x at place 19 and y at place 20: x + y = -s, 19 x + 20 y = -w.
    plain = -sum(symbols)
    weighted = -_weighted(symbols)
    last = (weighted - (_LENGTH - 1) * plain) % _MODULUS
    numbers = [*symbols, (plain - last) % _MODULUS, last]
    characters = "".join(ALPHABET[number] for number in numbers)
    return "-".join(characters[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))


def canonical_code(code: str) -> str:
    """As it is stored: ours in capitals, others exactly as they were printed."""
    return code.upper() if is_of_our_form(code) else code


def is_of_our_form(code: str) -> bool:
    return _OURS.fullmatch(code) is not None


def is_mistyped(code: str) -> bool:
    """Whether it is of our form and cannot be one that was ever made."""
    if not is_of_our_form(code):
        return False
    characters = code.upper().replace("-", "")
    if not all(character in _NUMBERS for character in characters):
        return True
    numbers = [_NUMBERS[character] for character in characters]
    return bool(sum(numbers) % _MODULUS or _weighted(numbers) % _MODULUS)


def pool_code_fault(code: str) -> str | None:
    """Why a code cannot be imported; None for one that can."""
    if len(code) > MAX_CODE_LENGTH:
        return "too_long"
    if _OTHERS.fullmatch(code) is None:
        return "bad_characters"
    return "reserved_form" if is_of_our_form(code) else None


def _weighted(numbers: Iterable[int]) -> int:
    return sum(place * number for place, number in enumerate(numbers, start=1))
