"""The same again: duplicate, completion, version, and submissions that look like something else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cases import (
    BACK,
    BACK_FIELDS,
    BACK_TO_UNIT,
    DUPLICATE,
    FULL,
    HELD,
    NO_PHONE,
    OK,
    OTHER_UNIT,
    POLICY,
    RECEIPT,
    REMARKS,
    RETURN,
    SUBJECT,
    TITLE,
    UNIT,
    UNKNOWN,
    WITH_PHONE,
    R,
    Row,
    case,
    check,
    file,
    found,
    item,
    mail,
    reply,
    returned,
    with_intake,
)

from mailbot.intake.rules import judge
from mailbot.model import (
    Found,
    LetterKind,
    Outcome,
    Relation,
    Source,
    SubmissionState,
    WordCount,
)

AGAIN = [
    Row("the same bytes", case(None, file(), same_bytes="20190409-AAAAAA"), DUPLICATE, None, (R.SAME_BYTES,)),
    Row(
        "the same document from the same unit",
        case(None, file(), same_document=(item(),)),
        DUPLICATE,
        LetterKind.DUPLICATE,
        (R.SAME_DOCUMENT,),
    ),
    Row(
        "the same document against a held item",
        case(None, file(), same_document=(item(SubmissionState.HELD),)),
        DUPLICATE,
        LetterKind.DUPLICATE,
        (R.SAME_DOCUMENT,),
    ),
    Row(
        "the same document against a declined one is new",
        case(None, file(), same_document=(item(SubmissionState.DECLINED),)),
        OK,
        RECEIPT,
        (),
    ),
    Row(
        "the same document from a co-signing unit",
        case(None, file(), same_document=(item(fields=replace(OTHER_UNIT, co_units=(UNIT,))),)),
        DUPLICATE,
        LetterKind.DUPLICATE,
        (R.SAME_DOCUMENT,),
    ),
    Row(
        "a changed document under the same title",
        case(None, file(), same_title=(item(),)),
        OK,
        LetterKind.NEW_VERSION,
        (R.NEW_VERSION,),
    ),
    Row(
        "the same title after 31 days is new",
        case(None, file(), same_title=(item(days=31),)),
        OK,
        RECEIPT,
        (),
    ),
    Row(
        "the same title after adoption is new",
        case(None, file(), same_title=(item(adopted=True),)),
        OK,
        RECEIPT,
        (),
    ),
    Row(
        "the same title without a Word file is returned",
        case(same_title=(item(),)),
        BACK_TO_UNIT,
        RETURN,
        (R.NO_ATTACHMENT,),
    ),
    Row(
        "a reply supplies the missing number",
        case(BACK, fields=WITH_PHONE, replied_to=reply(LetterKind.RETURNED), returned=(returned(NO_PHONE),)),
        REMARKS,
        LetterKind.COMPLETED,
        (R.COMPLETES_RETURNED, R.FOUND_ELSEWHERE),
    ),
    Row(
        "a reply supplies the Word file",
        case(
            mail(f"回复：退回补正：{TITLE}"),
            file(),
            fields=BACK_FIELDS,
            replied_to=reply(LetterKind.RETURNED),
            returned=(returned(document=""),),
        ),
        OK,
        LetterKind.COMPLETED,
        (R.COMPLETES_RETURNED,),
    ),
    Row(
        "a reply supplies one of two things",
        case(
            mail(f"回复：退回补正：{TITLE}"),
            file(),
            fields=BACK_FIELDS,
            replied_to=reply(LetterKind.RETURNED),
            returned=(returned(NO_PHONE, document=""),),
        ),
        BACK_TO_UNIT,
        RETURN,
        (R.MISSING_CONTACTS, R.COMPLETES_RETURNED),
    ),
    Row(
        "a resend by the same sender with what was missing",
        case(None, file(), returned=(returned(document=""),)),
        OK,
        LetterKind.COMPLETED,
        (R.COMPLETES_RETURNED,),
    ),
    Row(
        "a resend with the number, the file lying here already",
        case(returned=(returned(NO_PHONE),)),
        OK,
        LetterKind.COMPLETED,
        (R.COMPLETES_RETURNED,),
    ),
    Row(
        "completion goes before duplicate",
        case(
            None, file(), returned=(returned(document=""),), same_document=(item(number="20190401-BBBBBB"),)
        ),
        OK,
        LetterKind.COMPLETED,
        (R.COMPLETES_RETURNED,),
    ),
    Row(
        "another title completes nothing",
        case(
            None,
            file(),
            returned=(returned(replace(FULL, title=Found("别的标题", Source.SUBJECT)), document=""),),
        ),
        OK,
        RECEIPT,
        (),
    ),
    Row(
        "another title in reply to a returned mail is new",
        case(
            None,
            file(),
            replied_to=reply(LetterKind.RETURNED),
            returned=(returned(replace(FULL, title=Found("别的标题", Source.SUBJECT)), document=""),),
        ),
        OK,
        RECEIPT,
        (),
    ),
    Row(
        "a mail that supplies nothing new is returned again",
        case(fields=NO_PHONE, returned=(returned(NO_PHONE, document=""),)),
        BACK_TO_UNIT,
        RETURN,
        (R.MISSING_CONTACTS, R.NO_ATTACHMENT),
    ),
    Row(
        "after 31 days a completion is a new mail",
        case(returned=(returned(NO_PHONE, days=31),)),
        BACK_TO_UNIT,
        RETURN,
        (R.NO_ATTACHMENT,),
    ),
    Row(
        "somebody else's returned mail is not completed",
        case(mail(senders=(UNKNOWN,)), file(), known=None, returned=(returned(document=""),)),
        OK,
        RECEIPT,
        (R.SENDER_NOT_REGISTERED,),
    ),
    Row(
        "自动回复： over a full subject and a Word file is a person's to look at, and not answered",
        case(mail(f"自动回复：{SUBJECT}"), file()),
        HELD,
        None,
        (R.AUTO_REPLY_WITH_FILE,),
    ),
    Row(
        "a title about recalls is no recall notice",
        case(mail(f"撤回不合格产品公告机制-{UNIT}-彭利-6220000"), file()),
        OK,
        RECEIPT,
        (),
    ),
    Row(
        "a full subject over a Word file is no meeting notice",
        case(mail(f"召开座谈会通知到户-{UNIT}-彭利-6220000"), file()),
        OK,
        RECEIPT,
        (),
    ),
    Row(
        "an article on invoices is no advertising",
        case(mail(f"推行电子发票便民-{UNIT}-彭利-6220000"), file()),
        OK,
        RECEIPT,
        (),
    ),
    Row(
        "thanks under a submission without its file",
        case(mail(text="谢谢！")),
        BACK_TO_UNIT,
        RETURN,
        (R.NO_ATTACHMENT,),
    ),
]


@pytest.mark.parametrize("row", AGAIN, ids=lambda row: row.what)
def test_each_repeat_is_recognised_for_what_it_is(row: Row) -> None:
    """In the order of docs/intake.md: completion, duplicate, version, new."""
    check(row)


def test_a_completed_item_keeps_what_the_first_mail_said() -> None:
    """Fields of the returned mail stand beside what the reply supplied; the number is the first one's."""
    subject = case(
        BACK, fields=WITH_PHONE, replied_to=reply(LetterKind.RETURNED), returned=(returned(NO_PHONE),)
    )
    verdict = judge(subject, POLICY)
    assert verdict.fields == replace(NO_PHONE, contacts=Found(("6220000",), Source.BODY))
    assert (verdict.relation, verdict.related) == (Relation.COMPLETION, "20190409-AAAAAA")


