"""Wires delivery: the ledger to read, carriers, their queues, and what has been sent."""

from functools import cache

import boto3
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer

from points.adapters.backoff import JitteredBackoff
from points.adapters.cached_programs import CachedPrograms
from points.adapters.clock import SystemClock
from points.adapters.deadline import InvocationDeadline
from points.adapters.delivery.calls import ONE_TRY
from points.adapters.delivery.languages import BabelLanguages
from points.adapters.delivery.mail import SesOutlet
from points.adapters.delivery.queues import QueueUrls, SqsChannelQueues
from points.adapters.delivery.sent_records import RECORD_CALL, PowertoolsSentRecords
from points.adapters.delivery.text_messages import SnsOutlet
from points.adapters.dynamodb.client import ledger_client
from points.adapters.dynamodb.ledger import DynamoDBLedger
from points.adapters.dynamodb.members import DynamoDBMembers
from points.adapters.dynamodb.notices import DynamoDBNotices
from points.adapters.dynamodb.program_versions import DynamoDBProgramVersions
from points.adapters.dynamodb.table import Table
from points.adapters.program_document import PydanticProgramDocuments
from points.application.delivery.ports import EMAIL, SMS, DeliveryServices, Outlet
from points.settings import delivery_settings, settings


@cache
def delivery() -> DeliveryServices:
    """The services of this process. The function asks for them while it starts."""
    own = delivery_settings()
    deadline = InvocationDeadline()
    table = Table(ledger_client(), settings().ledger_table, JitteredBackoff(), deadline)
    store = DynamoDBPersistenceLayer(own.sent_table, boto_config=RECORD_CALL)
    outlets: dict[str, Outlet] = {SMS: SnsOutlet(boto3.client("sns", config=ONE_TRY), own.sms_sender_id)}
    if own.sender_email:
        outlets[EMAIL] = SesOutlet(boto3.client("sesv2", config=ONE_TRY), own.sender_email)
    return DeliveryServices(
        ledger=DynamoDBLedger(table),
        members=DynamoDBMembers(table),
        programs=CachedPrograms(DynamoDBProgramVersions(table), PydanticProgramDocuments()),
        clock=SystemClock(),
        deadline=deadline,
        notices=DynamoDBNotices(table),
        sent=PowertoolsSentRecords(store, deadline.seconds_left),
        languages=BabelLanguages(),
        outlets=outlets,
        queues=SqsChannelQueues(
            boto3.client("sqs", config=ONE_TRY),
            QueueUrls(own.email_queue_url, own.email_dead_letter_queue_url),
            QueueUrls(own.sms_queue_url, own.sms_dead_letter_queue_url),
        ),
    )
