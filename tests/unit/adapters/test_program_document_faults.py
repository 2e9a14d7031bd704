"""Every fault and every warning a program document can have: where, and under which code."""

import ast
import json
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from points.adapters.program_document import (
    bounds,
    checks,
    condition_faults,
    coupon_faults,
    faults,
    level_faults,
    offset_faults,
    offset_warnings,
    reminder_faults,
    shapes,
    warning_faults,
)
from points.adapters.program_document.faults import faults_of
from points.adapters.program_document.schema import ProgramDocument
from points.adapters.program_document.warning_faults import warnings_of
from points.domain.program import texts
from tests.support import documents
from tests.support.documents import (
    REMOVED,
    Change,
    all_of,
    any_of,
    asks,
    changed,
    full,
    nested,
)

type Row = tuple[str, str, list[Change]]
"""(code, path, what to change about a valid document)"""

HALF = "\ud83d"
"""Half of a surrogate pair: JSON can say it, no text can hold it."""

REVIEW = "/rules/1/when"
DECLARED = "/event_attributes/shop"
PASS = "/rewards/pass/when"
PACK = "/tiers/levels/1/monthly_pack"
CODE = {"price": 1, "kind": "coupon", "coupon": {"source": "generated"}}
EXPIRING = "/reminders/texts/expiring"
KEPT_ALIVE = {"type": "by_activity", "months": 12}
BUDGETED = {"behaviours": ["review"], "from": "2027-11-11", "to": "2027-11-12", "bonus": 5, "budget": 50}
SHARDED = {"price": 1, "stock": 1_000, "stock_shards": 64}

SHAPE: list[Row] = [
    ("missing", "/ratio", [("/ratio", REMOVED)]),
    ("missing", "/rules/0/value/per", [("/rules/0/value/per", REMOVED)]),
    ("missing", "/expiry/type", [("/expiry", {"years": 1})]),
    ("missing", "/rules/1/when/all/0/op", [("/rules/1/when/all/0/op", REMOVED)]),
    ("unknown_key", "/colour", [("/colour", "red")]),
    ("unknown_key", "/[key]", [("/[key]", "red")]),
    ("unknown_key", "/a~1b~0c", [("/a~1b~0c", 1)]),
    ("unknown_key", "/rules/0/value/fixed", [("/rules/0/value/fixed", 1)]),
    ("unknown_key", "/rules/0/value/per_amount", [("/rules/0/value/per_amount", {"points": 1})]),
    ("unknown_key", "/rules/1/when/any", [("/rules/1/when/any", [asks("quantity", "equals", 1)])]),
    ("unknown_key", "/rules/1/when/all/0/test", [("/rules/1/when/all/0/test", {})]),
    ("wrong_type", "/", [("", [])]),
    ("wrong_type", "/rules/0", [("/rules/0", [])]),
    ("wrong_type", "/rules/0/id", [("/rules/0/id", 5)]),
    ("wrong_type", "/ratio", [("/ratio", "100")]),
    ("wrong_type", "/ratio", [("/ratio", 100.0)]),
    ("wrong_type", "/ratio", [("/ratio", True)]),
    ("wrong_type", "/rules/3/multiplied", [("/rules/3/multiplied", 1)]),
    ("wrong_type", "/rules", [("/rules", {})]),
    ("wrong_type", "/behaviours", [("/behaviours", [])]),
    ("wrong_type", "/currency", [("/currency", "CNY")]),
    ("wrong_type", "/expiry", [("/expiry", 3)]),
    ("wrong_type", "/tasks/0/target", [("/tasks/0/target", 1.5)]),
    ("wrong_type", "/tiers/levels/0/from", [("/tiers/levels/0/from", None)]),
    ("wrong_type", "/rules/1/when/all/0/value", [("/rules/1/when/all/0/value", 1.5)]),
    ("wrong_type", "/rules/1/when/all/0/value", [("/rules/1/when/all/0/value", {"a": 1})]),
    ("wrong_type", "/rules/1/when/all/1/any/0/value/1", [("/rules/1/when/all/1/any/0/value", ["V1", ["V2"]])]),
    ("wrong_form", "/rules/0/id", [("/rules/0/id", "Purchase!")]),
    ("wrong_form", "/behaviours/Bad Name", [("/behaviours/Bad Name", {})]),
    ("wrong_form", "/rewards/Value", [("/rewards/Value", {"price": 1})]),
    ("wrong_form", "/tiers/levels/1/id", [("/tiers/levels/1/id", "V 2"), (PASS, REMOVED), (REVIEW, REMOVED)]),
    ("wrong_form", "/currency/code", [("/currency/code", "cny")]),
    *(
        ("wrong_form", "/rules/0/value/per", [("/rules/0/value/per", text)])
        for text in ("", "1.", ".5", "01", "-1", "+1", "1e3", "1,00", "１", "1.00000", "NaN", " 1", "1\n", "9" * 16)
    ),
    *(
        ("wrong_form", "/campaigns/0/multiplier", [("/campaigns/0/multiplier", text)])
        for text in ("", "1.", ".5", "01.5", "1.5000", "-2", "1e1", "1000", "２", "2 ", "inf")
    ),
    *(
        ("not_a_day", "/rules/1/to", [("/rules/1/to", day)])
        for day in (
            20271231, True, "20271231", "1700006400", "2027-12-31T00:00:00", "2027-1-1", "２０２７-12-31", "",
            "2027-02-30", "0000-01-01", "2027-13-01", "2027-12-31\n",
        )
    ),
    ("out_of_range", "/ratio", [("/ratio", 0)]),
    ("out_of_range", "/ratio", [("/ratio", 10**400)]),
    ("out_of_range", "/rules/1/value/points", [("/rules/1/value/points", 0)]),
    ("out_of_range", "/rules/1/when/all/0/value", [("/rules/1/when/all/0/value", 10**12 + 1)]),
    ("out_of_range", "/rewards/value/price", [("/rewards/value", {"price": 0})]),
    ("out_of_range", "/backdating_days", [("/backdating_days", 61)]),
    ("wrong_length", "/clients/0", [("/clients/0", "")]),
    ("wrong_length", "/title/en", [("/title/en", "x" * 201)]),
    ("wrong_length", "/languages", [("/languages", [])]),
    ("wrong_length", "/rules/3/value/steps", [("/rules/3/value/steps", [1] * 367)]),
    ("unknown_choice", "/week_starts_on", [("/week_starts_on", "Monday")]),
    ("unknown_choice", "/shortfall", [("/shortfall", "forgive")]),
    ("unknown_choice", "/expiry/type", [("/expiry/type", "someday")]),
    ("unknown_choice", "/rules/1/value/type", [("/rules/1/value/type", ["fixed"])]),
    ("unknown_choice", "/title/fr", [("/title/fr", "Tout")]),
    *(
        ("unknown_time_zone", "/time_zone", [("/time_zone", name)])
        for name in (
            "Asia/Atlantis", "../etc/passwd", "/etc/localtime", "Asia/../../etc/passwd", "Asia", "Asia/Shanghai/",
            "", ".", "a\0b", "localtime", "posix/UTC", "上海",
        )
    ),
    ("not_unicode", "/title/en", [("/title/en", HALF)]),
    ("not_unicode", "/title/\\ud83d", [(f"/title/{HALF}", "x")]),
    ("too_deep", "/behaviours/purchase" + "/all/0" * 9, [("/behaviours/purchase", nested(5_000, 1))]),
]  # fmt: skip

