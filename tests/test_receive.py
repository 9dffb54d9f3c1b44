"""Taking mail in: each mail one outcome, whatever breaks; what it is to what came before; bounces; brakes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import build
import pytest
from desks import NOW, OWN, SECTION, TEXT, UNIT, Box, Host, Office, days, office, submission

from mailbot.config import Brakes, IntakeConfig
from mailbot.errors import StateError, TransportError
from mailbot.model import (
    LedgerMail,
    LetterKind,
    LetterState,
    MailState,
    Month,
    Outcome,
    Reason,
    SubmissionState,
)
from mailbot.workflow.mail import answer, decide, deliver, notify, receive
from mailbot.workflow.mail.old_mail import OldMail
from mailbot.workflow.mail.reading import Reading, ReadingFailure, Task

OTHER_TEXT = ("县文旅局建成城市书房6处，总面积1900平方米，藏书4.2万册，与县图书馆通借通还。",)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Office]:
    made = office(tmp_path)
    yield made
    made.desk.store.close()


# ---- collecting


def test_a_source_that_breaks_off_keeps_what_it_gave_before(here: Office) -> None:
    """Three mails were handed over before the connection broke: their bytes and rows are there."""
    for number in range(5):
        here.box.put(submission(f"标题{number}"), NOW)
    here.box.fails, here.box.fails_after = TransportError("connection_lost"), 3
    with pytest.raises(TransportError):
        receive.collect(here.desk, here.box)
    assert len(here.desk.store.pending(100)) == 3
    here.box.fails = None
    assert receive.collect(here.desk, here.box).new == 2


def test_what_is_done_with_is_told_to_the_source_once_and_all_of_it(here: Office) -> None:
    """More mails than one batch: every key is told, and none a second time."""
    for number in range(120):
        here.box.put(
            build.mail(subject=f"自动回复：{number}", headers={"Auto-Submitted": "auto-replied"}), NOW
        )
    receive.collect(here.desk, here.box)
    receive.process(here.desk, here.reader)
    receive.settle(here.desk, here.box)
    receive.settle(here.desk, here.box)
    assert sorted(here.box.told) == sorted(a.key for a in here.box.arrivals)


def test_a_source_that_cannot_be_told_does_no_harm(here: Office) -> None:
    """The mails stay done; they are told at the next round."""
    here.one(submission())
    here.box.fails = TransportError("connection_lost")
    receive.settle(here.desk, here.box)
    assert here.box.told == []
    here.box.fails = None
    receive.settle(here.desk, here.box)
    assert len(here.box.told) == 1


def test_a_mail_too_large_to_fetch_is_returned_to_its_sender(here: Office) -> None:
    """By its header: who sent it, what he calls it, and what to do; a smaller one completes it."""
    raw = submission()
    head = raw.partition(b"\n\n" if b"\r\n\r\n" not in raw else b"\r\n\r\n")[0] + b"\r\n\r\n"
    here.box.put(None, NOW, size=90_000_000, head=head)
    receive.collect(here.desk, here.box)
    receive.process(here.desk, here.reader)
    (row,) = here.desk.store.mails()
    assert (row.outcome, row.size) == (Outcome.RETURNED, 90_000_000)
    assert here.verdict(row).reasons == (Reason.MAIL_TOO_LARGE, Reason.SENDER_NOT_REGISTERED)
    letter = here.letter(row)
    assert letter is not None
    assert (letter.kind, letter.recipient) == (LetterKind.RETURNED, row.sender)
    assert "来信超过 50 MB" in letter.body
    assert "只附 Word 文件" in letter.body

    again = here.one(raw)
    assert (again.number, again.outcome) == (row.number, Outcome.ACCEPTED)
    assert here.desk.store.submission(again.number or "").arrived_at == NOW


def test_a_machine_s_mail_too_large_to_fetch_is_not_answered(here: Office) -> None:
    """Whatever forbids an answer stands in the header."""
    head = b"From: <a@unit.example>\r\nAuto-Submitted: auto-replied\r\nSubject: x\r\n\r\n"
    here.box.put(None, NOW, size=90_000_000, head=head)
    receive.collect(here.desk, here.box)
    receive.process(here.desk, here.reader)
    (row,) = here.desk.store.mails()
    assert (row.outcome, here.letter(row)) == (Outcome.IGNORED, None)


def test_a_mail_without_so_much_as_a_header_is_held_for_a_person(here: Office) -> None:
    """Its row, its outcome, and no answer: nobody knows who sent it."""
    here.box.put(None, NOW, size=90_000_000)
    receive.collect(here.desk, here.box)
    receive.process(here.desk, here.reader)
    (row,) = here.desk.store.mails()
    assert (row.outcome, here.letter(row)) == (Outcome.HELD, None)
    assert here.verdict(row).reasons == (Reason.MAIL_TOO_LARGE, Reason.NO_USABLE_SENDER)


@pytest.mark.parametrize(
    ("size", "why"),
    [(90_000_000, "来信 85.8 MB，超过 50 MB，没有读取"), (31_457_280, "来信 30 MB，超过收取上限")],
)
def test_a_mail_too_large_to_fetch_is_named_in_the_digest(here: Office, size: int, why: str) -> None:
    """In words with its size; where the source's own bound is the lower one, ours is not told."""
    here.box.put(None, NOW, size=size)
    receive.collect(here.desk, here.box)
    receive.process(here.desk, here.reader)
    notify.digest(here.desk, since=NOW - days(1), until=NOW + days(1))
    body = here.letters(LetterKind.DIGEST)[0].body
    assert f"（超大来信，没有收取）　{why}" in body


