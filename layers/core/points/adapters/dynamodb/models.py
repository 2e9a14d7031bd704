"""The items of the table as PynamoDB models: the only place that knows what each value is called when stored.

A model turns a domain value into an item and back, exactly: an entry that is read has the digest it was booked
with. Empty values are left out. The models carry no connection; one client, with its settings, serves every read
and write (:mod:`points.adapters.dynamodb.table`).
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any, ClassVar, Final, NamedTuple, Self

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute
from pynamodb.exceptions import PynamoDBException
from pynamodb.models import Model

from points.adapters.dynamodb import keys
from points.adapters.dynamodb.attributes import (
    CountersAttribute,
    DayAttribute,
    DaysAttribute,
    DigestAttribute,
    FactsAttribute,
    FrozenAttribute,
    HoldsAttribute,
    IntegersAttribute,
    LinesAttribute,
    LotsAttribute,
    MomentAttribute,
    PlainAttribute,
    ReferralAttribute,
    StrictIntegerAttribute,
    TierAttribute,
    moment,
    number,
    stored_moment,
)
from points.application.ports import Draft, FreeCode, PublishedVersion, Timer
from points.domain.calendar import from_utc_text, utc_text
from points.domain.canonical import Plain, canonical_json
from points.domain.evaluation.standing import TierChange
from points.domain.ledger.account import Account, Balance
from points.domain.ledger.coupons import Coupon, CouponState
from points.domain.ledger.entitlements import Entitlement
from points.domain.ledger.entries import Entry, EntryName, Moves
from points.domain.ledger.lots import Lots
from points.domain.ledger.members import MemberFacts, Profile
from points.domain.ledger.orders import Order, OrderState
from points.domain.ledger.pools import ImportState, PoolImport, Rejected, Why
from points.domain.ledger.refusals import RefusedEvent
from points.domain.ledger.usage import Usage
from points.domain.program.succession import Departure, Inheritance
from points.domain.reminding.notices import Notice
from points.domain.telling.events import EventType
from points.domain.webhooks.deliveries import KEPT_DAYS, Delivery, State
from points.domain.webhooks.endpoints import Endpoint, Off, Secret, UrlChange, Wanted

type Item = Mapping[str, Mapping[str, Any]]
"""An item as the client sends and receives it: ``{"pk": {"S": "…"}, …}``."""

ANY_DAMAGE: Final = (ValueError, TypeError, KeyError, AttributeError, OverflowError, IndexError, PynamoDBException)
"""What reading an item raises that nothing here wrote."""

FREE: Final = "free"
"""The state of a code that lies in a pool."""

_SEAL: Final = "z"
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
_KEPT: Final = timedelta(days=KEPT_DAYS)


class Expression(NamedTuple):
    """A condition or update, and the values it names."""

    text: str
    values: Item


class LedgerItem(Model):
    """What every item of the table has."""

    class Meta:
        # Models never connect by themselves: the table's name belongs to the environment, not to this module.
        table_name = "-"

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)

    sealed: ClassVar[bool] = False
    """Whether it carries a digest of everything else in it: for what nothing else in the table can vouch for."""

    def item(self) -> dict[str, dict[str, Any]]:
        """What PynamoDB's ``serialize`` makes of it, by a shorter way: each movement writes two of these. Raises
        ValueError where a value that has to be there is missing."""
        item: dict[str, dict[str, Any]] = {}
        for name, attribute in self.get_attributes().items():
            value = self.attribute_values.get(name)
            if value is not None:
                item[attribute.attr_name] = {attribute.attr_type: attribute.serialize(value)}
            elif not attribute.null:
                raise ValueError(f"{type(self).__name__} has no {name}")
        if self.sealed:
            item[_SEAL] = {"B": sha256(canonical_json(item)).digest()}
        return item

    @classmethod
    def read(cls, item: Item) -> Self:
        """Raises what the attributes raise about a value that nothing here wrote."""
        return cls.from_raw_data({name: value for name, value in item.items() if name != _SEAL})


class AccountItem(LedgerItem):
    """The counter is called ``n``: only entries may have ``seq``, or each movement would also move the account's row
    in the ``history`` index.

    The account is always put as a whole. A new attribute therefore needs two releases, one that keeps it and one
    that uses it, or environments of the release before would drop it again.

    ``due_at`` is kept to the microsecond, like every moment. Rounded down to the second, the sweep would find a hold
    before its time, do nothing, and find it again; rounded up, the account would claim a timer later than the
    earliest change it knows of, which the decisions rely on never being so. Exact is neither early nor late.
    """

    counter = StrictIntegerAttribute(attr_name="n")
    head = DigestAttribute(attr_name="d", null=True)
    lots = LotsAttribute(attr_name="l", null=True)
    pending = LotsAttribute(attr_name="w", null=True)
    holds = HoldsAttribute(attr_name="h", null=True)
    owed = StrictIntegerAttribute(attr_name="o", null=True)
    counters = CountersAttribute(attr_name="c", null=True)
    frozen = FrozenAttribute(attr_name="f", null=True)
    tier = TierAttribute(attr_name="t", null=True)
    referral = ReferralAttribute(attr_name="r", null=True)
    facts = FactsAttribute(attr_name="m", null=True)
    active_until = DayAttribute(attr_name="u", null=True)
    active_on = DayAttribute(attr_name="a", null=True)
    pack_on = DayAttribute(attr_name="p", null=True)
    due_shard = UnicodeAttribute(null=True)
    due_at = MomentAttribute(null=True)
    remind_shard = UnicodeAttribute(null=True)
    remind_at = MomentAttribute(null=True)

    @classmethod
    def of(cls, account: Account) -> Self:
        return cls(
            pk=keys.member_pk(account.program, account.member),
            sk=keys.ACCOUNT,
            counter=account.seq,
            head=account.head or None,
            lots=account.lots or None,
            pending=account.pending or None,
            holds=account.holds or None,
            owed=account.owed or None,
            counters=account.counters or None,
            frozen=account.frozen or None,
            tier=account.tier,
            referral=account.referral,
            facts=_or_none(account.facts),
            active_until=account.active_until,
            active_on=account.active_on,
            pack_on=account.pack_on,
            # Both or none: an item without them is not in the index.
            due_shard=None if account.due_at is None else keys.timer_shard_of(account.program, account.member),
            due_at=account.due_at,
            remind_shard=None if account.remind_at is None else keys.timer_shard_of(account.program, account.member),
            remind_at=account.remind_at,
        )

    def account(self) -> Account:
        program, member = keys.member_of(self.pk)
        return Account(
            program=program,
            member=member,
            seq=self.counter,
            head=self.head or "",
            lots=self.lots or {},
            pending=self.pending or {},
            holds=self.holds or {},
            owed=self.owed or 0,
            counters=self.counters or {},
            frozen=self.frozen or frozenset(),
            tier=self.tier,
            referral=self.referral,
            facts=self.facts or MemberFacts(),
            active_until=self.active_until,
            active_on=self.active_on,
            pack_on=self.pack_on,
            due_at=self.due_at,
            remind_at=self.remind_at,
        )


def changed_timer(timer: Timer, account: Account, at: datetime | None) -> Expression:
    """The update that sets one timer of an account, or ends it, and leaves everything else as it is."""
    if at is None:
        return Expression(f"REMOVE {timer}_at, {timer}_shard", {})
    shard = keys.timer_shard_of(account.program, account.member)
    values = {":at": {"N": stored_moment(at)}, ":shard": {"S": shard}}
    return Expression(f"SET {timer}_at = :at, {timer}_shard = :shard", values)


def same_account(account: Account) -> Expression:
    """That the stored account is still the one that was read, so that putting another in its place loses nothing.

    The counter changes with every movement; what a profile says of the member may change without one. The facts are
    compared by value: should they have changed and changed back, the account is the one that was read again.
    """
    facts = same_facts(account.facts)
    return Expression(f"n = :before AND {facts.text}", {":before": {"N": number(account.seq)}, **facts.values})


def same_facts(facts: MemberFacts) -> Expression:
    """That there is an account, and these are its facts."""
    stored = _stored_facts(facts)
    if stored is None:
        return Expression("attribute_exists(pk) AND attribute_not_exists(m)", {})
    return Expression("m = :facts", {":facts": stored})


def has_facts(account: Item, facts: MemberFacts) -> bool:
    """Whether the stored account has these facts. Compared as stored: to Python True is 1, to a store it is not."""
    return account.get("m") == _stored_facts(facts)


def changed_facts(facts: MemberFacts) -> Expression:
    """The update of an account that leaves everything else as it is, whatever that is by then."""
    stored = _stored_facts(facts)
    return Expression("REMOVE m", {}) if stored is None else Expression("SET m = :facts", {":facts": stored})


class EntryItem(LedgerItem):
    """``held`` is left out where it is the exact mirror of ``lots``, as in a hold and in a release: their points only
    change place, and the same buckets twice would take the entry beyond one kilobyte."""

    seq = StrictIntegerAttribute()
    at = MomentAttribute(attr_name="t")
    points = StrictIntegerAttribute(attr_name="p")
    lots = LotsAttribute(attr_name="l", null=True)
    pending = LotsAttribute(attr_name="w", null=True)
    held = LotsAttribute(attr_name="h", null=True)
    held_mirrors_lots = BooleanAttribute(attr_name="hm", null=True)
    owed = StrictIntegerAttribute(attr_name="o", null=True)
    balance = IntegersAttribute(attr_name="b")
    program_version = StrictIntegerAttribute(attr_name="v")
    actor = UnicodeAttribute(attr_name="a")
    fingerprint = DigestAttribute(attr_name="f", null=True)
    lines = LinesAttribute(attr_name="i", null=True)
    reason_digest = DigestAttribute(attr_name="r", null=True)
    details = PlainAttribute(attr_name="e", null=True)
    previous_digest = DigestAttribute(attr_name="q", null=True)
    digest = DigestAttribute(attr_name="d", null=True)

    @classmethod
    def of(cls, entry: Entry) -> Self:
        moves, balance = entry.moves, entry.balance
        mirrors = bool(moves.held) and _mirrored(moves.lots) == moves.held
        return cls(
            pk=keys.member_pk(entry.program, entry.member),
            sk=keys.entry_sk(entry.name),
            seq=entry.seq,
            at=entry.at,
            points=entry.points,
            lots=moves.lots or None,
            pending=moves.pending or None,
            held=None if mirrors else moves.held or None,
            held_mirrors_lots=True if mirrors else None,
            owed=moves.owed or None,
            balance=(balance.available, balance.pending, balance.held, balance.owed),
            program_version=entry.program_version,
            actor=entry.actor,
            fingerprint=entry.fingerprint or None,
            lines=entry.lines or None,
            reason_digest=entry.reason_digest,
            details=entry.details or None,
            previous_digest=entry.previous_digest or None,
            digest=entry.digest or None,
        )

    def entry(self, reason: str | None = None) -> Entry:
        """``reason`` is what the note beside it says, if it was asked for and is still there."""
        program, member = keys.member_of(self.pk)
        return Entry(
            program=program,
            member=member,
            name=keys.entry_name(self.sk),
            seq=self.seq,
            at=self.at,
            points=self.points,
            moves=self._moves(),
            balance=Balance(*self.balance),
            program_version=self.program_version,
            actor=self.actor,
            fingerprint=self.fingerprint or "",
            lines=self.lines or (),
            reason=reason,
            reason_digest=self.reason_digest,
            details=self.details or {},
            previous_digest=self.previous_digest or "",
            digest=self.digest or "",
        )

    def _moves(self) -> Moves:
        lots = self.lots or {}
        held = _mirrored(lots) if self.held_mirrors_lots else self.held or {}
        return Moves(lots=lots, pending=self.pending or {}, held=held, owed=self.owed or 0)


class NoteItem(LedgerItem):
    """The reason somebody gave for a movement, beside its entry: the entry is for ever, this can be erased."""

    text = UnicodeAttribute(attr_name="x")

    @classmethod
    def saying(cls, program: str, member: str, name: EntryName, text: str) -> Self:
        return cls(pk=keys.member_pk(program, member), sk=keys.note_sk(name), text=text)


class RefusedItem(LedgerItem):
    sealed = True

    code = UnicodeAttribute(attr_name="c")
    at = MomentAttribute(attr_name="t")
    behaviour = UnicodeAttribute(attr_name="b")
    program_version = StrictIntegerAttribute(attr_name="v")
    amount = UnicodeAttribute(attr_name="a", null=True)
    quantity = StrictIntegerAttribute(attr_name="q", null=True)
    occurred_at = MomentAttribute(attr_name="o", null=True)
    attributes = PlainAttribute(attr_name="e", null=True)

    @classmethod
    def of(cls, refused: RefusedEvent) -> Self:
        return cls(
            pk=keys.member_pk(refused.program, refused.member),
            sk=keys.refused_sk(refused.reference),
            code=refused.code,
            at=refused.at,
            behaviour=refused.behaviour,
            program_version=refused.program_version,
            amount=refused.amount,
            quantity=refused.quantity,
            occurred_at=refused.occurred_at,
            attributes=refused.attributes or None,
        )

    def refused(self) -> RefusedEvent:
        program, member = keys.member_of(self.pk)
        return RefusedEvent(
            program=program,
            member=member,
            reference=self.sk.removeprefix(keys.REFUSED_PREFIX),
            at=self.at,
            code=self.code,
            behaviour=self.behaviour,
            program_version=self.program_version,
            amount=self.amount,
            quantity=self.quantity,
            occurred_at=self.occurred_at,
            attributes=self.attributes or {},
        )


class OrderItem(LedgerItem):
    """Where operators find an order while it is in a state: one for each order, moved with it. What it says of the
    order follows from the entries; the key says which one, in which state, placed when."""

    reward = UnicodeAttribute(attr_name="r")
    quantity = StrictIntegerAttribute(attr_name="q")
    points = StrictIntegerAttribute(attr_name="p")
    updated_at = MomentAttribute(attr_name="u")
    cash = StrictIntegerAttribute(attr_name="c", null=True)
    pay_until = MomentAttribute(attr_name="y", null=True)

    @classmethod
    def of(cls, order: Order) -> Self:
        place = order_place(order)
        return cls(
            pk=place["pk"]["S"],
            sk=place["sk"]["S"],
            reward=order.reward,
            quantity=order.quantity,
            points=order.points,
            updated_at=order.updated_at,
            cash=order.cash or None,
            pay_until=order.pay_until,
        )

    def order(self) -> Order:
        _, program, _, state, _, _ = self.pk.split("#")
        placed_at, member, reference = self.sk.split("#")
        return Order(
            program=program,
            member=member,
            reference=reference,
            reward=self.reward,
            quantity=self.quantity,
            points=self.points,
            state=OrderState(state),
            placed_at=moment(str(int(placed_at))),
            updated_at=self.updated_at,
            cash=self.cash or 0,
            pay_until=self.pay_until,
        )


def order_place(order: Order) -> keys.Key:
    """The key of the item by which an order is found."""
    month, shard = f"{order.placed_at.astimezone(UTC):%Y-%m}", keys.order_shard(order.member)
    sk = keys.order_sk(keys.padded_moment(stored_moment(order.placed_at)), order.member, order.reference)
    return keys.key(keys.orders_pk(order.program, order.state, month, shard), sk)


class SharedCounterItem(LedgerItem):
    """What has been taken from one shard of a stock or budget, less what was returned to it."""

    taken = StrictIntegerAttribute()


class TierItem(LedgerItem):
    """A change of the member's tier, beside the entry that made it."""

    tier = UnicodeAttribute(attr_name="t")
    since = DayAttribute(attr_name="s")

    @classmethod
    def of(cls, program: str, member: str, change: TierChange) -> Self:
        return cls(
            pk=keys.member_pk(program, member), sk=keys.tier_sk(change.seq), tier=change.tier, since=change.since
        )

    def change(self) -> TierChange:
        return TierChange(self.tier, self.since, keys.tier_seq(self.sk))


