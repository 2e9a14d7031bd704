"""Tell the world what was inserted into the table: entries as events, notices as events and messages.

At least once: what could not be sent for now is told again later, with everything after it. A record that can never be
told is set aside and stops nothing. Entries of one member go out in the order of their seq as far as one batch is
concerned; across batches, and where the bus itself turns them round, seq puts them right.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from points.application.outbox.ports import Fact, Failure, Message, Outbox
from points.application.ports import Outcome
from points.domain.ledger.entries import Entry
from points.domain.reminding.notices import Notice
from points.domain.telling.entries import events_of_entry
from points.domain.telling.events import LedgerEvent
from points.domain.telling.notices import events_of_notice


@dataclass(frozen=True, slots=True)
class Change:
    """An item that was inserted. ``number`` is its place in the stream; ``fault`` says why there is no ``fact``."""

    number: str
    pk: str
    sk: str
    fact: Fact | None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """The first ``reached`` changes are done with: told, or set aside. ``fault`` says why the next one is not; it is
    empty where there is no next one. ``events`` and ``messages`` are how many arrived."""

    reached: int
    events: int
    messages: int
    set_aside: tuple[Failure, ...] = ()
    fault: str = ""


def tell_changes(outbox: Outbox, changes: Sequence[Change]) -> Report:
    """Raises nothing for what a record is, or for what became of it."""
    events, hopeless = _read(changes)
    told = outbox.bus.publish([event for _, event in events])
    stop = _earlier(_Stop(len(changes)), events, told)

    # Whoever comes after the first one that has to come again comes again as well: their messages can wait until then.
    messages = list(_messages(changes[: stop.place]))
    sent = outbox.channels.send([message for _, message in messages])
    stop = _earlier(stop, messages, sent)

    hopeless += [*_hopeless(events, told), *_hopeless(messages, sent)]
    failures = [(place, _failure(changes[place], why)) for place, why in sorted(hopeless) if place < stop.place]
    kept = outbox.set_aside.put([failure for _, failure in failures])
    # What nobody will look at is not done with, whyever that is.
    stop = _earlier(stop, failures, [replace(outcome, passing=not outcome.arrived) for outcome in kept])
    return Report(
        reached=stop.place,
        events=sum(outcome.arrived for outcome in told),
        messages=sum(outcome.arrived for outcome in sent),
        set_aside=tuple(failure for place, failure in failures if place < stop.place),
        fault=stop.fault,
    )


@dataclass(frozen=True, slots=True)
class _Stop:
    """The place of the first change that has to come again, and why; beyond the last one where none has to."""

    place: int
    fault: str = ""


def _earlier(stop: _Stop, things: Sequence[tuple[int, object]], outcomes: Sequence[Outcome]) -> _Stop:
    """``things`` have the places of the changes they belong to."""
    for (place, _), outcome in zip(things, outcomes, strict=True):
        if outcome.passing and place < stop.place:
            stop = _Stop(place, outcome.fault)
    return stop


def _hopeless(things: Sequence[tuple[int, object]], outcomes: Sequence[Outcome]) -> Iterable[tuple[int, str]]:
    for (place, _), outcome in zip(things, outcomes, strict=True):
        if outcome.is_hopeless:
            yield place, outcome.fault


def _failure(change: Change, reason: str) -> Failure:
    return Failure(change.number, change.pk, change.sk, reason)


def _read(changes: Sequence[Change]) -> tuple[list[tuple[int, LedgerEvent]], list[tuple[int, str]]]:
    """The events of all changes, each with the place of its change, in the order in which they are to be told; and why
    some changes have none."""
    events: list[tuple[int, LedgerEvent]] = []
    hopeless: list[tuple[int, str]] = []
    for place in _in_order(changes):
        change = changes[place]
        if change.fact is None:
            hopeless.append((place, change.fault))
            continue
        try:
            events += [(place, event) for event in _events_of(change.fact)]
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            hopeless.append((place, f"untold {type(error).__name__}"))
    return events, hopeless


def _events_of(fact: Fact) -> tuple[LedgerEvent, ...]:
    return events_of_entry(fact) if isinstance(fact, Entry) else events_of_notice(fact)


def _in_order(changes: Sequence[Change]) -> list[int]:
    """The places of the changes, those of one member's entries exchanged among each other so that they follow their
    seq: movements reach the stream one after the other, the items of two that follow closely perhaps not."""
    of_member: defaultdict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for place, change in enumerate(changes):
        if isinstance(change.fact, Entry):
            of_member[change.fact.program, change.fact.member].append((change.fact.seq, place))
    order = list(range(len(changes)))
    for entries in of_member.values():
        for (_, place), (_, first) in zip(entries, sorted(entries), strict=True):
            order[place] = first
    return order


def _messages(changes: Sequence[Change]) -> Iterable[tuple[int, Message]]:
    """One for each channel a notice names, unless a nearer one has superseded it."""
    for place, change in enumerate(changes):
        if isinstance(change.fact, Notice) and not change.fact.superseded:
            for channel in change.fact.channels:
                yield place, Message(channel, change.fact)
