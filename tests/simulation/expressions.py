"""DynamoDB's expressions: conditions, filters, key conditions, updates and projections.

Each text is parsed once and becomes closures over an item and the values of a request. Whatever DynamoDB refuses of a
text, or of the values for it, is refused here as well; messages are only similar.
"""

import operator
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path as File
from typing import Any, ClassVar, Final, NoReturn

from tests.simulation.stored_values import EXACT, Invalid, Item, Value, Values, compares, number_text

type Path = tuple[str | int, ...]
"""Names of attributes and places in lists, from the outside to the inside."""

type Names = Mapping[str, str]
"""What ``#name`` stands for."""

type Test = Callable[[Item, Values], bool]

type Check = Callable[[Values], None]
"""Raises Invalid for values that an expression cannot have, whatever the item."""

_ORDER: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_MIRRORED: Final = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_COMPARATORS: Final = frozenset({"=", "<>", *_ORDER})
_TYPES: Final = frozenset({"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"})
_SETS: Final = frozenset({"SS", "NS", "BS"})
_WITH_ORDER: Final = frozenset({"S", "N", "B"})
_WITH_PREFIX: Final = frozenset({"S", "B"})
_WITH_SIZE: Final = frozenset({"S", "B", "M", "L", *_SETS})

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<word>[A-Za-z][A-Za-z0-9_]*)|(?P<name>#[A-Za-z0-9_]+)|(?P<value>:[A-Za-z0-9_]+)"
    r"|(?P<index>[0-9]+)|(?P<symbol><>|<=|>=|[][=<>()+,.-])|(?P<end>$))"
)


class Unapplicable(Invalid):
    """An update that does not fit the item it is for: in a transaction a reason to cancel, no fault of the request."""


@dataclass(frozen=True, slots=True)
class Expression:
    """``names`` and ``values`` are the placeholders in it, ``attributes`` the attributes it looks at or changes."""

    names: frozenset[str]
    values: frozenset[str]
    attributes: frozenset[str]
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Condition(Expression):
    holds: Test


@dataclass(frozen=True, slots=True)
class Update(Expression):
    paths: tuple[Path, ...]
    """Where it writes."""

    changed: frozenset[str]
    """The attributes in which it does."""

    apply: Callable[[Item, Values], dict[str, Value]]
    """The item after it. Raises Unapplicable."""


@dataclass(frozen=True, slots=True)
class Projection(Expression):
    of: Callable[[Item], Item]


@dataclass(frozen=True, slots=True)
class KeyCondition(Expression):
    terms: Mapping[str, tuple[str, tuple[str, ...]]]
    """Attribute to operator and placeholders of its values; ``BETWEEN`` has two of them."""


def condition(text: str, names: Names | None = None, label: str = "ConditionExpression") -> Condition:
    """Raises Invalid, as all of these."""
    return _condition(text, _hashable(names), label)


def update(text: str, names: Names | None = None) -> Update:
    return _update(text, _hashable(names))


def projection(text: str, names: Names | None = None) -> Projection:
    return _projection(text, _hashable(names))


def key_condition(text: str, names: Names | None = None) -> KeyCondition:
    return _key_condition(text, _hashable(names))


type _HashableNames = tuple[tuple[str, str], ...]


def _hashable(names: Names | None) -> _HashableNames:
    return tuple(sorted(names.items())) if names else ()


@lru_cache(maxsize=4096)
def _condition(text: str, names: _HashableNames, label: str) -> Condition:
    parser = _Conditions(label, text, dict(names))
    found = parser.disjunction()
    parser.end()
    if isinstance(found, _Operand):
        parser.fail()
    return Condition(*parser.facts(), found)


@lru_cache(maxsize=4096)
def _update(text: str, names: _HashableNames) -> Update:
    parser = _Updates("UpdateExpression", text, dict(names))
    apply, paths = parser.update()
    return Update(*parser.facts(), paths, frozenset(str(path[0]) for path in paths), apply)


