"""Expiry in words, each sentence beside what it says as data."""

from points.application.members.expiry_phrases import policy_terms
from points.application.members.read_expiries import ToldExpiries, ToldExpiry
from points.application.members.read_expiry_rule import ExpiryRule, Override, Term
from points.domain.calendar import utc_text
from points.domain.canonical import Plain
from points.http.edge.answering import Json


def expiry_rule_body(rule: ExpiryRule, language: str) -> Json:
    return {
        "language": language,
        "sentence": rule.sentence,
        "expiry": policy_terms(rule.policy),
        "overrides": list(map(_override_body, rule.overrides)),
        "terms": list(map(_term_body, rule.terms)),
    }


def _override_body(override: Override) -> Plain:
    return {
        "of": override.source.value,
        "id": override.name,
        "title": override.title,
        "sentence": override.sentence,
        "expiry": policy_terms(override.policy),
    }


def _term_body(term: Term) -> Plain:
    return {"about": term.about.value, "days": term.days, "sentence": term.sentence}


def expiries_body(told: ToldExpiries, language: str) -> Json:
    return {
        "language": language,
        "sentence": told.sentence,
        "expiring": list(map(_expiry_body, told.expiries)),
        "as_of": utc_text(told.as_of),
    }


def _expiry_body(told: ToldExpiry) -> Plain:
    return {
        "on": told.coming.on.isoformat(),
        "points": told.coming.points,
        "days_left": told.days_left,
        "moving": told.coming.moving,
        "sentence": told.sentence,
    }
