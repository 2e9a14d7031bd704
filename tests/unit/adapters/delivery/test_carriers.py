"""What SES, SNS and SQS are asked, and what their answers mean. One try each: the queue repeats, not the client."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError
from botocore.stub import ANY, Stubber
from moto import mock_aws

from points.adapters.delivery import mail, text_messages
from points.adapters.delivery.calls import ONE_TRY, SEND_SECONDS, once
from points.adapters.delivery.mail import SesOutlet
from points.adapters.delivery.queues import QueueUrls, SqsChannelQueues
from points.adapters.delivery.text_messages import SnsOutlet
from points.application.delivery.ports import DeliveryError, Letter, NotNow, Refused
from points.domain.ledger.members import Profile

LETTER = Letter("12 积分", "你好\nhello")
ADDRESS = "ada@example.com"
NUMBER = "+447700900123"
SENTENCE = f"Email address is not verified: {ADDRESS}"


@pytest.fixture
def ses() -> Iterator[tuple[SesOutlet, Stubber]]:
    client = boto3.client("sesv2", config=ONE_TRY)
    with Stubber(client) as stub:
        yield SesOutlet(client, "points@shop.example"), stub
        stub.assert_no_pending_responses()


@pytest.fixture
def sns() -> Iterator[tuple[SnsOutlet, Stubber]]:
    client = boto3.client("sns", config=ONE_TRY)
    with Stubber(client) as stub:
        yield SnsOutlet(client, "Shop"), stub
        stub.assert_no_pending_responses()


def test_a_mail_is_plain_text_in_utf_8_from_the_one_sender(ses: tuple[SesOutlet, Stubber]) -> None:
    outlet, stub = ses
    expected = {
        "FromEmailAddress": "points@shop.example",
        "Destination": {"ToAddresses": [ADDRESS]},
        "Content": {
            "Simple": {
                "Subject": {"Data": "12 积分", "Charset": "UTF-8"},
                "Body": {"Text": {"Data": "你好\nhello", "Charset": "UTF-8"}},
            }
        },
    }
    stub.add_response("send_email", {"MessageId": "m-1"}, expected)
    assert outlet.send(ADDRESS, LETTER) == "m-1"


def test_a_text_message_is_transactional_and_to_one_number(sns: tuple[SnsOutlet, Stubber]) -> None:
    outlet, stub = sns
    expected = {
        "PhoneNumber": NUMBER,
        "Message": LETTER.body,
        "MessageAttributes": {
            "AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"},
            "AWS.SNS.SMS.SenderID": {"DataType": "String", "StringValue": "Shop"},
        },
    }
    stub.add_response("publish", {"MessageId": "m-2"}, expected)
    assert outlet.send(NUMBER, LETTER) == "m-2"


def test_without_a_sender_of_its_own_the_carrier_chooses_one() -> None:
    client = boto3.client("sns")
    with Stubber(client) as stub:
        attributes = {"AWS.SNS.SMS.SMSType": ANY}
        expected = {"PhoneNumber": NUMBER, "Message": ANY, "MessageAttributes": attributes}
        stub.add_response("publish", {"MessageId": "m"}, expected)
        SnsOutlet(client).send(NUMBER, LETTER)


@pytest.mark.parametrize("code", sorted(mail.FINAL))
def test_what_ses_will_never_take_is_refused(ses: tuple[SesOutlet, Stubber], code: str) -> None:
    outlet, stub = ses
    stub.add_client_error("send_email", code, SENTENCE, 400)
    with pytest.raises(Refused) as refused:
        outlet.send(ADDRESS, LETTER)
    _names_nobody(refused.value, code)


@pytest.mark.parametrize("code", sorted(text_messages.FINAL))
def test_what_sns_will_never_take_is_refused(sns: tuple[SnsOutlet, Stubber], code: str) -> None:
    outlet, stub = sns
    stub.add_client_error("publish", code, f"Invalid parameter: {NUMBER}", 400)
    with pytest.raises(Refused) as refused:
        outlet.send(NUMBER, LETTER)
    _names_nobody(refused.value, code)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("TooManyRequestsException", 429),
        ("LimitExceededException", 400),
        ("ThrottlingException", 400),
        ("SendingPausedException", 400),
        ("InternalServiceErrorException", 500),
        ("AccessDeniedException", 403),
        ("ExpiredTokenException", 403),
        ("SomethingNew", 400),
    ],
)
def test_what_may_be_taken_later_is_not_refused(ses: tuple[SesOutlet, Stubber], code: str, status: int) -> None:
    outlet, stub = ses
    stub.add_client_error("send_email", code, SENTENCE, status)
    with pytest.raises(NotNow) as later:
        outlet.send(ADDRESS, LETTER)
    _names_nobody(later.value, code)


def _names_nobody(error: DeliveryError, code: str) -> None:
    """Nor does what is behind it: a log that shows the chain would show the carrier's sentence."""
    assert (error.code, str(error)) == (code, code)
    assert error.__cause__ is None
    assert error.__context__ is None


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (ReadTimeoutError(endpoint_url=ADDRESS), NotNow),
        (ConnectTimeoutError(endpoint_url=ADDRESS), NotNow),
        (EndpointConnectionError(endpoint_url=ADDRESS), NotNow),
        (ResponseParserError(ADDRESS), NotNow),
        (ParamValidationError(report=ADDRESS), Refused),
    ],
)
def test_no_answer_is_a_failure_for_now(failure: Exception, kind: type[DeliveryError]) -> None:
    def call() -> None:
        raise failure

    with pytest.raises(kind) as raised:
        once(call)
    _names_nobody(raised.value, type(failure).__name__)


