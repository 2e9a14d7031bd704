"""Coupons: issued with their order, written off once, void with it; codes of a pool given once each, whoever asks."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from secrets import randbits
from typing import Any

import pytest

from points.adapters.backoff import JitteredBackoff
from points.adapters.deadline import InvocationDeadline
from points.adapters.dynamodb import keys
from points.adapters.dynamodb.client import ledger_client
from points.adapters.dynamodb.item_size import KILOBYTE, history_write_units, item_size, transaction_write_units
from points.adapters.dynamodb.models import CouponItem
from points.adapters.dynamodb.table import Table
from points.application.administration.adjust_points import adjust_points
from points.application.movement import Booked
from points.application.redemption.cancel_order import Cancellation, cancel_order
from points.application.redemption.read_coupons import list_coupons, read_coupon
from points.application.redemption.redeem_reward import redeem_reward
from points.application.redemption.write_off_coupon import write_off_coupon
from points.application.services import Services
from points.domain.errors import (
    Conflict,
    CouponExpired,
    CouponMistyped,
    CouponUsed,
    CouponVoid,
    InvalidRequest,
    MemberFrozen,
    OutOfStock,
    PointsError,
    ReferenceReused,
    StoreFailure,
    UnknownCoupon,
)
from points.domain.ledger.account import Activity
from points.domain.ledger.coupons import CouponState, codes_in
from points.domain.ledger.entries import EntryName, Kind
from points.domain.ledger.lots import total
from points.domain.ledger.orders import OrderState, order_of
from points.domain.ledger.pools import PoolImport
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.redeeming import Redemption
from points.domain.movements.writing_off import WriteOff
from points.domain.program.coupons import CouponRules
from points.domain.program.rewards import Reward, RewardKind
from tests.store.faults import Conflicts, Faults
from tests.store.support import MEMBER, NOW, PROGRAM, Store, dynamodb_store
from tests.support.proof import findings

OWN = Reward("cut", 20, kind=RewardKind.COUPON, coupon=CouponRules(valid_days=30))
PARTNERS = Reward("film", 30, kind=RewardKind.VOUCHER, coupon=CouponRules("films"))
OVER = Reward("late", 5, kind=RewardKind.COUPON, coupon=CouponRules(valid_until=date(2026, 11, 20)))
SHOP = replace(PROGRAM, rewards={**PROGRAM.rewards, **{each.name: each for each in (OWN, PARTNERS, OVER)}})


def rich(store: Store, member: str = MEMBER, points: int = 100_000) -> None:
    store.enrolled(member)
    adjust_points(store.services(SHOP), SHOP, Adjustment("a1", member, points, "welcome"), actor="a")


def filled(store: Store, codes: list[str], pool: str = "films") -> None:
    wanted = PoolImport(SHOP.name, pool, "first", "codes.csv", "op", NOW, NOW)
    step = store.pools.begin(wanted)
    for start in range(0, len(codes), 49):
        part = codes[start : start + 49]
        step = replace(step, imported=step.imported + len(part), revision=step.revision + 1)
        assert store.pools.advance(step, part) == {}


def buy(services: Services, reward: str, reference: str = "r1", quantity: int = 1, member: str = MEMBER) -> Booked:
    return redeem_reward(services, SHOP, Redemption(reference, member, reward, quantity), actor="a")


def use(services: Services, code: str, reference: str = "till-1", amount: str | None = None) -> Booked:
    return write_off_coupon(services, SHOP, WriteOff(code, reference, amount), note=None, actor="till")


def undo(services: Services, reference: str = "r1", member: str = MEMBER) -> Booked:
    return cancel_order(services, SHOP, Cancellation(member, reference), reason=None, actor="a")


def lying(store: Store, pool: str = "films") -> set[str]:
    return set(store.coupons.free(SHOP.name, pool, 10_000, start=0, avoiding=()))


def test_a_coupon_is_issued_with_its_order_and_is_the_same_when_asked_again(store: Store) -> None:
    rich(store)
    services = store.services(SHOP)
    booked = buy(services, "cut", quantity=3)
    codes = codes_in(booked.entry)
    assert len(set(codes)) == 3
    order = order_of(store.ledger.order_entries(SHOP.name, MEMBER, "r1"))
    assert order.state is OrderState.FULFILLED
    found = read_coupon(services, SHOP, codes[0].lower())
    assert (found.state, found.coupon.member, found.coupon.order) == ("issued", MEMBER, "r1")
    assert found.coupon.expires_on == date(2026, 12, 21)
    again = buy(services, "cut", quantity=3)
    assert (again.replayed, again.entry) == (True, booked.entry)
    assert findings(services, SHOP, MEMBER) == []


def test_codes_of_a_pool_are_given_once_and_then_there_are_none(store: Store) -> None:
    rich(store)
    services = store.services(SHOP)
    filled(store, [f"FILM-{number}" for number in range(5)])
    assert store.pools.count(SHOP.name, "films").free == 5
    first = buy(services, "film", quantity=2)
    before = store.account()
    with pytest.raises(OutOfStock):
        buy(services, "film", "r2", quantity=4)
    assert store.account() == before
    assert store.ledger.entry(SHOP.name, MEMBER, EntryName(Kind.REDEEM, "r2")) is None
    second = buy(services, "film", "r3", quantity=3)
    assert {*codes_in(first.entry), *codes_in(second.entry)} == {f"FILM-{number}" for number in range(5)}
    assert lying(store) == set()
    # The first is still what it was, though none is left.
    assert buy(services, "film", quantity=2).entry == first.entry
    count = store.pools.count(SHOP.name, "films")
    assert (count.imported, count.free, count.issued, count.is_exact) == (5, 0, 5, True)
    assert findings(services, SHOP, MEMBER) == []


def test_a_code_that_lies_in_a_pool_is_nobodys_business(store: Store) -> None:
    rich(store)
    filled(store, ["FILM-1"])
    for code in ("FILM-1", "FILM-2"):
        with pytest.raises(UnknownCoupon):
            read_coupon(store.services(SHOP), SHOP, code)
        with pytest.raises(UnknownCoupon):
            use(store.services(SHOP), code)


def test_it_is_written_off_once(store: Store) -> None:
    rich(store)
    services = store.services(SHOP)
    code, other = codes_in(buy(services, "cut", quantity=2).entry)
    used = use(services, code, amount="128.00")
    assert (used.entry.points, used.entry.member) == (0, MEMBER)
    assert used.entry.name == EntryName(Kind.WRITE_OFF, code)
    assert used.entry.details["amount_minor"] == 12_800
    again = use(services, code.lower(), amount="128.00")
    assert (again.replayed, again.entry) == (True, used.entry)
    with pytest.raises(ReferenceReused):
        use(services, code, amount="129.00")
    with pytest.raises(CouponUsed) as refused:
        use(services, code, "till-2")
    assert refused.value.numbers["order"] == "r1"
    assert str(refused.value.numbers["used_at"]).startswith("2026-11-21T")
    assert read_coupon(services, SHOP, code).state == "written_off"
    assert use(services, other, "till-2").entry.reference == other
    assert findings(services, SHOP, MEMBER) == []


def test_what_cannot_be_written_off_says_why(store: Store) -> None:
    rich(store)
    services = store.services(SHOP)
    code = codes_in(buy(services, "cut").entry)[0]
    mistyped = code[:-1] + ("2" if code[-1] != "2" else "3")
    with pytest.raises(CouponMistyped):
        use(services, mistyped)
    for amount in ("0.00", "1.005"):
        with pytest.raises(InvalidRequest):
            use(services, code, amount=amount)
    late: Any = services.clock
    late.moment = NOW + timedelta(days=31)
    with pytest.raises(CouponExpired) as expired:
        use(services, code)
    assert expired.value.numbers == {"expired_on": "2026-12-21"}
    assert read_coupon(services, SHOP, code).state == "expired"
    undo(services)
    with pytest.raises(CouponVoid):
        use(services, code)
    assert read_coupon(services, SHOP, code).state == "void"


def test_the_last_day_is_the_programs_own(store: Store) -> None:
    """GIVEN a coupon good until 21 December in Shanghai THEN it is good until 16:00 UTC and no longer."""
    rich(store)
    services = store.services(SHOP)
    one, other = codes_in(buy(services, "cut", quantity=2).entry)
    clock: Any = services.clock
    clock.moment = NOW.replace(month=12, day=21, hour=15, minute=59, second=59, microsecond=0)
    use(services, one)
    clock.moment += timedelta(seconds=1)
    with pytest.raises(CouponExpired):
        use(services, other)


def test_a_frozen_members_coupons_are_not_accepted(store: Store) -> None:
    from points.application.administration.freeze_member import freeze_member
    from points.domain.movements.freezing import Freeze

    rich(store)
    services = store.services(SHOP)
    code = codes_in(buy(services, "cut").entry)[0]
    freeze_member(services, SHOP, Freeze("f", MEMBER, "why", frozenset({Activity.REDEEMING})), actor="op")
    with pytest.raises(MemberFrozen):
        use(services, code)


def test_cancelling_makes_coupons_void_and_gives_pool_codes_to_nobody_else(store: Store) -> None:
    rich(store)
    services = store.services(SHOP)
    filled(store, ["FILM-1", "FILM-2"])
    codes = codes_in(buy(services, "film", quantity=2).entry)
    before = total(store.account().lots)
    undo(services)
    assert total(store.account().lots) == before + 60
    assert {coupon.state for coupon in store.coupons.coupons(SHOP.name, codes).values()} == {CouponState.VOID}
    assert lying(store) == set()
    with pytest.raises(OutOfStock):
        buy(services, "film", "r2")
    assert findings(services, SHOP, MEMBER) == []


def test_an_order_with_a_used_coupon_is_not_cancelled(store: Store) -> None:
    rich(store)
    services = store.services(SHOP)
    one, other = codes_in(buy(services, "cut", quantity=2).entry)
    use(services, one)
    before = store.account()
    with pytest.raises(CouponUsed) as refused:
        undo(services)
    assert refused.value.numbers["coupon"] == one
    assert store.account() == before
    assert read_coupon(services, SHOP, other).state == "issued"


def test_what_is_over_cannot_be_had_and_too_many_at_once_neither(store: Store) -> None:
    rich(store)
    services = store.services(SHOP)
    with pytest.raises(PointsError) as closed:
        buy(services, "late")
    assert closed.value.code == "not_on_sale"
    with pytest.raises(InvalidRequest):
        buy(services, "cut", quantity=21)
    assert len(codes_in(buy(services, "cut", quantity=20).entry)) == 20


def test_a_members_coupons_are_read_from_their_entries_page_by_page(store: Store) -> None:
    rich(store)
    services = store.services(SHOP)
    bought: list[str] = []
    for number in range(5):
        bought = [*codes_in(buy(services, "cut", f"r{number}", quantity=2).entry), *bought]
        buy(services, "mug", f"m{number}")
    seen: list[str] = []
    before: int | None = None
    for _ in range(20):
        page = list_coupons(services, SHOP, MEMBER, before_seq=before, limit=3)
        seen += [found.coupon.code for found in page.items]
        assert len(page.items) <= 4
        if page.next_key is None:
            break
        before = int(page.next_key)
    assert seen == bought


def test_a_code_that_can_never_be_had_is_not_tried_for_ever(dynamodb_table: Table) -> None:
    """GIVEN a pool with a row whose code was issued all the same THEN the others are had, and then there are none."""
    store = dynamodb_store(dynamodb_table)
    rich(store)
    services = store.services(SHOP)
    filled(store, ["FILM-1", "FILM-2"])
    coupon = store.coupons.coupon(SHOP.name, codes_in(buy(services, "cut", "other").entry)[0])
    assert coupon is not None
    dynamodb_table.put(CouponItem.of(replace(coupon, code="FILM-1", pool="films")).item())
    assert codes_in(buy(services, "film").entry) == ["FILM-2"]
    with pytest.raises(OutOfStock):
        buy(services, "film", "r2")


def test_write_units(dynamodb_table: Table) -> None:
    """A redemption with a coupon from a pool: 11; with a generated one 9; a write-off 7; a cancellation 11."""
    store = dynamodb_store(dynamodb_table)
    rich(store)
    services = store.services(SHOP)
    filled(store, ["FILM-1"])
    sent: list[Any] = []
    dynamodb_table.client.meta.events.register(
        "provide-client-params.dynamodb.TransactWriteItems", lambda params, **_: sent.append(params["TransactItems"])
    )
    buy(services, "film")
    buy(services, "cut", "r2")
    use(services, "FILM-1")
    undo(services, "r2")
    assert [units(parts) for parts in sent] == [11, 9, 7, 11]


def test_the_most_codes_at_once(dynamodb_table: Table) -> None:
    """Twenty of the longest, from a stock of 64 shards, for a member with two years of lots: a transaction has room for
    all of it, and an entry stays within four kilobytes."""
    store = dynamodb_store(dynamodb_table)
    dear = replace(PARTNERS, price=300_000, stock=1_000, stock_shards=64)
    shop = replace(SHOP, rewards={"film": dear})
    store.enrolled()
    services = store.services(shop)
    for number in range(24):
        last_day = date(2027 + number // 12, number % 12 + 1, 28)
        points = Adjustment(f"a{number}", MEMBER, 260_000, "welcome", last_day)
        adjust_points(services, shop, points, actor="a")
    filled(store, [f"{number:03d}-".ljust(64, "x") for number in range(20)])
    sent: list[Any] = []
    dynamodb_table.client.meta.events.register(
        "provide-client-params.dynamodb.TransactWriteItems", lambda params, **_: sent.append(params["TransactItems"])
    )
    booked = redeem_reward(services, shop, Redemption("r1", MEMBER, "film", 20), actor="a")
    assert len(codes_in(booked.entry)) == 20
    cancel_order(services, shop, Cancellation(MEMBER, "r1"), reason="why", actor="a")
    entries = [parts[0]["Put"]["Item"] for parts in sent]
    # No shard alone has so many: they are looked for once more.
    assert [item["sk"]["S"].count("#") for item in entries] == [2, 2, 4]
    assert max(map(item_size, entries)) < 4 * KILOBYTE
    assert max(map(len, sent)) <= 100 - 50
    assert findings(services, shop, MEMBER) == []


def units(parts: list[Any]) -> int:
    puts = [part["Put"]["Item"] for part in parts if "Put" in part]
    # Deleted rows and counters are less than a kilobyte.
    others = sum("Put" not in part for part in parts)
    return transaction_write_units(puts) + history_write_units(puts) + 2 * others


# ── races ───────────────────────────────────────────────────────────────────────────────────────────────────────────

THREADS = 16


def insisting(call: Any) -> Any:
    """As a client does: come back as long as the answer is only "not now"."""
    for _ in range(60):
        try:
            return call()
        except (Conflict, StoreFailure):
            continue
        except PointsError as refused:
            return refused
    raise AssertionError("still not now")


@pytest.mark.dynamodb
@pytest.mark.parametrize("disturbed", ["not", "faults", "conflicts"])
def test_200_buyers_for_50_codes(dynamodb_table: Table, disturbed: str) -> None:
    """GIVEN a pool of 50 WHEN 200 members want one THEN 50 have one each, and nobody pays who has none."""
    quiet = dynamodb_store(dynamodb_table)
    members = [f"m{number}" for number in range(200)]
    for member in members:
        rich(quiet, member, points=50)
    codes = {f"FILM-{number:03d}" for number in range(50)}
    filled(quiet, sorted(codes))
    client = ledger_client(connections=THREADS)
    if disturbed == "faults":
        seed = randbits(32)
        print(f"POINTS_FAULT_SEED={seed}")  # noqa: T201 - shown when the test fails
        Faults(client, seed, rate=0.08)
    if disturbed == "conflicts":
        Conflicts(client, seconds=0.005)
    table = Table(client, dynamodb_table.name, JitteredBackoff(), InvocationDeadline())
    services = dynamodb_store(table).services(SHOP)

    def want(member: str) -> Any:
        return insisting(lambda: buy(services, "film", "flash-sale", member=member))

    with ThreadPoolExecutor(THREADS) as pool:
        heard = dict(zip(members, pool.map(want, members), strict=True))
    had = {member: answer for member, answer in heard.items() if isinstance(answer, Booked)}
    assert len(had) == 50
    assert {code for booked in had.values() for code in codes_in(booked.entry)} == codes
    assert {type(answer) for member, answer in heard.items() if member not in had} == {OutOfStock}
    assert lying(quiet) == set()
    for member in members:
        assert total(quiet.account(member).lots) == (20 if member in had else 50)
    coupons = quiet.coupons.coupons(SHOP.name, sorted(codes))
    assert {coupon.member for coupon in coupons.values()} == had.keys()
    assert quiet.pools.count(SHOP.name, "films").issued == 50


@pytest.mark.dynamodb
def test_16_tills_write_one_coupon_off(dynamodb_table: Table) -> None:
    store = dynamodb_store(dynamodb_table)
    rich(store)
    services = store.services(SHOP)
    code = codes_in(buy(services, "cut").entry)[0]

    def till(number: int) -> Any:
        return insisting(lambda: use(services, code, f"till-{number}"))

    with ThreadPoolExecutor(THREADS) as pool:
        heard = list(pool.map(till, range(THREADS)))
    assert sum(isinstance(answer, Booked) for answer in heard) == 1
    assert sum(isinstance(answer, CouponUsed) for answer in heard) == THREADS - 1
    assert findings(services, SHOP, MEMBER) == []


@pytest.mark.dynamodb
def test_of_writing_off_and_cancelling_exactly_one_wins(dynamodb_table: Table) -> None:
    store = dynamodb_store(dynamodb_table)
    rich(store)
    services = store.services(SHOP)
    outcomes = set()
    for number in range(12):
        code = codes_in(buy(services, "cut", f"r{number}").entry)[0]
        calls = [lambda: use(services, code), lambda: undo(services, f"r{number}")]  # noqa: B023 - called at once
        with ThreadPoolExecutor(2) as pool:
            used, cancelled = (
                future.result() for future in [pool.submit(insisting, call) for call in calls[:: (-1) ** number]]
            )
        if number % 2:
            used, cancelled = cancelled, used
        coupon = store.coupons.coupon(SHOP.name, code)
        assert coupon is not None
        if isinstance(used, Booked):
            assert isinstance(cancelled, CouponUsed)
            assert coupon.state is CouponState.WRITTEN_OFF
        else:
            assert isinstance(used, CouponVoid)
            assert isinstance(cancelled, Booked)
            assert coupon.state is CouponState.VOID
        outcomes.add(coupon.state)
    assert findings(services, SHOP, MEMBER) == []


def test_the_key_of_a_code_leads_back_to_it() -> None:
    place = keys.coupon_key("demo", "FILM-1")
    assert keys.coupon_of(place["pk"]["S"]) == ("demo", "FILM-1")
