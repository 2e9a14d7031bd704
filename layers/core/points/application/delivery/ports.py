"""What delivery needs from outside, beside the ports all wings share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, Protocol

from points.application.ports import Clock, Deadline, Ledger, Members, Notices, Programs
from points.domain.ledger.members import Profile
from points.domain.ledger.timers import About
from points.domain.program.reminding import Text

EMAIL: Final = "email"
SMS: Final = "sms"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One notice by one channel: what a message on a channel's queue asks for, and what is done once."""

    program: str
    member: str
    about: About
    channel: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent. A text message has no subject."""

    subject: str
    body: str


class DeliveryError(Exception):
    """``code`` is the carrier's word for it, or ours: it names nobody, unlike the sentences carriers send along."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Refused(DeliveryError):
    """This letter to this address will never be taken as things are: to try again is to be refused again."""


class NotNow(DeliveryError):
    """Nothing is known to have been sent: later it may be. Where no answer came, it may have been sent all the same."""


class Sending(StrEnum):
    """What came of doing something once."""

    NOW = "now"
    BEFORE = "before"
    UNRECORDED = "unrecorded"
    """Now, but it could not be noted that it was: a duplicate of the message could send it again."""


class SentRecords(Protocol):
    """What has been sent, kept for longer than any message that asks for it can lie in a queue."""

    def once(self, delivery: Delivery, send: Callable[[], str]) -> Sending:
        """Do it unless it was done. What ``send`` raises is raised, and nothing counts as sent.

        Raises NotNow where somebody else is at it, or where it cannot be known: then it was not done here.
        """


class Outlet(Protocol):
    """A channel's way out."""

    def address(self, profile: Profile) -> str | None:
        """Where it reaches the member; None where it cannot."""

    def send(self, address: str, letter: Letter) -> str:
        """The carrier's name for what it took. Tries once. Raises Refused and NotNow."""


class Language(Protocol):
    """How one language writes numbers, dates and units, and what it says where a program says nothing of its own."""

    def number(self, value: int) -> str: ...

    def day(self, value: date) -> str: ...

    def unit(self, name: str, value: int) -> str:
        """The word that follows the number: ``points`` or ``days``."""

    def built_in(self, kind: str) -> Text:
        """``expiring`` or ``dormant``."""


class Languages(Protocol):
    def language(self, name: str) -> Language:
        """One of those a program may have."""


class ChannelQueues(Protocol):
    """The queues deliveries come by. ``queue`` is the name of one."""

    def set_aside(self, queue: str, body: str, reason: str) -> None:
        """Put a message among the dead letters of its queue. Raises NotNow."""

    def postpone(self, queue: str, receipt: str, seconds: int) -> None:
        """A message that was received comes back after so long. Raises NotNow."""


@dataclass(frozen=True, slots=True)
class DeliveryServices:
    """``outlets`` by channel; one that is switched off is not among them."""

    ledger: Ledger
    members: Members
    programs: Programs
    clock: Clock
    deadline: Deadline
    notices: Notices
    sent: SentRecords
    languages: Languages
    outlets: Mapping[str, Outlet]
    queues: ChannelQueues
