"""Points from member to member: both accounts in one movement, lots as they are, a fee for nobody, and the way back."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest

from points.application.administration.adjust_points import adjust_points
from points.application.administration.freeze_member import freeze_member
from points.application.earning.earn_points import earn_points
from points.application.earning.reverse_entry import reverse_entry
from points.application.expiry.bring_up_to_date import bring_up_to_date
from points.application.movement import Booked
from points.application.reading import entries_newest_first
from points.application.redemption.redeem_reward import redeem_reward
from points.application.redemption.transfer_points import Return, take_transfer_back, transfer_points
from points.application.services import Services
from points.domain.auditing.giving import gifts_relied_on, gifts_said
from points.domain.auditing.using import usages_told
from points.domain.errors import (
    AccountTooYoung,
    InsufficientPoints,
    InvalidRequest,
    LimitReached,
    MemberFrozen,
    NotEligible,
    NotFound,
    PointsError,
    ReferenceReused,
    RiskRefused,
)
from points.domain.ledger.account import Account, Activity
from points.domain.ledger.entries import Entry, EntryName, Kind, Line
from points.domain.ledger.lots import Lots
from points.domain.ledger.members import MemberFacts, Profile
from points.domain.ledger.usage import Used
from points.domain.limits import MAX_LOTS, MAX_POINTS
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.earning import Event
from points.domain.movements.freezing import Freeze
from points.domain.movements.redeeming import Redemption
from points.domain.movements.reversing import Reversal
from points.domain.movements.transferring import Transfer
from points.domain.program.conditions import Operator
from points.domain.program.expiry import ByActivity
from points.domain.program.limiting import MemberLimit
from points.domain.program.program import Program
from points.domain.program.refunds import ShortfallPolicy
from points.domain.program.risk import RiskAction, RiskRule, Velocity
from points.domain.program.tiers import Level, TierMetric, Tiers
from points.domain.program.transferring import TransferFee, TransferRules
from points.domain.program.windows import Window
from tests.builders import NOW, SetClock, asks, local, program, services
from tests.support.proof import findings

ANN, BEN, CLEO = "ann", "ben", "cleo"


@dataclass
class Club:
    """Three members. Everything is audited whenever something has happened."""

    rules: Program = field(default_factory=lambda: program(transfers=TransferRules()))
    clock: SetClock = field(default_factory=SetClock)
    services: Services = field(init=False)
    count: int = 0

    def __post_init__(self) -> None:
        self.services = services(self.rules, clock=self.clock)
        for member in (ANN, BEN, CLEO):
            self.services.members.enrol("demo", member, Profile(), MemberFacts())

    def change(self, **changes: Any) -> None:
        self.rules = replace(self.rules, version=self.rules.version + 1, **changes)
        kept: Any = self.services.programs
        self.services = replace(self.services, programs=type(kept)(*kept._versions.values(), self.rules))

    def name(self) -> str:
        self.count += 1
        return f"r-{self.count}"

    def have(self, member: str, points: int, expires_on: str | None = "2027-12-31") -> None:
        day = None if expires_on is None else date.fromisoformat(expires_on)
        adjust_points(self.services, self.rules, Adjustment(self.name(), member, points, "b", day), actor="op")

    def give(self, points: int, giver: str = ANN, to: str = BEN, reference: str | None = None) -> Booked:
        wanted = Transfer(reference or self.name(), giver, to, points)
        booked = transfer_points(self.services, self.rules, wanted, actor="app")
        self.proved()
        return booked

    def back(self, given: Booked) -> Booked:
        wanted = Return(given.entry.member, given.entry.reference)
        booked = take_transfer_back(self.services, self.rules, wanted, reason="stolen", actor="op")
        self.proved()
        return booked

    def spend(self, member: str, quantity: int = 1) -> None:
        redeem_reward(self.services, self.rules, Redemption(self.name(), member, "coupon", quantity), actor="app")

    def account(self, member: str) -> Account:
        account = self.services.ledger.account("demo", member)
        assert account is not None
        return account

    def lots(self, member: str) -> Lots:
        return self.account(member).lots

    def available(self, member: str) -> int:
        return self.account(member).balance(self.clock.moment, self.rules.zone).available

    def entries(self, member: str) -> list[Entry]:
        return list(entries_newest_first(self.services, self.rules, member))[::-1]

    def proved(self) -> None:
        said, relied_on = set(), set()
        for member in (ANN, BEN, CLEO):
            entries = self.entries(member)
            assert findings(self.services, self.rules, member) == []
            said |= set(gifts_said(entries))
            relied_on |= set(gifts_relied_on(entries))
        assert said == relied_on

    def refused(self, error: type[PointsError], **wanted: Any) -> PointsError:
        """Nothing of either account has moved."""
        before = [self.account(member) for member in (ANN, BEN)]
        with pytest.raises(error) as refused:
            self.give(**{"points": 100} | wanted)
        assert [self.account(member) for member in (ANN, BEN)] == before
        return refused.value


def test_points_become_the_others_with_their_own_expiry_the_soonest_first() -> None:
    club = Club()
    club.have(ANN, 30, "2026-04-30")
    club.have(ANN, 100, "2026-09-30")

    given = club.give(50, reference="birthday")

    assert club.lots(ANN) == {"2026-09-30/2026-03": 80}
    assert club.lots(BEN) == {"2026-04-30/2026-03": 30, "2026-09-30/2026-03": 20}
    assert (given.entry.name, given.entry.points, given.entry.lines) == (
        EntryName(Kind.TRANSFER_OUT, "birthday"), -50, (),
    )  # fmt: skip
    received = club.entries(BEN)[-1]
    assert (received.name, received.points) == (EntryName(Kind.TRANSFER_IN, "ann/birthday"), 50)
    assert received.details == {"giver": ANN, "points": 50}


def test_once_for_ever_whatever_happens_since() -> None:
    club = Club()
    club.have(ANN, 100)
    first = club.give(100, reference="x")
    club.change(transfers=None)
    assert club.give(100, reference="x") == Booked(first.entry, replayed=True)
    assert (club.available(ANN), club.available(BEN)) == (0, 100)
    with pytest.raises(ReferenceReused):
        club.give(99, reference="x")
    with pytest.raises(ReferenceReused):
        club.give(100, to=CLEO, reference="x")


def test_two_givers_may_use_one_reference() -> None:
    club = Club()
    club.have(ANN, 10)
    club.have(BEN, 10)
    club.give(10, ANN, CLEO, "x")
    club.give(10, BEN, CLEO, "x")
    assert club.available(CLEO) == 20


class TestFee:
    @pytest.mark.parametrize(
        ("fee", "points", "expected"),
        [
            (TransferFee(), 100, 0),
            (TransferFee(points=7), 1, 7),
            (TransferFee(percent_hundredths=250), 100, 3),
            (TransferFee(percent_hundredths=250), 1, 1),
            (TransferFee(percent_hundredths=1), 10_000, 1),
            (TransferFee(percent_hundredths=1), 10_001, 2),
            (TransferFee(percent_hundredths=1_000, points=5), 50, 10),
        ],
    )
    def test_is_a_share_rounded_up_and_points(self, fee: TransferFee, points: int, expected: int) -> None:
        assert fee.of(points) == expected

    def test_giving_in_parts_is_never_cheaper(self) -> None:
        fee = TransferFee(percent_hundredths=333, points=1)
        for points in range(2, 200):
            for part in range(1, points):
                assert fee.of(part) + fee.of(points - part) >= fee.of(points)

    def test_is_the_givers_on_top_and_goes_to_nobody_from_what_expires_first(self) -> None:
        club = Club(program(transfers=TransferRules(fee=TransferFee(percent_hundredths=1_000))))
        club.have(ANN, 5, "2026-04-30")
        club.have(ANN, 105, "2026-09-30")
        entry = club.give(100).entry
        assert (entry.points, entry.lines) == (-110, (Line("transfer_fee", -10),))
        assert (entry.details["points"], entry.details["fee"]) == (100, 10)
        assert club.lots(ANN) == {}
        assert club.lots(BEN) == {"2026-09-30/2026-03": 100}

    def test_without_points_for_it_nothing_is_given(self) -> None:
        club = Club(program(transfers=TransferRules(fee=TransferFee(points=1))))
        club.have(ANN, 100)
        assert club.refused(InsufficientPoints).numbers == {"available": 100, "required": 101}


class TestRefused:
    def test_where_the_program_has_no_transfers(self) -> None:
        club = Club(program())
        club.have(ANN, 100)
        club.refused(InvalidRequest)

    def test_to_oneself_and_to_nobody(self) -> None:
        club = Club()
        club.have(ANN, 100)
        club.refused(InvalidRequest, to=ANN)
        club.refused(NotFound, to="nobody")

    @pytest.mark.parametrize("points", [9, 51, 0, -5])
    def test_less_or_more_than_may_be_given_at_once(self, points: int) -> None:
        club = Club(program(transfers=TransferRules(minimum=10, maximum=50)))
        club.have(ANN, 100)
        club.refused(InvalidRequest, points=points)
        assert club.give(10).entry.points == -10

    def test_who_is_frozen(self) -> None:
        club = Club()
        club.have(ANN, 100)
        club.have(BEN, 100)
        for member, activity, givers in (
            (ANN, Activity.REDEEMING, [(ANN, BEN)]),
            (BEN, Activity.EARNING, [(ANN, BEN), (CLEO, BEN)]),
        ):
            frozen = Freeze(club.name(), member, "odd", frozenset({activity}))
            freeze_member(club.services, club.rules, frozen, actor="op")
            for giver, to in givers:
                club.refused(MemberFrozen, giver=giver, to=to)
        # Each is frozen in one thing only: what goes the other way round goes.
        assert club.give(100, BEN, ANN).entry.points == -100

    def test_whose_account_is_too_young(self) -> None:
        club = Club(program(transfers=TransferRules(minimum_account_days=30)))
        assert club.refused(AccountTooYoung).numbers == {"allowed_from": "2026-04-14"}
        club.have(ANN, 100)
        club.clock.moment = local("2026-04-13 23:59")
        assert club.refused(AccountTooYoung).numbers == {"allowed_from": "2026-04-14"}
        club.clock.moment = local("2026-04-14 00:00")
        assert club.give(100).entry.points == -100

    def test_who_is_not_somebody_it_is_for(self) -> None:
        verified = asks("real_name_verified", Operator.EQUALS, True)
        club = Club(program(transfers=TransferRules(when=verified)))
        club.have(ANN, 100)
        club.refused(NotEligible)
        club.services.members.enrol("demo", ANN, Profile(real_name_verified=True), MemberFacts(real_name_verified=True))
        assert club.give(100).entry.points == -100

    def test_what_is_not_there_held_or_has_expired(self) -> None:
        club = Club()
        club.have(ANN, 60)
        club.have(ANN, 40, "2026-03-20")
        club.clock.moment = local("2026-03-21")
        assert club.refused(InsufficientPoints).numbers == {"available": 60, "required": 100}

    def test_who_does_it_too_often_for_the_risk_rules(self) -> None:
        """Points that leave a member's hands count as a redemption does."""
        rule = RiskRule("fast", Velocity.REDEMPTIONS, Window.DAY, 2, RiskAction.REFUSE)
        club = Club(program(transfers=TransferRules(), risk=(rule,)))
        club.have(ANN, 1_000)
        club.give(10)
        club.spend(ANN)
        club.refused(RiskRefused)

    def test_what_the_receiver_has_no_room_for(self) -> None:
        club = Club()
        club.have(ANN, 100)
        club.have(BEN, MAX_POINTS)
        reached = club.refused(LimitReached)
        assert reached.numbers == {"limit": "points", "maximum": MAX_POINTS, "member": BEN}


