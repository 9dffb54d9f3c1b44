"""Old mail from files (`mailbot import`): registered, and answered only where that was asked for.

Whether a mail may be answered is part of its key, so that it holds however often the import is cut and
whoever judges the mail in the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from mailbot.model import LedgerMail
from mailbot.transport import Arrival, Mailbox

PREFIX = "import:"


class OldMail:
    """A Mailbox over another one, whose mails are not to be answered.  Nothing is changed at the source."""

    def __init__(self, source: Mailbox) -> None:
        self._source = source

    def new(self, known: Callable[[str], bool]) -> Iterator[Arrival]:
        for arrival in self._source.new(lambda key: known(PREFIX + key)):
            yield replace(arrival, key=PREFIX + arrival.key)

    def done(self, key: str) -> None: ...

    def wait(self, seconds: float) -> None:
        self._source.wait(seconds)

    def sent(self, message_id: str) -> bool | None:
        return self._source.sent(message_id)

    def close(self) -> None:
        self._source.close()


def is_old(row: LedgerMail) -> bool:
    """Whether the mail came with an import that is not answered."""
    return row.key.startswith(PREFIX)
