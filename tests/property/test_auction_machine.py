"""Thousands of steps of auctions in memory, every one of them compared with the plain model. Found the same way every
time."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from points.application import movement
from points.application.expiry import bring_up_to_date
from points.domain.errors import PointsError
from points.domain.ledger import account
from points.domain.movements import auctioning, bidding
from tests.builders import services
from tests.property.auction_machine import machine

SETTINGS = settings(max_examples=200, stateful_step_count=50, derandomize=True, deadline=None, database=None)
SEARCH = settings(
    SETTINGS,
    max_examples=2_000,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    # How fast examples come says nothing about what they find.
    suppress_health_check=[HealthCheck.too_slow],
)


def run(with_settings: settings = SETTINGS) -> None:
    run_state_machine_as_test(machine(lambda clock: services(clock=clock)), settings=with_settings)


def test_auctions_are_what_the_model_says() -> None:
    run()


_LET_GO, _EXTENDED = bidding.let_go, bidding._extended


def _kept_in_part(leader: account.Account, auction: str, context: Any) -> account.Account:
    after = _LET_GO(leader, auction, context)
    lots = {name: points - (number == 0) for number, (name, points) in enumerate(sorted(after.lots.items()))}
    return replace(after, lots={name: points for name, points in lots.items() if points})


def _nothing(leader: account.Account) -> Any:
    raise AssertionError(f"{leader.member} keeps waiting")


def _later(standing: Any, auction: Any, now: Any) -> Any:
    return _EXTENDED(replace(standing, extended=0), auction, now)


FAULTS: Final[Mapping[str, tuple[Any, str, Any]]] = {
    "nobody is given anything back": (bidding, "_overtaken", lambda leader, *_: _nothing(leader)),
    "a point is kept back": (bidding, "let_go", _kept_in_part),
    "a step is no step": (bidding, "next_bid", lambda auction, _standing: auction.minimum_bid),
    "it never closes": (bidding, "_check_open", lambda *_: None),
    "the close never moves": (bidding, "_extended", lambda standing, *_: standing),
    "the close moves for ever": (bidding, "_extended", _later),
    "anybody bids": (bidding, "refuse_if_frozen", lambda *_: None),
    "nobody counts bids": (bidding, "_counted", lambda usage, *_: usage),
    "time lets bids go": (account, "is_bound", lambda _hold: False),
    "no auction is ever settled": (bring_up_to_date, "closed_auction", lambda *_: None),
    "what is called off is kept": (auctioning, "let_go", lambda leader, _auction, _context: leader),
    "every request looks like every other": (movement, "fingerprint_of", lambda _command: "same"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_machine_finds_faults(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that cannot fail proves nothing."""
    monkeypatch.setattr(*FAULTS[fault])
    with pytest.raises((AssertionError, KeyError, PointsError)):
        run(SEARCH)
