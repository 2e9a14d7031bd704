"""Earning beside others: campaign budgets that run out, a referrer's account that moves, several members at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest

from points.adapters.memory import MemoryLedger
from points.application.earning.earn_points import earn_points
from points.application.earning.preview_earning import preview_earning
from points.application.earning.refer_member import refer_member
from points.application.members.enrol_member import enrol_member
from points.application.movement import Booked
from points.application.ports import RaceLost
from points.application.services import Services
from points.domain.errors import NotFound, ReferralRefused
from points.domain.evaluation.evaluation import Unpaid, Why
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Decision
from points.domain.ledger.entries import Entry, Kind
from points.domain.ledger.members import MemberFacts, Profile
from points.domain.movements.earning import Event
from points.domain.movements.referring import Invitation
from points.domain.program.campaigns import Campaign
from points.domain.program.conditions import Operator
from points.domain.program.dates import Dates
from points.domain.program.program import Program
from points.domain.program.referral import ReferralRules
from points.domain.program.rules import Fixed
from tests.builders import asks, paying, services, small

MARCH = Dates(date(2026, 3, 1), date(2026, 3, 31))


def bonus(name: str, points: int, budget: int) -> Campaign:
    return Campaign(name, frozenset({"b"}), MARCH, bonus=points, budget=budget)


def enrolled(rules: Program, *members: str) -> Services:
    wired = services(rules)
    for member in members:
        enrol_member(wired, rules, member, Profile())
    return wired


def earn(wired: Services, rules: Program, reference: str, member: str = "m-1", behaviour: str = "b") -> Booked:
    return earn_points(wired, rules, Event(reference, member, behaviour), actor="t")


def lines(entry: Entry) -> dict[str, int]:
    return {line.rule: line.points for line in entry.lines}


def account(wired: Services, member: str) -> Account:
    found = wired.ledger.account("demo", member)
    assert found is not None
    return found


class TestBudgets:
    def test_r_earn_6_a_budget_is_paid_out_to_the_last_event_that_fits(self) -> None:
        rules = small(paying(Fixed(1)), campaigns=(bonus("big", 40, 100), bonus("small", 5, 12)))
        wired = enrolled(rules, "m-1")
        paid = [lines(earn(wired, rules, f"e-{number}").entry) for number in range(4)]
        assert paid == [
            {"b": 1, "big": 40, "small": 5},
            {"b": 1, "big": 40, "small": 5},
            {"b": 1},
            {"b": 1},
        ]
        entry = earn(wired, rules, "e-9").entry
        assert entry.details["unpaid"] == {"big": "budget_exhausted", "small": "budget_exhausted"}

    def test_r_earn_12_a_replay_takes_nothing_from_it(self) -> None:
        rules = small(paying(Fixed(1)), campaigns=(bonus("big", 40, 80),))
        wired = enrolled(rules, "m-1")
        assert [earn(wired, rules, "e-1").replayed for _ in range(5)] == [False, *[True] * 4]
        assert lines(earn(wired, rules, "e-2").entry) == {"b": 1, "big": 40}

    def test_an_event_booked_before_the_budget_ran_out_is_a_replay_after_it(self) -> None:
        rules = small(paying(Fixed(1)), campaigns=(bonus("big", 40, 40),))
        wired = enrolled(rules, "m-1", "m-2")
        first = earn(wired, rules, "e-1")
        earn(wired, rules, "e-1", "m-2")
        assert earn(wired, rules, "e-1") == Booked(first.entry, replayed=True)

    def test_many_members_at_once_never_get_more(self) -> None:
        members = [f"m-{number}" for number in range(24)]
        rules = small(paying(Fixed(1)), campaigns=(bonus("big", 40, 500),))
        wired = enrolled(rules, *members)
        with ThreadPoolExecutor(8) as pool:
            booked = list(pool.map(lambda member: earn(wired, rules, "e", member), members))
        assert sum(lines(each.entry).get("big", 0) for each in booked) == 480


class TestDryRun:
    def test_it_knows_every_reason(self) -> None:
        later = Campaign("later", frozenset({"b"}), Dates(date(2026, 4, 1), date(2026, 4, 2)), bonus=1)
        rules = small(paying(Fixed(1), when=asks("hour", Operator.LESS_THAN, 6)), campaigns=(later,))
        preview = preview_earning(enrolled(rules, "m-1"), rules, Event("e", "m-1", "b"), actor="t")
        assert preview.evaluation.unpaid == (
            Unpaid("b", Why.CONDITION_NOT_MET),
            Unpaid("later", Why.NOT_IN_CAMPAIGN),
        )
        # An entry does not keep what is so for everybody.
        assert "unpaid" not in preview.decision.entry.details

    def test_it_shows_what_a_referral_would_bring(self) -> None:
        rules = small(paying(Fixed(1)), referral=ReferralRules(100, 300, qualifying_behaviour="b"))
        wired = enrolled(rules, "ann", "bob")
        refer_member(wired, rules, Invitation("i", "bob", "ann"), actor="t")
        before = account(wired, "ann"), account(wired, "bob")
        decision = preview_earning(wired, rules, Event("e", "bob", "b"), actor="t").decision
        assert lines(decision.entry) == {"b": 1, "invitation": 100}
        assert [other.entry.points for other in decision.others] == [300]
        assert (account(wired, "ann"), account(wired, "bob")) == before


class TestReferrals:
    RULES = small(paying(Fixed(1)), referral=ReferralRules(100, 300, qualifying_behaviour="b"))

    def test_r_earn_13_both_entries_or_none(self) -> None:
        wired = enrolled(self.RULES, "ann", "bob")
        invitation = Invitation("i", "bob", "ann")
        assert not refer_member(wired, self.RULES, invitation, actor="t").replayed
        assert refer_member(wired, self.RULES, invitation, actor="t").replayed
        with pytest.raises(ReferralRefused):
            refer_member(wired, self.RULES, replace(invitation, reference="j"), actor="t")
        earn(wired, self.RULES, "e-1", "bob")
        assert earn(wired, self.RULES, "e-1", "bob").replayed
        kinds = [entry.kind for entry in wired.ledger.entries("demo", "ann", limit=9).items]
        assert kinds == [Kind.REFERRAL_REWARD, Kind.REFERRAL]
        assert (account(wired, "ann").lots, account(wired, "bob").seq) == ({"2027-12-31/2026-03": 300}, 2)

    def test_members_who_do_not_exist(self) -> None:
        wired = enrolled(self.RULES, "ann")
        for newcomer, referrer in (("nobody", "ann"), ("ann", "nobody")):
            with pytest.raises(NotFound):
                refer_member(wired, self.RULES, Invitation("i", newcomer, referrer), actor="t")

    def test_a_referrer_who_moves_in_between_is_read_again(self) -> None:
        # GIVEN a referrer whose account is moved by somebody else between look and write
        class Busy(MemoryLedger):
            commits = 0

            def commit(self, decision: Decision) -> None:
                self.commits += 1
                if decision.others and self.commits == 4:
                    earn(wired, TestReferrals.RULES, "meanwhile", "ann")
                super().commit(decision)

        ledger = Busy()
        wired = services(self.RULES, ledger=ledger)
        for member in ("ann", "bob"):
            ledger.open_account("demo", member, MemberFacts())
        refer_member(wired, self.RULES, Invitation("i", "bob", "ann"), actor="t")
        earn(wired, self.RULES, "own", "ann")
        earn(wired, self.RULES, "own-2", "ann")
        # WHEN the newcomer qualifies THEN nobody's points are lost
        earn(wired, self.RULES, "e-1", "bob")
        assert sum(account(wired, "ann").lots.values()) == 303
        assert sum(account(wired, "bob").lots.values()) == 101

    def test_two_links_that_would_make_a_circle_cannot_both_commit(self) -> None:
        wired = enrolled(self.RULES, "ann", "bob")
        one = wired.ledger.account("demo", "ann"), wired.ledger.account("demo", "bob")
        assert None not in one
        with ThreadPoolExecutor(2) as pool:
            invitations = [Invitation("i", "bob", "ann"), Invitation("j", "ann", "bob")]

            def link(invitation: Invitation) -> bool:
                try:
                    refer_member(wired, self.RULES, invitation, actor="t")
                except (ReferralRefused, RaceLost):
                    return False
                return True

            assert sorted(pool.map(link, invitations)) == [False, True]