class UsedItem(LedgerItem):
    """``days``: how often on each day."""

    sealed = True

    days = PlainAttribute(attr_name="d", null=True)
    month = DayAttribute(attr_name="m", null=True)
    in_month = StrictIntegerAttribute(attr_name="mn", null=True)
    year = DayAttribute(attr_name="y", null=True)
    in_year = StrictIntegerAttribute(attr_name="yn", null=True)
    lifetime = StrictIntegerAttribute(attr_name="n", null=True)

    @classmethod
    def of(cls, usage: Usage) -> Self:
        return cls(
            pk=keys.member_pk(usage.program, usage.member),
            sk=keys.used_sk(usage.kind, usage.name),
            days={day.isoformat(): count for day, count in usage.days.items()} or None,
            month=usage.month,
            in_month=usage.in_month or None,
            year=usage.year,
            in_year=usage.in_year or None,
            lifetime=usage.lifetime or None,
        )

    def usage(self) -> Usage:
        program, member = keys.member_of(self.pk)
        kind, name = keys.used_of(self.sk)
        return Usage(
            program=program,
            member=member,
            kind=kind,
            name=name,
            days={date.fromisoformat(day): _whole(count) for day, count in (self.days or {}).items()},
            month=self.month,
            in_month=self.in_month or 0,
            year=self.year,
            in_year=self.in_year or 0,
            lifetime=self.lifetime or 0,
        )


