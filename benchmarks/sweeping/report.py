"""The figures as Markdown, to be read as they are and to be kept."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from benchmarks.sweeping import costs, members
from benchmarks.sweeping.costs import Swept
from benchmarks.sweeping.lateness import Compared
from benchmarks.sweeping.outcome import (
    Spread,
    Sweeping,
    hours,
    pace_of_shard,
    spread_over,
    sweeping_of,
    worst_run,
)
from benchmarks.sweeping.population import Lived
from benchmarks.sweeping.programs import IN_WORDS
from points.application.ports import TIMER_SHARDS, Timer

SPREADS: Final = (1 / 60, 1, 3, 6, 12, 24, 48)
"""Hours."""

_HOUR: Final = 3_600

_SWEEPS: Final = {Timer.DUE: "expiry", Timer.REMIND: "reminders"}


@dataclass(frozen=True, slots=True)
class Simulated:
    """All that was simulated. ``command`` repeats it."""

    command: str
    sizes: Sequence[int]
    workers: int
    spread: int
    lives: Sequence[Lived]
    compared: Mapping[str, Compared]

    def sweepings(self, size: int) -> Iterable[Sweeping]:
        """Those that cost more than looking: reminders of a program that has none are left out."""
        for lived in self.lives:
            for timer in Timer:
                if timer is Timer.DUE or lived.world.reminders:
                    yield sweeping_of(lived, timer, size)

    @property
    def worst(self) -> tuple[Lived, Timer]:
        """Which sweep has the worst run of all."""
        candidates = [(lived, timer) for lived in self.lives for timer in Timer]
        return max(candidates, key=lambda each: worst_run(each[0], each[1], each[0].members).write_units)


def report(simulated: Simulated) -> str:
    parts = [_head(simulated), _assumptions()]
    for size in simulated.sizes:
        parts += [_worst_days(simulated, size), _all_days(simulated, size)]
    parts += [_spread(simulated), _late(simulated)]
    return "\n".join(parts)


def _head(simulated: Simulated) -> str:
    first = simulated.lives[0]
    world = first.world
    last = world.end - timedelta(days=1)
    redeemed = sum(lived.redeemed for lived in simulated.lives) / max(1, sum(lived.earned for lived in simulated.lives))
    return f"""# What sweeping costs: figures

Made by `{simulated.command}`; not edited.

- **Sample**: {first.members:,} members, seed {world.seed}, of populations of {_listed(simulated.sizes)}.
  What the sample takes, times population / sample; members do not know of each other. *Sampling* says how far off that
  may be: one in the square root of the accounts that were swept that day. The worst of many days is rather one that
  looks worse than it is, so where it says more than a few percent, the figure is too high.
- **Days**: {world.days}, from {members.START:%-d %B %Y} to {last:%-d %B %Y}, after a past that begins on
  {members.HISTORY:%-d %B %Y}. A day is the program's.
- **Movements** of members: {sum(lived.movements for lived in simulated.lives):,} booked, in {len(simulated.lives)}
  worlds that differ in when points expire and whether there are reminders. {redeemed:.0%} of the points were redeemed.