MEANING: list[Row] = [
    # names
    ("reserved_name", "/tasks/0/id", [("/tasks/0/id", "tier")]),
    ("reserved_name", "/risk/0/id", [("/risk/0/id", "invitation")]),
    ("duplicate_name", "/rules/2/id", [("/rules/2/id", "review")]),
    ("duplicate_name", "/campaigns/0/id", [("/campaigns/0/id", "reviewer")]),
    ("duplicate_name", "/tiers/levels/1/id", [("/tiers/levels/1/id", "V1"), (PASS, REMOVED), (REVIEW, REMOVED)]),
    ("duplicate_name", "/tiers/levels/1/formerly/0", [("/tiers/levels/1/formerly", ["V1"])]),
    (
        "duplicate_name",
        "/tiers/levels/1/formerly/1",
        [("/tiers/levels/0/formerly", ["iron"]), ("/tiers/levels/1/formerly", ["steel", "iron"])],
    ),
    ("duplicate_name", "/segments/levels/1/id", [("/segments/levels/1/id", "low")]),
    ("unknown_behaviour", "/rules/2/behaviour", [("/rules/2/behaviour", "sing")]),
    ("unknown_behaviour", "/tasks/1/behaviours/1", [("/tasks/1/behaviours/1", "sing")]),
    ("unknown_behaviour", "/campaigns/1/behaviours/0", [("/campaigns/1/behaviours/0", "sing")]),
    ("unknown_behaviour", "/risk/0/behaviours/0", [("/risk/0/behaviours/0", "sing")]),
    ("unknown_behaviour", "/referral/qualifying_behaviour", [("/referral/qualifying_behaviour", "sing")]),
    ("repeated", "/tasks/1/behaviours/1", [("/tasks/1/behaviours/1", "review")]),
    ("repeated", "/languages/1", [("/languages/1", "en")]),
    ("repeated", "/member_attributes/1", [("/member_attributes/1", "club")]),
    ("repeated", "/clients/1", [("/clients/1", "shop")]),
    # conditions
    ("unknown_field", f"{REVIEW}/all/0/field", [(f"{REVIEW}/all/0/field", "weather")]),
    ("unknown_field", f"{REVIEW}/field", [(REVIEW, asks("attribute.", "equals", 1))]),
    ("unknown_field", f"{REVIEW}/field", [(REVIEW, asks("attribute.名", "equals", 1))]),
    ("unknown_field", f"{REVIEW}/field", [(REVIEW, asks("member.age", "equals", 1))]),
    ("unknown_field", f"{PASS}/field", [(PASS, asks("amount", "at_least", "1"))]),
    ("unknown_field", f"{PASS}/field", [(PASS, asks("attribute.length", "at_least", 1))]),
    ("unknown_field", f"{PASS}/field", [(PASS, asks("segment", "equals", "low")), ("/segments", REMOVED)]),
    ("wrong_operator", f"{PASS}/op", [(PASS, asks("birthday", "at_least", True))]),
    ("wrong_operator", f"{REVIEW}/op", [(REVIEW, asks("attribute.shop", "at_least", 1)), (DECLARED, {"type": "code"})]),
    (
        "wrong_value",
        f"{REVIEW}/value",
        [(REVIEW, asks("attribute.shop", "equals", "a b")), (DECLARED, {"type": "code"})],
    ),
    ("wrong_value", f"{REVIEW}/value", [(REVIEW, asks("attribute.shop", "equals", 1)), (DECLARED, {"type": "flag"})]),
    (
        "wrong_value",
        f"{REVIEW}/value",
        [(REVIEW, asks("attribute.shop", "equals", "c")), (DECLARED, {"type": "choice", "of": ["a", "b"]})],
    ),
    ("wrong_value", f"{REVIEW}/value", [(REVIEW, asks("amount", "at_least", 128))]),
    ("wrong_value", f"{REVIEW}/value", [(REVIEW, asks("amount", "at_least", "1.005"))]),
    ("wrong_value", f"{REVIEW}/value", [(REVIEW, asks("attribute.size", "at_least", "15"))]),
    ("wrong_value", f"{REVIEW}/value", [(REVIEW, asks("quantity", "at_least", True))]),
    ("wrong_value", f"{REVIEW}/value", [(REVIEW, asks("quantity", "at_least", 10_001))]),
    ("wrong_value", f"{PASS}/value", [(PASS, asks("hour", "in", [23, 24]))]),
    ("wrong_value", f"{PASS}/value", [(PASS, asks("tier", "equals", "V9"))]),
    ("wrong_value", f"{PASS}/value", [(PASS, asks("tier", "equals", 1))]),
    ("wrong_value", f"{PASS}/value", [(PASS, asks("real_name_verified", "equals", 1))]),
    ("wrong_value", f"{PASS}/value", [(PASS, asks("tier", "equals", ["V1"]))]),
    ("wrong_value", f"{PASS}/value", [(PASS, asks("tier", "in", "V1"))]),
    ("wrong_value", f"{PASS}/value", [(PASS, asks("tier", "equals"))]),
    ("wrong_value", f"{PASS}/value", [(PASS, asks("member.club", "present", True))]),
    ("too_deep", f"{PASS}/all/0/all/0/all/0", [(PASS, nested(4, asks("birthday", "equals", True)))]),
    ("too_deep", f"{PASS}/all/0/all/0/all/0", [(PASS, nested(5, {"nonsense": 1}))]),
    ("never_holds", PASS, [(PASS, all_of(asks("tier", "equals", "V1"), asks("tier", "at_least", "V2")))]),
    ("never_holds", "/campaigns/0/when", [("/campaigns/0/when", asks("month", "equals", 12))]),
    ("never_holds", "/tasks/0/when", [("/tasks/0/when", asks("amount", "less_than", "0"))]),
    # dates and expiry
    ("impossible_dates", "/campaigns/0/to", [("/campaigns/0/to", "2027-10-31")]),
    ("impossible_dates", "/rules/1/to", [("/rules/1/to", "2025-12-31")]),
    ("impossible_dates", "/expiry/day", [("/expiry", {"type": "yearly_clearing", "month": 2, "day": 30})]),
    (
        "impossible_dates",
        "/tasks/0/expiry/day",
        [("/tasks/0/expiry", {"type": "yearly_clearing", "month": 6, "day": 31})],
    ),
    ("expires_while_pending", "/rules/0/expiry", [("/rules/0/expiry", {"type": "after_days", "days": 6})]),
    ("expires_while_pending", "/rules/0/expiry", [("/rules/0/expiry", {"type": "end_of_month", "months": 0})]),
    ("expires_while_pending", "/rules/0/pending_days", [("/expiry", {"type": "end_of_year", "years": 0})]),
    (
        "expires_while_pending",
        "/campaigns/0/expiry",
        [("/campaigns/0/expiry", {"type": "after_days", "days": 3}), ("/risk/1", REMOVED)],
    ),
    ("expires_while_pending", "/risk/1/pending_days", [("/tasks/0/expiry", {"type": "after_days", "days": 3})]),
    # rules and tasks
    ("not_positive", "/rules/0/value/per", [("/rules/0/value/per", "0.00")]),
    ("not_positive", "/tasks/0/target", [("/tasks/0/target", "0")]),
    ("wrong_amount", "/rules/0/value/per", [("/rules/0/value/per", "1.005")]),
    ("wrong_amount", "/rules/0/value/minimum", [("/rules/0/value/minimum", "999999999999999")]),
    ("wrong_amount", "/tasks/0/target", [("/tasks/0/target", "500.001")]),
    ("wrong_amount", "/segments/levels/1/from", [("/segments/levels/1/from", "0.001")]),
    ("wrong_amount", "/offset/minimum_order", [("/offset/minimum_order", "0.001")]),
    ("wrong_target", "/tasks/0/target", [("/tasks/0/target", 500)]),
    ("wrong_target", "/tasks/1/target", [("/tasks/1/target", "5")]),
    ("empty_cap", "/rules/1/caps/0", [("/rules/1/caps/0", {"per": "day"})]),
    (
        "duplicate_limit",
        "/rewards/mug/limits/1/per",
        [("/rewards/mug", {"price": 1, "limits": [{"per": "day", "maximum": 1}, {"per": "day", "maximum": 2}]})],
    ),
    ("no_cash", "/rewards/mug/cash", [("/rewards/mug", {"price": 1, "cash": "0.00"})]),
    ("wrong_kind", "/rewards/mug/coupon", [("/rewards/mug", {"price": 1, "coupon": {"source": "generated"}})]),
    ("wrong_pool", "/rewards/mug/coupon/pool", [("/rewards/mug", CODE | {"coupon": {"source": "pool"}})]),
    (
        "wrong_pool",
        "/rewards/mug/coupon/pool",
        [("/rewards/mug", CODE | {"coupon": {"source": "generated", "pool": "films"}})],
    ),
    ("cash_for_codes", "/rewards/mug/cash", [("/rewards/mug", CODE | {"cash": "5.00"})]),
    ("unknown_reward", f"{PACK}/1/reward", [(PACK, [{"reward": "coupon"}, {"reward": "yacht"}])]),
    ("repeated", f"{PACK}/1/reward", [(PACK, [{"reward": "coupon"}, {"reward": "coupon", "quantity": 2}])]),
    (
        "cash_in_a_pack",
        f"{PACK}/0/reward",
        [("/rewards/mug", {"price": 1, "cash": "5.00"}), (PACK, [{"reward": "mug"}])],
    ),
    ("once_only", f"{PACK}/0/reward", [("/rewards/mug", {"price": 1, "kind": "badge"}), (PACK, [{"reward": "mug"}])]),
    (
        "too_many_codes",
        PACK,
        [
            ("/rewards/mug", CODE),
            ("/rewards/cup", CODE),
            (PACK, [{"reward": "mug", "quantity": 11}, {"reward": "cup", "quantity": 10}]),
        ],
    ),
    ("unknown_level", "/rewards/mug/prices/V9", [("/rewards/mug", {"price": 1, "prices": {"V9": 1}})]),
    ("wrong_kind", "/rewards/mug/months", [("/rewards/mug", {"price": 1, "months": 12})]),
    ("wrong_kind", "/rewards/mug/months", [("/rewards/mug", {"price": 1, "kind": "membership"})]),
    ("duplicate_cap", "/rules/1/caps/1/per", [("/rules/1/caps/1/per", "day")]),
    # campaigns
    ("campaign_without_end", "/campaigns/0", [("/campaigns/0/to", REMOVED)]),
    ("multiplier_or_bonus", "/campaigns/0", [("/campaigns/0/multiplier", REMOVED)]),
    ("multiplier_or_bonus", "/campaigns/0", [("/campaigns/0/bonus", 5)]),
    ("multiplies_nothing", "/campaigns/0/multiplier", [("/campaigns/0/multiplier", "1.000")]),
    ("nothing_to_multiply", "/campaigns/0/behaviours", [("/campaigns/0/behaviours", ["check_in"])]),
    ("budget_below_one_event", "/campaigns/1/budget", [("/campaigns/1/budget", 49)]),
    ("budget_below_one_event", "/campaigns/0/budget", [("/campaigns/0/budget", 4)]),
    # tiers and segments
    ("first_not_zero", "/tiers/levels/0/from", [("/tiers/levels/0/from", 1)]),
    ("overlapping_thresholds", "/tiers/levels/1/from", [("/tiers/levels/1/from", 0)]),
    ("overlapping_thresholds", "/segments/levels/1/from", [("/segments/levels/1/from", "0.00")]),
    ("wrong_threshold", "/tiers/levels/1/from", [("/tiers/levels/1/from", "1000.00")]),
    ("wrong_window", "/tiers/months", [("/tiers/months", 6)]),
    ("wrong_window", "/tiers/months", [("/tiers/window", "months")]),
    ("never_reviewed", "/tiers/review", [("/tiers/window", "lifetime")]),
    ("divides", "/tiers/levels/1/multiplier", [("/tiers/levels/1/multiplier", "0.999")]),
    ("divides", "/tiers/levels/1/birthday_multiplier", [("/tiers/levels/1/birthday_multiplier", "0")]),
    ("divides", "/multipliers/birthday", [("/multipliers/birthday", "0.5")]),
    # the rest
    ("wrong_pending_days", "/risk/1/pending_days", [("/risk/1/pending_days", REMOVED)]),
    ("wrong_pending_days", "/risk/0/pending_days", [("/risk/0/pending_days", 1)]),
    ("not_for_redemptions", "/risk/0/behaviours", [("/risk/0/counts", "redemptions")]),
    ("not_for_redemptions", "/risk/1/action", [("/risk/1/counts", "redemptions")]),
    ("pays_nobody", "/referral", [("/referral/newcomer_points", 0), ("/referral/referrer_points", 0)]),
    ("never_enough", "/offset/points_per_day", [("/offset/points_per_day", 99)]),
    ("never_enough", "/offset/points_per_day", [("/offset/minimum_points", 150), ("/offset/points_per_day", 199)]),
    (
        "never_enough",
        "/offset/minimum_points",
        [("/offset/step", 7 * 10**11), ("/offset/minimum_points", 10**12), ("/offset/points_per_day", None)],
    ),
    # expiry by activity, exchange and reminders
    ("only_for_the_program", "/rules/0/expiry/type", [("/rules/0/expiry", {"type": "by_activity", "months": 12})]),
    ("unknown_behaviour", "/expiry/behaviours/0", [("/expiry", KEPT_ALIVE | {"behaviours": ["sing"]})]),
    ("repeated", "/expiry/behaviours/1", [("/expiry", KEPT_ALIVE | {"behaviours": ["review", "review"]})]),
    ("unknown_reward", "/exchange_at_expiry/0", [("/exchange_at_expiry", ["yacht"])]),
    ("repeated", "/exchange_at_expiry/1", [("/exchange_at_expiry", ["pass", "pass"])]),
    ("no_hour_left", "/reminders/quiet_hours", [("/reminders/quiet_hours/to", "22:00")]),
    ("in_quiet_hours", "/reminders/at", [("/reminders/at", "07:59")]),
    ("in_quiet_hours", "/reminders/at", [("/reminders/at", "22:00")]),
    ("repeated", "/reminders/lead_days/2", [("/reminders/lead_days/2", 30)]),
    ("repeated", "/reminders/channels/1", [("/reminders/channels/1", "email")]),
    ("longer_than_points_live", "/reminders/lead_days/0", [("/expiry", {"type": "after_days", "days": 30})]),
    ("missing_language", EXPIRING, [(f"{EXPIRING}/en", REMOVED)]),
    ("unknown_placeholder", f"{EXPIRING}/en/body", [(f"{EXPIRING}/en/body", "{name}, they expire.")]),
    ("malformed_placeholder", f"{EXPIRING}/en/subject", [(f"{EXPIRING}/en/subject", "{points.real} points")]),
    ("empty_text", f"{EXPIRING}/en/body", [(f"{EXPIRING}/en/body", " ")]),
    ("several_lines", f"{EXPIRING}/en/subject", [(f"{EXPIRING}/en/subject", "one\ntwo")]),
    ("may_be_missing", f"{EXPIRING}/en/body", [(f"{EXPIRING}/en/body", "Get {reward}.")]),
    (
        "too_many_counters",
        "/backdating_days",
        [("/backdating_days", 30)],
    ),
    (
        "too_many_budgets",
        "/campaigns",
        [(f"/campaigns/{index}", BUDGETED | {"id": f"budget-{index}"}) for index in range(2, 22)],
    ),
    ("too_many_shards", "/rewards", [(f"/rewards/r{index}", SHARDED) for index in range(24)]),
]  # fmt: skip

