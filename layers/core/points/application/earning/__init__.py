"""What the function ``earning`` does: events in, and taken back."""
