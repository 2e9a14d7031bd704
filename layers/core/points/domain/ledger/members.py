"""What the platform knows about a member beside points.

The profile is for people and for delivery; erasing it keeps the ledger whole. Of it, decisions know only the facts
that rules may ask for: those lie on the account.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from points.domain.canonical import Plain
from points.domain.program.conditions import Scalar


@dataclass(frozen=True, slots=True)
class Profile:
    locale: str | None = None
    birthday: date | None = None
    real_name_verified: bool = False
    email: str | None = None
    phone: str | None = None
    attributes: Mapping[str, Plain] = field(default_factory=dict)
    opt_out: bool = False


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """What rules may know of a member. ``birthday`` is (month, day): the year is nobody's business here.
    ``attributes`` are those the program declares."""

    birthday: tuple[int, int] | None = None
    real_name_verified: bool = False
    attributes: Mapping[str, Scalar] = field(default_factory=dict)

    @classmethod
    def of(cls, profile: Profile, declared: Iterable[str]) -> "MemberFacts":
        birthday = profile.birthday
        return cls(
            birthday=None if birthday is None else (birthday.month, birthday.day),
            real_name_verified=profile.real_name_verified,
            attributes={
                name: value
                for name in sorted(declared)
                if isinstance(value := profile.attributes.get(name), bool | int | str)
            },
        )

    def has_birthday(self, day: date) -> bool:
        """Who was born on 29 February has their birthday on the 28th where there is no 29th."""
        if self.birthday is None:
            return False
        month, day_of_month = self.birthday
        leap = day.year % 4 == 0 and (day.year % 100 != 0 or day.year % 400 == 0)
        if (month, day_of_month) == (2, 29) and not leap:
            day_of_month = 28
        return (day.month, day.day) == (month, day_of_month)
