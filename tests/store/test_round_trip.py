"""decode(encode(x)) == x for accounts, entries and orders, in memory and through the real engine."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from points.adapters.dynamodb import keys
from points.adapters.dynamodb.models import AccountItem, EntryItem, Item, OrderItem
from points.adapters.dynamodb.table import Table
from points.domain.canonical import digest
from points.domain.ledger.account import Account, Activity, Balance, Hold, Referral, Tier
from points.domain.ledger.entries import Entry, EntryName, Kind, Line, Moves
from points.domain.ledger.lots import Lots, bucket, pending_bucket
from points.domain.ledger.members import MemberFacts
from points.domain.ledger.orders import Order, OrderState
from tests.store.support import NOW
from tests.store.test_attributes import PLAIN
from tests.store.test_keys import NAMES, REFERENCES, REVERSALS
from tests.store.test_stored_counters import COUNTERS

POINTS = st.integers(1, 10**12)
SIGNED = st.integers(-(10**12), 10**12)
DAYS = st.dates(date(2000, 1, 1), date.max)
MOMENTS = st.integers(0, 10**17).map(lambda micros: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros))
BUCKETS = st.builds(lambda expires, earned: bucket(expires_on=expires, earned_on=earned), DAYS, DAYS)
PENDING = st.builds(lambda day, lot: pending_bucket(available_on=day, lot=lot), DAYS, BUCKETS)
DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
IDS = REFERENCES
ABSENT = st.just("")
SCALARS = st.booleans() | st.integers(-(10**12), 10**12) | st.text(max_size=9)


def lots(names: st.SearchStrategy[str], points: st.SearchStrategy[int]) -> st.SearchStrategy[Lots]:
    return st.dictionaries(names, points, max_size=6)


ACCOUNTS = st.builds(
    Account,
    program=IDS,
    member=IDS,
    seq=st.integers(0, 10**9),
    head=DIGESTS | ABSENT,
    lots=lots(BUCKETS, POINTS),
    pending=lots(PENDING, POINTS),
    holds=st.dictionaries(REFERENCES, st.builds(Hold, MOMENTS, lots(BUCKETS, POINTS)), max_size=3),
    owed=st.integers(0, 10**12),
    counters=COUNTERS,
    frozen=st.frozensets(st.sampled_from(Activity)),
    tier=st.none() | st.builds(Tier, REFERENCES, DAYS, st.none() | DAYS),
    referral=st.none() | st.builds(Referral, REFERENCES, st.booleans()),
    facts=st.builds(
        MemberFacts,
        st.none() | st.tuples(st.integers(1, 12), st.integers(1, 31)),
        st.booleans(),
        st.dictionaries(st.text(min_size=1, max_size=8), SCALARS, max_size=3),
    ),
    due_at=st.none() | MOMENTS,
)

REASONS = st.none() | st.text(max_size=40)
"""What an entry keeps of it is the digest; the text lies beside it."""

ENTRIES = st.builds(
    Entry,
    program=IDS,
    member=IDS,
    name=NAMES | REVERSALS,
    seq=st.integers(1, 10**9),
    at=MOMENTS,
    points=SIGNED,
    moves=st.builds(
        Moves, lots(BUCKETS, SIGNED), lots(PENDING, SIGNED), lots(BUCKETS, SIGNED), st.integers(-(10**12), 10**12)
    ),
    balance=st.builds(Balance, POINTS, st.just(0) | POINTS, st.just(0) | POINTS, st.just(0) | POINTS),
    program_version=st.integers(1, 10**8),
    actor=st.text(min_size=1, max_size=20),
    fingerprint=DIGESTS,
    lines=st.lists(st.builds(Line, st.text(max_size=10), SIGNED), max_size=3).map(tuple),
    reason=st.shared(REASONS, key="reason"),
    reason_digest=st.shared(REASONS, key="reason").map(lambda reason: None if reason is None else digest(reason)),
    details=st.dictionaries(st.text(min_size=1, max_size=8), PLAIN, max_size=3),
    previous_digest=DIGESTS | ABSENT,
).map(lambda entry: replace(entry, digest=entry.computed_digest()))


@given(ACCOUNTS)
def test_accounts(account: Account) -> None:
    item = AccountItem.of(account).item()
    assert AccountItem.read(item).account() == account
    assert "seq" not in item, "only entries are in the history index"
    assert ("due_at" in item) == ("due_shard" in item) == (account.due_at is not None)


@given(ENTRIES)
def test_entries_keep_their_digest(entry: Entry) -> None:
    read = EntryItem.read(EntryItem.of(entry).item()).entry(entry.reason)
    assert read == entry
    assert read.plain() == entry.plain()
    assert read.computed_digest() == entry.digest


def test_held_points_that_mirror_their_lots_are_not_written_twice() -> None:
    moved = {f"2027-12-31/2026-{month:02d}": month for month in range(1, 13)}
    entry = Entry(
        program="demo", member="m", name=EntryName(Kind.RELEASE, "h"), seq=2, at=NOW, points=0,
        moves=Moves(lots=moved, held={name: -points for name, points in moved.items()}),
        balance=Balance(78), program_version=1, actor="a", fingerprint="ab" * 32,
    )  # fmt: skip
    item = EntryItem.of(entry).item()
    assert "h" not in item
    assert EntryItem.read(item).entry() == entry


@given(st.builds(Order, IDS, IDS, REFERENCES, IDS, POINTS, POINTS, st.sampled_from(OrderState), MOMENTS, MOMENTS))
def test_orders(order: Order) -> None:
    assert OrderItem.read(OrderItem.of(order).item()).order() == order


@pytest.mark.parametrize("name", ["n", "l", "o"])
def test_a_number_that_is_no_integer_is_not_read(name: str) -> None:
    item: dict[str, dict[str, object]] = dict(AccountItem.of(Account("demo", "m", seq=1)).item())
    item[name] = {"S": "295/2a=1.5"} if name == "l" else {"N": "1.5"}
    with pytest.raises(ValueError, match=r"plain digits|invalid literal"):
        AccountItem.read(item)


# The table stays for all examples: every example writes and reads its own item.
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACCOUNTS, ENTRIES)
def test_through_the_engine(table: Table, account: Account, entry: Entry) -> None:
    table.put(AccountItem.of(account).item())
    table.put(EntryItem.of(entry).item())
    stored_account = table.get(keys.member_pk(account.program, account.member), keys.ACCOUNT)
    stored_entry = table.get(keys.member_pk(entry.program, entry.member), keys.entry_sk(entry.name))
    assert stored_account is not None
    assert stored_entry is not None
    assert AccountItem.read(stored_account).account() == account
    assert EntryItem.read(stored_entry).entry(entry.reason) == entry
    assert stored_entry == EntryItem.of(entry).item(), "what is read is what was sent, to the last attribute"


def test_numbers_are_stored_as_they_are(table: Table) -> None:
    largest = Account("demo", "m", seq=10**9, lots={"2027-12-31/2026-11": 10**12, "2027-12-31/2026-12": 100})
    table.put(AccountItem.of(largest).item())
    stored: Item | None = table.get(keys.member_pk("demo", "m"), keys.ACCOUNT)
    assert stored is not None
    assert stored["l"] == {"S": "295/2a=cre66i9s;295/2b=2s"}
    assert AccountItem.read(stored).account() == largest
    assert stored["n"] == {"N": "1000000000"}
