"""The outbox under faults: each event is heard, the same each time, and a poisonous record lies aside."""

from dataclasses import replace
from datetime import date
from random import Random

from points.domain.ledger.entries import Entry
from points.domain.ledger.timers import Expiring
from points.domain.reminding.notices import Notice
from points.domain.telling.entries import events_of_entry
from tests.builders import NOW, Walk, account
from tests.simulation.dynamodb import Client, Engine
from tests.simulation.faults import Fault, Swarm
from tests.simulation.lambdas import Functions
from tests.simulation.outside import OUTBOX, Outside
from tests.simulation.streams import Stream
from tests.simulation.telling import Telling, is_told
from tests.simulation.world import World
from tests.support.telling import stored

MEMBERS, ENTRIES = 8, 25


def booked(member: str) -> list[Entry]:
    walk = Walk(account=account(member=member))
    return [walk.give(100) if number % 3 else walk.redeem() for number in range(1, ENTRIES + 1)]


def test_everything_is_told_whatever_happens_on_the_way() -> None:
    struck: set[Fault] = set()
    met: set[str] = set()
    for seed in range(12):
        swarm, telling = _told(seed)
        struck |= {fault for _, fault in swarm.met}
        met |= telling.met.keys()
    assert struck >= {Fault.IN_PART, Fault.LOST_AFTER, Fault.DIES_AFTER, Fault.HANGS}, "the worlds were too kind"
    assert met >= {"nothing told", "the outbox died"}, "the worlds were too kind"


def _told(seed: int) -> tuple[Swarm, Telling]:
    world = World(f"telling {seed}")
    engine = Engine(now=lambda: world.now)
    swarm = Swarm(Random(seed), 0.3, tuple(Fault))  # noqa: S311 - repeatable on purpose
    outside = Outside(lambda: world.now)
    telling = Telling(Functions(world, engine, outside, swarm))
    stream = Stream(world, engine, swarm, telling, is_told)
    client = Client(engine)
    by_member = {f"m-{number}": booked(f"m-{number}") for number in range(MEMBERS)}
    forged = replace(by_member["m-0"][0], member="forged")
    notice = Notice("demo", "m-1", Expiring(date(2026, 12, 31), 7), NOW, 300, None, ("email", "sms"))

    def write(facts: list[Entry]) -> None:
        for fact in facts:
            client.put_item(TableName="Ledger", Item=stored(fact))
            world.wait(world.random.uniform(0.0, 0.5))

    def end() -> None:
        swarm.raging = False

    for member, entries in by_member.items():
        world.spawn(member, lambda entries=entries: write(entries))  # type: ignore[misc]

    def put(fact: Entry | Notice) -> None:
        client.put_item(TableName="Ledger", Item=stored(fact))

    world.spawn("forger", lambda: put(forged), after=3.0)
    world.spawn("reminder", lambda: put(notice), after=4.0)
    world.spawn("the bus is gone", lambda: vars(outside).update(out_of_reach_until=25.0), after=15.0)
    world.spawn("peace", end, after=60.0)
    world.run()

    assert stream.is_done
    heard = {event["id"]: event for event in outside.events}
    wanted = {
        event.id: event.plain()
        for entries in by_member.values()
        for entry in entries
        for event in events_of_entry(entry)
    }
    reminded = heard.keys() - wanted.keys()
    assert [heard[each]["type"] for each in reminded] == ["PointsExpiring"]
    assert {each: event for each, event in heard.items() if each not in reminded} == wanted
    assert all(event == heard[event["id"]] for event in outside.events), "told again, and not the same"
    assert len(outside.events) > len(heard), "something should have been told again"
    for queue, channel in ((OUTBOX.email_queue, "email"), (OUTBOX.sms_queue, "sms")):
        assert {message["channel"] for message in outside.messages[queue]} == {channel}
    aside = outside.messages[OUTBOX.set_aside_queue]
    assert {(message["pk"], message["reason"]) for message in aside} == {("P#demo#M#forged", "unreadable ValueError")}
    return swarm, telling
