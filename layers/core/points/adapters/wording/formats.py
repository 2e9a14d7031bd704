"""Single values as a language writes them. ``language`` is a tag such as ``zh-CN``."""

from collections.abc import Sequence
from datetime import date
from functools import cache

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.lists import format_list
from babel.numbers import format_decimal


@cache
def locale_of(language: str) -> Locale:
    return Locale.parse(language, sep="-")


def number(value: int, language: str) -> str:
    """``1,200``"""
    written: str = format_decimal(value, locale=locale_of(language))
    return written


def day(value: date, language: str) -> str:
    """``December 31, 2027``, ``2027年12月31日``"""
    return format_date(value, "long", locale=locale_of(language))


def day_by(skeleton: str, value: date, language: str) -> str:
    """Only what the skeleton names, in the language's order: ``MMMMd`` is ``December 31``, ``12月31日``."""
    return format_skeleton(skeleton, value, locale=locale_of(language))


def choice(names: Sequence[str], language: str) -> str:
    """One of several things that have a name: ``“Purchase” or “Review”``."""
    return format_list([f"“{name}”" for name in names], style="or", locale=locale_of(language))


def plural(count: int, language: str) -> str:
    """Which form of a text goes with so many: ``one`` or ``other`` in English, always ``other`` in Chinese."""
    return locale_of(language).plural_form(count)
