"""The ports a use case may use, wired once by :mod:`points.bootstrap`."""

from dataclasses import dataclass

from points.application.ports import Backoff, Clock, Ledger, Members, ProgramDocuments, Programs, ProgramVersions


@dataclass(frozen=True, slots=True)
class Services:
    ledger: Ledger
    members: Members
    programs: Programs
    versions: ProgramVersions
    documents: ProgramDocuments
    clock: Clock
    backoff: Backoff
