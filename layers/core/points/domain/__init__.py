"""Decisions about points: pure functions on plain values, Python's standard library only.

Nothing in here knows AWS, a clock, randomness or JSON over HTTP. A decision takes an account, a command,
the program and the moment, and answers with the account after it, one entry and what else is at stake, or
raises a refusal from :mod:`points.domain.errors`.
"""
