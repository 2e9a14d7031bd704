"""Streams: nothing is left out, an item's records keep their order, and what came once may come again."""

from collections.abc import Sequence
from random import Random

from tests.simulation.dynamodb import Client, Engine, Record
from tests.simulation.faults import Fault, Swarm
from tests.simulation.streams import Stream, as_event
from tests.simulation.world import World

ITEMS, WRITES = 12, 400


def test_every_record_comes_and_those_of_an_item_in_order() -> None:
    world = World("stream")
    engine = Engine(now=lambda: world.now)
    swarm = Swarm(Random(1), 0.0, tuple(Fault))  # noqa: S311 - repeatable on purpose
    received: dict[str, list[int]] = {}

    def consume(records: Sequence[Record]) -> int:
        done = world.random.randint(0, len(records)) if swarm.raging and world.random.random() < 0.2 else len(records)
        for record, event in zip(records[:done], as_event(records[:done])["Records"], strict=True):
            received.setdefault(record.key[0], []).append(int(event["dynamodb"]["NewImage"]["v"]["N"]))
        return done

    stream = Stream(world, engine, swarm, consume)
    client = Client(engine)

    def write() -> None:
        for value in range(WRITES):
            item = {"pk": {"S": f"item-{value % ITEMS}"}, "sk": {"S": "x"}, "v": {"N": str(value)}}
            client.put_item(TableName="Ledger", Item=item)
            world.wait(world.random.uniform(0.0, 0.2))
        swarm.raging = False

    world.spawn("writer", write)
    world.run()

    assert stream.is_done
    assert stream.delivered > WRITES, "something should have come again"
    for number in range(ITEMS):
        values = received[f"item-{number}"]
        written = list(range(number, WRITES, ITEMS))
        assert sorted(set(values)) == written
        # Repeated from an earlier place on, never out of order within one delivery.
        firsts = [value for place, value in enumerate(values) if value not in values[:place]]
        assert firsts == written
