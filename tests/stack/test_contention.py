"""Many callers at once on one member, through API Gateway and Lambda, each with references others use as well."""

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from random import Random

from stack.api import Answer, Api
from stack.outputs import Stack
from tests.stack.support import audit, entries, insist, member_with, purchase

THREADS = 16
MEMBER = "contention"
EARNINGS, COUPONS, HOLDS = 30, 6, 10
POINTS_AT_FIRST, POINTS_EARNED, COUPON, HELD = 5_000, 10, 2_500, 40
TIMES_SENT = 3
BOOKED = {200, 201}

type Job = tuple[str, str, object]


def jobs() -> dict[str, Job]:
    """By reference. There are points for two coupons and not all of the holds."""
    earnings = [(f"e-{n}", "/events", purchase(MEMBER, f"e-{n}", f"{POINTS_EARNED}.00")) for n in range(EARNINGS)]
    spendings = f"/members/{MEMBER}"
    coupons = [
        (f"c-{n}", f"{spendings}/redemptions", {"reference": f"c-{n}", "reward": "coupon-200-50"})
        for n in range(COUPONS)
    ]
    holds = [(f"h-{n}", f"{spendings}/holds", {"reference": f"h-{n}", "points": HELD}) for n in range(HOLDS)]
    return {reference: ("POST", path, body) for reference, path, body in [*earnings, *coupons, *holds]}


def test_sixteen_callers_on_one_member_book_each_reference_once_and_never_overdraw(
    published: Stack, backend: Api
) -> None:
    member_with(backend, MEMBER, POINTS_AT_FIRST)
    todo = [*jobs().items()] * TIMES_SENT
    Random(16).shuffle(todo)  # noqa: S311 - repeatable on purpose

    with ThreadPoolExecutor(THREADS) as pool:
        sent = list(pool.map(lambda job: (job[0], insist(backend, *job[1])), todo))

    answers: defaultdict[str, list[Answer]] = defaultdict(list)
    for reference, answer in sent:
        answers[reference].append(answer)
    made = {reference for reference, heard in answers.items() if any(answer.status in BOOKED for answer in heard)}
    for heard in answers.values():
        booked = [answer for answer in heard if answer.status in BOOKED]
        assert [answer.status for answer in booked].count(201) <= 1
        assert all(answer.replayed == (answer.status == 200) for answer in booked)
        assert all(answer.body == booked[0].body for answer in booked)
        refused = [answer for answer in heard if answer not in booked]
        assert all((no.status, no.body["code"]) == (409, "insufficient_points") for no in refused), refused
    assert {reference for reference in jobs() if reference.startswith("e-")} <= made

    history = entries(backend, MEMBER)
    references = [entry["reference"] for entry in history]
    assert sorted(references) == sorted({"first", *made})
    assert [entry["seq"] for entry in history] == list(range(len(history), 0, -1))
    assert all(entry["balance"]["available"] >= 0 for entry in history)

    coupons, holds = (sum(reference.startswith(kind) for reference in made) for kind in ("c-", "h-"))
    expected = POINTS_AT_FIRST + EARNINGS * POINTS_EARNED - coupons * COUPON - holds * HELD
    balance = backend.expect("GET", f"/members/{MEMBER}/balance").body
    assert (balance["available"], balance["held"]) == (expected, holds * HELD)
    assert sum(entry["points"] for entry in history) == expected + holds * HELD
    assert not audit(published).findings
