"""A member joins, or their profile changes."""

from points.application.ports import RaceLost
from points.application.services import Services
from points.domain.errors import Conflict, Fault, InvalidRequest
from points.domain.ledger.members import MemberFacts, Profile, fits_on_account
from points.domain.limits import MAX_FACT_TEXT
from points.domain.program.program import Program


def enrol_member(services: Services, program: Program, member: str, profile: Profile) -> bool:
    """The profile is replaced as a whole. True when the member is new. Raises InvalidRequest and Conflict."""
    too_long = [
        Fault(f"/attributes/{name}", "too_long", f"is known to rules: at most {MAX_FACT_TEXT} characters")
        for name in sorted(program.member_attributes)
        if isinstance(value := profile.attributes.get(name), str) and not fits_on_account(value)
    ]
    if too_long:
        raise InvalidRequest("the profile has attributes that rules could not know", faults=too_long)
    facts = MemberFacts.of(profile, program.member_attributes)
    try:
        return services.members.enrol(program.name, member, profile, facts)
    except RaceLost as race:
        raise Conflict("others kept changing this account") from race
