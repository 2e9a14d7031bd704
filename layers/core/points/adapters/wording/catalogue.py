"""The texts of a language, by name: ``texts/{language}.json``.

A text is a template, or its forms by a number: ``{"by": "points", "=0": …, "one": …, "other": …}``, where ``=0`` goes
before the plural that the language has for 0. A form may have forms by another number in turn.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

type Text = str | Mapping[str, Text]


@cache
def texts(language: str) -> Mapping[str, Text]:
    """Read when the first sentence is said, not when a function starts."""
    catalogue = Path(__file__).with_name("texts") / f"{language}.json"
    by_name: dict[str, Text] = json.loads(catalogue.read_text("utf-8"))
    return by_name
