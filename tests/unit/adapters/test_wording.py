"""Numbers, days and plurals as each language writes them, and that the two catalogues say the same things."""

from collections.abc import Iterator, Mapping
from datetime import date
from string import Formatter

import pytest

from points.adapters.program_document import schema
from points.adapters.wording import BabelWording, formats
from points.adapters.wording.catalogue import Text, texts
from points.application.ports import Phrase
from stack.paths import ROOT

WORDING = BabelWording()
TEXTS = ROOT / "layers/core/points/adapters/wording/texts"
NUMBERS = {"points", "days", "months", "years", "dates"}


def forms(text: Text) -> Iterator[str]:
    if isinstance(text, str):
        yield text
    else:
        for name, form in text.items():
            yield from forms(form) if name != "by" else ()


def choices(text: Text) -> Iterator[Mapping[str, Text]]:
    if not isinstance(text, str):
        yield text
        for form in text.values():
            yield from choices(form)


def fields(text: Text) -> set[str]:
    return {name for form in forms(text) for _, name, _, _ in Formatter().parse(form) if name is not None}


# ── single values ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize(
    ("value", "written"), [(0, "0"), (999, "999"), (1_200, "1,200"), (10**12, "1,000,000,000,000"), (-5, "-5")]
)
def test_numbers(language: str, value: int, written: str) -> None:
    assert formats.number(value, language) == written


@pytest.mark.parametrize(
    ("day", "english", "chinese"),
    [
        (date(2027, 12, 31), "December 31, 2027", "2027年12月31日"),
        (date(2028, 2, 29), "February 29, 2028", "2028年2月29日"),
        (date(2027, 1, 1), "January 1, 2027", "2027年1月1日"),
        (date(9998, 12, 31), "December 31, 9998", "9998年12月31日"),
    ],
)
def test_days(day: date, english: str, chinese: str) -> None:
    assert (formats.day(day, "en"), formats.day(day, "zh-CN")) == (english, chinese)


def test_days_of_every_year() -> None:
    day = date(2000, 3, 1)
    assert formats.day_by("MMMMd", day, "en") == "March 1"
    assert formats.day_by("MMMMd", day, "zh-CN") == "3月1日"


@pytest.mark.parametrize(
    ("names", "english", "chinese"),
    [
        (["a"], "“a”", "“a”"),
        (["a", "b"], "“a” or “b”", "“a”或“b”"),
        (["a", "b", "c"], "“a”, “b”, or “c”", "“a”、“b”或“c”"),
    ],
)
def test_choices(names: list[str], english: str, chinese: str) -> None:
    assert (formats.choice(names, "en"), formats.choice(names, "zh-CN")) == (english, chinese)


@pytest.mark.parametrize(
    ("count", "english", "chinese"),
    [
        (0, "0 points", "0 积分"),
        (1, "1 point", "1 积分"),
        (2, "2 points", "2 积分"),
        (21, "21 points", "21 积分"),
        (101, "101 points", "101 积分"),
        (1_001, "1,001 points", "1,001 积分"),
    ],
)
def test_plurals(count: int, english: str, chinese: str) -> None:
    phrase = Phrase("so_many_points", {"points": count})
    assert (WORDING.say(phrase, "en"), WORDING.say(phrase, "zh-CN")) == (english, chinese)


# ── catalogues ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_there_is_a_catalogue_for_each_language_that_a_program_may_have() -> None:
    assert {file.stem for file in TEXTS.iterdir()} == set(WORDING.languages) == set(schema.Language.__value__.__args__)


def test_the_catalogues_have_the_same_texts_about_the_same_things() -> None:
    english, chinese = texts("en"), texts("zh-CN")
    assert list(english) == list(chinese)
    for name in english:
        # A form for one or none may do without the number; what it is about stands in every one.
        assert fields(english[name]) - NUMBERS == fields(chinese[name]) - NUMBERS, name
        assert fields(english[name]) & NUMBERS >= fields(chinese[name]) & NUMBERS or name == "by_earning", name


@pytest.mark.parametrize("language", WORDING.languages)
def test_every_text_has_a_form_for_every_number(language: str) -> None:
    for name, text in texts(language).items():
        for choice in choices(text):
            assert {"by", "other"} <= choice.keys(), name
            assert set(choice) - {"by", "other", "one"} <= {f"={number}" for number in range(13)}, name
            # The form for one is not that for 21, 101 or 1.0 in every language: it says its number.
            assert f"{{{choice['by']}}}" in str(choice.get("one", f"{{{choice['by']}}}")), name


@pytest.mark.parametrize("language", WORDING.languages)
def test_what_a_text_is_told_by_has_to_be_a_number(language: str) -> None:
    with pytest.raises(TypeError):
        WORDING.say(Phrase("end_of_year", {"years": ("2",)}), language)


# ── what is put in ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("title", ["{points}", "{name.__class__}", "{0}", "%s", "{", "}}", "\\u0041", "<b>", "“”"])
@pytest.mark.parametrize("language", WORDING.languages)
def test_a_title_is_put_in_as_it_is(title: str, language: str) -> None:
    subject = Phrase("points_of_rule", {"name": (title,)})
    said = WORDING.say(Phrase("never", {"subject": subject}), language)
    assert f"“{title}”" in said
    assert "Phrase" not in said
