"""Starts and stops MiniStack, the local stand-in for AWS.

It is bound to the loopback interface on a free port and keeps its state in its own directory, so that `make stop`
and a restart of the machine lose nothing. Standard library only: `make stop` must work whatever is installed.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from stack.paths import EMULATOR, EMULATOR_ENVIRONMENT

REGION: Final = "us-east-1"
# Any key will do: the emulator checks none.
CREDENTIALS: Final = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
HOST: Final = "127.0.0.1"
START_SECONDS: Final = 60
STOP_SECONDS: Final = 20
_PROCESSES: Final = Path("/proc")

# Emulators that this very process started: their end has to be taken note of, or they stay as zombies.
_started: dict[int, subprocess.Popen[bytes]] = {}


class EmulatorError(Exception):
    """The emulator did not do as it was told; the text says where its log is."""


@dataclass(frozen=True)
class Emulator:
    """A running emulator."""

    directory: Path
    port: int
    pid: int

    @property
    def endpoint_url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def is_up(self) -> bool:
        return _is_emulator(self.pid) and _answers(self.endpoint_url)


def start(directory: Path = EMULATOR, *, persist: bool = True) -> Emulator:
    """The emulator of this directory: the one that runs already, or a new one once it answers.

    With `persist` its state survives a restart, and so does its port as long as nobody else took it.
    """
    known = running(directory)
    if known is not None:
        return known
    # One that hangs would be forgotten, and go on running.
    stop(directory)
    directory.mkdir(parents=True, exist_ok=True)
    # Lambda workers unpack their code here; remnants of an emulator that was killed are of no use.
    scratch = directory / "tmp"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    port = _free_port(preferred=_last_port(directory))
    log = directory / "emulator.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [EMULATOR_ENVIRONMENT / "bin" / "ministack"],
            cwd=directory,
            env=_environment(directory, scratch, port, persist=persist),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # A group of its own: Ctrl-C in the terminal must not end it, and its workers can be ended with it.
            start_new_session=True,
        )
    _started[process.pid] = process
    emulator = Emulator(directory, port, process.pid)
    _write(emulator)
    deadline = time.monotonic() + START_SECONDS
    while not _answers(emulator.endpoint_url):
        if process.poll() is not None or time.monotonic() > deadline:
            stop(directory)
            raise EmulatorError(f"The emulator did not start. Its log: {log}")
        time.sleep(0.05)
    return emulator


def stop(directory: Path = EMULATOR) -> bool:
    """End the emulator of this directory and its workers; False if none ran. It writes its state while it ends."""
    record = _read(directory)
    if record is None or not _is_emulator(record.pid):
        return False
    os.kill(record.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while _is_emulator(record.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    with contextlib.suppress(ProcessLookupError):
        # Workers that outlived it, or itself if it hangs.
        os.killpg(record.pid, signal.SIGKILL)
    process = _started.pop(record.pid, None)
    if process is not None:
        process.wait()
    return True


def running(directory: Path = EMULATOR) -> Emulator | None:
    """The emulator of this directory if it answers."""
    record = _read(directory)
    return record if record is not None and record.is_up() else None


def _environment(directory: Path, scratch: Path, port: int, *, persist: bool) -> dict[str, str]:
    """What the emulator and, through it, the functions get to see: nothing of the developer's own AWS settings."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(directory),
        "TMPDIR": str(scratch),
        "LANG": "C.UTF-8",
        "BIND_HOST": HOST,
        # The host in the addresses it hands out, of queues for instance.
        "MINISTACK_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        **CREDENTIALS,
        "PERSIST_STATE": "1" if persist else "0",
        "STATE_DIR": str(directory / "state"),
        # Listens on every interface, whatever BIND_HOST says, and on one port for all emulators.
        "IOT_MTLS_ENABLED": "0",
    }


def _answers(endpoint_url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint_url}/_ministack/ready", timeout=2) as response:
            return bool(json.load(response)["status"] == "completed")
    except (OSError, ValueError, KeyError):
        return False


def _is_emulator(pid: int) -> bool:
    """Whether this process is an emulator: after a reboot its number may belong to anything."""
    if (_PROCESSES / "self" / "cmdline").exists():
        # Linux without `ps` is common in containers. The arguments of a zombie are empty.
        try:
            return b"ministack" in (_PROCESSES / str(pid) / "cmdline").read_bytes()
        except OSError:
            return False
    answer = subprocess.run(
        ["ps", "-ww", "-o", "stat=", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return "ministack" in answer.stdout and not answer.stdout.startswith("Z")


def _free_port(*, preferred: int | None) -> int:
    for port in (preferred, 0):
        if port is None:
            continue
        with socket.socket() as candidate:
            # As the emulator will: a port that a connection has just left is free.
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                candidate.bind((HOST, port))
            except OSError:
                continue
            return int(candidate.getsockname()[1])
    raise EmulatorError("No free port")


def _record(directory: Path) -> Path:
    return directory / "emulator.json"


def _write(emulator: Emulator) -> None:
    _record(emulator.directory).write_text(json.dumps({"port": emulator.port, "pid": emulator.pid}), "ascii")


def _read(directory: Path) -> Emulator | None:
    try:
        record = json.loads(_record(directory).read_text("ascii"))
    except FileNotFoundError:
        return None
    return Emulator(directory, record["port"], record["pid"])


def _last_port(directory: Path) -> int | None:
    record = _read(directory)
    return record.port if record is not None else None


def main() -> int:
    parser = argparse.ArgumentParser(prog="stack.emulator", description=__doc__)
    parser.add_argument("action", choices=["start", "stop"])
    if parser.parse_args().action == "start":
        print(f"The emulator answers at {start().endpoint_url}")
    else:
        print("Stopped." if stop() else "Nothing to stop: the stack is not running.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
