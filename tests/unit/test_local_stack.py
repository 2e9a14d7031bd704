"""The local stack keeps to itself, whatever the developer's shell is set up for."""

import os
from urllib.request import getproxies, proxy_bypass

import pytest

import stack
from stack import outputs


def test_a_profile_of_the_developer_is_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "not-there")
    client = outputs.client("sqs", "http://127.0.0.1:9")
    assert client.meta.endpoint_url == "http://127.0.0.1:9"


@pytest.mark.parametrize("exempt", ["", "example.com", "127.0.0.1,example.com"])
def test_no_proxy_is_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch, exempt: str) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("NO_PROXY", exempt)
    stack._ask_no_proxy_for_this_machine()
    assert getproxies()["http"] == "http://127.0.0.1:9"
    assert proxy_bypass("127.0.0.1:8000")
    assert not proxy_bypass("example.org")
    assert [host for host in exempt.split(",") if host and host not in os.environ["no_proxy"].split(",")] == []
    assert os.environ["no_proxy"].count("127.0.0.1") == 1
