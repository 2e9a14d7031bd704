"""What time alone brings: found by the due index, done by schedule."""
