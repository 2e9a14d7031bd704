"""Codes one after the other, the same in each run: nobody guesses them in a test."""

from collections.abc import Sequence
from itertools import count

from points.domain.ledger.codes import ALPHABET, RANDOM_SYMBOLS, code_of


class MemoryCodeMaker:
    """Implements :class:`points.application.ports.CodeMaker`."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def make(self, count: int) -> Sequence[str]:
        return [self._code(next(self._numbers)) for _ in range(count)]

    @staticmethod
    def _code(number: int) -> str:
        symbols: list[int] = []
        for _ in range(RANDOM_SYMBOLS):
            number, symbol = divmod(number, len(ALPHABET))
            symbols.insert(0, symbol)
        return code_of(symbols)
