"""What a program may not be more of, because limits multiply: one account, one transaction, one answer.

Each of these could be met by a document every part of which is within its own bounds.
"""

from collections.abc import Iterator
from datetime import date

from points.adapters.program_document import schema
from points.adapters.program_document.checks import Faults
from points.adapters.program_document.counting import needs, too_much
from points.adapters.program_document.draw_faults import prizes_in
from points.adapters.program_document.parts import Parts, read_from
from points.adapters.program_document.waiting import expires_within, waiting
from points.domain.errors import Fault
from points.domain.limits import MAX_BUDGETS_PER_EVENT, MAX_STOCK_SHARDS


def bound_faults(parts: Parts) -> Faults:
    yield from _counters(parts)
    yield from _waiting(parts)
    yield from _budgets(parts)
    yield from _stock_shards(parts)


def _counters(parts: Parts) -> Faults:
    if problem := too_much(needs(parts)):
        yield Fault("/backdating_days", "too_many_counters", problem)


def _waiting(parts: Parts) -> Faults:
    for way in waiting(parts):
        if expires_within(way.days, way.expiry):
            yield Fault(way.path, "expires_while_pending", "points of some days would expire while they wait")


def _budgets(parts: Parts) -> Faults:
    """Budgets that one event may be paid from: each is a part of its transaction."""
    by_behaviour: dict[str, list[tuple[date, date]]] = {}
    for behaviour, days in read_from(parts.campaigns, _budgeted_days):
        by_behaviour.setdefault(behaviour, []).append(days)
    for behaviour, spans in sorted(by_behaviour.items()):
        at_once = max(sum(first <= day <= last for first, last in spans) for day, _ in spans)
        if at_once > MAX_BUDGETS_PER_EVENT:
            message = f"{at_once} campaigns with a budget pay for {behaviour} on one day; {MAX_BUDGETS_PER_EVENT} may"
            yield Fault("/campaigns", "too_many_budgets", message)


def _budgeted_days(campaign: schema.CampaignDocument) -> Iterator[tuple[str, tuple[date, date]]]:
    if campaign.budget is not None:
        days = campaign.from_ or date.min, campaign.to or date.max
        yield from ((behaviour, days) for behaviour in campaign.behaviours)


def _counters_of(reward: schema.RewardDocument) -> Iterator[int]:
    for stock in (reward.stock, reward.stock_per_day):
        yield 0 if stock is None else reward.stock_shards


def _stock_shards(parts: Parts) -> Faults:
    """A catalogue shows what is left of each reward, and adds up its counters for that; so does a list of draws."""
    shards = sum(read_from(parts.rewards.values(), _counters_of))
    if shards > MAX_STOCK_SHARDS:
        message = f"the stocks of all rewards have {shards} counters and may have {MAX_STOCK_SHARDS}"
        yield Fault("/rewards", "too_many_shards", message)
    shards = sum(
        read_from(
            (prize for draw in parts.draws.values() for prize in prizes_in(draw)),
            lambda prize: [0 if prize.stock is None else prize.stock_shards],
        )
    )
    if shards > MAX_STOCK_SHARDS:
        message = f"the stocks of all prizes have {shards} counters and may have {MAX_STOCK_SHARDS}"
        yield Fault("/draws", "too_many_shards", message)
