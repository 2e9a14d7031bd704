"""What is wrong with a program document: all of it at once, each fault with its place, a code and a sentence.

Shape and meaning are checked in one go. Where the document as a whole does not have the right shape, its parts are
still looked at one by one, so that a wrong type in one rule does not hide an unknown name in another; and what cannot
be read is not held against what refers to it.
"""

from calendar import monthrange
from collections.abc import Mapping
from typing import Any, Final

from points.adapters.program_document import schema
from points.adapters.program_document.bounds import bound_faults
from points.adapters.program_document.building import thousandths
from points.adapters.program_document.checks import (
    Faults,
    divides,
    minor_units,
    money_faults,
    of_each,
    positive,
    repeated,
)
from points.adapters.program_document.condition_faults import Asked, Vocabulary, condition_faults
from points.adapters.program_document.coupon_faults import coupon_faults
from points.adapters.program_document.level_faults import level_faults
from points.adapters.program_document.offset_faults import offset_faults
from points.adapters.program_document.parts import FieldAtFault, Part, Parts, expiry_in, most_of, read_list, value_in
from points.adapters.program_document.reminder_faults import reminder_faults
from points.adapters.program_document.shapes import TOO_DEEP, escaped, shape_faults, unreadable
from points.domain.canonical import Plain
from points.domain.errors import Fault
from points.domain.evaluation.evaluation import BIRTHDAY_LINE, TIER_LINE
from points.domain.money import Rounding, divide
from points.domain.movements.referring import INVITATION_LINE
from points.domain.program.dates import Dates
from points.domain.program.multipliers import WHOLE
from points.domain.program.rewards import RewardKind
from points.domain.program.risk import RiskAction, Velocity
from points.domain.program.tasks import Counted

RESERVED: Final = frozenset({TIER_LINE, BIRTHDAY_LINE, INVITATION_LINE})
"""Lines of their own: a rule of such a name could not be told apart from them."""

_LEAP_YEAR: Final = 2028
_MOST_CAPS: Final = most_of(schema.RuleDocument, "caps")
_MOST_LIMITS: Final = most_of(schema.RewardDocument, "limits")


def faults_of(document: Plain) -> list[Fault]:
    """Every fault; none for a document that can be published. Never raises, whatever the document is."""
    if faults := unreadable(document):
        return faults
    faults = list(shape_faults(document))
    if isinstance(document, Mapping):
        meant = _Check(Parts.of(document)).faults()
        too_deep = tuple(f"{fault.path}/" for fault in meant if fault.code == TOO_DEEP)
        faults = [fault for fault in faults if not fault.path.startswith(too_deep)] + meant
    once: dict[tuple[str, str], Fault] = {}
    for fault in faults:
        once.setdefault((fault.path, fault.code), fault)
    return list(once.values())


