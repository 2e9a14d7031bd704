"""Mistakes in template.yaml that would deploy without a word."""

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest

from points.adapters.delivery.sent_records import KEPT_SECONDS, ONCE_SECONDS
from points.adapters.dynamodb import keys
from points.adapters.dynamodb.client import CALL_SECONDS
from points.adapters.dynamodb.models import DeliveryItem
from points.adapters.webhooks import postman
from points.domain.ledger.orders import OrderState
from points.domain.program.succession import Kept
from points.domain.webhooks.deliveries import LEASE
from points.queue.deliveries import pause_seconds
from points.queue.webhooks import SWITCHED_OFF
from stack import table, template
from stack.paths import ROOT
from tests.store.damage import kinds

FUNCTIONS = template.resources("AWS::Serverless::Function")
QUEUES = template.resources("AWS::SQS::Queue")
ALARMS = template.resources("AWS::CloudWatch::Alarm")
GLOBALS = template.load()["Globals"]["Function"]

# Functions that read the ledger and write nothing to it.
READERS = {"DeliveryFunction"}

# What design.md says of each route; a route or a scope that differs is a decision, not a slip.
SCOPES = {
    "GET /members/{member}": "read",
    "PUT /members/{member}": "earn",
    "DELETE /members/{member}": "admin",
    "GET /members/{member}/balance": "read",
    "GET /members/{member}/entries": "read",
    "GET /members/{member}/progress": "read",
    "GET /members/{member}/tier": "read",
    "GET /members/{member}/tier/history": "read",
    "GET /expiry": "read",
    "GET /members/{member}/expiries": "read",
    "POST /events": "earn",
    "POST /events/batch": "earn",
    "POST /events/dry-run": "earn",
    "POST /members/{member}/reversals": "earn",
    "POST /members/{member}/referral": "earn",
    "POST /members/{member}/confirmations": "earn",
    "GET /rewards": "read",
    "GET /orders": "read",
    "GET /members/{member}/orders/{reference}": "read",
    "POST /members/{member}/redemptions": "redeem",
    "POST /members/{member}/orders/{reference}/cancel": "redeem",
    "POST /members/{member}/orders/{reference}/pay": "redeem",
    "POST /members/{member}/orders/{reference}/fulfil": "admin",
    "POST /members/{member}/orders/{reference}/ship": "admin",
    "POST /members/{member}/orders/{reference}/deliver": "admin",
    "POST /members/{member}/holds": "redeem",
    "POST /members/{member}/holds/{reference}/capture": "redeem",
    "POST /members/{member}/holds/{reference}/release": "redeem",
    "GET /members/{member}/coupons": "read",
    "GET /coupons/{code}": "read",
    "POST /coupons/{code}/write-off": "redeem",
    "GET /coupon-pools/{pool}": "admin",
    "POST /coupon-pools/{pool}/imports": "admin",
    "GET /coupon-pools/{pool}/imports/{reference}": "admin",
    "POST /members/{member}/holds/{reference}/refunds": "redeem",
    "POST /members/{member}/offset-quote": "redeem",
    "POST /members/{member}/adjustments": "admin",
    "POST /members/{member}/freeze": "admin",
    "POST /members/{member}/unfreeze": "admin",
    "GET /config": "admin",
    "GET /config/draft": "admin",
    "PUT /config/draft": "admin",
    "GET /config/draft/diff": "admin",
    "POST /config/validate": "admin",
    "POST /config/simulate": "admin",
    "POST /config/rollback": "admin",
    "POST /config/publish": "admin",
    "GET /config/versions": "admin",
    "GET /config/versions/{version}": "admin",
    "GET /config/versions/{version}/diff": "admin",
    "GET /webhooks": "admin",
    "POST /webhooks": "admin",
    "GET /webhooks/{endpoint}": "admin",
    "PUT /webhooks/{endpoint}": "admin",
    "DELETE /webhooks/{endpoint}": "admin",
    "POST /webhooks/{endpoint}/secret": "admin",
    "POST /webhooks/{endpoint}/test": "admin",
    "GET /webhooks/{endpoint}/deliveries": "admin",
    "GET /webhooks/{endpoint}/deliveries/{delivery}": "admin",
    "POST /webhooks/{endpoint}/deliveries/{delivery}/resend": "admin",
}

