"""The worker: when what is done.  APScheduler only wakes it up; what is due is asked of the database.

Three lanes, each one thread with its own database connection: intake (poll, judge), sending (paced, so it
must not hold up intake) and the timetable (drafts, digest, doubts).  SIGTERM and Ctrl-C let each lane finish
the mail in hand.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from mailbot.app import App
from mailbot.clock import SHANGHAI, Clock
from mailbot.errors import MailbotError, TransportError
from mailbot.transport import Mailbox, Mailer
from mailbot.workflow.bulletins import annual, report
from mailbot.workflow.desk import Desk, note_collected
from mailbot.workflow.mail import corpus, deliver, receive, troubles
from mailbot.workflow.mail.reading import GuardedReader
from mailbot.workflow.office import backup
from mailbot.workflow.solicitations import remind

log = logging.getLogger("mailbot.worker")

SEND_SECONDS = 5
TIMETABLE_SECONDS = 30


class StoppableClock(Clock):
    """Sleeps that end at once when the worker is told to stop."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    def sleep(self, seconds: float) -> None:
        self._stop.wait(seconds)


class Pauses:
    """Lanes that leave a host alone for a while: it locks a box after several refused passwords.

    The first pause, then twice as long each time, up to the longest; a round that goes well ends it.
    """

    FIRST_SECONDS = 30.0
    LONGEST_SECONDS = 900.0

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}
        self._failures: dict[str, int] = {}

    def holds(self, lane: str) -> bool:
        return self._clock.monotonic() < self._until.get(lane, 0.0)

    def failed(self, lane: str) -> None:
        failures = self._failures[lane] = self._failures.get(lane, 0) + 1
        wait = min(self.FIRST_SECONDS * 2 ** min(failures - 1, 10), self.LONGEST_SECONDS)
        self._until[lane] = self._clock.monotonic() + wait

    def ended(self, lane: str) -> None:
        self._failures.pop(lane, None)
        self._until.pop(lane, None)