class _Check:
    """One pass over the meaning of a document."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        declared = parts.raw.get("member_attributes", [])
        self.vocabulary = Vocabulary(
            currency=parts.currency,
            levels={"tier": parts.level_names("tiers"), "segment": parts.level_names("segments")},
            member_attributes=frozenset(map(str, declared)) if isinstance(declared, list) else None,
            event_attributes=parts.event_attributes,
        )
        behaviours = parts.raw.get("behaviours")
        self.behaviours = behaviours.keys() if isinstance(behaviours, Mapping) else None

    def faults(self) -> list[Fault]:
        return [
            *self._names(),
            *of_each(self.parts.rules, self._rule_behaviour, self._dated, self._when, self._value),
            *of_each(self.parts.rules, self._caps, self._own_expiry),
            *of_each(self.parts.tasks, self._behaviours, self._dated, self._when, self._target, self._own_expiry),
            *of_each(self.parts.campaigns, self._behaviours, self._dated, self._when, self._own_expiry),
            *of_each(self.parts.campaigns, self._has_an_end, self._multiplier_or_bonus, self._multiplies),
            *of_each(self.parts.campaigns, self._finds_something_to_multiply, self._budget, self._caps),
            *of_each(self.parts.risk, self._behaviours, self._pending_days, self._redemptions),
            *of_each(list(self.parts.rewards.values()), self._reward_when, self._limits, self._dated, self._cash),
            *of_each(list(self.parts.rewards.values()), self._prices),
            *of_each(list(self.parts.rewards.values()), _membership, _listed_once),
            *level_faults(self.parts),
            *coupon_faults(self.parts),
            *of_each([self.parts.referral] if self.parts.referral else [], self._referral, self._own_expiry),
            *offset_faults(self.parts),
            *of_each([self.parts.multipliers] if self.parts.multipliers else [], self._birthday),
            *of_each([self.parts.program], self._own_expiry, self._lists),
            *of_each([self.parts.program], self._kept_alive_by, self._exchange),
            *reminder_faults(self.parts),
            *bound_faults(self.parts),
        ]

    # ── names ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _names(self) -> Faults:
        """Lines of an entry are told apart by these names, whatever kind of rule they are."""
        seen: dict[str, str] = {}
        named: list[Part[Any]] = [*self.parts.rules, *self.parts.tasks, *self.parts.campaigns, *self.parts.risk]
        for part in named:
            try:
                name: str = part.document.id
            except FieldAtFault:
                continue
            if name in RESERVED:
                yield Fault(f"{part.path}/id", "reserved_name", f"{name} is the name of a line of its own")
            elif name in seen:
                yield Fault(f"{part.path}/id", "duplicate_name", f"{name} is already the id of {seen[name]}")
            seen.setdefault(name, part.path)

    def _known(self, path: str, name: str) -> Faults:
        if self.behaviours is not None and name not in self.behaviours:
            yield Fault(path, "unknown_behaviour", f"the program has no behaviour {name}")

    def _rule_behaviour(self, rule: Part[schema.RuleDocument]) -> Faults:
        yield from self._known(f"{rule.path}/behaviour", rule.document.behaviour)

    def _behaviours(
        self, part: Part[schema.TaskDocument] | Part[schema.CampaignDocument] | Part[schema.RiskDocument]
    ) -> Faults:
        names = part.document.behaviours
        for index, name in enumerate(names):
            yield from self._known(f"{part.path}/behaviours/{index}", name)
        yield from repeated(f"{part.path}/behaviours", names)

    def _lists(self, part: Part[schema.ProgramDocument]) -> Faults:
        for name in ("languages", "member_attributes", "clients"):
            written = part.raw.get(name)
            yield from repeated(f"/{name}", written if isinstance(written, list) else [])
        attributes = part.raw.get("event_attributes")
        for name, attribute in attributes.items() if isinstance(attributes, Mapping) else ():
            choices = attribute.get("of") if isinstance(attribute, Mapping) else None
            place = f"/event_attributes/{escaped(name)}/of"
            yield from repeated(place, choices if isinstance(choices, list) else [])

    # ── conditions, dates, expiry ────────────────────────────────────────────────────────────────────────────────

    def _when(
        self, part: Part[schema.RuleDocument] | Part[schema.TaskDocument] | Part[schema.CampaignDocument]
    ) -> Faults:
        when = part.raw.get("when")
        if when is not None:
            yield from condition_faults(when, f"{part.path}/when", Asked(self.vocabulary, dates=_dates(part.document)))

    def _reward_when(self, part: Part[schema.RewardDocument]) -> Faults:
        when = part.raw.get("when")
        if when is not None:
            yield from condition_faults(when, f"{part.path}/when", Asked(self.vocabulary, of_members=True))

    def _dated(
        self,
        part: Part[schema.RuleDocument]
        | Part[schema.TaskDocument]
        | Part[schema.CampaignDocument]
        | Part[schema.RewardDocument],
    ) -> Faults:
        first, last = part.document.from_, part.document.to
        if first is not None and last is not None and first > last:
            yield Fault(f"{part.path}/to", "impossible_dates", f"lies before the first day, {first}")

    def _own_expiry[Document](self, part: Part[Document]) -> Faults:
        expiry = expiry_in(part.raw, part.path)
        if expiry is not None and isinstance(expiry.document, schema.YearlyClearingDocument):
            month, day = expiry.document.month, expiry.document.day
            if day > monthrange(_LEAP_YEAR, month)[1]:
                yield Fault(f"{expiry.path}/day", "impossible_dates", f"month {month} never has a day {day}")

        if expiry is not None and isinstance(expiry.document, schema.ByActivityDocument) and part.path:
            message = "keeps a whole balance alive: it is for the program, not for some of its points"
            yield Fault(f"{expiry.path}/type", "only_for_the_program", message)

    def _kept_alive_by(self, part: Part[schema.ProgramDocument]) -> Faults:
        expiry = expiry_in(part.raw, part.path)
        if expiry is None or not isinstance(expiry.document, schema.ByActivityDocument):
            return
        for index, name in enumerate(expiry.document.behaviours):
            yield from self._known(f"{expiry.path}/behaviours/{index}", name)
        yield from repeated(f"{expiry.path}/behaviours", expiry.document.behaviours)

    def _exchange(self, part: Part[schema.ProgramDocument]) -> Faults:
        """What is sold out, or not for a member, is passed over when the time comes. What nobody can ever get is not
        written down."""
        rewards = part.raw.get("rewards")
        names = part.document.exchange_at_expiry
        for index, name in enumerate(names):
            if isinstance(rewards, Mapping) and name not in rewards:
                yield Fault(f"/exchange_at_expiry/{index}", "unknown_reward", f"the program has no reward {name}")
        if rewards is None and names:
            yield Fault("/exchange_at_expiry", "unknown_reward", "the program has no rewards")
        yield from repeated("/exchange_at_expiry", names)

    # ── rules ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _value(self, rule: Part[schema.RuleDocument]) -> Faults:
        value = value_in(rule.raw, rule.path)
        if value is None or not isinstance(value.document, schema.PerAmountDocument):
            return
        # One by one: what is wrong with the first says nothing about the second.
        yield from of_each([value], self._per, self._minimum)

    def _per(self, value: Part[schema.ValueDocument]) -> Faults:
        assert isinstance(value.document, schema.PerAmountDocument)  # noqa: S101
        yield from positive(self.parts.currency, f"{value.path}/per", value.document.per)

    def _minimum(self, value: Part[schema.ValueDocument]) -> Faults:
        assert isinstance(value.document, schema.PerAmountDocument)  # noqa: S101
        yield from money_faults(self.parts.currency, f"{value.path}/minimum", value.document.minimum)

    def _caps(self, part: Part[schema.RuleDocument] | Part[schema.CampaignDocument]) -> Faults:
        windows = set[str]()
        for cap in read_list(part.raw.get("caps"), f"{part.path}/caps", schema.CapDocument, most=_MOST_CAPS):
            yield from of_each([cap], _empty_cap)
            window = cap.raw.get("per")
            if isinstance(window, str):
                if window in windows:
                    yield Fault(f"{cap.path}/per", "duplicate_cap", f"there is another cap per {window}")
                windows.add(window)

    def _cash(self, part: Part[schema.RewardDocument]) -> Faults:
        if (cash := part.document.cash) is None:
            return
        yield from money_faults(self.parts.currency, f"{part.path}/cash", cash)
        if not cash.strip("0."):
            yield Fault(f"{part.path}/cash", "no_cash", "leave it out where nothing is to be paid beside the points")

    def _prices(self, part: Part[schema.RewardDocument]) -> Faults:
        levels = self.parts.level_names("tiers")
        for level in part.document.prices:
            if levels is not None and level not in levels:
                yield Fault(f"{part.path}/prices/{level}", "unknown_level", f"the program has no tier {level}")

    def _limits(self, part: Part[schema.RewardDocument]) -> Faults:
        limits = read_list(part.raw.get("limits"), f"{part.path}/limits", schema.MemberLimitDocument, most=_MOST_LIMITS)
        windows = set[str]()
        for limit in limits:
            yield from of_each([limit])
            window = limit.raw.get("per")
            if isinstance(window, str):
                if window in windows:
                    yield Fault(f"{limit.path}/per", "duplicate_limit", f"there is another limit per {window}")
                windows.add(window)

    # ── tasks ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _target(self, task: Part[schema.TaskDocument]) -> Faults:
        target, path = task.document.target, f"{task.path}/target"
        if isinstance(target, str) != (task.document.counts is Counted.AMOUNT):
            yield Fault(path, "wrong_target", "is a decimal string where amounts are counted, else a whole number")
        elif isinstance(target, str):
            yield from positive(self.parts.currency, path, target)

    # ── campaigns ────────────────────────────────────────────────────────────────────────────────────────────────

    def _has_an_end(self, campaign: Part[schema.CampaignDocument]) -> Faults:
        if campaign.raw.get("from") is None or campaign.raw.get("to") is None:
            yield Fault(campaign.path, "campaign_without_end", "a campaign has a first and a last day")

    def _multiplier_or_bonus(self, campaign: Part[schema.CampaignDocument]) -> Faults:
        if (campaign.raw.get("multiplier") is None) == (campaign.raw.get("bonus") is None):
            yield Fault(campaign.path, "multiplier_or_bonus", "pays by a multiplier or by a bonus: by one of them")

    def _multiplies(self, campaign: Part[schema.CampaignDocument]) -> Faults:
        multiplier = campaign.document.multiplier
        if multiplier is not None and thousandths(multiplier) <= WHOLE:
            yield Fault(f"{campaign.path}/multiplier", "multiplies_nothing", "must be more than 1")

    def _finds_something_to_multiply(self, campaign: Part[schema.CampaignDocument]) -> Faults:
        if campaign.document.multiplier is None or self._multiplied_rules(campaign.document):
            return
        message = "no rule of these behaviours is multiplied: the campaign would never pay"
        yield Fault(f"{campaign.path}/behaviours", "nothing_to_multiply", message)

    def _budget(self, campaign: Part[schema.CampaignDocument]) -> Faults:
        budget = campaign.document.budget
        if budget is not None and self._smallest_payment(campaign.document) > budget:
            message = "is less than what the smallest event is paid: the campaign would never pay"
            yield Fault(f"{campaign.path}/budget", "budget_below_one_event", message)

    def _smallest_payment(self, campaign: schema.CampaignDocument) -> int:
        """What the campaign is sure to pay for any event it pays for; 0 where it may be as little as one likes."""
        if campaign.bonus is not None:
            return campaign.bonus
        if campaign.multiplier is None:
            return 0
        extra = thousandths(campaign.multiplier) - WHOLE
        least = [self._least(rule.document) for rule in self._multiplied_rules(campaign)]
        return min(least, default=0) * extra // WHOLE

    def _multiplied_rules(self, campaign: schema.CampaignDocument) -> list[Part[schema.RuleDocument]]:
        """Raises FieldAtFault where that cannot be told."""
        written, rules = self.parts.raw.get("rules", []), self.parts.rules
        if not isinstance(written, list) or len(written) != len(rules):
            raise FieldAtFault("rules")
        return [rule for rule in rules if rule.document.behaviour in campaign.behaviours and rule.document.multiplied]

    def _least(self, rule: schema.RuleDocument) -> int:
        """The fewest points the rule pays when it pays. Under a cap of points the last payment may be any part."""
        if any(cap.points is not None for cap in rule.caps):
            return 0
        match rule.value:
            case schema.FixedDocument(points=points) | schema.PerOccurrencesDocument(points=points):
                return points
            case schema.StreakDocument(steps=steps):
                return min(steps)
            case schema.PerAmountDocument(points=points, per=per, minimum=minimum):
                per_minor, minimum_minor = (minor_units(self.parts.currency, text) for text in (per, minimum))
                return divide((minimum_minor or 0) * points, per_minor, Rounding.DOWN) if per_minor else 0

    # ── the rest ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _pending_days(self, risk: Part[schema.RiskDocument]) -> Faults:
        if (risk.document.action is RiskAction.PEND) != (risk.document.pending_days > 0):
            yield Fault(
                f"{risk.path}/pending_days", "wrong_pending_days", 'goes with the action "pend", and only with it'
            )

    def _redemptions(self, risk: Part[schema.RiskDocument]) -> Faults:
        if risk.document.counts is not Velocity.REDEMPTIONS:
            return
        if risk.raw.get("behaviours"):
            yield Fault(f"{risk.path}/behaviours", "not_for_redemptions", "a redemption is no behaviour")
        if risk.document.action is RiskAction.PEND:
            yield Fault(f"{risk.path}/action", "not_for_redemptions", "a redemption is refused or freezes: none waits")

    def _referral(self, referral: Part[schema.ReferralDocument]) -> Faults:
        yield from of_each([referral], self._qualifying, _pays_somebody)

    def _qualifying(self, referral: Part[schema.ReferralDocument]) -> Faults:
        behaviour = referral.document.qualifying_behaviour
        if behaviour is not None:
            yield from self._known("/referral/qualifying_behaviour", behaviour)

    def _birthday(self, multipliers: Part[schema.MultipliersDocument]) -> Faults:
        yield from divides("/multipliers/birthday", multipliers.document.birthday)


def _dates(document: schema.Dated) -> Dates:
    """Without any where they cannot be read, or contradict each other: then that is the fault."""
    try:
        first, last = document.from_, document.to
    except FieldAtFault:
        return Dates()
    return Dates() if first is not None and last is not None and first > last else Dates(first, last)


def _empty_cap(cap: Part[schema.CapDocument]) -> Faults:
    if cap.document.occurrences is None and cap.document.points is None:
        yield Fault(cap.path, "empty_cap", "limits neither occurrences nor points")


def _pays_somebody(referral: Part[schema.ReferralDocument]) -> Faults:
    if not referral.document.newcomer_points and not referral.document.referrer_points:
        yield Fault("/referral", "pays_nobody", "pays neither side")


def _membership(reward: Part[schema.RewardDocument]) -> Faults:
    is_one = reward.document.kind is RewardKind.MEMBERSHIP
    if is_one != (reward.document.months is not None):
        yield Fault(f"{reward.path}/months", "wrong_kind", 'goes with the kind "membership", and only with it')


def _listed_once(reward: Part[schema.RewardDocument]) -> Faults:
    yield from repeated(f"{reward.path}/pictures", reward.document.pictures)
