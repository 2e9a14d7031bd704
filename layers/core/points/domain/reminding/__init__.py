"""What a member is to be told: notices, and their names. Each is told once for ever."""
