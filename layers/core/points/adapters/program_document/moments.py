"""Moments in a document: local to the program, or with an offset of their own."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def moment(text: str, zone: ZoneInfo) -> datetime:
    """In UTC. Of a local time that comes twice it is the first; one that the clocks pass over is moved on by as much as
    they are. Raises ValueError for a day or time there is not."""
    written = datetime.fromisoformat(text)
    return (written if written.tzinfo is not None else written.replace(tzinfo=zone)).astimezone(UTC)


def moment_problem(text: str, zone: ZoneInfo) -> str:
    """Why it cannot be told when it is; "" where it can."""
    try:
        at = moment(text, zone)
    except (ValueError, OverflowError):
        return "is a moment that no calendar has"
    written = datetime.fromisoformat(text)
    if written.tzinfo is not None:
        return ""
    local = written.replace(tzinfo=zone)
    if at.astimezone(zone).replace(tzinfo=None) != written:
        return "is passed over by the clocks there: write it with an offset"
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        return "comes twice there: write it with an offset"
    return ""
