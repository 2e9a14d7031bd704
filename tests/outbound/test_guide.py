"""The receiver that the guide shows, as it stands there."""

import re
from datetime import UTC, datetime
from typing import Any

import time_machine

from points.adapters.webhooks.secrets import SystemSecrets
from points.adapters.webhooks.signing import StandardSigner
from points.domain.webhooks.deliveries import MAX_ATTEMPTS, TRIED_FOR, longest_pause_seconds
from points.domain.webhooks.endpoints import FAILING_FOR, FAILURES_IN_A_ROW, MAX_ENDPOINTS
from stack.paths import ROOT

GUIDE = (ROOT / "docs" / "webhooks.md").read_text("utf-8")
NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
BODY = '{"id":"evt_1","note":"积分"}'


def test_the_receiver_of_the_guide_does_what_it_says() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    secret = SystemSecrets().make()
    done: list[str] = []
    names: dict[str, Any] = {
        "is_new": lambda event: event not in done,
        "put_aside": lambda event: done.append(event["id"]),
    }
    exec(code.replace("whsec_…", secret), names)  # noqa: S102 - it is the guide's own
    headers = dict(StandardSigner().headers([secret], event="evt_1", body=BODY, at=NOW))
    with time_machine.travel(NOW, tick=False):
        assert [names["receive"](headers, BODY.encode()) for _ in range(2)] == [204, 204]
        assert names["receive"](headers, BODY.encode() + b" ") == 401
    assert done == ["evt_1"]


def test_the_pauses_of_the_guide_are_ours() -> None:
    shown = re.findall(r"^\| (\d)[^|]*\| ([\d.]+) (s|min|h) \|$", GUIDE, re.MULTILINE)
    seconds = {"s": 1, "min": 60, "h": 3600}
    told = {int(attempt): float(number) * seconds[unit] for attempt, number, unit in shown}
    assert set(told) == set(range(1, 9))
    for attempt, pause in told.items():
        assert abs(longest_pause_seconds(attempt) - pause) <= 100
    assert longest_pause_seconds(MAX_ATTEMPTS) == told[8]


def test_the_figures_of_the_guide_are_ours() -> None:
    assert f"up to {MAX_ENDPOINTS} *endpoints*" in GUIDE
    assert f"{FAILURES_IN_A_ROW} attempts in a row failed over at least {FAILING_FOR.days * 24} hours" in GUIDE
    assert f"exactly {TRIED_FOR.days * 24} hours after the first" in GUIDE
