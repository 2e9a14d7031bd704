"""Requests of draws."""

from points.domain.movements.playing import Play
from points.http.schemas.common import Identifier, Reference, RequestModel


class PlayBody(RequestModel):
    reference: Reference
    draw: Identifier

    def play(self, member: str) -> Play:
        return Play(self.reference, member, self.draw)