class CouponItem(LedgerItem):
    """A code, for ever: while it is ``free`` in its pool (and ``imported_by`` an import), and as the coupon that it
    then becomes."""

    sealed = True

    state = UnicodeAttribute(attr_name="s")
    pool = UnicodeAttribute(attr_name="o", null=True)
    reward = UnicodeAttribute(attr_name="r", null=True)
    member = UnicodeAttribute(attr_name="m", null=True)
    order = UnicodeAttribute(attr_name="b", null=True)
    issued_at = MomentAttribute(attr_name="t", null=True)
    # As text: what is sealed is read as JSON.
    expires_on = DayAttribute(attr_name="x", null=True)
    ended_at = MomentAttribute(attr_name="e", null=True)
    imported_by = UnicodeAttribute(attr_name="i", null=True)

    @classmethod
    def of(cls, coupon: Coupon) -> Self:
        place = keys.coupon_key(coupon.program, coupon.code)
        return cls(
            pk=place["pk"]["S"],
            sk=place["sk"]["S"],
            state=coupon.state.value,
            pool=coupon.pool,
            reward=coupon.reward,
            member=coupon.member,
            order=coupon.order,
            issued_at=coupon.issued_at,
            expires_on=coupon.expires_on,
            ended_at=coupon.ended_at,
        )

    @classmethod
    def free(cls, program: str, code: str, pool: str, imported_by: str) -> Self:
        place = keys.coupon_key(program, code)
        return cls(pk=place["pk"]["S"], sk=place["sk"]["S"], state=FREE, pool=pool, imported_by=imported_by)

    @property
    def is_free(self) -> bool:
        return bool(self.state == FREE)

    def free_code(self) -> FreeCode:
        """Raises ValueError for a coupon."""
        program, code = keys.coupon_of(self.pk)
        return FreeCode(program, code, _there(self.pool), _there(self.imported_by))

    def coupon(self) -> Coupon:
        """Raises ValueError for a code that is free."""
        program, code = keys.coupon_of(self.pk)
        return Coupon(
            program=program,
            code=code,
            reward=_there(self.reward),
            member=_there(self.member),
            order=_there(self.order),
            issued_at=_there(self.issued_at),
            expires_on=self.expires_on,
            pool=self.pool,
            state=CouponState(self.state),
            ended_at=self.ended_at,
        )


