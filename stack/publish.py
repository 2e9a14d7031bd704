"""Publishes every file in `programs/` on a deployed stack and grants both machine clients all of them.

It goes the operators' way, through the API. A program whose live version already says the same is left alone.
"""

import json
from typing import Any

from stack.api import Api
from stack.outputs import Stack
from stack.paths import PROGRAMS

_NOT_FOUND = 404


def publish_all(stack: Stack) -> None:
    """Raises UnexpectedAnswer with the faults when a program is refused."""
    for file in sorted(PROGRAMS.glob("*.json")):
        document = json.loads(file.read_text("utf-8"))
        document["clients"] = sorted(client["id"] for client in stack["clients"].values())
        version, published = _publish(Api.of(stack, "admin", program=file.stem), document)
        print(f"Program {file.stem}: {'published as' if published else 'live already,'} version {version}", flush=True)


def _publish(api: Api, document: dict[str, Any]) -> tuple[int, bool]:
    """The live version's number, and whether it is a new one."""
    live = api.expect("GET", "/config", status=(200, _NOT_FOUND))
    if live.status != _NOT_FOUND and live.body["document"] == document:
        return live.body["version"], False
    draft = api.expect("GET", "/config/draft", status=(200, _NOT_FOUND))
    seen = 0 if draft.status == _NOT_FOUND else draft.body["revision"]
    saved = api.expect("PUT", "/config/draft", {"document": document, "revision": seen})
    return api.expect("POST", "/config/publish", {"revision": saved.body["revision"]}).body["version"], True
