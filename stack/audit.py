"""`make audit`: prove every account of a table from its entries and print the totals.

It exits 1 when something disagrees, and 2 when the table could not be read.

Without arguments it audits the stack that `make run` left running; `--table NAME` takes any table the caller's AWS
settings reach.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError

from points.adapters.backoff import JitteredBackoff
from points.adapters.cached_programs import CachedPrograms
from points.adapters.deadline import InvocationDeadline
from points.adapters.dynamodb.client import ledger_client
from points.adapters.dynamodb.program_versions import DynamoDBProgramVersions
from points.adapters.dynamodb.table import Table
from points.adapters.dynamodb.walk import DynamoDBWalk
from points.adapters.program_document import PydanticProgramDocuments
from points.application.administration.audit_ledger import CANNOT_BE_PROVED, Audit, audit_ledger
from points.domain.errors import StoreFailure
from stack.emulator import CREDENTIALS, REGION
from stack.paths import STACK_FILE

CANNOT_AUDIT = 2
"""The exit status where nothing could be said about the ledger: not that of damage."""

MAX_SHOWN = 100
"""Findings printed: one broken writer can break every account."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make audit", description=__doc__)
    parser.add_argument("--table", help="the table to audit; without it, the one of .local/stack.json")
    table_name = parser.parse_args(arguments).table or _running_stack()
    if table_name is None:
        print("No stack was ever started here: start one with `make run`, or name a --table", file=sys.stderr)
        return CANNOT_AUDIT
    try:
        table = Table(ledger_client(), table_name, JitteredBackoff(), InvocationDeadline())
        programs = CachedPrograms(DynamoDBProgramVersions(table), PydanticProgramDocuments())
        return report(audit_ledger(DynamoDBWalk(table), programs))
    except (StoreFailure, BotoCoreError, ClientError) as error:
        print(f"The table {table_name} cannot be read: {error}", file=sys.stderr)
        print("Is the stack running (`make run`)? For a --table: do region and credentials fit?", file=sys.stderr)
        return CANNOT_AUDIT


def report(audit: Audit) -> int:
    """Print an audit; the exit status it means."""
    totals = audit.totals
    print(f"{totals.accounts} accounts, {totals.entries.total()} entries")
    for kind, count in sorted(totals.entries.items()):
        print(f"  {kind:<15} {count:>10,} entries {totals.points[kind]:>+16,} points")
    print(f"  lots {totals.lots:,}, pending {totals.pending:,}, held {totals.held:,}, owed {totals.owed:,}")
    print(f"  outstanding {totals.outstanding:,}, sum of all entries {totals.points.total():,}")
    if audit.skipped:
        print("  stock or budgets moved during the walk and were not compared: audit again in a quieter moment")
    for finding in audit.findings[:MAX_SHOWN]:
        place = "  ".join(part for part in (finding.program, finding.member, finding.place) if part)
        print(f"WRONG  {place}  {finding.code}: {finding.message}")
    if len(audit.findings) > MAX_SHOWN:
        print(f"… and {len(audit.findings) - MAX_SHOWN} more")
    print("Everything agrees." if not audit.findings else f"{len(audit.findings)} findings.")
    print("What an audit cannot prove:")
    for limitation in CANNOT_BE_PROVED:
        print(f"  {limitation}")
    return 1 if audit.findings else 0


def _running_stack() -> str | None:
    """The table of the running stack, with the environment pointed at it; None if there is none."""
    if not STACK_FILE.exists():
        return None
    stack = json.loads(STACK_FILE.read_text("utf-8"))
    # None of the developer's own settings may lead elsewhere.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= {
        **CREDENTIALS,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": stack["endpoint_url"],
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    return str(stack["table"])


if __name__ == "__main__":
    sys.exit(main())
