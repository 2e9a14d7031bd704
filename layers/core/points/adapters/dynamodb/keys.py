"""Where items live: partition and sort keys, built and read back.

``#`` separates the parts. It sorts before every character a name or reference may have and is none of them, so no
two names make one key, and all keys below another are one unbroken range.
"""

from zlib import crc32

from points.application.ports import DIRECTORY_SHARDS, ORDER_SHARDS, POOL_BUCKETS, TIMER_SHARDS
from points.domain.ledger.entries import EntryName, Kind
from points.domain.ledger.orders import OrderState
from points.domain.ledger.timers import About
from points.domain.ledger.usage import Used
from points.domain.program.succession import Kept, Name
from points.domain.reminding.notices import about_named, name_of

type Key = dict[str, dict[str, str]]

ACCOUNT = "ACCOUNT"
PROFILE = "PROFILE"
CONFIG_PREFIX = "CONFIG#"
LIVE = "CONFIG#LIVE"
PROGRAMS = "PROGRAMS"
"""The partition of the directory of programs: its sort keys are their names."""
DRAFT = "CONFIG#DRAFT"
TIMED = "TIMED"
DEPARTURE_PREFIX = "DEPARTED#"
ENTRY_PREFIX = "ENTRY#"
NOTE_PREFIX = "NOTE#"
REFUSED_PREFIX = "REFUSED#"
TIER_PREFIX = "TIER#"
USED_PREFIX = "USED#"
ENTITLED_PREFIX = "ENTITLED#"
NOTICE_PREFIX = "NOTICE#"
ENDPOINT_PREFIX = "ENDPOINT#"
DELIVERY_PREFIX = "DELIVERY#"
COUPON = "COUPON"
POOL = "POOL"
IMPORT_PREFIX = "IMPORT#"

LAST_VERSION = 10**8 - 1
"""The highest number that fits the padding."""

LAST_SEQ = 10**10 - 1
"""The same for entries."""

MOMENT_DIGITS = 18
"""Enough for microseconds until the year 9999."""

_REVERSAL = "#REVERSAL#"
_MEMBER = "#M#"


def key(pk: str, sk: str) -> Key:
    """A primary key as the client takes it."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def member_pk(program: str, member: str) -> str:
    return f"P#{_part(program)}#M#{_part(member)}"


def member_of(pk: str) -> tuple[str, str]:
    """(program, member) of :func:`member_pk`."""
    program, found, member = pk.removeprefix("P#").partition(_MEMBER)
    if not found:
        raise ValueError(f"not the partition of a member: {pk!r}")
    return program, member


def program_pk(program: str) -> str:
    return f"P#{_part(program)}"


def departure_sk(kind: Kept, name: str) -> str:
    return f"{DEPARTURE_PREFIX}{kind}#{_part(name)}"


def departure_of(sk: str) -> Name:
    """The inverse of :func:`departure_sk`."""
    kind, _, name = sk.removeprefix(DEPARTURE_PREFIX).partition("#")
    return Kept(kind), name


def version_sk(version: int) -> str:
    """Padded, so that text order is the order of versions; before ``LIVE`` and ``DRAFT``, as digits sort first."""
    return f"CONFIG#{version:08d}"


def shared_pk(program: str, kind: Kept, name: str, shard: int) -> str:
    """A partition per shard: the point of sharding is that shards do not share one."""
    return f"P#{_part(program)}#{kind}#{_part(name)}#{shard}"


def shared_key(program: str, kind: Kept, name: str, shard: int) -> Key:
    return key(shared_pk(program, kind, name, shard), kind.value)


def directory_pk(program: str, shard: int) -> str:
    return f"P#{_part(program)}#DIRECTORY#{shard}"


def listed_sk(name: str) -> str:
    """A program or member in its directory."""
    return _part(name)


def directory_shard(member: str) -> int:
    return stable_hash(member) % DIRECTORY_SHARDS


def entry_sk(name: EntryName) -> str:
    step: EntryName | None = name
    while step is not None:
        _part(step.reference)
        step = step.reverses
    return f"{ENTRY_PREFIX}{name}"


def entry_name(sk: str) -> EntryName:
    """The inverse of :func:`entry_sk`."""
    kind, _, rest = sk.removeprefix(ENTRY_PREFIX).partition("#")
    reference, *reversals = rest.split(_REVERSAL)
    name = EntryName(Kind(kind), reference)
    for reversal in reversals:
        name = EntryName(Kind.REVERSAL, reversal, reverses=name)
    return name


def entry_range(name: EntryName) -> tuple[str, str]:
    """First and last sort key of an entry and everything that reverses it.

    ``$`` comes right after ``#``, so the range ends after the last key that goes on with ``#``, and before every
    reference that merely begins alike.
    """
    first = entry_sk(name)
    return first, f"{first}$"


def note_sk(name: EntryName) -> str:
    """Beside the entry, out of the range of what reverses it."""
    return f"{NOTE_PREFIX}{entry_sk(name).removeprefix(ENTRY_PREFIX)}"


def note_name(sk: str) -> EntryName:
    """The inverse of :func:`note_sk`."""
    return entry_name(f"{ENTRY_PREFIX}{sk.removeprefix(NOTE_PREFIX)}")


def refused_sk(reference: str) -> str:
    return f"{REFUSED_PREFIX}{_part(reference)}"


def orders_pk(program: str, state: OrderState, month: str, shard: int) -> str:
    """A program's orders that are in a state and were placed in a month (``2026-11``, UTC)."""
    return f"P#{_part(program)}#ORDERS#{state}#{month}#{shard}"


