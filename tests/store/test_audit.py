"""`make audit` finds every kind of damage, and nothing where there is none.

The damage is generated from the models of stored items (:mod:`tests.store.damage`) and planted in a table in which a
little of everything has happened (:mod:`tests.store.lived_in`): an item kind or attribute that comes later cannot be
forgotten here.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import pytest
from moto import mock_aws

from points.adapters.deadline import InvocationDeadline
from points.adapters.dynamodb import keys, models
from points.adapters.dynamodb.client import ledger_client
from points.adapters.dynamodb.models import LedgerItem
from points.adapters.dynamodb.table import Table
from points.adapters.dynamodb.walk import DynamoDBWalk
from points.application.administration.audit_ledger import CANNOT_BE_PROVED, audit_ledger
from points.application.earning.earn_points import earn_points
from points.application.ports import AccountRecords, CounterRecord, Walked
from points.application.redemption.redeem_reward import redeem_reward
from points.application.services import Services
from points.domain.ledger.entries import Kind
from points.domain.movements.earning import Event
from points.domain.movements.redeeming import Redemption
from stack.audit import report
from stack.table import create_table
from tests.store.damage import all_damage, damage_to, is_of, kinds
from tests.store.lived_in import ALICE, BOB, CAROL, PROGRAM, FrozenTable, lived_in
from tests.store.support import NoWaiting

LEAVES_NO_TRACE: Final[dict[type[LedgerItem], frozenset[str]]] = {
    models.NoteItem: frozenset({"is gone"}),
    models.RefusedItem: frozenset({"is gone"}),
    models.NoticeItem: frozenset({"is gone"}),
    models.TimedItem: frozenset({"is gone"}),
    models.ProfileItem: frozenset({"is gone"}),
    models.SharedCounterItem: frozenset({"is gone"}),
    models.EndpointItem: frozenset({"is gone"}),
    models.DeliveryItem: frozenset({"is gone"}),
    models.ImportItem: frozenset({"is gone"}),
    models.AccountItem: frozenset({"m is gone", "remind_at is one more", "remind_at is one less"}),
}
"""What an audit misses, and says that it does: reasons, profiles and facts that an erasure may have taken, refused
events, notices and when the next one is, a counter at nothing, whom others were told by and of what."""


@pytest.fixture(scope="module")
def lived() -> FrozenTable:
    with mock_aws():
        table = _empty_table()
        lived_in(table)
        return FrozenTable.of(table)


@pytest.fixture
def running() -> Iterator[tuple[Table, Services]]:
    """The same as a table that can go on moving."""
    with mock_aws():
        table = _empty_table()
        yield table, lived_in(table)


def _empty_table() -> Table:
    client = ledger_client()
    create_table(client, "Ledger")
    return Table(client, "Ledger", NoWaiting(), InvocationDeadline())


def test_agrees_where_nothing_is_wrong(lived: FrozenTable, capsys: pytest.CaptureFixture[str]) -> None:
    audit = lived.audit()

    assert audit.findings == []
    assert not audit.skipped
    assert audit.totals.accounts == 6
    assert audit.totals.entries.total() == sum(is_of(models.EntryItem, place) for place in lived.items)
    assert audit.totals.outstanding == audit.totals.points.total() > 0
    assert report(audit) == 0
    printed = capsys.readouterr().out
    assert "Everything agrees." in printed
    assert all(limitation in printed for limitation in CANNOT_BE_PROVED)


def test_the_table_has_every_kind_of_entry(lived: FrozenTable) -> None:
    """Every model and attribute is asserted where the damage is made."""
    assert set(lived.audit().totals.entries) == set(Kind)


@pytest.mark.parametrize("kind", list(kinds()), ids=lambda kind: kind.__name__)
def test_finds_all_damage_to(kind: type[LedgerItem], lived: FrozenTable) -> None:
    planted = missed = 0
    for damage in all_damage(lived):
        if damage.kind is not kind:
            continue
        planted += 1
        found = _with(lived, damage.plant).audit().findings
        if not found and damage.what in LEAVES_NO_TRACE.get(kind, frozenset()):
            missed += 1
            continue
        assert found, damage
        if kind in {models.AccountItem, models.OrderItem, models.TierItem, models.ProfileItem, models.NoteItem}:
            # Nobody else is blamed for it: the item may have been moved beside its owner.
            owner = damage.owner[1]
            assert {finding.member for finding in found} <= {owner, f"{owner}9", ""}, (str(damage), found)
    assert planted > missed


@pytest.mark.parametrize(
    ("kind", "place", "what", "code"),
    [
        (models.AccountItem, "ACCOUNT", "l has a point more", "lots_wrong"),
        (models.AccountItem, "ACCOUNT", "w is gone", "pending_wrong"),
        (models.AccountItem, "ACCOUNT", "h is gone", "held_wrong"),
        (models.AccountItem, "ACCOUNT", "h runs out later", "holds_wrong"),
        (models.AccountItem, "ACCOUNT", "o is one more", "owed_wrong"),
        (models.AccountItem, "ACCOUNT", "n is one less", "seq_wrong"),
        (models.AccountItem, "ACCOUNT", "d is another", "head_wrong"),
        (models.AccountItem, "ACCOUNT", "due_at is one more", "timer_wrong"),
        (models.AccountItem, "ACCOUNT", "t is another", "tier_wrong"),
        (models.AccountItem, "ACCOUNT", "r is paid, or not", "referral_wrong"),
        (models.AccountItem, "ACCOUNT", "f is something else", "frozen_wrong"),
        (models.AccountItem, "ACCOUNT", "c has one more", "counter_wrong"),
        (models.AccountItem, "ACCOUNT", "m has another birthday", "facts_wrong"),
        (models.AccountItem, "ACCOUNT", "is gone", "account_missing"),
        (models.EntryItem, "ENTRY#hold#captured", "is gone", "seq_gap"),
        (models.EntryItem, "ENTRY#adjust#welcome", "p is one more", "points_wrong"),
        (models.EntryItem, "ENTRY#adjust#welcome", "l lasts longer", "digest_wrong"),
        (models.EntryItem, "ENTRY#adjust#welcome", "b 0 is one more", "balance_wrong"),
        (models.EntryItem, "ENTRY#adjust#welcome", "q is another", "chain_broken"),
        (models.EntryItem, "ENTRY#earn#returned-in-part", "is gone", "original_missing"),
        (models.OrderItem, "#mugs", "is gone", "order_missing"),
        (models.CouponItem, "COUPON", "is gone", "coupon_missing"),
        (models.FreeCodeItem, "FILM-6", "is gone", "free_code_wrong"),
        (models.PoolItem, "POOL", "n is one more", "pool_wrong"),
        (models.ImportItem, "IMPORT#first", "is gone", "pool_wrong"),
        (models.AccountItem, "ACCOUNT", "p is a day later", "pack_on_wrong"),
        (models.OrderItem, "#mugs", "p is one less", "order_differs"),
        (models.OrderItem, "#mugs", "is there twice", "entry_missing"),
        (models.SharedCounterItem, "STOCK", "taken is one more", "stock_wrong"),
        (models.SharedCounterItem, "DAILY", "taken is one more", "daily_wrong"),
        (models.UsedItem, "USED#reward#mug", "is gone", "usage_wrong"),
        (models.SharedCounterItem, "BUDGET", "taken is one less", "budget_wrong"),
        (models.VersionItem, "CONFIG#00000001", "j has another ratio", "digest_wrong"),
        (models.NoteItem, "NOTE#adjust#welcome", "x is longer", "reason_wrong"),
        (models.DirectoryItem, BOB, "is gone", "not_listed"),
    ],
)
def test_names(kind: type[LedgerItem], place: str, what: str, code: str, lived: FrozenTable) -> None:
    """A finding's code is what operators look up: it says which kind of thing is wrong."""
    places = [each for each in lived.items if _is_at(each, place) and is_of(kind, each)]
    damages = [damage for each in places for damage in damage_to(lived, kind, each) if damage.what == what]
    assert damages, f"no {kind.__name__} {place}: {what}"

    codes = [{finding.code for finding in _with(lived, damage.plant).audit().findings} for damage in damages]

    assert any(code in found for found in codes), codes


