"""Lots: points that were earned in the same month and expire together.

A lot is known by its *bucket*, the text ``{expires_on}/{earned_month}`` such as ``2027-12-31/2026-11``. Text
order is drawing order: soonest expiry first, then oldest (R-RED-7). Of a *moving* lot, which activity keeps alive, the
account knows the date; the bucket has a stand-in for it. A *pending* bucket puts the day the points
become available in front: ``2026-12-01>2027-12-31/2026-11``. A ``+`` at the end says that the lot had expired and was
given back with days of grace: ``2027-01-30/2026-11+``; that happens to a lot once. Functions here take and return plain
mappings of bucket to points (always > 0) and never change what they are given.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from itertools import pairwise

from points.domain.calendar import MOVING, NEVER
from points.domain.limits import MAX_UNDATED_LOTS

type Bucket = str
type Lots = Mapping[Bucket, int]

_DATE = 10  # len("2027-12-31")
_MONTH = 7  # len("2026-11")
_GRACE = "+"
_MOVING = MOVING.isoformat()
_LONG_EXPIRED = 2
"""Days after which no clock takes a lot for a live one any more."""


def bucket(*, expires_on: date, earned_on: date) -> Bucket:
    return f"{expires_on.isoformat()}/{earned_on.isoformat()[:_MONTH]}"


def pending_bucket(*, available_on: date, lot: Bucket) -> Bucket:
    return f"{available_on.isoformat()}>{lot}"


def lot_of_pending(pending: Bucket) -> Bucket:
    return pending[_DATE + 1 :]


def earned_month(name: Bucket) -> str:
    """``2026-11``, of a lot."""
    return name[_DATE + 1 : _DATE + 1 + _MONTH]


def given_grace(name: Bucket, days: int) -> Bucket:
    """The lot good for so many days after its own last day, not after today; as it is where it has had its grace."""
    if had_grace(name):
        return name
    return f"{(first_date(name) + timedelta(days=days)).isoformat()}{name[_DATE:]}{_GRACE}"


def had_grace(name: Bucket) -> bool:
    return name.endswith(_GRACE)


def first_date(name: Bucket) -> date:
    """The expiry date of a lot, or the day a pending one becomes available."""
    return date.fromisoformat(name[:_DATE])


def is_moving(name: Bucket) -> bool:
    return name.startswith(_MOVING)


def stopped(lots: Lots, last_day: date) -> Lots:
    """``lots`` with that date for those that have been moving; as they are where none has."""
    if not any(map(is_moving, lots)):
        return lots
    dated: dict[Bucket, int] = {}
    for name, points in lots.items():
        target = dated_bucket(name, last_day)
        dated[target] = dated.get(target, 0) + points
    return dated


def dated_bucket(name: Bucket, last_day: date) -> Bucket:
    """The bucket with that date, if it has been moving."""
    return f"{last_day.isoformat()}{name[_DATE:]}" if is_moving(name) else name


def is_live(name: Bucket, today: date) -> bool:
    """A lot can be spent up to and including its expiry date (R-EXP-3), swept or not."""
    return name[:_DATE] >= today.isoformat()


def total(lots: Lots) -> int:
    return sum(lots.values())


def live_points(lots: Lots, today: date) -> int:
    threshold = today.isoformat()
    return sum(points for name, points in lots.items() if name[:_DATE] >= threshold)


def added(lots: Lots, moves: Lots) -> dict[Bucket, int]:
    """``lots`` with every move (±) applied; emptied buckets vanish. A negative bucket is a bug, never a state."""
    result = dict(lots)
    for name, points in moves.items():
        left = result.get(name, 0) + points
        if left < 0:
            raise AssertionError(f"lot {name} would hold {left} points")
        if left:
            result[name] = left
        else:
            result.pop(name, None)
    return result


def subtracted(lots: Lots, moves: Lots) -> dict[Bucket, int]:
    return added(lots, {name: -points for name, points in moves.items()})


def difference(after: Lots, before: Lots) -> dict[Bucket, int]:
    """What moved, bucket by bucket (±), leaving out what did not."""
    return {
        name: moved
        for name in sorted(after.keys() | before.keys())
        if (moved := after.get(name, 0) - before.get(name, 0))
    }


def draw(lots: Lots, points: int, order: Iterable[Bucket]) -> dict[Bucket, int]:
    """At most ``points`` out of ``lots``, bucket by bucket in the given order."""
    drawn: dict[Bucket, int] = {}
    for name in order:
        if points <= 0:
            break
        if taken := min(points, lots.get(name, 0)):
            drawn[name] = taken
            points -= taken
    return drawn


def by_date(names: Iterable[Bucket], moving_until: date | None) -> list[Bucket]:
    """Soonest expiry first, then oldest; moving ones by ``moving_until``, the present date of the account's."""
    return sorted(names, key=lambda name: name if moving_until is None else dated_bucket(name, moving_until))