class FreeCodeItem(LedgerItem):
    """That a code lies in a pool: the sort key is the code."""

    @classmethod
    def of(cls, program: str, pool: str, code: str) -> Self:
        place = keys.free_key(program, pool, code)
        return cls(pk=place["pk"]["S"], sk=place["sk"]["S"])


class PoolItem(LedgerItem):
    """How many codes a pool was ever given."""

    imported = StrictIntegerAttribute(attr_name="n")

    @classmethod
    def of(cls, program: str, pool: str, imported: int) -> Self:
        return cls(pk=keys.pool_pk(program, pool), sk=keys.POOL, imported=imported)


class ImportItem(LedgerItem):
    """``rejected`` counts lines by why; ``named`` are the first of them, as ``17:repeated``."""

    sealed = True

    file = UnicodeAttribute(attr_name="j")
    started_by = UnicodeAttribute(attr_name="a")
    started_at = MomentAttribute(attr_name="t")
    updated_at = MomentAttribute(attr_name="u")
    state = UnicodeAttribute(attr_name="s")
    etag = UnicodeAttribute(attr_name="g", null=True)
    size = StrictIntegerAttribute(attr_name="b", null=True)
    position = StrictIntegerAttribute(attr_name="p", null=True)
    lines = StrictIntegerAttribute(attr_name="l", null=True)
    imported = StrictIntegerAttribute(attr_name="c", null=True)
    rejected = PlainAttribute(attr_name="r", null=True)
    named = UnicodeAttribute(attr_name="w", null=True)
    failure = UnicodeAttribute(attr_name="f", null=True)
    revision = StrictIntegerAttribute(attr_name="n")

    @classmethod
    def of(cls, wanted: PoolImport) -> Self:
        return cls(
            pk=keys.pool_pk(wanted.program, wanted.pool),
            sk=keys.import_sk(wanted.reference),
            file=wanted.file,
            started_by=wanted.started_by,
            started_at=wanted.started_at,
            updated_at=wanted.updated_at,
            state=wanted.state.value,
            etag=wanted.etag or None,
            size=wanted.size or None,
            position=wanted.position or None,
            lines=wanted.lines or None,
            imported=wanted.imported or None,
            rejected={why.value: count for why, count in wanted.rejected.items()} or None,
            named=",".join(f"{each.line}:{each.why}" for each in wanted.named) or None,
            failure=wanted.failure or None,
            revision=wanted.revision,
        )

    def pool_import(self) -> PoolImport:
        _, program, _, pool = self.pk.split("#")
        named = [each.split(":") for each in self.named.split(",")] if self.named else []
        return PoolImport(
            program=program,
            pool=pool,
            reference=self.sk.removeprefix(keys.IMPORT_PREFIX),
            file=self.file,
            started_by=self.started_by,
            started_at=self.started_at,
            updated_at=self.updated_at,
            state=ImportState(self.state),
            etag=self.etag or "",
            size=self.size or 0,
            position=self.position or 0,
            lines=self.lines or 0,
            imported=self.imported or 0,
            rejected={Why(why): _whole(count) for why, count in (self.rejected or {}).items()},
            named=tuple(Rejected(int(line), Why(why)) for line, why in named),
            failure=self.failure or "",
            revision=self.revision,
        )


