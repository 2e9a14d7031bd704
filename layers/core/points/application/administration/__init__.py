"""What the function ``administration`` does, and what operators do by command: correct, configure, audit."""
