"""What a refund does that finds its points spent (R-EARN-11)."""

from enum import StrEnum


class ShortfallPolicy(StrEnum):
    """When a refund takes back points that are already spent (R-EARN-11)."""

    OWE = "owe"
    TAKE_AVAILABLE = "take_available"
    REFUSE = "refuse"
