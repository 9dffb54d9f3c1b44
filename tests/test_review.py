"""What a person decides about answers that wait and items that were held: one decision, one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import build
import pytest
from desks import TEXT, Host, Office, office, submission

from mailbot.config import Review
from mailbot.errors import StateError
from mailbot.model import Letter, LetterKind, LetterState, LetterText, Outcome, SubmissionState
from mailbot.workflow.mail import deliver, receive, review
from mailbot.workflow.mail.old_mail import OldMail


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Office]:
    made = office(tmp_path, review=Review(receipts="all"))
    yield made
    made.desk.store.close()


def held(here: Office) -> Letter:
    letter = here.letter(here.one(submission()))
    assert letter is not None
    assert letter.state is LetterState.HELD
    return letter


def test_a_held_answer_waits_and_goes_when_it_is_released(here: Office) -> None:
    """Not before; then with the words as they stood, under its own Message-ID, in the thread of the mail."""
    letter = held(here)
    assert deliver.send_due(here.desk, Host()).tried == 0
    assert [x.id for x in review.waiting(here.desk)] == [letter.id]
    review.release(here.desk, letter.id, by="王敏")
    deliver.send_due(here.desk, host := Host())
    (sent,) = host.taken
    message = message_from_bytes(sent.content)
    assert message["Message-ID"] == letter.message_id
    assert message["In-Reply-To"]
    assert "released" in here.verbs(f"letter:{letter.id}")


def test_an_edit_is_what_goes_out_and_stays_on_record(here: Office) -> None:
    """The words before stand in the event, under the person's name; no line break gets into the subject."""
    letter = held(here)
    text = LetterText(subject="回执：改过的\r\nBcc: x@y.example", body="改过的正文\r\n第二行\r\n")
    review.edit(here.desk, letter.id, text, by="王敏")
    review.release(here.desk, letter.id, by="王敏")
    deliver.send_due(here.desk, host := Host())
    message = message_from_bytes(host.taken[0].content)
    assert message["Bcc"] is None
    assert "改过的正文" in message.get_payload(decode=True).decode()
    (event,) = here.desk.store.events(subject=f"letter:{letter.id}", verb="edited")
    assert (event.who, event.details["subject_before"]) == ("王敏", letter.subject)


def test_two_people_cannot_undo_each_other_unseen(here: Office) -> None:
    """Whoever decides on an older version than there is is told so."""
    letter = held(here)
    review.edit(here.desk, letter.id, LetterText(subject="一", body="一"), by="王敏", version=letter.version)
    for act in (review.release, review.withdraw):
        with pytest.raises(StateError):
            act(here.desk, letter.id, by="李雷", version=letter.version)
    with pytest.raises(StateError):
        review.edit(
            here.desk, letter.id, LetterText(subject="二", body="二"), by="李雷", version=letter.version
        )
    assert here.desk.store.letter(letter.id).subject == "一"


def test_what_was_withdrawn_or_sent_cannot_be_released(here: Office) -> None:
    """StateError, and nothing goes."""
    letter = held(here)
    review.withdraw(here.desk, letter.id, by="王敏")
    with pytest.raises(StateError):
        review.release(here.desk, letter.id, by="王敏")
    assert deliver.send_due(here.desk, Host()).tried == 0


def test_a_held_answer_goes_by_itself_where_the_office_says_so(tmp_path: Path) -> None:
    """After release_after_minutes, as it then stands."""
    here = office(tmp_path, review=Review(receipts="all", release_after_minutes=30))
    letter = held(here)
    here.clock.sleep(29 * 60)
    assert deliver.send_due(here.desk, Host()).tried == 0
    here.clock.sleep(60)
    assert deliver.send_due(here.desk, Host()).sent == 1
    assert here.desk.store.letter(letter.id).state is LetterState.SENT


