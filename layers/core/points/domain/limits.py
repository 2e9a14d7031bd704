"""Bounds that keep one account small and every number exact. Each is enforced where the value enters."""

MAX_POINTS = 10**12
"""Points in one movement or one balance component: far below 2**53, so no JSON reader loses a digit."""

MAX_AMOUNT_MINOR = 10**14
"""Money in minor units (one trillion yuan): keeps amount × rate within MAX_POINTS checks, never in floats."""

MAX_QUANTITY = 10_000
"""Occurrences reported by one event."""

MAX_LOTS = 120
"""Live buckets on one account. Beyond it, neighbours are merged in the member's favour."""

MAX_PENDING_LOTS = 200
"""Pending buckets on one account. Beyond it an earning is refused: joining two would make somebody wait longer."""

MAX_COUNTERS = 400
"""Counters on one account: caps, tasks, streaks, months. A program has to be very wide to get there."""

MAX_OPEN_HOLDS = 20
"""Holds of one member that may be open at once; more is refused with ``limit_reached``."""

MAX_HOLD_SECONDS = 30 * 24 * 3600
"""A hold is for a checkout, not for ever."""

MAX_BATCH = 100
"""Events in one batch request."""

MAX_SAMPLES = 500
"""Events in one request to try a draft on."""

MAX_DOCUMENT_BYTES = 350_000
"""Of a program as JSON in ASCII. One of that size has become something else than rules."""
