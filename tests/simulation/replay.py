"""One account again, entry by entry, beside everything that was said about it meanwhile."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from points.adapters.dynamodb import keys
from points.domain.ledger.entries import Entry, Kind
from points.domain.program.succession import Kept
from tests.property.ledger_model import Refused
from tests.property.shop import ENOUGH, LIMITED, POLICIES, Ended, Shop, lot_named
from tests.simulation.calls import PROGRAM, Call
from tests.simulation.history import Asked, documents
from tests.simulation.lambdas import SKEW_SECONDS, time_limit
from tests.simulation.reminding import ZONE, Reminding, as_of
from tests.simulation.watch import Reachable
from tests.simulation.world import EPOCH

if TYPE_CHECKING:
    from tests.simulation.checker import Checker

_SKEW: Final = timedelta(seconds=SKEW_SECONDS)
_BUDGET_REMEMBERED: Final = 31.0
"""Seconds for which an environment may remember that a budget was used up."""

_LONGEST: Final = timedelta(seconds=max(map(time_limit, ("earning", "expiry", "reminders"))))
"""No request takes longer, and no sweep."""

_SETTLES_NOTHING: Final = frozenset(
    {Kind.FREEZE, Kind.UNFREEZE, Kind.REFERRAL, Kind.TIER_REVIEW, Kind.FULFIL, Kind.SHIP, Kind.DELIVER}
)
"""Movements that leave what time has ended as it was: by another clock it may still be going on."""

OF_SWEEPS: Final = frozenset({Kind.EXPIRE, Kind.SETTLE, Kind.TIER_REVIEW})

_NOT_OF_THE_ACCOUNT: Final = frozenset({"reference_reused", "invalid_request", "occurred_in_future"})
"""Refusals that say nothing about an account."""


@dataclass
class _Said:
    """What one call was told about an account. It has to be true after one of the entries ``first`` to ``last``, at a
    moment from ``since`` to ``until``. ``tried`` is what would have been true instead."""

    asked: Asked
    call: Call
    status: int
    document: Mapping[str, Any]
    first: int
    last: int
    since: datetime
    until: datetime
    tried: list[str] = field(default_factory=list)


@dataclass
class Replay:
    checker: "Checker"
    member: str
    entries: Sequence[Entry]

    def __post_init__(self) -> None:
        self._pk = keys.member_pk(PROGRAM, self.member)
        # The budget is everybody's: whether there was enough is for the checker to say.
        self._shop = Shop(EPOCH, ZONE, budget=ENOUGH)
        self._by_name = {str(entry.name): entry for entry in self.entries}
        self._reminding = Reminding(self.checker, self.member)

    def run(self) -> None:
        said = sorted(self._what_was_said(), key=lambda each: each.first)
        open_: list[_Said] = []
        coming = said[::-1]
        for seq in range(len(self.entries) + 1):
            if seq and not self._follow(self.entries[seq - 1]):
                return
            self._reminding.follow(self._shop, self.entries[seq - 1] if seq else None, seq)
            while coming and coming[-1].first <= seq:
                open_.append(coming.pop())
            still = []
            for each in open_:
                if self._is_true(each):
                    continue
                if each.last <= seq:
                    self._untrue(each)
                else:
                    still.append(each)
            open_ = still
        self._at_the_end()

    def _untrue(self, said: _Said) -> None:
        answer = {name: value for name, value in said.document.items() if name not in {"entry", "type", "title"}}
        self.checker.wrong(
            f"{said.call.kind} {said.call.path} {said.call.body} (asked {said.asked.number}) was answered "
            f"{said.status} {answer}, which was true at no moment from entry {said.first} to {said.last}: "
            f"{said.tried[-4:]}",
            self.member,
            said.last,
        )

    # ── entries ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _follow(self, entry: Entry) -> bool:
        shop = self._shop
        # A request is decided under the program that was live when it came, however often it has to be decided again.
        decided = self.checker.written_at(self._pk, entry.seq) if is_of_a_sweep(entry) else entry.at
        if entry.program_version not in self.checker.live_between(decided - _LONGEST - 2 * _SKEW, decided + 2 * _SKEW):
            return self._wrong(entry, f"was decided under version {entry.program_version}, which was not live")
        self._under(shop, entry.program_version)
        settles = entry.kind not in _SETTLES_NOTHING
        before = shop.by_lot()
        if settles:
            shop.comes_to(entry.at)
        try:
            ended = self._decided(entry)
        except Refused as refusal:
            return self._wrong(entry, f"is booked, and the model refuses it: {refusal.code}")
        shop.entries += 1
        stated = _stated(entry)
        balance = shop.balance if settles else _balance_at(shop, entry.at)
        if (entry.points, stated) != (ended.change, balance):
            return self._wrong(entry, f"moves {entry.points} to {stated}, the model says {ended.change} to {balance}")
        if ended.spent is not None and _lots(entry.spent_lots()) != dict(ended.spent):
            return self._wrong(entry, f"spent {entry.spent_lots()}, the model says {dict(ended.spent)}")
        if entry.kind is Kind.EARN:
            # Its own are the lots that there is more in: what repaid a debt is in none.
            after = shop.by_lot()
            shop.earned[entry.reference].lots = {lot for lot in after if after[lot] > before.get(lot, 0)}
            lines = {line.rule: line.points for line in entry.lines}
            if lines != shop.lines_of(entry.reference):
                return self._wrong(entry, f"pays {lines}, the model says {shop.lines_of(entry.reference)}")
        if settles:
            shop.has_settled()
        return True

    def _under(self, shop: Shop, version: int) -> None:
        """The rules of a version, as far as versions differ."""
        program = self.checker.program(version)
        shop.expires_on = POLICIES[self.checker.policy(version)][1]
        shop.shortfall, shop.grace = program.shortfall.value, program.expired_return_days
        shop.per_day = None if program.offset is None else program.offset.points_per_day

    def _decided(self, entry: Entry) -> Ended:
        if is_of_a_sweep(entry):
            return self._swept(entry)
        if entry.kind is Kind.REFERRAL:
            return Ended(0)
        if entry.kind is Kind.REFERRAL_REWARD:
            return self._shop.is_rewarded()
        if entry.name.reverses is not None and entry.name.reverses.kind is Kind.REFERRAL_REWARD:
            reward = self._by_name[str(entry.name.reverses)]
            lots = {lot_named(name) for name, points in reward.moves.by_lot().items() if points > 0}
            return Ended(self._shop.lose_reward(lots, reward.at.astimezone(ZONE).date()))
        call = self._call_of(entry)
        assert call.decide is not None
        if entry.kind is Kind.EARN and self._without_budget(entry, call):
            self._shop.budget = 0
            ended = call.decide(self._shop)
            self._shop.budget = ENOUGH
            return ended
        return call.decide(self._shop)

    # ── what time alone brought ──────────────────────────────────────────────────────────────────────────────────

    def _swept(self, entry: Entry) -> Ended:
        shop = self._shop
        if entry.kind is Kind.TIER_REVIEW:
            return self._reviewed(entry)
        if entry.kind is Kind.REDEEM:
            return self._exchanged(entry)
        self._was_not_to_be_exchanged(entry)
        gone = shop.expires()
        if bool(gone) != (entry.kind is Kind.EXPIRE):
            self._wrong(entry, f"closes lots, or does not, and the model says {gone} points")
        if not gone and not (entry.moves.lots or entry.moves.pending or entry.moves.held or entry.moves.owed):
            self._wrong(entry, "says that time has done something, and nothing has moved")
        return Ended(-gone)

    def _reviewed(self, entry: Entry) -> Ended:
        """On the first day of each year, and once."""
        review_on = date.fromisoformat(entry.reference)
        since = self._shop.tier_since
        if (review_on.month, review_on.day) != (1, 1) or review_on > entry.at.astimezone(ZONE).date():
            self._wrong(entry, "is the review of another day")
        if since is None or since >= review_on:
            self._wrong(entry, f"is a review of a tier that is from {since}")
        self._shop.review(review_on)
        return Ended(0)

    def _exchanged(self, entry: Entry) -> Ended:
        named = self.checker.program(entry.program_version).exchange
        reward = str(entry.details["reward"])
        if reward != LIMITED and self._is_short_for(entry):
            # What is gone is passed over, and whether it was is not for the model to say.
            fork = self._shop.fork()
            if (found := fork.exchanges(entry.reference, named)) is not None and found[0] == LIMITED:
                named = tuple(each for each in named if each != LIMITED)
        if not any(each.exchanging for each in self._reachable(entry)):
            self._wrong(entry, "was bought for somebody who wanted nothing, or is not there")
        found = self._shop.exchanges(entry.reference, named)
        if found is None or found[0] != reward:
            self._wrong(entry, f"bought {reward}, the model says {found}")
        return Ended(0) if found is None else found[1]

    def _was_not_to_be_exchanged(self, entry: Entry) -> None:
        """Points may only expire that could buy nothing, at least not for this member."""
        before = self.entries[entry.seq - 2] if entry.seq > 1 else None
        if before is not None and is_of_a_sweep(before) and before.kind is Kind.REDEEM:
            pk = self._pk
            if self.checker.watch.write_of(pk, before.seq) == self.checker.watch.write_of(pk, entry.seq):
                return
        if not all(each.exchanging for each in self._reachable(entry)):
            return
        found = self._shop.fork().exchanges("", self.checker.program(entry.program_version).exchange)
        if found is not None and not (found[0] == LIMITED and self._is_short_for(entry)):
            self._wrong(entry, f"closes points that could buy {found[0]}")

    def _is_short_for(self, entry: Entry) -> bool:
        """Whether there may have been nothing left of what is limited when the entry was decided."""
        first, last = self._decided_between(entry)
        return self.checker.may_be_refused((Kept.STOCK, LIMITED), 1, first, last)

    def _reachable(self, entry: Entry) -> Sequence[Reachable]:
        return self.checker.watch.reachable(self._pk, *self._decided_between(entry))

    def _decided_between(self, entry: Entry) -> tuple[int, int]:
        watch = self.checker.watch
        last = watch.write_of(self._pk, entry.seq)
        return watch.writes_at(watch.moment_of(last) - _LONGEST.total_seconds()), last

    def _call_of(self, entry: Entry) -> Call:
        """Several may have asked for it, and each for something else: two who capture one hold. It is the one whose
        request leads to it."""
        calls = list(
            {
                str(call.body) + call.client: call for call, _ in self.checker.askers[self.member, str(entry.name)]
            }.values()
        )
        for call in calls if len(calls) > 1 else ():
            fork = self._shop.fork()
            assert call.decide is not None
            with suppress(Refused):
                if call.decide(fork).change == entry.points and fork.balance == _stated(entry):
                    return call
        return calls[0]

    def _without_budget(self, entry: Entry, call: Call) -> bool:
        """Whether the entry says that the campaign had nothing left, and that may have been so."""
        unpaid = entry.details.get("unpaid")
        if not isinstance(unpaid, Mapping) or unpaid.get("double") != "budget_exhausted":
            return False
        fork = self._shop.fork()
        assert call.decide is not None
        call.decide(fork)
        wanted = fork.earned[entry.reference].lines.get("double", 0)
        written = self.checker.watch.write_of(self._pk, entry.seq)
        moment = (entry.at - EPOCH).total_seconds() - _BUDGET_REMEMBERED - SKEW_SECONDS
        since = self.checker.watch.writes_at(moment)
        # It may have wanted something when it asked, and nothing any more when it was decided again.
        if wanted and not self.checker.may_be_refused((Kept.BUDGET, "double"), wanted, since, written):
            self._wrong(entry, f"says the budget was used up for {wanted} points, and it was not")
        return True

    def _wrong(self, entry: Entry, what: str) -> bool:
        self.checker.wrong(f"{entry.name} {what}", self.member, entry.seq)
        return False

    def _at_the_end(self) -> None:
        account = self.checker.account(self.member)
        if account is None:
            if self.entries:
                self.checker.wrong("has entries and no account", self.member)
            return
        shop = self._shop
        # Later than any clock has been: whoever was behind sees by now what others saw before.
        moment = max((entry.at for entry in self.entries), default=EPOCH) + 2 * _SKEW
        shop.comes_to(moment)
        settled = account.settled(moment, ZONE)
        compared = (
            ("lots", _lots(settled.lots), shop.lots),
            ("held", sorted(settled.holds), sorted(shop.holds)),
            ("owed", settled.owed, shop.owed),
            ("frozen", {activity.value for activity in account.frozen}, shop.frozen),
            ("friends", account.counters.get("~referral/nL", 0), shop.friends),
            ("tier", None if account.tier is None else account.tier.name, shop.tier),
        )
        for what, found, expected in compared:
            if found != expected:
                self.checker.wrong(f"{what} is {found}, the model says {expected}", self.member, account.seq)

    # ── what was said ────────────────────────────────────────────────────────────────────────────────────────────

    def _what_was_said(self) -> Iterator[_Said]:
        for asked in self.checker.about(self.member):
            if asked.answer is None or asked.ended is None:
                continue
            for call, status, document in documents(asked.answer, asked.call):
                if call.member != self.member or not _can_be_held(call, status, document):
                    continue
                yield _Said(
                    asked,
                    call,
                    status,
                    document,
                    first=self.checker.watch.seq_at(self._pk, asked.last_began[0]),
                    last=self.checker.watch.seq_at(self._pk, asked.ended[0]),
                    since=EPOCH + timedelta(seconds=asked.last_began[1]) - _SKEW,
                    until=EPOCH + timedelta(seconds=asked.ended[1]) + _SKEW,
                )

    def _is_true(self, said: _Said) -> bool:
        return any(self._is_true_at(moment, said) for moment in self._moments(said))

    def _moments(self, said: _Said) -> Iterator[datetime]:
        """Those between which nothing changes by time alone."""
        yield said.since
        ends = [end for end, _ in self._shop.holds.values()]
        day = said.since.astimezone(ZONE).date()
        midnight = datetime.combine(day + timedelta(days=1), time(), ZONE).astimezone(UTC)
        for moment in sorted([*ends, midnight, *(end - timedelta(microseconds=1) for end in ends)]):
            if said.since < moment < said.until:
                yield moment
        yield said.until

    def _is_true_at(self, moment: datetime, said: _Said) -> bool:
        if said.status >= 400:
            return self._is_refused(moment, said)
        match said.call.kind:
            case "read balance":
                true = self._has_balance(moment, said, said.document)
            case "read member":
                true = self._has_balance(moment, said, said.document["balance"])
            case "read entries":
                true = self._are_newest(said)
            case "read order":
                true = self._is_that_far(said)
            case "preview" | "quote":
                true = self._would_pay(moment, said)
            case _:
                true = True
        return true

    def _has_balance(self, moment: datetime, said: _Said, stated: Mapping[str, Any]) -> bool:
        balance = _balance_at(self._shop, moment)
        found = tuple(stated[name] for name in ("available", "pending", "held", "owed"))
        said.tried.append(f"{balance}")
        return found == balance

    def _is_that_far(self, said: _Said) -> bool:
        reference = str(said.document["reference"])
        state = self._shop.state_of(reference)
        said.tried.append(f"{state}")
        return (said.document["state"], said.document["history"][-1]["state"]) == (state, state)

    def _are_newest(self, said: _Said) -> bool:
        listed = [item["seq"] for item in said.document["items"]]
        newest = self._shop.entries
        said.tried.append(f"{newest}")
        return listed == list(range(newest, max(0, newest - 5), -1))

    def _would_pay(self, moment: datetime, said: _Said) -> bool:
        outcomes = [outcome for _, outcome in self._outcomes(moment, said)]
        said.tried += map(str, outcomes)
        return said.document["points"] in outcomes

    def _is_refused(self, moment: datetime, said: _Said) -> bool:
        call, code = said.call, said.document["code"]
        if code == "out_of_stock":
            return self._is_sold_out(said)
        for available, outcome in self._outcomes(moment, said):
            said.tried.append(f"{outcome}")
            numbered = code == "insufficient_points" and call.kind in {"redeem", "hold", "adjust"}
            if outcome == code and (not numbered or said.document["available"] == available):
                return True
        return code == "limit_reached" and call.kind == "refer" and self.checker.had_friends(self.member)

    def _outcomes(self, moment: datetime, said: _Said) -> Iterator[tuple[int, int | str]]:
        """(points available before, change of points or code of the refusal) of the call at that moment, under each
        version that somebody may have taken for the live one."""
        assert said.call.decide is not None
        for version in self.checker.live_between(said.since, said.until):
            fork = self._shop.fork()
            self._under(fork, version)
            fork.comes_to(moment)
            available = fork.balance[0]
            try:
                yield available, said.call.decide(fork).change
            except Refused as refusal:
                yield available, refusal.code

    def _is_sold_out(self, said: _Said) -> bool:
        assert said.asked.ended is not None
        assert said.call.body is not None
        first, last = said.asked.last_began[0], said.asked.ended[0]
        return self.checker.may_be_refused((Kept.STOCK, LIMITED), int(said.call.body["quantity"]), first, last)


def is_of_a_sweep(entry: Entry) -> bool:
    """Whether time alone brought it: nobody asked for it."""
    return entry.kind in OF_SWEEPS or (entry.kind is Kind.REDEEM and entry.reference.startswith("~"))


def _can_be_held(call: Call, status: int, document: Mapping[str, Any]) -> bool:
    if status < 400:
        return call.books is None
    if call.decide is None or document["code"] in _NOT_OF_THE_ACCOUNT:
        return False
    return not (document["code"] == "not_found" and document.get("resource") in {"member", "program"})


def _stated(entry: Entry) -> tuple[int, int, int, int]:
    balance = entry.balance
    return balance.available, balance.pending, balance.held, balance.owed


def _balance_at(shop: Shop, moment: datetime) -> tuple[int, int, int, int]:
    """What the account comes to by then, if nobody moves anything."""
    return as_of(shop, moment).balance


def _lots(lots: Mapping[str, int]) -> dict[tuple[Any, str], int]:
    return {lot_named(name): points for name, points in lots.items()}
