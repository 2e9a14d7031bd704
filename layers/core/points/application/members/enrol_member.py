"""A member joins, or their profile changes."""

from points.application.ports import RaceLost
from points.application.services import Services
from points.domain.errors import Conflict
from points.domain.ledger.members import MemberFacts, Profile
from points.domain.program.program import Program


def enrol_member(services: Services, program: Program, member: str, profile: Profile) -> bool:
    """The profile is replaced as a whole. True when the member is new. Raises Conflict."""
    facts = MemberFacts.of(profile, program.member_attributes)
    try:
        return services.members.enrol(program.name, member, profile, facts)
    except RaceLost as race:
        raise Conflict("others kept changing this account") from race
