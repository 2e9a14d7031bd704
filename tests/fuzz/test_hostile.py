"""Hostile traffic in every run of the tests: some fixed seeds and the one of the day. ``make hostile`` sends more."""

import json
from datetime import UTC, datetime

import pytest

from tests.fuzz.grammar import OPERATIONS
from tests.fuzz.hostile import Figures, Round, Violation, assault

REQUESTS = 2_500
TODAY = f"{datetime.now(UTC):%Y%m%d}"


@pytest.mark.parametrize("seed", ["1", "2", "3", TODAY])
def test_no_request_gets_a_5xx_and_no_refused_one_writes(seed: str) -> None:
    # THEN nothing is violated, and every route was reached and has refused
    print(f"again: python -m tests.fuzz --requests {REQUESTS} --seed {seed}")  # noqa: T201 - shown where it fails
    figures = assault(REQUESTS, seed)
    assert figures.requests == REQUESTS
    assert figures.never() == []
    # AND more than a third was refused, and enough was written for refusals to have something to spoil
    assert figures.refused > REQUESTS / 3
    assert figures.written > REQUESTS / 10


def test_the_same_seed_sends_the_same_requests() -> None:
    sent: list[list[str]] = []
    for _ in range(2):
        a_round = Round("again", Figures())
        events: list[str] = []
        for _ in range(300):
            request = a_round.grammar.request()
            events.append(json.dumps(request.event()))
            a_round.send(request)
        sent.append(events)
    assert sent[0] == sent[1]


def test_what_counts_writes_sees_what_comparing_sees() -> None:
    a_round = Round("watched", Figures())
    changed = 0
    for _ in range(150):
        before, writes = a_round.api.written(), a_round.watch.writes
        a_round.send(a_round.grammar.request())
        if a_round.api.written() != before:
            changed += 1
            assert a_round.watch.writes > writes
    assert changed > 10


# ── the net has no holes ────────────────────────────────────────────────────────────────────────────────────────────


class Faulty(Round):
    """A round whose API does what it must not, after a while."""

    def __init__(self, fault: str) -> None:
        super().__init__("faulty", Figures())
        right = self.api.resolver

        def wrong(event: object, context: object) -> dict[str, object]:
            answer: dict[str, object] = right(event, context)
            status = answer["statusCode"]
            assert isinstance(status, int)
            if fault == "writes" and status == 409:
                self.api.services.ledger.open_account("demo", "m", None)  # type: ignore[attr-defined]
            if fault == "fails" and status == 415:
                answer["statusCode"] = 500
            if fault == "lets in" and status == 403:
                answer |= {"statusCode": 200, "body": "{}"}
            return answer

        wrong._routes = right._routes  # type: ignore[attr-defined]
        self.api.resolver = wrong  # type: ignore[assignment]


@pytest.mark.parametrize("fault", ["writes", "fails", "lets in"])
def test_what_must_not_be_is_noticed(fault: str) -> None:
    with pytest.raises(Violation):
        Faulty(fault).run(2_500)


def test_every_route_has_a_request_that_succeeds_unspoilt() -> None:
    a_round = Round("unspoilt", Figures())
    succeeded: set[str] = set()
    for _ in range(60):
        if succeeded == set(OPERATIONS):
            break
        for operation in OPERATIONS.values():
            request = a_round.grammar.right(operation)
            if a_round.send(request).status < 300:
                succeeded.add(operation.name)
    assert succeeded == set(OPERATIONS)