STREAM_ACTIONS = {
    f"dynamodb:{action}" for action in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
}


def events(kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, function in FUNCTIONS.items():
        for event in function["Properties"].get("Events", {}).values():
            if event["Type"] == kind:
                yield name, event["Properties"]


READERS_OF_THE_STREAM = {name for name, _ in events("DynamoDB")}


def statements(function: str) -> Iterator[dict[str, Any]]:
    role = template.load()["Resources"][FUNCTIONS[function]["Properties"]["Role"]["Fn::GetAtt"][0]]
    assert "ManagedPolicyArns" not in role["Properties"]
    for policy in role["Properties"]["Policies"]:
        # Conditional policies count as if their condition held.
        document = policy["Fn::If"][1] if "Fn::If" in policy else policy
        yield from document["PolicyDocument"]["Statement"]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def alarmed(metric: str, dimension: str) -> set[str]:
    """Logical names of the resources that an alarm on this metric watches."""
    watched = set()
    for alarm in ALARMS.values():
        properties = alarm["Properties"]
        for item in properties["Dimensions"]:
            if (properties["MetricName"], item["Name"]) == (metric, dimension):
                value = item["Value"]
                watched.add(value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0])
    return watched


def test_every_route_has_the_scope_it_should_have() -> None:
    found = {
        f"{event['Method']} {event['Path'].removeprefix('/programs/{program}')}": event["Auth"]["AuthorizationScopes"]
        for _, event in events("Api")
    }
    assert found == {route: [f"points/{scope}"] for route, scope in SCOPES.items()}
    assert all(event["Path"].startswith("/programs/{program}/") for _, event in events("Api"))


def test_no_route_goes_around_the_authorizer() -> None:
    api = template.load()["Resources"]["Api"]["Properties"]
    assert set(api["Auth"]["Authorizers"]) == {api["Auth"]["DefaultAuthorizer"]}
    for _, event in events("Api"):
        assert event["Auth"]["Authorizer"] == api["Auth"]["DefaultAuthorizer"]
        assert event["RestApiId"] == {"Ref": "Api"}