class Worker:
    """Runs until stopped.  Each job reports its failure to the log and the database and is tried again."""

    def __init__(self, app: App, stop: threading.Event) -> None:
        self._app = app
        self._stop = stop
        self._mailbox: Mailbox | None = None
        self._doubts_mailbox: Mailbox | None = None
        self._mailer: Mailer | None = None
        self._reader: GuardedReader | None = None
        self._pauses = Pauses(app.clock)
        self._wanted = threading.Event()
        self._started = app.clock.now()
        self._scheduler = BackgroundScheduler(
            timezone=SHANGHAI,
            executors={lane: ThreadPoolExecutor(1) for lane in ("intake", "sending", "timetable")},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def run(self) -> None:
        """Work until the stop event; the caller holds the home's lock."""
        self._recover()
        self._every("intake", self.poll, self._app.config.mailbox.poll_seconds)
        self._every("sending", self.send, SEND_SECONDS)
        self._every("timetable", self.keep_timetable, TIMETABLE_SECONDS)
        self._scheduler.start()
        watcher = threading.Thread(target=self._watch, name="watch", daemon=True)
        watcher.start()
        self._stop.wait()
        self._scheduler.shutdown(wait=True)
        self.close()

    def turn(self) -> None:
        """One round of each lane, for a door whose clock stands still."""
        for lane, job in (("intake", self.poll), ("sending", self.send), ("timetable", self.keep_timetable)):
            self._guard(lane, job)

    def _recover(self) -> None:
        desk = self._app.desk()
        with desk.store.transaction():
            desk.store.adopt_orphans(desk.clock.now())
        deliver.recover(desk)
        for name in corpus.index(desk).refused:
            log.warning("data/corpus/%s is no text and was not read", name)

    def _every(self, lane: str, job: Callable[[], None], seconds: int) -> None:
        self._scheduler.add_job(
            self._guard,
            "interval",
            seconds=seconds,
            args=(lane, job),
            id=lane,
            executor=lane,
            next_run_time=self._app.clock.now(),
        )

    def _guard(self, lane: str, job: Callable[[], None]) -> None:
        """A job's failure never ends the worker; it is logged and recorded (promise P12)."""
        if self._stop.is_set() or self._pauses.holds(lane):
            return
        try:
            job()
        except MailbotError as error:
            self._note(lane, str(error))
            log.warning("%s: %s", lane, error)
            if isinstance(error, TransportError) and (error.permanent or lane == "sending"):
                self._pauses.failed(lane)
        except Exception as error:
            self._note(lane, f"{type(error).__name__}: {error}")
            log.exception("%s failed", lane)
        else:
            self._pauses.ended(lane)
            self._note(lane, "")

    def _note(self, lane: str, error: str) -> None:
        """What health and status read.  Where not even this can be written, the log has it."""
        with contextlib.suppress(MailbotError):
            desk = self._app.desk()
            with desk.store.transaction():
                desk.store.set_note(f"{lane}_error", error)
                if not error:
                    desk.store.set_note(f"{lane}_ok_at", desk.clock.now().isoformat())

    # ---- the three lanes

    def poll(self) -> None:
        """Fetch, judge, tell the source what is done with; again where something arrived meanwhile."""
        self._mailbox = self._mailbox or self._app.mailbox(self._stop)
        self._reader = self._reader or self._app.reader()
        self._wanted.set()
        while self._wanted.is_set() and not self._stop.is_set():
            self._wanted.clear()
            self._round(self._app.desk(), self._mailbox, self._reader)

    def _round(self, desk: Desk, mailbox: Mailbox, reader: GuardedReader) -> None:
        began = desk.clock.now()
        try:
            receive.collect(desk, mailbox)
            note_collected(desk, began)
        finally:
            receive.process(desk, reader, stop=self._stop.is_set)
        self._wake("sending")
        receive.settle(desk, mailbox)

    def _wake(self, lane: str) -> None:
        if self._scheduler.running and not self._stop.is_set():
            self._scheduler.modify_job(lane, next_run_time=self._app.clock.now())

    def send(self) -> None:
        self._mailer = self._mailer or self._app.mailer()
        deliver.send_due(self._app.desk(), self._mailer, stop=self._stop.is_set)

    def keep_timetable(self) -> None:
        """What is due by the calendar.  One that fails leaves the others their turn."""
        desk = self._app.desk()
        failures = []
        calendar = (remind.keep, report.draft_due, annual.draft_due, report.digest_due)
        duties = (*calendar, self._watch_intake, self._resolve_doubts, self._back_up)
        for duty in duties:
            try:
                duty(desk)
            except Exception as error:  # noqa: BLE001  (told by the guard when the others had their turn)
                failures.append(error)
        if failures:
            raise failures[0]

    def _watch_intake(self, desk: Desk) -> None:
        troubles.watch(desk, since=self._started)

    def _resolve_doubts(self, desk: Desk) -> None:
        if desk.store.uncertain_due(desk.clock.now()):
            self._doubts_mailbox = self._doubts_mailbox or self._app.mailbox(self._stop)
            deliver.resolve_doubts(desk, self._doubts_mailbox)

    def _back_up(self, desk: Desk) -> None:
        """Last of the duties: a large office takes minutes."""
        without = backup.password_files(os.environ)
        backup.keep_daily(desk, without=without, stop=self._stop.is_set)

    def _watch(self) -> None:
        """IDLE as a hint: a second connection that only waits, and wakes the intake lane."""
        config = self._app.config.mailbox
        if config.kind != "imap" or not config.idle:
            return
        with contextlib.closing(self._app.mailbox(self._stop)) as mailbox:
            while not self._stop.is_set():
                self._wait_for_mail(mailbox, config.poll_seconds)

    def _wait_for_mail(self, mailbox: Mailbox, seconds: float) -> None:
        """A host that cannot be reached is left to the intake lane for one interval."""
        began = self._app.clock.monotonic()
        try:
            mailbox.wait(seconds)
        except MailbotError as error:
            log.info("watch: %s", error)
            self._stop.wait(seconds)
            return
        self._wanted.set()
        self._wake("intake")
        if self._app.clock.monotonic() - began < 1:
            self._stop.wait(1)

    def close(self) -> None:
        for thing in (self._mailbox, self._doubts_mailbox, self._mailer, self._reader):
            if thing is not None:
                thing.close()


def stop_on_signals(stop: threading.Event) -> None:
    """SIGTERM, Ctrl-C and (Windows) Ctrl-Break ask for a clean stop."""

    def ask(signum: int, frame: Any) -> None:
        stop.set()

    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), ask)