def test_the_title_cut_in_our_own_subject_does_not_shorten_the_item() -> None:
    """A reply to a letter whose subject was cut completes the item under its whole title."""
    long = "县民政局坚持问题导向精准施策扎实推进困难群众救助" * 4
    fields = replace(WITH_PHONE, title=Found(long[:59] + "…", Source.SUBJECT))
    old = replace(NO_PHONE, title=Found(long, Source.SUBJECT))
    verdict = judge(case(BACK, fields=fields, replied_to=reply(), returned=(returned(old),)), POLICY)
    assert verdict.fields.title == Found(long, Source.SUBJECT)


def test_the_answered_item_is_completed_before_any_other() -> None:
    """Of several returned items of one sender the one whose letter is answered."""
    newer = returned(NO_PHONE, number="20190411-CCCCCC", days=1)
    older = returned(NO_PHONE)
    verdict = judge(case(BACK, fields=WITH_PHONE, replied_to=reply(), returned=(newer, older)), POLICY)
    assert verdict.related == "20190409-AAAAAA"


def test_a_correction_of_a_registered_document_is_not_its_duplicate() -> None:
    """Relation and related item are set only where the verdict rests on them."""
    subject = case(mail(text="标题写错了，请改为“一门受理”"), file(), same_document=(item(),))
    verdict = judge(subject, POLICY)
    assert (verdict.relation, verdict.related) == (Relation.NEW, None)


def test_a_version_need_not_repeat_what_is_on_record() -> None:
    """Person and number of the earlier version stand where the new mail says nothing of them."""
    subject = case(None, file(), fields=found(contacts=None, submitters=None), same_title=(item(),))
    verdict = judge(subject, POLICY)
    assert verdict.outcome is Outcome.ACCEPTED
    assert (verdict.fields.submitters, verdict.fields.contacts) == (FULL.submitters, FULL.contacts)


def test_a_version_that_is_returned_leaves_the_item_alone() -> None:
    """An office that returns what is too long still has the earlier version on record."""
    outcomes = {**POLICY.intake.outcomes, R.OVER_LONG_LIMIT: Outcome.RETURNED}
    subject = case(None, file(words=WordCount(whole=2500)), same_title=(item(),))
    verdict = judge(subject, with_intake(POLICY, outcomes=outcomes))
    assert (verdict.outcome, verdict.answer) == (Outcome.RETURNED, LetterKind.RETURNED)
    assert (verdict.relation, verdict.related) == (Relation.NEW, None)
