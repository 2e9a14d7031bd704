"""Pools."""

from pydantic import Field

from points.http.answers.common import Answer, MomentText
from points.http.answers.members import Expiring
from points.http.answers.movements import Balance


class PoolAnswer(Answer):
    pool: str
    owner: str = Field(description="Who is told of points that expire.")
    members: list[str] = Field(description="By name.")
    balance: Balance = Field(description="What its members can spend together is `available`.")
    expiring: list[Expiring]
    as_of: MomentText
