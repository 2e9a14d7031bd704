"""What the function ``redemption`` does: rewards, orders, holds."""
