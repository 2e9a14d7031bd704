"""R-RISK-1: freeze and unfreeze, with reason, visible in the history."""

from points.domain.ledger.account import Activity
from points.domain.ledger.entries import Kind, Moves
from tests.builders import Walk

EARNING, REDEEMING = Activity.EARNING, Activity.REDEEMING


def test_freezing_adds_and_unfreezing_takes_away() -> None:
    walk = Walk()
    states = [
        (walk.freeze(EARNING), {EARNING}),
        (walk.freeze(REDEEMING), {EARNING, REDEEMING}),
        (walk.freeze(EARNING), {EARNING, REDEEMING}),
        (walk.unfreeze(EARNING), {REDEEMING}),
        (walk.unfreeze(EARNING), {REDEEMING}),
        (walk.unfreeze(), set()),
        (walk.freeze(), {EARNING, REDEEMING}),
    ]
    for entry, frozen in states:
        assert entry.details == {"frozen": sorted(frozen)}
    assert walk.account.frozen == {EARNING, REDEEMING}


def test_a_freeze_is_an_entry_that_moves_nothing() -> None:
    walk = Walk()
    walk.give(10)
    entry = walk.freeze()
    assert (entry.kind, entry.reason, entry.points, entry.moves) == (Kind.FREEZE, "fraud", 0, Moves())
    assert entry.balance.available == 10
    assert walk.unfreeze().reason == "cleared"
