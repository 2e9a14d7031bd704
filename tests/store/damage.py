"""Every kind of damage that stored items can take, generated from their models: a new model or attribute has its damage
here as soon as it exists."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from pynamodb.attributes import Attribute, BooleanAttribute, UnicodeAttribute

from points.adapters.dynamodb import attributes, models
from points.adapters.dynamodb.compact import day_of, stored_day
from points.adapters.dynamodb.models import LedgerItem
from points.adapters.dynamodb.stored_counters import counters, stored_counters
from points.adapters.dynamodb.stored_lots import lots, stored_lots
from tests.store.lived_in import FrozenTable

type Raw = dict[str, Any]
"""An item, or a value, as the client sends and receives it."""
type Place = tuple[str, str]


def kinds(of: type[LedgerItem] = LedgerItem) -> Iterator[type[LedgerItem]]:
    """Every model that is stored: those that no other is made from."""
    below = of.__subclasses__()
    if not below:
        yield of
    for each in below:
        yield from kinds(each)


_BY_SORT_KEY: Final = {
    models.AccountItem: "ACCOUNT",
    models.EntryItem: "ENTRY#",
    models.NoteItem: "NOTE#",
    models.RefusedItem: "REFUSED#",
    models.TierItem: "TIER#",
    models.ProfileItem: "PROFILE",
    models.DraftItem: "CONFIG#DRAFT",
    models.LiveItem: "CONFIG#LIVE",
    models.VersionItem: "CONFIG#0",
    models.DepartureItem: "DEPARTED#",
    models.UsedItem: "USED#",
    models.CouponItem: "COUPON",
    models.PoolItem: "POOL",
    models.ImportItem: "IMPORT#",
    models.EntitledItem: "ENTITLED#",
    models.NoticeItem: "NOTICE#",
    models.TimedItem: "TIMED",
    models.EndpointItem: "ENDPOINT#",
    models.DeliveryItem: "DELIVERY#",
}


def is_of(kind: type[LedgerItem], place: Place) -> bool:
    pk, sk = place
    if pk == "PROGRAMS" or kind is models.ProgramItem:
        return (pk == "PROGRAMS") == (kind is models.ProgramItem)
    if "#ORDERS#" in pk or kind is models.OrderItem:
        return ("#ORDERS#" in pk) == (kind is models.OrderItem)
    if _is_free_code(pk) or kind is models.FreeCodeItem:
        return _is_free_code(pk) and kind is models.FreeCodeItem
    if kind is models.DirectoryItem:
        return "#DIRECTORY#" in pk
    if kind is models.SharedCounterItem:
        return sk in {"STOCK", "DAILY", "BUDGET"}
    return "#DIRECTORY#" not in pk and sk.startswith(_BY_SORT_KEY[kind])


def _is_free_code(pk: str) -> bool:
    """In a bucket of a pool: what is said of a pool as a whole lies elsewhere."""
    return pk.split("#")[2:3] == ["POOL"] and pk.count("#") == len(("P", "program", "POOL", "pool"))


def attributes_of(kind: type[LedgerItem]) -> Iterator[tuple[str, Attribute[Any]]]:
    """(stored name, attribute) of everything but the key."""
    for attribute in kind.get_attributes().values():
        if attribute.attr_name not in {"pk", "sk"}:
            yield attribute.attr_name, attribute


@dataclass(frozen=True)
class Damage:
    """``what`` happened to the item at ``place``; ``plant`` does it."""

    kind: type[LedgerItem]
    place: Place
    what: str
    plant: Callable[[FrozenTable], None]

    def __str__(self) -> str:
        return f"{self.kind.__name__} {self.place[1]}: {self.what}"

    @property
    def owner(self) -> tuple[str, str]:
        """(program, member) whose records it is in; "" for a program's own."""
        parts = self.place[0].split("#")
        if parts[2:3] == ["DIRECTORY"]:
            return parts[1], self.place[1]
        if parts[2:3] == ["ORDERS"]:
            return parts[1], self.place[1].split("#")[1]
        return parts[1], parts[3] if parts[2:3] == ["M"] else ""


def all_damage(table: FrozenTable) -> Iterator[Damage]:
    for kind in kinds():
        places = sorted(place for place in table.items if is_of(kind, place))
        assert places, f"there is no {kind.__name__} to be damaged"
        for name, attribute in attributes_of(kind):
            yield from _of_attribute(table, kind, places, name, attribute)
        for place in places:
            yield from _of_item(table, kind, place)


