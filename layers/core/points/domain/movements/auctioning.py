"""How an auction ends: what the leader has bid is spent and the reward theirs, or it is called off and they are whole.

Both go by what the auction and the leader's hold say, not by the program, which may have given up either. The sweep
finds the leader's account when the auction has closed (R-RED-6).
"""

from dataclasses import replace

from points.domain.ledger.account import Account
from points.domain.ledger.auctions import Standing, hold_name, won_order
from points.domain.ledger.booking import Context, Decision, MoveAuction, book
from points.domain.ledger.entries import EntryName, Kind
from points.domain.ledger.timers import next_due
from points.domain.movements.bidding import let_go
from points.domain.movements.granting import granted

BY_OPERATOR = "operator"
MEMBER_ERASED = "member_erased"
"""Why an auction was called off, beside the codes of the refusals that keep a reward from being granted."""


def win(account: Account, standing: Standing, context: Context) -> Decision:
    """One movement of two entries: that the auction is won, and what was bid for it spent on the reward, as in any
    redemption. From then on its order is one like any other.

    A freeze since the bid does not undo it: the bid was made before. Nor do the reward's own price, days and
    conditions matter: the auction had its own. Raises UnknownReward; OutOfStock and SoldOutToday at commit.
    """
    reward = context.program.reward(standing.reward)
    order = won_order(standing.auction)
    won = book(
        account,
        account,
        name=EntryName(Kind.WIN, standing.auction),
        context=context,
        details={
            "auction": standing.auction,
            "bid": standing.bids,
            "points": standing.amount,
            "order_reference": order,
        },
    )
    settled = won.account.settled(context.now, context.program.zone)
    holds = dict(settled.holds)
    hold = holds.pop(hold_name(standing.auction))
    paid = replace(settled, holds=holds)
    grant = granted(paid, reward, 1, order, context, price=standing.amount)
    redeemed = book(
        won.account,
        grant.account,
        name=EntryName(Kind.REDEEM, order),
        context=context,
        details={**grant.details, "spent": hold.lots, "won": standing.auction},
        effects=(MoveAuction(standing, standing.settled(context.now, context.actor)), *grant.effects),
    )
    return replace(_timed(redeemed, context), before=account, preceding=(won.entry,))


def call_off(
    account: Account, standing: Standing, context: Context, *, why: str, reason: str | None = None
) -> Decision:
    """The leader's points are theirs again, and nobody has won. ``reason`` is an operator's."""
    ended = standing.cancelled(context.now, context.actor, why=why, reason=reason)
    called_off = book(
        account,
        let_go(account, standing.auction, context),
        name=EntryName(Kind.AUCTION_CANCELLED, standing.auction),
        context=context,
        details={"auction": standing.auction, "bid": standing.bids, "points": standing.amount, "why": why},
        effects=(MoveAuction(standing, ended),),
    )
    return _timed(called_off, context)


def _timed(decision: Decision, context: Context) -> Decision:
    """With the timer set to exactly the next moment: what it waited for is done."""
    account = decision.account
    return replace(decision, account=replace(account, due_at=next_due(account, context.program)))
