"""Every reason to send a notice, and every reason not to: looked up at the moment of sending."""

from dataclasses import replace
from datetime import date

import pytest

from points.adapters.memory import MemoryPrograms
from points.application.delivery.deliver_notice import NotSent, Outcome, Reason, Sent, Wait
from points.application.delivery.ports import EMAIL, SMS, NotNow, Refused
from points.application.redemption.redeem_reward import redeem_reward
from points.domain.errors import NotFound
from points.domain.ledger.account import Account
from points.domain.ledger.members import MemberFacts, Profile
from points.domain.ledger.timers import Expiring
from points.domain.movements.redeeming import Redemption
from points.domain.program.reminding import Reminders
from points.domain.program.rewards import Reward
from tests.builders import local
from tests.support.delivery import ASLEEP, AT_NIGHT, LAST_DAY, MEMBER, PROFILE, WEEK_BEFORE, Post, reminders, reminding


@pytest.mark.parametrize(
    ("channel", "to"), [(EMAIL, "ada@example.com"), (SMS, "+44 7700 900123")], ids=["e-mail", "text message"]
)
def test_a_notice_is_sent_once_by_each_channel(channel: str, to: str) -> None:
    post = Post()
    assert [post.deliver(channel=channel) for _ in range(3)] == [Sent(), *[NotSent(Reason.SENT_BEFORE)] * 2]
    ((address, letter),) = post.mail.sent + post.texts.sent
    assert address == to
    assert "240 points" in letter.body
    assert "coupon" in letter.body
    assert bool(letter.subject) == (channel == EMAIL)


def test_channels_notices_and_members_do_not_stand_in_for_each_other() -> None:
    post = Post()
    post.notice(Expiring(LAST_DAY, 30))
    for about in (WEEK_BEFORE, Expiring(LAST_DAY, 30), ASLEEP):
        for channel in (EMAIL, SMS):
            assert post.deliver(about, channel) == Sent()
    assert (len(post.mail.sent), len(post.texts.sent)) == (3, 3)


def test_the_member_is_written_to_in_their_language_or_the_programs_first() -> None:
    assert "积分" in _letter(Post(profile=replace(PROFILE, locale="zh-CN")))
    assert "points" in _letter(Post(profile=replace(PROFILE, locale="en-US")))
    assert "points" in _letter(Post(profile=replace(PROFILE, locale="fr")))
    assert "积分" in _letter(Post(reminding(languages=("zh-CN",)), profile=replace(PROFILE, locale="en")))


def _letter(post: Post) -> str:
    assert post.deliver() == Sent()
    return post.letters[0].body


# ── not sent ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("profile", "reason"),
    [
        (None, Reason.ERASED),
        (replace(PROFILE, opt_out=True), Reason.OPTED_OUT),
        (replace(PROFILE, email=None), Reason.NO_ADDRESS),
        (Profile(), Reason.NO_ADDRESS),
    ],
)
def test_whoever_may_not_or_cannot_be_written_to_is_not(profile: Profile | None, reason: Reason) -> None:
    post = Post(profile=profile)
    assert post.deliver() == NotSent(reason)
    assert not post.letters


def test_what_the_profile_says_when_it_is_sent_counts() -> None:
    post = Post()
    members = post.booking.members
    members.enrol("demo", MEMBER, replace(PROFILE, opt_out=True), MemberFacts())
    assert post.deliver() == NotSent(Reason.OPTED_OUT)
    members.enrol("demo", MEMBER, replace(PROFILE, email="new@example.com"), MemberFacts())
    assert post.deliver() == Sent()
    assert post.mail.sent[0][0] == "new@example.com"
    members.erase("demo", MEMBER)
    assert post.deliver(channel=SMS) == NotSent(Reason.ERASED)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (None, Reason.REMINDERS_OFF),
        (reminders(lead_days=()), Reason.REMINDERS_OFF),
        (reminders(channels=(SMS,)), Reason.CHANNEL_OFF),
        (reminders(channels=()), Reason.CHANNEL_OFF),
    ],
)
def test_what_the_program_says_when_it_is_sent_counts(settings: Reminders | None, reason: Reason) -> None:
    post = Post(reminding(reminders=settings))
    assert post.deliver() == NotSent(reason)
    assert not post.letters


def test_the_dormant_are_left_alone_where_the_program_wakes_nobody_any_more() -> None:
    post = Post(reminding(reminders=reminders(dormancy=None)))
    assert post.deliver(ASLEEP) == NotSent(Reason.REMINDERS_OFF)
    assert post.deliver() == Sent()


def test_a_lead_time_that_was_changed_since_leaves_the_notice_owed() -> None:
    assert Post(reminding(reminders=reminders(lead_days=(14,)))).deliver() == Sent()


def test_a_superseded_notice_is_never_sent() -> None:
    post = Post(superseded=True)
    assert post.deliver() == NotSent(Reason.SUPERSEDED)


