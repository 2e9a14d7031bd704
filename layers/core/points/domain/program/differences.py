"""What is different between two documents, place by place: readable for the person who is about to publish."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from points.domain.canonical import Plain


class Change(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """``path`` is a JSON pointer. Items of lists that have an ``id`` are told apart by it, not by their place:
    ``/rules/check-in/caps``; so moving a rule is not reported as rewriting every rule after it."""

    path: str
    change: Change
    before: Plain = None
    after: Plain = None


def differences(before: Plain, after: Plain, path: str = "") -> Iterator[Difference]:
    """In the order of the document after, what was removed last. Equal documents have none."""
    one, other = _members(before), _members(after)
    if one is None or other is None:
        if not _same(before, after):
            yield Difference(path or "/", Change.CHANGED, before, after)
        return
    for name, value in other.items():
        place = f"{path}/{_escaped(name)}"
        if name not in one:
            yield Difference(place, Change.ADDED, None, value)
        else:
            yield from differences(one[name], value, place)
    for name, value in one.items():
        if name not in other:
            yield Difference(f"{path}/{_escaped(name)}", Change.REMOVED, value, None)


def _members(value: Plain) -> Mapping[str, Plain] | None:
    """A mapping's members, or a list's by id; None for everything that is compared as a whole."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        ids = [item.get("id") if isinstance(item, Mapping) else None for item in value]
        names = [name for name in ids if isinstance(name, str)]
        if len(set(names)) == len(value):
            return dict(zip(names, value, strict=True))
    return None


def _same(one: Plain, other: Plain) -> bool:
    # Python holds True == 1, in lists too; a document that says one does not say the other.
    if type(one) is not type(other):
        return False
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    return one == other


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
