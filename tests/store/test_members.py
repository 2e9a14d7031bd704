"""Enrolment and profiles."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from points.adapters.dynamodb.table import Table
from points.domain.account import Account
from points.domain.earning import Event, earn
from points.domain.members import Profile
from tests.store.support import MEMBER, PROGRAM, Store, context, dynamodb_store

FULL = Profile(
    locale="zh-CN",
    birthday=date(1990, 2, 28),
    real_name_verified=True,
    email="li@example.com",
    phone="+86 10 1234",
    attributes={"city": "上海", "level": 3, "tags": ["a", "b"], "nested": {"x": None, "y": True}, "empty": ""},
    opt_out=True,
)


@pytest.mark.parametrize("profile", [Profile(), FULL])
def test_enrolment(store: Store, profile: Profile) -> None:
    assert store.members.profile(PROGRAM.name, MEMBER) is None
    assert store.members.enrol(PROGRAM.name, MEMBER, profile)
    assert store.members.profile(PROGRAM.name, MEMBER) == profile
    assert store.account() == Account(PROGRAM.name, MEMBER)


def test_a_profile_is_replaced_as_a_whole_and_the_account_stays(store: Store) -> None:
    store.members.enrol(PROGRAM.name, MEMBER, FULL)
    store.ledger.commit(earn(store.account(), Event("e1", MEMBER, "check_in"), context()))
    before = store.account()
    assert not store.members.enrol(PROGRAM.name, MEMBER, Profile(locale="en"))
    assert store.members.profile(PROGRAM.name, MEMBER) == Profile(locale="en")
    assert store.account() == before


def test_erasing_keeps_the_account(store: Store) -> None:
    store.members.enrol(PROGRAM.name, MEMBER, FULL)
    for _ in range(2):
        store.members.erase(PROGRAM.name, MEMBER)
        assert store.members.profile(PROGRAM.name, MEMBER) is None
    assert store.account() == Account(PROGRAM.name, MEMBER)


@pytest.mark.dynamodb
def test_of_16_who_enrol_one_member_one_is_told_that_it_is_new(dynamodb_table: Table) -> None:
    store = dynamodb_store(dynamodb_table)
    with ThreadPoolExecutor(16) as pool:
        new = list(pool.map(lambda _: store.members.enrol(PROGRAM.name, MEMBER, FULL), range(16)))
    assert new.count(True) == 1
