"""The worker: what is done when, how it stops, how it is woken; no fault ends it (promises P6, P8)."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from desks import NOW, Office, office, submission
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from office import OfficeHome, wait_until
from servers import Dovecot, SmtpHost

from mailbot.app import App
from mailbot.clock import SHANGHAI, FixedClock
from mailbot.config import Timetable
from mailbot.errors import TransportError
from mailbot.model import LetterKind, Month
from mailbot.worker import Pauses, StoppableClock, Worker
from mailbot.workflow.bulletins import report
from mailbot.workflow.mail import troubles

FOLDERS = """
[office]
name = "信息科"
section_address = "section@oa.tancheng.example"
[mailbox]
kind = "folder"
path = "inbox"
poll_seconds = 10
[smtp]
kind = "folder"
path = "outbox"
from_address = "xxk@oa.tancheng.example"
[sending]
pace_seconds = {pace}
[intake]
answer_since = 2019-01-01
[review]
receipts = "none"
[timetable]
digest = false
[console]
enabled = false
"""


def folder_office(home: Path, *, pace: float = 0, mails: int = 3) -> OfficeHome:
    """An office over two folders, with mails that wait."""
    (home / "inbox").mkdir(parents=True)
    (home / "config.toml").write_text(FOLDERS.format(pace=pace), encoding="utf-8")
    for number in range(mails):
        put(home, number)
    return OfficeHome(home)


def put(home: Path, number: int) -> None:
    raw = submission(f"第{number}件事情的进展", lines=(f"第{number}件事情的内容，各不相同。" * 20,))
    path = home / "inbox" / f"{number:03}.eml"
    path.write_bytes(raw)
    old = time.time() - 60
    os.utime(path, (old, old))


def sent(office: OfficeHome) -> int:
    return len(list((office.home / "outbox").glob("*.eml")))


# ---- start, stop, one at a time


def test_it_takes_in_answers_and_stops(tmp_path: Path) -> None:
    """One process from the mail to the receipt; reference texts are read before the first mail."""
    office = folder_office(tmp_path)
    (tmp_path / "data/corpus").mkdir(parents=True)
    (tmp_path / "data/corpus/对照.txt").write_text("第1件事情的内容，各不相同。" * 20, encoding="utf-8")
    with office.running():
        wait_until(lambda: sent(office) == 3)
    assert office.rows("SELECT count(*) FROM mail WHERE outcome = 'accepted'") == [(3,)]
    assert office.rows("SELECT count(*) FROM letter WHERE state = 'sent'") == [(3,)]
    assert office.rows("SELECT count(*) FROM mail WHERE verdict LIKE '%corpus_likeness%'") == [(1,)]


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_at_once_in_the_midst_of_a_pause(tmp_path: Path, stop: signal.Signals) -> None:
    """Ten minutes between two letters; what waits stays queued and whole."""
    office = folder_office(tmp_path, pace=600)
    process = subprocess.Popen(office.command("run", "--no-console"), start_new_session=True)
    try:
        wait_until(lambda: sent(office) == 1)
        wait_until(lambda: office.rows("SELECT count(*) FROM letter") == [(3,)])
        time.sleep(0.3)
    finally:
        began = time.monotonic()
        os.killpg(process.pid, stop)
        code = process.wait(30)
    assert (code, time.monotonic() - began < 10) == (0, True)
    assert office.rows("SELECT state, count(*) FROM letter GROUP BY state") == [("ready", 2), ("sent", 1)]
    assert office.rows("SELECT sum(attempts) FROM mail") == [(0,)]


def test_a_second_worker_says_who_has_the_office(tmp_path: Path) -> None:
    """Exit code 3 and the pid of the first; so for the single rounds; not for what works beside it."""
    office = folder_office(tmp_path)
    with office.running() as first:
        wait_until(lambda: sent(office) == 3)
        for command in (["run", "--no-console"], ["poll"], ["send"], ["import", str(tmp_path)]):
            done = subprocess.run(office.command(*command), capture_output=True, text=True, check=False)
            assert done.returncode == 3, (command, done.stderr)
            assert str(first.pid) in done.stderr
        office.run("status")
        office.run("retry")


# ---- lanes


class _Broken:
    """A Mailbox or Mailer of which every use fails until it is mended."""

    def __init__(self, inner: object, error: Exception) -> None:
        self.inner, self.error, self.broken, self.uses = inner, error, True, 0

    def __getattr__(self, name: str) -> object:
        if name == "close":
            return getattr(self.inner, name)
        self.uses += 1
        if self.broken:
            raise self.error
        return getattr(self.inner, name)


@contextmanager
def working(app: App) -> Iterator[Worker]:
    stop = threading.Event()
    app.clock = StoppableClock(stop)
    worker = Worker(app, stop)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield worker
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def test_a_failing_lane_says_so_and_recovers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Intake fails, the others work; its error stands where health reads it until it works again."""
    monkeypatch.setattr("mailbot.worker.TIMETABLE_SECONDS", 1)
    home = folder_office(tmp_path)
    app = App.open(tmp_path, {})
    broken = _Broken(app.mailbox(), TransportError("connection_lost"))
    monkeypatch.setattr(app, "mailbox", lambda stop=None: broken)
    with working(app) as worker:
        wait_until(lambda: note(home, "intake_error"))
        assert "connection_lost" in note(home, "intake_error")
        wait_until(lambda: note(home, "timetable_ok_at"))
        broken.broken = False
        worker._wake("intake")
        wait_until(lambda: sent(home) == 3)
        wait_until(lambda: not note(home, "intake_error"))
    assert note(home, "intake_ok_at")


