"""Texts with places: what can be filled in, and every way in which one cannot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.domain.program.reminding import Text
from points.domain.program.texts import MAX_BODY, MAX_SUBJECT, PLACEHOLDERS, placeholders, template_faults

UNKNOWN = "unknown_placeholder"
GOOD = Text("{points} {points_unit} by {date}", "{program}: {points} in {days} {days_unit}.\nFor example {reward}.")


def test_a_text_names_its_places() -> None:
    assert placeholders(GOOD.body) == {"program", "points", "days", "days_unit", "reward"}
    assert placeholders("none") == placeholders("") == set()
    assert placeholders("{{points}} in braces, and {another}") == {"another"}


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "}",
        "{points",
        "points}",
        "{}",
        "{0}",
        "{points.__class__}",
        "{points[0]}",
        "{points!r}",
        "{points:>100000000}",
        "{points:{days}}",
        "{ points }",
        "{Points}",
        "{积分}",
        "{po\nints}",
        "{points}}",
        "{{points}",
    ],
)
def test_a_place_is_a_name_in_braces_and_nothing_else(text: str) -> None:
    with pytest.raises(ValueError, match=r"braces|place"):
        placeholders(text)
    assert [fault.code for fault in template_faults(Text(text, "ok"))][:1] == ["malformed_placeholder"]


@given(st.text(alphabet="{}a:.![]0 \n"))
def test_any_text_is_either_read_or_refused(text: str) -> None:
    try:
        places = placeholders(text)
    except ValueError:
        return
    assert all(place.isidentifier() for place in places)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (GOOD, []),
        (Text("s" * MAX_SUBJECT, "b" * MAX_BODY), []),
        (Text(" ", "\n"), [("/subject", "empty_text"), ("/body", "empty_text")]),
        (Text("{money}", "{points} {tier} {name}"), [("/subject", UNKNOWN), ("/body", UNKNOWN), ("/body", UNKNOWN)]),
        (Text("two\nlines", "ok"), [("/subject", "several_lines")]),
        (Text("{reward} waits", "ok"), [("/subject", "may_be_missing")]),
        (Text("ok", "{reward}\n\n{points} or {reward}"), [("/body", "may_be_missing")]),
        (Text("{{reward}}", "{{reward}}"), []),
    ],
)  # fmt: skip
def test_the_faults_of_a_text(text: Text, found: list[tuple[str, str]]) -> None:
    assert [(fault.path, fault.code) for fault in template_faults(text)] == found


def test_an_unknown_place_is_told_with_those_there_are() -> None:
    (fault,) = template_faults(Text("ok", "{pionts}"))
    assert "{pionts}" in fault.message
    assert all(name in fault.message for name in PLACEHOLDERS)
