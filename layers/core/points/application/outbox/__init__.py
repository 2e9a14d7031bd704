"""What happened in the ledger, told to the world: the table's stream is the outbox."""
