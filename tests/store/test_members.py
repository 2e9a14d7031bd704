"""Enrolment and profiles."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from botocore.exceptions import ClientError

from points.adapters.backoff import JitteredBackoff
from points.adapters.deadline import InvocationDeadline
from points.adapters.dynamodb import keys
from points.adapters.dynamodb.members import MAX_ATTEMPTS
from points.adapters.dynamodb.table import Table
from points.application.earning.earn_points import earn_points
from points.application.members.enrol_member import enrol_member
from points.application.members.erase_member import erase_member
from points.application.ports import RaceLost
from points.application.reading import entries_newest_first
from points.domain.errors import Conflict
from points.domain.ledger.account import Account
from points.domain.ledger.members import MemberFacts, Profile, declaration
from points.domain.movements.earning import Event, earn
from tests.store.support import MEMBER, PROGRAM, NoWaiting, Store, context, dynamodb_store
from tests.support.proof import findings

FULL = Profile(
    locale="zh-CN",
    birthday=date(1990, 2, 28),
    real_name_verified=True,
    email="li@example.com",
    phone="+86 10 1234",
    attributes={"city": "上海", "level": 3, "tags": ["a", "b"], "nested": {"x": None, "y": True}, "empty": ""},
    opt_out=True,
)


DECLARED = declaration(PROGRAM.member_attributes)
NOTHING = MemberFacts(declared=DECLARED)
KNOWN = MemberFacts(birthday=(2, 28), real_name_verified=True, attributes={"city": "上海"}, declared=DECLARED)
"""Of the profile, what the program's rules may ask for."""


@pytest.mark.parametrize(("profile", "facts"), [(Profile(), NOTHING), (FULL, KNOWN)])
def test_enrolment(store: Store, profile: Profile, facts: MemberFacts) -> None:
    assert store.members.profile(PROGRAM.name, MEMBER) is None
    assert enrol_member(store.services(), PROGRAM, MEMBER, profile)
    assert store.members.profile(PROGRAM.name, MEMBER) == profile
    assert store.account() == Account(PROGRAM.name, MEMBER, facts=facts)


def test_a_profile_is_replaced_as_a_whole_and_the_points_stay(store: Store) -> None:
    enrol_member(store.services(), PROGRAM, MEMBER, FULL)
    store.ledger.commit(earn(store.account(), Event("e1", MEMBER, "check_in"), context()))
    before = store.account()
    for profile, facts in (
        (Profile(locale="en", birthday=date(2001, 2, 28)), MemberFacts((2, 28), declared=DECLARED)),
        (Profile(), NOTHING),
        (FULL, KNOWN),
    ):
        # Twice: what is the same already is left as it is.
        for _ in range(2):
            assert not enrol_member(store.services(), PROGRAM, MEMBER, profile)
            assert store.members.profile(PROGRAM.name, MEMBER) == profile
            assert store.account() == replace(before, facts=facts)


@pytest.mark.parametrize("was", [MemberFacts(), MemberFacts((1, 1)), MemberFacts(attributes={"city": "x"})])
@pytest.mark.parametrize("becomes", [MemberFacts(), MemberFacts((1, 2)), MemberFacts(attributes={"city": "y"})])
def test_a_movement_decided_on_old_facts_loses_the_race(store: Store, was: MemberFacts, becomes: MemberFacts) -> None:
    store.members.enrol(PROGRAM.name, MEMBER, FULL, was)
    decision = earn(store.account(), Event("e1", MEMBER, "check_in"), context())
    store.members.enrol(PROGRAM.name, MEMBER, FULL, becomes)
    if was != becomes:
        with pytest.raises(RaceLost):
            store.ledger.commit(decision)
        assert store.account() == Account(PROGRAM.name, MEMBER, facts=becomes)
        # Changed and changed back: the account is again what was read.
        store.members.enrol(PROGRAM.name, MEMBER, FULL, was)
    store.ledger.commit(decision)
    assert store.account() == decision.account


def test_yes_and_one_are_not_the_same(store: Store) -> None:
    for value in (1, True, 1):
        store.members.enrol(PROGRAM.name, MEMBER, FULL, MemberFacts(attributes={"city": value}))
        assert repr(store.account().facts.attributes) == repr({"city": value})


def test_erasing_keeps_the_account_without_the_facts(store: Store) -> None:
    enrol_member(store.services(), PROGRAM, MEMBER, FULL)
    store.ledger.commit(earn(store.account(), Event("e1", MEMBER, "check_in"), context()))
    before = store.account()
    for _ in range(2):
        erase_member(store.services(), PROGRAM, MEMBER)
        assert store.members.profile(PROGRAM.name, MEMBER) is None
        assert store.account() == replace(before, facts=MemberFacts())
    store.members.erase(PROGRAM.name, "nobody")


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_everybody_is_in_the_directory_once(store: Store, limit: int) -> None:
    members = {f"m{number}" for number in range(70)}
    for member in sorted(members):
        store.enrolled(member)
    store.enrolled("m1")
    store.members.enrol("other", "m-other", Profile(), MemberFacts())
    found, after = list[str](), None
    while True:
        page = store.members.members(PROGRAM.name, after=after, limit=limit)
        assert len(page.items) <= limit
        found += page.items
        after = page.next_key
        if after is None:
            break
    assert len(found) == len(members)
    assert set(found) == members
    assert store.members.members("nothing", limit=5).items == []


