"""Pools: several members earn into one account and spend from it.

A pool is an account of its own; its members' accounts carry its name. Whatever a member does stays an entry of theirs.
Before it stands what it draws from the pool, exactly as much as it needs, and after it what it leaves to spend, which
is handed over; the pool has an entry for each, in the same transaction. So no movement knows of pools: it is decided
on the member's account with the pool's lots lent to it, and what of them it did not need goes back as if it had never
been there.

Lots keep their expiry; points that activity keeps alive come to the pool with the last day they had. What waits or is
held stays the member's until it becomes available. A member who owes repays from the pool with their next movement:
nobody owes points who could spend some.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from points.domain.canonical import Plain
from points.domain.errors import AlreadyInPool, InvalidRequest, LimitReached, MemberFrozen, NotFound
from points.domain.ledger import lots as lot
from points.domain.ledger.account import Account, Pool, is_bound, pool_account
from points.domain.ledger.booking import Context, Decision, book, check_limits, timed
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.ledger.lots import Lots

OF_PERSON: Final = frozenset({Kind.FREEZE, Kind.UNFREEZE, Kind.FULFIL, Kind.SHIP, Kind.DELIVER})
"""Movements that need no points, whatever the member has: nothing is lent to them."""

type PoolOf = Callable[[str], Account]
"""The account of a pool by the pool's name, the same each time during one decision."""


class PoolMoved(Exception):
    """The pool was read twice, and has moved in between: decide again."""


@dataclass(frozen=True, slots=True)
class Joining:
    """``reference`` is that of the request: a member may leave and join again."""

    reference: str
    member: str
    pool: str


def set_owner(account: Account, owner: str, name: EntryName, context: Context) -> Decision:
    """Make the account a pool, or give it another owner. Raises InvalidRequest."""
    if context.program.pools is None:
        raise InvalidRequest("the program has no pools")
    pool = Pool(owner) if account.pool is None else replace(account.pool, owner=owner)
    return book(account, replace(account, pool=pool), name=name, context=context, details={"owner": owner})


def join(member: Account, pool: Account, joining: Joining, context: Context) -> Decision:
    """What the member has to spend becomes the pool's in the same movement.

    Raises InvalidRequest, NotFound (it is no pool yet), MemberFrozen, AlreadyInPool and LimitReached.
    """
    rules = context.program.pools
    if rules is None:
        raise InvalidRequest("the program has no pools")
    if pool.pool is None:
        raise NotFound(f"there is no pool {joining.pool}", resource="pool")
    if member.frozen:
        frozen = ",".join(sorted(member.frozen))
        raise MemberFrozen("who is frozen joins no pool", frozen=frozen)
    if member.belongs_to is not None:
        raise AlreadyInPool(f"the member belongs to {member.belongs_to}", pool=member.belongs_to)
    if len(pool.pool.members) >= rules.maximum_members:
        message = f"a pool has {rules.maximum_members} members at most"
        raise LimitReached(message, limit="pool_members", maximum=rules.maximum_members)
    name = EntryName(Kind.POOL_JOIN, joining.reference)
    members = replace(pool.pool, members=pool.pool.members | {member.member})
    return book(
        member,
        replace(member.settled(context.now, context.program.zone), belongs_to=joining.pool),
        name=name,
        context=context,
        details={"pool": joining.pool},
        others=(_seen(pool, replace(pool, pool=members), Kind.POOL_JOINED, member, name, context),),
    )


def leave(member: Account, pool: Account, name: EntryName, context: Context) -> Decision:
    """What the member has to spend stays with the pool, and so does what they hold for a checkout: their open holds
    end. What something else hangs on (a bid, an order that waits for money) is theirs, as is what waits.

    Raises NotFound for who does not belong to it.
    """
    of = pool.pool
    if of is None or member.belongs_to is None or pool.member != pool_account(member.belongs_to):
        raise NotFound("the member does not belong to the pool", resource="pool")
    settled = member.settled(context.now, context.program.zone)
    back: Lots = {}
    for reference, hold in settled.holds.items():
        if not is_bound(reference):
            back = lot.added(back, hold.lots)
    bound = {reference: hold for reference, hold in settled.holds.items() if is_bound(reference)}
    after = replace(settled, holds=bound).given(back, context.today)
    members = replace(of, members=of.members - {member.member})
    details: dict[str, Plain] = {"pool": member.belongs_to}
    if ended := sorted(settled.holds.keys() - bound.keys()):
        details["holds"] = ended
    return book(
        member,
        replace(after, belongs_to=None),
        name=name,
        context=context,
        details=details,
        others=(_seen(pool, replace(pool, pool=members), Kind.POOL_LEFT, member, name, context),),
    )


