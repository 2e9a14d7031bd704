"""What can happen to an account, one file for each. Uses evaluations; knows nothing of the other movements' callers."""
