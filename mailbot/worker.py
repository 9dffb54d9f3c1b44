"""The worker: when what is done.  APScheduler only wakes it up; what is due is asked of the database.

Three lanes, each one thread with its own database connection: intake (poll, judge), sending (paced, so it
must not hold up intake) and the timetable (drafts, digest, doubts).  SIGTERM and Ctrl-C let each lane finish
the mail in hand.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
from collections.abc import Callable
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from mailbot.app import App
from mailbot.clock import SHANGHAI, Clock
from mailbot.errors import MailbotError
from mailbot.transport import Mailbox, Mailer
from mailbot.workflow import deliver, receive, report
from mailbot.workflow.reading import GuardedReader

log = logging.getLogger("mailbot.worker")

SEND_SECONDS = 5
TIMETABLE_SECONDS = 30


class StoppableClock(Clock):
    """Sleeps that end at once when the worker is told to stop."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    def sleep(self, seconds: float) -> None:
        self._stop.wait(seconds)


class Worker:
    """Runs until stopped.  Each job reports its failure to the log and the database and is tried again."""

    def __init__(self, app: App, stop: threading.Event) -> None:
        self._app = app
        self._stop = stop
        self._mailbox: Mailbox | None = None
        self._doubts_mailbox: Mailbox | None = None
        self._mailer: Mailer | None = None
        self._reader: GuardedReader | None = None
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
        self._close()

    def _recover(self) -> None:
        desk = self._app.desk()
        with desk.store.transaction():
            desk.store.adopt_orphans(desk.clock.now())
        deliver.recover(desk)
        self._app.close_thread()

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
        if self._stop.is_set():
            return
        try:
            job()
        except MailbotError as error:
            self._note(lane, str(error))
            log.warning("%s: %s", lane, error)
        except Exception as error:
            self._note(lane, f"{type(error).__name__}: {error}")
            log.exception("%s failed", lane)
        else:
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
        """Fetch, judge, tell the source what is done with; then wake the sending lane."""
        desk = self._app.desk()
        self._mailbox = self._mailbox or self._app.mailbox(self._stop)
        self._reader = self._reader or self._app.reader()
        try:
            receive.collect(desk, self._mailbox)
        finally:
            receive.process(desk, self._reader)
        receive.settle(desk, self._mailbox)
        if self._scheduler.running and not self._stop.is_set():
            self._scheduler.modify_job("sending", next_run_time=self._app.clock.now())

    def send(self) -> None:
        self._mailer = self._mailer or self._app.mailer()
        deliver.send_due(self._app.desk(), self._mailer, stop=self._stop.is_set)

    def keep_timetable(self) -> None:
        """What is due by the calendar: letters in doubt, the draft, the digest."""
        desk = self._app.desk()
        if desk.store.uncertain_due(desk.clock.now()):
            self._doubts_mailbox = self._doubts_mailbox or self._app.mailbox(self._stop)
            deliver.resolve_doubts(desk, self._doubts_mailbox)
        report.draft_due(desk)
        report.digest_due(desk)

    def _watch(self) -> None:
        """IDLE as a hint: a second connection that only waits, and wakes the intake lane."""
        config = self._app.config.mailbox
        if config.kind != "imap" or not config.idle:
            return
        mailbox = self._app.mailbox(self._stop)
        with contextlib.closing(mailbox):
            while not self._stop.is_set():
                began = self._app.clock.monotonic()
                with contextlib.suppress(MailbotError):
                    mailbox.wait(config.poll_seconds)
                if self._stop.is_set():
                    return
                self._scheduler.modify_job("intake", next_run_time=self._app.clock.now())
                if self._app.clock.monotonic() - began < 1:
                    self._stop.wait(1)

    def _close(self) -> None:
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
