"""What is wrong with reminders: times that never come, texts that cannot be filled in, languages without one."""

from collections.abc import Mapping
from dataclasses import replace

from points.adapters.program_document import schema
from points.adapters.program_document.building import quiet_hours, time_of_day
from points.adapters.program_document.checks import Faults, of_each, repeated
from points.adapters.program_document.parts import FieldAtFault, Part, Parts
from points.adapters.program_document.waiting import lives_at_most, policies
from points.domain.canonical import Plain
from points.domain.errors import Fault
from points.domain.program.reminding import Text
from points.domain.program.texts import template_faults


def reminder_faults(parts: Parts) -> Faults:
    if parts.reminders is None:
        return
    yield from of_each([parts.reminders], _quiet_hours, _repeated)
    yield from _lead_days(parts, parts.reminders)
    yield from _texts(parts, parts.reminders)


def _quiet_hours(part: Part[schema.RemindersDocument]) -> Faults:
    quiet = part.document.quiet_hours
    if quiet is None:
        return
    if quiet.from_ == quiet.to:
        yield Fault(f"{part.path}/quiet_hours", "no_hour_left", "leave no hour in which anybody could be told")
    elif quiet_hours(quiet).includes(time_of_day(part.document.at)):
        yield Fault(f"{part.path}/at", "in_quiet_hours", f"lies in the quiet hours from {quiet.from_} to {quiet.to}")


def _repeated(part: Part[schema.RemindersDocument]) -> Faults:
    yield from repeated(f"{part.path}/channels", part.document.channels)
    days = part.document.lead_days
    for index, lead in enumerate(days):
        if lead in days[:index]:
            yield Fault(f"{part.path}/lead_days/{index}", "repeated", f"{lead} is there already")


def _lead_days(parts: Parts, part: Part[schema.RemindersDocument]) -> Faults:
    """Points that live shorter than a lead are told of by the next shorter one; a lead that is longer than any points
    live would never be."""
    try:
        leads = part.document.lead_days
        lives = [lives_at_most(expiry) for _, _, expiry in policies(parts)]
    except FieldAtFault:
        return
    if not lives:
        return
    for index, lead in enumerate(leads):
        if all(life is None or life <= lead for life in lives):
            longest = max((life for life in lives if life is not None), default=None)
            said = "no points ever expire" if longest is None else f"no points live longer than {longest} days"
            yield Fault(f"{part.path}/lead_days/{index}", "longer_than_points_live", said)


def _texts(parts: Parts, part: Part[schema.RemindersDocument]) -> Faults:
    texts = part.raw.get("texts")
    if not isinstance(texts, Mapping):
        return
    languages = parts.raw.get("languages", list(schema.LANGUAGES))
    for kind in ("expiring", "dormant"):
        written = texts.get(kind)
        if not isinstance(written, Mapping) or not written:
            continue
        path = f"{part.path}/texts/{kind}"
        for language in languages if isinstance(languages, list) else ():
            if isinstance(language, str) and language in schema.LANGUAGES and language not in written:
                yield Fault(path, "missing_language", f"has no text in {language}, which the program speaks")
        for language, text in written.items():
            if language in schema.LANGUAGES and isinstance(text, Mapping):
                yield from _filled_in(f"{path}/{language}", text.get("subject"), text.get("body"))


def _filled_in(path: str, subject: Plain, body: Plain) -> Faults:
    if isinstance(subject, str) and isinstance(body, str):
        for fault in template_faults(Text(subject, body)):
            yield replace(fault, path=f"{path}{fault.path}")
