"""The guide to draws: its example is a program, its codes exist, its script runs as a command."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from points.domain.program.drawing import drawn_prize, seed_digest
from tests.support.documents import ROOT, faults
from tests.support.drawing import ALL, SEED, wheel
from tests.unit.adapters.test_program_guide import BASE

GUIDE = (ROOT / "docs" / "draws.md").read_text("utf-8")


def test_the_example_is_a_program_without_faults() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)
    assert faults(BASE | json.loads(example)) == []


def test_the_codes_are_those_there_are() -> None:
    texts = json.loads((ROOT / "layers/core/points/http/edge/texts/en.json").read_text("utf-8"))
    listed = set(re.findall(r"`([a-z]+_[a-z_]+)`", GUIDE))
    assert listed & texts.keys() == {
        "unknown_draw", "draw_not_begun", "draw_closed", "not_eligible", "limit_reached", "member_frozen",
        "risk_refused", "insufficient_points",
    }  # fmt: skip


def test_the_script_runs_as_it_stands_there(tmp_path: Path) -> None:
    (script,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    (tmp_path / "verify.py").write_text(script, "utf-8")
    digest = seed_digest(SEED)
    prizes = [{"prize": prize.name, "odds": str(prize.odds), "instead": None} for prize in ALL]
    draw = {"draw": "wheel", "seed": SEED.hex(), "seed_digest": digest, "prizes": prizes}
    plays: list[dict[str, Any]] = []
    for number in range(1, 30):
        prize = drawn_prize(wheel(), SEED, "demo", "m-1", number).name
        plays.append({"member": "m-1", "number": number, "prize": prize, "given": prize, "seed_digest": digest})
    assert _verified(tmp_path, draw, plays) == "every play is what the seed draws"
    plays[4]["prize"] = "nothing at all"
    assert _verified(tmp_path, draw, plays).startswith("play 5 of m-1 should have drawn ")


def _verified(folder: Path, draw: Any, plays: Any) -> str:
    (folder / "draw.json").write_text(json.dumps(draw), "utf-8")
    (folder / "plays.json").write_text(json.dumps({"items": plays}), "utf-8")
    command = [sys.executable, "verify.py", "demo", "draw.json", "plays.json"]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)  # noqa: S603 - our own
    return done.stdout.strip()
