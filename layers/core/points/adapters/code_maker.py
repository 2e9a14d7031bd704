"""Codes from the operating system's own randomness: nobody guesses one, however many they have seen."""

import secrets
from collections.abc import Sequence

from points.domain.ledger.codes import ALPHABET, RANDOM_SYMBOLS, code_of


class SecretCodes:
    """Implements :class:`points.application.ports.CodeMaker`."""

    def make(self, count: int) -> Sequence[str]:
        return [code_of([secrets.randbelow(len(ALPHABET)) for _ in range(RANDOM_SYMBOLS)]) for _ in range(count)]