def note(office: OfficeHome, name: str) -> str:
    found = office.rows(f"SELECT value FROM note WHERE name = '{name}'")
    return str(found[0][0]) if found else ""


def test_an_unforeseen_fault_in_a_lane_is_recorded_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was raised: named in the note, and the worker lives on."""
    home = folder_office(tmp_path)
    app = App.open(tmp_path, {})
    broken = _Broken(app.mailbox(), ZeroDivisionError("of ours"))
    monkeypatch.setattr(app, "mailbox", lambda stop=None: broken)
    with working(app):
        wait_until(lambda: note(home, "intake_error") == "ZeroDivisionError: of ours")


def test_a_host_that_refuses_is_left_alone_for_longer_each_time() -> None:
    """30 seconds, 1, 2, 4 minutes … a quarter of an hour; once it goes well all is forgotten."""
    clock = FixedClock(NOW)
    pauses = Pauses(clock)
    waits = []
    for _ in range(8):
        pauses.failed("sending")
        began = clock.monotonic()
        while pauses.holds("sending"):
            clock.sleep(1)
        waits.append(clock.monotonic() - began)
        assert not pauses.holds("intake")
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]
    pauses.ended("sending")
    pauses.failed("sending")
    clock.sleep(30)
    assert not pauses.holds("sending")


def test_one_duty_of_the_timetable_that_fails_leaves_the_others_their_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A draft that cannot be written must not keep the digest or the doubts from their day."""
    folder_office(tmp_path)
    app = App.open(tmp_path, {})
    worker = Worker(app, threading.Event())
    done = []

    def broken(desk: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(report, "draft_due", broken)
    monkeypatch.setattr(report, "digest_due", lambda desk: done.append("digest"))
    with pytest.raises(ZeroDivisionError):
        worker.keep_timetable()
    assert done == ["digest"]
    app.close_thread()


def test_the_section_hears_of_an_outage_once_and_of_its_end(tmp_path: Path) -> None:
    """After a quarter of an hour without mail fetched; not for the night the machine was off."""
    here = office(tmp_path)
    store, clock = here.desk.store, here.clock
    store.set_note("intake_ok_at", (NOW - timedelta(hours=12)).isoformat())
    started = clock.now()
    for _ in range(14):
        clock.sleep(60)
        troubles.watch(here.desk, since=started)
    assert here.letters(LetterKind.ALERT) == []
    store.set_note("intake_error", "login_refused")
    for _ in range(600):
        clock.sleep(60)
        troubles.watch(here.desk, since=started)
    (trouble,) = here.letters(LetterKind.ALERT)
    assert "login_refused" in trouble.body
    store.set_note("intake_ok_at", clock.now().isoformat())
    store.set_note("intake_error", "")
    for _ in range(5):
        troubles.watch(here.desk, since=started)
    assert len(here.letters(LetterKind.ALERT)) == 2


# ---- being woken


@pytest.mark.wire
@pytest.mark.xdist_group("dovecot")
def test_a_new_mail_wakes_the_worker_by_idle(dovecot: Dovecot, box: str, tmp_path: Path) -> None:
    """Polling once in ten minutes, and yet the receipt is at the host within seconds."""
    with SmtpHost(tls="ssl") as smtp:
        office = OfficeHome.over(tmp_path / "o", dovecot, box, smtp, poll_seconds=600, idle=True)
        with office.running():
            wait_until(lambda: note(office, "intake_ok_at"))
            time.sleep(1)
            times = [arrival_to_receipt(dovecot, box, smtp, number) for number in range(3)]
    assert max(times) < 30, times


def arrival_to_receipt(dovecot: Dovecot, box: str, smtp: SmtpHost, number: int) -> float:
    """Seconds from a mail's arrival in the box to its receipt at the SMTP host."""
    before = len(smtp.letters)
    raw = submission(f"第{number}件事情的进展", lines=(f"第{number}件事情的内容，各不相同。" * 20,))
    dovecot.deliver([raw], user=box)
    began = time.monotonic()
    wait_until(lambda: len(smtp.letters) > before)
    return time.monotonic() - began


# ---- the calendar, over months of simulated time


def _months(here: Office) -> list[str]:
    return sorted(b.period for b in here.desk.store.bulletins())


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), day=st.sampled_from([1, 3, 28, "last"]))
@pytest.mark.slow
def test_each_month_has_one_draft_whatever_was_switched_off(
    tmp_path_factory: pytest.TempPathFactory, seed: int, day: int | str
) -> None:
    """36 months with outages of hours to three months, restarts and a clock put back by a day."""
    random = Random(seed)
    timetable = Timetable(bulletin_day=day, digest=False)  # type: ignore[arg-type]
    start = datetime(2019, 3, 4, 9, 0, tzinfo=SHANGHAI)
    here = office(tmp_path_factory.mktemp("months"), now=start, timetable=timetable)
    end = datetime(2022, 3, 10, 9, 0, tzinfo=SHANGHAI)
    try:
        while here.clock.now() < end:
            report.draft_due(here.desk)
            off = random.choice([1, 6, 24, 24, 72, 24 * 20, 24 * 90])
            here.clock.set(here.clock.now() + timedelta(hours=off * random.random() + 0.5))
            if random.random() < 0.1:
                here.clock.set(here.clock.now() - timedelta(days=1))
        report.draft_due(here.desk)
        expected, month = [], Month(2019, 3)
        while timetable.bulletin_due(month) <= here.clock.now():
            expected.append(str(month))
            month = month.following()
        assert _months(here) == expected
        assert {b.drafts for b in here.desk.store.bulletins()} == {1}
        assert len(here.letters(LetterKind.BULLETIN_DRAFT)) == len(expected)
    finally:
        here.desk.store.close()