def _seen(before: Account, after: Account, kind: Kind, member: Account, name: EntryName, context: Context) -> Decision:
    """The pool's side of what a member did."""
    return book(
        before,
        after,
        name=pool_name(kind, member.member, name.reference),
        context=context,
        details={"member": member.member},
    )


def pool_name(kind: Kind, member: str, reference: str) -> EntryName:
    """Of an entry of the pool's that stands beside one of that member's. No member has a ``/`` in it."""
    return EntryName(kind, f"{member}/{reference}")


# ── lending ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def lent_to(member: Account, pool: Account, context: Context, *, repays: bool = True) -> Account:
    """The member's account with everything in it that the pool has to spend. With ``repays`` a debt is paid from it
    first."""
    lots = spendable(pool, context)
    if not lots:
        return member
    account, rest = member, lots
    if repays and member.owed:
        settled = member.settled(context.now, context.program.zone)
        if settled.owed:
            payment = lot.draw(lots, settled.owed, lot.by_date(lots, None))
            account, rest = settled.given(payment, context.today), lot.subtracted(lots, payment)
    return replace(account, lots=lot.added(account.lots, rest), lent=lots)


def spendable(account: Account, context: Context) -> Lots:
    return {name: points for name, points in account.lots.items() if lot.is_live(name, context.today)}


def settled_with_pools(decision: Decision, stored: Account, pool_of: PoolOf, context: Context) -> Decision:
    """``decision`` as it is booked: what was lent and not needed is back, what was needed is drawn, what is left to
    spend is handed over. ``stored`` is the account without what was lent. Raises LimitReached, and PoolMoved.
    """
    sides = (decision, *decision.others)
    if all(_is_apart(side.before) and _is_apart(side.account) for side in sides):
        return decision
    books = _Books(pool_of, context, {other.before.member: other for other in decision.others if other.account.pool})
    members = [decision, *(other for other in decision.others if other.account.pool is None)]
    drawn = [_drawn(side, stored if side is decision else _without_lent(side.before), books) for side in members]
    books.catch_up()
    main, *others = (_handed_over(side, books) for side in drawn)
    return replace(main, others=(*others, *books.decisions()))


def _is_apart(account: Account) -> bool:
    return account.belongs_to is None and account.pool is None and not account.lent


def _without_lent(account: Account) -> Account:
    return replace(account, lots=lot.subtracted(account.lots, account.lent), lent={}) if account.lent else account


def _drawn(side: Decision, stored: Account, books: "_Books") -> Decision:
    """With exactly what it needs drawn from the pool before it, and the rest of what was lent back."""
    lent = side.before.lent
    if not lent or stored.belongs_to is None:
        return replace(side, before=stored)
    needed = {
        name: points
        for name, each in lent.items()
        # At the end, and already before it, where a debt was repaid.
        if (points := each - min(each, side.account.lots.get(name, 0), side.before.lots.get(name, 0)))
    }
    unneeded = lot.subtracted(lent, needed)
    preceding: tuple[Entry, ...] = ()
    onto = stored
    if needed:
        drawing = _draw(stored, replace(side.before, lots=lot.subtracted(side.before.lots, unneeded)), needed, books)
        preceding, onto = (drawing.entry,), drawing.account
    entries, account = _rebased(side, onto, unneeded)
    place = len(side.preceding)
    return replace(
        side,
        before=stored,
        account=account,
        preceding=(*preceding, *entries[:place]),
        entry=entries[place],
        following=tuple(entries[place + 1 :]),
    )


def _draw(stored: Account, after: Account, needed: Lots, books: "_Books") -> Decision:
    name = EntryName(Kind.POOL_DRAW, str(stored.seq + 1))
    details: dict[str, Plain] = {"pool": stored.belongs_to, "points": lot.total(needed)}
    if repaid := stored.owed - after.owed:
        details["repaid"] = repaid
    drawing = book(stored, after, name=name, context=books.context, details=details)
    books.take(str(stored.belongs_to), needed, pool_name(Kind.POOL_OUT, stored.member, name.reference))
    return replace(drawing, account=replace(drawing.account, lent={}))