- **Accounts** that are swept have {_mean_bytes(simulated):,.0f} bytes on average. Beyond 1,024 a write would cost more.
- **Workers**: {simulated.workers}, each with one shard at a time.
"""


def _mean_bytes(simulated: Simulated) -> float:
    efforts = [effort for lived in simulated.lives for effort in lived.efforts.values()]
    return sum(effort.account_bytes for effort in efforts) / max(1, sum(effort.accounts for effort in efforts))


def _assumptions() -> str:
    kinds = _table(
        ("members", "share", "purchases a month", "looks for a reward after", "stays"),
        [
            (
                kind.name,
                f"{kind.share:.0%}",
                f"{kind.purchases:g}",
                f"{kind.redeems:.0%} of them",
                f"{kind.days} days" if kind.days else "",
            )
            for kind in members.KINDS
        ],
    )
    assumed = _table(
        ("assumed, not measured", "milliseconds"),
        [
            ("a query of an index", f"{1e3 * costs.QUERY_TIME:g}"),
            (f"{costs.PAGE} accounts, read together", f"{1e3 * costs.BATCH_TIME:g}"),
            ("a single item read", f"{1e3 * costs.ITEM_TIME:g}"),
            ("a transaction", f"{1e3 * costs.TRANSACTION_TIME:g}"),
            ("a write that only sets a timer", f"{1e3 * costs.UPDATE_TIME:g}"),
            ("the worker itself, for each account", f"{1e3 * costs.OWN_TIME:g}"),
            ("beginning an invocation", f"{1e3 * costs.BEGIN_TIME:g}"),
            ("sending messages", f"{1e3 * costs.SEND_TIME:g}"),
        ],
    )
    prices = _table(
        ("price, us-east-1", "dollars"),
        [
            ("a million write units", f"{1e6 * costs.WRITE_UNIT:g}"),
            ("a million read units", f"{1e6 * costs.READ_UNIT:g}"),
            ("a million requests of a queue", f"{1e6 * costs.QUEUE_REQUEST:.2f}"),
            ("a million invocations", f"{1e6 * costs.INVOCATION:.2f}"),
            (f"a second of a function of {costs.GIGABYTES} GB", f"{costs.GIGABYTE_SECOND:.10f}"),
        ],
    )
    return f"""## What is assumed

{kinds}
{members.OPTED_OUT:.0%} want to hear nothing.

{assumed}
{prices}"""


def _worst_days(simulated: Simulated, size: int) -> str:
    rows = []
    for sweeping in simulated.sweepings(size):
        worst = sweeping.worst
        rows.append(
            (
                *_named(sweeping),
                f"{sweeping.worst_day:%-d %b %Y}",
                f"± {1 / max(1, sweeping.seen) ** 0.5:.0%}",
                _count(worst.accounts),
                _count(worst.queries),
                _count(worst.index_read_units),
                _count(worst.read_units - worst.index_read_units),
                _count(worst.transactions),
                _count(worst.write_units),
                _dollars(worst.dollars),
                _minutes(worst, simulated.workers),
                f"{pace_of_shard(worst):.0f}",
            )
        )
    columns = (
        "points expire", "sweep", "worst day", "sampling", "accounts", "queries", "their read units",
        "other read units", "transactions", "write units", "dollars", f"minutes, {simulated.workers} workers",
        "index writes/s of a shard",
    )  # fmt: skip
    return f"## {size:,} members: the worst day\n\n{_table(columns, rows)}"


def _all_days(simulated: Simulated, size: int) -> str:
    rows = []
    for sweeping in simulated.sweepings(size):
        middle, total = sweeping.middle, sweeping.total
        rows.append(
            (
                *_named(sweeping),
                _count(middle.accounts),
                _count(middle.queries),
                _count(middle.write_units),
                _dollars(middle.dollars),
                _minutes(middle, simulated.workers),
                _count(total.accounts),
                f"{total.updates / total.accounts:.0%}" if total.accounts else "",
                _count(total.transactions),
                _count(total.notices),
                _count(total.write_units),
                _dollars(total.dollars),
            )
        )
    days = simulated.lives[0].world.days
    columns = (
        "points expire", "sweep", "accounts", "queries", "write units", "dollars", "minutes",
        f"{days} days: accounts", "for nothing", "transactions", "notices", "write units", "dollars",
    )  # fmt: skip
    return f"## {size:,} members: a day in the middle, and all days\n\n{_table(columns, rows)}"


def _spread(simulated: Simulated) -> str:
    lived, timer = simulated.worst
    world = lived.world
    rows = [
        (f"{size:,}", *_spread_row(spread))
        for size in simulated.sizes
        for spread in _spreads(simulated, worst_run(lived, timer, size))
    ]
    columns = ("members", "hours", "workers", "write units/s", "index writes/s of a shard", "")
    run = worst_run(lived, timer, simulated.sizes[0])
    return f"""## The worst run, spread over hours

