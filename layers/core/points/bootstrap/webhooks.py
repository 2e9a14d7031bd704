"""The ports of what tells others, beside those of every function."""

import time
from functools import cache

from points.adapters.dynamodb.table import Table
from points.adapters.dynamodb.webhooks import DynamoDBDeliveries, DynamoDBEndpoints
from points.adapters.webhooks.postman import CheckedPostman
from points.adapters.webhooks.queue import SQSDeliveryQueue, queue_client
from points.adapters.webhooks.recent import CachedEndpoints
from points.adapters.webhooks.secrets import SystemDice, SystemSecrets
from points.adapters.webhooks.signing import StandardSigner
from points.application.webhooks.ports import Webhooks
from points.bootstrap import client, services
from points.settings import settings, webhook_settings


@cache
def webhooks() -> Webhooks:
    """Of this process. A function asks for them while it starts, so that both clients are in its snapshot."""
    own, common = webhook_settings(), services()
    table = Table(client(), settings().ledger_table, common.backoff, common.deadline)
    endpoints = DynamoDBEndpoints(table)
    return Webhooks(
        endpoints=endpoints,
        recent=CachedEndpoints(endpoints, monotonic=time.monotonic),
        deliveries=DynamoDBDeliveries(table),
        queue=SQSDeliveryQueue(
            queue_client(),
            deliveries=own.deliveries_queue,
            dead_letters=own.dead_letters_queue,
            deadline=common.deadline,
        ),
        postman=CheckedPostman(loopback=own.loopback),
        signer=StandardSigner(),
        secrets=SystemSecrets(),
        dice=SystemDice(),
        clock=common.clock,
        loopback=own.loopback,
    )


@cache
def deliveries_queue() -> str:
    """The name of the queue of deliveries: messages of any other queue are events."""
    return webhook_settings().deliveries_name
