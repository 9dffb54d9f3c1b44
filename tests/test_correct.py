"""mailbot.workflow.mail.correct: what is registered, put right by a person."""

from __future__ import annotations

from pathlib import Path

import pytest
from desks import Host, Office, office, submission

from mailbot.errors import MailbotError
from mailbot.intake.contact import read_contact
from mailbot.model import LetterKind, LetterState, Source, Submission, SubmissionState
from mailbot.policy import Resources, load_policy
from mailbot.workflow.mail import correct, deliver, review

BY = "周正"
LEXICON = load_policy(Resources(None)).lexicon


@pytest.fixture
def here(tmp_path: Path) -> Office:
    """An office with an empty box."""
    return office(tmp_path)


def registered(here: Office, **over: str) -> Submission:
    """One item as it came."""
    row = here.one(submission(**over))
    assert row.number is not None
    return here.desk.store.submission(row.number)


def now(here: Office, item: Submission) -> Submission:
    return here.desk.store.submission(item.number)


def test_every_field_is_put_right_under_the_persons_name(here: Office) -> None:
    """Each as a person's word, and the record has what stood there before."""
    item = registered(here)
    changed = correct.correct(
        here.desk,
        item.number,
        by=BY,
        title=" 设立 “一门受理”窗口 ",
        unit="水利局",
        submitters=["彭一鸣", "秦时月"],
        contacts=["139 0539 0001", "0539-6134001转8"],
    )
    fields = now(here, item).fields
    assert changed == ("title", "unit", "submitters", "contacts")
    assert fields.title and fields.unit and fields.submitters and fields.contacts
    assert fields.title.value == "设立 “一门受理”窗口"
    assert fields.unit.value == "县水利局"
    assert fields.submitters.value == ("彭一鸣", "秦时月")
    assert fields.contacts.value == ("13905390001", "0539-6134001转8")
    found = (fields.title, fields.unit, fields.submitters, fields.contacts)
    assert {one.source for one in found} == {Source.PERSON}
    (event,) = here.desk.store.events(subject=f"item:{item.number}", verb="corrected")
    assert event.who == BY
    assert (event.details["unit_before"], event.details["unit"]) == ("县民政局", "县水利局")
    assert event.details["submitters"] == "彭一鸣、秦时月"


def test_what_is_not_named_stays_as_it_was_read(here: Office) -> None:
    """With the place it was found in; nothing is sent unless that was asked for."""
    item = registered(here)
    assert correct.correct(here.desk, item.number, by=BY, contacts=["6220002"]) == ("contacts",)
    fields = now(here, item).fields
    assert fields.title == item.fields.title
    assert fields.unit == item.fields.unit
    assert [letter.kind for letter in here.letters()] == [LetterKind.RECEIPT]


def test_the_sender_is_told_all_that_stands_in_the_same_thread(here: Office) -> None:
    """Where the person says so; a second correction is told by a second letter."""
    item = registered(here)
    correct.correct(here.desk, item.number, by=BY, submitters=["秦时月"], tell=True)
    here.clock.sleep(60)
    correct.correct(here.desk, item.number, by=BY, title="设立“一门受理”窗口", tell=True)
    receipt, first, second = here.letters()
    assert {first.kind, second.kind} == {LetterKind.CORRECTED}
    assert first.state is LetterState.READY
    assert first.recipient == receipt.recipient
    assert first.number == item.number
    assert here.desk.store.thread(first.id)[0] == here.desk.store.mail(item.mail_id).message_id
    assert "登记内容已更正（报送人）" in first.body
    assert "报 送 人：秦时月" in first.body
    assert "县民政局 秦时月 同志：" in first.body
    assert "收到附件：建立困难群众救助“一门受理”机制.docx（全文" in first.body
    assert second.subject == "回执：设立“一门受理”窗口"
    host = Host()
    deliver.send_due(here.desk, host)
    assert b"Auto-Submitted: auto-replied" in host.taken[1].content


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"unit": "某某单位"}, "no_such_unit"),
        ({"title": "长" * 201}, "correct_bad_title"),
        ({"submitters": ["名" * 41]}, "correct_bad_name"),
        ({"submitters": ["甲\u202e乙"]}, "correct_bad_name"),
        ({"contacts": ["1380013800"]}, "correct_bad_phone"),
        ({"contacts": ["电话以后再补"]}, "correct_bad_phone"),
        ({"contacts": [f"622{n:04}" for n in range(11)]}, "correct_too_many"),
        ({"title": "建立困难群众救助“一门受理”机制"}, "nothing_corrected"),
        ({"unit": "", "submitters": [" "]}, "nothing_corrected"),
    ],
)
def test_what_cannot_stand_changes_nothing(here: Office, wrong: dict[str, object], code: str) -> None:
    """Refused whole, with the reason."""
    item = registered(here)
    with pytest.raises(MailbotError) as caught:
        correct.correct(here.desk, item.number, by=BY, tell=True, **wrong)  # type: ignore[arg-type]
    assert caught.value.code == code
    assert now(here, item) == item
    assert len(here.letters()) == 1


