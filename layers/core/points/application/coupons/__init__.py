"""What the function ``coupons`` does: pools of codes, and the imports that fill them."""
