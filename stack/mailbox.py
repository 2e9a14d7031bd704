"""What the local stack has sent to people: the emulator keeps e-mails and text messages instead of delivering them."""

import json
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Letter:
    """`subject` and `sender` are empty for a text message."""

    to: str
    body: str
    subject: str = ""
    sender: str = ""


def emails(endpoint_url: str, to: str | None = None) -> list[Letter]:
    """All that were sent, or those to one address, oldest first."""
    answer = _read(f"{endpoint_url}/_ministack/ses/messages")
    letters = [
        Letter(to=address, body=sent["BodyText"], subject=sent["Subject"], sender=sent["Source"])
        for account in answer["messages"].values()
        for sent in account
        for address in sent["To"]
    ]
    return [letter for letter in letters if to is None or letter.to == to]


def text_messages(endpoint_url: str, to: str) -> list[Letter]:
    """Those to one number, oldest first."""
    number = urllib.parse.quote(to, safe="")
    answer = _read(f"{endpoint_url}/_ministack/sns/sms-messages?phoneNumber={number}")
    return [Letter(to=to, body=sent["Message"]) for sent in answer["sms_messages"][to]]


def _read(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as response:
        return json.load(response)
