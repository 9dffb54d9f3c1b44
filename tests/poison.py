"""What a hostile mail may do to its reader: read() does what the subject says, in the reading process."""

from __future__ import annotations

import os
import time

from mailbot.intake import message
from mailbot.policy import DocumentLimits, MailLimits
from mailbot.workflow.mail.reading import Reading, Task, read_mail


def read(task: Task, mail_limits: MailLimits, document_limits: DocumentLimits) -> Reading:
    """Like read_mail, but for subjects that begin with a fault."""
    subject = message.read(task.raw, arrived_at=task.arrived_at, limits=mail_limits).subject
    if subject.startswith("raise"):
        raise RuntimeError("a parser that gives up")
    if subject.startswith("recurse"):
        _deeper(0)
    if subject.startswith("hang"):
        time.sleep(600)
    if subject.startswith("spin"):
        while True:
            pass
    if subject.startswith("memory"):
        hoard = [bytearray(64 * 1024 * 1024) for _ in range(32)]
        assert hoard
    if subject.startswith("exit"):
        os._exit(9)
    if subject.startswith("abort"):
        os.abort()
    return read_mail(task, mail_limits, document_limits)


def _deeper(depth: int) -> int:
    return _deeper(depth + 1) + 1
