"""What members are told before it is too late: points that expire soon, and points that lie idle."""