def damage_to(table: FrozenTable, kind: type[LedgerItem], place: Place) -> Iterator[Damage]:
    """All that can be done to one item as it is."""
    for name, attribute in attributes_of(kind):
        if name in table.items[place]:
            yield from _of_attribute(table, kind, [place], name, attribute)
    yield from _of_item(table, kind, place)


def _of_item(table: FrozenTable, kind: type[LedgerItem], place: Place) -> Iterator[Damage]:
    item = table.items[place]
    yield Damage(kind, place, "is gone", lambda table: table.items.__delitem__(place))
    yield Damage(kind, place, "has an attribute more", _put(place, item | {"unknown": {"S": "?"}}))
    if len(item) > len(place):
        yield Damage(kind, place, "is empty", _put(place, {name: item[name] for name in ("pk", "sk")}))
    pk, sk = place
    for what, moved in (
        ("is there twice", (pk, f"{sk}9")),
        ("is somebody else's", (f"{pk}9", sk)),
        ("is nowhere", ("X", sk)),
        ("has a name nobody reads", (pk, f"{sk[:-1]}#")),
    ):
        yield Damage(kind, place, what, _put(moved, item | {"pk": {"S": moved[0]}, "sk": {"S": moved[1]}}))


def _of_attribute(
    table: FrozenTable, kind: type[LedgerItem], places: list[Place], name: str, attribute: Attribute[Any]
) -> Iterator[Damage]:
    having = [place for place in places if name in table.items[place]]
    assert having, f"no {kind.__name__} has {name}"
    lacking = [place for place in places if name not in table.items[place]]
    for place in {having[0], having[-1]}:
        item = table.items[place]
        yield Damage(kind, place, f"{name} is gone", _put(place, {key: item[key] for key in item if key != name}))
        yield Damage(kind, place, f"{name} is nothing", _put(place, item | {name: {"NULL": True}}))
        for what, value in _others(attribute, item[name]):
            yield Damage(kind, place, f"{name} {what}", _put(place, item | {name: value}))
    for place in {lacking[0], lacking[-1]} if lacking else ():
        appeared = table.items[place] | {name: table.items[having[0]][name]}
        yield Damage(kind, place, f"{name} appears", _put(place, appeared))


def _put(place: Place, item: Raw) -> Callable[[FrozenTable], None]:
    return lambda table: table.items.__setitem__(place, item)


# ── other values, as readable as the right one ──────────────────────────────────────────────────────────────────────


def _others(attribute: Attribute[Any], raw: Raw) -> Iterator[tuple[str, Raw]]:
    """(what happened, another value) for a stored value."""
    (kind, value), *_ = raw.items()
    for others in type(attribute).__mro__:
        if others in _OTHERS:
            yield from ((what, {kind: other}) for what, other in _OTHERS[others](value))
            return
    raise AssertionError(f"no damage is known for {type(attribute).__name__}")


def _of_number(value: str) -> Iterator[tuple[str, Any]]:
    yield "is one more", str(int(value) + 1)
    yield "is one less", str(int(value) - 1)
    yield "is no whole number", "1.5"


def _of_day(value: str) -> Iterator[tuple[str, Any]]:
    yield "is a day later", (date.fromisoformat(value) + timedelta(days=1)).isoformat()


def _of_days(value: Raw) -> Iterator[tuple[str, Any]]:
    name, day = next(iter(value.items()))
    yield "is later", value | {name: {"S": next(_of_day(day["S"]))[1]}}
    yield "has another name", {f"{name}x": day}
    yield "has a name more", value | {"more": day}


def _of_digest(value: bytes) -> Iterator[tuple[str, Any]]:
    yield "is another", bytes([value[0] ^ 1]) + value[1:]


def _of_lots(value: str) -> Iterator[tuple[str, Any]]:
    given = lots(value)
    name = min(given)
    later = f"{int(name[:4]) + 1}{name[4:]}"
    yield "has a point more", stored_lots(given | {name: given[name] + 1})
    yield "has a point less", stored_lots(given | {name: given[name] - 1})
    yield "lasts longer", stored_lots({(later if each == name else each): given[each] for each in given})
    yield "has had its grace", stored_lots({(f"{each}+" if each == name else each): given[each] for each in given})


def _of_counters(value: str) -> Iterator[tuple[str, Any]]:
    given = counters(value)
    for name in given:
        if "/rS" not in name:
            yield f"{name} counts one more", stored_counters(given | {name: given[name] + 1})
        yield f"{name} is forgotten", stored_counters({each: given[each] for each in given if each != name})
    yield "has one more", stored_counters(given | {"another/n": 1})
    yield "is written differently", f"{value},"


