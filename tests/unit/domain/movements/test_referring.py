"""R-EARN-13: an invitation links newcomer and referrer once, and pays both in one movement, once."""

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import pytest

from points.domain.errors import InvalidRequest, LimitReached, MemberFrozen, ReferralRefused
from points.domain.ledger.account import Account, Activity, Referral
from points.domain.ledger.booking import Context, Decision
from points.domain.ledger.entries import Entry, Kind, Line
from points.domain.movements.earning import Event, earn
from points.domain.movements.referring import Invitation, due_referrer, link
from points.domain.program.expiry import AfterDays
from points.domain.program.program import Program
from points.domain.program.referral import ReferralRules
from points.domain.program.risk import RiskAction, RiskRule, Velocity
from points.domain.program.rules import Fixed
from points.domain.program.tiers import Level, TierMetric, Tiers
from points.domain.program.windows import Window
from tests.builders import LOT, NOW, context, paying, small


def club(**changes: Any) -> Program:
    """Both are paid when the newcomer first buys."""
    referral = replace(ReferralRules(100, 300, qualifying_behaviour="buy"), **changes)
    return small(paying(Fixed(10), "buy"), paying(Fixed(1), "like"), referral=referral)


@dataclass
class Members:
    """Several members of one program; each movement is put in place with those that go with it."""

    rules: Program = field(default_factory=club)
    accounts: dict[str, Account] = field(default_factory=dict)

    @property
    def context(self) -> Context:
        return context(NOW, self.rules)

    def account(self, member: str) -> Account:
        return self.accounts.get(member, Account("demo", member))

    def invite(self, referrer: str, newcomer: str) -> Decision:
        invitation = Invitation(f"i-{newcomer}", newcomer, referrer)
        return self._done(link(self.account(newcomer), self.account(referrer), invitation, self.context))

    def earn(self, member: str, behaviour: str = "buy") -> Decision:
        account = self.account(member)
        referrer = due_referrer(account, behaviour, self.context)
        event = Event(f"e-{account.seq}", member, behaviour)
        return self._done(
            earn(account, event, self.context, referrer=None if referrer is None else self.account(referrer))
        )

    def freeze(self, member: str, *activities: Activity) -> None:
        self.accounts[member] = replace(self.account(member), frozen=frozenset(activities))

    def _done(self, decision: Decision) -> Decision:
        for movement in (decision, *decision.others):
            assert movement.before == self.account(movement.entry.member)
            self.accounts[movement.entry.member] = movement.account
        return decision

    def points(self, member: str) -> int:
        return self.account(member).balance(NOW, self.rules.zone).available


def other(decision: Decision) -> Entry:
    (movement,) = decision.others
    return movement.entry


def test_linking_is_an_entry_on_both_accounts() -> None:
    members = Members()
    decision = members.invite("ann", "bob")
    entry, beside = decision.entry, other(decision)
    assert (entry.kind, entry.reference, entry.details) == (Kind.REFERRED, "i-bob", {"referrer": "ann"})
    assert (beside.kind, beside.member, beside.reference) == (Kind.REFERRAL, "ann", "bob")
    assert (entry.points, beside.points, entry.lines, beside.lines) == (0, 0, (), ())
    assert members.account("bob").referral == Referral("ann", paid=False)


def test_the_qualifying_event_pays_both_in_one_movement() -> None:
    members = Members()
    members.invite("ann", "bob")
    assert members.earn("bob", "like").others == ()
    decision = members.earn("bob")
    assert decision.entry.lines == (Line("buy", 10), Line("invitation", 100))
    beside = other(decision)
    assert (beside.kind, beside.reference, beside.lines) == (
        Kind.REFERRAL_REWARD,
        f"bob/{decision.entry.reference}",
        (Line("invitation", 300),),
    )
    assert (members.points("ann"), members.points("bob")) == (300, 111)
    assert members.account("bob").referral == Referral("ann", paid=True)


def test_once_per_newcomer() -> None:
    members = Members()
    members.invite("ann", "bob")
    members.earn("bob")
    decision = members.earn("bob")
    assert (decision.entry.points, decision.others, members.points("ann")) == (10, (), 300)


def test_enrolment_may_be_what_qualifies() -> None:
    members = Members(club(qualifying_behaviour=None))
    decision = members.invite("ann", "bob")
    assert (decision.entry.lines, other(decision).lines) == ((Line("invitation", 100),), (Line("invitation", 300),))
    assert (members.points("ann"), members.points("bob")) == (300, 100)
    # AND buying later brings nothing more
    assert members.earn("bob").entry.points == 10
    assert members.points("ann") == 300


def test_points_of_a_referral_have_their_own_expiry() -> None:
    members = Members(club(expiry=AfterDays(30)))
    members.invite("ann", "bob")
    members.earn("bob")
    assert members.account("ann").lots == {"2026-04-14/2026-03": 300}
    assert members.account("bob").lots == {"2026-04-14/2026-03": 100, LOT: 10}


