"""Items as the table's stream shows them: the same attributes, with bytes written as base64."""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from points.adapters.dynamodb import keys
from points.adapters.dynamodb.models import EntryItem, NoticeItem
from points.application.outbox.ports import Fact, Unreadable
from points.domain.ledger.entries import Entry


class StreamImages:
    """Implements :class:`points.application.outbox.ports.Images`."""

    def fact(self, image: Mapping[str, Any]) -> Fact | None:
        sk = image["sk"]["S"]
        try:
            if sk.startswith(keys.ENTRY_PREFIX):
                return _proved(EntryItem.read(_with_bytes(image)).entry())
            if sk.startswith(keys.NOTICE_PREFIX):
                return NoticeItem.read(_with_bytes(image)).notice()
        except Exception as error:
            # Whatever is raised over an item is the item's fault, and its text may quote what the item holds.
            raise Unreadable(f"unreadable {type(error).__name__}") from error
        return None


def _proved(entry: Entry) -> Entry:
    """As it was booked, to the letter: the world is told nothing that the ledger does not say."""
    if entry.computed_digest() != entry.digest:
        raise ValueError("an entry is not what its digest was taken of")
    return entry


def _with_bytes(image: Mapping[str, Any]) -> dict[str, Any]:
    """Digests are the only bytes there are, and none lies deeper than the item itself."""
    return {name: {"B": _bytes(value["B"])} if "B" in value else value for name, value in image.items()}


def _bytes(value: str | bytes) -> bytes:
    """Some that stand in for the stream leave bytes as they are."""
    return value if isinstance(value, bytes) else b64decode(value, validate=True)
