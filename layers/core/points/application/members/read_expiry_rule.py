"""The expiry rule of a program, as its members are told it (R-EXP-5)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from points.application.members.expiry_phrases import policy_phrase
from points.application.ports import Phrase
from points.application.services import Services
from points.domain.program.campaigns import Campaign
from points.domain.program.expiry import ExpiryPolicy
from points.domain.program.program import Program
from points.domain.program.rules import Rule
from points.domain.program.tasks import Task


class ExpirySource(StrEnum):
    """What pays points that may have a policy of their own."""

    RULE = "rule"
    TASK = "task"
    CAMPAIGN = "campaign"
    REFERRAL = "referral"


class ExpirySetting(StrEnum):
    """What else decides how long points are good, beside the policy: the settings of the program, and holds."""

    SPENDABLE_DAYS = "spendable_days"
    EXPIRED_RETURN_DAYS = "expired_return_days"
    HOLDS = "holds"


@dataclass(frozen=True, slots=True)
class Override:
    """``name`` is None of a referral: a program has one. ``title`` is None where it has none that can be shown."""

    source: ExpirySource
    name: str | None
    title: str | None
    policy: ExpiryPolicy
    sentence: str


@dataclass(frozen=True, slots=True)
class Term:
    """``days`` is None where no number of days is set."""

    about: ExpirySetting
    days: int | None
    sentence: str


@dataclass(frozen=True, slots=True)
class ExpiryRule:
    """``overrides`` are those that say something else than ``policy``, in the order of the program."""

    policy: ExpiryPolicy
    sentence: str
    overrides: Sequence[Override]
    terms: Sequence[Term]


def read_expiry_rule(services: Services, program: Program, language: str) -> ExpiryRule:
    def said(phrase: Phrase) -> str:
        return services.wording.say(phrase, language)

    def called(behaviour: str) -> str:
        return behaviour_called(program, behaviour, language)

    def override(source: ExpirySource, name: str | None, titles: Mapping[str, str], policy: ExpiryPolicy) -> Override:
        title = title_in(titles, program, language)
        phrase = policy_phrase(policy, called, of=_points_of(source, title or name))
        return Override(source, name, title, policy, said(phrase))

    return ExpiryRule(
        policy=program.expiry,
        sentence=said(policy_phrase(program.expiry, called)),
        overrides=[override(*own) for own in _own_policies(program)],
        terms=[Term(about, days, said(_term(about, days))) for about, days in _terms(program)],
    )


def title_in(titles: Mapping[str, str], program: Program, language: str) -> str | None:
    """In that language, or else in the program's first."""
    return titles.get(language) or titles.get(program.languages[0])


def behaviour_called(program: Program, behaviour: str, language: str) -> str:
    """Its title; its id where it has none, or where a version of the program has dropped it."""
    found = program.behaviours.get(behaviour)
    return (title_in(found.title, program, language) if found else None) or behaviour


def _own_policies(
    program: Program,
) -> Iterator[tuple[ExpirySource, str | None, Mapping[str, str], ExpiryPolicy]]:
    parts: list[tuple[ExpirySource, Sequence[Rule | Task | Campaign]]] = [
        (ExpirySource.RULE, program.rules),
        (ExpirySource.TASK, program.tasks),
        (ExpirySource.CAMPAIGN, program.campaigns),
    ]
    for source, several in parts:
        for part in several:
            if part.expiry is not None and part.expiry != program.expiry:
                yield source, part.name, part.title, part.expiry
    referral = program.referral
    if referral is not None and referral.expiry is not None and referral.expiry != program.expiry:
        yield ExpirySource.REFERRAL, None, {}, referral.expiry


def _points_of(source: ExpirySource, called: str | None) -> Phrase:
    return Phrase(f"points_of_{source}", {} if called is None else {"name": (called,)})


def _terms(program: Program) -> list[tuple[ExpirySetting, int | None]]:
    return [
        (ExpirySetting.SPENDABLE_DAYS, program.spendable_days),
        (ExpirySetting.EXPIRED_RETURN_DAYS, program.expired_return_days),
        (ExpirySetting.HOLDS, None),
    ]


def _term(about: ExpirySetting, days: int | None) -> Phrase:
    if about is ExpirySetting.HOLDS:
        return Phrase("holds")
    # No days of grace are none, whichever way that is written.
    return Phrase(about.value, {"days": days or 0})