class EntitledItem(LedgerItem):
    """A badge has no ``months``."""

    since = DayAttribute(attr_name="s")
    order = UnicodeAttribute(attr_name="o")
    version = StrictIntegerAttribute(attr_name="v")
    months = StrictIntegerAttribute(attr_name="m", null=True)
    reserved = BooleanAttribute(attr_name="r", null=True)

    @classmethod
    def of(cls, entitlement: Entitlement) -> Self:
        return cls(
            pk=keys.member_pk(entitlement.program, entitlement.member),
            sk=keys.entitled_sk(entitlement.reward),
            since=entitlement.since,
            order=entitlement.order,
            version=entitlement.version,
            months=entitlement.months,
            reserved=entitlement.reserved or None,
        )

    def entitlement(self) -> Entitlement:
        program, member = keys.member_of(self.pk)
        return Entitlement(
            program=program,
            member=member,
            reward=self.sk.removeprefix(keys.ENTITLED_PREFIX),
            since=self.since,
            order=self.order,
            version=self.version,
            months=self.months,
            reserved=bool(self.reserved),
        )


class NoticeItem(LedgerItem):
    """``channels`` as one text: ``email,sms``."""

    sealed = True

    at = MomentAttribute(attr_name="t")
    points = StrictIntegerAttribute(attr_name="p")
    reward = UnicodeAttribute(attr_name="w", null=True)
    channels = UnicodeAttribute(attr_name="h", null=True)
    superseded = BooleanAttribute(attr_name="s", null=True)

    @classmethod
    def of(cls, notice: Notice) -> Self:
        return cls(
            pk=keys.member_pk(notice.program, notice.member),
            sk=keys.notice_sk(notice.about),
            at=notice.at,
            points=notice.points,
            reward=notice.reward,
            channels=",".join(notice.channels) or None,
            superseded=notice.superseded or None,
        )

    def notice(self) -> Notice:
        program, member = keys.member_of(self.pk)
        return Notice(
            program=program,
            member=member,
            about=keys.notice_of(self.sk),
            at=self.at,
            points=self.points,
            reward=self.reward,
            channels=tuple(self.channels.split(",")) if self.channels else (),
            superseded=bool(self.superseded),
        )


