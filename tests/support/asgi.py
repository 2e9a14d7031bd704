"""The API as an ASGI application, for the fuzzer: each request becomes the event API Gateway would send.

The identity a gateway would put into the event is put in here, so production code has no door for tests. Powertools'
own local resolver is not used: it runs the routes by another way than Lambda does.
"""

import base64
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from points.http.edge.resolver import LedgerApi
from tests.support.api import CLIENT, CONTEXT, rest_event

type Message = MutableMapping[str, Any]

BASE = "/v1"


class AsgiApi:
    """Requests with any bearer token are the demo program's client with every scope; without one they are nobody."""

    def __init__(self, api: LedgerApi) -> None:
        self._api = api

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        if scope["type"] != "http":
            return
        content = b""
        more = True
        while more:
            message = await receive()
            content += message.get("body", b"")
            more = message.get("more_body", False)
        response = self._api(event_of(scope, content), CONTEXT)
        headers = [
            (name.lower().encode(), value.encode())
            for name, values in response["multiValueHeaders"].items()
            for value in values
        ]
        await send({"type": "http.response.start", "status": response["statusCode"], "headers": headers})
        await send({"type": "http.response.body", "body": (response["body"] or "").encode()})


def event_of(scope: Message, content: bytes) -> dict[str, Any]:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    identified = headers.get("authorization", "").startswith("Bearer ")
    event = rest_event(
        scope["method"],
        scope["path"].removeprefix(BASE),
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        client=CLIENT,
        claims=None if identified else {},
    )
    # As a gateway with binary types sends it: the bytes that came, whatever they are.
    event |= {"body": base64.b64encode(content).decode() if content else None, "isBase64Encoded": True}
    event["headers"] = headers
    return event
