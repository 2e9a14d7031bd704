"""The cheaper door: what the API takes one by one, from a queue."""
