"""What `make run` does after the deployment: publish, and play a member's day. Both may be repeated at will."""

import re
from pathlib import Path

import pytest

from stack import publish, scenario
from stack.api import Api
from stack.outputs import Stack
from stack.paths import PROGRAMS
from tests.stack.support import audit, entries, stored

MEMBER = "scenario-member"


def test_publishing_again_leaves_what_is_live_alone(published: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    before = stored(published)
    publish.publish_all(published)
    assert stored(published) == before
    said = capsys.readouterr().out.splitlines()
    assert len(said) == len(list(PROGRAMS.glob("*.json")))
    assert all("live already" in line for line in said)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("broken", '{"ratio":', "programs/broken.json is not JSON"),
        ("list", "[]", "programs/list.json is not a JSON object"),
        ("faulty", '{"ratio": "x"}', "  /ratio: must be a whole number"),
        ("No Name", "{}", "  {program}: "),
    ],
)
def test_a_file_that_is_no_program_is_named_with_its_faults(
    published: Stack, tmp_path: Path, name: str, text: str, said: str
) -> None:
    (tmp_path / f"{name}.json").write_text(text, "utf-8")
    with pytest.raises(publish.ProgramRefused) as refused:
        publish.publish_all(published, tmp_path)
    assert said in str(refused.value)
    assert f"programs/{name}.json" in str(refused.value)


def test_the_scenario_played_again_replays_every_movement(
    published: Stack, backend: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario.play(published)
    first = capsys.readouterr().out
    booked = entries(backend, MEMBER)
    balance = backend.expect("GET", f"/members/{MEMBER}/balance").body

    scenario.play(published)
    second = capsys.readouterr().out

    assert entries(backend, MEMBER) == booked
    again = backend.expect("GET", f"/members/{MEMBER}/balance").body
    assert {**again, "as_of": None} == {**balance, "as_of": None}
    # The eight movements and the enrolment were made the first time, and not once the second.
    assert (len(re.findall(r" 201 ", first)), len(re.findall(r" 201 ", second))) == (8, 0)
    assert (first.count("(replayed)"), second.count("(replayed)")) == (1, 8)
    assert second.count("refused: insufficient_points") == 1
    # 5 + 3280 + 20, less the coupon's 2500, 300 captured and 328 taken back.
    assert balance["available"] == 177
    assert not audit(published).findings
