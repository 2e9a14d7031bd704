"""The monthly pack of a member's tier, booked (R-TIER-1): an order for each of its rewards, and one entry that says
what was given and what was not.

The entry's reference is the month, so a member has one pack a month for ever. A sweep that comes late gives the pack of
its own month; months it has missed are named and not made up for.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from points.domain.canonical import Plain
from points.domain.errors import CouponExpired
from points.domain.ledger.account import Account, Activity
from points.domain.ledger.booking import Context, Decision, book
from points.domain.ledger.entries import EntryName, Kind
from points.domain.ledger.packs import is_active, month_of, pack_of
from points.domain.movements.granting import granted
from points.domain.program.tiers import PackItem

UNASKED = "~"
"""What the reference of an order begins with that nobody asked for. No caller's reference does."""


def is_pack_due(account: Account, context: Context) -> bool:
    due = account.pack_on is not None and account.pack_on <= context.today
    return due and bool(pack_of(account, context.program))


def packed(account: Account, context: Context, *, can_receive: bool, sold_out: Collection[str]) -> Iterator[Decision]:
    """One movement for each entry, in order, each from the account that the one before has made; none where no pack is
    due. ``account`` is settled. ``sold_out`` names rewards that turned out to be gone. Raises NeedsCodes."""
    if not is_pack_due(account, context):
        return
    items, month = pack_of(account, context.program), month_of(context.today)
    withheld = _withheld(account, context, can_receive=can_receive)
    given: dict[str, Plain] = {}
    missing: dict[str, Plain] = {}
    current, at_hand = account, context
    for item in () if withheld else items:
        if why := _why_not(item, context, sold_out):
            missing[item.reward] = why
            continue
        decision = _given(current, item, month, at_hand)
        yield decision
        given[item.reward] = item.quantity
        current = decision.account
        at_hand = without_codes(at_hand, decision)
    details: dict[str, Plain] = {"level": "" if account.tier is None else account.tier.name}
    if withheld:
        details["withheld"] = withheld
    if given:
        details["given"] = given
    if missing:
        details["missing"] = missing
    if account.pack_on is not None and month_of(account.pack_on) != month:
        details["missed_since"] = month_of(account.pack_on)
    # The next one: of the month after this.
    yield book(
        current,
        replace(current, pack_on=None),
        name=EntryName(Kind.PACK, month),
        context=context,
        details=details,
    )


def without_codes(context: Context, decision: Decision) -> Context:
    """The codes that are left when a decision has taken its own."""
    if not context.codes:
        return context
    taken = set(decision.codes)
    left: Mapping[str, list[str]] = {
        reward: [code for code in codes if code not in taken] for reward, codes in context.codes.items()
    }
    return replace(context, codes=left)


def _withheld(account: Account, context: Context, *, can_receive: bool) -> str:
    """Why the member is given nothing this month, "" where they are."""
    if not can_receive:
        return "erased"
    if Activity.REDEEMING in account.frozen:
        return "frozen"
    return "" if is_active(account, context.today) else "inactive"


def _why_not(item: PackItem, context: Context, sold_out: Collection[str]) -> str:
    rules = context.program.rewards[item.reward].coupon
    if rules is not None and rules.is_over(context.today):
        return CouponExpired.code
    return "out_of_stock" if item.reward in sold_out else ""


def _given(account: Account, item: PackItem, month: str, context: Context) -> Decision:
    reward = context.program.rewards[item.reward]
    reference = f"{UNASKED}{month}.{item.reward}"
    grant = granted(account, reward, item.quantity, reference, context, price=0)
    return book(
        account,
        grant.account,
        name=EntryName(Kind.REDEEM, reference),
        context=context,
        details={**grant.details, "packed": month},
        effects=grant.effects,
    )