class ProgramItem(LedgerItem):
    """That a program has been published: the sort key is the program."""

    @classmethod
    def of(cls, program: str) -> Self:
        return cls(pk=keys.PROGRAMS, sk=keys.listed_sk(program))


class TimedItem(LedgerItem):
    """By which settings the reminders of a program's members were last set."""

    sealed = True

    # As text: what is sealed is read as JSON.
    settings = UnicodeAttribute(attr_name="d")

    @classmethod
    def by(cls, program: str, settings: str) -> Self:
        return cls(pk=keys.program_pk(program), sk=keys.TIMED, settings=settings)


class DirectoryItem(LedgerItem):
    """That a member exists: the sort key is the member."""

    @classmethod
    def of(cls, program: str, member: str) -> Self:
        return cls(pk=keys.directory_pk(program, keys.directory_shard(member)), sk=keys.listed_sk(member))


class ProfileItem(LedgerItem):
    sealed = True

    locale = UnicodeAttribute(null=True)
    birthday = DayAttribute(null=True)
    real_name_verified = BooleanAttribute()
    email = UnicodeAttribute(null=True)
    phone = UnicodeAttribute(null=True)
    attributes = PlainAttribute(null=True)
    opt_out = BooleanAttribute()
    exchange_opt_out = BooleanAttribute(null=True)

    @classmethod
    def of(cls, program: str, member: str, profile: Profile) -> Self:
        return cls(
            pk=keys.member_pk(program, member),
            sk=keys.PROFILE,
            locale=profile.locale,
            birthday=profile.birthday,
            real_name_verified=profile.real_name_verified,
            email=profile.email,
            phone=profile.phone,
            attributes=profile.attributes or None,
            opt_out=profile.opt_out,
            exchange_opt_out=profile.exchange_opt_out or None,
        )

    def profile(self) -> Profile:
        return Profile(
            locale=self.locale,
            birthday=self.birthday,
            real_name_verified=self.real_name_verified,
            email=self.email,
            phone=self.phone,
            attributes=self.attributes or {},
            opt_out=self.opt_out,
            exchange_opt_out=bool(self.exchange_opt_out),
        )


class DocumentItem(LedgerItem):
    """A program's document at one moment. It is kept as text: it is read and written as a whole, may hold anything a
    draft may hold, fractions too, and is itself the thing to be shown again."""

    document = UnicodeAttribute(attr_name="j")
    revision = StrictIntegerAttribute(attr_name="r")
    at = MomentAttribute(attr_name="t")
    by = UnicodeAttribute(attr_name="a")


