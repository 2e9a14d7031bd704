"""`make audit` against the deployed stack: nothing wrong in what it did itself, and damage found by name."""

import os
from pathlib import Path

import pytest

from stack import audit, outputs
from stack.api import Api
from stack.outputs import Stack
from tests.stack.support import member_with, stored

MEMBER = "damaged"


@pytest.fixture(autouse=True)
def stack_file(published: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "stack.json"
    outputs.write(published, file)
    monkeypatch.setattr(audit, "STACK_FILE", file)
    # The command points the process at the stack it audits; the tests after this one must not be.
    monkeypatch.setattr(os, "environ", os.environ.copy())


def test_everything_agrees_until_somebody_touches_the_table(
    published: Stack, backend: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    member_with(backend, MEMBER, 100)
    assert audit.main([]) == 0
    assert "Everything agrees." in capsys.readouterr().out

    table = outputs.client("dynamodb", published["endpoint_url"])
    account = stored(published)[f"P#demo#M#{MEMBER}", "ACCOUNT"]
    entry = stored(published)[f"P#demo#M#{MEMBER}", "ENTRY#earn#first"]
    lot, _, _ = account["l"]["S"].partition("=")

    def put(item: object) -> None:
        table.put_item(TableName=published["table"], Item=item)

    try:
        put({**account, "l": {"S": f"{lot}=lfls"}})
        assert audit.main([]) == 1
        said = capsys.readouterr().out
        assert f"WRONG  demo  {MEMBER}" in said

        put(account)
        table.delete_item(TableName=published["table"], Key={"pk": entry["pk"], "sk": entry["sk"]})
        assert audit.main(["--table", published["table"]]) == 1
        assert MEMBER in capsys.readouterr().out
    finally:
        put(account)
        put(entry)
    assert audit.main([]) == 0


def test_without_a_stack_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "STACK_FILE", tmp_path / "nowhere" / "stack.json")
    assert audit.main([]) == 2
    assert "make run" in capsys.readouterr().err


def test_a_table_that_cannot_be_read_is_not_taken_for_a_damaged_one(
    published: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Stopped: nobody listens there any more.
    file = tmp_path / "stopped.json"
    outputs.write({**published, "endpoint_url": "http://127.0.0.1:9"}, file)
    monkeypatch.setattr(audit, "STACK_FILE", file)
    assert audit.main([]) == 2
    said = capsys.readouterr().err
    assert "make run" in said
    assert "Traceback" not in said