class TestLimits:
    RULES = TransferRules(
        limits=(MemberLimit(Window.DAY, 2), MemberLimit(Window.MONTH, 3)),
        points_limits=(MemberLimit(Window.DAY, 100),),
    )

    def club(self) -> Club:
        club = Club(program(transfers=self.RULES))
        club.have(ANN, 1_000)
        return club

    def test_how_often(self) -> None:
        club = self.club()
        club.give(1)
        club.give(1, to=CLEO)
        assert club.refused(LimitReached, points=1).numbers == {"limit": "transfer_transfers/day", "maximum": 2}
        club.clock.moment += timedelta(days=1)
        club.give(1)
        assert club.refused(LimitReached, points=1).numbers == {"limit": "transfer_transfers/month", "maximum": 3}

    def test_how_much_in_all(self) -> None:
        club = self.club()
        club.give(60)
        assert club.refused(LimitReached, points=41).numbers == {"limit": "transfer_points/day", "maximum": 100}
        club.give(40)

    def test_receiving_counts_for_nobody(self) -> None:
        club = self.club()
        club.give(50)
        club.give(50, BEN, CLEO)
        club.give(50, CLEO, BEN)
        assert club.available(BEN) == 50

    def test_what_is_taken_back_is_given_back(self) -> None:
        club = self.club()
        given = club.give(100)
        club.back(given)
        club.back(given)
        told = usages_told(club.entries(ANN), club.rules.zone)
        for name in ("transfers", "points"):
            usage = club.services.ledger.usage("demo", ANN, Used.TRANSFER, name)
            assert usage.lifetime == usage.in_month == 0
            assert told[Used.TRANSFER, name] == usage
        club.give(100)

    def test_what_was_not_limited_then_is_not_given_back_now(self) -> None:
        club = Club()
        club.have(ANN, 100)
        given = club.give(100)
        club.change(transfers=self.RULES)
        club.back(given)
        assert club.services.ledger.usage("demo", ANN, Used.TRANSFER, "transfers").lifetime == 0


