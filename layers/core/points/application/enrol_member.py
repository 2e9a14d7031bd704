"""A member joins, or their profile changes."""

from points.application.services import Services
from points.domain.members import Profile
from points.domain.program import Program


def enrol_member(services: Services, program: Program, member: str, profile: Profile) -> bool:
    """The profile is replaced as a whole. True when the member is new."""
    return services.members.enrol(program.name, member, profile)
