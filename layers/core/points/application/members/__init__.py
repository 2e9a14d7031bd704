"""What the function ``members`` does: enrolment, profiles, balances, history."""
