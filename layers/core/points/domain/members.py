"""What the platform knows about a member beside points. Decisions never need it; erasing it keeps the ledger whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from points.domain.canonical import Plain


@dataclass(frozen=True, slots=True)
class Profile:
    locale: str | None = None
    birthday: date | None = None
    real_name_verified: bool = False
    email: str | None = None
    phone: str | None = None
    attributes: Mapping[str, Plain] = field(default_factory=dict)
    opt_out: bool = False
