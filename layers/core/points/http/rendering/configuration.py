"""From programs as documents to JSON: drafts, versions, what is wrong with one, what is different, what it would pay.

Documents may be anything JSON can say, so what is listed about one is bounded: an answer has an end.
"""

from collections.abc import Sequence

from points.application.administration.edit_draft import Verdict
from points.application.administration.simulate_program import Simulation
from points.application.ports import Draft, PublishedVersion
from points.domain.calendar import utc_text
from points.domain.program.differences import Difference
from points.domain.simulating import Figures
from points.http.edge.answering import Json, faults_body

MAX_FAULTS = 1_000
MAX_DIFFERENCES = 1_000


def draft_body(draft: Draft) -> Json:
    return {
        "document": draft.document,
        "revision": draft.revision,
        "saved_at": utc_text(draft.saved_at),
        "saved_by": draft.saved_by,
    }


def version_body(version: PublishedVersion) -> Json:
    return {**version_summary_body(version), "document": version.document}


def version_summary_body(version: PublishedVersion) -> Json:
    """A version in a listing: everything but the document, which has a resource of its own."""
    return {
        "version": version.version,
        "revision": version.revision,
        "published_at": utc_text(version.published_at),
        "published_by": version.published_by,
        "restores": version.restores,
    }


def verdict_body(verdict: Verdict) -> Json:
    return {
        "faults": faults_body(verdict.faults[:MAX_FAULTS]),
        "warnings": faults_body(verdict.warnings[:MAX_FAULTS]),
    }


def differences_body(differences: Sequence[Difference]) -> Json:
    return {
        "differences": [
            {
                "path": difference.path,
                "change": difference.change.value,
                "before": difference.before,
                "after": difference.after,
            }
            for difference in differences[:MAX_DIFFERENCES]
        ],
        "truncated": len(differences) > MAX_DIFFERENCES,
    }


def simulation_body(simulation: Simulation) -> Json:
    return {
        "draft": _figures_body(simulation.draft),
        "live": _figures_body(simulation.live),
        "truncated": simulation.truncated,
    }


def _figures_body(figures: Figures) -> Json:
    return {
        "events": figures.events,
        "points": figures.points,
        "by_rule": figures.by_rule,
        "by_segment": figures.by_segment,
        "by_day": figures.by_day,
        "refused": figures.refused,
    }
