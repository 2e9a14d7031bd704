"""Builds the stack with `sam build` and deploys it to an emulator with `sam deploy`: the real template, unaltered.

Both are skipped when nothing they depend on changed.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from stack import outputs, template
from stack.emulator import CREDENTIALS, REGION, Emulator
from stack.outputs import Stack
from stack.paths import BUILDS, LOCAL, ROOT, SAM_ENVIRONMENT, TEMPLATE

STACK_NAME: Final = "points-ledger"
SENDER_EMAIL: Final = "points@shop.example"
"""Whom reminders of the local stack come from. Nothing leaves the machine: `stack/mailbox.py` reads what was sent."""
# Builds kept: the one in use and the one before, which another run may still be deploying.
_BUILDS_KEPT: Final = 2


class DeploymentError(Exception):
    """`sam` failed; the text holds the end of what it said."""


@dataclass(frozen=True)
class Build:
    """A finished `sam build`."""

    template: Path
    digest: str


def architecture() -> str:
    """This machine's own processor: the emulator runs the functions on it."""
    return "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "x86_64"


def build() -> Build:
    """Build for this machine, unless this very source was built before. Shared by `make run` and the tests."""
    digest = _source_digest()
    with _lock():
        directory = BUILDS / digest[:16]
        finished = directory / ".finished"
        if not finished.exists():
            print("Building the functions and layers …", flush=True)
            shutil.rmtree(directory, ignore_errors=True)
            _sam(
                [
                    "build", "--config-env", "local", "--template", str(TEMPLATE),
                    "--build-dir", str(directory),
                    # Keeps the dependency layer while only our own code changes.
                    "--cached", "--cache-dir", str(LOCAL / "sam-cache"),
                    "--parameter-overrides", f"Architecture={architecture()}",
                ],
                log=LOCAL / "build.log",
            )  # fmt: skip
            finished.touch()
        os.utime(directory)
        _forget_old_builds()
    return Build(directory / "template.yaml", digest)


def deploy(emulator: Emulator) -> Stack:
    """Build, deploy, and say where the stack is; quick if this build is what is deployed already."""
    built = build()
    stamp = emulator.directory / "deployed"
    deployed = stamp.read_text("ascii") if stamp.exists() else None
    if deployed != built.digest or outputs.stack_outputs(STACK_NAME, emulator.endpoint_url) is None:
        print("Deploying template.yaml to the emulator …", flush=True)
        stamp.unlink(missing_ok=True)
        _sam(
            [
                "deploy", "--config-file", str(ROOT / "samconfig.toml"), "--config-env", "local",
                "--template-file", str(built.template), "--stack-name", STACK_NAME,
                # Given here, they take the place of the profile's, so all stand here.
                "--parameter-overrides", f"Architecture={architecture()}", f"SenderEmail={SENDER_EMAIL}",
                "WebhooksToLoopback=true",
            ],
            log=emulator.directory / "deploy.log",
            endpoint_url=emulator.endpoint_url,
        )  # fmt: skip
        _complete(outputs.describe(STACK_NAME, emulator.endpoint_url))
        stamp.write_text(built.digest, "ascii")
    return outputs.describe(STACK_NAME, emulator.endpoint_url)


def _complete(stack: Stack) -> None:
    """Do what AWS does while it deploys and the emulator leaves out."""
    _publish_versions(stack)
    _apply_gateway_responses(stack)
    verify_sender(stack)


def verify_sender(stack: Stack) -> None:
    """Have SES take the sender for one of ours. On AWS its owner confirms a mail first."""
    outputs.client("sesv2", stack["endpoint_url"]).create_email_identity(EmailIdentity=SENDER_EMAIL)


def _publish_versions(stack: Stack) -> None:
    """Point each function's alias to the code just deployed.

    The emulator publishes no version when nothing but a layer changed, so that the old code would go on answering.
    """
    functions = outputs.client("lambda", stack["endpoint_url"])
    for name in stack["functions"].values():
        version = functions.publish_version(FunctionName=name)["Version"]
        functions.update_alias(FunctionName=name, Name="live", FunctionVersion=version)


def _apply_gateway_responses(stack: Stack) -> None:
    """Give the emulator's API the template's gateway responses.

    SAM puts them into the API's OpenAPI body, where AWS finds them and the emulator does not look.
    """
    api_id = stack["api_url"].split("/")[-2]
    properties = template.load()["Resources"]["Api"]["Properties"]
    gateway = outputs.client("apigateway", stack["endpoint_url"])
    for kind, response in properties["GatewayResponses"].items():
        headers = response["ResponseParameters"]["Headers"]
        status = {"statusCode": str(response["StatusCode"])} if "StatusCode" in response else {}
        gateway.put_gateway_response(
            restApiId=api_id,
            responseType=kind,
            responseParameters={f"gatewayresponse.header.{name}": value for name, value in headers.items()},
            responseTemplates=response["ResponseTemplates"],
            **status,
        )
    gateway.create_deployment(restApiId=api_id, stageName=properties["StageName"])


def _source_digest() -> str:
    """A digest of all that a build and a deployment depend on."""
    digest = hashlib.sha256(f"{platform.machine()} {platform.python_version()}".encode())
    files = [TEMPLATE, ROOT / "samconfig.toml", ROOT / "requirements" / "sam.txt", Path(__file__)]
    for folder in ("functions", "layers"):
        files += [
            file for file in sorted((ROOT / folder).rglob("*")) if file.is_file() and "__pycache__" not in file.parts
        ]
    for file in files:
        digest.update(f"\0{file.relative_to(ROOT)}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _sam(arguments: list[str], *, log: Path, endpoint_url: str | None = None) -> None:
    """Run SAM with nothing of the developer's AWS settings: it must not be able to reach a real account."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "SAM_"))}
    environment.pop("VIRTUAL_ENV", None)
    environment.pop("PYTHONPATH", None)
    environment |= {
        # `sam build` takes the python3.13 it finds on PATH, and the pip beside it.
        "PATH": f"{SAM_ENVIRONMENT / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAM_CLI_TELEMETRY": "0",
        **CREDENTIALS,
    }
    if endpoint_url is not None:
        environment["AWS_ENDPOINT_URL"] = endpoint_url
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as output:
        finished = subprocess.run(
            [SAM_ENVIRONMENT / "bin" / "sam", *arguments],
            # SAM leaves a folder behind where it is started.
            cwd=LOCAL,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if finished.returncode != 0:
        end = "\n".join(log.read_text("utf-8").splitlines()[-30:])
        raise DeploymentError(
            f"{end}\n\n`sam {arguments[0]}` failed; all it said is in {log}. `make clean` starts afresh."
        )


def _forget_old_builds() -> None:
    builds = sorted((entry for entry in BUILDS.iterdir() if entry.is_dir()), key=lambda entry: entry.stat().st_mtime)
    for old in builds[:-_BUILDS_KEPT]:
        shutil.rmtree(old)


@contextmanager
def _lock() -> Iterator[None]:
    BUILDS.mkdir(parents=True, exist_ok=True)
    with (LOCAL / "build.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
