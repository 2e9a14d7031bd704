"""Full jitter, doubling from 10 ms to half a second."""

import pytest

from points.adapters.backoff import JitteredBackoff


@pytest.mark.parametrize(
    ("attempt", "bound"), [(1, 0.010), (2, 0.020), (3, 0.040), (6, 0.320), (7, 0.5), (12, 0.5), (1_000, 0.5)]
)
def test_bounds(attempt: int, bound: float) -> None:
    slept = list[float]()
    for random in (0.0, 0.5, 0.999):
        JitteredBackoff(sleep=slept.append, random=lambda random=random: random).wait(attempt)  # type: ignore[misc]
    assert slept == [pytest.approx(bound * random) for random in (0.0, 0.5, 0.999)]


def test_no_two_wait_the_same_time() -> None:
    slept = list[float]()
    for _ in range(50):
        JitteredBackoff(sleep=slept.append).wait(5)
    assert len(set(slept)) == 50
    assert all(0 <= seconds < 0.160 for seconds in slept)
