"""Everything in this process's memory: for tests and for the API served locally, gone when the process ends.

The same conditions in the same order of precedence as the real store, under one lock instead of a transaction.
"""

from points.adapters.memory.codes import MemoryCodeMaker
from points.adapters.memory.coupons import MemoryCoupons
from points.adapters.memory.ledger import MemoryLedger
from points.adapters.memory.members import MemoryMembers
from points.adapters.memory.program_versions import MemoryProgramVersions
from points.adapters.memory.programs import MemoryPrograms
from points.adapters.memory.webhooks import MemoryDeliveries, MemoryDeliveryQueue, MemoryEndpoints

__all__ = [
    "MemoryCodeMaker",
    "MemoryCoupons",
    "MemoryDeliveries",
    "MemoryDeliveryQueue",
    "MemoryEndpoints",
    "MemoryLedger",
    "MemoryMembers",
    "MemoryProgramVersions",
    "MemoryPrograms",
]
