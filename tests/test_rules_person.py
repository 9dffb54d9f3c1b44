"""What is left to a person of the section, first of all secrecy marks (docs/intake.md)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cases import (
    BACK_FIELDS,
    BACK_TO_UNIT,
    FULL,
    HELD,
    NOTHING,
    NOTICE,
    OK,
    OTHER_UNIT,
    PDF,
    POLICY,
    RECEIPT,
    SENDER,
    STRANGER,
    TITLE,
    UNIT,
    UNKNOWN,
    WITH_PHONE,
    R,
    Row,
    bad,
    case,
    check,
    file,
    found,
    held,
    item,
    mail,
    reply,
)

from mailbot.intake.rules import judge
from mailbot.model import (
    Address,
    CorpusHit,
    Fields,
    Found,
    LetterKind,
    Likeness,
    MachineSign,
    Outcome,
    Reason,
    Source,
)

FOR_A_PERSON = [
    held("a secrecy mark in the subject", R.SECRECY_MARK, case(mail("秘密★1年 关于某事-县民政局"), file())),
    held("a secrecy mark in the text", R.SECRECY_MARK, case(mail(text="附件 机 密 ★ 请查收"), file())),
    held("a secrecy mark in the quoted text", R.SECRECY_MARK, case(mail(quoted="绝密★长期"), file())),
    held("a secrecy mark in the file", R.SECRECY_MARK, case(None, file(paragraphs=("机密★", "正文")))),
    held(
        "a secrecy mark in the file's name",
        R.SECRECY_MARK,
        case(None, bad("秘密★一年.pdf", R.OTHER_TYPE, "pdf")),
    ),
    held("a level after its label", R.SECRECY_MARK, case(None, file(paragraphs=("密级：机密", "正文")))),
    held(
        "a secrecy mark beats machine mail",
        R.SECRECY_MARK,
        case(mail("秘密★1年", signs=frozenset({MachineSign.AUTO_SUBMITTED}))),
    ),
    held("no sender", R.NO_USABLE_SENDER, case(mail(senders=()), file(), known=None)),
    held(
        "an address no answer can go to",
        R.NO_USABLE_SENDER,
        case(mail(senders=(Address(address="彭利@例子.example"),)), file(), known=None),
    ),
    held("two From addresses", R.SEVERAL_SENDERS, case(mail(senders=(SENDER, UNKNOWN)), file(), known=None)),
    held(
        "our host says the sender is forged",
        R.SUSPECT_SENDER,
        case(mail(signs=frozenset({MachineSign.DMARC_FAIL})), file()),
    ),
    held(
        "a stranger without Word file or unit",
        R.UNKNOWN_SENDER,
        case(STRANGER, fields=found(unit=None), known=None),
    ),
    held(
        "a stranger with a PDF and no unit",
        R.UNKNOWN_SENDER,
        case(STRANGER, PDF, fields=found(unit=None), known=None),
    ),
    held(
        "a stranger who names a unit off the roster, without a Word file",
        R.UNKNOWN_SENDER,
        case(
            STRANGER,
            fields=found(unit=None) and replace(found(unit=None), unit_as_written="县公安局"),
            known=None,
        ),
    ),
    held("a correction", R.CORRECTION, case(mail("更正：上次电话写错了", "应为6220001"), fields=NOTHING)),
    held(
        "a correction in reply to a receipt",
        R.CORRECTION,
        case(
            mail(f"回复：回执：{TITLE}", "联系电话有误，应为6220001。"), fields=WITH_PHONE, replied_to=reply()
        ),
    ),
    held(
        "a correction with the same Word file once more",
        R.CORRECTION,
        case(mail(text="标题写错了，请改为“一门受理”"), file(), same_document=(item(),)),
    ),
    held(
        "a reply that only states the right number",
        R.CORRECTION,
        case(
            mail(f"回复：回执：{TITLE}", "联系方式：6220009"),
            fields=replace(BACK_FIELDS, contacts=Found(("6220009",), Source.BODY)),
            replied_to=reply(),
        ),
    ),
    held(
        "a reply to a held notice",
        R.CORRECTION,
        case(
            mail(f"回复：回执：{TITLE}", "以第一个文件为准"),
            fields=BACK_FIELDS,
            replied_to=reply(LetterKind.HELD_NOTICE),
        ),
    ),
    held(
        "a request to withdraw",
        R.CORRECTION,
        case(mail("申请撤回稿件", "请撤回昨日报送的信息"), fields=NOTHING),
    ),
    held("a question", R.QUESTION, case(mail("请问本月通报什么时候发", ""), fields=NOTHING)),
    held(
        "a question in reply to a receipt",
        R.QUESTION,
        case(mail(f"回复：回执：{TITLE}", "请问这篇能采用吗？"), fields=BACK_FIELDS, replied_to=reply()),
    ),
    held(
        "a meeting notice",
        R.MEETING_NOTICE,
        case(mail("关于召开2019年政务信息工作座谈会的通知"), fields=NOTHING),
    ),
    held(
        "a meeting notice with a Word file",
        R.MEETING_NOTICE,
        case(mail("会议通知：6月3日下午3:00召开防汛视频会议"), file("通知.docx"), fields=NOTHING),
    ),
    held(
        "an invitation of a calendar",
        R.MEETING_NOTICE,
        case(mail("座谈", signs=frozenset({MachineSign.CALENDAR})), fields=NOTHING),
    ),
    held(
        "a change of the officer",
        R.OFFICER_CHANGE,
        case(mail("县民政局信息员变更备案表"), bad("备案表.xlsx", R.OTHER_TYPE, "xlsx"), fields=NOTHING),
    ),
    held(
        "a change of the officer in the text",
        R.OFFICER_CHANGE,
        case(mail("报备", "我局信息员由彭利变更为李静，电话6220002。"), fields=NOTHING),
    ),
    held(
        "not our duty",
        R.NOT_OUR_DUTY,
        case(mail("约稿2019-003情况说明", "该约稿不属于我局职责。"), fields=NOTHING),
    ),
    held(
        "not our duty, in a Word file",
        R.NOT_OUR_DUTY,
        case(mail("关于约稿的说明-县民政局-彭利-6220000"), file(title="关于约稿非我单位职责的说明")),
    ),
    held("holidays", R.OTHER_MATTER, case(mail("2019年端午节放假安排"), file("安排.docx"), fields=NOTHING)),
    held(
        "advertising",
        R.SPAM,
        case(mail("全国发票代开13276749817", senders=(UNKNOWN,)), fields=NOTHING, known=None),
    ),
    held(
        "advertising with a Word file",
        R.SPAM,
        case(mail("办公家具特价促销", senders=(UNKNOWN,)), file("目录.docx"), fields=NOTHING, known=None),
    ),
    Row(
        "a unit off the roster",
        case(None, file(), fields=replace(found(unit=None), unit_as_written="县公安局"), known=None),
        HELD,
        NOTICE,
        (R.UNIT_NOT_ON_ROSTER,),
    ),
    Row(
        "a unit off the roster beats the register",
        case(
            None, file(), fields=replace(FULL, unit=Found(UNIT, Source.REGISTER), unit_as_written="县公安局")
        ),
        HELD,
        NOTICE,
        (R.UNIT_NOT_ON_ROSTER, R.FOUND_ELSEWHERE),
    ),
    Row(
        "two different Word files",
        case(None, file(), file("另一篇.docx")),
        HELD,
        NOTICE,
        (R.SEVERAL_DOCUMENTS,),
    ),
    Row(
        "the same document from another unit",
        case(None, file(), same_document=(item(fields=OTHER_UNIT, sender="slj@x.example"),)),
        HELD,
        NOTICE,
        (R.SAME_TEXT_OTHER_UNIT,),
    ),
    Row(
        "much the same text from another unit",
        case(
            None,
            file(),
            likenesses=(Likeness(submission=item(fields=OTHER_UNIT, sender="s@x.example"), share=0.8),),
        ),
        HELD,
        NOTICE,
        (R.SAME_TEXT_OTHER_UNIT,),
    ),
    Row(
        "some of the same text: a hint",
        case(
            None,
            file(),
            likenesses=(Likeness(submission=item(fields=OTHER_UNIT, sender="s@x.example"), share=0.35),),
        ),
        OK,
        RECEIPT,
        (R.WEAK_LIKENESS,),
    ),
    Row(
        "much of the text stands in a reference text: a hint",
        case(
            None,
            file(),
            corpus=(CorpusHit(source="甲.txt", share=0.8), CorpusHit(source="乙.txt", share=0.4)),
        ),
        OK,
        RECEIPT,
        (R.CORPUS_LIKENESS,),
    ),
    Row("an encrypted mail", case(mail(sealed=True)), HELD, NOTICE, (R.SEALED_MAIL,)),
    Row(
        "a mail over the bound",
        case(mail(size=60_000_000)),
        BACK_TO_UNIT,
        LetterKind.RETURNED,
        (R.MAIL_TOO_LARGE,),
    ),
    Row(
        "a mail of which only the header was fetched: its sender is told, and no field is asked for",
        case(mail(TITLE, "", size=60_000_000, defects=("not_fetched",)), fields=NOTHING),
        BACK_TO_UNIT,
        LetterKind.RETURNED,
        (R.MAIL_TOO_LARGE,),
    ),
    Row(
        "the same from nobody known, who names no unit: no backscatter",
        case(mail(TITLE, "", size=60_000_000, defects=("not_fetched",)), fields=NOTHING, known=None),
        HELD,
        None,
        (R.MAIL_TOO_LARGE, R.UNKNOWN_SENDER),
    ),
    Row(
        "the same over a meeting notice",
        case(mail("会议通知", "", size=60_000_000, defects=("not_fetched",)), fields=NOTHING),
        HELD,
        None,
        (R.MAIL_TOO_LARGE, R.MEETING_NOTICE),
    ),
    Row(
        "a mail of which not even the header was fetched",
        case(mail(senders=(), defects=("not_fetched",)), known=None),
        HELD,
        None,
        (R.MAIL_TOO_LARGE, R.NO_USABLE_SENDER),
    ),
]


@pytest.mark.parametrize("row", FOR_A_PERSON, ids=lambda row: row.what)
def test_each_other_matter_is_held_under_its_kind(row: Row) -> None:
    """Held, and told to the sender only where that can do no harm."""
    check(row)


def test_nothing_of_a_secret_mail_is_kept_but_who_sent_it() -> None:
    """Title, document and details of a mail with a secrecy mark stay out of the verdict."""
    verdict = judge(case(mail("绝密★ 某事-县民政局-彭利-6220000"), file("绝密★某事.docx")), POLICY)
    assert verdict.fields == Fields(unit=FULL.unit, submitters=FULL.submitters, contacts=FULL.contacts)
    assert (verdict.document, verdict.not_taken) == (None, ())
    assert "某事" not in repr(verdict)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("秘密★1年", True),
        ("绝 密 ★ 长期", True),
        ("机密（★）", True),
        ("★机密", True),
        ("機密★", True),
        ("密级：秘密", True),
        ("密级（机密）", True),
        ("保守国家秘密", False),
        ("县委机要局召开保密工作会议", False),
        ("采用情况：★★ 县民政局", False),
        ("保密级别较高", False),
        ("秘密" + "。" * 40 + "★", False),
    ],
)
def test_a_secrecy_mark_is_a_level_beside_a_star(text: str, secret: bool) -> None:
    """Spaces and brackets may stand between; the words alone are no mark."""
    verdict = judge(case(mail(text=text), file()), POLICY)
    assert (Reason.SECRECY_MARK in verdict.reasons) is secret


@pytest.mark.parametrize(
    ("kind", "text", "outcome"),
    [
        (LetterKind.SOLICITATION, "数据尚未核实，申请延至明天。", Outcome.HELD),
        (LetterKind.REMINDER, "正在写，下午报。", Outcome.HELD),
        (LetterKind.BULLETIN, "我局4月份的采用情况似有出入。", Outcome.HELD),
        (LetterKind.SOLICITATION, "收到，谢谢！", Outcome.IGNORED),
        (LetterKind.RECEIPT, "正在写，下午报。", Outcome.IGNORED),
        (LetterKind.SOLICITATION, "", Outcome.IGNORED),
    ],
)
def test_words_that_answer_a_call_of_ours_are_kept_for_the_section(
    kind: LetterKind, text: str, outcome: Outcome
) -> None:
    """约稿, reminder and 通报 are answered in words; a receipt is not.  No letter follows in either case."""
    subject = case(mail("回复：来件", text), fields=NOTHING, replied_to=reply(kind))
    verdict = judge(subject, POLICY)
    assert (verdict.outcome, verdict.answer) == (outcome, None)
