"""What decisions ask a program."""

from datetime import date, timedelta

import pytest

from points.domain.errors import UnknownBehaviour, UnknownReward
from points.domain.program.conditions import Operator
from points.domain.program.dates import Dates
from points.domain.program.rewards import Reward
from tests.builders import asks, program

TODAY = date(2026, 11, 25)


def test_names_are_looked_up_or_refused() -> None:
    rules = program()
    assert rules.behaviour("review").name == "review"
    assert rules.reward("coupon").price == 50
    with pytest.raises(UnknownBehaviour) as behaviour:
        rules.behaviour("flying")
    with pytest.raises(UnknownReward) as reward:
        rules.reward("moon")
    assert (behaviour.value.numbers, reward.value.numbers) == ({"behaviour": "flying"}, {"reward": "moon"})


@pytest.mark.parametrize(("points", "names"), [(9, []), (10, ["b"]), (20, ["a", "c", "b"]), (10**12, ["a", "c", "b"])])
def test_r_earn_9_what_the_member_can_have_now(points: int, names: list[str]) -> None:
    rewards = (Reward("c", 20), Reward("b", 10), Reward("a", 20))
    rules = program(rewards={reward.name: reward for reward in rewards})
    assert [reward.name for reward in rules.affordable(points, TODAY)] == names


def test_r_earn_9_a_hint_promises_nothing_that_a_redemption_would_refuse() -> None:
    some = asks("tier", Operator.AT_LEAST, 2)
    rewards = (
        Reward("open", 10),
        Reward("dear", 5, prices={"V2": 11}),
        Reward("paid", 10, cash=100),
        Reward("over", 10, dates=Dates(last=TODAY - timedelta(days=1))),
        Reward("last-day", 9, dates=Dates(TODAY, TODAY)),
        Reward("lounge", 10, when=some),
    )
    rules = program(rewards={reward.name: reward for reward in rewards})
    assert [reward.name for reward in rules.affordable(10, TODAY)] == ["open", "last-day"]