@lru_cache(maxsize=4096)
def _projection(text: str, names: _HashableNames) -> Projection:
    parser = _Parser("ProjectionExpression", text, dict(names))
    paths = [parser.path()]
    while parser.accept(","):
        paths.append(parser.path())
    parser.end()
    _refuse_overlaps("ProjectionExpression", paths)
    return Projection(*parser.facts(), _projector(paths))


@lru_cache(maxsize=4096)
def _key_condition(text: str, names: _HashableNames) -> KeyCondition:
    parser = _KeyConditions("KeyConditionExpression", text, dict(names))
    terms = parser.terms()
    parser.end()
    return KeyCondition(*parser.facts(), terms)


# ── parsing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@lru_cache(maxsize=1)
def _reserved_words() -> frozenset[str]:
    """moto has AWS's list as a file. Importing moto for it would take seconds."""
    spec = find_spec("moto")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    (folder,) = spec.submodule_search_locations
    return frozenset((File(folder) / "dynamodb/parsing/reserved_keywords.txt").read_text("utf-8").upper().split())


@dataclass(slots=True)
class _Parser:
    """Tokens one by one, and what all expressions have in common: paths and placeholders."""

    label: str
    text: str
    names: Names
    used_names: set[str] = field(default_factory=set)
    used_values: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    checks: list[Check] = field(default_factory=list)
    position: int = 0
    _tokens: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.text:
            self.fail("The expression can not be empty;")
        self._tokens = list(self._read())

    def _read(self) -> Iterator[tuple[str, str]]:
        place = 0
        while True:
            match = _TOKEN.match(self.text, place)
            if match is None:
                self.fail()
            kind = match.lastgroup or ""
            yield kind, match[kind]
            place = match.end()
            if kind == "end":
                return

    def fail(self, why: str = "Syntax error") -> NoReturn:
        raise Invalid(f"Invalid {self.label}: {why}")

    def peek(self) -> tuple[str, str]:
        return self._tokens[self.position]

    def take(self) -> tuple[str, str]:
        token = self._tokens[self.position]
        self.position += 1
        return token

    def accept(self, symbol: str) -> bool:
        found = self.peek() == ("symbol", symbol)
        self.position += found
        return found

    def expect(self, symbol: str) -> None:
        if not self.accept(symbol):
            self.fail()

    def accept_word(self, *words: str) -> str | None:
        kind, text = self.peek()
        if kind == "word" and text.upper() in words:
            self.position += 1
            return text.upper()
        return None

    def calls(self) -> bool:
        """Whether a function comes next."""
        return self.peek()[0] == "word" and self._tokens[self.position + 1] == ("symbol", "(")

    def end(self) -> None:
        if self.peek()[0] != "end":
            self.fail()

    def path(self) -> Path:
        steps: list[str | int] = [self._name()]
        self.attributes.add(str(steps[0]))
        while True:
            if self.accept("."):
                steps.append(self._name())
            elif self.accept("["):
                kind, text = self.take()
                if kind != "index":
                    self.fail()
                steps.append(int(text))
                self.expect("]")
            else:
                return tuple(steps)

    def _name(self) -> str:
        kind, text = self.take()
        if kind == "word":
            if text.upper() in _reserved_words():
                self.fail(f"Attribute name is a reserved keyword; reserved keyword: {text}")
            return text
        if kind != "name":
            self.fail()
        if text not in self.names:
            self.fail(f"An expression attribute name used in the document path is not defined; attribute name: {text}")
        self.used_names.add(text)
        return self.names[text]

    def value(self) -> str:
        kind, text = self.take()
        if kind != "value":
            self.fail()
        self.used_values.add(text)
        return text

    def check_kind(self, placeholder: str, allowed: Collection[str], what: str) -> None:
        def check(values: Values) -> None:
            (kind,) = values[placeholder]
            if kind not in allowed:
                self.fail(
                    f"Incorrect operand type for operator or function; operator or function: {what}, "
                    f"operand type: {kind}"
                )

        self.checks.append(check)

    def facts(self) -> tuple[frozenset[str], frozenset[str], frozenset[str], tuple[Check, ...]]:
        return (
            frozenset(self.used_names),
            frozenset(self.used_values),
            frozenset(self.attributes),
            tuple(self.checks),
        )


