"""What is wrong with the auctions of a document."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from points.adapters.program_document import schema
from points.adapters.program_document.checks import Faults, of_each
from points.adapters.program_document.condition_faults import Asked, Vocabulary, condition_faults
from points.adapters.program_document.limit_faults import limit_faults
from points.adapters.program_document.moments import moment, moment_problem
from points.adapters.program_document.parts import FieldAtFault, Part, Parts
from points.domain.errors import Fault
from points.domain.limits import MAX_AUCTION_DAYS

_SECONDS_OF_A_DAY: Final = 86_400


def auction_faults(parts: Parts, vocabulary: Vocabulary) -> Faults:
    check = _Check(parts, vocabulary)
    yield from of_each(
        list(parts.auctions.values()), check.reward, check.paid_in_points, check.opens, check.closes, check.times
    )
    yield from of_each(list(parts.auctions.values()), check.when, limit_faults)


class _Check:
    def __init__(self, parts: Parts, vocabulary: Vocabulary) -> None:
        self._parts = parts
        self._vocabulary = vocabulary

    @property
    def _zone(self) -> ZoneInfo:
        """Raises FieldAtFault."""
        return ZoneInfo(self._parts.program.document.time_zone)

    def reward(self, part: Part[schema.AuctionDocument]) -> Faults:
        rewards, name = self._parts.raw.get("rewards", {}), part.document.reward
        if isinstance(rewards, Mapping) and name not in rewards:
            yield Fault(f"{part.path}/reward", "unknown_reward", f"the program has no reward {name}")

    def paid_in_points(self, part: Part[schema.AuctionDocument]) -> Faults:
        """Whoever bids most has paid: nobody would ask the winner for money, too."""
        reward = self._parts.rewards.get(part.document.reward)
        if reward is not None and reward.raw.get("cash") is not None:
            message = f"{part.document.reward} costs money beside points: what is won is paid with the bid alone"
            yield Fault(f"{part.path}/reward", "auction_of_cash", message)

    def opens(self, part: Part[schema.AuctionDocument]) -> Faults:
        if problem := moment_problem(part.document.from_, self._zone):
            yield Fault(f"{part.path}/from", "impossible_dates", problem)

    def closes(self, part: Part[schema.AuctionDocument]) -> Faults:
        if problem := moment_problem(part.document.to, self._zone):
            yield Fault(f"{part.path}/to", "impossible_dates", problem)

    def times(self, part: Part[schema.AuctionDocument]) -> Faults:
        opens_at, closes_at = self._moment(part.document.from_), self._moment(part.document.to)
        if closes_at <= opens_at:
            yield Fault(f"{part.path}/to", "impossible_dates", f"is not later than {part.document.from_}")
            return
        extension = part.document.extension
        seconds = (closes_at - opens_at).total_seconds()
        seconds += extension.by_seconds * extension.at_most if extension is not None else 0
        if seconds > MAX_AUCTION_DAYS * _SECONDS_OF_A_DAY:
            message = (
                f"takes longer than {MAX_AUCTION_DAYS} days, all extensions included: points would be held so long"
            )
            yield Fault(f"{part.path}/to", "auction_too_long", message)

    def _moment(self, text: str) -> datetime:
        if moment_problem(text, self._zone):
            raise FieldAtFault(text)
        return moment(text, self._zone)

    def when(self, part: Part[schema.AuctionDocument]) -> Faults:
        when = part.raw.get("when")
        if when is not None:
            yield from condition_faults(when, f"{part.path}/when", Asked(self._vocabulary, of_members=True))
