"""What a caller needs to know about a deployed stack, as written to `.local/stack.json`."""

import json
import os
import re
from pathlib import Path
from typing import Any, Final, TypedDict

import boto3
import botocore.session
from botocore.config import Config

from stack.emulator import CREDENTIALS, REGION
from stack.paths import STACK_FILE

_NO_SETTINGS: Final = {"profile": None, "config_file": os.devnull, "credentials_file": os.devnull}
# The program `make run` plays with.
PROGRAM: Final = "demo"


class Client(TypedDict):
    """A machine client of the user pool."""

    id: str
    secret: str


class Stack(TypedDict):
    """Where a deployed stack is and how to get in. `api_url` ends with the stage, `/v1`."""

    api_url: str
    token_url: str
    program: str
    table: str
    clients: dict[str, Client]
    endpoint_url: str
    functions: dict[str, str]
    queue_url: str
    dead_letter_queue_url: str
    queues: dict[str, str]
    region: str


def client(service: str, endpoint_url: str) -> Any:
    """A boto3 client for the emulator, whatever AWS settings the machine has."""
    # Its profiles are not even looked for: AWS_PROFILE may name one that is not there.
    own = botocore.session.Session({name: (None, None, value, None) for name, value in _NO_SETTINGS.items()})
    return boto3.session.Session(
        botocore_session=own,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        region_name=REGION,
    ).client(service, endpoint_url=endpoint_url, config=Config(retries={"mode": "standard"}))  # type: ignore[call-overload]


def stack_outputs(stack_name: str, endpoint_url: str) -> dict[str, str] | None:
    """The outputs of template.yaml as deployed, or None if it is not deployed in full."""
    cloudformation = client("cloudformation", endpoint_url)
    try:
        deployed = cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
    except cloudformation.exceptions.ClientError:
        return None
    if deployed["StackStatus"] not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        return None
    return {output["OutputKey"]: output["OutputValue"] for output in deployed["Outputs"]}


def describe(stack_name: str, endpoint_url: str) -> Stack:
    """What stack.json says. Secrets are read from the user pool: CloudFormation does not tell them."""
    outputs = stack_outputs(stack_name, endpoint_url)
    if outputs is None:
        raise LookupError(f"{stack_name} is not deployed at {endpoint_url}")
    cognito = client("cognito-idp", endpoint_url)

    def machine_client(client_id: str) -> Client:
        answer = cognito.describe_user_pool_client(UserPoolId=outputs["UserPoolId"], ClientId=client_id)
        return {"id": client_id, "secret": answer["UserPoolClient"]["ClientSecret"]}

    return {
        # The emulator serves every API and the token endpoint under its one address.
        "api_url": f"{endpoint_url}/_aws/execute-api/{outputs['ApiId']}/v1",
        "token_url": f"{endpoint_url}/oauth2/token",
        "program": PROGRAM,
        "table": outputs["TableName"],
        "clients": {
            "backend": machine_client(outputs["BackendClientId"]),
            "admin": machine_client(outputs["AdminClientId"]),
        },
        "endpoint_url": endpoint_url,
        "functions": _functions(outputs),
        "queue_url": outputs["EventQueueUrl"],
        "dead_letter_queue_url": outputs["EventDeadLetterQueueUrl"],
        "queues": _queues(outputs),
        "region": REGION,
    }


def write(stack: Stack, file: Path = STACK_FILE) -> None:
    """Only the owner may read it: it holds secrets, if only of a local stack."""
    file.touch(mode=0o600)
    file.write_text(json.dumps(stack, indent=2) + "\n", "utf-8")


def _functions(outputs: dict[str, str]) -> dict[str, str]:
    """`members` → deployed name, from the output `MembersFunctionName`."""
    names = {}
    for key, value in outputs.items():
        match = re.fullmatch(r"(\w+)FunctionName", key)
        if match is not None:
            names[match[1].lower()] = value
    return names


def _queues(outputs: dict[str, str]) -> dict[str, str]:
    """`email_dead_letter` → address, from the output `EmailDeadLetterQueueUrl`."""
    names = {}
    for key, value in outputs.items():
        match = re.fullmatch(r"(\w+)QueueUrl", key)
        if match is not None:
            names[re.sub(r"(?<=[a-z])(?=[A-Z])", "_", match[1]).lower()] = value
    return names
