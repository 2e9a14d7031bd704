"""An event of the ledger as it is told: one text, the same for everybody and at every attempt.

The text is what is signed, so it is made once and kept. Canonical, so that the event that comes twice has the same.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from points.domain.calendar import from_utc_text, utc_text
from points.domain.canonical import Plain, canonical_json, digest
from points.domain.errors import Fault, InvalidRequest

MAX_BODY_BYTES = 64_000
"""Of one event. Those of the ledger take some kilobytes; the text lies in the item of each of its deliveries."""

PING = "Ping"
"""What an operator sends to see whether an endpoint answers: told to that one alone, and chosen by none."""

_ID = re.compile(r"evt_[0-9a-f]{32}", re.ASCII)
_TYPE = re.compile(r"[A-Z][A-Za-z]{0,63}", re.ASCII)
_PROGRAM = re.compile(r"[a-z0-9][a-z0-9-]{0,31}", re.ASCII)


@dataclass(frozen=True, slots=True)
class LedgerEvent:
    """``body`` is the JSON that receivers get, ``at`` the moment it speaks of."""

    id: str
    type: str
    program: str
    at: datetime
    body: str


def event_of(told: Mapping[str, Plain]) -> LedgerEvent:
    """What a bus told. A type nobody knows yet is taken: whoever wants all wants it, too. Raises InvalidRequest."""
    body = _text(told)
    if len(body) > MAX_BODY_BYTES:
        raise _not("", "too_large", f"is larger than {MAX_BODY_BYTES} bytes")
    at = told.get("at")
    return LedgerEvent(
        id=_matching(told, "id", _ID),
        type=_matching(told, "type", _TYPE),
        program=_matching(told, "program", _PROGRAM),
        at=_moment(at),
        body=body.decode(),
    )


def ping(program: str, endpoint: str, at: datetime) -> LedgerEvent:
    """Its id follows from the rest, as that of every event."""
    told: dict[str, Plain] = {"type": PING, "program": program, "at": utc_text(at), "data": {"endpoint": endpoint}}
    return event_of({"id": f"evt_{digest(told)[:32]}", **told})


def _text(told: Mapping[str, Plain]) -> bytes:
    try:
        return canonical_json(told)
    except (TypeError, ValueError, RecursionError):
        raise _not("", "not_plain", "holds what no event holds: a fraction, or text that is none") from None


def _matching(told: Mapping[str, Plain], name: str, form: re.Pattern[str]) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not form.fullmatch(value):
        raise _not(f"/{name}", "invalid_value", f"is not the {name} of an event")
    return value


def _moment(value: Plain) -> datetime:
    """Spelt in the one way moments are: the text is part of a key."""
    if isinstance(value, str):
        try:
            moment = from_utc_text(value)
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is not None and utc_text(moment) == value:
            return moment
    raise _not("/at", "moment_invalid", "is not a moment in UTC with microseconds")


def _not(path: str, code: str, message: str) -> InvalidRequest:
    return InvalidRequest("this is no event of the ledger", faults=(Fault(path, code, message),))
