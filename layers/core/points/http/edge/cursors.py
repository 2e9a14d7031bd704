"""Cursors: where a listing goes on, opaque to callers so that it may change.

A cursor names the listing it belongs to, down to program, member and filter, so that one of another listing is refused
instead of misread. It is no secret: what a listing may show is decided by its path, never by a cursor.
"""

import binascii
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

from points.http.edge.problems import EdgeError, malformed

MAX_LENGTH = 256
_ALPHABET = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_MARK = 12
"""Characters of a digest: enough for a mistake to be noticed."""


def listing_of(name: str, *chosen: object) -> str:
    """``chosen`` is what makes it this listing: the program, the member, the filter; all but the page."""
    text = json.dumps([None if each is None else str(each) for each in chosen])
    return f"{name}/{sha256(text.encode()).hexdigest()[:_MARK]}"


def cursor_of(listing: str, key: str | None) -> str | None:
    """None where the listing has ended."""
    if key is None:
        return None
    text = json.dumps([listing, key], separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def text_key(listing: str, value: str | None, *, form: str) -> str | None:
    """The key in a cursor, of that form (a regular expression): what becomes part of a key of the table is looked at
    here, too. Raises EdgeError (400) for anything :func:`cursor_of` did not write for this listing."""
    key = _key(listing, value)
    if key is not None and not re.fullmatch(form, key, re.ASCII):
        raise _bad_cursor()
    return key


def number_key(listing: str, value: str | None) -> int | None:
    key = text_key(listing, value, form=r"[1-9][0-9]{0,14}")
    return None if key is None else int(key)


def _key(listing: str, value: str | None) -> str | None:
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


def _bad_cursor() -> EdgeError:
    return malformed("the cursor is not one this listing gave", path="?cursor", code="bad_cursor")
