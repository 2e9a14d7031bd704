"""A pool and what its members can spend."""

from points.application.members.manage_pools import PoolView
from points.domain.calendar import utc_text
from points.http.edge.answering import Json
from points.http.rendering.members import expiring_body
from points.http.rendering.movements import balance_body


def pool_body(view: PoolView) -> Json:
    return {
        "pool": view.name,
        "owner": view.pool.owner,
        "members": sorted(view.pool.members),
        "balance": balance_body(view.balance),
        "expiring": expiring_body(view.expiring),
        "as_of": utc_text(view.as_of),
    }
