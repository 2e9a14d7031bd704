"""What members read: in their language, with its figures, in the program's words or the built-in ones."""

from datetime import date

import pytest

from points.adapters.delivery.languages import NAMES, BabelLanguages
from points.application.delivery.letters import (
    MAX_TEXT_MESSAGE,
    Told,
    filled,
    language_of,
    letter,
    text_message,
)
from points.application.delivery.ports import Letter
from points.domain.ledger.timers import Dormant, Expiring
from points.domain.program.program import Program
from points.domain.program.reminding import Text
from points.domain.program.rewards import Reward
from points.domain.program.texts import template_faults
from tests.support.delivery import reminders, reminding

COUPON = Reward("coupon", 50, title={"en": "A coupon", "zh-CN": "优惠券"})
SHOP = reminding(rewards={"coupon": COUPON, "mug": Reward("mug", 60)})
EXPIRING = Told(Expiring(date(2026, 12, 31), 7), 12_345, "coupon", today=date(2026, 12, 24))


def written(program: Program, told: Told, language: str) -> Letter:
    return letter(program, told, language, BabelLanguages().language(language))


def test_in_english() -> None:
    told = written(SHOP, EXPIRING, "en")
    assert told.subject == "12,345 points to use by December 31, 2026"
    assert told.body == (
        "Shop: you can use 12,345 points until the end of December 31, 2026. After that they expire.\n"
        "\n"
        "They are enough for: A coupon."
    )


def test_in_chinese() -> None:
    told = written(SHOP, EXPIRING, "zh-CN")
    assert told.subject == "您有 12,345 积分将于2026年12月31日到期"
    assert told.body == (
        "【商城】您有 12,345 积分将于2026年12月31日到期，当日结束前均可使用，逾期作废。\n\n现在可兑换：优惠券。"
    )


@pytest.mark.parametrize(
    ("points", "since", "sentence"),
    [
        (1, date(2026, 12, 23), "you have 1 point to use. We have not seen you for 1 day."),
        (2, date(2026, 12, 22), "you have 2 points to use. We have not seen you for 2 days."),
        (1_000_000, date(2023, 3, 30), "you have 1,000,000 points to use. We have not seen you for 1,365 days."),
    ],
)
def test_one_is_not_many_in_english(points: int, since: date, sentence: str) -> None:
    told = Told(Dormant(since, 1), points, None, today=date(2026, 12, 24))
    assert written(SHOP, told, "en").body == f"Shop: {sentence}"


def test_the_dormant_in_chinese() -> None:
    told = Told(Dormant(date(2026, 6, 1), 1), 88, None, today=date(2026, 12, 24))
    assert written(SHOP, told, "zh-CN") == Letter(
        "您还有 88 积分可用", "【商城】您还有 88 积分可用。您已有 206 天没有来过了。"
    )


@pytest.mark.parametrize("language", NAMES)
def test_without_a_reward_its_line_is_left_out(language: str) -> None:
    told = written(SHOP, Told(EXPIRING.about, 5, None, EXPIRING.today), language)
    assert "\n" not in told.body
    assert "{" not in told.body


@pytest.mark.parametrize("language", NAMES)
@pytest.mark.parametrize("kind", ["expiring", "dormant"])
def test_the_built_in_texts_are_without_fault(language: str, kind: str) -> None:
    assert template_faults(BabelLanguages().language(language).built_in(kind)) == []


def test_a_programs_own_words_are_taken_where_it_has_them() -> None:
    own = {"en": Text("{days} {days_unit}", "{points} beans until {date}\nor {reward}, says {program}")}
    program = reminding(rewards=SHOP.rewards, title={}, reminders=reminders(expiring=own))
    assert written(program, EXPIRING, "en") == Letter(
        "7 days", "12,345 beans until December 31, 2026\nor A coupon, says demo"
    )
    assert written(program, EXPIRING, "zh-CN").subject == "您有 12,345 积分将于2026年12月31日到期"
    asleep = Told(Dormant(date(2026, 6, 1), 1), 5, None, today=date(2026, 12, 24))
    assert written(program, asleep, "en").subject == "5 points waiting for you"


def test_what_has_no_name_in_a_language_is_called_by_another() -> None:
    program = reminding(languages=("zh-CN", "en"), title={"zh-CN": "商城"}, rewards=SHOP.rewards)
    told = Told(EXPIRING.about, 60, "mug", EXPIRING.today)
    assert written(program, told, "en").body.startswith("商城: ")
    assert written(program, told, "en").body.endswith(": mug.")


def test_values_are_never_read_as_texts_and_stay_on_their_line() -> None:
    title = "{points.__class__}\r\nBcc: everybody\x00"
    program = reminding(title={"en": title}, reminders=reminders(expiring={"en": Text("{program}", "{program}")}))
    told = written(program, Told(EXPIRING.about, 5, None, EXPIRING.today), "en")
    assert told.subject == told.body == "{points.__class__} Bcc: everybody"


@pytest.mark.parametrize(
    ("text", "value", "told"),
    [
        ("a {x} b", "1", "a 1 b"),
        ("a {x} b", None, ""),
        ("one\n{x}\ntwo", None, "one\ntwo"),
        ("one\n\n{x}\n\ntwo", None, "one\n\ntwo"),
        ("{x}\n\none", None, "one"),
        ("one\n\n\n\ntwo", "1", "one\n\ntwo"),
        ("{{{x}}}", "1", "{1}"),
        ("one\r\ntwo", "1", "one\ntwo"),
    ],
)
def test_filling_in(text: str, value: str | None, told: str) -> None:
    assert filled(text, {"x": value}) == told


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("en", "en"),
        ("EN", "en"),
        ("en-US", "en"),
        ("en_GB", "en"),
        ("zh-CN", "zh-CN"),
        ("zh", "zh-CN"),
        ("zh-Hans-CN", "zh-CN"),
        ("zh-TW", "zh-CN"),
        ("fr", "zh-CN"),
        ("enx", "zh-CN"),
        (None, "zh-CN"),
    ],
)
def test_the_language_of_a_member(locale: str | None, language: str) -> None:
    assert language_of(reminding(languages=("zh-CN", "en")), locale) == language


def test_a_language_the_program_does_not_speak_is_not_spoken() -> None:
    assert language_of(reminding(languages=("en",)), "zh-CN") == "en"


def test_a_text_message_takes_whole_lines_as_far_as_they_fit() -> None:
    assert text_message(Letter("subject", "one\n\ntwo")) == Letter("", "one\ntwo")
    long = "x" * (MAX_TEXT_MESSAGE - 3)
    assert text_message(Letter("", f"{long}\nab")).body == f"{long}\nab"
    assert text_message(Letter("", f"{long}\nabc")).body == long
    assert text_message(Letter("", "")).body == ""


@pytest.mark.parametrize("mark", ["x", "积", "🎁"])
def test_a_first_line_that_does_not_fit_is_cut(mark: str) -> None:
    told = text_message(Letter("", mark * 2_000)).body
    assert told.endswith(f"{mark}…")
    assert MAX_TEXT_MESSAGE - 2 <= len(told.encode("utf-16-le")) // 2 <= MAX_TEXT_MESSAGE
    # SNS takes 1,600 bytes.
    assert len(told.encode()) < 1_600


@pytest.mark.parametrize("language", NAMES)
def test_the_built_in_text_messages_are_complete(language: str) -> None:
    told = written(SHOP, EXPIRING, language)
    assert text_message(told).body == told.body.replace("\n\n", "\n")