def order_shard(member: str) -> int:
    return stable_hash(member) % ORDER_SHARDS


def order_sk(placed_at: str, member: str, reference: str) -> str:
    """``placed_at`` is :func:`padded_moment`: text order is the order in which they were placed."""
    return f"{placed_at}#{_part(member)}#{_part(reference)}"


def padded_moment(stored: str) -> str:
    """Microseconds since 1970, wide enough for every moment there is."""
    return stored.rjust(MOMENT_DIGITS, "0")


def used_sk(kind: Used, name: str) -> str:
    return f"{USED_PREFIX}{kind}#{_part(name)}"


def used_of(sk: str) -> tuple[Used, str]:
    """The inverse of :func:`used_sk`."""
    kind, _, name = sk.removeprefix(USED_PREFIX).partition("#")
    return Used(kind), name


def entitled_sk(reward: str) -> str:
    return f"{ENTITLED_PREFIX}{_part(reward)}"


def notice_sk(about: About) -> str:
    return f"{NOTICE_PREFIX}{name_of(about)}"


def notice_of(sk: str) -> About:
    """The inverse of :func:`notice_sk`. Raises ValueError."""
    return about_named(sk.removeprefix(NOTICE_PREFIX))


def tier_sk(seq: int) -> str:
    """Padded, so that text order is the order of entries."""
    return f"{TIER_PREFIX}{seq:010d}"


def tier_seq(sk: str) -> int:
    """The inverse of :func:`tier_sk`."""
    return int(sk.removeprefix(TIER_PREFIX))


def timer_shard(program: str, shard: int) -> str:
    return f"{program}#{shard}"


def timer_shard_of(program: str, member: str) -> str:
    """The partition of the timer indexes an account is in, for ever: it depends on the member alone."""
    return timer_shard(program, stable_hash(member) % TIMER_SHARDS)


def coupon_key(program: str, code: str) -> Key:
    """A partition for each code: whoever is shown one looks for it alone."""
    return key(f"P#{_part(program)}#COUPON#{_part(code)}", COUPON)


def coupon_of(pk: str) -> tuple[str, str]:
    """(program, code) of :func:`coupon_key`."""
    _, program, _, code = pk.split("#")
    return program, code


def pool_pk(program: str, pool: str) -> str:
    """Of what is said of a pool as a whole: how much it was given, and by which imports."""
    return f"P#{_part(program)}#POOL#{_part(pool)}"


def import_sk(name: str) -> str:
    return f"{IMPORT_PREFIX}{_part(name)}"


def bucket_pk(program: str, pool: str, bucket: int) -> str:
    """One part of a pool's free codes."""
    return f"{pool_pk(program, pool)}#{bucket}"


def free_key(program: str, pool: str, code: str) -> Key:
    """A code that lies in a pool: which bucket, follows from the code."""
    return key(bucket_pk(program, pool, stable_hash(code) % POOL_BUCKETS), _part(code))


def endpoints_pk(program: str) -> str:
    return f"P#{_part(program)}#WEBHOOKS"


def endpoint_sk(name: str) -> str:
    return f"{ENDPOINT_PREFIX}{_part(name)}"


def deliveries_pk(program: str, endpoint: str) -> str:
    """A partition for each endpoint: a program that tells much to many does not heat up one of them."""
    return f"{endpoints_pk(program)}#{_part(endpoint)}"


def delivery_sk(name: str) -> str:
    """Names sort by when the event happened."""
    return f"{DELIVERY_PREFIX}{_part(name)}"


def stable_hash(text: str) -> int:
    """The same in every process, unlike Python's own ``hash``."""
    return crc32(text.encode())


def _part(text: str) -> str:
    """Refuses what would make keys ambiguous. The API lets no such name in; this is the second lock."""
    if not text or "#" in text or "$" in text:
        raise ValueError(f"cannot be part of a key: {text!r}")
    return text
