"""E-mail by SES: plain text in UTF-8, from the one sender of the stack."""

from typing import TYPE_CHECKING

from points.adapters.delivery.calls import once
from points.application.delivery.ports import Letter
from points.domain.ledger.members import Profile

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import ContentTypeDef

FINAL = frozenset(
    {
        "AccountSuspendedException",
        "BadRequestException",
        "MailFromDomainNotVerifiedException",
        "MessageRejected",
        "NotFoundException",
        "ValidationException",
    }
)
"""What SES says to a letter it will not take until somebody changes something: the address, the sender, the account."""

_CHARSET = "UTF-8"


class SesOutlet:
    """Implements :class:`points.application.delivery.ports.Outlet`."""

    def __init__(self, client: "SESV2Client", sender: str) -> None:
        self._client = client
        self._sender = sender

    def address(self, profile: Profile) -> str | None:
        return profile.email or None

    def send(self, address: str, letter: Letter) -> str:
        text: ContentTypeDef = {"Data": letter.body, "Charset": _CHARSET}
        answer = once(
            self._client.send_email,
            FINAL,
            FromEmailAddress=self._sender,
            Destination={"ToAddresses": [address]},
            Content={
                "Simple": {"Subject": {"Data": letter.subject, "Charset": _CHARSET}, "Body": {"Text": text}},
            },
        )
        return answer["MessageId"]