FAULTS = SHAPE + MEANING


def name_of(row: Row) -> str:
    return f"{row[0]} {row[1]}"


@pytest.mark.parametrize("row", FAULTS, ids=name_of)
def test_a_fault_has_one_place_and_one_code(row: Row) -> None:
    code, path, changes = row
    # GIVEN a document without fault WHEN one thing about it is changed THEN that is the one fault
    assert documents.faults(changed(full(), *changes)) == [(path, code)]


def test_the_document_that_is_changed_has_no_fault() -> None:
    assert documents.faults(full()) == []


def codes_in(module: Any) -> set[str]:
    """The codes of all ``Fault(path, code, message)`` in a module."""
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Fault"]
    assert calls
    return {str(call.args[1].value) for call in calls if isinstance(call.args[1], ast.Constant)}


def test_every_code_is_in_the_table() -> None:
    modules = (
        faults,
        bounds,
        checks,
        condition_faults,
        coupon_faults,
        level_faults,
        offset_faults,
        reminder_faults,
        texts,
    )
    written = set[str]().union(*map(codes_in, modules)) | shapes.SHAPE_CODES
    assert written == {code for code, _, _ in FAULTS}


def test_every_kind_of_error_that_is_translated_occurs_and_no_other() -> None:
    seen = set[str]()
    for _, _, changes in FAULTS:
        document = changed(full(), *changes)
        if shapes.unreadable(document):
            continue
        try:
            ProgramDocument.model_validate(document)
        except ValidationError as error:
            seen |= {item["type"] for item in error.errors()}
    assert seen == set(shapes.CODES)


