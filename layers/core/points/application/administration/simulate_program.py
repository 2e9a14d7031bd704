"""Try a draft before it goes live: what it would pay for events, beside what the live version pays (R-EARN-8)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from points.application.reading import entries_newest_first
from points.application.services import Services
from points.domain.calendar import from_utc_text
from points.domain.canonical import Plain
from points.domain.errors import InvalidProgram
from points.domain.ledger.account import Account
from points.domain.ledger.entries import Entry, Kind
from points.domain.movements.earning import CLOCK_TOLERANCE, Event
from points.domain.program.conditions import number_of_tests
from points.domain.program.program import Program
from points.domain.simulating import Figures, Sample, simulate

MAX_SAMPLES = 2_000
"""Events looked at: some seconds of work. A period with more is answered for as many, and says so."""

MAX_EVALUATIONS = 100_000
"""Rules, tasks and campaigns asked, over all events and both versions: as long as that takes, whatever the program."""

MAX_MEMBERS = 500
MAX_ENTRIES = 10_000
"""Bounds of the reading, for programs of any size: in a period in which little happened, most members have nothing to
show, and all that came after it is in the way."""

_PAGE = 100
_EVENT = 10
"""What an event costs beside its rules, in evaluations."""

_TESTS = 20
"""Tests in conditions that cost as much as an evaluation."""


@dataclass(frozen=True, slots=True)
class Period:
    """Recorded events that occurred from ``from_`` (included) to ``to`` (not included)."""

    from_: datetime
    to: datetime

    def includes(self, moment: datetime) -> bool:
        return self.from_ <= moment < self.to


@dataclass(frozen=True, slots=True)
class Simulation:
    """``truncated``: there were, or may have been, more events than were looked at."""

    draft: Figures
    live: Figures
    truncated: bool


def simulate_samples(
    services: Services, live: Program, document: Mapping[str, Plain], samples: Sequence[Sample]
) -> Simulation:
    """Raises InvalidProgram with every fault of the draft."""
    draft = _draft(services, live, document)
    return _simulation(samples, draft, live, truncated=False)


def simulate_period(services: Services, live: Program, document: Mapping[str, Plain], period: Period) -> Simulation:
    """Raises InvalidProgram with every fault of the draft."""
    draft = _draft(services, live, document)
    samples, truncated = _recorded(services, live, period)
    return _simulation(samples, draft, live, truncated=truncated)


def _simulation(samples: Sequence[Sample], draft: Program, live: Program, *, truncated: bool) -> Simulation:
    looked_at = list(_within_bounds(samples, draft, live))
    truncated = truncated or len(looked_at) < len(samples)
    return Simulation(simulate(looked_at, draft), simulate(looked_at, live), truncated)


def _within_bounds(samples: Sequence[Sample], *programs: Program) -> Iterator[Sample]:
    evaluations = 0
    cost = cache(lambda behaviour: sum(_evaluations(behaviour, program) for program in programs))
    for sample in samples:
        evaluations += cost(sample.event.behaviour)
        if evaluations > MAX_EVALUATIONS:
            return
        yield sample


def _evaluations(behaviour: str, program: Program) -> int:
    """Of one event at most: it is decided again for every budget that turns out to be used up."""
    campaigns = [campaign for campaign in program.campaigns if behaviour in campaign.behaviours]
    conditions = [rule.when for rule in program.rules_of(behaviour)]
    conditions += [task.when for task in program.tasks_of(behaviour)]
    conditions += [campaign.when for campaign in campaigns]
    budgets = sum(campaign.budget is not None for campaign in campaigns)
    return (_EVENT + len(conditions) + sum(map(number_of_tests, conditions)) // _TESTS) * (1 + budgets)


def _draft(services: Services, live: Program, document: Mapping[str, Plain]) -> Program:
    if faults := services.documents.faults(document):
        raise InvalidProgram("the draft has faults", faults=faults)
    return services.documents.load(document, name=live.name, version=live.version + 1)


def _recorded(services: Services, program: Program, period: Period) -> tuple[list[Sample], bool]:
    """The events of the period, and whether the bounds were met before the last of them was."""
    samples: list[Sample] = []
    looked_at = 0
    for count, account in enumerate(_accounts(services, program), start=1):
        if count > MAX_MEMBERS:
            return samples, True
        for entry in entries_newest_first(services, program, account.member):
            # What occurred in the period was booked in it or later, but for clocks that run ahead of ours.
            if entry.at < period.from_ - CLOCK_TOLERANCE:
                break
            looked_at += 1
            if looked_at > MAX_ENTRIES:
                return samples, True
            if (sample := _sample(entry, account, program, period)) is not None:
                if len(samples) == MAX_SAMPLES:
                    return samples, True
                samples.append(sample)
    return samples, False


def _accounts(services: Services, program: Program) -> Iterator[Account]:
    after: str | None = None
    while True:
        page = services.members.members(program.name, after=after, limit=_PAGE)
        accounts = (services.ledger.account(program.name, member) for member in page.items)
        yield from (account for account in accounts if account is not None)
        if page.next_key is None:
            return
        after = page.next_key


def _sample(entry: Entry, account: Account, program: Program, period: Period) -> Sample | None:
    """None for anything but an event of the period."""
    if entry.kind is not Kind.EARN:
        return None
    occurred_at = _occurred_at(entry)
    return Sample(_event(entry, program), occurred_at, account.facts) if period.includes(occurred_at) else None


def _occurred_at(entry: Entry) -> datetime:
    text = entry.details.get("occurred_at")
    return from_utc_text(text) if isinstance(text, str) else entry.at


def _event(entry: Entry, program: Program) -> Event:
    """The event as the entry recorded it: its amount, quantity, and the attributes that rules asked for."""
    details = entry.details
    amount_minor, quantity, attributes = details.get("amount_minor"), details.get("quantity"), details.get("attributes")
    return Event(
        reference=entry.reference,
        member=entry.member,
        behaviour=str(details["behaviour"]),
        amount=program.currency.text(amount_minor) if isinstance(amount_minor, int) else None,
        quantity=quantity if isinstance(quantity, int) else None,
        attributes=attributes if isinstance(attributes, Mapping) else {},
    )
