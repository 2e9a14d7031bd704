"""What a referral pays, and when (R-EARN-13)."""

from dataclasses import dataclass

from points.domain.program.expiry import ExpiryPolicy


@dataclass(frozen=True, slots=True)
class ReferralRules:
    """What a referral pays both sides, when the newcomer enrols (``qualifying_behaviour`` None) or first does that."""

    newcomer_points: int
    referrer_points: int
    qualifying_behaviour: str | None = None
    maximum_per_referrer: int | None = None
    expiry: ExpiryPolicy | None = None
