"""What members are told by themselves: whom, of what, when."""
