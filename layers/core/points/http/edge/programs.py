"""Which version of a program an answer is rendered under."""

from points.domain.ledger.entries import Entry
from points.domain.program.program import Program
from points.http.edge.security import Call


def deciding_program(call: Call, entry: Entry) -> Program:
    """The version that decided the entry: a replay after a publish still gives the body the first call gave."""
    return program_version(call, entry.program_version)


def program_version(call: Call, version: int) -> Program:
    """Raises NotFound."""
    if version == call.program.version:
        return call.program
    return call.services.programs.version(call.program.name, version)