def found_at(item: Item, path: Path) -> Value | None:
    """What stands at a path, None for nothing."""
    name, *steps = path
    value = item.get(str(name))
    for step in steps:
        if value is None:
            return None
        if isinstance(step, str):
            value = value["M"].get(step) if "M" in value else None
        else:
            elements = value.get("L", ())
            value = elements[step] if step < len(elements) else None
    return value


def _reading(path: Path) -> Callable[[Item, Values], Value | None]:
    if len(path) == 1:
        name = str(path[0])
        return lambda item, _: item.get(name)
    return lambda item, _: found_at(item, path)


def _refuse_overlaps(label: str, paths: list[Path]) -> None:
    for place, path in enumerate(paths):
        for other in paths[place + 1 :]:
            shorter = min(len(path), len(other))
            if path[:shorter] == other[:shorter]:
                raise Invalid(f"Invalid {label}: Two document paths overlap with each other; {path}, {other}")
            if any(isinstance(left, str) != isinstance(right, str) for left, right in _first_difference(path, other)):
                raise Invalid(f"Invalid {label}: Two document paths conflict with each other; {path}, {other}")


def _first_difference(path: Path, other: Path) -> list[tuple[str | int, str | int]]:
    """Where two paths part: to be an element of a list for one and of a map for the other is a contradiction."""
    return [(left, right) for left, right in zip(path, other, strict=False) if left != right][:1]


# ── conditions ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Operand:
    """One of an attribute at a path, a value of the request, or a size."""

    read: Callable[[Item, Values], Value | None]
    path: Path | None = None
    value: str | None = None


type _Node = Test | _Operand


