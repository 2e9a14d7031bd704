"""Bounds that keep one account small and every number exact. Each is enforced where the value enters."""

MAX_POINTS = 10**12
"""Points in one movement or one balance component: far below 2**53, so no JSON reader loses a digit."""

MAX_AMOUNT_MINOR = 10**14
"""Money in minor units (one trillion yuan): keeps amount × rate within MAX_POINTS checks, never in floats."""

MAX_QUANTITY = 10_000
"""Occurrences reported by one event."""

MAX_LOTS = 120
"""Live buckets on one account, with those of its open holds. Beyond it, neighbours are merged in the member's
favour."""

MAX_UNDATED_LOTS = 36
"""Earning months told apart among lots that activity keeps alive, and among those that never expire: the latest. All
before them is one lot, so that an account does not grow with the years."""

MAX_HELD_LOTS = 96
"""Buckets that all open holds together may be drawn from, counted hold by hold: a hold that would need more is refused.
So there is always room for two years of monthly lots beside them."""

MAX_FACT_TEXT = 64
"""Characters of a text attribute that rules may know of a member: it lies on the account."""

MAX_PENDING_LOTS = 100
"""Pending buckets on one account. Beyond it those of one day are joined, in the member's favour: points wait 90 days at
most, so there is always room."""

MAX_COUNTERS = 1_000
"""Counters on one account: caps, tasks, streaks, months. What a program may need is bounded by what it takes to store
them (MAX_COUNTER_BYTES), which is less; this is the last line."""

MAX_COUNTER_BYTES = 2_400
"""What a program may make a member's counters take on the account: a program that needs more is not published."""

MAX_RETIRED = 100
"""Names of rules, tasks, campaigns and risk rules that a program may give up within the days for which what they
counted is kept: it lies on its members' accounts."""

MAX_OPEN_HOLDS = 20
"""Holds of one member that may be open at once; more is refused with ``limit_reached``."""

MAX_HOLD_SECONDS = 30 * 24 * 3600
"""A hold is for a checkout, not for ever."""

MAX_POOL_MEMBERS = 10
"""Members that a pool may be shared by: their names lie on its account, which each of their movements writes."""

MAX_BUDGETS_PER_EVENT = 20
"""Campaigns with a budget that may pay for one event: each is a part of the event's transaction."""

MAX_STOCK_SHARDS = 1_500
"""Counters of all stocks of a program together. A reward without shards of its own has one."""

MAX_BATCH = 100
"""Events in one batch request."""

MAX_SAMPLES = 500
"""Events in one request to try a draft on."""

MAX_DOCUMENT_BYTES = 350_000
"""Of a program as JSON in ASCII. One of that size has become something else than rules."""
