"""A table in which a little of everything has happened: every kind of item, every attribute of each, every kind of
entry. What looks at stored items can be tried on it without forgetting one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from points.adapters.cached_programs import CachedPrograms
from points.adapters.dynamodb import keys
from points.adapters.dynamodb.models import Item, NoticeItem
from points.adapters.dynamodb.program_versions import DynamoDBProgramVersions
from points.adapters.dynamodb.table import Table
from points.adapters.dynamodb.walk import DynamoDBWalk
from points.adapters.dynamodb.webhooks import DynamoDBDeliveries, DynamoDBEndpoints
from points.adapters.program_document import PydanticProgramDocuments
from points.application.administration.adjust_points import adjust_points
from points.application.administration.audit_ledger import Audit, audit_ledger
from points.application.administration.edit_draft import save_draft
from points.application.administration.freeze_member import freeze_member, unfreeze_member
from points.application.administration.publish_program import publish_again, publish_draft
from points.application.coupons.ports import Importing, Pools
from points.application.coupons.start_import import ImportWanted, start_import
from points.application.earning.confirm_points import confirm_points
from points.application.earning.earn_points import earn_points
from points.application.earning.refer_member import refer_member
from points.application.earning.reverse_entry import reverse_entry
from points.application.expiry.bring_up_to_date import bring_up_to_date
from points.application.members.enrol_member import enrol_member
from points.application.members.erase_member import erase_member
from points.application.redemption.cancel_order import Cancellation, cancel_order
from points.application.redemption.handle_order import Handling, handle_order
from points.application.redemption.hold_points import HoldEnd, capture_hold, hold_points, release_hold
from points.application.redemption.pay_order import Payment, pay_order
from points.application.redemption.redeem_reward import redeem_reward
from points.application.redemption.refund_order import refund_order
from points.application.redemption.write_off_coupon import write_off_coupon
from points.application.reminders.remind_member import remind_member
from points.application.reminders.retime_program import begin_retiming
from points.application.services import Services
from points.application.webhooks.ports import Deliveries, Endpoints
from points.domain.calendar import utc_text
from points.domain.canonical import Plain
from points.domain.errors import PointsError
from points.domain.ledger.account import Activity
from points.domain.ledger.coupons import codes_in
from points.domain.ledger.entries import EntryName, Kind
from points.domain.ledger.members import Profile
from points.domain.ledger.timers import Dormant, Expiring
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.confirming import Confirmation
from points.domain.movements.earning import Event
from points.domain.movements.freezing import Freeze
from points.domain.movements.holding import HoldRequest
from points.domain.movements.redeeming import Redemption
from points.domain.movements.referring import Invitation
from points.domain.movements.refunding import OrderRefund
from points.domain.movements.reversing import Reversal
from points.domain.movements.writing_off import WriteOff
from points.domain.program.program import Program
from points.domain.reminding.notices import Notice
from points.domain.telling.events import EventType
from points.domain.webhooks.deliveries import Answered, NotAnswered, again, claimed, delivery_of, settled
from points.domain.webhooks.endpoints import Wanted, failed, gone, made, rotated
from points.domain.webhooks.events import event_of
from tests.store.support import dynamodb_store
from tests.support.documents import REMOVED, Document, changed, full
from tests.support.importing import MemoryFiles, MemoryWork, worked_off

PROGRAM = "shop"
LEFT = "left"
"""A program that gave up something of every kind."""

FLIGHT = "flight"
"""A program whose points live by activity, and which lets expiring ones buy something."""

ALICE, BOB, CAROL, DAVE = "alice", "bob", "carol", "dave"
"""Alice does everything, Bob brought her, Carol owes points, Dave has been erased."""

ERIN, FRED = "erin", "fred"
"""In the other program: Erin was reminded and did nothing, Fred is active."""

MUG: Document = {
    "price": 10,
    "stock": 90,
    "stock_per_day": 30,
    "stock_shards": 3,
    "limits": [{"per": "lifetime", "maximum": 90}],
}

CLIENT = "shop"
START = datetime(2026, 12, 28, 4, tzinfo=UTC)


@dataclass
class _Life:
    services: Services
    program: Callable[[], Program]

    def earn(self, member: str, reference: str, behaviour: str, amount: str | None = None, **event: Any) -> None:
        command = Event(reference, member, behaviour, amount, **event)
        earn_points(self.services, self.program(), command, actor="app")

    def refund(self, member: str, reference: str, of: str, **part: Any) -> None:
        command = Reversal(reference, member, EntryName(Kind.EARN, of), **part)
        reverse_entry(self.services, self.program(), command, actor="app")


@dataclass
class _Clock:
    moment: datetime = START

    def now(self) -> datetime:
        self.moment += timedelta(milliseconds=1)
        return self.moment


def lived_in(table: Table) -> Services:
    """Fill an empty table; the services that did it can go on."""
    clock = _Clock()
    monotonic = iter(range(0, 10**9, 10)).__next__
    store = dynamodb_store(table)
    documents = PydanticProgramDocuments()
    programs = CachedPrograms(store.versions, documents, monotonic=monotonic)
    services = replace(store.services(), clock=clock, programs=programs, documents=documents)
    life = _Life(services, lambda: services.programs.live(PROGRAM))
    _publish(services, PROGRAM, _document())
    _publish(services, PROGRAM, changed(_document(), ("/backdating_days", 9), ("/rules/2", REMOVED)))
    _give_up_everything(services)
    _pools(services, store.pools)
    _everything_that_members_do(life)
    _everything_that_is_told(DynamoDBEndpoints(table), DynamoDBDeliveries(table))
    publish_again(services, PROGRAM, version=1, live_version=2, actor="operator", client=CLIENT)
    _publish(services, PROGRAM, changed(_document(), ("/backdating_days", 9), ("/rules/2", REMOVED)))
    clock.moment += timedelta(days=40)
    bring_up_to_date(services, life.program(), ALICE, clock.moment)
    _time_passes(services, clock)
    life.earn(ALICE, "after-the-review", "purchase", "20.00")
    redeem_reward(services, life.program(), Redemption("waits", ALICE, "camera", expires_in=900), actor="app")
    bob = Adjustment("for-a-star", BOB, 5, "a present", None)
    adjust_points(services, life.program(), bob, actor="op")
    redeem_reward(services, life.program(), Redemption("star", BOB, "star"), actor="app")
    # An open hold, orders that wait, a debt and frozen activities are on accounts as they are now.
    hold_points(services, life.program(), HoldRequest("open", ALICE, 5), actor="app")
    _an_order_is_paid_in_part(life)
    _remind(table, clock.moment)
    freeze_member(services, life.program(), Freeze("stop", BOB, "looks odd", frozenset({Activity.EARNING})), actor="op")
    return services


def _document() -> Document:
    document: Document = changed(
        full(),
        ("/tiers/levels/1/from", 100),
        ("/risk/1/more_than", 500),
        ("/rules/1/caps/0/occurrences", 3),
        ("/campaigns/1/from", "2026-12-01"),
        ("/campaigns/1/to", "2027-01-31"),
        ("/rewards/cut", {"price": 1, "kind": "coupon", "coupon": {"source": "generated", "valid_days": 30}}),
        ("/rewards/film", {"price": 1, "kind": "voucher", "coupon": {"source": "pool", "pool": "films"}}),
        ("/tiers/levels/1/monthly_pack", [{"reward": "film"}]),
        (
            "/rewards/mug",
            {
                "price": 10,
                "stock": 90,
                "stock_per_day": 30,
                "stock_shards": 3,
                "limits": [{"per": "lifetime", "maximum": 90}],
            },
        ),
        ("/rewards/camera", {"price": 20, "cash": "9.90", "stock": 90, "stock_per_day": 30, "stock_shards": 3}),
        ("/rewards/fame", {"price": 5, "kind": "badge"}),
        ("/rewards/star", {"price": 5, "kind": "badge", "cash": "0.01"}),
        ("/rewards/card", {"price": 5, "kind": "membership", "months": 1}),
        ("/rewards/year", {"price": 5, "kind": "membership", "months": 12, "cash": "0.01"}),
        ("/offset", {"maximum_share_percent": 50, "step": 5}),
    )
    return document


def _publish(services: Services, program: str, document: Document) -> None:
    draft = services.versions.draft(program)
    revision = 0 if draft is None else draft.revision
    save_draft(services, program, document, revision=revision, actor="operator", client=CLIENT)
    publish_draft(services, program, revision=revision + 1, actor="operator", client=CLIENT)


def _give_up_everything(services: Services) -> None:
    document = changed(_document(), ("/tasks/1/to", "2026-01-31"), ("/tasks/1/from", "2026-01-01"))
    _publish(services, LEFT, document)
    given_up = ("tasks", "campaigns", "tiers", "rewards", "exchange_at_expiry", "segments", "risk")
    rules = [rule for rule in document["rules"] if "when" not in rule]
    _publish(services, LEFT, {key: value for key, value in document.items() if key not in given_up} | {"rules": rules})


def _time_passes(services: Services, clock: _Clock) -> None:
    """What schedules bring: timers set anew, reminders, one of them too late to be sent, and what time has done."""
    monday = clock.moment
    by_activity = {"type": "by_activity", "months": 1}
    document = changed(_document(), ("/expiry", by_activity), ("/exchange_at_expiry", ["mug"]))
    _publish(services, FLIGHT, document)
    clock.moment += timedelta(hours=1)
    program = services.programs.live(FLIGHT)
    begin_retiming(services, _Unsent(), FLIGHT, clock.moment)
    life = _Life(services, lambda: program)
    profiles = {ERIN: Profile(birthday=date(1991, 5, 6)), FRED: Profile(exchange_opt_out=True)}
    for member, profile in profiles.items():
        enrol_member(services, program, member, profile)
        life.earn(member, "flew", "review", attributes={"length": 20})
    clock.moment = monday + timedelta(days=26)
    remind_member(services, program, ERIN, clock.moment)
    life.earn(FRED, "bought", "purchase", "30.00")
    clock.moment = monday + timedelta(days=34)
    for member in (ERIN, FRED):
        bring_up_to_date(services, program, member, clock.moment)


class _Unsent:
    def send(self, work: Sequence[Mapping[str, Any]]) -> None:
        """Nobody works it off: timers are set already."""


def _everything_that_members_do(life: _Life) -> None:
    services, program = life.services, life.program()
    for member in (BOB, CAROL, DAVE):
        enrol_member(services, program, member, Profile())
    enrol_member(
        services,
        program,
        ALICE,
        Profile("zh-CN", date(1990, 2, 28), True, "a@example.com", "+86 10", {"club": "gold", "age": 36}, opt_out=True),
    )
    refer_member(services, program, Invitation("brought", ALICE, BOB), actor="app")
    refer_member(services, program, Invitation("also-brought", DAVE, BOB), actor="app")
    life.earn(ALICE, "bought", "purchase", "128.00", occurred_at=START - timedelta(days=1))
    life.earn(ALICE, "reviewed", "review", quantity=4, attributes={"length": 20})
    life.earn(ALICE, "visited", "check_in")
    life.earn(ALICE, "much", "purchase", "900.00")
    life.earn(ALICE, "returned-in-part", "purchase", "60.00")
    life.refund(ALICE, "part", "returned-in-part", amount="20.00", reason="too large")
    confirm_points(services, program, Confirmation(ALICE, "bought"), actor="app", by_operator=False)
    with_points = Adjustment("welcome", ALICE, 300, "a present", date(2027, 6, 30))
    adjust_points(services, program, with_points, actor="op")
    hold_points(services, program, HoldRequest("captured", ALICE, 40), actor="app")
    capture_hold(services, program, HoldEnd(ALICE, "captured", 30), actor="app")
    reverse_capture = Reversal("back", ALICE, EntryName(Kind.CAPTURE, "captured"), points=10)
    reverse_entry(services, program, reverse_capture, actor="app")
    hold_points(services, program, HoldRequest("released", ALICE, 15), actor="app")
    release_hold(services, program, HoldEnd(ALICE, "released"), actor="app")
    redeem_reward(services, program, Redemption("mugs", ALICE, "mug", 2), actor="app")
    redeem_reward(services, program, Redemption("taken-back", ALICE, "mug"), actor="app")
    _coupons(services, program)
    for kind, tracking in ((Kind.FULFIL, None), (Kind.SHIP, "SF 1"), (Kind.DELIVER, None)):
        handling = Handling(ALICE, "mugs", tracking)
        handle_order(services, program, kind, handling, reason="on its way", actor="op")
    cancel_order(services, program, Cancellation(ALICE, "taken-back"), reason="broken", actor="app")
    _what_costs_money(services, program)
    for reward in ("fame", "card"):
        redeem_reward(services, program, Redemption(reward, ALICE, reward), actor="app")
    freeze_member(services, program, Freeze("looked-at", ALICE, "why"), actor="op")
    unfreeze_member(services, program, Freeze("let-go", ALICE, "fine"), actor="op")
    with suppress(PointsError):
        life.earn(ALICE, "refused", "purchase", "1.005", quantity=2, occurred_at=START, attributes={"length": 3})
    life.earn(CAROL, "spent", "check_in")
    life.earn(CAROL, "spent-too", "review", attributes={"length": 20})
    redeem_reward(services, program, Redemption("pass", CAROL, "mug", 2), actor="app")
    life.refund(CAROL, "all-of-it", "spent-too")
    adjust_points(services, program, Adjustment("erased", DAVE, 50, "his telephone is 1380"), actor="op")
    erase_member(services, program, DAVE)


def _pools(services: Services, pools: Pools) -> None:
    """One pool that was filled, with lines that brought nothing, and an import that came to nothing."""
    files = MemoryFiles({(PROGRAM, "films.csv"): b"FILM-1\nFILM-2\nFILM-2\nFILM 3\nFILM-4\nFILM-5\nFILM-6\nFILM-7\n"})
    importing = Importing(services, pools, files, MemoryWork())
    program = services.programs.live(PROGRAM)
    for reference, file in (("first", "films.csv"), ("nothing", "no.csv")):
        start_import(importing, program, ImportWanted("films", reference, file), actor="op")
    worked_off(importing)
    start_import(importing, program, ImportWanted("films", "waiting", "films.csv"), actor="op")


def _coupons(services: Services, program: Program) -> None:
    """Of each kind one that is still to be used, one that was used and one that is void."""
    for reward in ("cut", "film"):
        for number in range(3):
            redeem_reward(services, program, Redemption(f"{reward}-{number}", ALICE, reward), actor="app")
        used = services.ledger.entry(PROGRAM, ALICE, EntryName(Kind.REDEEM, f"{reward}-1"))
        assert used is not None
        write_off = WriteOff(codes_in(used)[0], f"till-{reward}", "128.00" if reward == "cut" else None)
        write_off_coupon(services, program, write_off, note="at the till", actor="till")
        cancel_order(services, program, Cancellation(ALICE, f"{reward}-2"), reason=None, actor="app")


def _an_order_is_paid_in_part(life: _Life) -> None:
    """One that was captured and came back in part, and one that is still at its checkout."""
    services, program = life.services, life.program()
    for reference in ("paid-in-part", "at-checkout"):
        hold_points(services, program, HoldRequest(reference, ALICE, 20, order_amount="0.66"), actor="app")
    capture_hold(services, program, HoldEnd(ALICE, "paid-in-part", 15), actor="app")
    refund_order(services, program, OrderRefund("came-back", ALICE, "paid-in-part", "0.33", "too large"), actor="app")


def _what_costs_money(services: Services, program: Program) -> None:
    """Paid, paid for something that lasts, and left until its time runs out."""
    for reference, reward in (("paid", "camera"), ("year", "year")):
        redeem_reward(services, program, Redemption(reference, ALICE, reward), actor="app")
        pay_order(services, program, Payment(ALICE, reference, f"bank {reference}"), actor="app")
    redeem_reward(services, program, Redemption("times-out", ALICE, "camera"), actor="app")


def _remind(table: Table, now: datetime) -> None:
    last_day = date(2027, 12, 31)
    for notice in (
        Notice(PROGRAM, ALICE, Expiring(last_day, 30), now, 300, "mug", ("email", "sms")),
        Notice(PROGRAM, ALICE, Expiring(last_day, 7), now, 300, None, (), superseded=True),
        Notice(PROGRAM, CAROL, Dormant(date(2026, 12, 28), 1), now, 5, None, ("sms",)),
    ):
        table.put(NoticeItem.of(notice).item())


def _everything_that_is_told(endpoints: Endpoints, deliveries: Deliveries) -> None:
    """One endpoint that nothing happened to and one that everything happened to, and deliveries of every state."""
    quiet = made(PROGRAM, "quiet", Wanted("https://quiet.example.com/"), secret="whsec_cQ==", actor="op", now=START)
    busy = replace(quiet, name="busy", wanted=Wanted(quiet.wanted.url, frozenset({EventType.POINTS_EARNED}), "busy"))
    busy = failed(rotated(busy, "whsec_cg==", keep_hours=24, now=START), START)
    for endpoint in (quiet, replace(gone(busy, START), revision=1)):
        endpoints.save(endpoint)
    for number, outcome in enumerate((None, Answered(204), Answered(500), NotAnswered("timeout"), Answered(410))):
        told: dict[str, Plain] = {"id": f"evt_{number:032d}", "type": "PointsEarned", "program": PROGRAM}
        event = event_of({**told, "at": utc_text(START), "data": {"points": number}})
        delivery = deliveries.add(delivery_of(event, quiet, START))
        if outcome is None:
            continue
        attempt = claimed(delivery, START)
        deliveries.save(attempt)
        done = settled(attempt, outcome, START, lambda _bound: 0)
        deliveries.save(done)
        if done.status is None:
            deliveries.save(again(done, quiet, START))


# ── the items alone ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class FrozenTable:
    """Items that can be read like a table, and changed as no code of ours would."""

    items: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, table: Table) -> "FrozenTable":
        return cls({(item["pk"]["S"], item["sk"]["S"]): dict(item) for item in table.scan()})

    def copy(self) -> "FrozenTable":
        return FrozenTable(dict(self.items))

    def get(self, pk: str, sk: str) -> Item | None:
        return self.items.get((pk, sk))

    def get_all(self, wanted: Sequence[keys.Key]) -> list[Item]:
        places = [(each["pk"]["S"], each["sk"]["S"]) for each in wanted]
        return [self.items[place] for place in places if place in self.items]

    def query(self, condition: str, values: Mapping[str, Any]) -> Iterator[Item]:
        assert condition == "pk = :pk", "more is not asked for here"
        return (item for (pk, _), item in sorted(self.items.items()) if pk == values[":pk"]["S"])

    def scan(self) -> Iterator[Item]:
        return (item for _, item in sorted(self.items.items()))

    def audit(self) -> Audit:
        table: Any = self
        programs = CachedPrograms(DynamoDBProgramVersions(table), PydanticProgramDocuments())
        return audit_ledger(DynamoDBWalk(table), programs)
