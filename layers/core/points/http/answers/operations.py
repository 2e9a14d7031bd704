"""Which operation gives which answer."""

from pydantic import BaseModel

from points.http.answers.configuration import (
    DifferencesAnswer,
    DraftAnswer,
    SimulationAnswer,
    VerdictAnswer,
    VersionAnswer,
    VersionsAnswer,
    VersionSummary,
)
from points.http.answers.coupons import Coupon as CouponAnswer
from points.http.answers.coupons import CouponsAnswer, ImportAnswer, PoolAnswer, WrittenOffAnswer
from points.http.answers.earning import BatchAnswer, EarnedAnswer, PreviewAnswer
from points.http.answers.expiry import ExpiriesAnswer, ExpiryRuleAnswer
from points.http.answers.members import BalanceAnswer, MemberAnswer, ProgressAnswer, TierAnswer, TierHistoryAnswer
from points.http.answers.movements import EntriesAnswer, MovementAnswer
from points.http.answers.offsets import OffsetQuoteAnswer, OrderRefundAnswer
from points.http.answers.redemption import HoldAnswer, OrderAnswer, OrderHistory, OrdersAnswer, RewardsAnswer
from points.http.answers.webhooks import (
    DeliveriesAnswer,
    DeliveryAnswer,
    EndpointAnswer,
    EndpointsAnswer,
    EndpointWithSecret,
    SecretAnswer,
)

MADE: dict[str, type[BaseModel]] = {
    "post_event": EarnedAnswer,
    "reverse_entry": MovementAnswer,
    "refer_member": MovementAnswer,
    "confirm_points": MovementAnswer,
    "redeem_reward": OrderAnswer,
    "cancel_order": OrderAnswer,
    "pay_order": OrderAnswer,
    "fulfil_order": OrderAnswer,
    "ship_order": OrderAnswer,
    "deliver_order": OrderAnswer,
    "hold_points": HoldAnswer,
    "capture_hold": HoldAnswer,
    "release_hold": HoldAnswer,
    "write_off_coupon": WrittenOffAnswer,
    "refund_order": OrderRefundAnswer,
    "adjust_points": MovementAnswer,
    "freeze_member": MovementAnswer,
    "unfreeze_member": MovementAnswer,
    "publish_draft": VersionSummary,
    "roll_back": VersionSummary,
    "enrol_member": MemberAnswer,
    "make_webhook": EndpointWithSecret,
    "ping_webhook": DeliveryAnswer,
}
"""By operation: answered 201 the first time and 200 again, with the same body (a member's is the current one, and the
secret of an endpoint is told the first time only)."""


READ: dict[str, type[BaseModel] | None] = {
    "read_member": MemberAnswer,
    "erase_member": None,
    "read_balance": BalanceAnswer,
    "list_entries": EntriesAnswer,
    "read_progress": ProgressAnswer,
    "read_tier": TierAnswer,
    "list_tier_changes": TierHistoryAnswer,
    "read_expiry_rule": ExpiryRuleAnswer,
    "read_expiries": ExpiriesAnswer,
    "post_event_batch": BatchAnswer,
    "preview_event": PreviewAnswer,
    "list_rewards": RewardsAnswer,
    "quote_offset": OffsetQuoteAnswer,
    "list_orders": OrdersAnswer,
    "read_order": OrderHistory,
    "list_coupons": CouponsAnswer,
    "read_coupon": CouponAnswer,
    "read_pool": PoolAnswer,
    "read_import": ImportAnswer,
    "read_draft": DraftAnswer,
    "save_draft": DraftAnswer,
    "compare_draft": DifferencesAnswer,
    "check_document": VerdictAnswer,
    "simulate_draft": SimulationAnswer,
    "read_config": VersionAnswer,
    "list_versions": VersionsAnswer,
    "read_version": VersionAnswer,
    "compare_version": DifferencesAnswer,
    "list_webhooks": EndpointsAnswer,
    "read_webhook": EndpointAnswer,
    "change_webhook": EndpointAnswer,
    "remove_webhook": None,
    "rotate_webhook_secret": SecretAnswer,
    "list_webhook_deliveries": DeliveriesAnswer,
    "read_webhook_delivery": DeliveryAnswer,
    "resend_webhook_delivery": DeliveryAnswer,
}
"""By operation: answered 200, or 204 where there is nothing to say."""


BEGUN: dict[str, type[BaseModel]] = {
    "start_import": ImportAnswer,
}
"""By operation: answered 202, with the place where it can be read how far it has come."""
