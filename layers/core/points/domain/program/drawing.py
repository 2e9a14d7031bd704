"""What a play draws: it follows from the draw's seed, the member and the number of the play, and from nothing else.

The seed's SHA-256 is published before the first play and the seed after the last one, so anybody can follow each play
afterwards. The whole MAC is read as one number of 256 bits, and that as a point from 0 to 1: exact odds are compared
with it as they are, nothing is taken modulo anything.
"""

import hmac
from fractions import Fraction
from hashlib import sha256
from typing import Final

from points.domain.program.draws import Draw, Prize

SEED_BYTES: Final = 32

_RANGE: Final = 2**256


def seed_digest(seed: bytes) -> str:
    """What is published beforehand: SHA-256 of the seed's bytes, as 64 hexadecimal digits."""
    return sha256(seed).hexdigest()


def message(program: str, draw: str, member: str, number: int) -> bytes:
    """What the MAC is taken over: four lines. No name has a line break in it."""
    return f"{program}\n{draw}\n{member}\n{number}".encode()


def drawn_point(seed: bytes, program: str, draw: str, member: str, number: int) -> Fraction:
    """At least 0 and less than 1."""
    mac = hmac.digest(seed, message(program, draw, member, number), "sha256")
    return Fraction(int.from_bytes(mac), _RANGE)


def drawn_prize(draw: Draw, seed: bytes, program: str, member: str, number: int) -> Prize:
    """``number`` counts the member's plays of this draw, from 1."""
    return draw.prize_at(drawn_point(seed, program, draw.name, member, number))