@pytest.mark.parametrize("row", FAULTS, ids=name_of)
def test_messages_are_sentences_for_people(row: Row) -> None:
    for fault in faults_of(changed(full(), *row[2])):
        assert fault.message
        assert "{" not in fault.message or "/texts/" in fault.path  # there it is a place
        assert "Input" not in fault.message
        assert not fault.message.endswith(".")
        # AND everything about a fault can be sent
        json.dumps([fault.path, fault.code, fault.message], ensure_ascii=False).encode()


TEN: list[Row] = [
    ("wrong_type", "/ratio", [("/ratio", "100")]),
    ("unknown_key", "/rules/0/colour", [("/rules/0/colour", "red")]),
    ("not_positive", "/rules/0/value/per", [("/rules/0/value/per", "0")]),
    ("unknown_behaviour", "/rules/1/behaviour", [("/rules/1/behaviour", "sing")]),
    ("out_of_range", "/rules/1/value/points", [("/rules/1/value/points", 0)]),
    ("unknown_field", "/rules/1/when/all/0/field", [("/rules/1/when/all/0/field", "weather")]),
    ("empty_cap", "/rules/1/caps/0", [("/rules/1/caps/0", {"per": "day"})]),
    ("unknown_choice", "/rules/1/caps/1/per", [("/rules/1/caps/1/per", "decade")]),
    ("impossible_dates", "/campaigns/0/to", [("/campaigns/0/to", "2027-10-31")]),
    ("overlapping_thresholds", "/tiers/levels/1/from", [("/tiers/levels/1/from", 0)]),
]


