"""Cursors: where a listing goes on, opaque to callers so that it may change.

A cursor names the listing it belongs to, so that one of another listing is refused instead of misread.
"""

import binascii
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

from points.http.edge.problems import EdgeError, malformed

MAX_LENGTH = 256
_ALPHABET = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


def cursor_of(listing: str, key: str | None) -> str | None:
    """None where the listing has ended."""
    if key is None:
        return None
    text = json.dumps([listing, key], separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def text_key(listing: str, value: str | None) -> str | None:
    """The key in a cursor. Raises EdgeError (400) for anything :func:`cursor_of` did not write for this listing."""
    if value is None:
        return None
    if len(value) > MAX_LENGTH or not _ALPHABET.fullmatch(value):
        raise _bad_cursor()
    try:
        content = json.loads(urlsafe_b64decode(value + "=" * (-len(value) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        raise _bad_cursor() from None
    match content:
        case [str(found), str(key)] if found == listing and cursor_of(listing, key) == value:
            return key
    raise _bad_cursor()


def number_key(listing: str, value: str | None) -> int | None:
    key = text_key(listing, value)
    if key is None:
        return None
    if not re.fullmatch(r"[1-9][0-9]{0,14}", key, re.ASCII):
        raise _bad_cursor()
    return int(key)


def _bad_cursor() -> EdgeError:
    return malformed("the cursor is not one this listing gave", path="?cursor", code="bad_cursor")
