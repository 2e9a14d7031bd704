"""A caller of the deployed API: one client with its token, as a back end has it."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from stack import tokens
from stack.outputs import Stack


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is None where there is none. A refusal is an answer like any other: its `body` is the problem."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def replayed(self) -> bool:
        return self.headers.get("Idempotent-Replayed", "").lower() == "true"


class UnexpectedAnswer(Exception):
    """The API answered with another status than the caller can go on with."""


@dataclass(frozen=True, slots=True)
class Api:
    """`base` ends with the program: paths below it start with a slash."""

    base: str
    token: str

    @classmethod
    def of(cls, stack: Stack, client: str, *, program: str) -> Self:
        """The API of one program for the named client (`backend` or `admin`)."""
        return cls(f"{stack['api_url']}/programs/{urllib.parse.quote(program)}", tokens.fetch(stack, client))

    def call(self, method: str, path: str, body: object = None) -> Answer:
        """Any answer, whatever its status."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.base + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return _answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return _answer(error.code, error.headers, error.read())

    def expect(self, method: str, path: str, body: object = None, *, status: tuple[int, ...] = (200, 201)) -> Answer:
        """Raises UnexpectedAnswer for a status that is not among `status`."""
        answer = self.call(method, path, body)
        if answer.status not in status:
            raise UnexpectedAnswer(f"{method} {path} answered {answer.status}: {answer.body}")
        return answer


def _answer(status: int, headers: Any, content: bytes) -> Answer:
    return Answer(status, dict(headers.items()), json.loads(content) if content else None)
