"""Monthly packs (R-TIER-1): once a month for ever, to whoever has the tier and does something."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from points.adapters.dynamodb.item_size import item_size
from points.adapters.dynamodb.models import AccountItem
from points.application.administration.adjust_points import adjust_points
from points.application.administration.freeze_member import freeze_member, unfreeze_member
from points.application.earning.earn_points import earn_points
from points.application.expiry.bring_up_to_date import bring_up_to_date
from points.application.members.enrol_member import enrol_member
from points.application.members.erase_member import erase_member
from points.application.redemption.cancel_order import Cancellation, cancel_order
from points.application.redemption.read_coupons import list_coupons
from points.application.services import Services
from points.domain.ledger.account import Account
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.ledger.members import Profile
from points.domain.ledger.pools import PoolImport
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.earning import Event
from points.domain.movements.freezing import Freeze
from points.domain.program.coupons import CouponRules
from points.domain.program.expiry import NeverExpires
from points.domain.program.program import Program
from points.domain.program.rewards import Reward, RewardKind
from points.domain.program.tiers import Level, PackItem, TierMetric, Tiers
from tests.builders import SetClock, program, services
from tests.support.proof import findings

MEMBER = "m-1"
CUT = Reward("cut", 100, kind=RewardKind.COUPON, coupon=CouponRules(valid_days=30))
FILM = Reward("film", 100, kind=RewardKind.VOUCHER, coupon=CouponRules("films"))
MUG = Reward("mug", 100, stock=2)
START = datetime(2026, 11, 10, 4, tzinfo=UTC)


def shop(*pack: PackItem, **changes: Any) -> Program:
    levels = (Level("V1", 0), Level("V2", 100, monthly_pack=pack))
    standard = program(
        tiers=Tiers(TierMetric.POINTS, levels),
        rewards={each.name: each for each in (CUT, FILM, MUG)},
        expiry=NeverExpires(),
    )
    return replace(standard, **changes)


CUTS = shop(PackItem("cut", 2))


class World:
    def __init__(self, of: Program = CUTS) -> None:
        self.clock = SetClock(START)
        self.services: Services = services(of, clock=self.clock)
        self.program = of
        self._number = 0
        enrol_member(self.services, of, MEMBER, Profile())

    def at(self, day: str, hour: int = 4) -> "World":
        """Noon in Shanghai of that day, unless another hour of UTC is said."""
        self.clock.moment = datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC)
        return self

    def earn(self, amount: str = "200.00") -> Entry:
        self._number += 1
        event = Event(f"e{self._number}", MEMBER, "purchase", amount)
        return earn_points(self.services, self.program, event, actor="a").entry

    def sweep(self) -> tuple[Entry, ...]:
        return bring_up_to_date(self.services, self.program, MEMBER, self.clock.moment)

    @property
    def account(self) -> Account:
        account = self.services.ledger.account(self.program.name, MEMBER)
        assert account is not None
        return account

    def sound(self) -> bool:
        return findings(self.services, self.program, MEMBER) == []


def kinds(entries: tuple[Entry, ...]) -> list[Kind]:
    return [entry.kind for entry in entries]


def test_the_account_waits_for_the_first_of_the_month_after_the_tier() -> None:
    world = World()
    world.earn("50.00")
    assert world.account.pack_on is None
    world.earn()
    assert world.account.pack_on == date(2026, 12, 1)
    # Midnight in Shanghai.
    assert world.account.due_at == datetime(2026, 11, 30, 16, tzinfo=UTC)
    assert world.at("2026-11-30", 15).sweep() == ()
    assert world.sound()


def test_it_is_given_on_the_first_and_not_again() -> None:
    world = World()
    world.earn()
    redeemed, pack = world.at("2026-11-30", 16).sweep()
    assert redeemed.name == EntryName(Kind.REDEEM, "~2026-12.cut")
    assert (redeemed.points, redeemed.details["price"], redeemed.details["packed"]) == (0, 0, "2026-12")
    assert pack.name == EntryName(Kind.PACK, "2026-12")
    assert pack.details == {"level": "V2", "given": {"cut": 2}}
    assert world.account.pack_on == date(2027, 1, 1)
    for day in ("2026-12-01", "2026-12-15", "2026-12-31"):
        assert world.at(day, 15).sweep() == ()
    coupons = list_coupons(world.services, world.program, MEMBER, limit=10).items
    assert [found.state for found in coupons] == ["issued", "issued"]
    assert kinds(world.at("2026-12-31", 16).sweep()) == [Kind.REDEEM, Kind.PACK]
    assert world.sound()


def test_a_late_sweep_gives_its_own_months_pack_and_names_what_was_missed() -> None:
    world = World()
    world.earn()
    _, pack = world.at("2027-02-20").sweep()
    assert pack.name == EntryName(Kind.PACK, "2027-02")
    assert pack.details["missed_since"] == "2026-12"
    assert world.account.pack_on == date(2027, 3, 1)
    assert world.sound()


def test_what_is_not_to_be_had_is_told_and_blocks_nothing() -> None:
    """GIVEN an empty pool and a stock of two THEN the rest of the pack is given, month by month."""
    world = World(shop(PackItem("film"), PackItem("mug"), PackItem("cut")))
    world.earn()
    _, _, december = world.at("2026-12-01").sweep()
    assert december.details == {"level": "V2", "given": {"mug": 1, "cut": 1}, "missing": {"film": "out_of_stock"}}
    pools: Any = world.services.coupons
    wanted = PoolImport(world.program.name, "films", "first", "x.csv", "op", START, START)
    pools.begin(wanted)
    pools.advance(replace(wanted, revision=2, imported=1), ["FILM-1"])
    january = world.at("2027-01-01").sweep()[-1]
    assert january.details["given"] == {"film": 1, "mug": 1, "cut": 1}
    february = world.at("2027-02-01").sweep()[-1]
    assert february.details["given"] == {"cut": 1}
    assert february.details["missing"] == {"film": "out_of_stock", "mug": "out_of_stock"}
    assert world.sound()


def test_what_is_over_is_not_given() -> None:
    over = replace(CUT, coupon=CouponRules(valid_until=date(2026, 11, 30)))
    world = World(shop(PackItem("cut"), rewards={"cut": over}))
    world.earn()
    (pack,) = world.at("2026-12-01").sweep()
    assert pack.details == {"level": "V2", "missing": {"cut": "coupon_expired"}}


@pytest.mark.parametrize("why", ["frozen", "erased"])
def test_who_cannot_receive_anything_is_given_nothing(why: str) -> None:
    world = World()
    world.earn()
    if why == "frozen":
        freeze_member(world.services, world.program, Freeze("f", MEMBER, "why"), actor="op")
    else:
        erase_member(world.services, world.program, MEMBER)
    (pack,) = world.at("2026-12-01").sweep()
    assert pack.details == {"level": "V2", "withheld": why}
    if why == "frozen":
        unfreeze_member(world.services, world.program, Freeze("u", MEMBER, "fine"), actor="op")
        assert world.sweep() == ()
        assert world.at("2027-01-01").sweep()[-1].details["given"] == {"cut": 2}
        assert world.sound()


def test_who_does_nothing_for_a_year_is_given_nothing_until_they_do() -> None:
    world = World()
    world.earn()
    given = withheld = 0
    for month in range(40):
        entries = world.at(f"{2026 + (month + 11) // 12}-{(month + 11) % 12 + 1:02d}-01").sweep()
        given += any("given" in entry.details for entry in entries)
        withheld += any("withheld" in entry.details for entry in entries)
    # December to November, and once that there is nothing any more.
    assert (given, withheld) == (12, 1)
    assert world.account.pack_on is None
    assert world.account.due_at is None
    world.earn()
    assert world.account.pack_on == date(2030, 4, 1)
    assert kinds(world.at("2030-04-01").sweep()) == [Kind.REDEEM, Kind.PACK]
    assert world.sound()


def test_an_operators_movement_is_no_activity() -> None:
    world = World()
    world.earn()
    for month in range(14):
        world.at(f"{2026 + (month + 11) // 12}-{(month + 11) % 12 + 1:02d}-01").sweep()
        adjust_points(world.services, world.program, Adjustment(f"a{month}", MEMBER, 5, "why"), actor="op")
    assert world.account.pack_on is None
    assert world.sound()


def test_a_pack_that_the_program_gives_up_is_waited_for_no_more() -> None:
    world = World()
    world.earn()
    bare = replace(shop(), version=2)
    world.services = services(CUTS, bare, clock=world.clock, ledger=world.services.ledger, **_same(world))
    world.program = bare
    world.at("2026-12-01")
    assert world.sweep() == ()
    assert world.account.due_at is None
    world.earn()
    assert world.account.pack_on is None
    assert world.sound()


def _same(world: World) -> dict[str, Any]:
    of = world.services
    return {name: getattr(of, name) for name in ("members", "timers", "notices", "coupons", "code_maker")}


def test_a_reward_that_left_is_not_in_the_pack() -> None:
    world = World(shop(PackItem("cut"), PackItem("gone")))
    world.earn()
    assert world.at("2026-12-01").sweep()[-1].details == {"level": "V2", "given": {"cut": 1}}


def test_an_order_of_a_pack_can_be_cancelled_and_gives_back_nothing() -> None:
    world = World()
    world.earn()
    world.at("2026-12-01").sweep()
    before = world.account.lots
    booked = cancel_order(world.services, world.program, Cancellation(MEMBER, "~2026-12.cut"), reason=None, actor="a")
    assert (booked.entry.points, world.account.lots) == (0, before)
    assert [found.state for found in list_coupons(world.services, world.program, MEMBER, limit=9).items] == [
        "void",
        "void",
    ]
    assert world.account.counters == {key: n for key, n in world.account.counters.items() if n > 0}
    assert world.sound()


def test_ten_years_of_packs() -> None:
    """120 months: one pack each, each with its own name, an account that does not grow, and all of it follows."""
    world = World()
    world.earn()
    sizes = []
    for month in range(120):
        year, number = divmod(2026 * 12 + 11 + month, 12)
        world.at(f"{year}-{number + 1:02d}-01")
        # Every other sweep comes a day, or three weeks, late.
        world.clock.moment += timedelta(days=(0, 1, 20)[month % 3])
        entries = world.sweep()
        assert kinds(entries) == [Kind.REDEEM, Kind.PACK]
        assert entries[-1].reference == f"{year}-{number + 1:02d}"
        assert entries[-1].details == {"level": "V2", "given": {"cut": 2}}
        assert world.sweep() == ()
        if month % 6 == 0:
            world.earn("1.00")
        sizes.append(item_size(AccountItem.of(replace(world.account, lots={})).item()))
    assert max(sizes[-12:]) <= max(sizes[24:36]) + 8
    page = world.services.ledger.entries(world.program.name, MEMBER, kind="pack", limit=10_000)
    packs = [entry for entry in page.items if entry.kind is Kind.PACK]
    assert len({entry.name for entry in packs}) == len(packs) == 120
    assert world.sound()
