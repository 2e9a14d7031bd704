"""Phrases said in a language. What goes into a text is put in as it is: never a template itself, however it looks."""

from collections.abc import Mapping
from datetime import date
from string import Formatter
from typing import Any

from points.adapters.wording import formats
from points.adapters.wording.catalogue import Text, texts
from points.application.ports import Phrase, Said


def sentence(phrase: Phrase, language: str) -> str:
    template = _form(texts(language)[phrase.name], phrase.values, language)
    return _Template(language).vformat(template, (), phrase.values)


def _form(text: Text, values: Mapping[str, Said], language: str) -> str:
    while not isinstance(text, str):
        count = values[str(text["by"])]
        if not isinstance(count, int):
            raise TypeError(f"{text['by']} is no number to tell forms by")
        text = text.get(f"={count}") or text.get(formats.plural(count, language)) or text["other"]
    return text


class _Template(Formatter):
    """``{on}`` is a whole date, ``{on:MMMMd}`` what a skeleton says of it."""

    def __init__(self, language: str) -> None:
        self._language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        match value:
            case Phrase():
                return sentence(value, self._language)
            case date():
                if format_spec:
                    return formats.day_by(format_spec, value, self._language)
                return formats.day(value, self._language)
            case tuple():
                return formats.choice(value, self._language)
        return formats.number(value, self._language)