def test_new_points_repay_the_referrers_debt_first() -> None:
    members = Members()
    members.invite("ann", "bob")
    members.accounts["ann"] = replace(members.account("ann"), owed=120)
    assert other(members.earn("bob")).points == 300
    assert (members.points("ann"), members.account("ann").owed) == (180, 0)


@pytest.mark.parametrize(("newcomer", "referrer"), [(0, 300), (100, 0)])
def test_one_side_may_get_nothing(newcomer: int, referrer: int) -> None:
    members = Members(club(newcomer_points=newcomer, referrer_points=referrer))
    members.invite("ann", "bob")
    decision = members.earn("bob")
    assert (decision.entry.points, other(decision).points) == (10 + newcomer, referrer)


class TestRefusals:
    def test_nobody_refers_themselves(self) -> None:
        with pytest.raises(InvalidRequest):
            Members().invite("ann", "ann")

    def test_a_program_without_referrals(self) -> None:
        with pytest.raises(InvalidRequest):
            Members(small(paying(Fixed(1)))).invite("ann", "bob")

    @pytest.mark.parametrize("chain", [["ann", "bob"], ["ann", "bob", "cem"], ["ann", "bob", "cem", "dee"]])
    def test_no_circle_of_any_length(self, chain: list[str]) -> None:
        members = Members()
        for referrer, newcomer in pairwise(chain):
            members.invite(referrer, newcomer)
        with pytest.raises(ReferralRefused):
            members.invite(chain[-1], chain[0])

    def test_nobody_is_brought_twice(self) -> None:
        members = Members()
        members.invite("ann", "bob")
        for referrer in ("ann", "cem"):
            with pytest.raises(ReferralRefused):
                members.invite(referrer, "bob")

    def test_only_a_newcomer_is_brought(self) -> None:
        members = Members()
        members.earn("bob", "like")
        with pytest.raises(ReferralRefused):
            members.invite("ann", "bob")

    @pytest.mark.parametrize("qualifying", [None, "buy"])
    def test_a_referrer_has_a_cap(self, qualifying: str | None) -> None:
        members = Members(club(maximum_per_referrer=2, qualifying_behaviour=qualifying))
        for newcomer in ("n-1", "n-2"):
            members.invite("ann", newcomer)
            members.earn(newcomer)
        with pytest.raises(LimitReached) as refused:
            members.invite("ann", "n-3")
        assert refused.value.numbers == {"limit": "referrals", "maximum": 2}
        assert members.points("ann") == 600


class TestReferrersWhoGetNothing:
    """The newcomer is paid all the same, and once."""

    def test_who_reached_the_cap_after_the_link(self) -> None:
        members = Members(club(maximum_per_referrer=1))
        members.invite("ann", "bob")
        members.invite("ann", "cem")
        members.earn("bob")
        decision = members.earn("cem")
        assert (decision.entry.points, decision.others) == (110, ())
        assert members.account("cem").referral == Referral("ann", paid=True)

    def test_who_is_frozen(self) -> None:
        members = Members()
        members.invite("ann", "bob")
        members.freeze("ann", Activity.EARNING)
        assert members.earn("bob").others == ()
        assert (members.points("ann"), members.points("bob")) == (0, 110)
        # AND it is not made up for later
        members.freeze("ann")
        assert members.earn("bob").others == ()

    def test_who_is_frozen_when_enrolment_qualifies(self) -> None:
        members = Members(club(qualifying_behaviour=None))
        members.freeze("ann", Activity.EARNING)
        decision = members.invite("ann", "bob")
        assert (decision.entry.points, other(decision).points, other(decision).lines) == (100, 0, ())
        assert (members.points("ann"), members.points("bob")) == (0, 100)

    def test_but_freezing_redemption_stops_no_reward(self) -> None:
        members = Members()
        members.invite("ann", "bob")
        members.freeze("ann", Activity.REDEEMING)
        assert other(members.earn("bob")).points == 300


def test_a_frozen_newcomer_earns_nothing_yet() -> None:
    members = Members()
    members.invite("ann", "bob")
    members.freeze("bob", Activity.EARNING)
    with pytest.raises(MemberFrozen):
        members.earn("bob")
    members.freeze("bob")
    assert members.earn("bob").entry.points == 110


def test_rules_that_changed_meanwhile() -> None:
    members = Members()
    members.invite("ann", "bob")
    # Without referrals nobody is paid, and with them again the link still stands.
    members.rules = replace(members.rules, referral=None)
    assert members.earn("bob").entry.points == 10
    members.rules = club()
    assert members.earn("bob").entry.points == 110


def test_the_newcomers_points_count_for_their_tier_and_for_velocity() -> None:
    risk = RiskRule("sudden", Velocity.POINTS, Window.DAY, 109, RiskAction.PEND, pending_days=5)
    tiers = Tiers(TierMetric.POINTS, (Level("V1", 0), Level("V2", 110)))
    members = Members(replace(club(), risk=(risk,), tiers=tiers))
    members.invite("ann", "bob")
    decision = members.earn("bob")
    assert (decision.entry.details["tier"], decision.entry.balance.pending) == ("V2", 110)
