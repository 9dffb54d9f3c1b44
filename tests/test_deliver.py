"""Letters on their way: every ending of a delivery, over real SMTP, and what the outbox says afterwards."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from desks import OWN, SECTION, Host, Office, office, submission
from servers import Ending, FakeSmtp, SmtpHost, free_port

from mailbot.config import Review, Sending
from mailbot.errors import TransportError, Uncertain
from mailbot.model import Letter, LetterKind, LetterState
from mailbot.render.letters import Alert
from mailbot.store import NewLetter
from mailbot.transport.smtp import SmtpMailer, SmtpSettings
from mailbot.workflow.mail import deliver, notify, review

READY, SENT, FAILED, UNCERTAIN = (
    LetterState.READY,
    LetterState.SENT,
    LetterState.FAILED,
    LetterState.UNCERTAIN,
)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Office]:
    made = office(tmp_path)
    yield made
    made.desk.store.close()


def mailer_to(port: int, **more: object) -> SmtpMailer:
    values: dict[str, object] = {"host": "127.0.0.1", "port": port, "tls": "none", "read_timeout_s": 1.0}
    return SmtpMailer(SmtpSettings(**{**values, "dot_timeout_s": 1.0, **more}))  # type: ignore[arg-type]


def receipt(here: Office, number: int = 1) -> Letter:
    """A receipt in the outbox."""
    row = here.one(submission(f"第{number}件事情的进展", lines=(f"第{number}件事情的内容。" * 9,)))
    letter = here.letter(row)
    assert letter is not None
    return letter


def circular(here: Office) -> Letter:
    """A 通报 in the outbox."""
    letter_id = here.desk.store.add_letter(
        NewLetter(
            kind=LetterKind.BULLETIN,
            state=READY,
            recipient="a@x.example",
            subject="通报",
            body="见附件",
            message_id="<b.1@oa.tancheng.example>",
            about="bulletin:monthly:2019-03",
            content=b"Subject: x\r\n\r\n",
        ),
        here.clock.now(),
    )
    assert letter_id is not None
    return here.desk.store.letter(letter_id)


def now_is(here: Office, letter: Letter) -> Letter:
    return here.desk.store.letter(letter.id)


def _queue(*errors: Exception) -> deque[Exception]:
    return deque(errors)


def alerts(here: Office) -> list[str]:
    return [x.subject for x in here.letters(LetterKind.ALERT)]


# ---- the endings, over SMTP


def test_what_the_host_takes_is_sent(here: Office) -> None:
    """With the host's words kept."""
    letter = receipt(here)
    with SmtpHost() as host:
        result = deliver.send_due(here.desk, mailer_to(host.port))
        assert [x.recipient for x in host.letters] == [letter.recipient]
    after = now_is(here, letter)
    assert (result.sent, after.state) == (1, SENT)
    assert "250" in after.reply


@pytest.mark.parametrize(
    ("stage", "answer"),
    [("rcpt", "450 mailbox busy"), ("dot", "451 try later"), ("rcpt", "452 full"), ("dot", "550 rate limit")],
)
def test_not_now_is_tried_again_after_the_configured_wait(here: Office, stage: str, answer: str) -> None:
    """5, 10, 20, 40, 66, 66 minutes; the bytes and the Message-ID stay."""
    letter = receipt(here)
    with SmtpHost() as host:
        for minutes in (5, 10, 20, 40, 66, 66):
            getattr(host.script, stage).append(answer)
            assert deliver.send_due(here.desk, mailer_to(host.port)).deferred == 1
            after = now_is(here, letter)
            assert (after.state, after.due_at) == (READY, here.clock.now() + timedelta(minutes=minutes))
            assert deliver.send_due(here.desk, mailer_to(host.port)).tried == 0
            here.clock.sleep(60 * minutes)
        deliver.send_due(here.desk, mailer_to(host.port))
        assert len(host.letters) == 1
    assert (now_is(here, letter).state, alerts(here)) == (SENT, [])


@pytest.mark.parametrize(("stage", "answer"), [("rcpt", "550 no such user"), ("dot", "554 refused")])
def test_a_refusal_stops_the_letter_and_tells_the_section(here: Office, stage: str, answer: str) -> None:
    """It is not tried again; the alert carries the host's words; the next letter goes."""
    letter, other = receipt(here), receipt(here, 2)
    with SmtpHost() as host:
        getattr(host.script, stage).append(answer)
        result = deliver.send_due(here.desk, mailer_to(host.port))
    assert (result.failed, now_is(here, letter).state, now_is(here, other).state) == (1, FAILED, SENT)
    (alert,) = here.letters(LetterKind.ALERT)
    assert alert.recipient == SECTION
    assert answer[4:] in alert.body


