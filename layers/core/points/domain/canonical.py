"""One way to write a value as bytes, and its SHA-256: entry digests and request fingerprints rest on it.

Canonical JSON here: keys sorted, no white space, UTF-8 as it is, integers and strings only (no floats: two
writers could spell the same float differently).
"""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256

type Plain = bool | int | str | Sequence["Plain"] | Mapping[str, "Plain"] | None


def canonical_json(value: Plain) -> bytes:
    """``value`` as canonical JSON. Raises :class:`TypeError` for anything that is not plain, floats included."""
    return _ENCODER.encode(value).encode()


def digest(value: Plain) -> str:
    """SHA-256 over canonical JSON, as 64 hexadecimal digits."""
    return sha256(canonical_json(value)).hexdigest()


class _NoFloats(json.JSONEncoder):
    """Python's encoder writes floats without asking; a float in a ledger is a bug, so the check is made in one pass."""

    def encode(self, o: object) -> str:
        _refuse_floats(o)
        return super().encode(o)


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise TypeError(f"a float cannot be written to the ledger: {value!r}")
    if isinstance(value, Mapping):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item)


_ENCODER = _NoFloats(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