def test_all_faults_are_named_at_once_shape_and_meaning() -> None:
    document = changed(full(), *(change for _, _, changes in TEN for change in changes))
    assert sorted(documents.faults(document)) == sorted((path, code) for code, path, _ in TEN)


REFERRED_TO = {
    "currency", "languages", "behaviours", "member_attributes", "tiers", "segments", "expiry", "backdating_days", ""
}  # fmt: skip
"""Where these cannot be read, what refers to them is let off; where they change, so does what it means."""

ONE_SENSE = {"rules", "campaigns"}
"""What a campaign multiplies is a matter of both."""


def section(row: Row) -> str:
    return row[2][0][0].split("/")[1] if row[2][0][0] else ""


def test_r_earn_8_no_fault_hides_another() -> None:
    # GIVEN any two faults of different parts that have nothing to do with each other
    rows = [
        row
        for row in FAULTS
        if section(row) not in REFERRED_TO
        and row[0] not in {"not_unicode", "expires_while_pending"}
        and not shapes.unreadable(changed(full(), *row[2]))
    ]
    pairs = [
        (one, other)
        for one, other in combinations(rows, 2)
        if section(one) != section(other) and {section(one), section(other)} != ONE_SENSE
    ]
    assert len(pairs) > 3_000
    # (a seventh of them is enough: the rows of one place are alike)
    for one, other in pairs[::7]:
        # WHEN a document has both THEN both are named, and nothing else
        found = documents.faults(changed(full(), *one[2], *other[2]))
        assert set(found) == {(one[1], one[0]), (other[1], other[0])}, found