def test_an_error_without_a_code_has_one() -> None:
    def call() -> None:
        raise ClientError({}, "SendEmail")

    with pytest.raises(NotNow, match="unknown"):
        once(call)


def test_the_clients_try_once_and_give_up_within_seconds() -> None:
    calls: list[Any] = []

    def count(**_: Any) -> None:
        calls.append(1)
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1")

    client = boto3.client("sesv2", config=ONE_TRY)
    client.meta.events.register("before-send.sesv2.SendEmail", count)
    with pytest.raises(NotNow):
        SesOutlet(client, "points@shop.example").send(ADDRESS, LETTER)
    assert len(calls) == 1
    config: Any = client.meta.config
    assert config.read_timeout + config.connect_timeout == SEND_SECONDS


# ── addresses ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("phone", "number"),
    [
        ("+44 7700 900123", NUMBER),
        ("+86-138-0013-8000", "+8613800138000"),
        ("13800138000", None),
        ("+0044 7700", None),
        ("+12", None),
        ("+1234567890123456", None),
        ("", None),
        (None, None),
    ],
)
def test_a_number_is_one_only_with_its_country(
    sns: tuple[SnsOutlet, Stubber], phone: str | None, number: str | None
) -> None:
    assert sns[0].address(Profile(phone=phone, email=ADDRESS)) == number


def test_a_mail_goes_to_the_address_of_the_profile(ses: tuple[SesOutlet, Stubber]) -> None:
    profile = Profile(phone=NUMBER, email=ADDRESS)
    assert ses[0].address(profile) == ADDRESS
    assert ses[0].address(replace(profile, email=None)) is None


# ── queues ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def sqs() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("sqs", config=ONE_TRY)


def _queues(client: Any) -> tuple[SqsChannelQueues, QueueUrls, QueueUrls]:
    def urls(name: str) -> QueueUrls:
        return QueueUrls(*(client.create_queue(QueueName=each)["QueueUrl"] for each in (name, f"{name}-dead")))

    mails, texts = urls("mails"), urls("texts")
    return SqsChannelQueues(client, mails, texts), mails, texts


def test_a_message_is_set_aside_beside_its_own_queue_with_the_reason(sqs: Any) -> None:
    queues, mails, texts = _queues(sqs)
    queues.set_aside("mails", '{"member": "m"}', "MessageRejected")
    (message,) = sqs.receive_message(QueueUrl=mails.dead_letters, MessageAttributeNames=["All"])["Messages"]
    assert message["Body"] == '{"member": "m"}'
    assert message["MessageAttributes"]["reason"]["StringValue"] == "MessageRejected"
    assert "Messages" not in sqs.receive_message(QueueUrl=texts.dead_letters)


def test_a_message_that_is_postponed_is_hidden_so_long(sqs: Any) -> None:
    queues, mails, _ = _queues(sqs)
    sqs.send_message(QueueUrl=mails.queue, MessageBody="later")
    (message,) = sqs.receive_message(QueueUrl=mails.queue, VisibilityTimeout=0)["Messages"]
    queues.postpone("mails", message["ReceiptHandle"], 60)
    assert "Messages" not in sqs.receive_message(QueueUrl=mails.queue)
    queues.postpone("mails", message["ReceiptHandle"], 0)
    assert sqs.receive_message(QueueUrl=mails.queue)["Messages"]


@pytest.mark.parametrize(
    "act",
    [
        lambda queues: queues.set_aside("mails", "body", "reason"),
        lambda queues: queues.postpone("mails", "receipt", 1),
    ],
)
def test_a_queue_that_fails_is_a_failure_for_now(sqs: Any, act: Callable[[SqsChannelQueues], None]) -> None:
    queues, mails, _ = _queues(sqs)
    for url in (mails.queue, mails.dead_letters):
        sqs.delete_queue(QueueUrl=url)
    with pytest.raises(NotNow):
        act(queues)
