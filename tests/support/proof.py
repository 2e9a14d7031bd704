"""That an account is what its entries make of it, asked through the ports: for tests of anything that moves points."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from itertools import product

from points.application.ports import Period
from points.application.reading import entries_newest_first
from points.application.services import Services
from points.domain.auditing.accounts import Records, audit_account
from points.domain.auditing.findings import Finding
from points.domain.auditing.ordering import listing_findings, orders_told
from points.domain.auditing.using import usages_told
from points.domain.ledger.members import declaration
from points.domain.ledger.orders import Order, OrderState
from points.domain.program.program import Program

ALL = 10_000

LATEST = 5
"""Orders that are looked for where operators find them: each takes a look into every state."""


def findings(services: Services, program: Program, member: str) -> list[Finding]:
    """All that is wrong with one account; ``program`` is the live version, earlier ones are asked for."""
    account = services.ledger.account(program.name, member)
    assert account is not None
    entries = list(entries_newest_first(services, program, member))
    records = Records(
        account=account,
        entries=entries,
        tier_changes=services.ledger.tier_changes(program.name, member, limit=ALL).items,
        notes={entry.name: entry.reason for entry in entries if entry.reason is not None},
        profile=services.members.profile(program.name, member),
        usages=[
            services.ledger.usage(program.name, member, kind, name) for kind, name in usages_told(entries, program.zone)
        ],
        entitlements=services.ledger.all_entitlements(program.name, member, after=None, limit=ALL).items,
    )
    versions = partial(services.programs.version, program.name)
    found = list(audit_account(records, program, versions, {declaration(program.member_attributes)}))
    told = sorted(orders_told(entries), key=lambda order: order.placed_at)[-LATEST:]
    return [*found, *listing_findings(told, list(_listed(services, told)))]


def _listed(services: Services, told: Sequence[Order]) -> Iterator[Order]:
    """What operators find of these orders, whatever state it says they are in."""
    for order, state in product(told, OrderState):
        moment = Period(order.placed_at, order.placed_at + timedelta(microseconds=1))
        for found in services.ledger.orders_in(order.program, state, moment, limit=ALL).items:
            if (found.member, found.reference) == (order.member, order.reference):
                yield found
