"""What is kept: accounts and their lots, entries, orders, what is known of members. Uses programs."""