@pytest.mark.parametrize(
    "answers",
    [{"GREETING": "421 too many connections"}, {"EHLO": "421 closing"}, {"MAIL": "450 slow down"}],
)
def test_a_host_that_says_not_now_to_everybody_ends_the_round(here: Office, answers: dict[str, str]) -> None:
    """One letter waits, the others are not even tried: no hammering."""
    letters = [receipt(here, number) for number in range(4)]
    with FakeSmtp(answers) as host:
        with pytest.raises(TransportError):
            deliver.send_due(here.desk, mailer_to(host.port))
        assert host.connections == 1
    assert [now_is(here, x).state for x in letters] == [READY] * 4
    assert [now_is(here, x).attempts for x in letters] == [1, 0, 0, 0]


def test_a_refused_login_leaves_all_letters_queued(here: Office) -> None:
    """It is the account's fault: no letter fails for it, however long it lasts."""
    letter = receipt(here)
    with SmtpHost(login=True) as host:
        for _ in range(3):
            with pytest.raises(TransportError) as refused:
                deliver.send_due(here.desk, mailer_to(host.port, username="x", password="wrong"))
            assert refused.value.permanent
            here.clock.sleep(3 * 86_400)
    assert (now_is(here, letter).state, alerts(here)) == (READY, [])


def test_a_host_that_is_away_ends_the_round(here: Office) -> None:
    """Nothing listens there."""
    letter = receipt(here)
    with pytest.raises(TransportError):
        deliver.send_due(here.desk, mailer_to(free_port()))
    assert now_is(here, letter).state is READY


def test_a_connection_cut_before_the_dot_is_tried_again(here: Office) -> None:
    """Without the final dot nothing was sent."""
    letter = receipt(here)
    with FakeSmtp({"DATA": ""}) as host, pytest.raises(TransportError):
        deliver.send_due(here.desk, mailer_to(host.port))
    after = now_is(here, letter)
    assert (after.state, after.at_dot) == (READY, False)


def test_a_connection_cut_after_250_is_sent(here: Office) -> None:
    """The host has the letter; that QUIT failed is nothing."""
    letter = receipt(here)
    with SmtpHost() as host:
        host.script.dot.append(Ending.CUT_AFTER_REPLY)
        mailer = mailer_to(host.port)
        deliver.send_due(here.desk, mailer)
        mailer.close()
    assert now_is(here, letter).state is SENT


@pytest.mark.parametrize("ending", [Ending.CUT_AFTER_DOT, Ending.HANG_AFTER_DOT])
def test_a_receipt_in_doubt_goes_once_more_after_a_quarter_of_an_hour(here: Office, ending: Ending) -> None:
    """Under the same Message-ID, and never a third time: the second doubt is a person's."""
    letter = receipt(here)
    with SmtpHost() as host:
        host.script.dot.extend([ending, Ending.CUT_AFTER_DOT])
        mailer = mailer_to(host.port)
        assert deliver.send_due(here.desk, mailer).uncertain == 1
        here.clock.sleep(14 * 60)
        deliver.resolve_doubts(here.desk, None)
        assert now_is(here, letter).state is UNCERTAIN
        here.clock.sleep(60)
        deliver.resolve_doubts(here.desk, None)
        assert deliver.send_due(here.desk, mailer).uncertain == 1
        here.clock.sleep(3600)
        deliver.resolve_doubts(here.desk, None)
        deliver.send_due(here.desk, Host())
        assert len({x.content for x in host.letters}) == 1
        assert len(host.letters) == 2
    assert now_is(here, letter).state is UNCERTAIN
    assert len(alerts(here)) == 1
    here.clock.sleep(86_400)
    deliver.resolve_doubts(here.desk, None)
    assert len(alerts(here)) == 1


def test_a_letter_in_doubt_that_lies_in_sent_was_sent(here: Office) -> None:
    """The host files what it takes: no second copy."""
    letter = receipt(here)
    with SmtpHost() as host:
        host.script.dot.append(Ending.CUT_AFTER_DOT)
        deliver.send_due(here.desk, mailer_to(host.port))
    here.clock.sleep(15 * 60)
    here.box.in_sent = True
    deliver.resolve_doubts(here.desk, here.box)
    assert now_is(here, letter).state is SENT
    assert deliver.send_due(here.desk, Host()).tried == 0


def test_a_mailbox_that_cannot_be_asked_leaves_the_doubt_for_later(here: Office) -> None:
    """No copy goes out for want of an answer."""
    letter = receipt(here)
    deliver.send_due(here.desk, Host(answers=_queue(Uncertain("cut_after_dot"))))
    here.clock.sleep(20 * 60)
    here.box.fails = TransportError("connection_lost")
    with pytest.raises(TransportError):
        deliver.resolve_doubts(here.desk, here.box)
    assert now_is(here, letter).state is UNCERTAIN


@pytest.mark.parametrize("in_sent", [False, None])
def test_a_circular_in_doubt_is_never_sent_again_by_itself(here: Office, in_sent: bool | None) -> None:
    """A person decides; then the same bytes go."""
    letter = circular(here)
    deliver.send_due(here.desk, Host(answers=_queue(Uncertain("cut_after_dot"))))
    here.clock.sleep(15 * 60)
    here.box.in_sent = in_sent
    deliver.resolve_doubts(here.desk, here.box)
    assert deliver.send_due(here.desk, here_only := Host()).sent == 1, "the alert alone"
    assert [x.recipient for x in here_only.taken] == [SECTION]
    assert now_is(here, letter).state is UNCERTAIN
    review.send_again(here.desk, letter.id, by="王敏")
    deliver.send_due(here.desk, after := Host())
    assert [x.message_id for x in after.taken] == [letter.message_id]