@pytest.mark.parametrize(
    "broken",
    [
        ("/tiers/levels/0", 5),
        ("/tiers/levels", "none"),
        ("/tiers", []),
        ("/tiers/by", "fame"),
        ("/segments/levels", None),
        ("/behaviours", []),
        ("/currency", None),
        ("/currency/decimals", "2"),
        ("/rules/0", None),
        ("/rules", 1),
        ("/member_attributes", "club"),
    ],
    ids=str,
)
def test_what_cannot_be_read_is_not_held_against_what_refers_to_it(broken: Change) -> None:
    document = changed(full(), ("/rules/1/when/all/1", asks("member.club", "present")), broken)
    found = documents.faults(document)
    assert [path for path, _ in found] == [broken[0]]


# ── warnings ────────────────────────────────────────────────────────────────────────────────────────────────────────

NOW = datetime(2027, 11, 11, 15, 59, 59, tzinfo=UTC)
"""The last second of 11 November in Shanghai."""

WARNINGS: list[Row] = [
    ("pays_nothing", "/behaviours/sing", [("/behaviours/sing", {})]),
    ("pays_nothing", "/behaviours/photo", [("/rules/2/behaviour", "review"), ("/tasks/1/behaviours", ["review"])]),
    ("not_declared", REVIEW, [(REVIEW, asks("attribute.colour", "equals", "red"))]),
    ("short_lived", "/tasks/1/expiry", [("/tasks/1/expiry", {"type": "after_days", "days": 7}), ("/risk/1", REMOVED)]),
    (
        "short_lived",
        "/tasks/1/expiry",
        [("/tasks/1/expiry", {"type": "end_of_month", "months": 0}), ("/risk/1", REMOVED)],
    ),
    ("short_lived", "/risk/1/pending_days", [("/tasks/1/expiry", {"type": "after_days", "days": 14})]),
    ("cap_counts_payments", "/rules/2/caps/0/occurrences", [("/rules/2/caps", [{"per": "day", "occurrences": 3}])]),
    ("order_matters", "/rules/3/value/steps", [("/rules/3/value/steps", [9, 1])]),
    (
        "order_matters",
        "/rules/3/value/steps",
        [("/rules/3/value", {"type": "streak", "steps": [9, 1, 1], "after_last": "start_anew"})],
    ),
    ("in_the_past", "/rules/1/to", [("/rules/1/to", "2027-11-10")]),
    ("window_splits_dates", "/tasks/1/per", [("/tasks/1/from", "2027-11-13"), ("/tasks/1/to", "2027-11-16")]),
    ("window_splits_dates", "/tasks/0/per", [("/tasks/0/from", "2027-11-25"), ("/tasks/0/to", "2027-12-05")]),
    ("cap_never_binds", "/rules/1/caps/0/occurrences", [("/rules/1/caps/1", {"per": "month", "occurrences": 5})]),
    ("cap_never_binds", "/rules/1/caps/1/occurrences", [("/rules/1/caps/1", {"per": "month", "occurrences": 155})]),
    (
        "cap_never_binds",
        "/rules/1/caps/0/points",
        [("/rules/1/caps", [{"per": "week", "points": 2000}, {"per": "month", "points": 1000}])],
    ),
    ("cap_below_one_payment", "/rules/1/caps/1/points", [("/rules/1/caps/1/points", 19)]),
    ("nothing_to_share", "/campaigns/0/budget_shards", [("/campaigns/0/budget", REMOVED)]),
    (
        "in_the_past",
        "/rewards/mug/coupon/valid_until",
        [("/rewards/mug", CODE | {"coupon": {"source": "generated", "valid_until": "2026-01-31"}})],
    ),
    ("nothing_to_share", "/rewards/coupon/stock_shards", [("/rewards/coupon/stock", REMOVED)]),
    ("sooner_or_later", "/risk/0/per", [("/risk/0/per", "lifetime")]),
    (
        "never_triggers",
        "/risk/1/more_than",
        [
            ("/risk/0/per", "day"),
            (
                "/risk/1",
                {"id": "x", "counts": "events", "per": "day", "more_than": 30, "action": "freeze"}
                | {"behaviours": ["review"]},
            )
        ],
    ),
    ("less_than_before", "/tiers/levels/1/multiplier", [("/tiers/levels/0/multiplier", "1.5")]),
    ("between_steps", "/offset/minimum_points", [("/offset/minimum_points", 150)]),
    ("between_steps", "/offset/points_per_day", [("/offset/points_per_day", 4_950)]),
    ("step_worth_nothing", "/offset/step", [("/ratio", 100_000)]),
    ("step_worth_nothing", "/offset/step", [("/offset/step", 1), ("/ratio", 101)]),
    ("share_below_minimum", "/offset/minimum_order", [("/offset/minimum_order", "1.99")]),
    ("not_translated", "/title", [("/title", {"en": "Everything"})]),
    ("not_translated", "/tasks/0/title", [("/tasks/0/title", {"zh-CN": "花钱"})]),
]  # fmt: skip

