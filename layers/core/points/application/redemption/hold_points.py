"""Set points aside for a checkout, then capture or release them (R-RED-4)."""

from collections.abc import Callable
from dataclasses import dataclass

from points.application.movement import Booked, Request, perform
from points.application.services import Services
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, Decision
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.movements.holding import HoldRequest, capture, hold, release
from points.domain.program.program import Program


@dataclass(frozen=True, slots=True)
class HoldEnd:
    """The end of a hold by its reference. ``points`` only for a capture; None captures all of it."""

    member: str
    hold: str
    points: int | None = None


def hold_points(services: Services, program: Program, request: HoldRequest, *, actor: str) -> Booked:
    """Raises what :func:`points.domain.movements.holding.hold` raises."""
    name = EntryName(Kind.HOLD, request.reference)
    return perform(
        services,
        Request(program, request.member, name, actor, request),
        lambda account, context: hold(account, request, context),
    )


def capture_hold(services: Services, program: Program, end: HoldEnd, *, actor: str) -> Booked:
    """Raises what :func:`points.domain.movements.holding.capture` raises."""

    def decide(account: Account, context: Context, ended: Entry | None, held: Entry | None) -> Decision:
        return capture(account, end.hold, end.points, context, ended=ended, held=held)

    return _end(services, program, end, Kind.CAPTURE, actor, decide)


def release_hold(services: Services, program: Program, end: HoldEnd, *, actor: str) -> Booked:
    """Raises what :func:`points.domain.movements.holding.release` raises."""

    def decide(account: Account, context: Context, ended: Entry | None, held: Entry | None) -> Decision:
        return release(account, end.hold, context, ended=ended, held=held)

    return _end(services, program, end, Kind.RELEASE, actor, decide)


def _end(
    services: Services,
    program: Program,
    end: HoldEnd,
    kind: Kind,
    actor: str,
    decide: Callable[[Account, Context, Entry | None, Entry | None], Decision],
) -> Booked:
    def with_entries(account: Account, context: Context) -> Decision:
        if (open_hold := account.holds.get(end.hold)) is not None:
            if open_hold.offset_on is None or kind is not Kind.CAPTURE:
                return decide(account, context, None, None)
            # What order it is for stands in its entry, to keep the account small.
            made = services.ledger.entry(program.name, end.member, EntryName(Kind.HOLD, end.hold))
            return decide(account, context, None, made)
        # Not open any more: what became of it is in its entries. Read only here, never on the ordinary path.
        captured, released, held = (
            services.ledger.entry(program.name, end.member, EntryName(kind, end.hold))
            for kind in (Kind.CAPTURE, Kind.RELEASE, Kind.HOLD)
        )
        return decide(account, context, captured or released, held)

    return perform(services, Request(program, end.member, EntryName(kind, end.hold), actor, end), with_entries)
