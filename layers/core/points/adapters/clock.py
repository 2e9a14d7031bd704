"""The one place that asks what time it is."""

from datetime import UTC, datetime


class SystemClock:
    """Implements :class:`points.application.ports.Clock`."""

    def now(self) -> datetime:
        return datetime.now(UTC)
