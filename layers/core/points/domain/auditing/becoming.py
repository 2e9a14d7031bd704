"""What rewards have made a member, told again from the entries that gave it and took it back."""

from collections.abc import Iterable, Iterator, Sequence

from points.domain.auditing.findings import CANNOT_FOLLOW, Finding
from points.domain.ledger.entitlements import Entitlement, given_by, with_given, without_given
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.ledger.orders import CANCELLATION, transition_name


def entitlement_findings(
    program: str, member: str, entries: Sequence[Entry], entitlements: Iterable[Entitlement]
) -> Iterator[Finding]:
    """``entries`` are all of one account, in the order of the chain."""
    found = {each.reward: each for each in entitlements}
    told: dict[str, Entitlement] = {}
    by_name: dict[EntryName, Entry] = {}
    for entry in entries:
        by_name[entry.name] = entry
        try:
            _follow(told, entry, by_name)
        except CANNOT_FOLLOW as error:
            message = f"{type(error).__name__}: {error}"
            yield Finding(program, member, str(entry.name), "cannot_be_retold", message)
    for reward in sorted(found.keys() | told.keys()):
        if found.get(reward) != told.get(reward):
            message = f"says {found.get(reward)}, the entries say {told.get(reward)}"
            yield Finding(program, member, f"entitlement {reward}", "entitlement_wrong", message)


def _follow(told: dict[str, Entitlement], entry: Entry, by_name: dict[EntryName, Entry]) -> None:
    if entry.name.reverses is not None:
        if entry.name.reverses.kind is Kind.REDEEM and entry.reference == CANCELLATION:
            _taken_back(told, by_name[entry.name.reverses], by_name)
        return
    given = given_by(entry)
    if given is None:
        return
    reward = _reward(by_name[EntryName(Kind.REDEEM, entry.reference)])
    new = Entitlement(
        program=entry.program,
        member=entry.member,
        reward=reward,
        since=given.since,
        order=entry.reference,
        version=entry.program_version,
        months=given.months,
        reserved=given.reserved,
    )
    told[reward] = with_given(told.get(reward), given, new)


def _taken_back(told: dict[str, Entitlement], redeemed: Entry, by_name: dict[EntryName, Entry]) -> None:
    paid = by_name.get(transition_name(Kind.PAY, redeemed.reference))
    granted = paid if paid is not None and "entitled" in paid.details else redeemed
    given = given_by(granted)
    if given is None:
        return
    left = without_given(told.pop(_reward(redeemed), None), given, redeemed.reference)
    if left is not None:
        told[left.reward] = left


def _reward(redeemed: Entry) -> str:
    return str(redeemed.details["reward"])
