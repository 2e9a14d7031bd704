"""The local stack of a developer's machine: environments, emulator, build, deployment, DynamoDB Local.

Nothing of this is deployed. It may know everything about the machine and the emulator; the product knows neither.
"""

import os


def _ask_no_proxy_for_this_machine() -> None:
    """Whatever proxy there is for the world outside, the emulator's address means something else to it."""
    exempt = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    if "127.0.0.1" not in exempt.split(","):
        exempt = ",".join(filter(None, [exempt, "127.0.0.1"]))
    # Each library reads the one or the other.
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = exempt


_ask_no_proxy_for_this_machine()
