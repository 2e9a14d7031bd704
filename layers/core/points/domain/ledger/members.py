"""What the platform knows about a member beside points.

The profile is for people and for delivery; erasing it keeps the ledger whole. Of it, decisions know only the facts
that rules may ask for: those lie on the account.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from zlib import crc32

from points.domain.canonical import Plain
from points.domain.limits import MAX_FACT_TEXT
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
    exchange_opt_out: bool = False


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """What rules may know of a member. ``birthday`` is (month, day): the year is nobody's business here.
    ``attributes`` are those the program declares; ``declared`` tells which those were when the facts were taken from
    the profile, so that one that was declared later is looked up there."""

    birthday: tuple[int, int] | None = None
    real_name_verified: bool = False
    attributes: Mapping[str, Scalar] = field(default_factory=dict)
    declared: int = 0

    @classmethod
    def of(cls, profile: Profile, declared: Collection[str]) -> "MemberFacts":
        birthday = profile.birthday
        return cls(
            birthday=None if birthday is None else (birthday.month, birthday.day),
            real_name_verified=profile.real_name_verified,
            attributes={
                name: value
                for name in sorted(declared)
                if isinstance(value := profile.attributes.get(name), bool | int | str) and fits_on_account(value)
            },
            declared=declaration(declared),
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


def fits_on_account(value: Scalar) -> bool:
    return not isinstance(value, str) or len(value) <= MAX_FACT_TEXT


def declaration(names: Collection[str]) -> int:
    """A number for a set of names; 0 for none. Two that are alike by chance would only be looked up a little later."""
    return crc32(",".join(sorted(names)).encode()) if names else 0
