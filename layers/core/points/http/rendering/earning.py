"""What events bring, and why not more."""

from collections.abc import Iterable, Sequence

from points.domain.canonical import Plain
from points.domain.evaluation.evaluation import Evaluation
from points.domain.ledger.entries import Line
from points.domain.program.program import Program
from points.domain.program.rewards import Reward
from points.http.edge.answering import Json
from points.http.rendering.titles import text_in


def evaluation_body(lines: Sequence[Line], evaluation: Evaluation, program: Program, language: str) -> Json:
    """``lines`` of the movement, each with whether a cap cut it, and every rule that does not pay."""
    capped = {payment.rule for payment in evaluation.payments if payment.capped}
    return {
        "lines": [
            {
                "rule": line.rule,
                "title": text_in(language, program.title_of(line.rule), program),
                "points": line.points,
                "capped": line.rule in capped,
            }
            for line in lines
        ],
        "unpaid": [{"rule": unpaid.rule, "why": unpaid.why.value} for unpaid in evaluation.unpaid],
    }


def redeemable_body(rewards: Iterable[Reward], program: Program, language: str) -> list[Plain]:
    return [
        {"reward": reward.name, "title": text_in(language, reward.title, program), "price": reward.price}
        for reward in rewards
    ]