QUIET: list[list[Change]] = [
    [("/rules/1/to", "2027-11-11")],
    # A week may lie in two months, and a month's last days beside five weeks.
    [("/rules/1/caps", [{"per": "week", "points": 1999}, {"per": "month", "points": 1000}])],
    [("/rules/1/caps/1", {"per": "month", "occurrences": 154})],
    [("/tasks/1/from", "2027-11-15"), ("/tasks/1/to", "2027-11-21")],
    [("/tasks/1/from", "2027-11-13"), ("/tasks/1/to", "2027-11-25")],
    [("/offset/minimum_order", "2.00")],
    [("/offset/minimum_order", "0.00")],
    [("/offset/step", 1), ("/offset/minimum_points", REMOVED)],
    [("/offset/minimum_points", 200), ("/offset/points_per_day", 200), ("/offset/step", 200)],
    [("/week_starts_on", "saturday"), ("/tasks/1/from", "2027-11-13"), ("/tasks/1/to", "2027-11-16")],
    [("/languages", ["en"]), ("/tasks/0/title", {"en": "Spend"})],
]


@pytest.mark.parametrize("row", WARNINGS, ids=name_of)
def test_a_warning_has_one_place_and_one_code_and_stops_nobody(row: Row) -> None:
    code, path, changes = row
    document = changed(full(), *changes)
    assert documents.warnings(document, now=NOW) == [(path, code)]
    assert documents.faults(document) == []


