"""Auctions 竞拍: one of a reward goes to whoever bids most points for it in time (R-RED-6)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from points.domain.calendar import utc_text
from points.domain.program.conditions import ALWAYS, Condition
from points.domain.program.limiting import MemberLimit


@dataclass(frozen=True, slots=True)
class Extension:
    """A bid in the last ``within_seconds`` moves the close on by ``by_seconds``, at most ``at_most`` times."""

    within_seconds: int
    by_seconds: int
    at_most: int


@dataclass(frozen=True, slots=True)
class Auction:
    """``reward`` names what is won. Bids count from ``opens_at`` until before ``closes_at``. The first is at least
    ``minimum_bid``, each later one at least ``step`` more than the one that leads. ``when`` says who may bid,
    ``limits`` how often each member may. ``title`` is by language."""

    name: str
    reward: str
    opens_at: datetime
    closes_at: datetime
    minimum_bid: int
    step: int
    extension: Extension | None = None
    limits: tuple[MemberLimit, ...] = ()
    when: Condition = ALWAYS
    title: Mapping[str, str] = field(default_factory=dict)

    @property
    def terms(self) -> str:
        """What bidders rely on, and no later version may change once bids can have been made."""
        extension = self.extension
        extended = "no extension"
        if extension is not None:
            extended = f"{extension.by_seconds} s more within {extension.within_seconds} s, {extension.at_most} times"
        opens_at, closes_at = utc_text(self.opens_at), utc_text(self.closes_at)
        return f"{self.reward} from {opens_at} to {closes_at}, {self.minimum_bid} and {self.step} more, {extended}"

    @property
    def latest_close(self) -> datetime:
        if self.extension is None:
            return self.closes_at
        return self.closes_at + timedelta(seconds=self.extension.by_seconds * self.extension.at_most)
