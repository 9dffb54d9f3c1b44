"""What becomes of held items: which file is taken, and what the sender hears of a decision."""

from __future__ import annotations

from pathlib import Path

import build
import pytest
from desks import Host, Office, office, submission

from mailbot.config import Review
from mailbot.model import LetterKind, LetterState, Outcome, Reason, Submission, SubmissionState
from mailbot.workflow import deliver, review

BY = "周正"


@pytest.fixture
def here(tmp_path: Path) -> Office:
    """An office with an empty box."""
    return office(tmp_path)


def held(here: Office, **over: object) -> Submission:
    """One item that waits."""
    row = here.one(submission(**{"unit": "县公安局", **over}))  # type: ignore[arg-type]
    assert (row.outcome, row.number is None) == (Outcome.HELD, False)
    assert row.number is not None
    return here.desk.store.submission(row.number)


def test_who_was_promised_an_answer_gets_the_reason_in_the_same_thread(here: Office) -> None:
    """The held notice says 核对后另行回复: so it does, with what to do."""
    item = held(here)
    deliver.send_due(here.desk, Host())
    assert review.promised(here.desk, item)
    assert review.decline(here.desk, item.number, by=BY, reason="这是会议通知，不是政务信息")
    notice, letter = here.letters()
    assert (notice.kind, letter.kind) == (LetterKind.HELD_NOTICE, LetterKind.DECLINED)
    assert (letter.state, letter.recipient, letter.number) == (
        LetterState.READY,
        notice.recipient,
        item.number,
    )
    assert letter.subject == notice.subject
    assert "说明：这是会议通知，不是政务信息。\n" in letter.body
    assert "没有作为报送信息登记" in letter.body
    assert here.desk.store.thread(letter.id)[0] == here.desk.store.mail(item.mail_id).message_id
    assert here.desk.store.submission(item.number).state is SubmissionState.DECLINED


def test_who_was_promised_nothing_hears_nothing(here: Office) -> None:
    """Unless a person says so."""
    quiet, told = (
        held(
            here, sender=f"县民政局 <{name}@oa.tancheng.example>", title=f"关于召开{name}会议的通知", unit=""
        )
        for name in ("a", "b")
    )
    assert here.letters() == []
    assert not review.decline(here.desk, quiet.number, by=BY, reason="会议通知")
    assert here.letters() == []
    assert review.decline(here.desk, told.number, by=BY, reason="会议通知", tell=True)
    assert [letter.kind for letter in here.letters()] == [LetterKind.DECLINED]


def test_a_person_may_decline_in_silence(here: Office) -> None:
    """Although an answer was promised: the reason is on record alone."""
    item = held(here)
    assert not review.decline(here.desk, item.number, by=BY, reason="已电话说明", tell=False)
    assert [letter.kind for letter in here.letters()] == [LetterKind.HELD_NOTICE]


def test_a_notice_that_still_waits_does_not_go_once_the_item_is_decided(tmp_path: Path) -> None:
    """Nobody is told that an item is being looked at when it was declined or registered already."""
    here = office(tmp_path, review=Review(receipts="all"))
    first, second = held(here), held(here, title="推行护学岗制度", lines=("护学岗。" * 30,))
    assert not review.decline(here.desk, first.number, by=BY, reason="不是信息")
    review.accept(here.desk, second.number, by=BY, unit="县民政局")
    states = [(letter.kind, letter.state) for letter in here.letters()]
    assert states == [
        (LetterKind.HELD_NOTICE, LetterState.WITHDRAWN),
        (LetterKind.HELD_NOTICE, LetterState.WITHDRAWN),
        (LetterKind.RECEIPT, LetterState.READY),
    ]


def test_a_reply_to_the_word_that_it_was_declined_is_read_by_a_person(here: Office) -> None:
    """Who objects is not taken for somebody who says thanks."""
    item = held(here)
    review.decline(here.desk, item.number, by=BY, reason="不是信息")
    letter = here.letters(LetterKind.DECLINED)[0]
    row = here.one(
        build.mail(
            subject=f"回复：{letter.subject}",
            sender="县民政局 <mzj@oa.tancheng.example>",
            text="这份稿件确为政务信息，烦请再看一下。\n",
            headers={"In-Reply-To": letter.message_id},
        )
    )
    assert row.outcome is Outcome.HELD
    assert here.verdict(row).reasons == (Reason.CORRECTION,)