It is one of {_SWEEPS[timer]}, where points expire {IN_WORDS[world.policy]}: {_count(run.accounts)} accounts of
{simulated.sizes[0]:,} members.

{_table(columns, rows)}"""


def _spreads(simulated: Simulated, run: Swept) -> list[Spread]:
    """Up to the first for which one worker is enough."""
    durations = {run.seconds(simulated.workers), run.seconds(TIMER_SHARDS)}
    durations |= {_HOUR * duration for duration in (*SPREADS, simulated.spread)}
    spreads = [spread_over(run, duration) for duration in sorted(durations)]
    single = (place for place, spread in enumerate(spreads) if spread.workers <= 1)
    return spreads[: next(single, len(spreads)) + 1]


def _spread_row(spread: Spread) -> tuple[str, ...]:
    verdict = "beyond what an index partition takes" if spread.throttled else ""
    if not spread.possible:
        verdict = "; ".join(filter(None, (f"more than {TIMER_SHARDS} workers", verdict)))
    return (
        f"{hours(spread.seconds):.2g}" if spread.seconds < 36_000 else f"{hours(spread.seconds):.0f}",
        f"{spread.workers:,}",
        f"{spread.write_units:,.0f}",
        f"{spread.shard_writes:,.1f}",
        verdict,
    )


def _late(simulated: Simulated) -> str:
    if not simulated.compared:
        return ""
    rows = [
        (IN_WORDS[policy], f"{each.members:,}", f"{each.movements:,}", f"{each.unbooked:,}", f"{each.different:,}")
        for policy, each in simulated.compared.items()
    ]
    columns = ("points expire", "members", "movements", "made before the run came", "answered differently")
    return f"""## Booked late

Each of these members lived twice: with runs of expiry on the hour, and with runs that got to them up to
{simulated.spread} hours late.

{_table(columns, rows)}"""


# ── text ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _named(sweeping: Sweeping) -> tuple[str, str]:
    sweep = _SWEEPS[sweeping.timer]
    if sweeping.timer is Timer.DUE:
        sweep = f"{sweep}, reminders {'on' if sweeping.reminders else 'off'}"
    return sweeping.policy.replace("_", " "), sweep


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns of figures to the right."""
    widths = [max(len(row[place]) for row in (columns, *rows)) for place in range(len(columns))]
    numeric = [
        all(row[place][:1].isdigit() or row[place][:1] in "±$" for row in rows if row[place])
        for place in range(len(columns))
    ]
    lines = [
        "| " + " | ".join(_padded(*each) for each in zip(row, widths, numeric, strict=True)) + " |"
        for row in (columns, *rows)
    ]
    rule = "|" + "|".join(
        "-" * (width + 1) + (":" if right else "-") for width, right in zip(widths, numeric, strict=True)
    )
    return "\n".join([lines[0], f"{rule}|", *lines[1:], ""])


def _padded(text: str, width: int, right: bool) -> str:
    return text.rjust(width) if right else text.ljust(width)


def _count(value: float) -> str:
    """Three digits say more than a sample can."""
    digits = len(str(round(value)))
    return f"{round(value, 3 - digits) if digits > 3 else round(value):,.0f}"


def _dollars(value: float) -> str:
    return f"{value:,.4f}" if value < 1 else f"{value:,.2f}"


def _minutes(swept: Swept, workers: int) -> str:
    minutes = swept.seconds(workers) / 60
    return f"{minutes:.1f}" if minutes < 100 else f"{minutes:,.0f}"


def _listed(sizes: Sequence[int]) -> str:
    return ", ".join(f"{size:,}" for size in sizes)
