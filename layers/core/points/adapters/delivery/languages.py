"""How letters are written in a language: values by Babel, and the built-in texts, one JSON catalogue per language."""

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from points.adapters.wording import formats
from points.application.delivery.ports import Language
from points.domain.program.reminding import Text

NAMES: Final = ("en", "zh-CN")
"""Those a program may have."""

_TEXTS = Path(__file__).parent / "texts"


class BabelLanguage:
    """Implements :class:`points.application.delivery.ports.Language`."""

    def __init__(self, name: str) -> None:
        self._name = name
        catalogue = json.loads((_TEXTS / f"{name}.json").read_text("utf-8"))
        self._units: Mapping[str, Mapping[str, str]] = catalogue["units"]
        self._texts = {kind: Text(**text) for kind, text in catalogue["texts"].items()}

    def number(self, value: int) -> str:
        return formats.number(value, self._name)

    def day(self, value: date) -> str:
        return formats.day(value, self._name)

    def unit(self, name: str, value: int) -> str:
        return self._units[name][formats.plural(value, self._name)]

    def built_in(self, kind: str) -> Text:
        return self._texts[kind]


class BabelLanguages:
    """Implements :class:`points.application.delivery.ports.Languages`."""

    def language(self, name: str) -> Language:
        return _language(name)


@cache
def _language(name: str) -> BabelLanguage:
    if name not in NAMES:
        raise ValueError(f"no program speaks {name}")
    return BabelLanguage(name)
