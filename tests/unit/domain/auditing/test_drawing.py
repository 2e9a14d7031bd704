"""An audit follows each play from the seed: whatever was given otherwise is found, and named."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from points.domain.auditing.drawing import play_findings, seed_findings
from points.domain.auditing.retelling import retell
from points.domain.auditing.selling import limited_sales
from points.domain.auditing.using import usages_told
from points.domain.errors import NotFound
from points.domain.ledger.draws import DrawSeed
from points.domain.ledger.entries import Entry, EntryName, Kind, Line
from points.domain.ledger.usage import Used
from points.domain.program.program import Program
from points.domain.program.succession import Kept
from tests.builders import local
from tests.support.drawing import COUPON, HUNDRED, NONE, PHONE, Player, only, player, secret, wheel

ANOTHER = "0" * 64


def played(*times: int) -> Player:
    """A phone, a coupon of which there were none left, a hundred points and nothing."""
    walk = player(only(PHONE, HUNDRED, NONE))
    walk.play()
    walk.rules = replace(walk.rules, draws={"wheel": only(COUPON, HUNDRED)}, version=2)
    walk.play(gone={"coupon"})
    for _ in times:
        walk.play()
    return walk


def codes(walk: Player, entries: list[Entry] | None = None, seed: DrawSeed | None = None) -> list[str]:
    programs = {1: walk.rules_of_version(1), 2: walk.rules_of_version(2)}
    found = play_findings(entries or walk.entries, programs.__getitem__, lambda _: seed or secret())
    return [finding.code for finding in found]


def changed(walk: Player, name: EntryName, details: Mapping[str, Any] | None = None, **other: Any) -> list[Entry]:
    return [
        replace(entry, details={**entry.details, **(details or {})}, **other) if entry.name == name else entry
        for entry in walk.entries
    ]


FIRST = EntryName(Kind.PLAY, "p-2")
SECOND = EntryName(Kind.PLAY, "p-3")
ORDER = EntryName(Kind.REDEEM, "~wheel.1")


def test_agrees_where_nothing_is_wrong() -> None:
    walk = played(1, 2, 3)
    assert {FIRST, SECOND, ORDER} <= {entry.name for entry in walk.entries}
    assert codes(walk) == []


@pytest.mark.parametrize(
    ("name", "details", "other", "code"),
    [
        (FIRST, {"prize": "none"}, {}, "play_wrong"),
        (FIRST, {"number": 2}, {}, "play_wrong"),
        (FIRST, {"cost": 9}, {}, "play_wrong"),
        (FIRST, {"reward": "coupon"}, {}, "play_wrong"),
        (FIRST, {"prize_limited": False}, {}, "play_wrong"),
        (FIRST, {"seed_digest": ANOTHER}, {}, "seed_wrong"),
        (FIRST, {"draw": "other"}, {}, "play_wrong"),
        (FIRST, {}, {"program_version": 3}, "play_wrong"),
        (FIRST, {}, {"at": local("2026-02-28 23:59")}, "play_wrong"),
        (FIRST, {}, {"at": local("2026-04-01 00:00")}, "play_wrong"),
        (SECOND, {"given": "coupon"}, {}, "play_wrong"),
        (SECOND, {}, {"lines": (Line("hundred", 101),)}, "play_wrong"),
        (SECOND, {}, {"lines": ()}, "play_wrong"),
        (ORDER, {"reward": "coupon"}, {}, "order_wrong"),
        (ORDER, {"quantity": 2}, {}, "order_wrong"),
        (ORDER, {"price": 1}, {}, "order_wrong"),
        (ORDER, {"drawn": "wheel/none"}, {}, "order_wrong"),
    ],
)
def test_whatever_is_otherwise_is_found(
    name: EntryName, details: dict[str, Any], other: dict[str, Any], code: str
) -> None:
    walk = played()
    assert code in codes(walk, changed(walk, name, details, **other))


def test_a_prize_that_was_swapped_for_what_is_given_instead_needs_no_lie() -> None:
    """That it had run out at that moment is what nobody can prove afterwards: the counters can, as far as they go."""
    walk = player(only(COUPON, HUNDRED))
    walk.rules = replace(walk.rules, version=2)
    walk.play(gone={"coupon"})
    assert codes(walk) == []


def test_another_seed_and_none() -> None:
    walk = played()
    assert set(codes(walk, seed=secret(seed=b"x" * 32))) >= {"seed_wrong"}
    missing = play_findings(walk.entries, lambda _: walk.rules, lambda _: None)
    assert "seed_missing" in {finding.code for finding in missing}


def test_a_play_after_the_seed_was_told() -> None:
    walk = played()
    closed = secret(closed_at=local("2026-03-15 11:00"), closed_version=2)
    assert codes(walk, seed=closed) == ["play_wrong", "play_wrong"]
    assert codes(walk, seed=replace(closed, closed_at=local("2026-03-15 12:01"))) == []


def test_an_order_without_its_play_and_a_play_without_its_order() -> None:
    walk = played()
    assert codes(walk, [entry for entry in walk.entries if entry.kind is not Kind.PLAY]) == ["play_missing"]
    assert "order_wrong" in codes(walk, [entry for entry in walk.entries if entry.name != FIRST])
    assert codes(walk, [entry for entry in walk.entries if entry.name != ORDER]) == ["order_wrong"]


def test_a_seed_that_was_closed_too_early() -> None:
    def versions(number: int) -> Program:
        if number != 1:
            raise NotFound("there is no such version")
        return player(wheel()).rules

    def found(**closed: Any) -> list[str]:
        return [finding.code for finding in seed_findings(secret(**closed), versions)]

    assert found() == []
    assert found(closed_at=local("2026-04-01 00:01"), closed_version=1) == []
    assert found(closed_at=local("2026-04-01 00:00"), closed_version=1) == ["closed_wrong"]
    assert found(closed_at=local("2026-04-01 00:01"), closed_version=2) == ["closed_wrong"]
    assert found(draw="other", closed_at=local("2026-04-01 00:01"), closed_version=1) == ["closed_wrong"]


def test_what_was_taken_and_counted_is_told_again() -> None:
    walk = played(1)
    assert usages_told(walk.entries, walk.rules.zone)[Used.DRAW, "wheel"] == walk.usage
    sold = limited_sales(walk.entries)
    assert (sold["demo", Kept.PRIZE, "wheel/phone"], sold["demo", Kept.STOCK, "phone"]) == (1, 1)
    walk.cancel(walk.entries[1])
    assert +limited_sales(walk.entries) == {}
    assert usages_told(walk.entries, walk.rules.zone)[Used.DRAW, "wheel"].lifetime == 3


def test_the_account_is_told_again() -> None:
    """With a velocity rule, a hold that runs out on the way, and a tier: everything a play may touch."""
    walk = played(1, 2)
    walk.hold(100, expires_in=30)
    walk.wait(minutes=2)
    walk.play()
    told = retell(walk.account, walk.entries, walk.rules_of_version)
    assert told.lost == []
    for part in ("seq", "lots", "pending", "holds", "counters", "frozen", "tier", "active_on", "due_at"):
        assert getattr(told.account, part) == getattr(walk.account, part), part
