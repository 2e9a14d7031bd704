"""What callers ask of the API: each call as API Gateway hands it to a function, and as the model understands it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from points.domain.ledger.account import Activity
from points.domain.ledger.entries import EntryName, Kind
from points.domain.ledger.orders import transition_name
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.confirming import Confirmation
from points.domain.movements.earning import Event
from points.domain.movements.freezing import Freeze
from points.domain.movements.holding import HoldRequest
from points.domain.movements.redeeming import Redemption
from points.domain.movements.refunding import OrderRefund
from points.domain.movements.reversing import Reversal
from tests.property.shop import Ended, Shop

PROGRAM: Final = "shop"
CLIENT: Final = "backend"
OPERATOR: Final = "admin"
_SCOPES: Final = {
    CLIENT: "points/read points/earn points/redeem",
    OPERATOR: "points/read points/earn points/redeem points/admin",
}

type Decide = Callable[[Shop], Ended]


@dataclass(frozen=True)
class Call:
    """``kind`` names it; ``books`` is the entry it makes of ``member``, None for what books nothing. ``decide`` is what
    the model makes of it; it may ask for what only everybody together knows, such as the stock, by ``asks``."""

    kind: str
    function: str
    method: str
    path: str
    body: Mapping[str, Any] | None = None
    client: str = CLIENT
    query: Mapping[str, str] = field(default_factory=dict)
    member: str = ""
    books: EntryName | None = None
    decide: Decide | None = None
    events: tuple["Call", ...] = ()

    def rest_event(self) -> dict[str, Any]:
        return {
            "resource": self.kind,
            "path": f"/programs/{PROGRAM}{self.path}",
            "httpMethod": self.method,
            "headers": {"Content-Type": "application/json"},
            "multiValueHeaders": {"Content-Type": ["application/json"]},
            "queryStringParameters": dict(self.query) or None,
            "multiValueQueryStringParameters": {name: [value] for name, value in self.query.items()} or None,
            "pathParameters": None,
            "stageVariables": None,
            "requestContext": {
                "authorizer": {"claims": {"client_id": self.client, "scope": _SCOPES[self.client]}},
                "path": f"/v1/programs/{PROGRAM}{self.path}",
                "stage": "v1",
                "requestId": "simulated",
            },
            "body": None if self.body is None else json.dumps(self.body),
            "isBase64Encoded": False,
        }


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


# ── members ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def enrol(member: str, locale: str, *, opt_out: bool = False) -> Call:
    """``opt_out``: of reminders, and of what points could buy before they expire."""
    body: dict[str, Any] = {"locale": locale, **({"opt_out": True, "exchange_opt_out": True} if opt_out else {})}
    return Call("enrol", "members", "PUT", f"/members/{member}", body, member=member)


def read(member: str, what: str = "") -> Call:
    """``what`` is ``balance``, ``entries``, ``progress`` or ``tier``; "" is the member."""
    path = f"/members/{member}/{what}" if what else f"/members/{member}"
    query = {"limit": "5"} if what == "entries" else {}
    return Call(f"read {what or 'member'}", "members", "GET", path, query=query, member=member)


def erase(member: str) -> Call:
    return Call("erase", "members", "DELETE", f"/members/{member}", client=OPERATOR, member=member)


# ── earning ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def event_body(event: Event) -> dict[str, Any]:
    return _given(
        reference=event.reference,
        member=event.member,
        behaviour=event.behaviour,
        amount=event.amount,
        quantity=event.quantity,
        occurred_at=_moment(event.occurred_at),
    )


def earn(event: Event) -> Call:
    return Call(
        "earn", "earning", "POST", "/events", event_body(event), member=event.member,
        books=EntryName(Kind.EARN, event.reference), decide=lambda shop: shop.earns(event),
    )  # fmt: skip


def preview(event: Event) -> Call:
    return Call(
        "preview", "earning", "POST", "/events/dry-run", event_body(event), member=event.member,
        decide=lambda shop: shop.earns(event),
    )  # fmt: skip


def batch(events: list[Event]) -> Call:
    return Call(
        "batch", "earning", "POST", "/events/batch", {"events": [event_body(each) for each in events]},
        events=tuple(earn(each) for each in events),
    )  # fmt: skip


def reverse(command: Reversal) -> Call:
    body = _given(
        reference=command.reference,
        of={"kind": command.of.kind.value, "reference": command.of.reference},
        amount=command.amount,
        points=command.points,
        reason=command.reason,
    )
    return Call(
        "reverse", "earning", "POST", f"/members/{command.member}/reversals", body, member=command.member,
        books=EntryName(Kind.REVERSAL, command.reference, reverses=command.of),
        decide=lambda shop: shop.reverses(command),
    )  # fmt: skip


def confirm(command: Confirmation, *, by_operator: bool) -> Call:
    return Call(
        "confirm", "earning", "POST", f"/members/{command.member}/confirmations", {"earning": command.earning},
        client=OPERATOR if by_operator else CLIENT, member=command.member,
        books=EntryName(Kind.CONFIRM, command.earning),
        decide=lambda shop: shop.confirms(command, by_operator=by_operator),
    )  # fmt: skip


def refer(reference: str, newcomer: str, referrer: str) -> Call:
    return Call(
        "refer", "earning", "POST", f"/members/{newcomer}/referral",
        {"reference": reference, "referrer": referrer}, member=newcomer,
        books=EntryName(Kind.REFERRED, reference), decide=lambda shop: shop.is_brought(),
    )  # fmt: skip


# ── redemption ───────────────────────────────────────────────────────────────────────────────────────────────────────


def redeem(command: Redemption) -> Call:
    body = {"reference": command.reference, "reward": command.reward, "quantity": command.quantity}
    return Call(
        "redeem", "redemption", "POST", f"/members/{command.member}/redemptions", body, member=command.member,
        books=EntryName(Kind.REDEEM, command.reference), decide=lambda shop: shop.redeems(command),
    )  # fmt: skip


def cancel(member: str, order: str) -> Call:
    return Call(
        "cancel", "redemption", "POST", f"/members/{member}/orders/{order}/cancel", {"reason": "changed their mind"},
        member=member, books=transition_name(Kind.REVERSAL, order),
        decide=lambda shop: shop.cancels(order),
    )  # fmt: skip


_HANDLED: Final = {Kind.FULFIL: "fulfilled", Kind.SHIP: "shipped", Kind.DELIVER: "delivered"}


def handle(member: str, order: str, kind: Kind) -> Call:
    """``kind`` is fulfil, ship or deliver."""
    body = _given(reason="as asked", tracking="SF 1" if kind is Kind.SHIP else None)
    return Call(
        kind.value, "redemption", "POST", f"/members/{member}/orders/{order}/{kind.value}", body, client=OPERATOR,
        member=member, books=transition_name(kind, order),
        decide=lambda shop: shop.handles(order, _HANDLED[kind]),
    )  # fmt: skip


def hold(command: HoldRequest) -> Call:
    body = _given(
        reference=command.reference,
        points=command.points,
        expires_in=command.expires_in,
        order_amount=command.order_amount,
    )
    return Call(
        "hold", "redemption", "POST", f"/members/{command.member}/holds", body, member=command.member,
        books=EntryName(Kind.HOLD, command.reference), decide=lambda shop: shop.holds_points(command),
    )  # fmt: skip


def capture(member: str, reference: str, points: int | None) -> Call:
    return Call(
        "capture", "redemption", "POST", f"/members/{member}/holds/{reference}/capture", _given(points=points),
        member=member, books=EntryName(Kind.CAPTURE, reference),
        decide=lambda shop: shop.captures(reference, points),
    )  # fmt: skip


def release(member: str, reference: str) -> Call:
    return Call(
        "release", "redemption", "POST", f"/members/{member}/holds/{reference}/release", member=member,
        books=EntryName(Kind.RELEASE, reference), decide=lambda shop: shop.releases(reference),
    )  # fmt: skip


def quote(member: str, amount: str, points: int | None) -> Call:
    return Call(
        "quote", "redemption", "POST", f"/members/{member}/offset-quote", _given(order_amount=amount, points=points),
        member=member, decide=lambda shop: shop.quotes(amount, points),
    )  # fmt: skip


def refund_order(command: OrderRefund) -> Call:
    captured = EntryName(Kind.CAPTURE, command.hold)
    body = {"reference": command.reference, "amount": command.amount}
    return Call(
        "refund order", "redemption", "POST", f"/members/{command.member}/holds/{command.hold}/refunds", body,
        member=command.member, books=EntryName(Kind.REVERSAL, command.reference, reverses=captured),
        decide=lambda shop: shop.refunds(command.hold, command.amount),
    )  # fmt: skip


def read_rewards(member: str) -> Call:
    return Call("read rewards", "redemption", "GET", "/rewards", query={"member": member}, member=member)


def read_order(member: str, reference: str) -> Call:
    return Call("read order", "redemption", "GET", f"/members/{member}/orders/{reference}", member=member)


# ── operators ────────────────────────────────────────────────────────────────────────────────────────────────────────


def adjust(command: Adjustment) -> Call:
    expires_on = None if command.expires_on is None else command.expires_on.isoformat()
    body = _given(reference=command.reference, points=command.points, reason=command.reason, expires_on=expires_on)
    return Call(
        "adjust", "administration", "POST", f"/members/{command.member}/adjustments", body, client=OPERATOR,
        member=command.member, books=EntryName(Kind.ADJUST, command.reference),
        decide=lambda shop: shop.adjusts(command),
    )  # fmt: skip


def freeze(command: Freeze, *, again: bool) -> Call:
    """``again``: let go on what was stopped."""
    word, kind = ("unfreeze", Kind.UNFREEZE) if again else ("freeze", Kind.FREEZE)
    activities = sorted(activity.value for activity in command.activities)
    body = {"reference": command.reference, "reason": command.reason, "activities": activities}
    return Call(
        word, "administration", "POST", f"/members/{command.member}/{word}", body, client=OPERATOR,
        member=command.member, books=EntryName(kind, command.reference),
        decide=lambda shop: shop.unfreezes(command) if again else shop.freezes(command),
    )  # fmt: skip


def save_draft(document: Mapping[str, Any], revision: int) -> Call:
    body = {"document": document, "revision": revision}
    return Call("save draft", "administration", "PUT", "/config/draft", body, client=OPERATOR)


def publish(revision: int) -> Call:
    return Call("publish", "administration", "POST", "/config/publish", {"revision": revision}, client=OPERATOR)


def roll_back(version: int, live_version: int) -> Call:
    body = {"version": version, "live_version": live_version}
    return Call("roll back", "administration", "POST", "/config/rollback", body, client=OPERATOR)


def read_draft() -> Call:
    return Call("read draft", "administration", "GET", "/config/draft", client=OPERATOR)


ALL_ACTIVITIES: Final = frozenset(Activity)
