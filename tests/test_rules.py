"""What is taken and what is returned: the middle of the table of rules (docs/intake.md)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from cases import (
    BACK_TO_UNIT,
    FULL,
    NO_PHONE,
    NOTHING,
    OK,
    OTHER_UNIT,
    PDF,
    POLICY,
    RECEIPT,
    REMARKS,
    RETURN,
    STRANGER,
    TITLE,
    UNIT,
    R,
    Row,
    bad,
    case,
    check,
    file,
    found,
    mail,
    reply,
    with_intake,
)
from steps import stopped_after

from mailbot.intake.rules import RULES, judge
from mailbot.model import (
    CloudLink,
    DocumentKind,
    Found,
    LetterKind,
    MachineSign,
    Outcome,
    PartOrigin,
    Reason,
    Source,
    WordCount,
)

PLAIN = [
    Row("a Word file under a full subject", case(None, file()), OK, RECEIPT, ()),
    Row("a .doc", case(None, file("稿件.doc")), OK, RECEIPT, ()),
    Row(
        "a .docx named .doc is taken",
        case(None, file("稿件.doc", kind=DocumentKind.DOCX)),
        OK,
        RECEIPT,
        (R.WRONG_EXTENSION,),
    ),
    Row(
        "a Word file under a .pdf name is taken",
        case(None, file("稿件.pdf", kind=DocumentKind.DOCX)),
        OK,
        RECEIPT,
        (R.WRONG_EXTENSION,),
    ),
    Row(
        "contact found in the body",
        case(None, file(), fields=found(contacts=Found(("6220000",), Source.BODY))),
        REMARKS,
        RECEIPT,
        (R.FOUND_ELSEWHERE,),
    ),
    Row(
        "title found in the Word file",
        case(None, file(), fields=found(title=Found(TITLE, Source.DOCUMENT))),
        REMARKS,
        RECEIPT,
        (R.FOUND_ELSEWHERE,),
    ),
    Row(
        "unit and person found in the register",
        case(
            None,
            file(),
            fields=found(unit=Found(UNIT, Source.REGISTER), submitters=Found(("彭利",), Source.REGISTER)),
        ),
        REMARKS,
        RECEIPT,
        (R.FOUND_ELSEWHERE,),
    ),
    Row(
        "a number one digit short, another one right",
        case(None, file(), fields=replace(FULL, bad_contacts=("1380013800",))),
        REMARKS,
        RECEIPT,
        (R.BAD_CONTACT,),
    ),
    Row(
        "a photograph beside the Word file",
        case(None, file(), bad("照片.jpg", R.OTHER_TYPE, "jpg")),
        REMARKS,
        RECEIPT,
        (R.OTHERS_NOT_TAKEN,),
    ),
    Row(
        "a PDF of the same beside the Word file",
        case(None, PDF, file()),
        REMARKS,
        RECEIPT,
        (R.OTHERS_NOT_TAKEN,),
    ),
    Row(
        "a locked Word file beside a good one",
        case(None, file(), bad("旧.doc", R.PASSWORD)),
        REMARKS,
        RECEIPT,
        (R.OTHERS_NOT_TAKEN,),
    ),
    Row(
        "the same bytes attached twice",
        case(None, file(), file("副本.docx", sha256="sha-稿件.docx")),
        OK,
        RECEIPT,
        (),
    ),
    Row(
        "the same text as .doc and .docx",
        case(None, file(), file("稿件.doc", text_digest="text-稿件.docx")),
        REMARKS,
        RECEIPT,
        (R.OTHERS_NOT_TAKEN,),
    ),
    Row("399 characters pass", case(None, file(words=WordCount(whole=400))), OK, RECEIPT, ()),
    Row(
        "401 characters: a remark",
        case(None, file(words=WordCount(whole=401))),
        REMARKS,
        RECEIPT,
        (R.OVER_SHORT_LIMIT,),
    ),
    Row(
        "2001 characters: the other remark",
        case(None, file(words=WordCount(whole=2001))),
        REMARKS,
        RECEIPT,
        (R.OVER_LONG_LIMIT,),
    ),
    Row(
        "an unknown address naming a roster unit",
        case(STRANGER, file(), known=None),
        OK,
        RECEIPT,
        (R.SENDER_NOT_REGISTERED,),
    ),
    Row(
        "a known address naming another unit",
        case(None, file(), fields=OTHER_UNIT),
        REMARKS,
        RECEIPT,
        (R.SENDER_OF_OTHER_UNIT,),
    ),
    Row(
        "a joint submission",
        case(None, file(), fields=replace(FULL, co_units=("县水利局",))),
        OK,
        RECEIPT,
        (R.JOINT_SUBMISSION,),
    ),
    Row(
        "a joint submission sent by the second unit",
        case(None, file(), fields=replace(OTHER_UNIT, co_units=(UNIT,))),
        OK,
        RECEIPT,
        (R.JOINT_SUBMISSION,),
    ),
    Row(
        "the event of the same day",
        case(None, file(), fields=replace(FULL, event_date=date(2019, 4, 12))),
        OK,
        RECEIPT,
        (R.SAME_DAY_REPORT,),
    ),
    Row(
        "an event of three days ago",
        case(None, file(), fields=replace(FULL, event_date=date(2019, 4, 9))),
        OK,
        RECEIPT,
        (R.LATE_REPORT,),
    ),
    Row(
        "an event still to come",
        case(None, file(), fields=replace(FULL, event_date=date(2019, 5, 1))),
        OK,
        RECEIPT,
        (),
    ),
    Row(
        "a doubtful reading is accepted all the same",
        case(None, file(), fields=replace(FULL, confidence=0.3)),
        OK,
        RECEIPT,
        (R.DOUBTFUL_READING,),
    ),
    Row(
        "two items announced in one subject",
        case(mail("县民政局4月两篇信息 彭利 6220000"), file()),
        OK,
        RECEIPT,
        (R.SEVERAL_TITLES,),
    ),
    Row(
        "a reply that brings a new Word file",
        case(mail(f"回复：回执：别的标题-{UNIT}-彭利-6220000"), file(), replied_to=reply()),
        OK,
        RECEIPT,
        (),
    ),
    Row(
        "asks for no automatic answer",
        case(mail(signs=frozenset({MachineSign.ASKS_NO_ANSWER})), file()),
        OK,
        None,
        (R.ASKS_NO_ANSWER,),
    ),
    Row(
        "the Word file is in a forwarded mail",
        case(None, file(), origins=(PartOrigin.FORWARDED,)),
        OK,
        RECEIPT,
        (),
    ),
    Row(
        "its own Word file before one in the mail below",
        case(None, file("旧稿.docx"), file(), origins=(PartOrigin.FORWARDED, PartOrigin.MAIL)),
        REMARKS,
        RECEIPT,
        (R.OTHERS_NOT_TAKEN,),
    ),
    Row(
        "a cloud link beside the Word file",
        case(mail(cloud_links=(CloudLink(host="wx.mail.qq.com", name="照片.zip"),)), file()),
        REMARKS,
        RECEIPT,
        (R.OTHERS_NOT_TAKEN,),
    ),
]

RETURNED = [
    Row("no attachment", case(), BACK_TO_UNIT, RETURN, (R.NO_ATTACHMENT,)),
    Row(
        "a cloud link only",
        case(mail(cloud_links=(CloudLink(host="wx.mail.qq.com", name="稿件.docx"),))),
        BACK_TO_UNIT,
        RETURN,
        (R.CLOUD_ATTACHMENT,),
    ),
    Row("a PDF", case(None, PDF), BACK_TO_UNIT, RETURN, (R.OTHER_TYPE,)),
    Row(
        "an RTF named .doc",
        case(None, bad("稿件.doc", R.FAKE_WORD, "rtf")),
        BACK_TO_UNIT,
        RETURN,
        (R.FAKE_WORD,),
    ),
    Row("macros", case(None, bad("稿件.docm", R.MACROS, "docm")), BACK_TO_UNIT, RETURN, (R.MACROS,)),
    Row("a password", case(None, bad("稿件.docx", R.PASSWORD, "docx")), BACK_TO_UNIT, RETURN, (R.PASSWORD,)),
    Row(
        "a broken file",
        case(None, bad("稿件.docx", R.CORRUPT, "truncated")),
        BACK_TO_UNIT,
        RETURN,
        (R.CORRUPT,),
    ),
    Row(
        "an empty document",
        case(None, bad("稿件.docx", R.EMPTY_DOCUMENT, "no_text")),
        BACK_TO_UNIT,
        RETURN,
        (R.EMPTY_DOCUMENT,),
    ),
    Row(
        "a huge document",
        case(None, bad("稿件.docx", R.TOO_LARGE, "file")),
        BACK_TO_UNIT,
        RETURN,
        (R.TOO_LARGE,),
    ),
    Row(
        "a hostile document of a known sender",
        case(None, bad("稿件.docx", R.HOSTILE_DOCUMENT, "ratio")),
        BACK_TO_UNIT,
        RETURN,
        (R.HOSTILE_DOCUMENT,),
    ),
    Row(
        "a hostile document of a stranger is not answered",
        case(STRANGER, bad("稿件.docx", R.HOSTILE_DOCUMENT, "ratio"), known=None),
        BACK_TO_UNIT,
        None,
        (R.HOSTILE_DOCUMENT, R.SENDER_NOT_REGISTERED),
    ),
    Row(
        "a PDF and a photograph",
        case(None, PDF, bad("照片.jpg", R.OTHER_TYPE, "jpg")),
        BACK_TO_UNIT,
        RETURN,
        (R.OTHER_TYPE,),
    ),
    Row(
        "no title anywhere",
        case(None, file(), fields=found(title=None)),
        BACK_TO_UNIT,
        RETURN,
        (R.MISSING_TITLE,),
    ),
    Row(
        "no submitter anywhere",
        case(None, file(), fields=found(submitters=None)),
        BACK_TO_UNIT,
        RETURN,
        (R.MISSING_SUBMITTERS,),
    ),
    Row(
        "no contact anywhere",
        case(None, file(), fields=NO_PHONE),
        BACK_TO_UNIT,
        RETURN,
        (R.MISSING_CONTACTS,),
    ),
    Row(
        "only a number that is none",
        case(None, file(), fields=replace(NO_PHONE, bad_contacts=("1380013800",))),
        BACK_TO_UNIT,
        RETURN,
        (R.MISSING_CONTACTS, R.BAD_CONTACT),
    ),
    Row(
        "a Word file and no unit anywhere, from a stranger",
        case(STRANGER, file(), fields=found(unit=None), known=None),
        BACK_TO_UNIT,
        RETURN,
        (R.MISSING_UNIT,),
    ),
    Row(
        "nothing in the subject, nothing anywhere",
        case(mail("（无主题）"), file(), fields=NOTHING, known=None),
        BACK_TO_UNIT,
        RETURN,
        (R.MISSING_TITLE, R.MISSING_UNIT, R.MISSING_SUBMITTERS, R.MISSING_CONTACTS),
    ),
    Row(
        "a PDF and no contact: both named",
        case(None, PDF, fields=NO_PHONE),
        BACK_TO_UNIT,
        RETURN,
        (R.MISSING_CONTACTS, R.OTHER_TYPE),
    ),
    Row(
        "an unknown address naming a roster unit, without a Word file",
        case(STRANGER, known=None),
        BACK_TO_UNIT,
        RETURN,
        (R.NO_ATTACHMENT, R.SENDER_NOT_REGISTERED),
    ),
    Row(
        "a locked Word file of a stranger without a unit",
        case(STRANGER, bad("稿件.docx", R.PASSWORD, "docx"), fields=found(unit=None), known=None),
        BACK_TO_UNIT,
        RETURN,
        (R.MISSING_UNIT, R.PASSWORD),
    ),
    Row(
        "a courtesy in the body is no question",
        case(
            mail(f"{TITLE}（民政局）", "附件为我单位信息，收到请回复。"),
            fields=found(unit=Found(UNIT, Source.REGISTER)),
        ),
        BACK_TO_UNIT,
        RETURN,
        (R.NO_ATTACHMENT, R.FOUND_ELSEWHERE),
    ),
    Row(
        "an article pasted into the mail is no note",
        case(mail(TITLE, "改为" + "群众办事由多头跑动改为一窗受理，效率如何明显提升。" * 9), fields=NO_PHONE),
        BACK_TO_UNIT,
        RETURN,
        (R.NO_ATTACHMENT, R.MISSING_CONTACTS),
    ),
    Row(
        "a question in the body does not undo a forgotten attachment",
        case(mail(text="请查收附件，是否收到请告知？")),
        BACK_TO_UNIT,
        RETURN,
        (R.NO_ATTACHMENT,),
    ),
]


@pytest.mark.parametrize("row", [*PLAIN, *RETURNED], ids=lambda row: row.what)
def test_each_submission_is_taken_or_returned_for_its_reasons(row: Row) -> None:
    """Clean, with a remark, or back with what is wrong: and never more than that."""
    check(row)


def test_section_only_reasons_leave_a_mail_plainly_accepted() -> None:
    """Only what the unit reads makes 'accepted with remarks'."""
    for reason, outcome in POLICY.intake.outcomes.items():
        if outcome in (Outcome.ACCEPTED, Outcome.ACCEPTED_WITH_REMARKS):
            told = POLICY.wording.reasons[reason].audience != "section"
            assert told is (outcome is Outcome.ACCEPTED_WITH_REMARKS), reason


def test_names_of_what_was_not_taken_are_told() -> None:
    """Everything beside the Word file, and every attachment where none could be taken."""
    photo = bad("照片.jpg", R.OTHER_TYPE, "jpg")
    assert judge(case(None, photo, file()), POLICY).not_taken == ("照片.jpg",)
    assert judge(case(None, PDF, photo), POLICY).not_taken == ("稿件.pdf", "照片.jpg")


def test_a_hostile_file_leaves_only_its_name() -> None:
    """What a hostile file claims to be is not passed on."""
    verdict = judge(case(None, bad("稿件.docx", R.HOSTILE_DOCUMENT, "ratio")), POLICY)
    assert verdict.findings[0].details == {"name": "稿件.docx"}


def test_an_office_may_decide_otherwise_in_its_policy() -> None:
    """Outcomes are data: an office that returns what is too long says so in intake.toml."""
    intake = POLICY.intake
    stricter = with_intake(POLICY, outcomes={**intake.outcomes, R.OVER_LONG_LIMIT: Outcome.RETURNED})
    verdict = judge(case(None, file(words=WordCount(whole=2500))), stricter)
    assert (verdict.outcome, verdict.answer) == (Outcome.RETURNED, LetterKind.RETURNED)


def test_hostile_lengths_do_not_hang_the_judgement() -> None:
    """Subjects and texts made to slow a search down; each takes milliseconds."""
    for text in ("关于召开" * 5000, "秘 " * 20000, "谢谢" * 20000, "(" * 40000, "密级：" * 20000):
        with stopped_after():
            judge(case(mail(text[:1000], text), file(paragraphs=(text,)), fields=NOTHING), POLICY)


def test_the_table_asks_about_every_reason_once() -> None:
    """No reason lacks a rule, none has two, and the secrecy mark is asked first."""
    asked = [reason for rule in RULES for reason in rule.reasons]
    assert sorted(asked) == sorted(set(asked)) == sorted(Reason)
    assert RULES[0].reasons == (Reason.SECRECY_MARK,)
    assert RULES[0].stops
