"""Telling others: which endpoints want an event, what became of each delivery, when it is tried again."""