# ---- what breaks


class _Failing:
    """A reader that cannot read mails whose bytes hold `poison`."""

    def __init__(self, office: Office, poison: bytes) -> None:
        self._inner, self._poison = office.reader, poison
        self.tried = 0

    def read_all(self, tasks: object) -> Iterator[Reading | ReadingFailure]:
        for task in tasks:  # type: ignore[attr-defined]
            assert isinstance(task, Task)
            if self._poison in task.raw:
                self.tried += 1
                yield ReadingFailure(error="took more than 30 s")
            else:
                yield from self._inner.read_all([task])

    def close(self) -> None: ...


def test_a_mail_that_cannot_be_read_is_parked_and_the_others_are_done(here: Office) -> None:
    """Three tries in the same round, then parked, a word to the section, and no letter to the sender."""
    for number in range(3):
        here.box.put(submission(f"标题{number}", lines=(f"正文{number}。",)), NOW)
    here.box.put(submission("坏信", headers={"X-Poison": "yes"}), NOW - timedelta(hours=1))
    receive.collect(here.desk, here.box)
    reader = _Failing(here, b"X-Poison")
    done = receive.process(here.desk, reader)
    assert (done.failed, reader.tried) == (3, 3)
    assert done.outcomes == {Outcome.ACCEPTED: 3, Outcome.PARKED: 1}
    (parked,) = here.desk.store.mails(state=MailState.PARKED)
    assert here.letter(parked) is None
    (alert,) = here.letters(LetterKind.ALERT)
    assert alert.recipient == SECTION
    assert "took more than 30 s" in alert.body


def test_a_parked_mail_can_be_tried_again(here: Office) -> None:
    """With the fault gone it is registered and answered like any other, under a person's name."""
    here.box.put(submission(headers={"X-Poison": "yes"}), NOW)
    receive.collect(here.desk, here.box)
    receive.process(here.desk, _Failing(here, b"X-Poison"))
    (row,) = here.desk.store.mails()
    receive.retry(here.desk, row.id, by="王敏")
    receive.process(here.desk, here.reader)
    (row,) = here.desk.store.mails()
    assert row.outcome is Outcome.ACCEPTED
    assert here.letter(row) is not None
    assert [e.who for e in here.desk.store.events(verb="retried")] == ["王敏"]