def spending_order(lots: Lots, today: date, moving_until: date | None = None) -> list[Bucket]:
    """Live buckets, in the order of :func:`by_date` (R-RED-7)."""
    threshold = today.isoformat()
    return by_date((name for name in lots if name[:_DATE] >= threshold), moving_until)


def matured(pending: Lots, today: date) -> dict[Bucket, int]:
    """The pending buckets whose day has come."""
    threshold = today.isoformat()
    return {name: points for name, points in pending.items() if name[:_DATE] <= threshold}


def expiring(lots: Lots, today: date, moving_until: date | None = None) -> list[tuple[date, int]]:
    """Coming expiries of live lots, soonest first; points that never expire are not in it (R-EXP-5)."""
    by_date: dict[date, int] = {}
    for name in spending_order(lots, today, moving_until):
        day = first_date(name if moving_until is None else dated_bucket(name, moving_until))
        if day < MOVING:
            by_date[day] = by_date.get(day, 0) + lots[name]
    return list(by_date.items())


def merged(lots: Lots, limit: int, today: date) -> Lots:
    """At most ``limit`` live buckets, and as many of those that have long expired and wait for the sweep: neighbours in
    drawing order are joined, always into the later expiry.

    The member never loses a day, and an expired lot is never joined to a live one, or to one that may be live by a
    clock that is behind. Lots that have had their grace stay
    apart from others as long as that is possible. Then pairs of one earning month go first, so that figures by earning
    month stay exact as long as that is possible; among them the pair closest in time. Moving lots, and those that never
    expire, would become more for ever: of each only so many earning months are told apart, the latest.
    """
    if len(lots) <= min(limit, MAX_UNDATED_LOTS):
        return lots
    result = dict(lots)
    for undated in (MOVING, NEVER):
        names = sorted(name for name in result if first_date(name) == undated)
        for earlier, later in pairwise(names[: len(names) - MAX_UNDATED_LOTS + 1]):
            result[later] += result.pop(earlier)
    if len(result) <= limit:
        return result if len(result) < len(lots) else lots
    long_expired = (today - timedelta(days=_LONG_EXPIRED)).isoformat()
    for names in (spending_order(lots, today), sorted(name for name in lots if name[:_DATE] < long_expired)):
        while len(names) > limit:
            earlier, later = min(pairwise(names), key=_distance)
            result[later] += result.pop(earlier)
            names.remove(earlier)
    return result


def joined(pending: Lots, limit: int) -> Lots:
    """At most ``limit`` pending buckets, as far as that makes nobody wait longer: those of one day are joined, always
    into the later expiry."""
    if len(pending) <= limit:
        return pending
    result = dict(pending)
    while len(result) > limit:
        of_one_day = [pair for pair in pairwise(sorted(result)) if first_date(pair[0]) == first_date(pair[1])]
        if not of_one_day:
            break
        earlier, later = min(of_one_day, key=lambda pair: _distance((lot_of_pending(pair[0]), lot_of_pending(pair[1]))))
        result[later] += result.pop(earlier)
    return result


def _distance(pair: tuple[Bucket, Bucket]) -> tuple[object, ...]:
    earlier, later = pair
    return (
        # Which of a moving and a dated lot lives longer is not in their names.
        is_moving(earlier) != is_moving(later),
        had_grace(earlier) != had_grace(later),
        earned_month(earlier) != earned_month(later),
        first_date(later).toordinal() - first_date(earlier).toordinal(),
        pair,
    )
