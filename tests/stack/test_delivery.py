"""Reminders as deployed: from a queue to a mail or a text message, once, and what becomes of those refused."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest

from points.adapters.dynamodb.models import NoticeItem
from points.domain.ledger.timers import Expiring
from points.domain.reminding.notices import Notice, name_of
from stack import mailbox, outputs, redrive
from stack.api import Api
from stack.deploy import SENDER_EMAIL, STACK_NAME, verify_sender
from stack.outputs import Stack
from stack.paths import PROGRAMS
from tests.stack.support import audit, eventually, in_program, member_with

LEAD_DAYS = 7
PROGRAM = "reminding"


@dataclass(frozen=True)
class Post:
    stack: Stack
    backend: Api
    sqs: Any

    def member(self, name: str, *, points: int = 12_345, channels: tuple[str, ...] = (), **profile: Any) -> date:
        """A member with points and a notice of their last day, which is returned. What the notice names no channels for
        is not sent by itself."""
        member_with(self.backend, name, points)
        self.backend.expect("PUT", f"/members/{name}", profile, status=(200, 204))
        (expiring,) = self.backend.expect("GET", f"/members/{name}/balance").body["expiring"]
        last_day = date.fromisoformat(expiring["on"])
        notice = Notice(
            PROGRAM, name, Expiring(last_day, LEAD_DAYS), datetime.now(UTC), points, "coupon-200-50", channels
        )
        outputs.client("dynamodb", self.stack["endpoint_url"]).put_item(
            TableName=self.stack["table"], Item=NoticeItem.of(notice).item()
        )
        return last_day

    def send(self, name: str, last_day: date, channel: str = "email", times: int = 1) -> None:
        about = name_of(Expiring(last_day, LEAD_DAYS))
        body = json.dumps({"program": PROGRAM, "member": name, "notice": about, "channel": channel})
        for _ in range(times):
            self.sqs.send_message(QueueUrl=self.stack["queues"][channel], MessageBody=body)

    def mails(self, to: str) -> list[mailbox.Letter]:
        return mailbox.emails(self.stack["endpoint_url"], to)

    def texts(self, to: str) -> list[mailbox.Letter]:
        return mailbox.text_messages(self.stack["endpoint_url"], to)

    def is_drained(self, channel: str = "email") -> bool:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        url = self.stack["queues"][channel]
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return all(found[name] == "0" for name in names)

    def wait(self, channel: str = "email") -> None:
        eventually(lambda: self.is_drained(channel), what="the queue is empty")

    def dead(self) -> list[redrive.DeadLetters]:
        return [each for each in redrive.dead_letters(self.client, STACK_NAME) if each.count]

    def client(self, service: str) -> Any:
        return outputs.client(service, self.stack["endpoint_url"])


@pytest.fixture(scope="module")
def post(published: Stack, backend: Api, admin: Api) -> Post:
    """The demo program under another name, with reminders."""
    document = json.loads((PROGRAMS / "demo.json").read_text("utf-8"))
    document["clients"] = sorted(client["id"] for client in published["clients"].values())
    document["reminders"] = {"lead_days": [30, LEAD_DAYS, 1], "channels": ["email", "sms"]}
    admin = in_program(admin, PROGRAM)
    admin.expect("PUT", "/config/draft", {"document": document, "revision": 0}, status=(200, 201))
    admin.expect("POST", "/config/publish", {"revision": 1}, status=(200, 201))
    return Post(published, in_program(backend, PROGRAM), outputs.client("sqs", published["endpoint_url"]))


@pytest.fixture
def unverified(published: Stack) -> Iterator[None]:
    """SES takes nothing from our sender."""
    outputs.client("sesv2", published["endpoint_url"]).delete_email_identity(EmailIdentity=SENDER_EMAIL)
    yield
    verify_sender(published)


def test_a_mail_in_english(post: Post) -> None:
    last_day = post.member("mail-en", locale="en-US", email="en@example.com")
    post.send("mail-en", last_day)
    (letter,) = eventually(lambda: post.mails("en@example.com"), what="the mail")
    assert letter == mailbox.Letter(
        to="en@example.com",
        sender=SENDER_EMAIL,
        subject=f"12,345 points to use by December 31, {last_day.year}",
        body=f"Demo shop points: you can use 12,345 points until the end of December 31, {last_day.year}. "
        "After that they expire.\n\nThey are enough for: 50 off 200 coupon.",
    )


def test_a_mail_in_chinese(post: Post) -> None:
    last_day = post.member("mail-zh", locale="zh-CN", email="zh@example.com")
    post.send("mail-zh", last_day)
    (letter,) = eventually(lambda: post.mails("zh@example.com"), what="the mail")
    assert letter.subject == f"您有 12,345 积分将于{last_day.year}年12月31日到期"
    assert letter.body.startswith(f"【演示商城积分】您有 12,345 积分将于{last_day.year}年12月31日到期")


def test_a_text_message(post: Post) -> None:
    last_day = post.member("text", locale="zh-CN", phone="+86 138 0013 8000")
    post.send("text", last_day, "sms", times=2)
    (letter,) = eventually(lambda: post.texts("+8613800138000"), what="the text message")
    assert "12,345 积分" in letter.body
    post.wait("sms")
    assert post.texts("+8613800138000") == [letter]


def test_a_notice_finds_its_own_way_by_each_of_its_channels(post: Post) -> None:
    post.member("way", channels=("email", "sms"), email="way@example.com", phone="+447700900123")
    eventually(lambda: post.mails("way@example.com"), what="the mail")
    eventually(lambda: post.texts("+447700900123"), what="the text message")
    for channel in ("email", "sms"):
        post.wait(channel)
    assert (len(post.mails("way@example.com")), len(post.texts("+447700900123"))) == (1, 1)


def test_a_duplicate_is_not_sent_again(post: Post) -> None:
    last_day = post.member("twice", email="twice@example.com")
    post.send("twice", last_day, times=3)
    eventually(lambda: post.mails("twice@example.com"), what="the mail")
    post.wait()
    post.send("twice", last_day)
    post.wait()
    assert len(post.mails("twice@example.com")) == 1
    assert post.dead() == []


def test_whoever_opted_out_or_was_erased_hears_nothing(post: Post, admin: Api) -> None:
    silent = {
        name: post.member(name, email=f"{name}@example.com", opt_out=name == "opted-out")
        for name in ("opted-out", "erased")
    }
    in_program(admin, PROGRAM).expect("DELETE", "/members/erased", status=(204,))
    for name, last_day in silent.items():
        post.send(name, last_day)
    post.wait()
    assert [post.mails(f"{name}@example.com") for name in silent] == [[], []]
    assert post.dead() == []


def test_spent_points_are_not_reminded_of(post: Post) -> None:
    last_day = post.member("spent", points=100, email="spent@example.com")
    post.backend.expect("POST", "/members/spent/holds", {"reference": "h", "points": 100}, status=(201,))
    post.send("spent", last_day)
    post.wait()
    assert post.mails("spent@example.com") == []


@pytest.mark.usefixtures("unverified")
def test_a_refused_mail_is_a_dead_letter_until_it_is_driven_back_and_sent_once(
    post: Post, published: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    last_day = post.member("refused", email="refused@example.com")
    post.send("refused", last_day)
    (letters,) = eventually(post.dead, what="the dead letter")
    assert (letters.queue, letters.count) == ("EmailQueue", 1)
    # At once, not after ten tries.
    assert post.is_drained()

    assert redrive.redrive(post.client, STACK_NAME) == 0
    told = capsys.readouterr().out
    assert "MessageRejected" in told
    assert "refused@example.com" not in told
    assert [each.count for each in post.dead()] == [1]

    verify_sender(published)
    assert redrive.redrive(post.client, STACK_NAME, queue="EmailQueue") == 0
    eventually(lambda: post.mails("refused@example.com"), what="the mail")
    # As if it had been driven back twice.
    post.send("refused", last_day)
    post.wait()
    assert len(post.mails("refused@example.com")) == 1
    assert post.dead() == []


def test_what_nobody_can_read_is_set_aside_alone(post: Post) -> None:
    last_day = post.member("beside", email="beside@example.com")
    post.sqs.send_message(QueueUrl=post.stack["queues"]["email"], MessageBody="not json")
    post.send("beside", last_day)
    eventually(lambda: post.mails("beside@example.com"), what="the mail")
    (letters,) = eventually(post.dead, what="the dead letter")
    assert redrive.reasons(post.sqs, letters.url) == {"invalid_message": 1}
    post.sqs.purge_queue(QueueUrl=letters.url)


def test_nothing_of_it_troubles_the_ledger(post: Post) -> None:
    assert not audit(post.stack).findings
