"""What every movement has in common: limits, one entry that is the difference, a timer that only comes forward."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from points.domain.errors import LimitReached, MemberFrozen
from points.domain.ledger import lots as lot
from points.domain.ledger.account import Account, Activity, Hold
from points.domain.ledger.booking import book, refuse_if_frozen
from points.domain.ledger.entries import EntryName, Kind, Moves
from points.domain.limits import MAX_LOTS, MAX_OPEN_HOLDS, MAX_PENDING_LOTS, MAX_POINTS
from points.domain.program.expiry import AfterDays
from points.domain.program.refunds import ShortfallPolicy
from tests.builders import LOT, NOW, SHANGHAI, Walk, account, context, local, program

NAME = EntryName(Kind.ADJUST, "a")


def many_lots(count: int) -> dict[str, int]:
    first = date(2026, 4, 1).toordinal()
    return {lot.bucket(expires_on=date.fromordinal(first + day), earned_on=date(2026, 3, 1)): 2 for day in range(count)}


def test_an_entry_is_the_difference_between_two_accounts() -> None:
    before = account(lots={LOT: 10}, owed=3, seq=7, head="h")
    after = replace(before, lots={LOT: 4, "2028-12-31/2027-01": 1}, owed=0)
    decision = book(before, after, name=NAME, context=context(), reason="why", details={"a": 1})
    assert decision.entry.moves == Moves(lots={LOT: -6, "2028-12-31/2027-01": 1}, owed=-3)
    assert (decision.entry.points, decision.entry.seq, decision.entry.previous_digest) == (-2, 8, "h")
    assert decision.entry.balance == decision.account.balance(NOW, SHANGHAI)
    assert (decision.account.seq, decision.account.head) == (8, decision.entry.digest)


@pytest.mark.parametrize(
    ("limit", "after"),
    [
        ("points", account(lots={LOT: MAX_POINTS + 1})),
        ("points", account(lots={LOT: MAX_POINTS}, pending={f"2026-03-16>{LOT}": 1})),
        ("points", account(lots={LOT: MAX_POINTS}, holds={"h": Hold(NOW + timedelta(hours=1), {LOT: 1})})),
        ("owed", account(owed=MAX_POINTS + 1)),
        (
            "pending_lots",
            account(pending={f"{date.fromordinal(740_000 + i)}>{LOT}": 1 for i in range(MAX_PENDING_LOTS + 1)}),
        ),
        (
            "open_holds",
            account(holds={str(i): Hold(NOW + timedelta(hours=1), {LOT: 1}) for i in range(MAX_OPEN_HOLDS + 1)}),
        ),
    ],
)
def test_limits_are_clear_refusals(limit: str, after: Account) -> None:
    with pytest.raises(LimitReached) as refused:
        book(account(), after, name=NAME, context=context())
    assert refused.value.numbers["limit"] == limit


def test_lots_beyond_the_limit_are_merged() -> None:
    decision = book(account(), account(lots=many_lots(MAX_LOTS + 30)), name=NAME, context=context())
    assert len(decision.account.lots) == MAX_LOTS
    assert decision.entry.balance.available == 2 * (MAX_LOTS + 30)
    assert decision.entry.moves.lots == decision.account.lots


def test_a_full_account_can_always_spend_and_let_go() -> None:
    # GIVEN an account that holds half of all it can ever have, and a hold on the other half
    walk = Walk()
    walk.give(MAX_POINTS)
    walk.hold(MAX_POINTS // 2, 60)
    # WHEN more is given THEN it is refused now, not when the hold runs out
    with pytest.raises(LimitReached):
        walk.give(1)
    walk.wait(hours=1).redeem("coupon")
    assert walk.available == MAX_POINTS - 50


def test_the_timer_only_comes_forward() -> None:
    # GIVEN a timer that is set
    due = local("2026-03-20 00:00")
    before = account(lots={"2026-03-19/2026-03": 1}, due_at=due)
    # WHEN the lot is spent THEN the timer stays: the sweep will find nothing to do and set it anew
    assert book(before, account(due_at=due), name=NAME, context=context()).account.due_at == due
    # WHEN something is due earlier THEN it comes forward
    sooner = replace(before, pending={f"2026-03-17>{LOT}": 1})
    assert book(before, sooner, name=NAME, context=context()).account.due_at == local("2026-03-17 00:00")


@pytest.mark.parametrize("activity", Activity)
def test_a_freeze_stops_what_it_names(activity: Activity) -> None:
    refuse_if_frozen(account(frozen=frozenset(Activity) - {activity}), activity)
    with pytest.raises(MemberFrozen) as refused:
        refuse_if_frozen(account(frozen=frozenset({activity})), activity)
    assert refused.value.numbers == {"frozen": activity.value}


def test_spent_lots_are_those_drawn_though_lots_were_merged_in_the_same_movement() -> None:
    # GIVEN more lots than an account keeps, most of them just let go by holds
    lots = many_lots(MAX_LOTS + 40)
    names = sorted(lots)
    held = {name: lots[name] for name in names[MAX_LOTS:]}
    walk = Walk(account=account(lots={n: lots[n] for n in names[:MAX_LOTS]}, holds={"h": Hold(NOW, held)}))
    # WHEN a reward is bought
    redeemed = walk.redeem("coupon")
    # THEN the entry names the very lots the price was drawn from, soonest first
    assert redeemed.spent_lots() == dict.fromkeys(names[:25], 2)
    # AND cancelling gives back exactly the price
    assert walk.cancel(redeemed).points == 50


def test_spent_lots_are_those_drawn_though_debt_was_repaid_in_the_same_movement() -> None:
    # GIVEN a debt, and points that have matured since it was made
    pending = {"2026-03-15>2026-06-30/2026-03": 30, f"2026-03-15>{LOT}": 70}
    walk = Walk(account=account(pending=pending, owed=40))
    # WHEN they are spent
    redeemed = walk.redeem("coupon")
    # THEN the debt took the soonest, and the price is what came after
    assert redeemed.moves.owed == -40
    assert redeemed.spent_lots() == {LOT: 50}
    walk.cancel(redeemed)
    assert walk.account.lots == {LOT: 60}


def test_spent_lots_of_a_capture_are_not_those_a_debt_took() -> None:
    # GIVEN held points, and a debt made while they were held
    walk = Walk(program(shortfall=ShortfallPolicy.OWE, expiry=AfterDays(10)))
    walk.give(30, "2026-06-30")
    walk.give(20, "2026-09-30")
    earned = walk.earn("review")
    walk.give(-20)
    held = walk.hold(50)
    walk.reverse(earned)
    assert (walk.balance.held, walk.balance.owed) == (50, 20)
    # WHEN part of the hold is captured, the rest repays the debt first
    captured = walk.capture(held, 25)
    assert (walk.available, walk.balance.owed) == (5, 0)
    # THEN what the capture spent is still exact, and can be given back to its lots
    assert captured.spent_lots() == {"2026-06-30/2026-03": 25}
    walk.reverse(captured)
    assert walk.account.lots["2026-06-30/2026-03"] == 25


def test_most_entries_do_not_repeat_what_their_moves_say() -> None:
    walk = Walk()
    walk.give(100)
    assert "spent" not in walk.redeem("coupon").details
    assert "spent" not in walk.capture(walk.hold(50), 20).details
