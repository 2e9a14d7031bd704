"""Requests about pools."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path

from points.domain.movements.pooling import Joining
from points.http.schemas.common import IDENTIFIER, Identifier, Reference, RequestModel

PoolPath = Annotated[str, Path(pattern=IDENTIFIER, description="The pool, by the caller's own id.")]


class PoolBody(RequestModel):
    """``owner`` is the member who is told of points that expire."""

    owner: Identifier


class JoiningBody(RequestModel):
    reference: Reference
    member: Identifier

    def joining(self, pool: str) -> Joining:
        return Joining(self.reference, self.member, pool)