class DraftItem(DocumentItem):
    sealed = True

    founder = UnicodeAttribute(attr_name="f")

    @classmethod
    def of(cls, program: str, draft: Draft) -> Self:
        return cls(
            pk=keys.program_pk(program),
            sk=keys.DRAFT,
            document=_json(draft.document),
            revision=draft.revision,
            at=draft.saved_at,
            by=draft.saved_by,
            founder=draft.founder,
        )

    def draft(self) -> Draft:
        return Draft(json.loads(self.document), self.revision, self.at, self.by, self.founder)


class VersionItem(DocumentItem):
    version = StrictIntegerAttribute(attr_name="v")
    restores = StrictIntegerAttribute(attr_name="o", null=True)
    counts_from = DayAttribute(attr_name="c", null=True)
    retired = DaysAttribute(attr_name="g", null=True)
    previous_digest = DigestAttribute(attr_name="q", null=True)
    digest = DigestAttribute(attr_name="d")

    @classmethod
    def of(cls, program: str, published: PublishedVersion) -> Self:
        return cls(
            pk=keys.program_pk(program),
            sk=keys.version_sk(published.version),
            document=_json(published.document),
            revision=published.revision,
            at=published.published_at,
            by=published.published_by,
            version=published.version,
            restores=published.restores,
            counts_from=published.inheritance.counts_from,
            retired=published.inheritance.retired or None,
            previous_digest=published.previous_digest or None,
            digest=published.digest,
        )

    def published(self) -> PublishedVersion:
        return PublishedVersion(
            version=self.version,
            document=json.loads(self.document),
            revision=self.revision,
            published_at=self.at,
            published_by=self.by,
            restores=self.restores,
            inheritance=Inheritance(self.counts_from, self.retired or {}),
            previous_digest=self.previous_digest or "",
            digest=self.digest,
        )


class DepartureItem(LedgerItem):
    """What left a program, and what has to be known of it should it come back. Empty values are left out."""

    on = DayAttribute(attr_name="t")
    counts = UnicodeAttribute(attr_name="c", null=True)
    shards = StrictIntegerAttribute(attr_name="s", null=True)
    amount = StrictIntegerAttribute(attr_name="a", null=True)
    over = BooleanAttribute(attr_name="o", null=True)

    @classmethod
    def of(cls, program: str, departure: Departure) -> Self:
        return cls(
            pk=keys.program_pk(program),
            sk=keys.departure_sk(departure.kind, departure.name),
            on=departure.on,
            counts=departure.counts or None,
            shards=departure.shards or None,
            amount=departure.amount or None,
            over=departure.over or None,
        )

    def departure(self) -> Departure:
        kind, name = keys.departure_of(self.sk)
        return Departure(
            kind=kind,
            name=name,
            on=self.on,
            counts=self.counts or "",
            shards=self.shards or 0,
            amount=self.amount or 0,
            over=self.over or False,
        )


class LiveItem(LedgerItem):
    """Which version is live, and the draft revision it was made from."""

    version = StrictIntegerAttribute(attr_name="v")
    revision = StrictIntegerAttribute(attr_name="r")

    @classmethod
    def pointing(cls, program: str, version: int, revision: int) -> Self:
        return cls(pk=keys.program_pk(program), sk=keys.LIVE, version=version, revision=revision)