def test_a_unit_that_is_nearly_one_of_the_roster_is_named(here: Office) -> None:
    """A slip of the pen is shown what it probably means."""
    item = registered(here)
    with pytest.raises(MailbotError) as caught:
        correct.correct(here.desk, item.number, by=BY, unit="县农业农林局")
    assert caught.value.details["hint"] == "县农业农村局"


def test_who_looked_at_an_older_state_changes_nothing(here: Office) -> None:
    """Two people at one item: the second is told."""
    item = registered(here)
    correct.correct(here.desk, item.number, by=BY, title="甲题", row_version=item.row_version)
    with pytest.raises(MailbotError) as caught:
        correct.correct(here.desk, item.number, by="孙审", title="乙题", row_version=item.row_version)
    assert caught.value.code == "changed_meanwhile"


def test_only_what_counts_or_waits_is_put_right(here: Office) -> None:
    """A held item too, and its receipt has it then; a returned or declined one is not on the books."""
    held = registered(here, unit="县公安局")
    with pytest.raises(MailbotError) as caught:
        correct.correct(here.desk, held.number, by=BY, unit="县民政局", tell=True)
    assert caught.value.code == "not_registered_yet"
    correct.correct(here.desk, held.number, by=BY, unit="县民政局")
    review.accept(here.desk, held.number, by=BY)
    assert "报送单位：县民政局" in here.letters(LetterKind.RECEIPT)[0].body
    returned = registered(here, title="推行护学岗制度", phone="")
    assert returned.state is SubmissionState.RETURNED
    with pytest.raises(MailbotError) as caught:
        correct.correct(here.desk, returned.number, by=BY, contacts=["6220001"])
    assert caught.value.code == "item_not_correctable"


def test_an_item_that_was_put_right_is_known_again_by_its_right_title(here: Office) -> None:
    """A new version under the corrected title replaces it; the number stays."""
    item = registered(here)
    correct.correct(here.desk, item.number, by=BY, title="设立“一门受理”窗口")
    row = here.one(submission("设立“一门受理”窗口", lines=("另一稿的文字。" * 20,)))
    assert row.number == item.number
    assert now(here, item).versions == 2


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("13905390001", "13905390001"),
        ("１３９０５３９０００１", "13905390001"),
        ("(0539)6220001", "0539-6220001"),
        ("0539-6220001转802", "0539-6220001转802"),
        ("6220001", "6220001"),
        ("6106", "6106"),
        ("1380013800", None),
        ("彭一鸣 13905390001", None),
        ("13905390001、13905390002", None),
        ("mzj@oa.example", None),
        ("", None),
    ],
)
def test_a_typed_number_is_read_as_those_of_subjects_are(written: str, number: str | None) -> None:
    """One number and nothing beside it."""
    assert read_contact(written, LEXICON) == number