def test_a_channel_that_is_not_set_up_says_so() -> None:
    post = Post()
    post.services = replace(post.services, outlets={SMS: post.texts})
    assert post.deliver() == NotSent(Reason.CHANNEL_NOT_SET_UP)
    assert post.deliver(channel=SMS) == Sent()


# ── the points of now ───────────────────────────────────────────────────────────────────────────────────────────────


def spend(post: Post, times: int = 1) -> None:
    for time in range(times):
        redemption = Redemption(f"r-{time}", MEMBER, "coupon")
        redeem_reward(post.booking, post.program, redemption, actor="tester")


def test_the_amount_is_that_of_now() -> None:
    post = Post()
    spend(post, 2)
    assert post.deliver() == Sent()
    assert "140 points" in post.letters[0].body


def test_a_reward_that_is_not_affordable_any_more_is_not_named() -> None:
    post = Post()
    spend(post, 4)
    assert post.deliver() == Sent()
    assert "40 points" in post.letters[0].body
    assert "coupon" not in post.letters[0].body


@pytest.mark.parametrize("reward", [None, "gone", "limited"])
def test_a_reward_that_is_not_for_everybody_any_more_is_not_named(reward: str | None) -> None:
    rewards = {"coupon": Reward("coupon", 50), "limited": Reward("limited", 1, cash=100)}
    post = Post(reminding(rewards=rewards), reward=reward)
    assert post.deliver() == Sent()
    assert "enough for" not in post.letters[0].body


def test_nothing_is_sent_where_nothing_is_left() -> None:
    post = Post(points=100)
    spend(post, 2)
    assert post.deliver() == NotSent(Reason.NOTHING_LEFT)
    assert Post(now=local("2028-02-01")).deliver(ASLEEP) == NotSent(Reason.NOTHING_LEFT)
    assert Post(points=0).deliver(ASLEEP) == NotSent(Reason.NOTHING_LEFT)


def test_points_of_another_date_do_not_count() -> None:
    post = Post()
    other = Expiring(date(2028, 12, 31), 7)
    post.notice(other)
    assert post.deliver(other) == NotSent(Reason.NOTHING_LEFT)


@pytest.mark.parametrize(
    ("moment", "outcome"),
    [
        ("2027-12-31 23:59", Sent()),
        ("2028-01-01 00:00", NotSent(Reason.TOO_LATE)),
        ("2029-05-01 12:00", NotSent(Reason.TOO_LATE)),
    ],
)
def test_after_the_last_day_it_is_too_late(moment: str, outcome: Outcome) -> None:
    assert Post(now=local(moment)).deliver() == outcome


def test_a_member_without_an_account_has_nothing_left() -> None:
    post = Post()

    class Empty:
        def account(self, program: str, member: str) -> Account | None:  # noqa: ARG002
            return None

    post.services = replace(post.services, ledger=Empty())  # type: ignore[arg-type]
    assert post.deliver() == NotSent(Reason.NOTHING_LEFT)


def test_the_dormant_are_told_what_they_could_spend() -> None:
    post = Post(now=local("2026-09-15"))
    assert post.deliver(ASLEEP) == Sent()
    assert "you have 240 points to use. We have not seen you for 184 days." in post.letters[0].body


def test_the_dormant_who_have_come_back_are_not_woken() -> None:
    post = Post(now=local("2026-09-15"))
    post.earn(10, "second")
    assert post.deliver(ASLEEP) == NotSent(Reason.ACTIVE_AGAIN)


# ── quiet hours ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_in_quiet_hours_it_waits_and_is_sent_afterwards() -> None:
    post = Post(reminding(reminders=reminders(quiet_hours=AT_NIGHT)), now=local("2027-12-24 23:30"))
    morning = local("2027-12-25 09:00")
    assert post.deliver() == Wait(morning)
    assert not post.letters
    post.clock.moment = morning
    assert post.deliver() == Sent()


def test_nobody_waits_for_what_is_not_sent_anyway() -> None:
    post = Post(reminding(reminders=reminders(quiet_hours=AT_NIGHT)), now=local("2027-12-24 23:30"), profile=None)
    assert post.deliver() == NotSent(Reason.ERASED)


# ── failures ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("failure", [NotNow("TooManyRequestsException"), Refused("MessageRejected")])
def test_what_the_carrier_did_not_take_counts_as_not_sent(failure: Exception) -> None:
    post = Post()
    post.mail.failing.append(failure)
    with pytest.raises(type(failure)):
        post.deliver()
    assert post.deliver() == Sent()
    assert len(post.letters) == 1


def test_that_it_could_not_be_noted_is_told() -> None:
    post = Post()
    post.sent.unrecorded = True
    assert post.deliver() == Sent(recorded=False)


def test_a_notice_nobody_wrote_is_refused() -> None:
    post = Post()
    with pytest.raises(Refused, match="no_such_notice"):
        post.deliver(Expiring(LAST_DAY, 3))


def test_a_program_that_is_not_there_is_not_found() -> None:
    post = Post()
    post.services = replace(post.services, programs=MemoryPrograms())
    with pytest.raises(NotFound):
        post.deliver()
