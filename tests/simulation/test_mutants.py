"""The simulator is worth what it finds: our own code, broken in one place at a time, is found broken.

Each of these faults has happened in some ledger. Each must be told within the operations stated here.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from points.adapters import cached_programs
from points.adapters.dynamodb import ledger, models, shared_counters, timers
from points.application import movement
from points.application.reading import account_of, with_current_facts
from points.application.reminders import remind_member
from points.domain.evaluation import evaluation, undoing
from points.domain.ledger import account, lots
from points.domain.ledger.booking import Context
from points.domain.movements import confirming, earning, expiring, holding, redeeming, referring, reversing
from points.domain.reminding.owing import Owed
from points.queue import events
from points.stream import outbox
from tests.simulation import telling
from tests.simulation.torture import outcome_of

OPERATIONS = 1_500
SEEDS = tuple(f"mutant-{number}" for number in range(1, 9))

type Break = Callable[[pytest.MonkeyPatch], None]


def put(*place_and_value: Any) -> Break:
    return lambda monkeypatch: monkeypatch.setattr(*place_and_value)


def without_the_account_condition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "same_account", lambda _account: ("attribute_exists(pk)", None))


def without_the_entry_condition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "_ABSENT", "attribute_not_exists(nothing_of_that_name)")


def without_a_look_after_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def attempt(services: Any, request: Any, fingerprint: str, decide: Any) -> Any:
        stored = account_of(services, request.program, request.member)
        context = Context(request.program, services.clock.now(), request.actor, fingerprint)
        decision = decide(with_current_facts(services, request.program, stored), context)
        services.ledger.commit(replace(decision, before=stored))
        return movement.Booked(decision.entry, replayed=False)

    monkeypatch.setattr(movement, "_attempt", attempt)


def deciding_again_with_the_old_account(monkeypatch: pytest.MonkeyPatch) -> None:
    known: dict[tuple[int, str], Any] = {}

    def remembered(services: Any, program: Any, member: str) -> Any:
        return known.setdefault((id(services), member), account_of(services, program, member))

    monkeypatch.setattr(movement, "account_of", remembered)


def a_shard_that_forgets(monkeypatch: pytest.MonkeyPatch) -> None:
    append = shared_counters.append_take

    def forgetting(transaction: Any, take: Any, picks: Any) -> None:
        append(transaction, take, [pick for pick in picks if pick.shard])

    monkeypatch.setattr(shared_counters, "append_take", forgetting)


def a_cap_counted_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    count = evaluation._Tally._count_under_caps

    def twice(self: Any, owner: str, caps: Any, times: int, points: int) -> None:
        count(self, owner, caps, 2 * times, 2 * points)

    monkeypatch.setattr(evaluation._Tally, "_count_under_caps", twice)


def a_timer_not_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    of = models.AccountItem.of.__func__  # type: ignore[attr-defined]
    never = classmethod(lambda cls, account: of(cls, replace(account, due_at=None)))
    monkeypatch.setattr(models.AccountItem, "of", never)


def half_of_a_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    commit = ledger.DynamoDBLedger.commit
    monkeypatch.setattr(
        ledger.DynamoDBLedger, "commit", lambda self, decision: commit(self, replace(decision, others=()))
    )


def a_queue_that_is_told_all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    book = events.book_messages

    def well(*arguments: Any) -> dict[str, Any]:
        book(*arguments)
        return {"batchItemFailures": []}

    monkeypatch.setattr(events, "book_messages", well)


def stock_that_does_not_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_counters, "append_return", lambda *_: None)


def a_program_known_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cached_programs, "LIVE_SECONDS", 1e9)


def an_entry_that_says_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is answered, and what is written down."""
    of = models.EntryItem.of.__func__  # type: ignore[attr-defined]
    shifted = classmethod(lambda cls, entry: of(cls, replace(entry, points=entry.points + (entry.seq == 9))))
    monkeypatch.setattr(models.EntryItem, "of", shifted)


