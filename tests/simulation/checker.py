"""Whether everything that was answered is true, and everything that was asked was done once.

No search for an order is needed: each account's entries are in one, by their ``seq``, and prove it by their chain. So
they are decided again one after the other, by a model that shares nothing with the domain; and every refusal and every
reading has to be true of the account as it was at some moment while it was under way.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from points.adapters.cached_programs import LIVE_SECONDS, CachedPrograms
from points.adapters.deadline import InvocationDeadline
from points.adapters.dynamodb import keys
from points.adapters.dynamodb.models import AccountItem, EntryItem
from points.adapters.dynamodb.program_versions import DynamoDBProgramVersions
from points.adapters.dynamodb.table import Table
from points.adapters.dynamodb.walk import DynamoDBWalk
from points.adapters.program_document import PydanticProgramDocuments
from points.application.administration.audit_ledger import audit_ledger
from points.domain.ledger.account import Account
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.ledger.timers import Dormant, Expiring
from points.domain.program.program import Program
from points.domain.program.succession import Kept
from points.domain.reminding.notices import Notice, name_of
from points.http.rendering.movements import entry_body
from tests.property.shop import MOST_FRIENDS, POLICIES
from tests.simulation.calls import PROGRAM, Call
from tests.simulation.dynamodb import Client, Engine
from tests.simulation.history import Asked, History, documents
from tests.simulation.lambdas import LATER, SKEW_SECONDS, TABLE
from tests.simulation.outside import OUTBOX, Outside
from tests.simulation.queues import Queue
from tests.simulation.reminding import Pause
from tests.simulation.replay import Replay, is_of_a_sweep
from tests.simulation.watch import Watch
from tests.simulation.world import EPOCH

_MEMBERS_OWN: Final = frozenset({Kind.REFERRAL, Kind.REFERRAL_REWARD})
"""Kinds of entries that come of somebody else's call."""


_OF_KIND: Final[Mapping[Kind, str]] = {
    Kind.EARN: "PointsEarned",
    Kind.REDEEM: "PointsRedeemed",
    Kind.PLAY: "PrizeDrawn",
    Kind.HOLD: "PointsHeld",
    Kind.CAPTURE: "PointsCaptured",
    Kind.RELEASE: "HoldReleased",
    Kind.REVERSAL: "EntryReversed",
    Kind.CONFIRM: "PointsConfirmed",
    Kind.ADJUST: "PointsAdjusted",
    Kind.REFERRED: "MemberReferred",
    Kind.REFERRAL: "ReferralLinked",
    Kind.REFERRAL_REWARD: "ReferralRewarded",
    Kind.TIER_REVIEW: "TierReviewed",
    Kind.EXPIRE: "PointsExpired",
    Kind.SETTLE: "PointsSettled",
    Kind.FREEZE: "MemberFrozen",
    Kind.UNFREEZE: "MemberUnfrozen",
    Kind.FULFIL: "OrderFulfilled",
    Kind.SHIP: "OrderShipped",
    Kind.DELIVER: "OrderDelivered",
}
"""What the world is told of an entry; of orders it is told beside."""

_NOTICED: Final = {Expiring: "PointsExpiring", Dormant: "MemberDormant"}


@dataclass(frozen=True)
class Violation:
    """``member`` is "" where it is about no account."""

    what: str
    member: str = ""
    seq: int = 0

    def __str__(self) -> str:
        place = f" [{self.member} entry {self.seq}]" if self.member else ""
        return f"{self.what}{place}"


