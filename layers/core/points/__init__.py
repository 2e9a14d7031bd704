"""Points Ledger: an exact, serverless ledger for loyalty points (积分)."""
