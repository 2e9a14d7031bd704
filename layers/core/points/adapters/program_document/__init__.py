"""A program as a document: its shape, its faults, and the domain program it becomes.

``schema`` says what a document looks like (and is published as JSON Schema), ``faults`` everything that is wrong with
one, ``warning_faults`` what is probably not meant, ``building`` turns one into the program that decisions work with.
Their models take longer to build than the rest of our code, so they are only imported when a document is at hand.
"""

# ruff: noqa: PLC0415 - see above

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from points.domain.canonical import Plain
from points.domain.errors import Fault
from points.domain.program.program import Program
from points.domain.program.succession import Inheritance


class PydanticProgramDocuments:
    """Implements :class:`points.application.ports.ProgramDocuments`."""

    def faults(self, document: Mapping[str, Plain]) -> Sequence[Fault]:
        from points.adapters.program_document.faults import faults_of

        return faults_of(document)

    def warnings(self, document: Mapping[str, Plain], *, now: datetime | None = None) -> Sequence[Fault]:
        """Without ``now`` nothing is called past."""
        from points.adapters.program_document.warning_faults import warnings_of

        return warnings_of(document, now=now)

    def load(
        self, document: Mapping[str, Plain], *, name: str, version: int, inheritance: Inheritance | None = None
    ) -> Program:
        """Only the shape is looked at: the document was checked when it was published, and checks may have become
        stricter since, which must not take a live program down."""
        from points.adapters.program_document.building import build
        from points.adapters.program_document.former import as_today
        from points.adapters.program_document.schema import ProgramDocument

        program = build(ProgramDocument.model_validate(as_today(document)), name=name, version=version)
        if inheritance is None:
            return program
        return replace(program, counts_from=inheritance.counts_from, retired=inheritance.retired)
