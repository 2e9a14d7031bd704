"""What several use cases read first."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from points.application.services import Services
from points.domain.errors import NotFound
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, Decision, NeedsEntitlement
from points.domain.ledger.coupons import Coupon, codes_in
from points.domain.ledger.entries import Entry
from points.domain.ledger.members import MemberFacts, Profile, declaration
from points.domain.ledger.usage import Usage, Used
from points.domain.program.program import Program

_PAGE = 100


def account_of(services: Services, program: Program, member: str) -> Account:
    """Raises NotFound."""
    account = services.ledger.account(program.name, member)
    if account is None:
        raise NotFound(f"there is no member {member}", resource="member")
    return account


def with_current_facts(services: Services, program: Program, account: Account) -> Account:
    """The account with the attributes the program declares by now. They are on it since the member's last profile; what
    has been declared since is looked up there, once: the next movement keeps it."""
    if account.facts.declared == declaration(program.member_attributes):
        return account
    profile = services.members.profile(program.name, account.member) or Profile()
    return replace(account, facts=MemberFacts.of(profile, program.member_attributes))


def decided(
    services: Services, account: Account, context: Context, decide: Callable[[Account, Context], Decision]
) -> Decision:
    """Decide, and once more for each badge or membership it turns out to matter whether the member has. They are read
    after the account, whose own condition then holds for them, too. Raises whatever ``decide`` does."""
    while True:
        try:
            return decide(account, context)
        except NeedsEntitlement as needed:
            found = services.ledger.entitlements(account.program, account.member, [needed.reward])
            context = replace(context, entitled={**context.entitled, needed.reward: found.get(needed.reward)})


def usage_of_reward(services: Services, program: Program, member: str, reward: str) -> Usage:
    return services.ledger.usage(program.name, member, Used.REWARD, reward)


def coupons_of(services: Services, program: Program, entry: Entry) -> Sequence[Coupon]:
    """Those that the entry granted, as they are by now; nothing for most."""
    codes = codes_in(entry)
    found = services.coupons.coupons(program.name, codes) if codes else {}
    return [found[code] for code in codes if code in found]


def entries_newest_first(services: Services, program: Program, member: str) -> Iterator[Entry]:
    """All of them, page by page, only as far as the caller goes."""
    before_seq: int | None = None
    while True:
        page = services.ledger.entries(program.name, member, before_seq=before_seq, limit=_PAGE)
        yield from page.items
        if page.next_key is None:
            return
        before_seq = int(page.next_key)