class EndpointItem(LedgerItem):
    """``secrets``: each with when it stops being valid, nothing for the current one. ``urls``: by the moment each was
    entered."""

    sealed = True

    url = UnicodeAttribute(attr_name="u")
    types = UnicodeAttribute(attr_name="y", null=True)
    description = UnicodeAttribute(attr_name="x", null=True)
    secrets = PlainAttribute(attr_name="k")
    urls = PlainAttribute(attr_name="h")
    made_at = MomentAttribute(attr_name="t")
    made_by = UnicodeAttribute(attr_name="a")
    off = UnicodeAttribute(attr_name="o", null=True)
    off_at = MomentAttribute(attr_name="q", null=True)
    failures = StrictIntegerAttribute(attr_name="f", null=True)
    failing_since = MomentAttribute(attr_name="w", null=True)
    revision = StrictIntegerAttribute(attr_name="n")

    @classmethod
    def of(cls, endpoint: Endpoint) -> Self:
        types = endpoint.wanted.types
        return cls(
            pk=keys.endpoints_pk(endpoint.program),
            sk=keys.endpoint_sk(endpoint.name),
            url=endpoint.wanted.url,
            types=None if types is None else ",".join(sorted(types)),
            description=endpoint.wanted.description or None,
            secrets={each.value: None if each.until is None else utc_text(each.until) for each in endpoint.secrets},
            urls={utc_text(each.at): {"by": each.by, "url": each.url} for each in endpoint.urls},
            made_at=endpoint.made_at,
            made_by=endpoint.made_by,
            off=None if endpoint.off is None else endpoint.off.value,
            off_at=endpoint.off_at,
            failures=endpoint.failures or None,
            failing_since=endpoint.failing_since,
            revision=endpoint.revision,
        )

    def endpoint(self) -> Endpoint:
        types = frozenset(EventType(name) for name in self.types.split(",")) if self.types else None
        urls: Any = self.urls
        secrets = [
            Secret(value, None if until is None else from_utc_text(str(until))) for value, until in self.secrets.items()
        ]
        return Endpoint(
            program=self.pk.split("#")[1],
            name=self.sk.removeprefix(keys.ENDPOINT_PREFIX),
            wanted=Wanted(self.url, types, self.description or ""),
            # The one without an end first, then the one that lasts longest: that is the order they were made in.
            secrets=tuple(
                sorted(secrets, key=lambda each: (each.until is None, each.until or _EARLIEST), reverse=True)
            ),
            urls=tuple(
                UrlChange(from_utc_text(at), change["by"], change["url"])
                for at, change in sorted(urls.items(), reverse=True)
            ),
            made_at=self.made_at,
            made_by=self.made_by,
            off=Off(self.off) if self.off else None,
            off_at=self.off_at,
            failures=self.failures or 0,
            failing_since=self.failing_since,
            revision=self.revision,
        )


class DeliveryItem(LedgerItem):
    """The only item that DynamoDB removes by itself (``ttl``, in seconds), some time after the days it is kept."""

    sealed = True

    type = UnicodeAttribute(attr_name="y")
    body = UnicodeAttribute(attr_name="b")
    endpoint_made_at = MomentAttribute(attr_name="m")
    made_at = MomentAttribute(attr_name="t")
    next_at = MomentAttribute(attr_name="x", null=True)
    state = UnicodeAttribute(attr_name="s")
    attempts = StrictIntegerAttribute(attr_name="c", null=True)
    first_at = MomentAttribute(attr_name="f", null=True)
    last_at = MomentAttribute(attr_name="l", null=True)
    status = StrictIntegerAttribute(attr_name="h", null=True)
    why = UnicodeAttribute(attr_name="w", null=True)
    round = StrictIntegerAttribute(attr_name="r", null=True)
    revision = StrictIntegerAttribute(attr_name="n")
    ttl = StrictIntegerAttribute()

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        return cls(
            pk=keys.deliveries_pk(delivery.program, delivery.endpoint),
            sk=keys.delivery_sk(delivery.name),
            type=delivery.type,
            body=delivery.body,
            endpoint_made_at=delivery.endpoint_made_at,
            made_at=delivery.made_at,
            next_at=delivery.next_at,
            state=delivery.state.value,
            attempts=delivery.attempts or None,
            first_at=delivery.first_at,
            last_at=delivery.last_at,
            status=delivery.status,
            why=delivery.why,
            round=delivery.round or None,
            revision=delivery.revision,
            ttl=int((delivery.made_at + _KEPT).timestamp()),
        )

    def delivery(self) -> Delivery:
        _, program, _, endpoint = self.pk.split("#")
        return Delivery(
            program=program,
            endpoint=endpoint,
            name=self.sk.removeprefix(keys.DELIVERY_PREFIX),
            type=self.type,
            body=self.body,
            endpoint_made_at=self.endpoint_made_at,
            made_at=self.made_at,
            next_at=self.next_at,
            state=State(self.state),
            attempts=self.attempts or 0,
            first_at=self.first_at,
            last_at=self.last_at,
            status=self.status,
            why=self.why,
            round=self.round or 0,
            revision=self.revision,
        )


def _or_none(facts: MemberFacts) -> MemberFacts | None:
    return None if facts == MemberFacts() else facts


def _stored_facts(facts: MemberFacts) -> dict[str, Any] | None:
    """As a value of an expression; None where the attribute is left out."""
    return None if facts == MemberFacts() else {"M": FactsAttribute().serialize(facts)}


def _there[Value](value: Value | None) -> Value:
    if value is None:
        raise ValueError("a value that has to be there is missing")
    return value


def _whole(value: Plain) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"not a whole number: {value!r}")
    return value


def _mirrored(lots: Lots) -> dict[str, int]:
    return {name: -points for name, points in lots.items()}


def _json(document: Mapping[str, Plain]) -> str:
    """As ASCII: half of a surrogate pair, which JSON can spell and UTF-8 cannot, is a fault for validation to find."""
    return json.dumps(document, separators=(",", ":"))
