"""Publishes every file in `programs/` on a deployed stack and grants both machine clients all of them.

It goes the operators' way, through the API. A program whose live version already says the same is left alone.
"""

import json
from pathlib import Path
from typing import Any

from stack.api import Answer, Api
from stack.outputs import Stack
from stack.paths import PROGRAMS

_DONE = (200, 201)
_NOT_FOUND = 404


class ProgramRefused(Exception):
    """A file is no program; the text names the file and each fault."""


def publish_all(stack: Stack, folder: Path = PROGRAMS) -> None:
    """Raises ProgramRefused at the first file that is not a valid program."""
    for file in sorted(folder.glob("*.json")):
        document = _read(file)
        document["clients"] = sorted(client["id"] for client in stack["clients"].values())
        version, published = _publish(Api.of(stack, "admin", program=file.stem), document, file)
        print(f"Program {file.stem}: {'published as' if published else 'live already,'} version {version}", flush=True)


def _read(file: Path) -> dict[str, Any]:
    try:
        document = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise ProgramRefused(f"programs/{file.name} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise ProgramRefused(f"programs/{file.name} is not a JSON object")
    return document


def _publish(api: Api, document: dict[str, Any], file: Path) -> tuple[int, bool]:
    """The live version's number, and whether it is a new one."""
    live = _accepted(api.call("GET", "/config"), file, _NOT_FOUND)
    if live.status != _NOT_FOUND and live.body["document"] == document:
        return live.body["version"], False
    draft = api.expect("GET", "/config/draft", status=(200, _NOT_FOUND))
    seen = 0 if draft.status == _NOT_FOUND else draft.body["revision"]
    saved = _accepted(api.call("PUT", "/config/draft", {"document": document, "revision": seen}), file)
    made = _accepted(api.call("POST", "/config/publish", {"revision": saved.body["revision"]}), file)
    return made.body["version"], True


def _accepted(answer: Answer, file: Path, *others: int) -> Answer:
    """Raises ProgramRefused for a status that means neither success nor one of `others`."""
    if answer.status in (*_DONE, *others):
        return answer
    problem = answer.body
    said = [f"programs/{file.name} is refused: {problem['title']} ({problem['code']})"]
    said += [f"  {fault['path']}: {fault['message']}" for fault in problem.get("faults", [])]
    raise ProgramRefused("\n".join(said))