@dataclass(slots=True)
class _Conditions(_Parser):
    _groups: dict[int, int] = field(default_factory=dict)

    def disjunction(self) -> _Node:
        first = self._conjunction()
        tests = [first]
        while self.accept_word("OR"):
            tests.append(self._conjunction())
        return first if len(tests) == 1 else self._any_of([self._test(each) for each in tests])

    def _conjunction(self) -> _Node:
        first = self._negation()
        tests = [first]
        while self.accept_word("AND"):
            tests.append(self._negation())
        return first if len(tests) == 1 else self._all_of([self._test(each) for each in tests])

    def _any_of(self, tests: list[Test]) -> Test:
        return lambda item, values: any(test(item, values) for test in tests)

    def _all_of(self, tests: list[Test]) -> Test:
        if len(tests) == 2:  # The shape of nearly all that are sent, and worth a microsecond.
            first, second = tests
            return lambda item, values: first(item, values) and second(item, values)
        return lambda item, values: all(test(item, values) for test in tests)

    def _test(self, node: _Node) -> Test:
        if isinstance(node, _Operand):
            self.fail()
        return node

    def _operand(self) -> _Operand:
        node = self._primary()
        if not isinstance(node, _Operand):
            self.fail("The function is not allowed to be used this way in an expression")
        return node

    def _negation(self) -> _Node:
        if self.accept_word("NOT"):
            test = self._test(self._negation())
            return lambda item, values: not test(item, values)
        return self._comparison()

    def _comparison(self) -> _Node:
        left = self._primary()
        kind, symbol = self.peek()
        if kind == "symbol" and symbol in _COMPARATORS:
            self.take()
            return self._compared(self._left(left), symbol, self._operand())
        if self.accept_word("BETWEEN"):
            low = self._operand()
            if not self.accept_word("AND"):
                self.fail()
            return self._between(self._left(left), low, self._operand())
        if self.accept_word("IN"):
            return self._among(self._left(left), self._arguments())
        return left

    def _left(self, node: _Node) -> _Operand:
        if not isinstance(node, _Operand):
            self.fail("The function is not allowed to be used this way in an expression")
        return node

    def _primary(self) -> _Node:
        start = self.position
        if self.accept("("):
            node = self.disjunction()
            if self._groups.get(start + 1) == self.position - 1:
                self.fail("The expression has redundant parentheses;")
            self._groups[start] = self.position
            self.expect(")")
            return node
        if self.calls():
            return self._function()
        if self.peek()[0] == "value":
            placeholder = self.value()
            return _Operand(lambda _, values: values[placeholder], value=placeholder)
        path = self.path()
        return _Operand(_reading(path), path=path)

    def _arguments(self) -> list[_Operand]:
        self.expect("(")
        arguments = [self._operand()]
        while self.accept(","):
            arguments.append(self._operand())
        self.expect(")")
        return arguments

    def _compared(self, left: _Operand, symbol: str, right: _Operand) -> Test:
        self._distinct(left, right)
        first, second = left.read, right.read
        if symbol == "=":
            return lambda item, values: _equal(first(item, values), second(item, values))
        if symbol == "<>":
            return lambda item, values: not _equal(first(item, values), second(item, values))
        holds = _ORDER[symbol]
        self._literals_of(_WITH_ORDER, symbol, left, right)
        return lambda item, values: compares(first(item, values), second(item, values), holds)

    def _between(self, operand: _Operand, low: _Operand, high: _Operand) -> Test:
        self._distinct(operand, low, high)
        self._literals_of(_WITH_ORDER, "BETWEEN", operand, low, high)
        if low.value is not None and high.value is not None:
            self.checks.append(_bounds_check(self.label, low.value, high.value))
        read, least, most = operand.read, low.read, high.read

        def test(item: Item, values: Values) -> bool:
            value = read(item, values)
            return compares(least(item, values), value, operator.le) and compares(
                value, most(item, values), operator.le
            )

        return test

    def _among(self, operand: _Operand, others: list[_Operand]) -> Test:
        self._distinct(operand, *others)
        read = operand.read
        return lambda item, values: any(_equal(read(item, values), other.read(item, values)) for other in others)

    def _distinct(self, first: _Operand, *others: _Operand) -> None:
        if first.path is not None and any(other.path == first.path for other in others):
            self.fail("The first operand must be distinct from the remaining operands for this operator or function")

    def _literals_of(self, kinds: Collection[str], what: str, *operands: _Operand) -> None:
        for operand in operands:
            if operand.value is not None:
                self.check_kind(operand.value, kinds, what)

    def _function(self) -> _Node:
        _, name = self.take()
        build = self._FUNCTIONS.get(name)
        if build is None:
            self.fail(f"Invalid function name; function: {name}")
        return build(self, self._arguments())

    def _one(self, arguments: list[_Operand]) -> _Operand:
        if len(arguments) != 1:
            self.fail("Incorrect number of operands for operator or function")
        return arguments[0]

    def _two(self, arguments: list[_Operand]) -> tuple[_Operand, _Operand]:
        if len(arguments) != 2:
            self.fail("Incorrect number of operands for operator or function")
        first, second = arguments
        self._distinct(first, second)
        return first, second

    def _exists(self, arguments: list[_Operand]) -> Test:
        operand = self._one(arguments)
        if operand.path is None:
            self.fail("Operator or function requires a document path")
        if len(operand.path) == 1:
            name = str(operand.path[0])
            return lambda item, _: name in item
        read = operand.read
        return lambda item, values: read(item, values) is not None

    def _exists_not(self, arguments: list[_Operand]) -> Test:
        exists = self._exists(arguments)
        return lambda item, values: not exists(item, values)

    def _has_type(self, arguments: list[_Operand]) -> Test:
        operand, wanted = self._two(arguments)
        placeholder = wanted.value
        if operand.path is None or placeholder is None:
            self.fail("Incorrect operand type for operator or function; operator or function: attribute_type")
        self.check_kind(placeholder, "S", "attribute_type")
        self.checks.append(_type_check(self.label, placeholder))
        read = operand.read

        def test(item: Item, values: Values) -> bool:
            value = read(item, values)
            return value is not None and values[placeholder]["S"] in value

        return test

    def _begins(self, arguments: list[_Operand]) -> Test:
        operand, prefix = self._two(arguments)
        if any(each.path is None and each.value is None for each in arguments):
            self.fail("Incorrect operand type for operator or function; operator or function: begins_with")
        self._literals_of(_WITH_PREFIX, "begins_with", operand, prefix)
        first, second = operand.read, prefix.read

        def test(item: Item, values: Values) -> bool:
            text, beginning = first(item, values), second(item, values)
            return any(
                kind in text and kind in beginning and text[kind].startswith(beginning[kind])
                for kind in _WITH_PREFIX
                if text is not None and beginning is not None
            )

        return test

    def _contains(self, arguments: list[_Operand]) -> Test:
        operand, element = self._two(arguments)
        first, second = operand.read, element.read

        def test(item: Item, values: Values) -> bool:
            whole, part = first(item, values), second(item, values)
            return whole is not None and part is not None and _contains(whole, part)

        return test

    def _size(self, arguments: list[_Operand]) -> _Operand:
        operand = self._one(arguments)
        if operand.path is None and operand.value is None:
            self.fail("Incorrect operand type for operator or function; operator or function: size, operand type: N")
        self._literals_of(_WITH_SIZE, "size", operand)
        read = operand.read
        return _Operand(lambda item, values: _size(read(item, values)))

    _FUNCTIONS: ClassVar[Mapping[str, Callable[["_Conditions", list[_Operand]], _Node]]] = {
        "attribute_exists": _exists,
        "attribute_not_exists": _exists_not,
        "attribute_type": _has_type,
        "begins_with": _begins,
        "contains": _contains,
        "size": _size,
    }