def test_a_debt_of_the_receiver_is_repaid() -> None:
    club = Club()
    club.have(ANN, 100)
    earn_points(club.services, club.rules, Event("e", BEN, "purchase", "60.00"), actor="a")
    club.spend(BEN)
    refund = Reversal("v", BEN, EntryName(Kind.EARN, "e"))
    reverse_entry(club.services, club.rules, refund, actor="a")
    assert club.account(BEN).owed == 50
    club.give(80)
    assert (club.account(BEN).owed, club.available(BEN)) == (0, 30)
    # AND a giver who owes has nothing to give
    assert club.give(30, BEN, CLEO).entry.points == -30
    assert club.refused(InsufficientPoints, giver=BEN, to=CLEO).numbers["available"] == 0


def test_transferred_points_count_for_no_tier() -> None:
    tiers = Tiers(TierMetric.POINTS, (Level("V1", 0), Level("V2", 100)))
    club = Club(program(transfers=TransferRules(), tiers=tiers))
    earn_points(club.services, club.rules, Event("e", ANN, "purchase", "500.00"), actor="a")
    earn_points(club.services, club.rules, Event("e", BEN, "purchase", "1.00"), actor="a")
    counters = club.account(BEN).counters
    club.give(400)
    tier = club.account(BEN).tier
    assert (None if tier is None else tier.name) in {None, "V1"}
    assert club.account(BEN).counters == counters


