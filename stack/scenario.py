"""A short day of one member, played through the API: what a mobile back end does, and what it gets back.

Every reference is fixed, so playing it again changes nothing and shows that: each step answers as it did the
first time, marked as a replay.
"""

from dataclasses import dataclass
from typing import Any

from stack.api import Answer, Api
from stack.outputs import Stack

_MEMBER = "scenario-member"
_OF_MEMBER = f"/members/{_MEMBER}"
_BOOKED = (200, 201)
_REFUSED = (409,)


@dataclass(frozen=True, slots=True)
class _Step:
    """What to say, what to send, and the statuses it may end with."""

    says: str
    method: str
    path: str
    body: Any = None
    status: tuple[int, ...] = _BOOKED


def _event(reference: str, behaviour: str, **more: Any) -> dict[str, Any]:
    return {"reference": reference, "member": _MEMBER, "behaviour": behaviour, **more}


_PURCHASE = _event("scenario-purchase", "purchase", amount="3280.50")

_STEPS = (
    _Step("enrols", "PUT", _OF_MEMBER, {"locale": "zh-CN"}),
    _Step("checks in", "POST", "/events", _event("scenario-check-in", "check_in")),
    _Step("buys for 3280.50", "POST", "/events", _PURCHASE),
    _Step("writes a review", "POST", "/events", _event("scenario-review", "review")),
    _Step("sees the balance", "GET", f"{_OF_MEMBER}/balance"),
    _Step(
        "redeems a coupon",
        "POST",
        f"{_OF_MEMBER}/redemptions",
        {"reference": "scenario-coupon", "reward": "coupon-200-50"},
    ),
    _Step("holds 500 at checkout", "POST", f"{_OF_MEMBER}/holds", {"reference": "scenario-hold", "points": 500}),
    _Step("pays with 300 of them", "POST", f"{_OF_MEMBER}/holds/scenario-hold/capture", {"points": 300}),
    _Step(
        "returns a tenth of the purchase",
        "POST",
        f"{_OF_MEMBER}/reversals",
        {
            "reference": "scenario-refund",
            "of": {"kind": "earn", "reference": "scenario-purchase"},
            "amount": "328.05",
            "reason": "one item returned",
        },
    ),
    _Step("reports the purchase again", "POST", "/events", _PURCHASE),
    _Step(
        "wants an e-reader",
        "POST",
        f"{_OF_MEMBER}/redemptions",
        {"reference": "scenario-e-reader", "reward": "e-reader"},
        _REFUSED,
    ),
    _Step("sees the balance", "GET", f"{_OF_MEMBER}/balance"),
)


def play(stack: Stack) -> None:
    """Prints each step and its answer. Raises UnexpectedAnswer when one is not as it must be."""
    api = Api.of(stack, "backend", program=stack["program"])
    print(f"\nA member of {stack['program']}:")
    for step in _STEPS:
        answer = api.expect(step.method, step.path, step.body, status=step.status)
        print(f"  {step.says:<32} {answer.status}  {_told(answer)}", flush=True)


def _told(answer: Answer) -> str:
    """The part of an answer a reader wants to see."""
    body = answer.body
    if "code" in body:
        return f"refused: {body['code']}, {body.get('available')} of {body.get('required')} points"
    if "expiring" in body:
        expiries = ", ".join(f"{lot['points']} on {lot['on']}" for lot in body["expiring"])
        return f"{body['available']} available, {body['held']} held; expiring: {expiries or 'nothing'}"
    if "entry" not in body:
        return f"{body['member']}, {body['status']}"
    lines = ", ".join(f"{line['rule']} {line['points']:+}" for line in body["entry"]["lines"])
    held = f"{body['entry']['changes']['held']} held" if body["entry"]["kind"] == "hold" else ""
    moved = lines or held or f"{body['entry']['points']:+}"
    told = f"{moved}  →  {body['balance']['available']} available"
    return f"{told}  (replayed)" if answer.replayed else told
