"""Programs that were never documents: what tests of use cases hand in."""

from points.domain.errors import NotFound
from points.domain.program.program import Program


class MemoryPrograms:
    """Implements :class:`points.application.ports.Programs` over a fixed set; the highest version is live."""

    def __init__(self, *programs: Program) -> None:
        self._versions = {(program.name, program.version): program for program in programs}

    def live(self, program: str) -> Program:
        versions = [version for name, version in self._versions if name == program]
        if not versions:
            raise NotFound(f"there is no program {program}", resource="program")
        return self._versions[program, max(versions)]

    def version(self, program: str, version: int) -> Program:
        try:
            return self._versions[program, version]
        except KeyError:
            raise NotFound(f"the program {program} has no version {version}", resource="version") from None