def _equal(left: Value | None, right: Value | None) -> bool:
    """What is not there equals nothing, not even something else that is not there."""
    return left is not None and left == right


def _bounds_check(label: str, low: str, high: str) -> Check:
    def check(values: Values) -> None:
        if values[low].keys() != values[high].keys():
            raise Invalid(f"Invalid {label}: The BETWEEN operator requires same data type for lower and upper bounds")
        if compares(values[low], values[high], operator.gt):
            raise Invalid(
                f"Invalid {label}: The BETWEEN operator requires upper bound to be greater than or equal to lower bound"
            )

    return check


def _type_check(label: str, placeholder: str) -> Check:
    def check(values: Values) -> None:
        if values[placeholder]["S"] not in _TYPES:
            raise Invalid(f"Invalid {label}: Invalid attribute type name found; type: {values[placeholder]['S']}")

    return check


def _contains(whole: Value, part: Value) -> bool:
    """Text in text, bytes in bytes, a member of a set, an element of a list."""
    ((kind, content),) = whole.items()
    ((part_kind, part_content),) = part.items()
    if kind in _WITH_PREFIX:
        return kind == part_kind and part_content in content
    if kind in _SETS:
        return kind == f"{part_kind}S" and part_content in content
    return kind == "L" and part in content


def _size(value: Value | None) -> Value | None:
    """Elements of a collection, bytes, and of a text what Java counts: a character beyond 16 bits is two."""
    if value is None:
        return None
    ((kind, content),) = value.items()
    if kind == "S":
        return {"N": str(len(content.encode("utf-16-le")) // 2)}
    return {"N": str(len(content))} if kind in _WITH_SIZE else None


# ── key conditions ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _KeyConditions(_Parser):
    """``pk = :pk``, or that and one more condition on the other attribute of the key."""

    def terms(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        terms: dict[str, tuple[str, tuple[str, ...]]] = {}
        for name, symbol, placeholders in self._conjunction():
            if name in terms:
                self.fail("KeyConditionExpressions must only contain one condition per key")
            terms[name] = (symbol, placeholders)
        return terms

    def _conjunction(self) -> list[tuple[str, str, tuple[str, ...]]]:
        found = self._term()
        while self.accept_word("AND"):
            found += self._term()
        return found

    def _term(self) -> list[tuple[str, str, tuple[str, ...]]]:
        if self.accept("("):
            found = self._conjunction()
            self.expect(")")
            return found
        if self.calls():
            return [self._beginning()]
        if self.peek()[0] == "value":
            value, symbol = self.value(), self._symbol()
            return [(self._attribute(), _MIRRORED[symbol], (value,))]
        name = self._attribute()
        if self.accept_word("BETWEEN"):
            return [self._range(name)]
        return [(name, self._symbol(), (self.value(),))]

    def _attribute(self) -> str:
        name, *steps = self.path()
        if steps:
            self.fail("KeyConditionExpressions cannot have conditions on nested attributes")
        return str(name)

    def _symbol(self) -> str:
        _, symbol = self.take()
        if symbol not in _MIRRORED:
            self.fail(f"Invalid operator used in KeyConditionExpression: {symbol}")
        return symbol

    def _range(self, name: str) -> tuple[str, str, tuple[str, ...]]:
        low = self.value()
        if not self.accept_word("AND"):
            self.fail()
        high = self.value()
        self.checks.append(_bounds_check(self.label, low, high))
        return name, "BETWEEN", (low, high)

    def _beginning(self) -> tuple[str, str, tuple[str, ...]]:
        _, function = self.take()
        if function != "begins_with":
            self.fail(f"Invalid operator used in KeyConditionExpression: {function}")
        self.expect("(")
        name = self._attribute()
        self.expect(",")
        prefix = self.value()
        self.expect(")")
        self.check_kind(prefix, _WITH_PREFIX, function)
        return name, function, (prefix,)


# ── updates ─────────────────────────────────────────────────────────────────────────────────────────────────────────

type _Compute = Callable[[Item, Values], Value]
"""Raises Unapplicable."""

type _Step = Callable[[Value, Item, Values], Value]
"""The item on its way, as a map, to the same after one action more. All look at the item as it was before."""


@dataclass(slots=True)
class _Updates(_Parser):
    _steps: dict[str, list[tuple[Path, _Step]]] = field(default_factory=dict)

    def update(self) -> tuple[Callable[[Item, Values], dict[str, Value]], tuple[Path, ...]]:
        while section := self.accept_word("SET", "REMOVE", "ADD", "DELETE"):
            if section in self._steps:
                self.fail(f'The "{section}" section can only be used once in an update expression;')
            self._steps[section] = self._section(self._ACTIONS[section])
        self.end()
        paths = [path for section in self._steps.values() for path, _ in section]
        _refuse_overlaps(self.label, paths)
        steps = [step for section in ("SET", "ADD", "DELETE") for _, step in self._steps.get(section, ())]
        # What stands behind in a list goes first, or the places of the others would change.
        removals = sorted(self._steps.get("REMOVE", ()), key=lambda removal: _places(removal[0]), reverse=True)
        steps += [step for _, step in removals]

        def apply(before: Item, values: Values) -> dict[str, Value]:
            after: Value = {"M": before}
            for step in steps:
                after = step(after, before, values)
            return dict(after["M"])

        return apply, tuple(paths)

    def _section(self, action: Callable[["_Updates"], tuple[Path, _Step]]) -> list[tuple[Path, _Step]]:
        actions = [action(self)]
        while self.accept(","):
            actions.append(action(self))
        return actions

    def _set(self) -> tuple[Path, _Step]:
        path = self.path()
        self.expect("=")
        compute = self._sum()
        return path, lambda item, before, values: _put(item, path, compute(before, values))

    def _remove(self) -> tuple[Path, _Step]:
        path = self.path()

        def step(item: Value, before: Item, _: Values) -> Value:
            if found_at(before, path) is not None:
                return _without(item, path)
            # What a list gets in the same update is not meant, should it come to stand there.
            _without({"M": before}, path)
            return item

        return path, step

    def _add(self) -> tuple[Path, _Step]:
        path, placeholder = self.path(), self.value()
        self.check_kind(placeholder, {"N", *_SETS}, "ADD")

        def step(item: Value, before: Item, values: Values) -> Value:
            return _put(item, path, _added(found_at(before, path), values[placeholder]))

        return path, step

    def _delete(self) -> tuple[Path, _Step]:
        path, placeholder = self.path(), self.value()
        self.check_kind(placeholder, _SETS, "DELETE")

        def step(item: Value, before: Item, values: Values) -> Value:
            left = _deleted(found_at(before, path), values[placeholder])
            return _without(item, path) if left is None else _put(item, path, left)

        return path, step

    _ACTIONS: ClassVar[Mapping[str, Callable[["_Updates"], tuple[Path, _Step]]]] = {
        "SET": _set,
        "REMOVE": _remove,
        "ADD": _add,
        "DELETE": _delete,
    }

    def _sum(self) -> _Compute:
        left_place = self.position
        left = self._operand()
        for sign, action in (("+", EXACT.add), ("-", EXACT.subtract)):
            if self.accept(sign):
                right_place = self.position
                right = self._operand()
                self._numbers(sign, left_place, right_place)
                return _arithmetic(left, right, action)
        return left

    def _numbers(self, sign: str, *places: int) -> None:
        """Literal operands of an addition have to be numbers, whatever the item."""
        for place in places:
            kind, text = self._tokens[place]
            if kind == "value":
                self.check_kind(text, "N", sign)

    def _operand(self) -> _Compute:
        if self.accept("("):
            inner = self._sum()
            self.expect(")")
            return inner
        if self.calls():
            return self._function()
        if self.peek()[0] == "value":
            placeholder = self.value()
            return lambda _, values: values[placeholder]
        path = self.path()

        def read(item: Item, _: Values) -> Value:
            value = found_at(item, path)
            if value is None:
                raise Unapplicable("The provided expression refers to an attribute that does not exist in the item")
            return value

        return read

    def _function(self) -> _Compute:
        _, name = self.take()
        self.expect("(")
        if name == "if_not_exists":
            compute = self._if_not_exists()
        elif name == "list_append":
            compute = self._list_append()
        else:
            self.fail(f"The function is not allowed in an update expression; function: {name}")
        self.expect(")")
        return compute

    def _if_not_exists(self) -> _Compute:
        path = self.path()
        self.expect(",")
        otherwise = self._operand()

        def compute(item: Item, values: Values) -> Value:
            found = found_at(item, path)
            return otherwise(item, values) if found is None else found

        return compute

    def _list_append(self) -> _Compute:
        places = [self.position]
        first = self._operand()
        self.expect(",")
        places.append(self.position)
        second = self._operand()
        for kind, text in (self._tokens[place] for place in places):
            if kind == "value":
                self.check_kind(text, "L", "list_append")

        def compute(item: Item, values: Values) -> Value:
            left, right = first(item, values), second(item, values)
            if "L" not in left or "L" not in right:
                raise Unapplicable("An operand in the update expression has an incorrect data type")
            return {"L": [*left["L"], *right["L"]]}

        return compute


def _arithmetic(left: _Compute, right: _Compute, action: Callable[[Decimal, Decimal], Decimal]) -> _Compute:
    def compute(item: Item, values: Values) -> Value:
        first, second = left(item, values), right(item, values)
        if "N" not in first or "N" not in second:
            raise Unapplicable("An operand in the update expression has an incorrect data type")
        return _counted(action(Decimal(first["N"]), Decimal(second["N"])))

    return compute


def _counted(number: Decimal) -> Value:
    try:
        return {"N": number_text(number)}
    except Invalid as error:
        raise Unapplicable(str(error)) from error


def _added(before: Value | None, value: Value) -> Value:
    if before is None:
        return value
    ((kind, content),) = value.items()
    if kind not in before:
        raise Unapplicable("An operand in the update expression has an incorrect data type")
    if kind == "N":
        return _counted(EXACT.add(Decimal(before["N"]), Decimal(content)))
    return {kind: _ordered_set(kind, {*before[kind], *content})}


def _deleted(before: Value | None, value: Value) -> Value | None:
    """What is left of a set. An empty set is none: the attribute goes with its last member."""
    if before is None:
        return None
    ((kind, content),) = value.items()
    if kind not in before:
        raise Unapplicable("An operand in the update expression has an incorrect data type")
    left = {*before[kind]} - {*content}
    return {kind: _ordered_set(kind, left)} if left else None


def _ordered_set(kind: str, members: set[Any]) -> list[Any]:
    return sorted(members, key=Decimal) if kind == "NS" else sorted(members)


def _places(path: Path) -> tuple[tuple[str, int], ...]:
    """Paths in an order in which elements of one list are sorted by their places."""
    return tuple((step, 0) if isinstance(step, str) else ("", step) for step in path)


def _no_such_path() -> Unapplicable:
    return Unapplicable("The document path provided in the update expression is invalid for update")


def _put(container: Value, path: Path, value: Value) -> Value:
    """The container with a value at a path: copied along the path, the rest shared."""
    step, *steps = path
    if isinstance(step, str):
        if "M" not in container:
            raise _no_such_path()
        fields = container["M"]
        if not steps:
            return {"M": {**fields, step: value}}
        if step not in fields:
            raise _no_such_path()
        return {"M": {**fields, step: _put(fields[step], tuple(steps), value)}}
    if "L" not in container:
        raise _no_such_path()
    elements = container["L"]
    if step >= len(elements):
        if steps:
            raise _no_such_path()
        return {"L": [*elements, value]}
    changed = _put(elements[step], tuple(steps), value) if steps else value
    return {"L": [*elements[:step], changed, *elements[step + 1 :]]}


def _without(container: Value, path: Path) -> Value:
    """The container with nothing at a path. Nothing has to be there, but what it would be in has to."""
    step, *steps = path
    if isinstance(step, str):
        if "M" not in container or (steps and step not in container["M"]):
            raise _no_such_path()
        fields = dict(container["M"])
        if steps:
            fields[step] = _without(fields[step], tuple(steps))
        else:
            fields.pop(step, None)
        return {"M": fields}
    if "L" not in container or (steps and step >= len(container["L"])):
        raise _no_such_path()
    elements = container["L"]
    changed = [_without(elements[step], tuple(steps))] if steps else []
    return {"L": [*elements[:step], *changed, *elements[step + 1 :]]}


# ── projections ─────────────────────────────────────────────────────────────────────────────────────────────────────

type _Tree = dict[str | int, "_Tree"]
"""The steps of all paths together; the end of a path is a tree without branches."""


def _projector(paths: list[Path]) -> Callable[[Item], Item]:
    tree: _Tree = {}
    for path in paths:
        branch = tree
        for step in path:
            branch = branch.setdefault(step, {})

    def project(item: Item) -> Item:
        pruned = _pruned({"M": item}, tree)
        return {} if pruned is None else pruned["M"]

    return project


def _pruned(value: Value, tree: _Tree) -> Value | None:
    if not tree:
        return value
    if "M" in value:
        fields = value["M"]
        kept = {step: _pruned(fields[step], branch) for step, branch in tree.items() if step in fields}
        found = {step: field for step, field in kept.items() if field is not None}
        return {"M": found} if found else None
    if "L" in value:
        elements = value["L"]
        places = sorted(step for step in tree if isinstance(step, int) and step < len(elements))
        pruned = [_pruned(elements[place], tree[place]) for place in places]
        shown = [element for element in pruned if element is not None]
        return {"L": shown} if shown else None
    return None
