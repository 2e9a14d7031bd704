"""`make audit` finds every kind of damage, and nothing where there is none. The damage is planted in the items."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from moto import mock_aws

from points.adapters.dynamodb import keys
from points.adapters.dynamodb.client import ledger_client
from points.adapters.dynamodb.table import Table
from points.adapters.dynamodb.walk import DynamoDBWalk
from points.adapters.memory import MemoryPrograms
from points.application.administration.adjust_points import adjust_points
from points.application.administration.audit_ledger import Audit, audit_ledger
from points.application.earning.earn_points import earn_points
from points.application.earning.refer_member import refer_member
from points.application.earning.reverse_entry import reverse_entry
from points.application.redemption.cancel_order import Cancellation, cancel_order
from points.application.redemption.hold_points import HoldEnd, capture_hold, hold_points
from points.application.redemption.redeem_reward import redeem_reward
from points.domain.ledger.entries import EntryName, Kind
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.earning import Event
from points.domain.movements.holding import HoldRequest
from points.domain.movements.redeeming import Redemption
from points.domain.movements.referring import Invitation
from points.domain.movements.reversing import Reversal
from stack.audit import report
from stack.table import create_table
from tests.store.support import FULL_PROGRAM as PROGRAM
from tests.store.support import MEMBER, NoWaiting, Store, dynamodb_store, festival

OTHER = "member-2"
PK = keys.member_pk(PROGRAM.name, MEMBER)


@pytest.fixture
def ledger() -> Iterator[Store]:
    """Two members with some of everything."""
    with mock_aws():
        client = ledger_client()
        create_table(client, "Ledger")
        store = dynamodb_store(Table(client, "Ledger", NoWaiting()))
        for member in (MEMBER, OTHER):
            store.enrolled(member)
        refer_member(store.services(), PROGRAM, Invitation("invited", MEMBER, OTHER), actor="t")
        for member in (MEMBER, OTHER):
            _live(store, member)
        yield store


def _live(store: Store, member: str) -> None:
    services = store.services()
    earn_points(services, PROGRAM, Event("hello", member, "check_in"), actor="t")
    purchase = EntryName(Kind.EARN, "purchase")
    earn_points(services, PROGRAM, Event("purchase", member, "purchase", amount="500.00"), actor="t")
    earn_points(services, PROGRAM, Event("later", member, "later"), actor="t")
    hold_points(services, PROGRAM, HoldRequest("checkout", member, 40), actor="t")
    capture_hold(services, PROGRAM, HoldEnd(member, "checkout", 30), actor="t")
    hold_points(services, PROGRAM, HoldRequest("open", member, 5), actor="t")
    redeem_reward(services, PROGRAM, Redemption("mug", member, "mug", 2), actor="t")
    redeem_reward(services, PROGRAM, Redemption("coupon", member, "coupon"), actor="t")
    redeem_reward(services, PROGRAM, Redemption("taken-back", member, "mug"), actor="t")
    cancel_order(services, PROGRAM, Cancellation(member, "taken-back"), reason=None, actor="t")
    reverse_entry(services, PROGRAM, Reversal("refund", member, purchase, amount="100.00"), actor="t")
    adjust_points(services, PROGRAM, Adjustment("gift", member, 12, "a present"), actor="t")


def _audit(store: Store) -> Audit:
    assert store.table is not None
    return audit_ledger(DynamoDBWalk(store.table), store.services(PROGRAM).programs)


def _item(store: Store, sk: str, pk: str = PK) -> dict[str, Any]:
    assert store.table is not None
    item = store.table.get(pk, sk)
    assert item is not None
    return dict(item)


def _put(store: Store, item: Any) -> None:
    assert store.table is not None
    store.table.put(item)


def _change(sk: str, change: Callable[[dict[str, Any]], object]) -> Callable[[Store], None]:
    def plant(store: Store) -> None:
        item = _item(store, sk)
        change(item)
        _put(store, item)

    return plant


def _delete(sk: str) -> Callable[[Store], None]:
    def plant(store: Store) -> None:
        assert store.table is not None
        assert _item(store, sk)
        store.table.delete(PK, sk)

    return plant


def _copy(sk: str, new_sk: str) -> Callable[[Store], None]:
    return lambda store: _put(store, _item(store, sk) | {"sk": {"S": new_sk}})


def _number(name: str, value: int) -> Callable[[dict[str, Any]], object]:
    return lambda item: item.update({name: {"N": str(value)}})


def _lot(change: int) -> Callable[[dict[str, Any]], object]:
    def apply(item: dict[str, Any]) -> None:
        lots = item["l"]["M"]
        name = min(lots)
        lots[name] = {"N": str(int(lots[name]["N"]) + change)}

    return apply


def _taken(kind: keys.Shared, name: str, change: int) -> Callable[[Store], None]:
    def plant(store: Store) -> None:
        assert store.table is not None
        shard = keys.shared_pk(PROGRAM.name, kind, name, 0)
        taken = store.table.get(shard, kind) or keys.key(shard, kind) | {"taken": {"N": "0"}}
        _put(store, {**taken, "taken": {"N": str(int(taken["taken"]["N"]) + change)}})

    return plant


_PURCHASE = "ENTRY#earn#purchase"
_TIER = keys.tier_sk(2)
"""The first event pays 101 points and makes a V2 of the member: entry 2, after the invitation."""

DAMAGE: dict[str, tuple[Callable[[Store], None], str, str]] = {
    # what was done → how, the code it must be found under, the entry it must name ("" for the account)
    "points appear in a lot": (_change("ACCOUNT", _lot(+1)), "lots_wrong", ""),
    "points vanish from a lot": (_change("ACCOUNT", _lot(-1)), "lots_wrong", ""),
    "pending points vanish": (_change("ACCOUNT", lambda item: item.pop("w")), "pending_wrong", ""),
    "an open hold vanishes": (_change("ACCOUNT", lambda item: item.pop("h")), "held_wrong", ""),
    "a debt appears": (_change("ACCOUNT", _number("o", 7)), "owed_wrong", ""),
    "the counter is set back": (_change("ACCOUNT", _number("n", 3)), "seq_wrong", ""),
    "the head is exchanged": (_change("ACCOUNT", lambda item: item.update(d={"B": b"\0" * 32})), "head_wrong", ""),
    "the timer is late": (_change("ACCOUNT", _number("due_at", 4 * 10**15)), "timer_late", ""),
    "the account is gone": (_delete("ACCOUNT"), "account_missing", ""),
    "an entry is gone": (_delete("ENTRY#hold#checkout"), "seq_gap", "capture#checkout"),
    "the newest entry is gone": (_delete("ENTRY#adjust#gift"), "seq_wrong", ""),
    "an entry is booked twice": (_copy(_PURCHASE, "ENTRY#earn#again"), "seq_gap", "*"),
    "an entry's points are changed": (_change(_PURCHASE, _number("p", 900)), "points_wrong", "earn#purchase"),
    "an entry's lots are changed": (_change(_PURCHASE, _lot(+400)), "digest_wrong", "earn#purchase"),
    "an entry's reason is changed": (
        _change("ENTRY#adjust#gift", lambda item: item.update(r={"S": "forged"})),
        "digest_wrong",
        "adjust#gift",
    ),
    "an entry's balance is changed": (
        _change("ENTRY#adjust#gift", lambda item: item["b"]["L"].__setitem__(0, {"N": "9"})),
        "balance_wrong",
        "adjust#gift",
    ),
    "an entry follows another": (
        _change(_PURCHASE, lambda item: item.update(q={"B": b"\1" * 32})),
        "chain_broken",
        "earn#purchase",
    ),
    "an entry's time is changed": (
        _change(_PURCHASE, _number("t", 1_700_000_000_000_000)),
        "digest_wrong",
        "earn#purchase",
    ),
    "what was reversed is gone": (_delete(_PURCHASE), "original_missing", "earn#purchase#REVERSAL#refund"),
    "a reversal is forged": (
        _copy("ENTRY#earn#purchase#REVERSAL#refund", "ENTRY#earn#later#REVERSAL#refund"),
        "reversed_twice",
        "earn#later",
    ),
    "an order is gone": (_delete("ORDER#mug"), "order_missing", "redeem#mug"),
    "a cancelled order is back": (
        _change("ORDER#taken-back", lambda item: item.update(s={"S": "placed"})),
        "order_state_wrong",
        "redeem#taken-back",
    ),
    "an order is cheaper": (_change("ORDER#mug", _number("p", 1)), "order_differs", "redeem#mug"),
    "an order was never redeemed": (_copy("ORDER#mug", "ORDER#free"), "entry_missing", "redeem#free"),
    "a number is not whole": (_change(_PURCHASE, lambda item: item.update(p={"N": "1.5"})), "unreadable", _PURCHASE),
    "an attribute is missing": (_change(_PURCHASE, lambda item: item.pop("b")), "unreadable", _PURCHASE),
    "an attribute is added": (_change("ACCOUNT", lambda item: item.update(x={"S": "?"})), "unreadable", "ACCOUNT"),
    "stock is taken by nobody": (_taken(keys.Shared.STOCK, "mug", 1), "stock_wrong", "mug"),
    "stock is taken and not counted": (_taken(keys.Shared.STOCK, "mug", -1), "stock_wrong", "mug"),
    "a budget is spent on nobody": (_taken(keys.Shared.BUDGET, "festival", 90), "budget_wrong", "festival"),
    "a budget pays and does not count it": (_taken(keys.Shared.BUDGET, "festival", -1), "budget_wrong", "festival"),
    "a campaign without a budget has a counter": (_taken(keys.Shared.BUDGET, "open", 1), "budget_wrong", "open"),
    "a tier is bestowed": (_change("ACCOUNT", lambda item: item.update(t={"S": "V9/1xw/"})), "tier_wrong", ""),
    "a tier is taken away": (_change("ACCOUNT", lambda item: item.pop("t")), "tier_wrong", ""),
    "a tier is older than it was": (_change("ACCOUNT", lambda item: item.update(t={"S": "V3/1/"})), "tier_wrong", ""),
    "a change of tier is gone": (_delete(_TIER), "tier_history_wrong", "earn#hello"),
    "a change of tier is another": (_change(_TIER, lambda item: item.update(t={"S": "V9"})), "tier_history_wrong", "*"),
    "a change of tier is invented": (_copy(_TIER, "TIER#0000000009"), "tier_history_wrong", "*"),
    "a change of tier never had an entry": (_copy(_TIER, "TIER#0000000999"), "tier_history_wrong", ""),
    "a change of tier cannot be read": (_change(_TIER, lambda item: item.pop("s")), "unreadable", _TIER),
    "a referrer is exchanged": (_change("ACCOUNT", lambda item: item.update(r={"S": "+x"})), "referral_wrong", ""),
    "counters are written differently": (
        _change("ACCOUNT", lambda item: item.update(c={"S": f"{item['c']['S']},"})),
        "unreadable",
        "ACCOUNT",
    ),
    "counters are none": (_change("ACCOUNT", lambda item: item.update(c={"S": "photo"})), "unreadable", "ACCOUNT"),
    "facts have something more": (
        _change("ACCOUNT", lambda item: item.update(m={"M": {"x": {"N": "1"}}})),
        "unreadable",
        "ACCOUNT",
    ),
}


def test_agrees_where_nothing_is_wrong(ledger: Store, capsys: pytest.CaptureFixture[str]) -> None:
    audit = _audit(ledger)

    assert audit.findings == []
    assert not audit.skipped_stock
    assert not audit.skipped_budgets
    assert {kind: audit.totals.entries[kind] for kind in (Kind.REFERRED, Kind.REFERRAL, Kind.REFERRAL_REWARD)} == {
        Kind.REFERRED: 1,
        Kind.REFERRAL: 1,
        Kind.REFERRAL_REWARD: 1,
    }
    assert audit.totals.points[Kind.REFERRAL_REWARD] == 50
    assert audit.totals.accounts == 2
    assert audit.totals.entries.total() == ledger.account().seq + ledger.account(OTHER).seq
    assert audit.totals.outstanding == audit.totals.points.total() > 0
    assert report(audit) == 0
    assert "Everything agrees." in capsys.readouterr().out


@pytest.mark.parametrize("damage", DAMAGE)
def test_finds(damage: str, ledger: Store, capsys: pytest.CaptureFixture[str]) -> None:
    plant, code, entry = DAMAGE[damage]
    plant(ledger)

    audit = _audit(ledger)

    found = [finding for finding in audit.findings if finding.code == code]
    assert found, audit.findings
    # The other member's account is never blamed.
    assert {finding.member for finding in audit.findings} <= {MEMBER, ""}
    assert entry == "*" or entry in {finding.entry for finding in found}
    assert report(audit) == 1
    assert code in capsys.readouterr().out


def test_an_account_that_moves_during_the_walk_is_read_again(ledger: Store) -> None:
    assert ledger.table is not None

    class HalfSeen(DynamoDBWalk):
        """Sees accounts as they were before their newest entry, as a scan may."""

        def accounts(self) -> Iterator[Any]:
            for records in super().accounts():
                earn_points(ledger.services(), PROGRAM, Event("meanwhile", records.member, "later"), actor="t")
                yield records.__class__(
                    records.program,
                    records.member,
                    records.account,
                    super().account(records.program, records.member).entries,
                    records.orders,
                )

    audit = audit_ledger(HalfSeen(ledger.table), ledger.services(PROGRAM).programs)

    assert audit.findings == []


def test_counters_that_move_during_the_walk_are_not_compared(ledger: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert ledger.table is not None

    class Busy(DynamoDBWalk):
        def accounts(self) -> Iterator[Any]:
            yield from super().accounts()
            earn_points(ledger.services(), PROGRAM, Event("meanwhile", MEMBER, "check_in"), actor="t")
            redeem_reward(ledger.services(), PROGRAM, Redemption("meanwhile", MEMBER, "mug"), actor="t")

    audit = audit_ledger(Busy(ledger.table), ledger.services(PROGRAM).programs)

    assert audit.findings == []
    assert (audit.skipped_stock, audit.skipped_budgets) == (True, True)
    report(audit)
    assert "budgets were not compared" in capsys.readouterr().out


def test_a_campaign_that_had_no_budget_then_is_not_counted_against_one_it_has_now(ledger: Store) -> None:
    """Which payments a budget counts is for the version to say that decided them."""
    limited = replace(PROGRAM, version=2, campaigns=(replace(festival(700, 2), name="open"), festival(None)))
    earn_points(ledger.services(limited), limited, Event("limited", MEMBER, "check_in"), actor="t")
    assert ledger.table is not None
    walk = DynamoDBWalk(ledger.table)

    audit = audit_ledger(walk, MemoryPrograms(PROGRAM, limited))

    assert audit.findings == []
    assert walk.shared_counters().budgets == {("demo", "festival"): 180, ("demo", "open"): 90}
