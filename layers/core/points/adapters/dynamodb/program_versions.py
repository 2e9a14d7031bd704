"""Drafts and published versions in DynamoDB: one item per version, and one that points to the live one."""

from collections.abc import Collection, Mapping, Sequence

from points.adapters.dynamodb import keys
from points.adapters.dynamodb.attributes import number
from points.adapters.dynamodb.models import (
    DepartureItem,
    DraftItem,
    Item,
    LiveItem,
    ProgramItem,
    TimedItem,
    VersionItem,
)
from points.adapters.dynamodb.table import ConditionFailed, Table
from points.adapters.dynamodb.transaction import Transaction
from points.application.ports import Draft, Page, PublishedVersion, RaceLost
from points.domain.errors import Fault, InvalidRequest, Throttled, VersionConflict
from points.domain.limits import MAX_DOCUMENT_BYTES
from points.domain.program.succession import Departure, Name

_ABSENT = "attribute_not_exists(pk)"


class DynamoDBProgramVersions:
    """Implements :class:`points.application.ports.ProgramVersions`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def draft(self, program: str) -> Draft | None:
        item = self._table.get(keys.program_pk(program), keys.DRAFT)
        return None if item is None else DraftItem.read(item).draft()

    def save_draft(self, program: str, draft: Draft) -> None:
        """Raises VersionConflict, and InvalidRequest for a document that is too large."""
        stored = DraftItem.of(program, draft)
        if len(stored.document) > MAX_DOCUMENT_BYTES:
            fault = Fault("", "too_large", f"must be at most {MAX_DOCUMENT_BYTES} bytes of JSON")
            raise InvalidRequest("the program is too large to be stored", faults=(fault,))
        seen = draft.revision - 1
        try:
            if seen == 0:
                self._table.put(stored.item(), condition=_ABSENT)
            else:
                self._table.put(stored.item(), condition="r = :seen", values={":seen": {"N": number(seen)}})
        except ConditionFailed as failure:
            # The client repeats a save whose answer was lost, and then finds its own.
            if failure.item is None or dict(failure.item) != stored.item():
                raise _saved_since(seen, failure.item) from failure

    def live(self, program: str) -> PublishedVersion | None:
        pointer = self._live_pointer(program)
        return None if pointer is None else self.version(program, pointer.version)

    def live_number(self, program: str) -> int | None:
        pointer = self._live_pointer(program)
        return None if pointer is None else pointer.version

    def departed(self, program: str, names: Collection[Name]) -> Mapping[Name, Departure]:
        pk = keys.program_pk(program)
        wanted = [keys.key(pk, keys.departure_sk(kind, name)) for kind, name in sorted(names)]
        found = (DepartureItem.read(item).departure() for item in self._table.get_all(wanted))
        return {(departure.kind, departure.name): departure for departure in found}

    def version(self, program: str, version: int) -> PublishedVersion | None:
        item = self._table.get(keys.program_pk(program), keys.version_sk(version))
        return None if item is None else VersionItem.read(item).published()

    def versions(self, program: str, *, before: int | None = None, limit: int) -> Page[PublishedVersion]:
        last = keys.LAST_VERSION if before is None else min(before - 1, keys.LAST_VERSION)
        if last < 1:
            return Page([])
        # One more than asked for: it tells whether there is a next page.
        items = list(
            self._table.query(
                "pk = :pk AND sk BETWEEN :first AND :last",
                {
                    ":pk": {"S": keys.program_pk(program)},
                    ":first": {"S": keys.version_sk(1)},
                    ":last": {"S": keys.version_sk(last)},
                },
                backwards=True,
                limit=limit + 1,
            )
        )
        published = [VersionItem.read(item).published() for item in items[:limit]]
        return Page(published, str(published[-1].version) if len(items) > limit else None)

    def publish(self, program: str, version: PublishedVersion, departures: Sequence[Departure] = ()) -> None:
        transaction = Transaction(self._table)
        before = version.version - 1

        def failed(_: Item | None) -> VersionConflict:
            return _published_since(before, self._live_pointer(program))

        transaction.put(VersionItem.of(program, version).item(), condition=_ABSENT, failed=failed)
        # The pointer is put as a whole; an account of the past it does not need, the versions are all there.
        transaction.put(
            LiveItem.pointing(program, version.version, version.revision).item(),
            condition=_ABSENT if before == 0 else "v = :before",
            values=None if before == 0 else {":before": {"N": number(before)}},
            failed=failed,
        )
        # Each time, so that a program from before there was a directory enters it.
        transaction.put(ProgramItem.of(program).item())
        for departure in departures:
            item = DepartureItem.of(program, departure).item()
            if transaction.room:
                transaction.put(item)
            else:
                # Ahead of the version: that something left which is still there is never looked at.
                self._table.put(item)
        try:
            transaction.commit()
        except RaceLost as race:
            # Perhaps another publish, perhaps our own that was cut off and is still under way: that decides itself.
            pointer = self._live_pointer(program)
            if (0 if pointer is None else pointer.version) == before:
                raise Throttled("another publish is under way") from race
            raise _published_since(before, pointer) from race

    def programs(self, *, after: str | None = None, limit: int) -> Page[str]:
        items = self._table.query(
            "pk = :pk",
            {":pk": {"S": keys.PROGRAMS}},
            after=None if after is None else keys.key(keys.PROGRAMS, after),
            limit=limit,
        )
        names = [item["sk"]["S"] for item in items]
        return Page(names, names[-1] if len(names) == limit else None)

    def timed_by(self, program: str) -> str | None:
        item = self._table.get(keys.program_pk(program), keys.TIMED)
        return None if item is None else TimedItem.read(item).settings

    def set_timed_by(self, program: str, settings: str) -> None:
        self._table.put(TimedItem.by(program, settings).item())

    def _live_pointer(self, program: str) -> LiveItem | None:
        item = self._table.get(keys.program_pk(program), keys.LIVE)
        return None if item is None else LiveItem.read(item)


def _saved_since(seen: int, item: Item | None) -> VersionConflict:
    found = 0 if item is None else DraftItem.read(item).revision
    return VersionConflict("the draft has been saved since", expected=seen, found=found)


def _published_since(before: int, pointer: LiveItem | None) -> VersionConflict:
    found = 0 if pointer is None else pointer.version
    return VersionConflict("another version has been published since", expected=before, found=found)
