"""One member as operators and apps see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from points.application.pools import PoolShare, share_of
from points.application.reading import account_of
from points.application.services import Services
from points.domain.calendar import local_day
from points.domain.ledger.account import Account
from points.domain.ledger.entitlements import Entitlement
from points.domain.ledger.members import Profile
from points.domain.program.program import Program

MOST_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class MemberView:
    """``profile`` is empty after an erasure. ``entitlements`` are the badges and memberships the member has now, by
    reward: the first ``MOST_SHOWN`` of all there ever were."""

    account: Account
    profile: Profile
    as_of: datetime
    entitlements: Sequence[Entitlement] = ()
    pool: PoolShare | None = None


def read_member(services: Services, program: Program, member: str) -> MemberView:
    """Raises NotFound."""
    account = account_of(services, program, member)
    profile = services.members.profile(program.name, member) or Profile()
    now = services.clock.now()
    share = share_of(services, program, account, now)
    today = local_day(now, program.zone)
    found = services.ledger.all_entitlements(program.name, member, after=None, limit=MOST_SHOWN).items
    return MemberView(account, profile, now, [each for each in found if each.is_held(today)], share)