def test_a_fault_of_our_own_parks_the_mail(here: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever our code raises on one mail, the next one goes on."""

    def broken(desk: object, row: LedgerMail, reading: Reading) -> Outcome:
        if b"X-Poison" in here.desk.store.raw(row.sha256):
            raise KeyError("of ours")
        return decide.decide(here.desk, row, reading)

    monkeypatch.setattr(receive, "decide", broken)
    here.box.put(submission("坏信", headers={"X-Poison": "yes"}), NOW)
    here.box.put(submission(), NOW)
    receive.collect(here.desk, here.box)
    done = receive.process(here.desk, here.reader)
    assert done.outcomes == {Outcome.PARKED: 1, Outcome.ACCEPTED: 1}


@pytest.mark.parametrize("code", ["disk_full", "store_busy"])
def test_a_full_disk_is_no_mails_fault(here: Office, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """The round stops with the error; no try is counted, and the next round goes on."""

    def full(*_: object) -> Outcome:
        raise StateError(code)

    here.box.put(submission(), NOW)
    receive.collect(here.desk, here.box)
    with monkeypatch.context() as patch:
        patch.setattr(receive, "decide", full)
        with pytest.raises(StateError):
            receive.process(here.desk, here.reader)
    (row,) = here.desk.store.mails()
    assert (row.attempts, row.state) == (0, MailState.NEW)
    assert receive.process(here.desk, here.reader).outcomes == {Outcome.ACCEPTED: 1}


def test_spooled_bytes_that_are_gone_are_a_failed_try(here: Office) -> None:
    """The spool lost a file: that mail is parked and named, the others are done."""
    here.box.put(submission("一", lines=OTHER_TEXT), NOW)
    here.box.put(submission("二"), NOW)
    receive.collect(here.desk, here.box)
    lost = here.desk.store.pending(1)[0]
    next(here.desk.config.home.glob(f"mail/*/{lost.sha256}.eml")).unlink()
    done = receive.process(here.desk, here.reader)
    assert done.outcomes == {Outcome.ACCEPTED: 1, Outcome.PARKED: 1}
    assert here.desk.store.mail(lost.id).state is MailState.PARKED


def test_a_stop_leaves_the_rest_for_the_next_start(here: Office) -> None:
    """The mail in hand is finished, no other begun."""
    for number in range(4):
        here.box.put(submission(f"标题{number}", lines=(f"正文{number}。",)), NOW)
    receive.collect(here.desk, here.box)
    done = receive.process(
        here.desk, here.reader, stop=lambda: bool(here.desk.store.mails(state=MailState.DONE))
    )
    assert sum(done.outcomes.values()) == 1
    assert len(here.desk.store.pending(10)) == 3


def test_a_reading_is_never_recorded_under_another_mail(here: Office) -> None:
    """A reader that mixed two mails up costs a try, not a false record."""
    rows = []
    for raw in (submission("一"), submission("二")):
        here.box.put(raw, NOW)
    receive.collect(here.desk, here.box)
    rows = here.desk.store.pending(2)
    task = Task(raw=here.desk.store.raw(rows[1].sha256), arrived_at=NOW, sha256=rows[1].sha256)
    (reading,) = here.reader.read_all([task])
    assert isinstance(reading, Reading)
    with pytest.raises(ValueError, match="another mail"):
        decide.decide(here.desk, rows[0], reading)


# ---- old mail


def test_mail_from_before_answer_since_counts_and_is_not_answered(tmp_path: Path) -> None:
    """It stands in its month's register; the unit hears nothing."""
    here = office(tmp_path, intake=IntakeConfig(answer_since=NOW.date()))
    here.box.put(submission(), NOW - days(40))
    receive.collect(here.desk, here.box)
    receive.process(here.desk, here.reader)
    (row,) = here.desk.store.mails()
    assert (row.outcome, here.letters()) == (Outcome.ACCEPTED, [])
    assert [c.unit for c in here.desk.store.counts(Month(2019, 3))] == ["县民政局"]


def test_the_first_day_is_the_bound_where_none_is_stated(tmp_path: Path) -> None:
    """Mail of the day of first start is answered, mail of the day before is not."""
    here = office(tmp_path, intake=IntakeConfig())
    here.box.put(submission("昨天的", lines=OTHER_TEXT), NOW.replace(hour=0, minute=0) - timedelta(minutes=1))
    here.box.put(submission("今天的"), NOW.replace(hour=0, minute=0))
    receive.collect(here.desk, here.box)
    receive.process(here.desk, here.reader)
    assert [(x.kind, "今天的" in x.subject) for x in here.letters()] == [(LetterKind.RECEIPT, True)]


def test_imported_mail_is_registered_in_silence(here: Office) -> None:
    """Whenever it arrived, whatever its outcome, and again where the import is repeated."""
    for raw in (submission(), submission("缺电话", phone="", lines=OTHER_TEXT)):
        here.box.put(raw, NOW)
    for _ in range(2):
        receive.collect(here.desk, OldMail(here.box))
        receive.process(here.desk, here.reader)
    assert sorted(str(m.outcome) for m in here.desk.store.mails()) == ["accepted", "returned"]
    assert here.letters() == []


def test_an_import_that_is_cut_stays_silent(here: Office) -> None:
    """Rows that an import left unjudged are not answered by the worker that judges them later."""
    here.box.put(submission(), NOW)
    receive.collect(here.desk, OldMail(here.box))
    receive.process(here.desk, here.reader)
    assert here.letters() == []


def test_an_import_answers_what_waited_in_the_mailbox(here: Office) -> None:
    """A mail collected but not judged when the import begins gets its receipt."""
    here.box.put(submission(), NOW)
    receive.collect(here.desk, here.box)
    files = Box(epoch="folder:/old")
    files.put(submission("旧信", lines=OTHER_TEXT), NOW - days(30))
    receive.collect(here.desk, OldMail(files))
    receive.process(here.desk, here.reader)
    assert [x.kind for x in here.letters()] == [LetterKind.RECEIPT]


# ---- the same again


def test_the_same_bytes_again_are_a_duplicate_without_an_answer(here: Office) -> None:
    """Under the first one's number."""
    first, second = here.take(submission(), submission())
    assert (second.outcome, second.number, here.letter(second)) == (Outcome.DUPLICATE, first.number, None)


def test_the_same_document_again_is_answered_with_the_earlier_number(here: Office) -> None:
    """Another mail, the same file, the same unit."""
    first, second = here.take(submission(), submission(text="昨天的是否收到？再发一次。\n"))
    assert (second.outcome, second.number) == (Outcome.DUPLICATE, first.number)
    letter = here.letter(second)
    assert letter is not None
    assert (letter.kind, first.number in letter.body) == (LetterKind.DUPLICATE, True)


def test_a_changed_document_is_a_new_version_under_the_same_number(here: Office) -> None:
    """The item keeps its number and its day of arrival."""
    first, second = here.take(submission(), submission(lines=(*TEXT, "补充一段新的情况。")), minutes=3000)
    item = here.desk.store.submission(first.number or "")
    assert (second.number, item.versions, item.mail_id) == (first.number, 2, second.id)
    assert item.arrived_at == first.arrived_at


def test_a_doubtful_version_leaves_the_accepted_item_as_it_is(here: Office) -> None:
    """Another unit's text under a known title is held for a person; what was accepted stays accepted."""
    here.one(
        submission("城市书房建成", unit="县文旅局", lines=OTHER_TEXT * 3, sender="wlj@oa.tancheng.example")
    )
    first = here.one(submission())
    second = here.one(submission(lines=OTHER_TEXT * 3, text="修改稿见附件。\n"))
    item = here.desk.store.submission(first.number or "")
    assert Reason.NEW_VERSION in here.verdict(second).reasons
    assert second.outcome is Outcome.HELD
    assert second.number not in (None, first.number)
    assert (item.state, item.mail_id, item.versions) == (SubmissionState.ACCEPTED, first.id, 1)
    assert second.id in [m.id for m in here.desk.store.mails(outcome=Outcome.HELD)]


def _reply(here: Office, row: LedgerMail, **more: object) -> bytes:
    letter = here.letter(row)
    assert letter is not None
    values: dict[str, object] = {
        "subject": f"回复：{letter.subject}",
        "in_reply_to": letter.message_id,
        "sender": UNIT,
        **more,
    }
    return build.mail(**values)  # type: ignore[arg-type]


def test_a_reply_that_supplies_what_was_missing_completes_the_item(here: Office) -> None:
    """Its number and its day of arrival stay; the letter says so."""
    first = here.one(submission(phone=""))
    assert first.outcome is Outcome.RETURNED
    second = here.one(_reply(here, first, text="联系电话：6220001\n"), minutes=3000)
    item = here.desk.store.submission(first.number or "")
    assert item.state is SubmissionState.ACCEPTED
    assert (item.arrived_at, second.number) == (first.arrived_at, first.number)
    assert item.document_sha256
    assert item.fields.contacts is not None
    letter = here.letter(second)
    assert letter is not None
    assert letter.kind is LetterKind.COMPLETED


def test_half_of_what_was_missing_leaves_it_returned_with_what_is_known(here: Office) -> None:
    """The file came, the phone did not: the same number, still returned; then the phone, and it counts."""
    first = here.one(submission(phone="", word=False))
    title = "建立困难群众救助“一门受理”机制"
    second = here.one(
        _reply(here, first, files=[(f"{title}.docx", build.docx(*TEXT, title=title))], text="补上附件。\n")
    )
    item = here.desk.store.submission(first.number or "")
    assert (second.outcome, second.number) == (Outcome.RETURNED, first.number)
    assert (item.state, bool(item.document_sha256)) == (SubmissionState.RETURNED, True)
    letter = here.letter(second)
    assert letter is not None
    assert letter.kind is LetterKind.RETURNED
    third = here.one(_reply(here, second, text="联系电话：6220001\n"))
    item = here.desk.store.submission(first.number or "")
    assert (third.number, item.state) == (first.number, SubmissionState.ACCEPTED)
    assert item.arrived_at == first.arrived_at


def test_two_returned_items_of_one_sender_are_not_mixed_up(here: Office) -> None:
    """Each is completed by the reply to its own letter, whichever comes first."""
    one = here.one(submission("第一件事情的进展", phone=""))
    two = here.one(submission("第二件事情的进展", person="", lines=OTHER_TEXT))
    done_two = here.one(_reply(here, two, text="报送人：白若溪\n"))
    done_one = here.one(_reply(here, one, text="联系电话：6220001\n"))
    assert (done_one.number, done_two.number) == (one.number, two.number)
    first, second = (here.desk.store.submission(row.number or "") for row in (one, two))
    assert first.fields.submitters is not None
    assert second.fields.submitters is not None
    assert first.fields.submitters.value == ("彭一鸣",)
    assert second.fields.submitters.value == ("白若溪",)
    assert {first.state, second.state} == {SubmissionState.ACCEPTED}


# ---- delivery reports and recall notices


def _gone(here: Office, row: LedgerMail) -> str:
    """Send what is due; the Message-ID of the answer to this mail."""
    deliver.send_due(here.desk, Host())
    letter = here.letter(row)
    assert letter is not None
    assert letter.state is LetterState.SENT
    return letter.message_id


def test_a_bounce_is_tied_to_its_letter_by_message_id(here: Office) -> None:
    """It is shown as not delivered, the section hears of it with the host's words, nobody is answered."""
    row = here.one(submission())
    message_id = _gone(here, row)
    back = here.one(build.bounce(original_id=message_id, to="mzj@oa.tancheng.example"))
    letter = here.letter(row)
    assert letter is not None
    assert letter.state is LetterState.FAILED
    assert (back.outcome, here.letter(back)) == (Outcome.IGNORED, None)
    (alert,) = here.letters(LetterKind.ALERT)
    assert "mzj@oa.tancheng.example" in alert.body
    assert "5.1.1" in alert.body
    assert "bounced" in here.verbs(f"letter:{letter.id}")


def test_a_bounce_is_tied_by_envelope_id(here: Office) -> None:
    """RFC 3461's ENVID comes back where the headers do not."""
    row = here.one(submission())
    message_id = _gone(here, row)
    here.one(
        build.bounce(original_id="<x@else.example>", envelope_id=message_id.strip("<>"), to="y@z.example")
    )
    letter = here.letter(row)
    assert letter is not None
    assert letter.state is LetterState.FAILED


def test_a_bounce_in_plain_chinese_is_tied_by_the_address_it_names(here: Office) -> None:
    """163 and QQ write 退信 without the structure of RFC 3464."""
    row = here.one(submission())
    _gone(here, row)
    back = build.mail(
        subject="系统退信",
        sender="postmaster@mail.example",
        text="抱歉，您的邮件被退回来了。收件人 mzj@oa.tancheng.example 的邮箱已满。\n",
    )
    assert here.one(back).outcome is Outcome.IGNORED
    letter = here.letter(row)
    assert letter is not None
    assert letter.state is LetterState.FAILED
    assert "邮箱已满" in letter.reply


def test_a_bounce_by_address_needs_exactly_one_letter_within_three_days(here: Office) -> None:
    """Two letters went there: a person must look."""
    rows = here.take(submission(), submission("另一件事情", lines=OTHER_TEXT))
    for row in rows:
        _gone(here, row)
    back = here.one(build.bounce(original_id="<x@else.example>", to="mzj@oa.tancheng.example"))
    assert back.outcome is Outcome.HELD
    assert {x.state for x in here.letters(LetterKind.RECEIPT)} == {LetterState.SENT}


def test_a_bounce_of_nothing_of_ours_is_held(here: Office) -> None:
    """Nobody is answered and nothing is lost from sight."""
    row = here.one(build.bounce(original_id="<x@else.example>", to="who@else.example"))
    assert (row.outcome, here.letters()) == (Outcome.HELD, [])


def test_a_report_of_delay_is_no_failure(here: Office) -> None:
    """Action: delayed (RFC 3464 section 2.3.3): the letter stays sent."""
    row = here.one(submission())
    message_id = _gone(here, row)
    late = build.bounce(original_id=message_id, to="mzj@oa.tancheng.example").replace(
        b"Action: failed", b"Action: delayed"
    )
    here.one(late)
    letter = here.letter(row)
    assert letter is not None
    assert letter.state is LetterState.SENT
    assert here.letters(LetterKind.ALERT) == []
    assert "delayed" in here.verbs(f"letter:{letter.id}")


def test_a_bounced_word_to_the_section_makes_no_circle(here: Office) -> None:
    """An alert about a letter to the section would itself come back."""
    row = here.one(submission())
    here.one(build.bounce(original_id=_gone(here, row), to="mzj@oa.tancheng.example"))
    deliver.send_due(here.desk, Host())
    (alert,) = here.letters(LetterKind.ALERT)
    here.one(build.bounce(original_id=alert.message_id, to=SECTION))
    assert len(here.letters(LetterKind.ALERT)) == 1


def test_a_recall_notice_stands_beside_the_item_it_names(here: Office) -> None:
    """The item stays; a person sees that its sender wanted it back."""
    row = here.one(submission())
    notice = build.mail(
        subject="发信方已撤回邮件：建立困难群众救助“一门受理”机制", sender=UNIT, text="发信方已撤回该邮件。\n"
    )
    here.one(notice)
    assert "recall_notice" in here.verbs(f"item:{row.number}")
    assert here.desk.store.submission(row.number or "").state is SubmissionState.ACCEPTED


# ---- brakes (promise P5)


def _bare(number: int, sender: str = UNIT) -> bytes:
    return submission(f"第{number}件事情的进展", word=False, sender=sender)


def _pdf(number: int, sender: str = UNIT) -> bytes:
    title = f"第{number}件事情的进展"
    return submission(title, word=False, sender=sender, files=[(f"{title}.pdf", build.fake("pdf"))])


def _gone_and_held(here: Office) -> tuple[int, int]:
    states = [x.state for x in here.letters() if x.kind in answer.BRAKED]
    return states.count(LetterState.READY), states.count(LetterState.HELD)


def test_only_one_letter_a_day_says_that_there_is_no_attachment(here: Office) -> None:
    """The second is held, the section told once; a day later one goes again."""
    here.take(_bare(1), _bare(2), _bare(3))
    assert _gone_and_held(here) == (1, 2)
    assert len(here.letters(LetterKind.ALERT)) == 1
    here.clock.sleep(25 * 3600)
    here.one(_bare(4))
    assert _gone_and_held(here) == (2, 2)


def test_the_same_letter_goes_three_times_an_hour(here: Office) -> None:
    """The same but for numbers and times; after the hour it goes again."""
    here.take(*(_pdf(1) + b"\r\n" * n for n in range(5)))
    assert _gone_and_held(here) == (3, 2)
    here.clock.sleep(3700)
    here.one(_pdf(1) + b"\r\n" * 9)
    assert _gone_and_held(here) == (4, 2)


def test_an_address_gets_no_more_than_its_day_allows(tmp_path: Path) -> None:
    """Ten letters that return something; what follows waits for a person."""
    here = office(tmp_path, brakes=Brakes(same_text_per_hour=100, per_address_per_day=4))
    here.take(*(_pdf(n) for n in range(6)), minutes=30)
    assert _gone_and_held(here) == (4, 2)


def test_all_addresses_together_get_no_more_than_the_day_allows(tmp_path: Path) -> None:
    """The bound on everything, whoever asks."""
    here = office(tmp_path, brakes=Brakes(total_per_day=5))
    here.take(*(_pdf(n, f"unit{n}@oa.tancheng.example") for n in range(7)))
    assert _gone_and_held(here) == (5, 2)


def test_no_brake_touches_the_receipt_of_an_accepted_item(tmp_path: Path) -> None:
    """A busy day: thirty items of one unit, thirty receipts; and they use up nobody's allowance."""
    here = office(tmp_path, brakes=Brakes(same_text_per_hour=1, per_address_per_day=1, total_per_day=1))
    here.take(
        *(submission(f"第{n}件事情的进展", lines=(f"{n}号文的内容各不相同。" * n,)) for n in range(1, 31))
    )
    receipts = here.letters(LetterKind.RECEIPT)
    assert {x.state for x in receipts} == {LetterState.READY}
    assert len(receipts) == 30
    here.one(_pdf(99))
    assert _gone_and_held(here) == (1, 0)


def test_a_responder_without_any_sign_is_answered_at_most_twice(here: Office) -> None:
    """It answers each of our letters with a fresh subject, no Auto-Submitted, no reference."""
    row = here.one(_bare(1))
    for turn in range(20):
        deliver.send_due(here.desk, Host())
        letter = here.letter(row)
        if letter is None or letter.state is not LetterState.SENT:
            break
        row = here.one(
            build.mail(subject=f"您好{turn}-县民政局", sender=UNIT, text="我在外地，回来后联系。\n"),
            minutes=60,
        )
    sent = [x for x in here.letters() if x.state is LetterState.SENT and x.recipient != SECTION]
    assert len(sent) <= 2


def test_two_offices_that_write_to_each_other_fall_silent(tmp_path: Path) -> None:
    """Each takes the other's letter for what it is."""
    one, two = office(tmp_path / "one"), office(tmp_path / "two")
    object.__setattr__(two.desk.identity, "instance", "loop-2")
    object.__setattr__(two.desk.identity, "secret", b"z" * 32)
    object.__setattr__(two.desk.identity, "own_addresses", frozenset({"other@oa.tancheng.example"}))
    mails, total = [_bare(1, "other@oa.tancheng.example")], 0
    here, there = one, two
    while mails and total < 20:
        here.take(*mails)
        host = Host()
        deliver.send_due(here.desk, host)
        mails = [x.content for x in host.taken if x.recipient in (OWN, "other@oa.tancheng.example")]
        total += len(mails)
        here, there = there, here
    assert total <= 2


def test_the_clock_of_a_month_is_that_of_the_office(here: Office) -> None:
    """One minute before and after the end of March in Shanghai, as a host in another zone says it."""
    here.box.put(submission("三月的事"), datetime(2019, 3, 31, 15, 59, tzinfo=UTC))
    here.box.put(submission("四月的事", lines=OTHER_TEXT), datetime(2019, 3, 31, 16, 1, tzinfo=UTC))
    receive.collect(here.desk, here.box)
    receive.process(here.desk, here.reader)
    for month in (Month(2019, 3), Month(2019, 4)):
        assert [c.submissions for c in here.desk.store.counts(month)] == [1]