def _rebased(side: Decision, onto: Account, less: Lots) -> tuple[Sequence[Entry], Account]:
    """The same entries on top of another chain, and the same account after them, without those lots, which no entry has
    touched and which could be spent all the time."""
    entries: list[Entry] = []
    seq, head, points = onto.seq, onto.head, lot.total(less)
    for entry in side.entries:
        seq += 1
        balance = replace(entry.balance, available=entry.balance.available - points)
        chained = replace(entry, seq=seq, previous_digest=head, balance=balance)
        entries.append(replace(chained, digest=chained.computed_digest()))
        head = entries[-1].digest
    account = replace(side.account, lots=lot.subtracted(side.account.lots, less), lent={}, seq=seq, head=head)
    check_limits(account)
    return entries, account


def _handed_over(side: Decision, books: "_Books") -> Decision:
    """With what the member has to spend given to the pool after it, as far as the pool has room."""
    given = _given(side, books)
    # Timers by what the account has in the end: what only passes through it is nothing to wait for.
    return replace(given, account=timed(given.before, given.account, books.context))


def _given(side: Decision, books: "_Books") -> Decision:
    account, context = side.account, books.context
    pool, lots = account.belongs_to or side.before.belongs_to, spendable(account, context)
    if pool is None or not lots:
        return side
    name = EntryName(Kind.POOL_GIVE, str(account.seq + 1))
    coming = lots if account.active_until is None else lot.stopped(lots, account.active_until)
    if not books.give(pool, coming, pool_name(Kind.POOL_IN, account.member, name.reference)):
        return side
    giving = book(
        account,
        replace(account, lots=lot.subtracted(account.lots, lots)),
        name=name,
        context=context,
        details={"pool": pool, "points": lot.total(lots)},
    )
    return replace(side, account=giving.account, following=(*side.following, giving.entry))


class _Books:
    """The pools' side of one movement, entry by entry. ``own`` are movements of pools by themselves that it has
    already: somebody joins or leaves."""

    def __init__(self, pool_of: PoolOf, context: Context, own: Mapping[str, Decision]) -> None:
        self.context = context
        self._pool_of = pool_of
        self._own = own
        self._before: dict[str, Account] = {}
        self._after: dict[str, Account] = {}
        self._entries: dict[str, list[Entry]] = {}

    def take(self, pool: str, lots: Lots, name: EntryName) -> None:
        account = self._account(pool)
        if any(account.lots.get(each, 0) < points for each, points in lots.items()):
            # Two sides of one movement drew the same points, which were lent to both.
            raise PoolMoved
        self._book(account, replace(account, lots=lot.subtracted(account.lots, lots)), lots, name)

    def give(self, pool: str, lots: Lots, name: EntryName) -> bool:
        """False where the pool has no room: then they stay where they are."""
        account, context = self._account(pool), self.context
        try:
            self._book(account, account.given(lots, context.today), lots, name)
        except LimitReached:
            return False
        return True

    def _book(self, before: Account, after: Account, lots: Lots, name: EntryName) -> None:
        member = name.reference.partition("/")[0]
        details: dict[str, Plain] = {"member": member, "points": lot.total(lots)}
        booked = book(before, after, name=name, context=self.context, details=details)
        self._after[before.member] = booked.account
        self._entries[before.member].append(booked.entry)

    def catch_up(self) -> None:
        """What pools do by themselves, after what was drawn from them."""
        for member, decision in self._own.items():
            account = self._account(member.partition("/")[2])
            less = lot.subtracted(decision.before.lots, account.lots)
            entries, after = _rebased(decision, account, less)
            self._after[member] = timed(account, after, self.context)
            self._entries[member] += entries

    def _account(self, pool: str) -> Account:
        member = pool_account(pool)
        if member not in self._after:
            found, own = self._pool_of(pool), self._own.get(member)
            if own is not None and own.before.seq != found.seq:
                raise PoolMoved
            self._before[member] = self._after[member] = found if own is None else own.before
            self._entries[member] = []
        return self._after[member]

    def decisions(self) -> Sequence[Decision]:
        return [
            Decision(self._before[member], self._after[member], entries[-1], preceding=tuple(entries[:-1]))
            for member, entries in self._entries.items()
            if entries
        ]
