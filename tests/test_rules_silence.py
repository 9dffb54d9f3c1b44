"""Who is never answered (docs/intake.md; promise P5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cases import (
    BACK_FIELDS,
    DAEMON,
    HELD,
    NO_PHONE,
    NOTHING,
    NOW,
    POLICY,
    TITLE,
    WITH_PHONE,
    R,
    Row,
    case,
    check,
    file,
    ignored,
    mail,
    reply,
)

from mailbot.intake.rules import Case, judge
from mailbot.model import (
    Address,
    MachineSign,
    Outcome,
    Reason,
)

NEVER = [
    ignored(
        "Auto-Submitted", R.AUTO_SUBMITTED, case(mail(signs=frozenset({MachineSign.AUTO_SUBMITTED})), file())
    ),
    ignored("X-Autoreply", R.AUTO_SUBMITTED, case(mail(signs=frozenset({MachineSign.AUTO_HEADER})))),
    ignored("the null return path", R.NULL_SENDER, case(mail(return_path=""))),
    ignored(
        "the null return path as a sign",
        R.NULL_SENDER,
        case(mail(signs=frozenset({MachineSign.NULL_SENDER}))),
    ),
    ignored(
        "a delivery report",
        R.DELIVERY_REPORT,
        case(mail("x", signs=frozenset({MachineSign.DELIVERY_REPORT}))),
    ),
    ignored(
        "a mail system's address and subject", R.DELIVERY_REPORT, case(DAEMON, fields=NOTHING, known=None)
    ),
    ignored(
        "a mail system's address",
        R.MACHINE_SENDER,
        case(mail("x", senders=(Address(address="no-reply@host.example"),))),
    ),
    ignored(
        "postmaster", R.MACHINE_SENDER, case(mail("x", senders=(Address(address="postmaster@host.example"),)))
    ),
    ignored(
        "a list's bounce address",
        R.MACHINE_SENDER,
        case(mail("x", senders=(Address(address="news-bounces@l.example"),))),
    ),
    ignored("a read receipt", R.READ_RECEIPT, case(mail("x", signs=frozenset({MachineSign.READ_RECEIPT})))),
    ignored(
        "a read receipt by subject", R.READ_RECEIPT, case(mail("已读: 政务信息月度通报"), fields=NOTHING)
    ),
    ignored(
        "a mailing list", R.MAILING_LIST, case(mail(signs=frozenset({MachineSign.MAILING_LIST})), file())
    ),
    ignored("bulk", R.MAILING_LIST, case(mail(signs=frozenset({MachineSign.BULK})))),
    ignored(
        "our own address", R.OWN_MAIL, case(mail(senders=(Address(address="xxk@tancheng.example"),)), file())
    ),
    ignored("our own Message-ID", R.OWN_MAIL, case(None, file(), own_message_id=True)),
    ignored("our own loop header", R.MAIL_LOOP, case(mail(loop_ids=("loop-1",)), file())),
    ignored("more than fifty hops", R.MAIL_LOOP, case(mail(hops=51), file())),
    ignored("自动回复：", R.AUTO_REPLY_SUBJECT, case(mail("自动回复：来信收悉"), fields=NOTHING)),
    ignored("自动 回复:", R.AUTO_REPLY_SUBJECT, case(mail("自 动回复:来信收悉"), fields=NOTHING)),
    ignored("Automatic reply:", R.AUTO_REPLY_SUBJECT, case(mail("Automatic reply: 回执"), fields=NOTHING)),
    ignored(
        "the text of QQ's vacation reply",
        R.AUTO_REPLY_SUBJECT,
        case(
            mail("Re: 回执：标题", "这是来自QQ邮箱的假期自动回复邮件。您好，我最近正在休假中。"),
            fields=NOTHING,
        ),
    ),
    Row(
        "自动回复： over a Word file without fields: not answered, and not lost",
        case(mail("自动回复：来信收悉"), file(), fields=NOTHING),
        HELD,
        None,
        (R.AUTO_REPLY_WITH_FILE,),
    ),
    ignored("a recall notice", R.RECALL_NOTICE, case(mail("发信方已撤回邮件：春耕信息"), fields=NOTHING)),
    ignored(
        "a reply to a receipt that says nothing",
        R.REPLY_WITHOUT_MATERIAL,
        case(mail(f"回复：回执：{TITLE}", "我正在外地。"), fields=BACK_FIELDS, replied_to=reply()),
    ),
    ignored(
        "a reply to a letter of ours that the store no longer knows",
        R.REPLY_WITHOUT_MATERIAL,
        case(
            mail("Re: 回执：标题", "[#123] 您的来信已受理。"), fields=NOTHING, known=None, refers_to_own=True
        ),
    ),
    ignored(
        "a responder that signs with what the register knows",
        R.REPLY_WITHOUT_MATERIAL,
        case(
            mail(f"Re: 回执：{TITLE}", "我正在外地。\n县民政局 彭利 6220000"),
            fields=WITH_PHONE,
            replied_to=reply(),
        ),
    ),
    ignored(
        "a responder that sets no reference, under our own subject",
        R.REPLY_WITHOUT_MATERIAL,
        case(mail(f"Re: 回执：{TITLE}", "您的邮件已进入我的邮箱。"), fields=BACK_FIELDS),
    ),
    ignored(
        "thanks for a receipt",
        R.THANKS_ONLY,
        case(mail(f"回复：回执：{TITLE}", "收到，谢谢！"), fields=BACK_FIELDS, replied_to=reply()),
    ),
    ignored(
        "thanks with a signature",
        R.THANKS_ONLY,
        case(
            mail(f"回复：回执：{TITLE}", "好的，收到，辛苦了！\n县民政局 彭利\n电话：6220000"),
            fields=BACK_FIELDS,
            replied_to=reply(),
        ),
    ),
    ignored("thanks out of the blue", R.THANKS_ONLY, case(mail("收到，谢谢领导", ""), fields=NOTHING)),
]


@pytest.mark.parametrize("row", NEVER, ids=lambda row: row.what)
def test_each_mail_of_a_machine_is_met_with_silence(row: Row) -> None:
    """Ignored, unanswered, for one stated reason."""
    check(row)


@pytest.mark.parametrize(
    "text",
    [
        "谢谢",
        "收到！",
        "好的，谢谢领导！",
        "收到，非常感谢信息科的支持。",
        "OK",
        "已收悉，辛苦您了～",
        "感谢！祝工作顺利",
    ],
)
def test_bare_thanks_are_known_in_many_words(text: str) -> None:
    """Nothing is left of them once words of courtesy are gone."""
    subject = case(mail(f"回复：回执：{TITLE}", text), fields=BACK_FIELDS, replied_to=reply())
    assert judge(subject, POLICY).reasons == (Reason.THANKS_ONLY,)


@pytest.mark.parametrize(
    "text", ["收到，电话应为6220001", "谢谢，请问何时通报？", "收到，但是附件不是最终稿，请以今天的为准"]
)
def test_thanks_with_a_matter_are_read_by_a_person(text: str) -> None:
    """A courtesy before a matter does not make it bare thanks."""
    subject = case(mail(f"回复：回执：{TITLE}", text), fields=BACK_FIELDS, replied_to=reply())
    assert judge(subject, POLICY).outcome is Outcome.HELD


LATER = NOW + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("old", "outcome", "reasons"),
    [
        (case(None, file(), answer_since=LATER), Outcome.ACCEPTED, {R.BEFORE_ANSWER_SINCE}),
        (
            case(None, fields=NO_PHONE, answer_since=LATER),
            Outcome.RETURNED,
            {R.BEFORE_ANSWER_SINCE, R.MISSING_CONTACTS, R.NO_ATTACHMENT},
        ),
        (
            case(None, file("一.docx"), file("二.docx"), answer_since=LATER),
            Outcome.HELD,
            {R.BEFORE_ANSWER_SINCE, R.SEVERAL_DOCUMENTS},
        ),
        (
            case(None, file(), answer_since=LATER, same_bytes="20190401-AAAAAA"),
            Outcome.DUPLICATE,
            {R.SAME_BYTES},
        ),
    ],
)
def test_mail_from_before_the_office_started_counts_and_is_not_answered(
    old: Case, outcome: Outcome, reasons: set[Reason]
) -> None:
    """It is judged as any other, for the month it came in; rule 13 only keeps the answer back."""
    verdict = judge(old, POLICY)
    assert (verdict.outcome, verdict.answer, set(verdict.reasons)) == (outcome, None, reasons)
    assert judge(replace_since(old), POLICY).outcome is outcome


def replace_since(old: Case) -> Case:
    return replace(old, settings=replace(old.settings, answer_since=NOW))
