"""The simulator is worth what it finds: our own code, broken in one place at a time, is found broken.

Each of these faults has happened in some ledger. Each must be told within the operations stated here.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from points.adapters import cached_programs, work_queue
from points.adapters.dynamodb import ledger, models, notices, shared_counters, table, transaction
from points.application import movement
from points.application.expiry import bring_up_to_date
from points.application.outbox import tell_changes
from points.application.reading import account_of, with_current_facts
from points.application.redemption import read_order
from points.application.reminders import remind_member
from points.bootstrap import scheduled
from points.domain.evaluation import evaluation, undoing
from points.domain.ledger import account, lots
from points.domain.ledger.booking import Context, TakeStock
from points.domain.ledger.orders import TRANSITIONS, OrderState, order_of
from points.domain.movements import (
    confirming,
    earning,
    expiring,
    granting,
    handling,
    holding,
    redeeming,
    referring,
    reversing,
)
from points.domain.movements.expiring import _expired, has_expired
from points.domain.movements.expiring import bring_up_to_date as decide
from points.domain.reminding import owing
from points.domain.telling import entries as telling
from points.domain.telling.events import event_id
from points.queue import events
from points.stream import outbox
from tests.simulation.torture import outcome_of

OPERATIONS = 600
SEEDS = tuple(f"mutant-{number}" for number in range(1, 21))

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


def closing_live_lots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of today, which is their last day."""
    past = expiring._past

    def too_early(settled: Any, context: Any) -> Any:
        return past(settled, replace(context, now=context.now + timedelta(days=1)))

    monkeypatch.setattr(expiring, "_past", too_early)


def a_sweep_without_a_condition(monkeypatch: pytest.MonkeyPatch) -> None:
    transaction, same_account = ledger.DynamoDBLedger._transaction, models.same_account
    booking: list[Any] = []

    def noted(self: Any, decision: Any, picks: Any) -> Any:
        booking[:] = [decision]
        return transaction(self, decision, picks)

    def unconditional(account: Any) -> Any:
        swept = booking[0].entry.actor == bring_up_to_date.ACTOR
        return ("attribute_exists(pk)", None) if swept else same_account(account)

    monkeypatch.setattr(ledger.DynamoDBLedger, "_transaction", noted)
    monkeypatch.setattr(ledger, "same_account", unconditional)


def notices_without_a_condition(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unconditional(transaction.Transaction):
        def put(self, item: Any, **_: Any) -> None:
            super().put(item)

    monkeypatch.setattr(notices, "Transaction", Unconditional)


def a_rest_that_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    send = work_queue.SqsWork.send
    monkeypatch.setattr(
        work_queue.SqsWork, "send", lambda self, work: send(self, [each for each in work if "after" not in each])
    )


def a_stream_that_is_told_all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    tell = tell_changes.tell_changes
    monkeypatch.setattr(
        outbox, "tell_changes", lambda to, changes: replace(tell(to, changes), reached=len(changes), fault="")
    )


def an_exchange_without_stock(monkeypatch: pytest.MonkeyPatch) -> None:
    granted = granting.granted

    def from_nowhere(*arguments: Any, **more: Any) -> Any:
        grant = granted(*arguments, **more)
        return replace(grant, effects=[effect for effect in grant.effects if not isinstance(effect, TakeStock)])

    monkeypatch.setattr(expiring, "granted", from_nowhere)


def timers_of_an_account_that_has_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    update = table.Table.update

    def unconditional(self: Any, place: Any, **request: Any) -> None:
        del request["values"][":before"]
        update(self, place, **{**request, "condition": "attribute_exists(pk)"})

    monkeypatch.setattr(table.Table, "update", unconditional)


def a_movement_of_several_that_books_one(monkeypatch: pytest.MonkeyPatch) -> None:
    commit = ledger.DynamoDBLedger.commit
    monkeypatch.setattr(
        ledger.DynamoDBLedger, "commit", lambda self, decision: commit(self, replace(decision, preceding=()))
    )


def notices_that_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    put = notices.DynamoDBNotices.put
    monkeypatch.setattr(
        notices.DynamoDBNotices, "put", lambda self, account, found, **timer: put(self, account, found[1:], **timer)
    )


def everybody_is_reminded(monkeypatch: pytest.MonkeyPatch) -> None:
    owed = owing.owed

    def loud(*arguments: Any, **options: Any) -> Any:
        options.pop("silent", None)
        return owed(*arguments, **options)

    monkeypatch.setattr(remind_member, "owed", loud)


def each_lead_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    notice = owing._notice

    def never_superseded(*arguments: Any, **options: Any) -> Any:
        options.pop("superseded", None)
        return notice(*arguments, **options)

    monkeypatch.setattr(owing, "_notice", never_superseded)


def quiet_hours_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (remind_member, scheduled):
        monkeypatch.setattr(module, "is_quiet", lambda *_: False)


def an_order_that_stays_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transaction.Transaction, "delete", lambda *_, **__: None)


