"""One poll and one send of an office in one process, to be killed anywhere: `office_life.py HOME [later]`.

`later`: the quarter of an hour of letters in doubt is over.  Run again it goes on where it was cut.
"""

from __future__ import annotations

import sys
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from mailbot.app import App
from mailbot.clock import Clock
from mailbot.store import files
from mailbot.workflow.mail import deliver, receive
from mailbot.workflow.mail.reading import DirectReader


class Later(Clock):
    def now(self) -> datetime:
        return super().now() + timedelta(minutes=20)


def live(home: Path, *, later: bool) -> None:
    # The spool is written by one thread, so that the N-th system call is always the same one.
    files._AT_A_TIME = 1
    app = App.open(home, {}, clock=Later() if later else Clock())
    desk = app.desk()
    limits = app.policy.intake
    reader = DirectReader(limits.mail, limits.document)
    with app.lock():
        with desk.store.transaction():
            desk.store.adopt_orphans(desk.clock.now())
        deliver.recover(desk)
        with closing(app.mailbox()) as mailbox:
            receive.collect(desk, mailbox)
            receive.process(desk, reader)
            receive.settle(desk, mailbox)
        deliver.resolve_doubts(desk, None)
        with closing(app.mailer()) as mailer:
            deliver.send_due(desk, mailer)
    app.close_thread()


if __name__ == "__main__":
    live(Path(sys.argv[1]), later="later" in sys.argv[2:])
