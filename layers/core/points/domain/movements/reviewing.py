"""Tier reviews: at the end of a period a member keeps their tier or steps down (R-TIER-1). The due timer finds them."""

from dataclasses import replace

from points.domain.calendar import utc_text
from points.domain.errors import NothingDue
from points.domain.evaluation.standing import reviewed, tier_details
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, Decision, book
from points.domain.ledger.entries import EntryName, Kind


def review_tier(account: Account, context: Context) -> Decision:
    """An entry each time, also where the tier is kept: the review is part of the member's history. Its reference is the
    review day, so that a second run finds it booked. Raises NothingDue before that day and where there is no tier to
    review."""
    tiers, tier = context.program.tiers, account.tier
    if tiers is None or tier is None or tier.review_on is None or tier.review_on > context.today:
        raise NothingDue("no tier review is due", now=utc_text(context.now))
    after = replace(account, tier=reviewed(tier, account.counters, tiers, context.today))
    return book(
        account,
        after,
        name=EntryName(Kind.TIER_REVIEW, tier.review_on.isoformat()),
        context=context,
        details={"before": tier.name, **tier_details(account, after)},
    )
