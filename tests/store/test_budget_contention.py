"""A campaign's budget under 64 members at once, on the real engine, with the conflicts that AWS would answer with."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from points.adapters.backoff import JitteredBackoff
from points.adapters.deadline import InvocationDeadline
from points.adapters.dynamodb.client import ledger_client
from points.adapters.dynamodb.shared_counters import budget_shelf, read_taken
from points.adapters.dynamodb.table import Table
from points.adapters.dynamodb.walk import DynamoDBWalk
from points.application.administration.audit_ledger import audit_ledger
from points.application.earning.earn_points import earn_points
from points.domain.errors import Conflict
from points.domain.ledger.members import MemberFacts, Profile
from points.domain.movements.earning import Event
from tests.store.faults import Conflicts
from tests.store.support import PROGRAM, dynamodb_store, festival

EARNERS = 64
EVENTS = 3
"""Of each earner: together they would take 17,280 points."""

BUDGET = 10_000
WORTH = 90
HANDFUL = 5


@pytest.mark.dynamodb
@pytest.mark.parametrize("shards", [1, 8])
def test_a_budget_of_10_000_pays_to_within_one_event(dynamodb_table: Table, shards: int) -> None:
    """GIVEN 64 concurrent earners THEN at most 10,000 are paid and at least 10,000 less one event's worth; with 8
    shards an event is repeated no more than a handful of times for it."""
    program = replace(PROGRAM, campaigns=(festival(BUDGET, shards, WORTH),))
    members = [f"m{number}" for number in range(EARNERS)]
    preparing = dynamodb_store(dynamodb_table)
    preparing.publish(program)
    for member in members:
        preparing.members.enrol(PROGRAM.name, member, Profile(), MemberFacts())
    client = ledger_client(connections=EARNERS)
    conflicts = Conflicts(client)
    services = dynamodb_store(Table(client, dynamodb_table.name, JitteredBackoff(), InvocationDeadline())).services(
        program
    )

    def earn(member: str) -> int:
        paid = 0
        for number in range(EVENTS):
            event = Event(f"e{number}", member, "check_in")
            while True:
                try:
                    entry = earn_points(services, program, event, actor="a").entry
                except Conflict:
                    continue
                break
            paid += sum(line.points for line in entry.lines if line.rule == "festival")
        return paid

    with ThreadPoolExecutor(EARNERS) as pool:
        paid = sum(pool.map(earn, members))
    assert BUDGET - WORTH < paid <= BUDGET
    shelf = budget_shelf(PROGRAM.name, program.campaigns[0])
    assert sum(read_taken(dynamodb_table, [shelf])[shelf]) == paid
    assert audit_ledger(DynamoDBWalk(dynamodb_table), services.programs).findings == []

    retries = sorted(sent - 1 for sent in conflicts.sent.values())
    mean, worst = sum(retries) / len(retries), retries[-1]
    print(f"{shards} shards: {mean:.1f} retries per event, {worst} at most, conflicts {conflicts.met.total()}")  # noqa: T201
    assert len(retries) == EARNERS * EVENTS
    assert conflicts.met, "there should have been something to get out of the way of"
    if shards > 1:
        assert mean <= HANDFUL
