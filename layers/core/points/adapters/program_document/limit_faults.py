"""What is wrong with limits for each member, wherever a document has them."""

from typing import Any, Final

from points.adapters.program_document import schema
from points.adapters.program_document.checks import Faults, of_each
from points.adapters.program_document.parts import Part, most_of, read_list
from points.domain.errors import Fault

_MOST_LIMITS: Final = most_of(schema.RewardDocument, "limits")


def limit_faults(part: Part[Any]) -> Faults:
    limits = read_list(part.raw.get("limits"), f"{part.path}/limits", schema.MemberLimitDocument, most=_MOST_LIMITS)
    windows = set[str]()
    for limit in limits:
        yield from of_each([limit])
        window = limit.raw.get("per")
        if isinstance(window, str):
            if window in windows:
                yield Fault(f"{limit.path}/per", "duplicate_limit", f"there is another limit per {window}")
            windows.add(window)
