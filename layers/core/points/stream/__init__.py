"""What comes from the table itself: the images of its items, in the order in which they were written."""
