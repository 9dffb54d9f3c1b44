"""Reading a mail under guard: in a child process with limits of time and memory (promise P3).

What a stranger sends may raise, hang or eat memory in any parser.  The child reads, the parent decides;
one that breaks is thrown away and the mail counts one failed try.  `read_mail` is the reading itself, pure.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.context
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Protocol

from mailbot.intake import message, word
from mailbot.model import Document, IncomingMail
from mailbot.policy import DocumentLimits, MailLimits

SECONDS = 30.0
MEMORY = 1024 * 1024 * 1024
"""Address space of the child: interpreter and libraries take some 200 MB of it before the first mail."""
SPARE_SECONDS = 10.0
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A mail and its attachments, looked into."""

    mail: IncomingMail
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What the child is handed."""

    raw: bytes
    arrived_at: datetime
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingFailure:
    """Why a mail could not be read: told to the section, and kept with the mail."""

    error: str


class Reader(Protocol):
    """Reads mails one after another; a failure is a value, so that the next mail goes on."""

    def read_all(self, tasks: Iterable[Task]) -> Iterator[Reading | ReadingFailure]: ...

    def close(self) -> None: ...


def read_mail(task: Task, mail_limits: MailLimits, document_limits: DocumentLimits) -> Reading:
    """Bytes to Reading: the mail itself, and each attachment that is no decoration, inspected in order."""
    mail = message.read(task.raw, arrived_at=task.arrived_at, limits=mail_limits, sha256=task.sha256)
    documents = tuple(word.inspect(a, document_limits) for a in mail.attachments if not a.decoration)
    return Reading(mail=mail, documents=documents)


Read = Callable[[Task, MailLimits, DocumentLimits], Reading]
"""What the child does with a task: `read_mail`, a function of a module, since it is handed over by name."""


class DirectReader:
    """Reads in this process: for `inspect` of one's own files and for tests of what comes after."""

    def __init__(self, mail_limits: MailLimits, document_limits: DocumentLimits) -> None:
        self._limits = mail_limits, document_limits

    def read_all(self, tasks: Iterable[Task]) -> Iterator[Reading | ReadingFailure]:
        for task in tasks:
            yield read_mail(task, *self._limits)

    def close(self) -> None:
        pass


class GuardedReader:
    """Reads in a child process that is started once and replaced whenever it breaks.

    One task is always handed over ahead: the child reads the next mail while the parent records this one.
    `fork` starts it in no time; only where this process has no threads and no lock on an office.
    """

    def __init__(
        self,
        mail_limits: MailLimits,
        document_limits: DocumentLimits,
        *,
        seconds: float = SECONDS,
        memory: int = MEMORY,
        read: Read = read_mail,
        fork: bool = False,
    ) -> None:
        self._limits = mail_limits, document_limits
        self._seconds = seconds
        self._memory = memory
        self._read = read
        self._fork = fork and hasattr(os, "fork")
        self._child: BaseProcess | None = None
        self._pipe: Connection | None = None

    def read_all(self, tasks: Iterable[Task]) -> Iterator[Reading | ReadingFailure]:
        ahead = False
        try:
            for task in tasks:
                if ahead:
                    yield self._receive(follow=task)
                else:
                    self._hand_over(task)
                ahead = True
            if ahead:
                ahead = False
                yield self._receive(follow=None)
        finally:
            if ahead:
                # Left early: the answer still to come must not be taken for that to a later task.
                self.close()

    def _receive(self, follow: Task | None) -> Reading | ReadingFailure:
        """The answer to the task handed over; then `follow` is handed over."""
        answer = self._await()
        if follow is not None:
            self._hand_over(follow)
        return answer

    def _await(self) -> Reading | ReadingFailure:
        assert self._pipe is not None
        try:
            if self._pipe.poll(self._seconds):
                answer: Reading | ReadingFailure = self._pipe.recv()
                return answer
            failure = ReadingFailure(error=f"reading took more than {self._seconds:.0f} s")
        except (EOFError, OSError) as broken:
            failure = ReadingFailure(error=f"the reading process ended: {type(broken).__name__}")
        self.close()
        return failure

    def _hand_over(self, task: Task) -> None:
        if self._child is None or not self._child.is_alive():
            self._start()
        assert self._pipe is not None
        try:
            self._pipe.send(task)
        except OSError:
            self.close()
            self._start()
            self._pipe.send(task)

    def _start(self) -> None:
        context: multiprocessing.context.ForkContext | multiprocessing.context.SpawnContext
        context = multiprocessing.get_context("fork") if self._fork else multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._child = context.Process(
            target=_serve,
            args=(theirs, self._read, self._limits, self._memory, self._seconds),
            name="mailbot-reader",
            daemon=True,
        )
        self._child.start()
        theirs.close()
        # Its start is not the mail's time.  One that does not come up is ended, and noticed when it is asked.
        with contextlib.suppress(EOFError, OSError):
            if self._pipe.poll(START_SECONDS):
                self._pipe.recv()
            else:
                self._child.kill()

    def close(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
        if self._child is not None:
            self._child.join(0.2)
            if self._child.is_alive():
                self._child.kill()
            self._child.join()
        self._pipe = self._child = None


def _serve(
    pipe: Connection, read: Read, limits: tuple[MailLimits, DocumentLimits], memory: int, seconds: float
) -> None:
    """The child's loop: a task in, a Reading out, until the parent closes the pipe."""
    set_alarm = _confine(memory)
    with contextlib.suppress(EOFError, OSError):
        pipe.send(None)
        while True:
            task = pipe.recv()
            set_alarm(seconds + SPARE_SECONDS)
            pipe.send(_attempt(task, read, limits))
            set_alarm(0)


def _attempt(task: Task, read: Read, limits: tuple[MailLimits, DocumentLimits]) -> Reading | ReadingFailure:
    try:
        return read(task, *limits)
    except Exception as error:  # noqa: BLE001  (whatever a parser raises on a stranger's bytes is a failed try, P3)
        return ReadingFailure(error=f"{type(error).__name__}: {error}"[:500])


def _confine(memory: int) -> Callable[[float], object]:
    """Bound the address space, and leave stopping to the parent: a stop asked of the whole group must not
    cost the mail at hand a try.  What is returned sets the alarm that ends a child whose parent is gone.

    Windows has neither bound: doctor says so.
    """
    if sys.platform == "win32":
        return lambda seconds: None
    import resource  # noqa: PLC0415  (does not exist on Windows)

    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.SIG_IGN)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    return lambda seconds: signal.setitimer(signal.ITIMER_REAL, seconds)
