"""The JSON Schemas of ledger events as files: ``python -m points.stream.published docs/events``.

They are committed and a test compares them, so that what subscribers rely on changes only where somebody reviews it.
"""

import json
import sys
from pathlib import Path
from typing import Any

from points.domain.telling.entries import OF_KIND
from points.domain.telling.events import EventType
from points.stream.schemas import DATA, OF_NOTICES

_ID = r"^evt_[0-9a-f]{32}$"
_SEQ = {"type": "integer", "minimum": 1, "description": "Orders the events of a member."}
_NO_SEQ = {"type": "null", "description": "No entry made this event: it has no place among those that one did."}
_KINDS = {kind: name for name, kind in OF_KIND.items()}


def schema(kind: EventType) -> dict[str, Any]:
    """Of the whole event: what a rule's target finds under ``detail``."""
    data = _opened(DATA[kind].model_json_schema(mode="serialization"))
    description, definitions = data.pop("description"), data.pop("$defs", {})
    if kind in _KINDS:
        data["properties"]["kind"] = {"const": _KINDS[kind]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": kind.value,
        "description": description,
        "type": "object",
        "properties": {
            "id": {"type": "string", "pattern": _ID, "description": "The same whenever this very event comes again."},
            "type": {"const": kind.value},
            "program": {"type": "string"},
            "member": {"type": "string"},
            "seq": _NO_SEQ if kind in OF_NOTICES else _SEQ,
            "at": {"type": "string", "format": "date-time", "description": "When it happened, RFC 3339 in UTC."},
            "data": data,
        },
        "required": ["id", "type", "program", "member", "seq", "at", "data"],
        **({"$defs": definitions} if definitions else {}),
    }


def _opened(value: Any) -> Any:
    """Without what forbids a field that is not in it yet, and without titles that only repeat a name."""
    match value:
        case dict():
            closed, titled = value.get("additionalProperties") is False, isinstance(value.get("title"), str)
            left_out = {"additionalProperties"} if closed else set()
            left_out |= {"title"} if titled else set()
            return {name: _opened(item) for name, item in value.items() if name not in left_out}
        case list():
            return [_opened(item) for item in value]
    return value


def text(kind: EventType) -> str:
    """One spelling: in the order of the event, two spaces, a newline at the end."""
    return json.dumps(schema(kind), indent=2, ensure_ascii=False) + "\n"


def write(folder: Path) -> None:
    for kind in DATA:
        (folder / f"{kind.value}.schema.json").write_text(text(kind), "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