def test_giving_is_something_done_and_receiving_is_not() -> None:
    club = Club()
    club.have(ANN, 100)
    club.give(100)
    assert club.account(ANN).active_on == date(2026, 3, 15)
    assert club.account(BEN).active_on is None


class TestMovingLots:
    """Points that activity keeps alive have the giver's date, and leave with it: the receiver's activity, or another
    round of giving, makes nothing younger."""

    def club(self) -> Club:
        club = Club(program(transfers=TransferRules(), expiry=ByActivity(6)))
        club.clock.moment = local("2026-01-10")
        earn_points(club.services, club.rules, Event("e", ANN, "purchase", "100.00"), actor="a")
        club.clock.moment = local("2026-03-15")
        earn_points(club.services, club.rules, Event("e", BEN, "purchase", "1.00"), actor="a")
        return club

    def test_leave_with_the_date_they_had(self) -> None:
        club = self.club()
        assert club.account(ANN).active_until == date(2026, 7, 10)
        given = club.give(40)
        assert given.entry.details["good_until"] == "2026-07-10"
        assert club.lots(BEN)["2026-07-10/2026-01"] == 40
        earn_points(club.services, club.rules, Event("e2", BEN, "purchase", "1.00"), actor="a")
        club.give(40, BEN, ANN)
        assert club.lots(ANN)["2026-07-10/2026-01"] == 40

    def test_move_again_when_they_are_back(self) -> None:
        club = self.club()
        before = club.lots(ANN)
        club.back(club.give(40))
        assert club.lots(ANN) == before


