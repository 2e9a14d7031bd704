"""Enrolment and profiles in DynamoDB."""

from points.adapters.dynamodb import keys
from points.adapters.dynamodb.models import AccountItem, ProfileItem
from points.adapters.dynamodb.table import ConditionFailed, Table
from points.application.ports import RaceLost
from points.domain.account import Account
from points.domain.members import Profile


class DynamoDBMembers:
    """Implements :class:`points.application.ports.Members`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def enrol(self, program: str, member: str, profile: Profile) -> bool:
        # Not one transaction, on purpose: the profile first and the account last, so whoever is cut off in between
        # repeats it and still hears that the member is new; and a profile may change while points move.
        self._table.put(ProfileItem.of(program, member, profile).item())
        try:
            self._table.put(AccountItem.of(Account(program, member)).item(), condition="attribute_not_exists(pk)")
        except (ConditionFailed, RaceLost):
            # A transaction at work on the account is a movement, and movements are for members who are there.
            return False
        return True

    def profile(self, program: str, member: str) -> Profile | None:
        item = self._table.get(keys.member_pk(program, member), keys.PROFILE)
        return None if item is None else ProfileItem.read(item).profile()

    def erase(self, program: str, member: str) -> None:
        self._table.delete(keys.member_pk(program, member), keys.PROFILE)
