"""From a notice to what the member reads: their language, today's figures, the program's words or the built-in ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from points.application.delivery.ports import Language, Letter
from points.domain.ledger.timers import About, Expiring
from points.domain.program.program import Program
from points.domain.program.reminding import Text
from points.domain.program.texts import LEFT_OUT, pieces

MAX_TEXT_MESSAGE = 268
"""UTF-16 units of a text message: four parts of 67, the least a network puts into one. Each part is paid for."""


@dataclass(frozen=True, slots=True)
class Told:
    """The figures of now. ``today`` is program-local."""

    about: About
    points: int
    reward: str | None
    today: date


def language_of(program: Program, locale: str | None) -> str:
    """The program's language that is the member's, or the nearest to it ("en" for "en-US"), or the program's first."""
    if locale is not None:
        wanted = locale.replace("_", "-").lower()
        for language in program.languages:
            if language.lower() == wanted:
                return language
        for language in program.languages:
            if _primary(language) == _primary(wanted):
                return language
    return program.languages[0]


def letter(program: Program, told: Told, name: str, language: Language) -> Letter:
    """``name`` is that of the language."""
    text = _text(program, told.about, name, language)
    values = _values(program, told, name, language)
    return Letter(subject=" ".join(filled(text.subject, values).split()), body=filled(text.body, values))


def text_message(told: Letter) -> Letter:
    """As many whole lines of the body as fit; the first is cut where it alone does not."""
    lines = [line for line in told.body.splitlines() if line.strip()]
    kept = lines[0] if lines else ""
    for line in lines[1:]:
        longer = f"{kept}\n{line}"
        if _units(longer) > MAX_TEXT_MESSAGE:
            break
        kept = longer
    return Letter("", kept if _units(kept) <= MAX_TEXT_MESSAGE else _cut(kept))


def filled(text: str, values: Mapping[str, str | None]) -> str:
    """The text with its values; lines that name one that is missing are left out, and the empty ones around them."""
    lines: list[str] = []
    for line in text.splitlines():
        told = _filled_line(line, values)
        if told is not None and (told or (lines and lines[-1])):
            lines.append(told)
    return "\n".join(lines).strip()


def _filled_line(line: str, values: Mapping[str, str | None]) -> str | None:
    told = ""
    for literal, name in pieces(line):
        told += literal
        if name is not None:
            value = values[name]
            if value is None:
                return None
            told += value
    return told.rstrip()


def _text(program: Program, about: About, name: str, language: Language) -> Text:
    kind = "expiring" if isinstance(about, Expiring) else "dormant"
    reminders = program.reminders
    own = None
    if reminders is not None:
        own = (reminders.expiring if isinstance(about, Expiring) else reminders.dormant).get(name)
    return own or language.built_in(kind)


def _values(program: Program, told: Told, name: str, language: Language) -> Mapping[str, str | None]:
    """Of the dormant, the date is the last day they were active, and the days are those since."""
    day = told.about.expires_on if isinstance(told.about, Expiring) else told.about.active_on
    days = abs((day - told.today).days)
    reward = None if told.reward is None else program.rewards[told.reward]
    return {
        "points": language.number(told.points),
        "points_unit": language.unit("points", told.points),
        "date": language.day(day),
        "days": language.number(days),
        "days_unit": language.unit("days", days),
        LEFT_OUT: None if reward is None else _title(program, reward.title, reward.name, name),
        "program": _title(program, program.title, program.name, name),
    }


def _title(program: Program, titles: Mapping[str, str], otherwise: str, name: str) -> str:
    """On one line, whatever it says: it stands in a subject."""
    title = titles.get(name) or titles.get(program.languages[0]) or otherwise
    return " ".join("".join(mark if mark.isprintable() else " " for mark in title).split())


def _primary(language: str) -> str:
    return language.lower().partition("-")[0]


def _cut(line: str) -> str:
    kept = line[: MAX_TEXT_MESSAGE - 1]
    while _units(kept) > MAX_TEXT_MESSAGE - 1:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