class TestTheWayBack:
    def test_restores_both_accounts_and_the_fee(self) -> None:
        club = Club(program(transfers=TransferRules(fee=TransferFee(points=7))))
        club.have(ANN, 30, "2026-04-30")
        club.have(ANN, 100, "2026-09-30")
        before = club.lots(ANN)
        given = club.give(50)
        booked = club.back(given)
        assert (club.lots(ANN), club.lots(BEN)) == (before, {})
        assert (booked.entry.points, club.entries(BEN)[-1].points) == (57, -50)
        assert booked.entry.name == EntryName(Kind.REVERSAL, "return", reverses=given.entry.name)
        assert booked.entry.reason == "stolen"

    def test_is_gone_once(self) -> None:
        club = Club()
        club.have(ANN, 100)
        given = club.give(100)
        first = club.back(given)
        assert club.back(given) == Booked(first.entry, replayed=True)
        assert (club.available(ANN), club.available(BEN)) == (100, 0)

    def test_of_what_never_was(self) -> None:
        club = Club()
        with pytest.raises(NotFound):
            take_transfer_back(club.services, club.rules, Return(ANN, "x"), reason="r", actor="op")

    def test_stays_open_when_the_program_gives_transfers_up_and_members_are_frozen(self) -> None:
        club = Club()
        club.have(ANN, 100)
        given = club.give(100)
        for member in (ANN, BEN):
            freeze_member(club.services, club.rules, Freeze(club.name(), member, "odd"), actor="op")
        club.change(transfers=None)
        club.back(given)
        assert club.available(ANN) == 100

    def spent(self, policy: ShortfallPolicy, *, others: int = 0) -> tuple[Club, Booked]:
        """Ben was given 30 and 70 points, and has spent 50."""
        club = Club(program(transfers=TransferRules(), shortfall=policy))
        club.have(ANN, 30, "2026-04-30")
        club.have(ANN, 70, "2026-09-30")
        given = club.give(100)
        club.spend(BEN)
        if others:
            club.have(BEN, others)
        return club, given

    def test_takes_other_points_first(self) -> None:
        club, given = self.spent(ShortfallPolicy.REFUSE, others=60)
        club.back(given)
        assert club.lots(ANN) == {"2026-04-30/2026-03": 30, "2026-09-30/2026-03": 70}
        assert (club.lots(BEN), club.account(BEN).owed) == ({"2027-12-31/2026-03": 10}, 0)

    def test_what_was_spent_is_owed(self) -> None:
        club, given = self.spent(ShortfallPolicy.OWE)
        club.back(given)
        assert (club.available(ANN), club.available(BEN), club.account(BEN).owed) == (100, 0, 50)

    def test_or_stays_where_it_is(self) -> None:
        """The giver has what lives longest of it: the soonest were spent first."""
        club, given = self.spent(ShortfallPolicy.TAKE_AVAILABLE)
        booked = club.back(given)
        assert club.lots(ANN) == {"2026-09-30/2026-03": 50}
        assert (club.account(BEN).owed, club.available(BEN)) == (0, 0)
        assert (booked.entry.details["nominal"], booked.entry.details["waived"]) == (100, 50)

    def test_or_is_refused(self) -> None:
        club, given = self.spent(ShortfallPolicy.REFUSE)
        with pytest.raises(InsufficientPoints) as refused:
            club.back(given)
        assert refused.value.numbers == {"available": 50, "required": 100}
        assert (club.available(ANN), club.available(BEN)) == (0, 50)

    @pytest.mark.parametrize("swept", [False, True])
    @pytest.mark.parametrize("grace", [None, 90])
    def test_what_has_expired_is_taken_from_nobody_and_comes_back_to_nobody(
        self, grace: int | None, *, swept: bool
    ) -> None:
        club = Club(program(transfers=TransferRules(), expired_return_days=grace))
        club.have(ANN, 30, "2026-04-30")
        club.have(ANN, 70, "2026-09-30")
        given = club.give(100)
        club.clock.moment = local("2026-05-02")
        if swept:
            bring_up_to_date(club.services, club.rules, BEN, club.clock.moment)
        assert club.back(given).entry.points == 70
        assert (club.available(ANN), club.available(BEN), club.account(BEN).owed) == (70, 0, 0)

    def test_a_debt_of_the_giver_is_repaid(self) -> None:
        club = Club()
        earn_points(club.services, club.rules, Event("e", ANN, "purchase", "60.00"), actor="a")
        given = club.give(60)
        reverse_entry(club.services, club.rules, Reversal("v", ANN, EntryName(Kind.EARN, "e")), actor="a")
        assert club.account(ANN).owed == 60
        club.back(given)
        assert (club.account(ANN).owed, club.available(ANN)) == (0, 0)


def test_an_account_full_of_lots_takes_more_and_stays_as_full() -> None:
    """Neighbours are joined in the member's favour; the way back takes as many points and gives the very lots."""
    club = Club()
    for number in range(MAX_LOTS):
        day = date(2027, 1, 1) + timedelta(days=2 * number)
        club.have(BEN, 10, day.isoformat())
    for number in range(20):
        day = date(2027, 1, 2) + timedelta(days=2 * number)
        club.have(ANN, 10, day.isoformat())
    before = club.lots(ANN)
    given = club.give(200)
    assert len(club.lots(BEN)) == MAX_LOTS
    club.back(given)
    assert club.lots(ANN) == before
    assert club.available(BEN) == 10 * MAX_LOTS


def test_everybody_in_a_round_gives_and_takes_back_and_nothing_is_lost() -> None:
    club = Club()
    club.have(ANN, 100)
    given = [club.give(100, *pair) for pair in ((ANN, BEN), (BEN, CLEO), (CLEO, ANN))]
    for each in given:
        club.back(each)
    total = sum(club.available(member) - club.account(member).owed for member in (ANN, BEN, CLEO))
    assert total == 100
    assert club.clock.moment == NOW
