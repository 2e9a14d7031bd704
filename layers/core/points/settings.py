"""The environment, read in one place and checked before anything is built from it.

What the Powertools and botocore read for themselves (service name, log level, region, endpoint) is theirs. A plain
dataclass, because the first pydantic model a process builds costs as much as the rest of our imports.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

_TABLE = re.compile(r"[a-zA-Z0-9_.-]{3,255}", re.ASCII)


class SettingsError(Exception):
    """The function is deployed wrongly: it must not start."""


@dataclass(frozen=True, slots=True)
class Settings:
    """``ledger_table`` is the name of the table the ledger stands in."""

    ledger_table: str

    def __post_init__(self) -> None:
        if not _TABLE.fullmatch(self.ledger_table):
            raise SettingsError(f"LEDGER_TABLE is not the name of a table: {self.ledger_table!r}")


def settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Raises SettingsError naming the variable that is missing or wrong."""
    return Settings(ledger_table=environment.get("LEDGER_TABLE", ""))
