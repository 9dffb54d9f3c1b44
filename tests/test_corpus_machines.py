"""The never-answer corpus (promise P5): not one of these mails draws a letter, and each has its outcome."""

from __future__ import annotations

from collections.abc import Iterator

import build
import pytest
from corpus_machines import SAMPLES, Sample
from road import Road

from mailbot.model import Correspondent, Outcome, Reason

CLERK = Correspondent(address="matou@oa.tancheng.example", unit="马头镇", name="张三", phone="13900000001")


@pytest.fixture(scope="module")
def road() -> Iterator[Road]:
    """The senders that could be answered are known: the hardest case."""
    with Road(CLERK) as road:
        yield road


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_machine_or_nobody_is_not_answered(sample: Sample, road: Road) -> None:
    """No letter to the sender, and an outcome that the console shows with its reason."""
    seen = road.take(sample.raw)
    assert seen.letter is None, seen.letter.body
    assert seen.outcome is sample.outcome, seen.reasons
    assert seen.reasons


PEOPLE = (
    ("关于约稿的说明", "您好，我单位信息员正在休假，约稿能否延至周五报送？", Reason.QUESTION),
    ("邮件被退回", "我昨天给贵科发的邮件被退回了，请问是什么原因？", Reason.QUESTION),
    (
        "转发：系统退信",
        "请问这封为什么没有发过去？\n\n-----原始邮件-----\n退信原因：用户不存在",
        Reason.OTHER_MATTER,
    ),
    ("信息员变更", "我不在办公室期间，由李四负责信息报送，电话13900000002。", Reason.OFFICER_CHANGE),
    ("回复：回执：春季造林", "我正在外地出差，单位名称有误，应为马头镇。", Reason.CORRECTION),
)


@pytest.mark.parametrize(("subject", "text", "reason"), PEOPLE, ids=[row[1][:14] for row in PEOPLE])
def test_a_person_who_speaks_of_such_things_is_heard(
    subject: str, text: str, reason: Reason, road: Road
) -> None:
    """Held for the section under its kind, not ignored as a machine's."""
    seen = road.take(build.mail(subject=subject, text=text, sender=CLERK.address))
    assert (seen.outcome, seen.reasons, seen.letter) == (Outcome.HELD, {reason}, None)


NOTES = (
    ("请把3月份通报发一份", "领导好，3月份的通报我没有收到，麻烦再发一份。"),
    ("约稿什么时候交", "约稿2019-003是周五交吗"),
    ("撤回上一封", "上一封发错了，请不要用了。"),
    ("邮箱变更", "我单位邮箱更换为new@oa.tancheng.example，请知悉。"),
    ("关于约稿2019-003的回复", "我镇无此项工作，请知悉。"),
    ("零报告", "本月我镇无此类情况。"),
    ("新年祝福", "祝信息科全体同志新春快乐，工作顺利！"),
    ("关于派员参加以干代训的函", "现推荐王芳同志参加。"),
    ("约稿材料明天报送", "因数据未核实，申请延期至明天报送。"),
    ("得分有误", "3月我镇普刊采用1篇没有计分，请核对。"),
    ("", "您好，我是马头镇新来的信息员李四，以后由我报送。"),
)


@pytest.mark.parametrize(("subject", "text"), NOTES, ids=[row[1][:14] for row in NOTES])
def test_a_note_of_somebody_we_know_is_not_asked_for_its_word_file(
    subject: str, text: str, road: Road
) -> None:
    """Held for the section: a 退回补正 would puzzle the writer."""
    seen = road.take(build.mail(subject=subject, text=text, sender=CLERK.address))
    assert (seen.outcome, seen.letter) == (Outcome.HELD, None)


FORGOTTEN = (
    ("马头镇扎实推进春季造林工作", "信息科：现报送信息一篇，请查收。"),
    ("马头镇扎实推进春季造林工作", ""),
    ("春季造林", "标题：马头镇扎实推进春季造林工作\n报送人：张三"),
    ("马头镇扎实推进春季造林工作-马头镇-张三-13900000001", "谢谢！"),
    ("信息", "今年以来，马头镇扎实推进春季造林工作。" * 12),
)


@pytest.mark.parametrize(("subject", "text"), FORGOTTEN, ids=range(len(FORGOTTEN)))
def test_a_forgotten_attachment_is_asked_for(subject: str, text: str, road: Road) -> None:
    """Whoever submits, in the subject, in words or in the mail itself, is told at once."""
    seen = road.take(build.mail(subject=subject, text=text, sender=CLERK.address))
    assert (seen.outcome, Reason.NO_ATTACHMENT in seen.reasons) == (Outcome.RETURNED, True)
    assert seen.letter is not None


def test_the_corpus_is_large_and_chinese_enough() -> None:
    """At least 80 mails, 20 of them of Chinese webmail, each of its own name and bytes."""
    assert len(SAMPLES) >= 80
    assert sum(sample.chinese for sample in SAMPLES) >= 20
    assert len({sample.name for sample in SAMPLES}) == len({sample.raw for sample in SAMPLES}) == len(SAMPLES)
