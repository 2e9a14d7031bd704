"""A refund: take back what an event earned, or give back what a capture spent (R-EARN-11)."""

from points.application.movement import Booked, Request, perform
from points.application.reading import account_of
from points.application.services import Services
from points.domain.errors import NotFound
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, Decision
from points.domain.ledger.entries import EntryName, Kind
from points.domain.movements.referring import reward_reference
from points.domain.movements.reversing import Original, Reversal, reverse
from points.domain.program.program import Program


def reverse_entry(services: Services, program: Program, reversal: Reversal, *, actor: str) -> Booked:
    """Raises NotFound (nothing of that name to reverse) and what :func:`points.domain.movements.reversing.reverse`
    raises."""

    def decide(account: Account, context: Context) -> Decision:
        # Read after the account: a reversal booked in between has moved the account on, and the commit loses the race.
        return reverse(account, reversal, _original(services, program, reversal), context)

    name = EntryName(Kind.REVERSAL, reversal.reference, reverses=reversal.of)
    return perform(services, Request(program, reversal.member, name, actor, reversal), decide)


def _original(services: Services, program: Program, reversal: Reversal) -> Original:
    """The entry and all that a reversal of it has to know. Where it qualified a referral, that is the referrer too."""
    entry, earlier = services.ledger.entry_with_reversals(program.name, reversal.member, reversal.of)
    if entry is None:
        raise NotFound(f"there is no entry {reversal.of}", resource="entry")
    referrer = entry.details.get("referrer") if entry.kind is Kind.EARN else None
    reward = None
    if isinstance(referrer, str):
        name = EntryName(Kind.REFERRAL_REWARD, reward_reference(entry.member, entry.reference))
        reward = services.ledger.entry(program.name, referrer, name)
    return Original(
        entry,
        earlier,
        decided=services.programs.version(program.name, entry.program_version),
        confirmed=bool(entry.moves.pending) and _is_confirmed(services, program, reversal),
        referrer=None if reward is None else account_of(services, program, reward.member),
        reward=reward,
    )


def _is_confirmed(services: Services, program: Program, reversal: Reversal) -> bool:
    name = EntryName(Kind.CONFIRM, reversal.of.reference)
    return services.ledger.entry(program.name, reversal.member, name) is not None
