"""The catalogue, with what a member can have right now, and every reason why not the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from points.application.pools import with_lent
from points.application.ports import Page, StockTaken
from points.application.reading import account_of, with_current_facts
from points.application.services import Services
from points.domain.errors import OutOfStock, Refusal, SoldOutToday
from points.domain.evaluation.pricing import Price, off_sale, price_of, refusals
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context
from points.domain.ledger.entitlements import Entitlement
from points.domain.ledger.usage import Usage, Used
from points.domain.program.program import Program
from points.domain.program.rewards import ENTITLING, Reward

_NOTHING = StockTaken()


@dataclass(frozen=True, slots=True)
class Offer:
    """``price`` is the member's own, the program's where none was named. ``stock_left`` None is unlimited, and so is
    ``left_today``. ``refused`` has every reason for which one of it would be refused; ``missing`` points are one."""

    reward: Reward
    price: Price
    stock_left: int | None
    left_today: int | None
    refused: Sequence[Refusal]
    missing: int


def list_rewards(
    services: Services, program: Program, member: str | None, *, after: str | None = None, limit: int, actor: str
) -> Page[Offer]:
    """Cheapest first; ``next_key`` is price and name of the last. Only the stock of what is on the page is looked up.
    Raises NotFound for an unknown member."""
    context = Context(program, services.clock.now(), actor, fingerprint="")
    account = None if member is None else _spending(services, context, member)
    rewards = sorted(program.rewards.values(), key=_place)
    following = [reward for reward in rewards if after is None or _place(reward) > _read(after)]
    page = following[:limit]
    taken = _taken(services, page, context)
    usages = {} if account is None else _usages(services, account, page)
    if account is not None:
        context = replace(context, entitled=_entitled(services, account, page))
    offers = [
        _offer(reward, taken.get(reward.name, _NOTHING), account, usages.get(reward.name), context) for reward in page
    ]
    return Page(offers, f"{page[-1].price}/{page[-1].name}" if len(following) > limit else None)


def _spending(services: Services, context: Context, member: str) -> Account:
    """The member's account with all they could spend, their pool's points among it."""
    account = account_of(services, context.program, member)
    return with_lent(services, context, with_current_facts(services, context.program, account))


def _taken(services: Services, page: Sequence[Reward], context: Context) -> Mapping[str, StockTaken]:
    limited = [reward for reward in page if reward.stock is not None or reward.stock_per_day is not None]
    return services.ledger.stock_taken(context.program.name, limited, context.today) if limited else {}


def _usages(services: Services, account: Account, page: Sequence[Reward]) -> Mapping[str, Usage]:
    names = [reward.name for reward in page if reward.limits]
    return services.ledger.usages(account.program, account.member, Used.REWARD, names) if names else {}


def _entitled(services: Services, account: Account, page: Sequence[Reward]) -> Mapping[str, Entitlement | None]:
    names = [reward.name for reward in page if reward.kind in ENTITLING]
    found = services.ledger.entitlements(account.program, account.member, names) if names else {}
    return {name: found.get(name) for name in names}


def _place(reward: Reward) -> tuple[int, str]:
    return reward.price, reward.name


def _read(key: str) -> tuple[int, str]:
    price, _, name = key.partition("/")
    return int(price), name


def _offer(reward: Reward, taken: StockTaken, account: Account | None, usage: Usage | None, context: Context) -> Offer:
    left = _left(reward.stock, taken.in_all)
    left_today = _left(reward.stock_per_day, taken.of_day)
    of_stock: list[Refusal] = []
    if left == 0:
        of_stock.append(OutOfStock(f"{reward.name} is out of stock", reward=reward.name))
    if left_today == 0:
        of_stock.append(SoldOutToday(f"nothing is left of {reward.name} today", reward=reward.name))
    if account is None:
        closed = off_sale(reward, context)
        return Offer(
            reward, Price(reward.price), left, left_today, of_stock if closed is None else [closed, *of_stock], 0
        )
    price = price_of(account, reward, 1, context)
    available = account.balance(context.now, context.program.zone).available
    refused = [*refusals(account, reward, 1, context, usage=usage), *of_stock]
    return Offer(reward, price, left, left_today, refused, max(0, price.points - available))


def _left(stock: int | None, taken: int) -> int | None:
    return None if stock is None else max(0, stock - taken)
