"""Enrolment, profiles and the directory of members in DynamoDB."""

from collections.abc import Callable

from points.adapters.dynamodb import keys
from points.adapters.dynamodb.models import (
    AccountItem,
    DirectoryItem,
    Item,
    ProfileItem,
    changed_facts,
    has_facts,
    same_facts,
)
from points.adapters.dynamodb.table import Table
from points.adapters.dynamodb.transaction import Transaction
from points.application.ports import DIRECTORY_SHARDS, Page, RaceLost
from points.domain.ledger.account import Account
from points.domain.ledger.members import MemberFacts, Profile

MAX_ATTEMPTS = 8
"""Races a profile may lose against movements and other profiles of its member: more than anybody meets who changes
their address while they shop."""


class DynamoDBMembers:
    """Implements :class:`points.application.ports.Members`.

    Profile, facts and directory are written in one transaction: whoever is cut off repeats it and finds all of it
    done or nothing, and of two profiles sent at the same time the facts are those of the one that stayed. The
    directory is written each time, so that repeating an enrolment also enters members from before there was one.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def enrol(self, program: str, member: str, profile: Profile, facts: MemberFacts) -> bool:
        def attempt() -> bool:
            found = self._table.get(keys.member_pk(program, member), keys.ACCOUNT)
            transaction = Transaction(self._table)
            _append_account(transaction, Account(program, member, facts=facts), found)
            transaction.put(ProfileItem.of(program, member, profile).item())
            transaction.put(DirectoryItem.of(program, member).item())
            transaction.commit()
            return found is None

        return self._persistently(attempt)

    def profile(self, program: str, member: str) -> Profile | None:
        item = self._table.get(keys.member_pk(program, member), keys.PROFILE)
        return None if item is None else ProfileItem.read(item).profile()

    def members(self, program: str, *, after: str | None = None, limit: int) -> Page[str]:
        # The last member of a page says where the next begins: its shard follows from its name. One more than asked
        # for is read: it tells whether there is a next page.
        found: list[str] = []
        for shard in range(0 if after is None else keys.directory_shard(after), DIRECTORY_SHARDS):
            found += self.in_shard(program, shard, after=after, limit=limit + 1 - len(found))
            after = None
        return Page(found[:limit], found[limit - 1] if len(found) > limit else None)

    def in_shard(self, program: str, shard: int, *, after: str | None = None, limit: int) -> list[str]:
        pk = keys.directory_pk(program, shard)
        start = None if after is None else keys.key(pk, after)
        return [item["sk"]["S"] for item in self._table.query("pk = :pk", {":pk": {"S": pk}}, after=start, limit=limit)]

    def erase(self, program: str, member: str) -> None:
        """The facts on the account are taken from the profile, so they go with it. The notes are as many as they are:
        who is cut off half-way repeats it."""

        def attempt() -> None:
            pk = keys.member_pk(program, member)
            found = self._table.get(pk, keys.ACCOUNT)
            transaction = Transaction(self._table)
            transaction.delete(keys.key(pk, keys.PROFILE))
            if found is not None:
                _append_account(transaction, Account(program, member), found)
            transaction.commit()

        self._persistently(attempt)
        pk = keys.member_pk(program, member)
        notes = self._table.query(
            "pk = :pk AND begins_with(sk, :notes)", {":pk": {"S": pk}, ":notes": {"S": keys.NOTE_PREFIX}}
        )
        for note in notes:
            self._table.delete(pk, note["sk"]["S"])

    def _persistently[Answer](self, attempt: Callable[[], Answer]) -> Answer:
        """Raises RaceLost when the account kept moving."""
        for lost in range(MAX_ATTEMPTS):
            if lost:
                self._table.backoff.wait(lost)
            try:
                return attempt()
            except RaceLost:
                continue
        raise RaceLost


def _append_account(transaction: Transaction, wanted: Account, found: Item | None) -> None:
    """A new account; or the facts of the one that was found, and nothing else of it: a movement may be under way.

    Where the facts stay as they are, so does the account: it is only held to them.
    """
    if found is None:
        transaction.put(
            AccountItem.of(wanted).item(), condition="attribute_not_exists(pk)", failed=lambda _: RaceLost()
        )
        return
    key = keys.key(keys.member_pk(wanted.program, wanted.member), keys.ACCOUNT)
    if has_facts(found, wanted.facts):
        condition, values = same_facts(wanted.facts)
        transaction.check(key, condition=condition, values=values, failed=lambda _: RaceLost())
    else:
        expression, values = changed_facts(wanted.facts)
        transaction.update(
            key,
            expression=expression,
            values=values,
            condition="attribute_exists(pk)",
            failed=lambda _: RaceLost(),
        )
