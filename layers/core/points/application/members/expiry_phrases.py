"""How expiry is put, before it is put into a language: which phrase says which policy, and what goes into it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from points.application.ports import Phrase, Said
from points.domain.calendar import clamped
from points.domain.canonical import Plain
from points.domain.program.expiry import (
    AfterDays,
    AfterMonths,
    ByActivity,
    EndOfMonth,
    EndOfYear,
    ExpiryPolicy,
    NeverExpires,
    YearlyClearing,
)

_LEAP_YEAR = 2000
_FEBRUARY, _LEAP_DAY = 2, 29


@dataclass(frozen=True, slots=True)
class Coming:
    """``points`` whose last day is ``on``; where they are ``moving``, as far as can be said today: an activity of the
    member before then puts it off."""

    on: date
    points: int
    moving: bool = False


def policy_terms(policy: ExpiryPolicy) -> dict[str, Plain]:
    """The policy as a program document has it."""
    match policy:
        case EndOfYear(years):
            terms: dict[str, Plain] = {"type": "end_of_year", "years": years}
        case EndOfMonth(months):
            terms = {"type": "end_of_month", "months": months}
        case AfterDays(days):
            terms = {"type": "after_days", "days": days}
        case AfterMonths(months):
            terms = {"type": "after_months", "months": months}
        case YearlyClearing(month, day):
            terms = {"type": "yearly_clearing", "month": month, "day": day}
        case ByActivity(months, behaviours):
            terms = {"type": "by_activity", "months": months, "behaviours": sorted(behaviours)}
        case NeverExpires():
            terms = {"type": "never"}
        case _:
            raise AssertionError(f"nothing says what {policy} is")
    return terms


def policy_phrase(policy: ExpiryPolicy, called: Callable[[str], str], *, of: Phrase | None = None) -> Phrase:
    """``called`` is what people call a behaviour; ``of`` says of which points, where it is not of all."""
    subject: dict[str, Said] = {"subject": of or Phrase("points")}
    match policy:
        case YearlyClearing(month, day) if month == _FEBRUARY and day >= _LEAP_DAY:
            return Phrase("yearly_clearing_leap_day", subject)
        case YearlyClearing(month, day):
            return Phrase("yearly_clearing", subject | {"on": clamped(_LEAP_YEAR, month, day)})
        case ByActivity():
            name = "by_activity" if of is None else "by_activity_of"
            return Phrase(name, subject | {"activity": _activity(policy, called)})
    terms = policy_terms(policy)
    numbers = {name: value for name, value in terms.items() if isinstance(value, int)}
    return Phrase(str(terms["type"]), subject | numbers)


def _activity(policy: ByActivity, called: Callable[[str], str]) -> Phrase:
    if not policy.behaviours:
        return Phrase("by_earning", {"months": policy.months})
    return Phrase("by_behaviour", {"months": policy.months, "behaviours": _names(policy, called)})


def _names(policy: ByActivity, called: Callable[[str], str]) -> tuple[str, ...]:
    return tuple(map(called, sorted(policy.behaviours)))


def coming_phrase(coming: Coming, today: date, policy: ExpiryPolicy, called: Callable[[str], str]) -> Phrase:
    """``policy`` is the program's: it says what would put a moving date off."""
    day = Phrase("on_day", {"days": (coming.on - today).days, "on": coming.on})
    return Phrase("expires", {"points": coming.points, "day": day, "unless": _unless(coming, policy, called)})


def summary_phrase(
    expiries: Sequence[Coming], today: date, policy: ExpiryPolicy, called: Callable[[str], str]
) -> Phrase:
    """Of all of them, soonest first, in one text: the next one, and how much there is besides."""
    if not expiries:
        return Phrase("nothing_expires")
    soonest = expiries[0]
    values: dict[str, Said] = {
        "points": Phrase("so_many_points", {"points": soonest.points}),
        "on": soonest.on,
        "left": Phrase("days_left", {"days": (soonest.on - today).days}),
        "unless": _unless(soonest, policy, called),
    }
    if len(expiries) == 1:
        return Phrase("next", values)
    total = sum(coming.points for coming in expiries)
    dates = len({coming.on for coming in expiries})  # what moves may stand beside what does not
    return Phrase("next_of_several", {"next": Phrase("next", values), "points": total, "dates": dates})


def _unless(coming: Coming, policy: ExpiryPolicy, called: Callable[[str], str]) -> Phrase:
    if not coming.moving:
        return Phrase("unless_nothing")
    if isinstance(policy, ByActivity) and policy.behaviours:
        return Phrase("unless_behaviour", {"behaviours": _names(policy, called)})
    return Phrase("unless_earning")