# ---- patience


def test_a_letter_is_given_up_after_five_days(here: Office) -> None:
    """RFC 5321 section 4.5.4.1; the section is told."""
    letter = receipt(here)
    later = TransportError("smtp_deferred", reply=450, stage="rcpt")
    deliver.send_due(here.desk, Host(answers=_queue(later)))
    here.clock.sleep(4.9 * 86_400)
    deliver.send_due(here.desk, Host(answers=_queue(later)))
    assert now_is(here, letter).state is READY
    here.clock.sleep(0.2 * 86_400)
    deliver.send_due(here.desk, Host(answers=_queue(later)))
    assert now_is(here, letter).state is FAILED
    assert len(alerts(here)) == 1


def test_the_five_days_begin_when_a_person_lets_it_go(tmp_path: Path) -> None:
    """A receipt that waited a week for review is not given up at its first 450."""
    here = office(tmp_path, review=Review(receipts="all"))
    letter = receipt(here)
    here.clock.sleep(7 * 86_400)
    review.release(here.desk, letter.id, by="王敏")
    later = TransportError("smtp_deferred", reply=450, stage="rcpt")
    deliver.send_due(here.desk, Host(answers=_queue(later)))
    assert now_is(here, letter).state is READY


# ---- pace and stop


def test_letters_go_at_the_configured_pace(tmp_path: Path) -> None:
    """The first at once, each further one so many seconds later; no pause after the last."""
    here = office(tmp_path, sending=Sending(pace_seconds=7.0))
    for number in range(3):
        receipt(here, number)
    began, host = here.clock.now(), Host(clock=here.clock)
    deliver.send_due(here.desk, host)
    assert [(at - began).total_seconds() for at in host.at] == [0, 7, 14]
    assert (here.clock.now() - began).total_seconds() == 14


def test_a_refusal_does_not_quicken_the_pace(tmp_path: Path) -> None:
    """The host counts what it refuses as well."""
    here = office(tmp_path, sending=Sending(pace_seconds=7.0))
    for number in range(3):
        receipt(here, number)
    began = here.clock.now()
    refused = TransportError("smtp_refused", permanent=True, stage="rcpt", reply=550)
    deliver.send_due(here.desk, Host(answers=_queue(refused, refused, refused)))
    assert (here.clock.now() - began).total_seconds() >= 14


def test_a_stop_during_the_pause_claims_nothing(tmp_path: Path) -> None:
    """The letters that wait stay as they were."""
    here = office(tmp_path, sending=Sending(pace_seconds=7.0))
    letters = [receipt(here, number) for number in range(3)]
    host = Host()
    deliver.send_due(here.desk, host, stop=lambda: here.desk.store.letter(letters[0].id).state is SENT)
    assert [now_is(here, x).state for x in letters] == [SENT, READY, READY]
    assert now_is(here, letters[1]).version == letters[1].version


# ---- after a crash


def test_a_crash_before_the_dot_costs_nothing(here: Office) -> None:
    """The letter goes once more, since nothing went."""
    letter = receipt(here)
    here.desk.store.claim_letter(here.clock.now())
    deliver.recover(here.desk)
    assert now_is(here, letter).state is READY
    deliver.send_due(here.desk, host := Host())
    assert len(host.taken) == 1


def test_a_crash_at_the_dot_leaves_it_in_doubt(here: Office) -> None:
    """It may have gone: it waits its quarter of an hour."""
    letter = receipt(here)
    here.desk.store.claim_letter(here.clock.now())
    here.desk.store.mark_at_dot(letter.id, here.clock.now())
    deliver.recover(here.desk)
    assert now_is(here, letter).state is UNCERTAIN
    assert deliver.send_due(here.desk, Host()).tried == 0
    here.clock.sleep(15 * 60)
    deliver.resolve_doubts(here.desk, here.box)
    deliver.send_due(here.desk, host := Host())
    assert [x.message_id for x in host.taken] == [letter.message_id]


def test_trouble_with_word_to_the_section_makes_no_more_of_it(here: Office) -> None:
    """An alert that is refused makes no alert."""
    letter = receipt(here)
    notify.alert_letter(here.desk, letter, Alert.LETTER_FAILED, cause="x")
    refused = TransportError("smtp_refused", permanent=True)
    deliver.send_due(here.desk, Host(answers=_queue(refused, refused)))
    assert len(alerts(here)) == 1, "the receipt's own refusal is the same alert"


def test_every_letter_goes_from_the_office_address(here: Office) -> None:
    """Hosts take no other sender."""
    receipt(here)
    deliver.send_due(here.desk, host := Host())
    assert {x.sender for x in host.taken} == {OWN}