def test_a_held_item_that_is_accepted_counts_and_is_answered_in_its_thread(tmp_path: Path) -> None:
    """The unit named by the person; the receipt goes at once, once."""
    here = office(tmp_path)
    row = here.one(submission(unit="县公安局", sender="gaj@x.example"))
    assert row.outcome is Outcome.HELD
    number = row.number or ""
    review.accept(here.desk, number, by="王敏", unit="县司法局")
    item = here.desk.store.submission(number)
    assert item.fields.unit is not None
    assert (item.state, item.fields.unit.value) == (SubmissionState.ACCEPTED, "县司法局")
    with pytest.raises(StateError):
        review.accept(here.desk, number, by="李雷", unit="县司法局")
    (receipt,) = here.letters(LetterKind.RECEIPT)
    deliver.send_due(here.desk, host := Host())
    last = message_from_bytes(host.taken[-1].content)
    assert (last["Message-ID"], last["In-Reply-To"]) == (receipt.message_id, row.message_id)


def test_a_declined_item_counts_nothing(tmp_path: Path) -> None:
    """With its reason on record."""
    here = office(tmp_path)
    row = here.one(submission(unit="县公安局", sender="gaj@x.example"))
    review.decline(here.desk, row.number or "", by="王敏", reason="不在名单")
    assert here.desk.store.submission(row.number or "").state is SubmissionState.DECLINED
    (event,) = here.desk.store.events(subject=f"item:{row.number}", verb="declined")
    assert event.details["reason"] == "不在名单"


def test_an_accepted_item_of_an_old_mail_is_not_answered(tmp_path: Path) -> None:
    """What was imported in silence stays silent when a person accepts it."""
    here = office(tmp_path)
    here.box.put(submission(unit="县公安局", sender="gaj@x.example"), here.clock.now() - timedelta(days=90))
    receive.collect(here.desk, OldMail(here.box))
    receive.process(here.desk, here.reader)
    (item,) = review.held_items(here.desk)
    review.accept(here.desk, item.number, by="王敏", unit="县司法局")
    assert here.letters() == []


def test_held_mail_that_is_no_item_is_listed_until_somebody_has_read_it(tmp_path: Path) -> None:
    """Questions, notices, corrections."""
    here = office(tmp_path)
    row = here.one(build.mail(subject="请问上月通报什么时候发", text="请问什么时候发？\n"))
    here.one(submission(lines=TEXT))
    assert [m.id for m in review.unread_matters(here.desk)] == [row.id]
    review.mark_read(here.desk, row.id, by="王敏")
    assert review.unread_matters(here.desk) == []


def test_a_held_version_takes_the_place_of_what_it_renews(tmp_path: Path) -> None:
    """The accepted item stays as it is until a person accepts its version; it counts once."""
    made = office(tmp_path)
    told = ("县文旅局建成城市书房6处，总面积1900平方米，藏书4.2万册，与县图书馆通借通还。" * 3,)
    made.one(submission("城市书房建成", unit="县文旅局", lines=told, sender="wlj@oa.tancheng.example"))
    first = made.one(submission())
    assert first.number is not None
    second = made.one(submission(lines=told, text="修改稿见附件。\n"))
    assert second.outcome is Outcome.HELD
    assert second.number not in (None, first.number)
    before = made.desk.store.submission(first.number)
    assert (before.mail_id, before.versions) == (first.id, 1)
    assert [item.number for item in review.held_items(made.desk)] == [second.number]

    review.accept(made.desk, second.number or "", by="周某某")
    now = made.desk.store.submission(first.number)
    assert (now.state, now.mail_id, now.versions) == (SubmissionState.ACCEPTED, second.id, 2)
    assert now.document_sha256 != before.document_sha256
    assert now.arrived_at == before.arrived_at
    assert review.held_items(made.desk) == []
    assert len(made.desk.store.submissions(state=SubmissionState.ACCEPTED)) == 2
    (letter,) = made.letters(LetterKind.NEW_VERSION)
    assert (letter.number, letter.recipient) == (first.number, second.sender)
    assert "version_accepted" in made.verbs(f"item:{first.number}")
