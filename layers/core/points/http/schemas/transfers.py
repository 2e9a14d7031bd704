"""Requests that move points from one member to another."""

from points.domain.movements.transferring import Transfer
from points.http.schemas.common import Identifier, Points, Reason, Reference, RequestModel


class TransferBody(RequestModel):
    """``to`` is who gets ``points``; the fee, where the program has one, comes on top."""

    reference: Reference
    to: Identifier
    points: Points

    def transfer(self, member: str) -> Transfer:
        return Transfer(self.reference, member, self.to, self.points)


class TransferReturnBody(RequestModel):
    reason: Reason
