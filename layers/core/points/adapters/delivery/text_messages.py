"""Text messages by SNS, to the numbers of members: no topic, no subscription."""

import re
from typing import TYPE_CHECKING

from points.adapters.delivery.calls import once
from points.application.delivery.ports import Letter
from points.domain.ledger.members import Profile

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef

FINAL = frozenset(
    {
        "EndpointDisabled",
        "InvalidParameter",
        "InvalidParameterException",
        "InvalidParameterValue",
        "OptedOut",
        "OptedOutException",
        "ParameterValueInvalid",
        "ValidationError",
        "ValidationException",
    }
)
"""What SNS says to a number it will not write to."""

_E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)


class SnsOutlet:
    """Implements :class:`points.application.delivery.ports.Outlet`. ``sender_id`` is shown as the sender in the
    countries where that is possible."""

    def __init__(self, client: "SNSClient", sender_id: str = "") -> None:
        self._client = client
        self._attributes: dict[str, MessageAttributeValueTypeDef] = {
            "AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}
        }
        if sender_id:
            self._attributes["AWS.SNS.SMS.SenderID"] = {"DataType": "String", "StringValue": sender_id}

    def address(self, profile: Profile) -> str | None:
        """Only with its country code: any other number is one of some country, and nobody knows which."""
        number = re.sub(r"[ -]", "", profile.phone or "")
        return number if _E164.fullmatch(number) else None

    def send(self, address: str, letter: Letter) -> str:
        answer = once(
            self._client.publish,
            FINAL,
            PhoneNumber=address,
            Message=letter.body,
            MessageAttributes=self._attributes,
        )
        return answer["MessageId"]
