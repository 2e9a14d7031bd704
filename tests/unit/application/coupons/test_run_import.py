"""Imports: what became of each line, and that they can die anywhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import pytest

from points.adapters.memory import MemoryCoupons
from points.application.coupons.ports import MAX_TOGETHER, Importing
from points.application.coupons.read_pool import read_pool
from points.application.coupons.run_import import PART_BYTES, ImportWork, run_import
from points.application.coupons.start_import import ImportWanted, read_import, start_import
from points.domain.errors import LedgerUnavailable, NotFound, ReferenceReused
from points.domain.ledger.coupons import Coupon
from points.domain.ledger.pools import MAX_FILE_BYTES, ImportState, PoolImport, Rejected, Why, lines_of
from tests.builders import SetDeadline, program, services
from tests.support.importing import MemoryFiles, MemoryWork, memory_importing, worked_off

WANTED = ImportWanted("films", "first", "codes.csv")
WORK = ImportWork("demo", "films", "first")


def importing(content: bytes, **changes: Any) -> Importing:
    wired = memory_importing(services(deadline=SetDeadline()), files=MemoryFiles({("demo", "codes.csv"): content}))
    return replace(wired, **changes)


def imported(content: bytes) -> tuple[Importing, PoolImport]:
    wired = importing(content)
    start_import(wired, program(), WANTED, actor="op")
    progress = worked_off(wired)
    assert progress is not None
    return wired, progress


def lying(wired: Importing) -> set[str]:
    return set(wired.services.coupons.free("demo", "films", 10**6, start=0, avoiding=()))


def codes(count: int) -> list[str]:
    return [f"FILM-{number:06d}" for number in range(count)]


def file_of(lines: Sequence[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def test_each_line_that_brings_nothing_is_named_with_its_number() -> None:
    content = b'\xef\xbb\xbfcode\r\nA-1\r\n\r\n  A-2  ,cinema,\r\n"A-3","x, y"\nA-1\nhas space\nbad#one\n\xff\xfe\n'
    content += b"x" * 65 + b"\nAAAAA-22222-33333-44444\nA-4"
    wired, progress = imported(content)
    assert lying(wired) == {"A-1", "A-2", "A-3", "A-4"}
    assert (progress.state, progress.imported, progress.lines) == (ImportState.DONE, 4, 12)
    assert progress.named == (
        Rejected(6, Why.REPEATED),
        Rejected(7, Why.BAD_CHARACTERS),
        Rejected(8, Why.BAD_CHARACTERS),
        Rejected(9, Why.NOT_UTF8),
        Rejected(10, Why.TOO_LONG),
        Rejected(11, Why.RESERVED_FORM),
    )
    assert progress.rejected[Why.BAD_CHARACTERS] == 2
    assert progress.position == progress.size == len(content)


def test_what_was_there_before_is_named_however_long_ago() -> None:
    wired, _ = imported(file_of(["A-1", "A-2"]))
    pools: Any = wired.pools
    pools._free.pop(("demo", "A-1"))
    pools._coupons["demo", "A-1"] = Coupon(
        "demo", "A-1", "film", "m-1", "r-1", wired.services.clock.now(), pool="films"
    )
    files: Any = wired.files
    files.files["demo", "more.csv"] = file_of(["A-1", "A-2", "A-3", "A-3"])
    start_import(wired, program(), ImportWanted("films", "second", "more.csv"), actor="op")
    start_import(wired, program(), ImportWanted("others", "first", "more.csv"), actor="op")
    worked_off(wired)
    second = read_import(wired, program(), "films", "second")
    assert second.named == (Rejected(1, Why.ISSUED), Rejected(2, Why.IN_POOL), Rejected(4, Why.REPEATED))
    # A code is one for the whole program.
    assert read_import(wired, program(), "others", "first").imported == 0
    count = read_pool(wired, program(), "films")
    assert (count.imported, count.free, count.issued) == (3, 2, 1)


def test_a_repeated_line_is_found_wherever_it_was_before() -> None:
    """In the same step, and in one long before."""
    many = codes(3 * MAX_TOGETHER)
    wired, progress = imported(file_of([*many, many[0], many[-1], many[-1]]))
    assert progress.imported == len(many)
    assert [each.line for each in progress.named] == [148, 149, 150]
    assert progress.rejected == {Why.REPEATED: 3}
    assert lying(wired) == set(many)


def test_the_report_has_an_end_and_the_totals_do_not() -> None:
    _, progress = imported(file_of(["no good"] * 1_234))
    assert len(progress.named) == 100
    assert progress.rejected == {Why.BAD_CHARACTERS: 1_234}
    assert (progress.state, progress.imported) == (ImportState.DONE, 0)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_100_000_codes_in_parts(ending: str) -> None:
    many = codes(100_000)
    content = ending.join(many).encode()
    wired, progress = imported(content)
    assert progress.imported == 100_000
    assert lying(wired) == set(many)
    files: Any = wired.files
    assert len(files.parts) == -(-len(content) // (PART_BYTES - 100))


@pytest.mark.parametrize("content", [b"", b"\n", b"code", b"\xef\xbb\xbf", b"A-1", b"A-1\n\n\n"])
def test_files_of_almost_nothing(content: bytes) -> None:
    _, progress = imported(content)
    if not content:
        assert (progress.state, progress.failure) == (ImportState.FAILED, "empty")
    else:
        assert (progress.state, progress.imported) == (ImportState.DONE, int(b"A-1" in content))


def test_what_is_no_file_of_codes_fails_and_is_not_tried_for_ever() -> None:
    for content, why in ((b"x" * (PART_BYTES + 1), "no_lines"), (b"y" * (MAX_FILE_BYTES + 1), "too_large")):
        _, progress = imported(content)
        assert (progress.state, progress.failure, progress.imported) == (ImportState.FAILED, why, 0)
    wired = importing(b"", files=MemoryFiles())
    start_import(wired, program(), WANTED, actor="op")
    progress = run_import(wired, WORK)
    assert (progress.state, progress.failure) == (ImportState.FAILED, "no_such_file")
    assert run_import(wired, WORK) == progress


def test_a_file_that_changes_meanwhile_is_not_gone_on_with() -> None:
    wired = importing(file_of(codes(500)))
    start_import(wired, program(), WANTED, actor="op")
    deadline: Any = wired.services.deadline
    deadline.calls = 4
    with_some = run_import(wired, WORK)
    assert with_some.state is ImportState.RUNNING
    deadline.calls = None
    files: Any = wired.files
    files.files["demo", "codes.csv"] = file_of(codes(600))
    progress = run_import(wired, WORK)
    assert (progress.state, progress.failure, progress.imported) == (ImportState.FAILED, "changed", with_some.imported)


def test_what_there_is_no_time_for_is_handed_over() -> None:
    many = codes(1_000)
    wired = importing(file_of(many))
    start_import(wired, program(), WANTED, actor="op")
    deadline: Any = wired.services.deadline
    queue: Any = wired.queue
    runs = 0
    while queue.waiting:
        queue.waiting.pop()
        deadline.calls = 5
        run_import(wired, WORK)
        runs += 1
    assert read_import(wired, program(), "films", "first").state is ImportState.DONE
    assert lying(wired) == set(many)
    assert 4 < runs < 10


def test_the_same_reference_is_the_same_import() -> None:
    wired, progress = imported(file_of(["A-1"]))
    assert start_import(wired, program(), WANTED, actor="another") == progress
    queue: Any = wired.queue
    assert queue.waiting == []
    with pytest.raises(ReferenceReused):
        start_import(wired, program(), replace(WANTED, file="other.csv"), actor="op")
    with pytest.raises(NotFound):
        read_import(wired, program(), "films", "unheard-of")
    with pytest.raises(NotFound):
        run_import(wired, replace(WORK, reference="unheard-of"))


def test_one_that_was_given_up_goes_on_when_it_is_begun_again() -> None:
    wired = importing(file_of(["A-1"]))
    queue: Any = wired.queue
    for _ in range(2):
        start_import(wired, program(), WANTED, actor="op")
    assert len(queue.waiting) == 2
    worked_off(wired)
    assert lying(wired) == {"A-1"}


# ── dying ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class Died(Exception):
    """The function was stopped, wherever it was."""


@dataclass
class DyingPools:
    """Before a step, or right after it: nobody hears of it then."""

    pools: MemoryCoupons
    random: Random
    rate: float = 0.3
    died: int = 0

    def advance(self, after: PoolImport, codes: Sequence[str]) -> Mapping[str, Why]:
        if self.random.random() < self.rate:
            self.died += 1
            raise Died
        refused = self.pools.advance(after, codes)
        if self.random.random() < self.rate:
            self.died += 1
            raise self.random.choice([Died(), LedgerUnavailable("no answer")])
        return refused

    def __getattr__(self, name: str) -> Any:
        return getattr(self.pools, name)


@pytest.mark.parametrize("seed", range(10))
def test_it_can_die_anywhere_and_be_delivered_twice(seed: int) -> None:
    """Members take codes meanwhile: what was taken does not come back by an import that goes on."""
    random = Random(seed)  # noqa: S311 - repeatable on purpose
    many = [*codes(400), *codes(60), "no good", *[f"more-{number}" for number in range(100)]]
    wired = importing(file_of(many))
    memory: Any = wired.pools
    dying = DyingPools(memory, random)
    wired = replace(wired, pools=dying)
    start_import(wired, program(), WANTED, actor="op")
    taken: set[str] = set()
    while not read_import(wired, program(), "films", "first").is_over:
        try:
            run_import(wired, WORK)
        except Died:
            for code in random.sample(sorted(lying(wired)), min(20, len(lying(wired)))):
                memory._free.pop(("demo", code))
                memory._coupons["demo", code] = Coupon(
                    "demo", code, "film", "m-1", code, wired.services.clock.now(), pool="films"
                )
                taken.add(code)
    progress = read_import(wired, program(), "films", "first")
    assert dying.died > 3
    assert (progress.state, progress.imported) == (ImportState.DONE, 500)
    assert taken | lying(wired) == {*codes(400), *(f"more-{number}" for number in range(100))}
    assert not taken & lying(wired)
    assert sum(progress.rejected.values()) == 61
    assert {each.line for each in progress.named} == set(range(401, 462))
    assert read_pool(wired, program(), "films").imported == 500


@dataclass
class Interleaved:
    """Another worker takes the same step just before each of this one's."""

    pools: MemoryCoupons
    other: list[Importing] = field(default_factory=list)
    busy: bool = False

    def advance(self, after: PoolImport, codes: Sequence[str]) -> Mapping[str, Why]:
        if not self.busy and after.revision % 3 == 0:
            self.busy = True
            deadline: Any = self.other[0].services.deadline
            deadline.calls = 3
            run_import(self.other[0], WORK)
            deadline.calls = None
            self.busy = False
        return self.pools.advance(after, codes)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.pools, name)


def test_two_at_once_bring_nothing_in_twice() -> None:
    many = codes(700)
    wired = importing(file_of([*many, many[3]]))
    memory: Any = wired.pools
    interleaved = Interleaved(memory, [wired])
    start_import(wired, program(), WANTED, actor="op")
    run_import(replace(wired, pools=interleaved, queue=MemoryWork()), WORK)
    worked_off(wired)
    progress = read_import(wired, program(), "films", "first")
    assert (progress.state, progress.imported, progress.rejected) == (ImportState.DONE, 700, {Why.REPEATED: 1})
    assert lying(wired) == set(many)


def test_lines_do_not_depend_on_where_parts_end() -> None:
    content = "\r\n".join(["code", "A-1", "", "折扣", '"A-2",x', "A-3 ", "last"]).encode()
    whole = list(lines_of(content, position=0, number=0, is_last=True))
    for size in range(20, len(content) + 1):
        found, position, number = [], 0, 0
        while position < len(content):
            part = content[position : position + size]
            is_last = position + len(part) == len(content)
            lines = list(lines_of(part, position=position, number=number, is_last=is_last))
            found += lines
            position, number = lines[-1].end, lines[-1].number
        assert found == whole