@dataclass(eq=False)
class Checker:
    engine: Engine
    watch: Watch
    history: History
    queue: Queue
    outside: Outside
    limits: Mapping[tuple[Kept, str], int]
    referrers: Mapping[str, str]
    pauses: Sequence[Pause]
    violations: list[Violation] = field(default_factory=list)
    askers: dict[tuple[str, str], list[tuple[Call, Asked | None]]] = field(default_factory=dict)

    def check(self) -> Sequence[Violation]:
        for key, item in self.engine.items.items():
            # What a later release added is its own business, and nothing an auditor of this one knows.
            self.engine.items[key] = {name: value for name, value in item.items() if name != LATER}
        table = Table(_client(self.engine), TABLE, _Never(), InvocationDeadline())
        self._versions = DynamoDBProgramVersions(table)
        self._programs = CachedPrograms(self._versions, PydanticProgramDocuments())
        self._about = self._by_member()
        versions = list(self._versions.versions(PROGRAM, limit=10_000).items)
        self._published = [version.published_at for version in reversed(versions)]
        self._entries = self._all_entries()
        self._audit(table)
        self._what_was_asked()
        self._queue()
        self._pairs()
        self._what_was_told()
        for member, entries in sorted(self._entries.items()):
            self._real_time(member, entries)
            Replay(self, member, entries).run()
        return self.violations

    def wrong(self, what: str, member: str = "", seq: int = 0) -> None:
        self.violations.append(Violation(what, member, seq))

    # ── the ledger by itself ─────────────────────────────────────────────────────────────────────────────────────

    def _all_entries(self) -> dict[str, list[Entry]]:
        found: dict[str, list[Entry]] = {}
        for (_, sk), item in self.engine.items.items():
            if sk.startswith(keys.ENTRY_PREFIX):
                note = self.engine.items.get((item["pk"]["S"], keys.NOTE_PREFIX + sk.removeprefix(keys.ENTRY_PREFIX)))
                entry = EntryItem.read(item).entry(None if note is None else note["x"]["S"])
                found.setdefault(entry.member, []).append(entry)
        for entries in found.values():
            entries.sort(key=lambda entry: entry.seq)
        return found

    def _audit(self, table: Table) -> None:
        for finding in audit_ledger(DynamoDBWalk(table), self._programs).findings:
            self.wrong(f"audit: {finding.place} {finding.code}: {finding.message}", finding.member)

    # ── who asked for what ───────────────────────────────────────────────────────────────────────────────────────

    def _what_was_asked(self) -> None:
        """Every answer is in the ledger, to the byte, and nothing is there that nobody asked for."""
        self.askers = self._askers()
        booked = {(entry.member, str(entry.name)): entry for entries in self._entries.values() for entry in entries}
        bodies = {key: self._body(entry) for key, entry in booked.items()}
        for (member, name), entry in booked.items():
            mine = (member, name) in self.askers
            derived = (
                entry.kind in _MEMBERS_OWN
                or is_of_a_sweep(entry)
                or (entry.name.reverses is not None and entry.name.reverses.kind is Kind.REFERRAL_REWARD)
            )
            if not mine and not derived:
                self.wrong(f"nobody asked for {name}", member, entry.seq)
        for asked in self.history.asked:
            if asked.answer is None:
                self.wrong(f"{asked.call.kind} {asked.call.path} was never answered")
                continue
            for call, status, document in documents(asked.answer, asked.call):
                if call.books is None:
                    continue
                key = (call.member, str(call.books))
                if status not in (200, 201):
                    self._was_not_there(asked, call, document, booked.get(key))
                    continue
                if key not in bodies:
                    self.wrong(f"{key[1]} was answered {status} and is not in the ledger", call.member)
                elif not self._same(document["entry"], bodies[key]):
                    self.wrong(f"{key[1]} was answered otherwise than it stands in the ledger", call.member)

    def _was_not_there(self, asked: Asked, call: Call, document: Mapping[str, Any], entry: Entry | None) -> None:
        """What had been booked when it was asked for again is answered as it was, whatever is forbidden by now."""
        if entry is None or document["code"] == "reference_reused":
            return
        written = self.watch.write_of(keys.member_pk(PROGRAM, entry.member), entry.seq)
        if written <= asked.last_began[0]:
            self.wrong(f"{call.books} had been booked and was answered {document['code']}", call.member, entry.seq)

    def _askers(self) -> dict[tuple[str, str], list[tuple[Call, Asked | None]]]:
        found: dict[tuple[str, str], list[tuple[Call, Asked | None]]] = {}
        for asked in self.history.asked:
            for call in asked.call.events or (asked.call,):
                if call.books is not None:
                    found.setdefault((call.member, str(call.books)), []).append((call, asked))
        for call, _ in self.history.queued.values():
            found.setdefault((call.member, str(call.books)), []).append((call, None))
        return found

    def _body(self, entry: Entry) -> dict[str, Any]:
        return dict(entry_body(entry, self._programs.version(PROGRAM, entry.program_version), "en"))

    def _same(self, answered: Mapping[str, Any], stored: Mapping[str, Any]) -> bool:
        if answered["member"] in self.history.erased:
            # What somebody gave for a reason goes with the member.
            return {**answered, "reason": None} == {**stored, "reason": None}
        return dict(answered) == dict(stored)

    def _pairs(self) -> None:
        """Where nothing is left of the event that a newcomer's referrer was rewarded for, the reward went with it."""
        names = {(entry.member, str(entry.name)) for entries in self._entries.values() for entry in entries}
        for entries in self._entries.values():
            referrers = {entry.name: entry.details["referrer"] for entry in entries if _qualified(entry)}
            for entry in entries:
                of = entry.name.reverses
                if of not in referrers or not entry.details.get("last"):
                    continue
                assert of is not None
                reward = EntryName(Kind.REFERRAL_REWARD, f"{entry.member}/{of.reference}")
                lost = EntryName(Kind.REVERSAL, entry.reference, reverses=reward)
                referrer = str(referrers[of])
                if (referrer, str(reward)) in names and (referrer, str(lost)) not in names:
                    self.wrong(f"{entry.name} left {reward} with {referrer}", entry.member, entry.seq)

    def _queue(self) -> None:
        """Every message is booked once, or in the dead letters."""
        booked = {(entry.member, str(entry.name)) for entries in self._entries.values() for entry in entries}
        if self.queue.waiting:
            self.wrong(f"{len(self.queue.waiting)} messages are left in the queue")
        dead = Counter(message.body for message in self.queue.dead)
        for body, (call, _) in self.history.queued.items():
            if (call.member, str(call.books)) not in booked and body not in dead:
                self.wrong(f"the message of {call.books} is gone and was never booked", call.member)
            if self.queue.handled[body] and (call.member, str(call.books)) not in booked:
                self.wrong(f"the message of {call.books} was reported as done and is not booked", call.member)

    # ── what the world was told ──────────────────────────────────────────────────────────────────────────────────

    def _what_was_told(self) -> None:
        """Each entry and each notice, by one event of its own at least; each event the same whenever it is told; and
        none of what did not happen."""
        heard: dict[str, Mapping[str, Any]] = {}
        for event in self.outside.events:
            if heard.setdefault(event["id"], event) != event:
                self.wrong(f"{event['id']} was told in two ways: {heard[event['id']]} and {event}", event["member"])
        told = Counter(_about_event(event) for event in heard.values())
        expected: Counter[tuple[str, str, int | str]] = Counter(
            (member, event_type, entry.seq)
            for member, entries in self._entries.items()
            for entry in entries
            for event_type in _events_of(entry)
        )
        notices = [noticed.notice for noticed in self.watch.noticed]
        expected.update(
            (each.member, _NOTICED[type(each.about)], name_of(each.about)) for each in notices if not each.superseded
        )
        # Whether a tier has changed is not for an entry alone to say; that it has one must be told at most once.
        surplus = Counter({about: number for about, number in (told - expected).items() if about[1] != "TierChanged"})
        for about in sorted(expected - told, key=str):
            self.wrong(f"{about} was never told", about[0])
        for about in sorted(surplus, key=str):
            self.wrong(f"{about} was told and never was, or by two ids", about[0])
        self._points_told(heard.values())
        self._messages(notices)

    def _points_told(self, events: Iterable[Mapping[str, Any]]) -> None:
        by_seq = {(entry.member, entry.seq): entry for entries in self._entries.values() for entry in entries}
        for event in events:
            entry = by_seq.get((event["member"], event["seq"]))
            if event["seq"] is not None and entry is None:
                self.wrong(f"{event['id']} is of an entry that is not there", event["member"])
            elif (
                entry is not None and event["type"] == _OF_KIND[entry.kind] and event["data"]["points"] != entry.points
            ):
                self.wrong(f"{event['id']} tells other points than {entry.name}", entry.member, entry.seq)

    def _messages(self, notices: Sequence[Notice]) -> None:
        """One at least by each of its ways, of each notice that is to be sent."""
        for channel, address in OUTBOX.channel_queues.items():
            sent = {(each["member"], each["notice"]) for each in self.outside.messages.get(address, ())}
            wanted = {
                (each.member, name_of(each.about))
                for each in notices
                if channel in each.channels and not each.superseded
            }
            for member, notice in sorted(sent ^ wanted):
                self.wrong(f"{notice} was to be sent by {channel} and was not, or the other way round", member)
        if aside := self.outside.messages.get(OUTBOX.set_aside_queue):
            self.wrong(f"{len(aside)} records were set aside: {aside[0]}")

    def _real_time(self, member: str, entries: Sequence[Entry]) -> None:
        """What was answered before something else began comes before it."""
        latest = 0
        for entry in entries:
            ended, began = self._under_way(member, entry)
            if ended is not None and latest > ended:
                self.wrong(f"{entry.name} was answered before something began that stands before it", member, entry.seq)
            latest = max(latest, began)

    def _under_way(self, member: str, entry: Entry) -> tuple[int | None, int]:
        """(end of the first call that was answered with it, begin of the first that asked for it), in writes."""
        askers = self.askers.get((member, str(entry.name)), [])
        ends = [asked.ended[0] for _, asked in askers if asked is not None and asked.ended and _positive(asked)]
        begins = [asked.began[0] for _, asked in askers if asked is not None]
        if len(begins) < len(askers) or not askers:
            return min(ends, default=None), 0
        return min(ends, default=None), min(begins)

    # ── what a replay of one account asks for ────────────────────────────────────────────────────────────────────

    def about(self, member: str) -> Sequence[Asked]:
        return self._about.get(member, ())

    def program(self, version: int) -> Program:
        return self._programs.version(PROGRAM, version)

    @cache  # noqa: B019 - as many as there are versions
    def policy(self, version: int) -> int:
        """Which of the shop's policies a version has."""
        published = self._versions.version(PROGRAM, version)
        assert published is not None
        return next(number for number, (policy, _) in enumerate(POLICIES) if policy == published.document["expiry"])

    def live_between(self, since: datetime, until: datetime) -> list[int]:
        """The versions that were live then, or that some environment still knew as live."""
        known_since = since - timedelta(seconds=LIVE_SECONDS + SKEW_SECONDS)
        moments = self._published
        return [
            version
            for version, published_at in enumerate(moments, start=1)
            if published_at <= until and (version == len(moments) or moments[version] >= known_since)
        ]

    def written_at(self, member_pk: str, seq: int) -> datetime:
        return EPOCH + timedelta(seconds=self.watch.moment_of(self.watch.write_of(member_pk, seq)))

    def account(self, member: str) -> Account | None:
        item = self.engine.items.get((keys.member_pk(PROGRAM, member), keys.ACCOUNT))
        return None if item is None else AccountItem.read(item).account()

    def may_be_refused(self, of: tuple[Kept, str], amount: int, first: int, last: int) -> bool:
        """Whether so much may have been refused between the two writes, because there was not so much left."""
        return self.watch.most_taken(of, first, last) + amount > self.limits[of]

    def had_friends(self, newcomer: str) -> bool:
        """Whether who was to bring a newcomer may have had as many as allowed."""
        referrer = self.referrers[newcomer]
        rewards = sum(entry.kind is Kind.REFERRAL_REWARD for entry in self._entries.get(referrer, ()))
        return rewards >= MOST_FRIENDS

    def _by_member(self) -> dict[str, list[Asked]]:
        found: dict[str, list[Asked]] = {}
        for asked in self.history.asked:
            for member in sorted({call.member for call in asked.call.events or (asked.call,)}):
                found.setdefault(member, []).append(asked)
        return found


def _events_of(entry: Entry) -> Iterator[str]:
    yield _OF_KIND[entry.kind]
    if entry.kind is Kind.REDEEM:
        yield "OrderPlaced"
    if entry.name.reverses is not None and entry.name.reverses.kind is Kind.REDEEM:
        yield "OrderCancelled"


def _about_event(event: Mapping[str, Any]) -> tuple[str, str, int | str]:
    """(member, type, the entry's number or the notice's name)."""
    data = event["data"]
    match event["type"]:
        case "PointsExpiring":
            about: int | str = f"expiring#{data['expires_on']}#{data['lead_days']:03}"
        case "MemberDormant":
            about = f"dormant#{data['active_on']}#{data['round']:03}"
        case _:
            about = event["seq"]
    return event["member"], event["type"], about


def _qualified(entry: Entry) -> bool:
    return entry.kind is Kind.EARN and "referrer" in entry.details


def _positive(asked: Asked) -> bool:
    return asked.answer is not None and asked.answer.status in (200, 201)


class _Never:
    def wait(self, attempt: int) -> None:
        raise AssertionError(f"nothing is retried here: {attempt}")


def _client(engine: Engine) -> Any:
    return Client(engine)
