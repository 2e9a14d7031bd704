"""The ports a use case may use, wired once by :mod:`points.bootstrap`."""

from dataclasses import dataclass

from points.application.ports import (
    Backoff,
    Clock,
    CodeMaker,
    Coupons,
    Deadline,
    Ledger,
    Members,
    Notices,
    ProgramDirectory,
    ProgramDocuments,
    Programs,
    ProgramVersions,
    SpentBudgets,
    Timers,
    Wording,
)


@dataclass(frozen=True, slots=True)
class Services:
    ledger: Ledger
    members: Members
    programs: Programs
    versions: ProgramVersions
    documents: ProgramDocuments
    clock: Clock
    backoff: Backoff
    deadline: Deadline
    spent_budgets: SpentBudgets
    timers: Timers
    directory: ProgramDirectory
    notices: Notices
    wording: Wording
    coupons: Coupons
    code_maker: CodeMaker