def test_a_day_has_one_digest_and_a_day_off_has_none(tmp_path: Path) -> None:
    """Fourteen days, asked every half hour; Saturday's mail is in Monday's."""
    here = office(tmp_path, now=datetime(2019, 4, 8, 8, 0, tzinfo=SHANGHAI))
    while here.clock.now() < datetime(2019, 4, 22, 8, 0, tzinfo=SHANGHAI):
        if here.clock.now() == datetime(2019, 4, 13, 9, 0, tzinfo=SHANGHAI):
            here.one(submission(), minutes=0)
        report.digest_due(here.desk)
        here.clock.sleep(1800)
    digests = here.letters(LetterKind.DIGEST)
    assert [f"{x.created_at:%m-%d %H:%M}" for x in digests] == [
        f"04-{day:02} 17:00" for day in (8, 9, 10, 11, 12, 15, 16, 17, 18, 19)
    ]
    assert "1" in digests[5].body


def test_a_missed_digest_is_made_good_the_next_working_day(tmp_path: Path) -> None:
    """The machine was off for two days: one digest, of all that came since the last one."""
    here = office(tmp_path, now=datetime(2019, 4, 8, 17, 0, tzinfo=SHANGHAI))
    report.digest_due(here.desk)
    here.one(submission(), minutes=60)
    here.clock.set(datetime(2019, 4, 11, 17, 1, tzinfo=SHANGHAI))
    report.digest_due(here.desk)
    report.digest_due(here.desk)
    assert len(here.letters(LetterKind.DIGEST)) == 2


def test_the_clocks_sleep_ends_with_the_worker() -> None:
    """However long the pause."""
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    began = time.monotonic()
    StoppableClock(stop).sleep(600)
    assert time.monotonic() - began < 10