def an_order_that_takes_any_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its state; delivered or cancelled is then not the end of it."""
    lax = {kind: replace(each, of=frozenset(OrderState)) for kind, each in TRANSITIONS.items()}
    monkeypatch.setattr(handling, "TRANSITIONS", lax)


def an_order_read_halfway(monkeypatch: pytest.MonkeyPatch) -> None:
    """What operators are shown, one step behind."""
    monkeypatch.setattr(read_order, "order_of", lambda entries: order_of(list(entries)[:1]))


def an_id_for_each_telling(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = count()
    monkeypatch.setattr(telling, "event_id", lambda digest, kind: f"{event_id(digest, kind)}{next(numbers)}")


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
    "draws the longest-lived first": put(
        lots,
        "spending_order",
        lambda points, today: sorted((n for n in points if lots.is_live(n, today)), reverse=True),
    ),
    "spends what has expired": put(lots, "spending_order", lambda points, _today: sorted(points)),
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
    "a sweep closes live lots": closing_live_lots,
    "a sweep forgets the next timer": put(expiring, "next_due", lambda _account, _program: None),
    "a sweep that finds nothing forgets the timer": put(bring_up_to_date, "next_due", lambda _account, _program: None),
    "a sweep has no condition": a_sweep_without_a_condition,
    "a sweep of several entries books one": a_movement_of_several_that_books_one,
    "sweeps do not see what matured": put(
        expiring,
        "_expired",
        lambda account, context, **_: _expired(account, context) if has_expired(account, context) else None,
    ),
    "tiers are never reviewed": put(expiring, "_reviewed", lambda *_, **__: None),
    "the rest of a sweep is dropped": a_rest_that_is_dropped,
    "timers of an account that has moved": timers_of_an_account_that_has_moved,
    "exchanges take nothing from the shelf": an_exchange_without_stock,
    "exchanges for whoever wants none": put(bring_up_to_date, "decide", lambda *arguments, **_: decide(*arguments)),
    "exchanges buy the cheapest": lambda monkeypatch: monkeypatch.setattr(expiring, "max", min, raising=False),
    "what is exchanged is not looked for": put(bring_up_to_date, "has_expired", lambda *_: False),
    "notices have no condition": notices_without_a_condition,
    "notices are forgotten": notices_that_are_forgotten,
    "everybody is reminded": everybody_is_reminded,
    "each lead is told": each_lead_is_told,
    "nights are not quiet": quiet_hours_forgotten,
    "the stream is told that all is well": a_stream_that_is_told_all_is_well,
    "an order stays where it was found": an_order_that_stays_where_it_was,
    "an order takes any step": an_order_that_takes_any_step,
    "an order is shown as it was placed": an_order_read_halfway,
    "an id for each telling": an_id_for_each_telling,
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