@pytest.mark.parametrize("changes", QUIET, ids=str)
def test_what_is_probably_meant_is_not_warned_about(changes: list[Change]) -> None:
    assert documents.warnings(changed(full(), *changes), now=NOW) == []


def test_every_warning_is_in_the_table() -> None:
    assert codes_in(warning_faults) | codes_in(offset_warnings) == {code for code, _, _ in WARNINGS}


@pytest.mark.parametrize(
    ("place", "changes"),
    [
        # Of a million points to the yuan, 10,000 are a cent: 10,002 in steps of 3.
        (
            "points_per_day",
            [("/ratio", 10**6), ("/offset/step", 3), ("/offset/minimum_points", 1), ("/offset/points_per_day", 10_001)],
        ),
        # A hundredth of the largest amount there is.
        (
            "minimum_points",
            [
                ("/ratio", 1),
                ("/offset/maximum_share_percent", 1),
                ("/offset/points_per_day", None),
                ("/offset/minimum_points", 10**10 + 1),
            ],
        ),
    ],
)
def test_what_no_order_could_take_depends_on_what_points_are_worth(place: str, changes: list[Change]) -> None:
    assert documents.faults(changed(full(), *changes)) == [(f"/offset/{place}", "never_enough")]
    *others, (path, value) = changes
    better = value + 1 if place == "points_per_day" else value - 1
    assert documents.faults(changed(full(), *others, (path, better))) == []


def test_a_fault_elsewhere_hides_none_of_an_offset() -> None:
    faulty = changed(full(), ("/ratio", 0), ("/offset/points_per_day", 99))
    assert set(documents.faults(faulty)) == {("/ratio", "out_of_range"), ("/offset/points_per_day", "never_enough")}


def test_nothing_is_past_without_a_moment() -> None:
    document = changed(full(), ("/rules/1/to", "2026-01-01"))
    assert warnings_of(document) == []


@pytest.mark.parametrize("document", [None, [], 3, "x", {}, {"rules": 5}, {"title": {HALF: "x"}}, nested(3_000, 1)])
def test_warnings_of_anything_never_raise(document: Any) -> None:
    assert warnings_of(document, now=NOW) == []


def test_a_word_twice_in_json_counts_as_its_last() -> None:
    """As every JSON reader has it; the document cannot tell."""
    text = json.dumps(full())
    doubled = text.replace('"ratio": 100', '"ratio": 0, "ratio": 100')
    assert doubled != text
    assert documents.faults(json.loads(doubled)) == []
    assert documents.faults(json.loads(text.replace('"ratio": 100', '"ratio": 100, "ratio": 0'))) == [
        ("/ratio", "out_of_range")
    ]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "1.0", "1e2"])
def test_numbers_that_are_no_whole_numbers(number: str) -> None:
    text = json.dumps(full()).replace('"ratio": 100', f'"ratio": {number}')
    assert documents.faults(json.loads(text)) == [("/ratio", "wrong_type")]


def test_any_of_is_impossible_only_when_each_of_its_ways_is() -> None:
    never = all_of(asks("hour", "less_than", 5), asks("hour", "more_than", 5))
    assert documents.faults(changed(full(), (PASS, any_of(never, never)))) == [(PASS, "never_holds")]
    assert documents.faults(changed(full(), (PASS, any_of(never, asks("birthday", "equals", True))))) == []