def _is_at(each: tuple[str, str], place: str) -> bool:
    """``#`` and an end: of what begins with a moment."""
    return each[1].endswith(place) if place.startswith("#") else each[1] == place


def _with(lived: FrozenTable, plant: Callable[[FrozenTable], None]) -> FrozenTable:
    damaged = lived.copy()
    plant(damaged)
    return damaged


def test_finds_that_everything_of_a_member_is_gone(lived: FrozenTable) -> None:
    """The directory names her; if it is silent too, then so do those who brought her, and the stock she took."""
    pk = keys.member_pk(PROGRAM, ALICE)
    gone = FrozenTable({place: item for place, item in lived.items.items() if place[0] != pk})
    silent = FrozenTable({place: item for place, item in gone.items.items() if place[1] != ALICE})

    assert {(finding.member, finding.code) for finding in gone.audit().findings} >= {(ALICE, "account_missing")}
    assert {finding.code for finding in silent.audit().findings} >= {
        "stock_wrong",
        "budget_wrong",
        "other_side_missing",
    }


def test_reports_damage_and_exits_with_1(lived: FrozenTable, capsys: pytest.CaptureFixture[str]) -> None:
    damage = next(each for each in all_damage(lived) if each.kind is models.AccountItem and each.what == "is gone")

    assert report(_with(lived, damage.plant).audit()) == 1
    assert "WRONG" in capsys.readouterr().out


