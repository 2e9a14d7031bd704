"""Valid program documents at random, wide rather than long: every kind of value, condition, cap, task and campaign."""

from collections.abc import Callable
from random import Random
from typing import Any, Final

type Document = dict[str, Any]

BEHAVIOURS: Final = ("buy", "check_in", "review", "photo")
"""Buying is core; each of the others leans to the kind of value it is known for."""

_WINDOWS: Final = ("hour", "day", "week", "month", "year", "lifetime")


def random_document(random: Random) -> Document:
    """May have faults (a condition that contradicts itself, more counters than fit): ask for another one then."""
    document: Document = {
        "time_zone": random.choice(["Asia/Shanghai", "America/New_York", "America/Santiago"]),
        "week_starts_on": random.choice(["monday", "sunday", "saturday"]),
        "currency": {"code": "CNY", "decimals": 2},
        "ratio": 100,
        "expiry": _expiry(random),
        "behaviours": {name: {"core": name == "buy"} for name in BEHAVIOURS},
        "rules": _several(random, (3, 7), _rule),
        "tasks": _several(random, (0, 3), _task),
        "campaigns": _several(random, (0, 3), _campaign),
        "risk": _several(random, (0, 2), _risk),
        "rewards": {"mug": {"price": 30, "stock": 50}, "coupon": {"price": 5}},
        "multipliers": {
            "combination": random.choice(["highest", "multiply", "add"]),
            "rounding": random.choice(["down", "up", "half_up", "half_even"]),
            "birthday": random.choice(["1", "2"]),
        },
        "backdating_days": random.choice([0, 3, 7, 14]),
        "member_attributes": ["club"],
        "shortfall": random.choice(["owe", "take_available"]),
    }
    if random.random() < 0.6:
        document["tiers"] = _tiers(random)
    if random.random() < 0.4:
        levels = [{"id": "low", "from": "0"}, {"id": "high", "from": "60.00"}]
        document["segments"] = {"months": random.choice([1, 12]), "levels": levels}
    if random.random() < 0.5:
        document["referral"] = {
            "newcomer_points": random.choice([0, 40]),
            "referrer_points": 60,
            "qualifying_behaviour": random.choice([None, "buy"]),
            "maximum_per_referrer": random.choice([None, 2]),
        }
    return document


def _several(random: Random, bounds: tuple[int, int], one: Callable[[Random], Document]) -> list[Document]:
    made = [one(random) for _ in range(random.randint(*bounds))]
    return [{**part, "id": f"{one.__name__.strip('_')}_{number}"} for number, part in enumerate(made)]


def _expiry(random: Random) -> Document:
    return random.choice(
        [
            {"type": "end_of_year", "years": 1},
            {"type": "end_of_month", "months": 12},
            {"type": "after_days", "days": 120},
            {"type": "after_months", "months": 6},
            {"type": "yearly_clearing", "month": 12, "day": 31},
            {"type": "never"},
        ]
    )


def _rule(random: Random) -> Document:
    behaviour = random.choice(BEHAVIOURS)
    rule: Document = {"behaviour": behaviour, "value": _value(random, behaviour), **_dates(random)}
    if random.random() < 0.4:
        rule["when"] = _condition(random)
    if random.random() < 0.5:
        windows = random.sample(_WINDOWS, random.randint(1, 2))
        rule["caps"] = [{"per": window, **_cap(random)} for window in windows]
    if random.random() < 0.3:
        rule["pending_days"] = random.choice([1, 7])
    if random.random() < 0.2:
        rule["expiry"] = {"type": "after_days", "days": 30}
    if random.random() < 0.3:
        rule["multiplied"] = False
    return rule