def test_clients_are_allowed_only_what_they_are_for() -> None:
    clients = template.resources("AWS::Cognito::UserPoolClient")
    allowed = {name: set(item["Properties"]["AllowedOAuthScopes"]) for name, item in clients.items()}
    assert allowed == {
        "BackendClient": {"points/read", "points/earn", "points/redeem"},
        "AdminClient": {"points/read", "points/earn", "points/redeem", "points/admin"},
    }
    for item in clients.values():
        assert item["Properties"]["AllowedOAuthFlows"] == ["client_credentials"]
        assert item["Properties"]["GenerateSecret"] is True


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_names_its_actions_and_resources(function: str) -> None:
    for statement in statements(function):
        actions = listed(statement["Action"])
        assert not [action for action in actions if "*" in action], actions
        if all(action.startswith("xray:") for action in actions):
            continue  # X-Ray knows no resources
        if actions in (["ses:SendEmail"], ["sns:Publish"]):
            continue  # bound otherwise: test_what_sends_reminders_sends_from_one_address_and_to_numbers_only
        if actions == ["s3:GetObject"]:
            assert statement["Resource"] == {"Fn::Sub": "${CodesBucket.Arn}/*"}
            continue
        for resource in listed(statement["Resource"]):
            assert isinstance(resource, dict), f"{resource} is not tied to a resource of this stack"
            assert "*" not in str(resource)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_may_read_the_whole_table_or_remove_what_was_booked(function: str) -> None:
    actions = {
        action
        for statement in statements(function)
        for action in listed(statement["Action"])
        if "Ledger" in str(statement.get("Resource"))
    }
    forbidden = {"dynamodb:Scan", "dynamodb:BatchWriteItem", "dynamodb:PartiQLDelete", "dynamodb:DeleteTable"}
    assert not actions & forbidden
    if function in {"WebhooksFunction", "CouponsFunction"}:  # write to nothing but their own, see below
        return
    if function not in {"MembersFunction", *MOVERS_OF_ORDERS}:  # erase profiles, move orders: see below
        assert "dynamodb:DeleteItem" not in actions
    dynamodb = {action for action in actions if action.startswith("dynamodb:")}
    if function in READERS_OF_THE_STREAM:
        # What happened is all in the stream: who tells of it needs no way to the table.
        assert dynamodb == STREAM_ACTIONS
    elif function in READERS:
        assert dynamodb == {"dynamodb:GetItem"}
    else:
        assert {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:Query"} <= dynamodb


MOVERS_OF_ORDERS = ("ExpiryFunction", "RedemptionFunction")
"""Whose movements take an order from one state to another: what operators and callers ask for, and what time does."""


@pytest.mark.parametrize("function", MOVERS_OF_ORDERS)
def test_what_moves_orders_and_takes_codes_removes_nothing_but_where_they_were_found(function: str) -> None:
    """Without the right to do so no order is cancelled, shipped or delivered, and no code is taken from a pool; with a
    wider one entries could go."""
    rows = ["P#*#ORDERS#*", "P#*#POOL#*#*"]
    removing = [item for item in statements(function) if "dynamodb:DeleteItem" in listed(item["Action"])]
    assert [(item["Action"], item["Condition"]) for item in removing] == [
        ("dynamodb:DeleteItem", {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": rows}})
    ]
    for state in OrderState:
        assert fnmatchcase(keys.orders_pk("demo", state, "2026-11", 0), rows[0])
    assert fnmatchcase(keys.free_key("demo", "films", "FILM-1")["pk"]["S"], rows[1])
    for other in (
        keys.member_pk("demo", "ORDERS"),
        keys.program_pk("demo"),
        keys.shared_pk("demo", Kept.STOCK, "x", 0),
        keys.pool_pk("demo", "films"),
        keys.coupon_key("demo", "FILM-1")["pk"]["S"],
    ):
        assert not any(fnmatchcase(other, row) for row in rows)


def test_what_sends_reminders_sends_from_one_address_and_to_numbers_only() -> None:
    sends = {action: item for item in statements("DeliveryFunction") for action in listed(item["Action"])}
    mail, text = sends["ses:SendEmail"], sends["sns:Publish"]
    assert mail["Condition"] == {"StringEquals": {"ses:FromAddress": {"Ref": "SenderEmail"}}}
    assert mail["Resource"]["Fn::Sub"].endswith(":identity/*")
    assert "Resource" not in text
    assert text["NotResource"] == {"Fn::Sub": "arn:${AWS::Partition}:sns:*:*:*"}
    # … and nobody else sends anything to people.
    for function in set(FUNCTIONS) - {"DeliveryFunction"}:
        assert not [
            action
            for item in statements(function)
            for action in listed(item["Action"])
            if action.startswith("ses:") or (action == "sns:Publish" and "NotResource" in item)
        ]


def test_what_was_sent_is_remembered_for_longer_than_a_message_can_ask_for_it() -> None:
    sent = template.load()["Resources"]["Sent"]["Properties"]
    assert sent["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert sent["TimeToLiveSpecification"] == {"AttributeName": "expiration", "Enabled": True}
    longest = max(item["Properties"]["MessageRetentionPeriod"] for item in QUEUES.values())
    assert max(2 * longest, 30 * 24 * 3600) < KEPT_SECONDS


def test_the_tries_of_a_reminder_take_a_day_at_most_and_half_a_day_at_least() -> None:
    for queue in ("EmailQueue", "SmsQueue"):
        tries = QUEUES[queue]["Properties"]["RedrivePolicy"]["maxReceiveCount"]
        pauses = [pause_seconds(received, "message") for received in range(1, tries)]
        assert pauses[:4] == sorted(pauses[:4])
        assert 12 * 3600 < sum(pauses) < 25 * 3600


def test_a_reminder_is_begun_only_where_there_is_time_to_note_it() -> None:
    assert FUNCTIONS["DeliveryFunction"]["Properties"]["Timeout"] > ONCE_SECONDS


def test_what_talks_to_machines_of_others_can_write_to_nothing_but_webhooks() -> None:
    for statement in statements("WebhooksFunction"):
        actions = {action for action in listed(statement["Action"]) if action.startswith("dynamodb:")}
        if actions and actions != {"dynamodb:GetItem"}:
            assert statement["Condition"] == {
                "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["P#*#WEBHOOKS", "P#*#WEBHOOKS#*"]}
            }
            assert fnmatchcase(keys.endpoints_pk("demo"), "P#*#WEBHOOKS")
            assert fnmatchcase(keys.deliveries_pk("demo", "shop"), "P#*#WEBHOOKS#*")


def test_what_imports_codes_writes_to_nothing_but_pools_and_reads_one_bucket() -> None:
    for statement in statements("CouponsFunction"):
        actions = {action for action in listed(statement["Action"]) if action.startswith("dynamodb:")}
        if actions and actions != {"dynamodb:GetItem"}:
            partitions = ["P#*#COUPON#*", "P#*#POOL#*"]
            assert statement["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": partitions}}
            assert fnmatchcase(keys.coupon_key("demo", "FILM-1")["pk"]["S"], partitions[0])
            for partition in (keys.pool_pk("demo", "films"), keys.bucket_pk("demo", "films", 7)):
                assert fnmatchcase(partition, partitions[1])
    buckets = template.resources("AWS::S3::Bucket")
    assert set(buckets) == {"CodesBucket"}
    for function in FUNCTIONS:
        of_files = {
            (action, json.dumps(statement["Resource"]))
            for statement in statements(function)
            for action in listed(statement["Action"])
            if action.startswith("s3:")
        }
        expected = {
            ("s3:GetObject", json.dumps({"Fn::Sub": "${CodesBucket.Arn}/*"})),
            ("s3:ListBucket", json.dumps({"Fn::GetAtt": ["CodesBucket", "Arn"]})),
        }
        assert of_files == (expected if function == "CouponsFunction" else set())


def test_files_of_codes_are_nobodys_and_go() -> None:
    bucket = template.resources("AWS::S3::Bucket")["CodesBucket"]["Properties"]
    assert "BucketName" not in bucket
    assert bucket["BucketEncryption"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", 30)
    (refused,) = template.resources("AWS::S3::BucketPolicy")["CodesBucketPolicy"]["Properties"]["PolicyDocument"][
        "Statement"
    ]
    assert (refused["Effect"], refused["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_a_deployed_stack_tells_nobody_on_its_own_machine() -> None:
    assert template.load()["Parameters"]["WebhooksToLoopback"]["Default"] == "false"
    variables = FUNCTIONS["WebhooksFunction"]["Properties"]["Environment"]["Variables"]
    assert variables["WEBHOOKS_TO_LOOPBACK"] == {"Ref": "WebhooksToLoopback"}


def test_a_delivery_that_hangs_holds_up_none_but_itself() -> None:
    (due,) = [event for _, event in events("SQS") if event["Queue"]["Fn::GetAtt"][0] == "WebhookDeliveries"]
    assert due["BatchSize"] == 1
    # An attempt, and what is written before and after it, ends before the function does and before its lease does.
    timeout = FUNCTIONS["WebhooksFunction"]["Properties"]["Timeout"]
    assert timeout >= postman.TOTAL_SECONDS + postman.BODY_SECONDS + CALL_SECONDS
    assert timeout < LEASE.total_seconds()


def test_the_alarm_on_endpoints_watches_the_metric_that_is_written() -> None:
    alarm = ALARMS["WebhookEndpointsOff"]["Properties"]
    assert alarm["MetricName"] == SWITCHED_OFF
    service = FUNCTIONS["WebhooksFunction"]["Properties"]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]
    assert {each["Name"]: each["Value"] for each in alarm["Dimensions"]} == {
        "service": service,
        "operation": "webhook deliveries",
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_has_a_log_group_with_retention_it_may_write_to(function: str) -> None:
    group = FUNCTIONS[function]["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]
    assert template.load()["Resources"][group]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    writable = [
        statement["Resource"]["Fn::GetAtt"][0]
        for statement in statements(function)
        if "logs:PutLogEvents" in listed(statement["Action"])
    ]
    assert writable == [group]


def test_no_two_functions_share_a_role_or_a_log_group() -> None:
    properties = [item["Properties"] for item in FUNCTIONS.values()]
    assert len({item["Role"]["Fn::GetAtt"][0] for item in properties}) == len(FUNCTIONS)
    assert len({item["LoggingConfig"]["LogGroup"]["Ref"] for item in properties}) == len(FUNCTIONS)


def test_every_function_is_watched_and_told_of() -> None:
    assert alarmed("Errors", "FunctionName") == set(FUNCTIONS)
    assert alarmed("Throttles", "FunctionName") == set(FUNCTIONS)
    outputs = template.load()["Outputs"]
    assert {outputs[f"{name}Name"]["Value"]["Ref"] for name in FUNCTIONS} == set(FUNCTIONS)


def test_alarms_on_errors_are_raised_by_the_first_one() -> None:
    for alarm in ALARMS.values():
        properties = alarm["Properties"]
        if properties["MetricName"] in {"Errors", "5XXError", "ApproximateNumberOfMessagesVisible"}:
            assert properties["Threshold"] == 1
            assert properties["EvaluationPeriods"] == 1
            assert properties["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
        assert properties["AlarmActions"] == {
            "Fn::If": ["HasAlarmEmail", [{"Ref": "AlarmTopic"}], {"Ref": "AWS::NoValue"}]
        }


def test_every_function_has_its_folder_and_every_folder_its_function() -> None:
    folders = {str(item.parent.relative_to(ROOT)) for item in (ROOT / "functions").glob("*/app.py")}
    assert {item["Properties"]["CodeUri"] for item in FUNCTIONS.values()} == folders


def test_a_deployment_that_changes_only_a_layer_reaches_the_alias() -> None:
    assert GLOBALS["AutoPublishAlias"]
    for item in FUNCTIONS.values():
        assert item["Properties"]["AutoPublishAliasAllProperties"] is True


def test_native_code_is_built_for_the_processor_of_the_functions() -> None:
    assert GLOBALS["Architectures"] == [{"Ref": "Architecture"}]
    for layer in template.resources("AWS::Serverless::LayerVersion").values():
        assert layer["Metadata"]["BuildArchitecture"] == {"Ref": "Architecture"}
        assert layer["Properties"]["CompatibleArchitectures"] == [{"Ref": "Architecture"}]
    # … and the locked wheels are there for both.
    locked = (ROOT / "layers/dependencies/requirements.txt").read_text("utf-8")
    assert len(re.findall(r"--hash=", locked.split("pydantic-core==")[1].split("# via")[0])) > 50


def test_functions_answer_before_api_gateway_gives_up() -> None:
    for function, _ in events("Api"):
        assert FUNCTIONS[function]["Properties"].get("Timeout", GLOBALS["Timeout"]) < 29


def test_every_queue_has_a_dead_letter_queue_with_an_alarm() -> None:
    dead_letter_queues = {
        item["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        for item in QUEUES.values()
        if "RedrivePolicy" in item["Properties"]
    }
    plain = {name for name, item in QUEUES.items() if "RedrivePolicy" not in item["Properties"]}
    # Where records of the stream end that nobody could do anything with: no function reads these queues either.
    discarded = {
        event["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0] for _, event in events("DynamoDB")
    }
    read_by_people = dead_letter_queues | discarded | set_aside_queues()
    assert plain == read_by_people
    assert alarmed("ApproximateNumberOfMessagesVisible", "QueueName") == read_by_people
    assert not read_by_people & {event["Queue"]["Fn::GetAtt"][0] for _, event in events("SQS")}
    for item in QUEUES.values():
        assert item["Properties"]["SqsManagedSseEnabled"] is True


def test_queue_consumers_report_single_failures_and_are_not_handed_a_batch_twice() -> None:
    consumed = list(events("SQS"))
    assert consumed
    for function, event in consumed:
        assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        queue = QUEUES[event["Queue"]["Fn::GetAtt"][0]]["Properties"]
        timeout = FUNCTIONS[function]["Properties"].get("Timeout", GLOBALS["Timeout"])
        assert queue["VisibilityTimeout"] >= 6 * timeout + event.get("MaximumBatchingWindowInSeconds", 0)


def set_aside_queues() -> set[str]:
    variables = [item["Properties"].get("Environment", {}).get("Variables", {}) for item in FUNCTIONS.values()]
    return {each["SET_ASIDE_QUEUE_URL"]["Ref"] for each in variables if "SET_ASIDE_QUEUE_URL" in each}


def test_a_reader_of_the_stream_leaves_nothing_out_and_is_stopped_by_nothing_for_ever() -> None:
    consumed = list(events("DynamoDB"))
    assert consumed
    for function, event in consumed:
        assert event["Stream"] == {"Fn::GetAtt": ["Ledger", "StreamArn"]}
        assert event["StartingPosition"] == "TRIM_HORIZON"
        assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert event["BisectBatchOnFunctionError"] is True
        # The stream forgets after a day: what is given up on has to be told of before that.
        assert 0 < event["MaximumRetryAttempts"] <= 10_000
        assert 3_600 <= event["MaximumRecordAgeInSeconds"] <= 23 * 3_600
        destination = event["DestinationConfig"]["OnFailure"]["Destination"]
        allowed = [
            resource
            for statement in statements(function)
            if "sqs:SendMessage" in listed(statement["Action"])
            for resource in listed(statement["Resource"])
        ]
        assert destination in allowed
    assert alarmed("IteratorAge", "FunctionName") == READERS_OF_THE_STREAM


def test_the_outbox_is_woken_by_what_it_tells_of_and_nothing_else() -> None:
    ((function, event),) = [each for each in events("DynamoDB") if each[0] == "OutboxFunction"]
    patterns = [json.loads(each["Pattern"]) for each in event["FilterCriteria"]["Filters"]]
    assert patterns == [
        {"eventName": ["INSERT"], "dynamodb": {"Keys": {"sk": {"S": [{"prefix": prefix}]}}}}
        for prefix in (keys.ENTRY_PREFIX, keys.NOTICE_PREFIX)
    ]
    variables = FUNCTIONS[function]["Properties"]["Environment"]["Variables"]
    named = {name: value["Ref"] for name, value in variables.items() if isinstance(value, dict)}
    # Each of them reachable, and nothing else: what it is told of is what it may do.
    reached = {
        resource["Fn::GetAtt"][0]
        for statement in statements(function)
        if {"events:PutEvents", "sqs:SendMessage"} & set(listed(statement["Action"]))
        for resource in listed(statement["Resource"])
    }
    assert reached == {*named.values(), "DiscardedChangesQueue"}
    assert template.load()["Outputs"]["EventBusName"]["Value"] == {"Ref": named["EVENT_BUS"]}


def test_the_ledger_cannot_be_lost() -> None:
    ledger = template.load()["Resources"]["Ledger"]
    assert (ledger["DeletionPolicy"], ledger["UpdateReplacePolicy"]) == ("Retain", "Retain")
    properties = ledger["Properties"]
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["SSESpecification"] == {"SSEEnabled": True}
    assert properties["DeletionProtectionEnabled"] == {"Fn::If": ["Protected", True, False]}
    assert template.load()["Parameters"]["DeletionProtection"]["Default"] == "true"
    # Points never expire by TTL, and nothing else of the ledger does.
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    mortal = {
        kind for kind in kinds() if "ttl" in {attribute.attr_name for attribute in kind.get_attributes().values()}
    }
    assert mortal == {DeliveryItem}
    assert "TableName" not in properties  # a named table cannot be replaced


def test_the_ledger_has_the_keys_the_store_relies_on() -> None:
    arguments = table.definition()
    assert arguments["BillingMode"] == "PAY_PER_REQUEST"
    assert arguments["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    indexes = {
        index["IndexName"]: ([key["AttributeName"] for key in index["KeySchema"]], index["Projection"])
        for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes")
        for index in arguments[kind]
    }
    keys_only = {"ProjectionType": "KEYS_ONLY"}
    assert [key["AttributeName"] for key in arguments["KeySchema"]] == ["pk", "sk"]
    assert indexes == {
        "history": (["pk", "seq"], keys_only),
        "due": (["due_shard", "due_at"], keys_only),
        "remind": (["remind_shard", "remind_at"], keys_only),
    }
    assert {item["AttributeName"]: item["AttributeType"] for item in arguments["AttributeDefinitions"]} == {
        "pk": "S", "sk": "S", "seq": "N", "due_shard": "S", "due_at": "N", "remind_shard": "S", "remind_at": "N",
    }  # fmt: skip


def test_what_the_gateway_refuses_looks_like_what_the_functions_refuse() -> None:
    texts = json.loads((ROOT / "layers/core/points/http/edge/texts/en.json").read_text("utf-8"))
    responses = template.load()["Resources"]["Api"]["Properties"]["GatewayResponses"]
    codes = {}
    for kind, response in responses.items():
        assert response["ResponseParameters"]["Headers"]["Content-Type"] == "'application/problem+json'"
        # API Gateway puts a quoted string in the place of the variable.
        body = response["ResponseTemplates"]["application/json"].replace("$context.error.messageString", '"why"')
        problem = json.loads(body)
        code = codes[kind] = problem["code"]
        assert problem["type"] == f"urn:problem-type:points-ledger:{code}"
        assert problem["title"] == texts[code]
        assert problem.get("status") == response.get("StatusCode")
    assert codes["UNAUTHORIZED"] == codes["EXPIRED_TOKEN"] == "unauthorized"
    assert codes["ACCESS_DENIED"] == "forbidden"
    assert codes["REQUEST_TOO_LARGE"] == "invalid_request"
    assert codes["THROTTLED"] == codes["QUOTA_EXCEEDED"] == "throttled"
    assert {"DEFAULT_4XX", "DEFAULT_5XX"} <= set(codes)


def test_access_logs_hold_no_personal_data() -> None:
    layout = template.load()["Resources"]["Api"]["Properties"]["AccessLogSetting"]["Format"]
    used = set(re.findall(r"\$context\.([A-Za-z.]+[A-Za-z])", layout))
    # `path` would hold member ids, `resourcePath` holds only the route.
    assert not used & {"path", "identity.sourceIp", "identity.userAgent", "authorizer.claims.sub", "requestOverride"}
    assert "resourcePath" in used