# ── while others go on ──────────────────────────────────────────────────────────────────────────────────────────────


def test_an_account_that_moves_during_the_walk_is_read_again(running: tuple[Table, Services]) -> None:
    table, services = running

    class HalfSeen(DynamoDBWalk):
        """Sees accounts as they were before their newest entry, as a scan may."""

        def everything(self) -> Iterator[Walked]:
            for walked in super().everything():
                if isinstance(walked, AccountRecords) and walked.member == CAROL:
                    _earn(services, CAROL)
                    newer = super().account(walked.program, walked.member)
                    yield AccountRecords(walked.program, walked.member, walked.account, newer.entries)
                else:
                    yield walked

    assert audit_ledger(HalfSeen(table), services.programs).findings == []


def test_counters_that_move_during_the_walk_are_not_compared(
    running: tuple[Table, Services], capsys: pytest.CaptureFixture[str]
) -> None:
    table, services = running
    references = iter(range(100))

    def buy() -> None:
        program = services.programs.live(PROGRAM)
        redeem_reward(services, program, Redemption(f"meanwhile-{next(references)}", ALICE, "mug"), actor="t")

    class Busy(DynamoDBWalk):
        """Sees counters after something more has been taken than the accounts it has seen tell of."""

        def everything(self) -> Iterator[Walked]:
            walked = list(super().everything())
            buy()
            yield from (each for each in walked if not isinstance(each, CounterRecord))
            yield from self.counters([each for each in walked if isinstance(each, CounterRecord)])

        def counters(self, places: Sequence[CounterRecord]) -> Sequence[CounterRecord]:
            found = super().counters(places)
            buy()
            return found

    audit = audit_ledger(Busy(table), services.programs)

    assert audit.findings == []
    assert audit.skipped
    report(audit)
    assert "were not compared" in capsys.readouterr().out


def _earn(services: Services, member: str) -> None:
    program = services.programs.live(PROGRAM)
    earn_points(services, program, Event(f"meanwhile-{member}", member, "review"), actor="t")