def _value(random: Random, behaviour: str) -> Document:
    points = random.randint(1, 25)
    match behaviour:
        case "buy":
            rounding = random.choice(["down", "up", "half_up", "half_even"])
            per = random.choice(["1.00", "0.50", "3.00"])
            minimum = random.choice(["0", "5.00"])
            value = {"type": "per_amount", "points": random.randint(1, 3), "per": per, "rounding": rounding}
            return {**value, "minimum": minimum}
        case "check_in":
            steps = sorted(random.randint(1, 20) for _ in range(random.randint(1, 5)))
            return {"type": "streak", "steps": steps, "after_last": random.choice(["stay", "start_anew"])}
        case "photo":
            return {"type": "per_occurrences", "points": points, "every": random.randint(2, 4)}
        case _:
            return {"type": "fixed", "points": points}


def _dates(random: Random) -> Document:
    return random.choice([{}, {}, {}, {"from": "2027-03-03"}, {"to": "2027-11-30"}])


def _cap(random: Random) -> Document:
    return random.choice([{"occurrences": random.randint(1, 5)}, {"points": 40}, {"occurrences": 4, "points": 50}])


def _test(random: Random) -> Document:
    return random.choice(
        [
            {"field": "amount", "op": random.choice(["at_least", "less_than"]), "value": "20.00"},
            {"field": "quantity", "op": "at_most", "value": 2},
            {"field": "attribute.channel", "op": random.choice(["equals", "not_equals"]), "value": "app"},
            {"field": "attribute.length", "op": "at_least", "value": 15},
            {"field": "attribute.channel", "op": random.choice(["present", "absent"])},
            {"field": "member.club", "op": "in", "value": ["gold", "silver"]},
            {"field": "weekday", "op": "at_most", "value": 5},
            {"field": "hour", "op": "at_least", "value": 8},
            {"field": "real_name_verified", "op": "equals", "value": True},
        ]
    )


def _condition(random: Random) -> Document:
    tests = [_test(random) for _ in range(random.randint(1, 3))]
    return tests[0] if len(tests) == 1 else {random.choice(["all", "any"]): tests}


def _task(random: Random) -> Document:
    counts = random.choice(["events", "quantity", "amount"])
    task: Document = {
        "behaviours": random.sample(BEHAVIOURS, random.randint(1, 2)),
        "counts": counts,
        "target": "50.00" if counts == "amount" else random.randint(1, 5),
        "per": random.choice(_WINDOWS[1:]),
        "points": random.randint(5, 50),
    }
    return {**task, "when": _condition(random)} if random.random() < 0.2 else task


def _campaign(random: Random) -> Document:
    campaign: Document = {"behaviours": random.sample(BEHAVIOURS, 2), "from": "2027-03-02", "to": "2027-09-30"}
    if random.random() < 0.6:
        campaign["multiplier"] = random.choice(["1.5", "2", "3.125"])
        # Something to multiply is sure to be there with all of them.
        campaign["behaviours"] = list(BEHAVIOURS)
    else:
        campaign["bonus"] = random.randint(1, 20)
    if random.random() < 0.5:
        campaign["budget"] = 5_000
    if random.random() < 0.3:
        campaign["when"] = _condition(random)
    return campaign


def _risk(random: Random) -> Document:
    action = random.choice(["pend", "refuse", "freeze"])
    return {
        "counts": random.choice(["events", "points"]),
        "per": random.choice(["day", "week"]),
        "more_than": random.randint(150, 400),
        "action": action,
        **({"pending_days": 5} if action == "pend" else {}),
    }


def _tiers(random: Random) -> Document:
    by = random.choice(["points", "spend"])
    window = random.choice(["lifetime", "calendar_year", "months"])
    thresholds = [0, 60, 400] if by == "points" else ["0", "60.00", "400.00"]
    names = ("V1", "V2", "V3")
    multipliers = ("1", "1.2", "1.5")
    return {
        "by": by,
        "window": window,
        **({"months": random.choice([1, 3, 12])} if window == "months" else {}),
        "levels": [
            {"id": name, "from": threshold, "multiplier": multiplier, "birthday_multiplier": "2"}
            for name, threshold, multiplier in zip(names, thresholds, multipliers, strict=True)
        ],
    }
