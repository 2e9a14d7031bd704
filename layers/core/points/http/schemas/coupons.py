"""Requests that use coupons, and those that fill their pools."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import Field, StringConstraints

from points.application.coupons.start_import import ImportWanted
from points.domain.movements.writing_off import WriteOff
from points.http.schemas.common import IDENTIFIER, Amount, Identifier, Reason, Reference, RequestModel

POOL = r"^[a-z][a-z0-9_-]{0,47}$"
FILE = r"^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$"
"""No part begins with a dot: nothing leads out of the program's folder."""

CodePath = Annotated[
    str,
    Path(
        pattern=IDENTIFIER,
        description="The coupon's code. Of those the program makes itself, small letters are capitals.",
        examples=["7KQ2M-XW3PA-9RDTE-4HVZ6"],
    ),
]
PoolPath = Annotated[str, Path(pattern=POOL, description="The pool, as rewards name it.", examples=["cinema"])]
ImportPath = Annotated[str, Path(pattern=IDENTIFIER, description="The reference it was begun with.")]


class WriteOffBody(RequestModel):
    """``reference`` is that of the use: sent again, it is the same one. ``amount`` is what the coupon was used on."""

    reference: Reference
    amount: Amount | None = None
    note: Reason | None = None

    def write_off(self, code: str) -> WriteOff:
        return WriteOff(code, self.reference, self.amount)


class ImportBody(RequestModel):
    """``reference`` is that of the import: sent again, it is the same one, put to work again if it is not over."""

    reference: Annotated[Identifier, Field(description="The import's id: unique in the pool.", examples=["2026-11"])]
    file: Annotated[
        str,
        StringConstraints(pattern=FILE, max_length=512),
        Field(
            description="In the bucket of codes, below the folder that is named as the program. One code a line.",
            examples=["cinema/2026-11.csv"],
        ),
    ]

    def wanted(self, pool: str) -> ImportWanted:
        return ImportWanted(pool, self.reference, self.file)
