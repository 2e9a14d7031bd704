"""Telling the world: everything at least once, in order, and nothing that cannot be told stands in the way."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import cast

import pytest

from points.application.outbox.tell_changes import Change, Report, tell_changes
from points.application.ports import Outcome
from points.domain.ledger.entries import Entry, Kind
from points.domain.ledger.timers import Expiring
from points.domain.reminding.notices import Notice
from tests.builders import NOW, Walk
from tests.support.telling import LATER, NEVER, Bus, Channels, SetAside, World

NOTICE = Notice("demo", "m-1", Expiring(date(2026, 12, 31), 7), NOW, 300, "coupon", ("email", "sms"))


def booked(count: int) -> list[Entry]:
    walk = Walk()
    return [walk.give(100) for _ in range(count)]


def changes(*facts: Entry | Notice | None) -> list[Change]:
    return [
        Change(str(place), "P#demo#M#m-1", f"ENTRY#{place}", fact, "" if fact else "unreadable ValueError")
        for place, fact in enumerate(facts)
    ]


def seqs(world: World) -> list[int | None]:
    return [event.seq for event in world.bus.events]


def refusing(*seqs: int, outcome: Outcome = LATER) -> Bus:
    return Bus(lambda event: outcome if event.seq in seqs else Outcome())


def test_everything_is_told_in_the_order_it_was_booked() -> None:
    world = World()
    report = tell_changes(world.outbox, changes(*booked(3)))
    assert report == Report(reached=3, events=3, messages=0)
    assert seqs(world) == [1, 2, 3]


def test_nothing_is_nothing_to_tell() -> None:
    assert tell_changes(World().outbox, []) == Report(0, 0, 0)


def test_entries_of_one_member_are_put_in_order_and_others_stay_where_they_are() -> None:
    first, second, third = booked(3)
    other = replace(first, member="m-2")
    world = World()
    tell_changes(world.outbox, changes(third, NOTICE, other, first, second))
    assert [(event.member, event.seq) for event in world.bus.events] == [
        ("m-1", 1), ("m-1", None), ("m-2", 1), ("m-1", 2), ("m-1", 3),
    ]  # fmt: skip


def test_what_cannot_be_sent_for_now_comes_again_with_all_after_it() -> None:
    world = World(bus=refusing(2))
    report = tell_changes(world.outbox, changes(*booked(3)))
    assert (report.reached, report.events, report.fault) == (1, 1, "ThrottlingException")
    assert seqs(world) == [1]
    assert not world.set_aside.failures


def test_what_is_put_in_order_comes_again_from_its_place_in_the_stream() -> None:
    first, second, third = booked(3)
    world = World(bus=refusing(3))
    report = tell_changes(world.outbox, changes(third, first, second))
    # The third is told last and stands first: all of them come again.
    assert (report.reached, seqs(world)) == (0, [1, 2])


def test_an_entry_is_told_when_all_its_events_are() -> None:
    walk = Walk()
    walk.give(100)
    world = World(bus=Bus(lambda event: LATER if event.type.value == "OrderPlaced" else Outcome()))
    report = tell_changes(world.outbox, changes(walk.redeem(), walk.give(1)))
    assert (report.reached, world.bus.types) == (0, ["PointsRedeemed"])


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_record_that_cannot_be_understood_is_set_aside_and_stops_nothing(place: int) -> None:
    facts: list[Entry | Notice | None] = [*booked(2)]
    facts.insert(place, None)
    world = World()
    report = tell_changes(world.outbox, changes(*facts))
    assert (report.reached, seqs(world)) == (3, [1, 2])
    (failure,) = world.set_aside.failures
    assert (failure.number, failure.pk, failure.sk) == (str(place), "P#demo#M#m-1", f"ENTRY#{place}")
    assert failure.reason == "unreadable ValueError"


def test_an_entry_of_an_unknown_kind_is_set_aside() -> None:
    first, second = booked(2)
    unknown = replace(first, name=replace(first.name, kind=cast("Kind", "gift")))
    world = World()
    report = tell_changes(world.outbox, changes(unknown, second))
    assert (report.reached, seqs(world)) == (2, [2])
    assert [failure.reason for failure in report.set_aside] == ["untold KeyError"]


def test_what_the_bus_will_never_take_is_set_aside() -> None:
    world = World(bus=refusing(2, outcome=NEVER))
    report = tell_changes(world.outbox, changes(*booked(3)))
    assert (report.reached, report.events) == (3, 2)
    assert [(failure.number, failure.reason) for failure in report.set_aside] == [("1", "MalformedDetail")]


def test_what_cannot_even_be_set_aside_comes_again() -> None:
    first, second, third = booked(3)
    world = World(set_aside=SetAside(lambda failure: LATER if failure.number == "1" else Outcome()))
    report = tell_changes(world.outbox, changes(None, None, first, None, second, third))
    assert (report.reached, report.fault) == (1, "ThrottlingException")
    assert [failure.number for failure in report.set_aside] == ["0"]
    # A queue that will never take it is no better: somebody has to be told.
    world = World(set_aside=SetAside(lambda _: NEVER))
    assert tell_changes(world.outbox, changes(first, None)).reached == 1


def test_what_comes_again_is_not_set_aside_before() -> None:
    first, second = booked(2)
    world = World(bus=refusing(1))
    assert tell_changes(world.outbox, changes(first, None, second)).reached == 0
    assert world.set_aside.failures == []


# ── notices ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def sent(world: World) -> Sequence[tuple[str, Notice]]:
    return [(message.channel, message.notice) for message in world.channels.messages]


def test_a_notice_is_an_event_and_a_message_for_each_channel() -> None:
    world = World()
    report = tell_changes(world.outbox, changes(NOTICE))
    assert report == Report(reached=1, events=1, messages=2)
    assert world.bus.types == ["PointsExpiring"]
    assert sent(world) == [("email", NOTICE), ("sms", NOTICE)]


def test_a_notice_without_channels_is_an_event_alone() -> None:
    world = World()
    tell_changes(world.outbox, changes(replace(NOTICE, channels=())))
    assert (world.bus.types, sent(world)) == (["PointsExpiring"], [])


def test_a_superseded_notice_is_told_to_nobody_and_done_with() -> None:
    world = World()
    assert tell_changes(world.outbox, changes(replace(NOTICE, superseded=True))) == Report(1, 0, 0)
    assert (world.bus.types, sent(world)) == ([], [])


def test_a_queue_that_is_out_of_reach_makes_the_notice_come_again() -> None:
    (entry,) = booked(1)
    world = World(channels=Channels(lambda message: LATER if message.channel == "sms" else Outcome()))
    report = tell_changes(world.outbox, changes(entry, NOTICE))
    assert (report.reached, report.messages, report.fault) == (1, 1, "ThrottlingException")


def test_nobody_is_written_to_about_what_comes_again() -> None:
    (entry,) = booked(1)
    world = World(bus=refusing(1))
    assert tell_changes(world.outbox, changes(entry, NOTICE)).reached == 0
    assert sent(world) == []


def test_a_channel_nobody_serves_is_set_aside() -> None:
    world = World(channels=Channels(lambda _: Outcome("no_queue_for_channel")))
    report = tell_changes(world.outbox, changes(replace(NOTICE, channels=("pigeon",))))
    assert (report.reached, [failure.reason for failure in report.set_aside]) == (1, ["no_queue_for_channel"])