def test_repeating_an_enrolment_enters_members_from_before_the_directory(table: Table) -> None:
    store = dynamodb_store(table)
    store.enrolled()
    table.delete(keys.directory_pk(PROGRAM.name, keys.directory_shard(MEMBER)), MEMBER)
    assert store.members.members(PROGRAM.name, limit=5).items == []
    assert not enrol_member(store.services(), PROGRAM, MEMBER, Profile())
    assert store.members.members(PROGRAM.name, limit=5).items == [MEMBER]


class Meddling:
    """A client that lets something happen right before each transaction."""

    def __init__(self, client: Any, happens: Callable[[], object]) -> None:
        self._client = client
        self._happens = happens

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **request: Any) -> Any:
        self._happens()
        return self._client.transact_write_items(**request)


def test_facts_that_change_while_they_seem_right_already_are_looked_at_again(table: Table) -> None:
    """GIVEN facts that need no change WHEN a rival changes them in that moment THEN profile and facts agree all the
    same: those of one of the two."""
    store = dynamodb_store(table)
    enrol_member(store.services(), PROGRAM, MEMBER, FULL)
    rivals = [Profile(birthday=date(2000, 5, 5)), Profile(birthday=date(2000, 6, 6))]

    def rival() -> None:
        if rivals:
            enrol_member(store.services(), PROGRAM, MEMBER, rivals.pop())

    meddling: Any = Meddling(table.client, rival)
    services = dynamodb_store(Table(meddling, table.name, NoWaiting(), InvocationDeadline())).services()
    assert not enrol_member(services, PROGRAM, MEMBER, FULL)
    assert store.members.profile(PROGRAM.name, MEMBER) == FULL
    assert store.account() == Account(PROGRAM.name, MEMBER, facts=KNOWN)


def test_an_enrolment_waits_for_others_but_not_for_ever(table: Table) -> None:
    def conflict() -> None:
        response: Any = {
            "Error": {"Code": "TransactionCanceledException", "Message": ""},
            "CancellationReasons": [{"Code": "TransactionConflict"}, {"Code": "None"}, {"Code": "None"}],
        }
        raise ClientError(response, "TransactWriteItems")

    meddling: Any = Meddling(table.client, conflict)
    waiting = NoWaiting()
    services = dynamodb_store(Table(meddling, table.name, waiting, InvocationDeadline())).services()
    with pytest.raises(Conflict):
        enrol_member(services, PROGRAM, MEMBER, FULL)
    assert waiting.waits == list(range(1, MAX_ATTEMPTS))
    store = dynamodb_store(table)
    assert store.members.profile(PROGRAM.name, MEMBER) is None
    assert enrol_member(store.services(), PROGRAM, MEMBER, FULL), "nothing of it was written"


@pytest.mark.dynamodb
def test_of_16_who_enrol_one_member_one_is_told_that_it_is_new(dynamodb_table: Table) -> None:
    store = dynamodb_store(dynamodb_table)
    with ThreadPoolExecutor(16) as pool:
        new = list(pool.map(lambda _: store.members.enrol(PROGRAM.name, MEMBER, FULL, KNOWN), range(16)))
    assert new.count(True) == 1


@pytest.mark.dynamodb
def test_facts_that_race_with_movements_lose_nothing(dynamodb_table: Table) -> None:
    """GIVEN 8 threads that earn and 8 that change the profile, 10 times each, THEN every earning is there, the account
    is what they add up to, and the facts are those of the profile that stayed."""
    store = dynamodb_store(Table(dynamodb_table.client, dynamodb_table.name, JitteredBackoff(), InvocationDeadline()))
    services = store.services()
    store.enrolled()

    def work(thread: int) -> None:
        for number in range(10):
            if thread % 2:
                event = Event(f"e{thread}-{number}", MEMBER, "check_in")
                persistently(lambda event=event: earn_points(services, PROGRAM, event, actor="a"))  # type: ignore[misc]
            else:
                profile = Profile(birthday=date(2000, 1 + thread // 2, 1 + number), attributes={"city": f"c{number}"})
                persistently(lambda profile=profile: enrol_member(services, PROGRAM, MEMBER, profile))  # type: ignore[misc]

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16)))
    account, entries = store.account(), list(entries_newest_first(services, PROGRAM, MEMBER))
    assert len(entries) == 80
    assert account.lots == {"2027-12-31/2026-11": 800}
    assert findings(services, PROGRAM, MEMBER) == []
    profile = store.members.profile(PROGRAM.name, MEMBER)
    assert profile is not None
    assert account.facts == MemberFacts.of(profile, PROGRAM.member_attributes)


def persistently[Answer](call: Callable[[], Answer]) -> Answer:
    """As a client does that is told to come back."""
    for _ in range(60):
        try:
            return call()
        except Conflict:
            continue
    raise AssertionError("still not now")
