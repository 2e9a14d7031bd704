"""What the world is told of the ledger: an entry or a notice as the events it makes. Pure, and the same at any time."""
