"""Events on their way to the endpoints a program names."""
