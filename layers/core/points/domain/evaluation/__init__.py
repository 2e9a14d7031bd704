"""What an event is worth, and where a member stands. Uses what is kept; moves nothing."""
