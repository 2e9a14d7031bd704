"""Requests about members."""

from typing import Annotated

from pydantic import Field, StringConstraints

from points.domain.ledger.members import Profile
from points.http.schemas.attributes import Attributes
from points.http.schemas.common import Day, RequestModel

_LOCALE = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$"
_EMAIL = r"^[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]{1,189}$"
_PHONE = r"^\+?[0-9][0-9 -]{2,28}[0-9]$"


class ProfileBody(RequestModel):
    """The whole profile: what is left out is forgotten."""

    locale: Annotated[str, StringConstraints(pattern=_LOCALE)] | None = Field(None, examples=["zh-CN"])
    birthday: Day | None = None
    real_name_verified: bool = False
    email: Annotated[str, StringConstraints(pattern=_EMAIL)] | None = None
    phone: Annotated[str, StringConstraints(pattern=_PHONE)] | None = None
    attributes: Attributes = Field(default_factory=dict)
    opt_out: bool = Field(False, description="True: no reminders.")
    exchange_opt_out: bool = Field(False, description="True: nothing is bought for points that expire.")

    def profile(self) -> Profile:
        return Profile(
            locale=self.locale,
            birthday=self.birthday,
            real_name_verified=self.real_name_verified,
            email=self.email,
            phone=self.phone,
            attributes=self.attributes,
            opt_out=self.opt_out,
            exchange_opt_out=self.exchange_opt_out,
        )