def a_sweep_that_closes_what_can_be_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    past = expiring._past

    def more(settled: Any, context: Context) -> Any:
        tomorrow = replace(context, now=context.now + timedelta(days=1))
        return past(settled, tomorrow)

    monkeypatch.setattr(expiring, "_past", more)


def a_sweep_that_forgets_the_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiring, "next_due", lambda _account, _program: None)


def hands_over_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what was found it does one, and is content."""
    waiting = timers.DynamoDBTimers.waiting
    monkeypatch.setattr(timers.DynamoDBTimers, "waiting", lambda self, *where, **how: waiting(self, *where, **how)[:1])


def reminds_without_moving_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remind_member, "owed", lambda account, *_, **__: Owed((), account.remind_at))


def tells_before_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stream hears that all is well, whatever became of it."""
    said = outbox.tell

    def well(*arguments: Any) -> dict[str, Any]:
        with suppress(outbox.NothingTold):
            said(*arguments)
        return {"batchItemFailures": []}

    monkeypatch.setattr(telling, "tell", well)


MUTANTS: dict[str, Break] = {
    "no condition on the account": without_the_account_condition,
    "no condition on the entry": without_the_entry_condition,
    "no look after a refusal": without_a_look_after_a_refusal,
    "decides again with the old account": deciding_again_with_the_old_account,
    "a shard that forgets": a_shard_that_forgets,
    "a cap counted twice": a_cap_counted_twice,
    "a timer not moved": a_timer_not_moved,
    "half of a pair": half_of_a_pair,
    "the queue is told that all is well": a_queue_that_is_told_all_is_well,
    "stock does not come back": stock_that_does_not_come_back,
    "a program known for ever": a_program_known_for_ever,
    "an entry says something else": an_entry_that_says_something_else,
    "a sweep closes what can be spent": a_sweep_that_closes_what_can_be_spent,
    "a sweep forgets the timer": a_sweep_that_forgets_the_timer,
    "a sweep does one and is content": hands_over_nothing,
    "a reminder is never moved on": reminds_without_moving_on,
    "the stream is told that all is well": tells_before_it_is_told,
    "draws the longest-lived first": put(
        lots,
        "spending_order",
        lambda points, today, _moving=None: sorted((n for n in points if lots.is_live(n, today)), reverse=True),
    ),
    "spends what has expired": put(lots, "spending_order", lambda points, *_: sorted(points)),
    "forgets debts": put(account.Account, "repaid", lambda self, _today: self),
    "time matures nothing": put(account.Account, "settled", lambda self, _now, _zone: self),
    "refunds the whole again and again": put(reversing, "nominal_reversed", lambda _earlier: 0),
    "returns points to no lot": put(redeeming, "restored", lambda account, _lots, _context: account),
    "caps let everything through": put(
        evaluation._Tally, "_under_caps", lambda _self, _owner, _caps, points, **_: points
    ),
    "tasks pay again and again": put(evaluation, "PAID", "z"),
    "drops every counter": put(earning, "current_counters", lambda _account, _context: {}),
    "refunds leave the tier's points": put(reversing, "counted_back", lambda counters, *_where, **_what: counters),
    "refunds leave what was counted": put(
        reversing, "undo", lambda counters, _original, _part, **_programs: undoing.Undone(counters)
    ),
    "rewards stay with referrers": put(reversing, "_referrers_side", lambda *_: ()),
    "anybody confirms what risk holds": put(confirming, "_risk_rules", lambda _original, _decided: []),
    "what waits for one is taken for another": put(confirming, "still_waiting", lambda account, *_: account.pending),
    "a freeze stops nothing": put(holding, "refuse_if_frozen", lambda *_: None),
    "every newcomer brings a reward": put(referring, "_at_cap", lambda _referrer, _rules: False),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_is_found(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    MUTANTS[mutant](monkeypatch)
    for seed in SEEDS:
        try:
            if outcome_of(seed, OPERATIONS).violations:
                return
        except AssertionError:
            # One of our own assertions noticed before the checker did. Any other failure is a mutant that is none.
            return
    raise AssertionError(f"{mutant}: not found in {len(SEEDS)} worlds of {OPERATIONS:,} operations")
