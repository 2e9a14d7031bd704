"""Begin an import, or find the one that was begun under that reference."""

from dataclasses import dataclass

from points.application.coupons.ports import Importing
from points.domain.canonical import Plain
from points.domain.errors import NotFound, ReferenceReused
from points.domain.ledger.pools import PoolImport
from points.domain.program.program import Program


@dataclass(frozen=True, slots=True)
class ImportWanted:
    pool: str
    reference: str
    file: str


def start_import(importing: Importing, program: Program, wanted: ImportWanted, *, actor: str) -> PoolImport:
    """As it is by now. One that is not over is put into the queue again, which does no harm: it makes up for a message
    that was lost, or given up. Raises ReferenceReused."""
    now = importing.services.clock.now()
    new = PoolImport(program.name, wanted.pool, wanted.reference, wanted.file, actor, now, now)
    found = importing.pools.begin(new)
    if found.file != wanted.file:
        raise ReferenceReused("this reference was used for another file", reference=wanted.reference)
    if not found.is_over:
        importing.queue.send([work_of(found)])
    return found


def work_of(wanted: PoolImport) -> dict[str, Plain]:
    """The message that an import is to go on."""
    return {"program": wanted.program, "pool": wanted.pool, "import": wanted.reference}


def read_import(importing: Importing, program: Program, pool: str, reference: str) -> PoolImport:
    """Raises NotFound."""
    found = importing.pools.one(program.name, pool, reference)
    if found is None:
        raise NotFound(f"there is no import {reference}", resource="import")
    return found
