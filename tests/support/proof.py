"""That an account is what its entries make of it, asked through the ports: for tests of anything that moves points."""

from functools import partial

from points.application.reading import entries_newest_first
from points.application.services import Services
from points.domain.auditing.accounts import Records, audit_account
from points.domain.auditing.findings import Finding
from points.domain.ledger.members import declaration
from points.domain.program.program import Program

ALL = 10_000


def findings(services: Services, program: Program, member: str) -> list[Finding]:
    """All that is wrong with one account; ``program`` is the live version, earlier ones are asked for."""
    account = services.ledger.account(program.name, member)
    assert account is not None
    entries = list(entries_newest_first(services, program, member))
    records = Records(
        account=account,
        entries=entries,
        orders=services.ledger.orders(program.name, member, limit=ALL).items,
        tier_changes=services.ledger.tier_changes(program.name, member, limit=ALL).items,
        notes={entry.name: entry.reason for entry in entries if entry.reason is not None},
        profile=services.members.profile(program.name, member),
    )
    versions = partial(services.programs.version, program.name)
    return list(audit_account(records, program, versions, {declaration(program.member_attributes)}))
