"""Fetches access tokens as a client's back end does: client credentials, HTTP basic."""

import base64
import json
import urllib.parse
import urllib.request
from collections.abc import Sequence

from stack.outputs import Client, Stack


def fetch(stack: Stack, client: str = "backend", *, scopes: Sequence[str] = ()) -> str:
    """An access token for the named client (`backend` or `admin`).

    Without `scopes` it carries all the client is allowed; with them only those, given as `points/read`.
    """
    return fetch_for(stack["token_url"], stack["clients"][client], scopes=scopes)


def fetch_for(token_url: str, client: Client, *, scopes: Sequence[str] = ()) -> str:
    form = {"grant_type": "client_credentials"}
    if scopes:
        form["scope"] = " ".join(scopes)
    basic = base64.b64encode(f"{client['id']}:{client['secret']}".encode()).decode("ascii")
    request = urllib.request.Request(
        token_url,
        data=urllib.parse.urlencode(form).encode("ascii"),
        headers={"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return str(json.load(response)["access_token"])
