"""Pools in every store, and imports from a bucket: the same answers, exactly once, and what they cost."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import botocore.session
import pytest
from moto import mock_aws

from points.adapters.code_files import S3CodeFiles, files_client
from points.adapters.deadline import InvocationDeadline
from points.adapters.dynamodb.item_size import transaction_write_units
from points.adapters.dynamodb.table import Table
from points.application.coupons.ports import MAX_TOGETHER, FileFound, FileGone, Importing
from points.application.coupons.run_import import ImportWork, run_import
from points.application.coupons.start_import import ImportWanted, read_import, start_import
from points.domain.errors import Conflict, LedgerUnavailable, OutOfStock, StoreFailure
from points.domain.ledger.coupons import codes_in
from points.domain.ledger.pools import ImportState, Rejected, Why
from tests.store.support import MEMBER, Store, dynamodb_store
from tests.store.test_coupons import SHOP, buy, lying, rich
from tests.support.importing import MemoryFiles, MemoryWork, worked_off


def importing(store: Store, content: bytes, name: str = "codes.csv") -> Importing:
    files = MemoryFiles({(SHOP.name, name): content})
    return Importing(store.services(SHOP), store.pools, files, MemoryWork())


def codes(count: int) -> list[str]:
    return [f"FILM-{number:06d}" for number in range(count)]


def lines(*of: str) -> bytes:
    return ("\n".join(of) + "\n").encode()


def test_an_import_and_another_one_of_the_same(store: Store) -> None:
    """GIVEN some of the codes were issued THEN each line says what became of it before."""
    rich(store)
    many = codes(120)
    wired = importing(store, lines(*many[:60], many[0], "no good", *many[60:]))
    start_import(wired, SHOP, ImportWanted("films", "first", "codes.csv"), actor="op")
    worked_off(wired)
    first = read_import(wired, SHOP, "films", "first")
    assert (first.state, first.imported) == (ImportState.DONE, 120)
    assert first.named == (Rejected(61, Why.REPEATED), Rejected(62, Why.BAD_CHARACTERS))
    assert lying(store) == set(many)
    issued = codes_in(buy(store.services(SHOP), "film", quantity=3).entry)
    start_import(wired, SHOP, ImportWanted("films", "again", "codes.csv"), actor="op")
    worked_off(wired)
    again = read_import(wired, SHOP, "films", "again")
    assert (again.state, again.imported) == (ImportState.DONE, 0)
    # The repeated line, too, is told of as what its code was before this import.
    issued_lines = 3 + (many[0] in issued)
    assert again.rejected == {Why.BAD_CHARACTERS: 1, Why.IN_POOL: 121 - issued_lines, Why.ISSUED: issued_lines}
    assert lying(store) == set(many) - set(issued)
    count = store.pools.count(SHOP.name, "films")
    assert (count.imported, count.free, count.issued, count.is_exact) == (120, 117, 3, True)


def test_a_pool_nobody_filled_is_empty(store: Store) -> None:
    assert store.pools.count(SHOP.name, "nothing").imported == 0
    assert lying(store, "nothing") == set()
    assert store.pools.one(SHOP.name, "nothing", "first") is None


def test_codes_are_spread_over_buckets_and_taken_from_all(store: Store) -> None:
    """Whoever begins anywhere finds the last one."""
    wired = importing(store, lines(*codes(40)))
    start_import(wired, SHOP, ImportWanted("films", "first", "codes.csv"), actor="op")
    worked_off(wired)
    for start in range(50):
        found = store.coupons.free(SHOP.name, "films", 1, start=start, avoiding=set(codes(39)))
        assert found == ["FILM-000039"]
    first = {tuple(store.coupons.free(SHOP.name, "films", 1, start=start, avoiding=())) for start in range(1_000)}
    assert len(first) > 25


def test_write_units_of_an_import(dynamodb_table: Table) -> None:
    """Four for each code, and a step's own beside: less than a tenth of a unit a code, with a hundred lines named less
    than a fifth."""
    sent: list[Any] = []
    dynamodb_table.client.meta.events.register(
        "provide-client-params.dynamodb.TransactWriteItems", lambda params, **_: sent.append(params["TransactItems"])
    )
    for reference, rejected, bar in (("first", 0, 4.1), ("named", 120, 4.2)):
        sent.clear()
        store = dynamodb_store(dynamodb_table)
        new = [f"{reference}-{number:05d}" for number in range(10 * MAX_TOGETHER)]
        wired = importing(store, lines(*["no good"] * rejected, *new))
        start_import(wired, SHOP, ImportWanted("films", reference, "codes.csv"), actor="op")
        worked_off(wired)
        puts = [part["Put"]["Item"] for parts in sent for part in parts if "Put" in part]
        others = sum("Put" not in part for parts in sent for part in parts)
        assert max(map(len, sent)) == 100
        assert (transaction_write_units(puts) + 2 * others) / len(new) < bar


@pytest.mark.dynamodb
def test_four_workers_at_one_import_while_members_buy(dynamodb_table: Table) -> None:
    """GIVEN a message that was delivered four times WHEN members buy meanwhile THEN each code is there once."""
    store = dynamodb_store(dynamodb_table)
    rich(store)
    many = codes(600)
    wired = importing(store, lines(*many))
    start_import(wired, SHOP, ImportWanted("films", "first", "codes.csv"), actor="op")
    work = ImportWork(SHOP.name, "films", "first")

    def worker(_: int) -> None:
        while True:
            try:
                if run_import(wired, work).is_over:
                    return
            except (Conflict, StoreFailure):
                continue

    with ThreadPoolExecutor(5) as pool:
        workers = [pool.submit(worker, number) for number in range(4)]
        services = store.services(SHOP)
        bought: list[str] = []
        for number in range(10):
            try:
                bought += codes_in(buy(services, "film", f"r{number}", quantity=5).entry)
            except (Conflict, OutOfStock):
                continue
        for each in workers:
            each.result()
    progress = read_import(wired, SHOP, "films", "first")
    assert (progress.imported, progress.rejected) == (600, {})
    assert len(set(bought)) == len(bought)
    assert lying(store) == set(many) - set(bought)
    assert store.pools.count(SHOP.name, "films").imported == 600
    assert store.account(MEMBER).seq >= 1


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def bucket() -> Iterator[Any]:
    with mock_aws():
        client: Any = botocore.session.get_session().create_client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="codes")
        yield client


def test_a_file_is_read_part_by_part(bucket: Any) -> None:
    bucket.put_object(Bucket="codes", Key="demo/a/b.csv", Body=b"0123456789")
    files = S3CodeFiles(files_client(), "codes", InvocationDeadline())
    found = files.find("demo", "a/b.csv")
    assert found.size == 10
    assert files.part("demo", "a/b.csv", found, start=0, length=4) == b"0123"
    assert files.part("demo", "a/b.csv", found, start=8, length=4) == b"89"


def test_what_is_not_there_or_not_any_more(bucket: Any) -> None:
    files = S3CodeFiles(files_client(), "codes", InvocationDeadline())
    with pytest.raises(FileGone) as gone:
        files.find("demo", "no.csv")
    assert gone.value.why == "no_such_file"
    bucket.put_object(Bucket="codes", Key="other/a.csv", Body=b"0123456789")
    with pytest.raises(FileGone):
        files.find("demo", "a.csv")
    with pytest.raises(FileGone) as changed:
        files.part("other", "a.csv", FileFound('"another"', 10), start=0, length=4)
    assert changed.value.why == "changed"


def test_no_file_is_asked_for_without_time(bucket: Any) -> None:
    bucket.put_object(Bucket="codes", Key="demo/a.csv", Body=b"1")
    deadline = InvocationDeadline()
    deadline.begin(1)
    with pytest.raises(LedgerUnavailable):
        S3CodeFiles(files_client(), "codes", deadline).find("demo", "a.csv")