def _of_tier(value: str) -> Iterator[tuple[str, Any]]:
    name, since, review_on = value.split("/")
    yield "is another", f"V9/{since}/{review_on}"
    yield "is older", f"{name}/1/{review_on}"
    yield "is never reviewed" if review_on else "is reviewed", f"{name}/{since}/{'' if review_on else '2zz'}"


def _of_referral(value: str) -> Iterator[tuple[str, Any]]:
    yield "is paid, or not", f"{'-' if value[0] == '+' else '+'}{value[1:]}"
    yield "is another's", f"{value}x"


def _of_facts(value: Raw) -> Iterator[tuple[str, Any]]:
    yield "has another birthday", value | {"b": {"N": "101"}}
    yield "has another name verified", {**value, "v": {"BOOL": True}} if "v" not in value else _without(value, "v")
    yield "has an attribute more", value | {"a": {"M": {**value.get("a", {"M": {}})["M"], "club": {"S": "none"}}}}
    yield "was declared otherwise", value | {"d": {"N": "7"}}


def _of_holds(value: Raw) -> Iterator[tuple[str, Any]]:
    reference, hold = next(iter(value.items()))
    content = hold["M"]
    yield "runs out later", value | {reference: {"M": content | {"x": {"N": str(int(content["x"]["N"]) + 1)}}}}
    yield "has another name", {f"{reference}x": hold}
    yield (
        "is for an order, or for none",
        value | {reference: {"M": _without(content, "o") if "o" in content else content | {"o": {"S": "fsk"}}}},
    )
    for each, made in value.items():
        if "o" in made["M"]:
            other = stored_day(day_of(made["M"]["o"]["S"]) - timedelta(days=1))
            yield f"{each} was made on another day", value | {each: {"M": made["M"] | {"o": {"S": other}}}}
    for what, other in _of_lots(content["l"]["S"]):
        yield what, value | {reference: {"M": content | {"l": {"S": other}}}}


def _of_frozen(value: str) -> Iterator[tuple[str, Any]]:
    yield "is something else", "r" if value == "e" else "e"


def _of_integers(value: list[Raw]) -> Iterator[tuple[str, Any]]:
    for place, each in enumerate(value):
        yield f"{place} is one more", [*value[:place], {"N": str(int(each["N"]) + 1)}, *value[place + 1 :]]


def _of_lines(value: list[Raw]) -> Iterator[tuple[str, Any]]:
    rule, points = value[0]["L"]
    yield "pays one more", [{"L": [rule, {"N": str(int(points["N"]) + 1)}]}, *value[1:]]
    yield "is another rule's", [{"L": [{"S": "other"}, points]}, *value[1:]]
    yield "is one less", value[1:]


def _of_plain(value: Raw) -> Iterator[tuple[str, Any]]:
    yield "says more", value | {"more": {"S": "?"}}
    for name in value:
        yield f"does not say {name}", _without(value, name)


def _of_text(value: str) -> Iterator[tuple[str, Any]]:
    yield "is longer", f"{value}x"
    yield "is empty", ""
    if value.startswith("{"):
        document = json.loads(value)
        yield "has another ratio", json.dumps(document | {"ratio": document.get("ratio", 0) + 1}, separators=(",", ":"))
        yield "is spelt differently", json.dumps(document)


def _of_flag(value: bool) -> Iterator[tuple[str, Any]]:
    yield "is the other", not value


def _without(value: Raw, name: str) -> Raw:
    return {key: value[key] for key in value if key != name}


_OTHERS: Final[dict[type, Callable[[Any], Iterator[tuple[str, Any]]]]] = {
    attributes.StrictIntegerAttribute: _of_number,
    attributes.MomentAttribute: _of_number,
    attributes.DayAttribute: _of_day,
    attributes.DaysAttribute: _of_days,
    attributes.DigestAttribute: _of_digest,
    attributes.LotsAttribute: _of_lots,
    attributes.CountersAttribute: _of_counters,
    attributes.TierAttribute: _of_tier,
    attributes.ReferralAttribute: _of_referral,
    attributes.FactsAttribute: _of_facts,
    attributes.HoldsAttribute: _of_holds,
    attributes.FrozenAttribute: _of_frozen,
    attributes.IntegersAttribute: _of_integers,
    attributes.LinesAttribute: _of_lines,
    attributes.PlainAttribute: _of_plain,
    UnicodeAttribute: _of_text,
    BooleanAttribute: _of_flag,
}
