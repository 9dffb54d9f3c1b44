"""The rounds of polling an IMAP mailbox: what is new, what is settled, and waiting, over a session."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from mailbot.clock import SHANGHAI, Clock
from mailbot.errors import TransportError
from mailbot.transport import Arrival
from mailbot.transport._imap_plan import (
    SETTLE_S,
    Epoch,
    ImapSettings,
    Listed,
    Patience,
    base_of,
    parse_key,
    portions,
)
from mailbot.transport._net import HEAD_BYTES, head_of, is_whole

if TYPE_CHECKING:
    from mailbot.transport.imap import Session

log = logging.getLogger(__name__)

_SETTLE_CHUNK = 200
_IDLE_SLICE_S = 0.5
_IDLE_RENEW_S = 240.0
_IDLE_FAULTS = 3
"""Faults in IDLE, one after another, until this mailbox is only polled."""
_HEAD = f"BODY.PEEK[HEADER]<0.{HEAD_BYTES}>"
_FLAGS = {"seen": b"\\Seen", "flag": b"\\Flagged"}


class PolledMailbox:
    """A Mailbox over sessions made by `connect`.  Not for two threads at once."""

    def __init__(
        self,
        settings: ImapSettings,
        *,
        connect: Callable[[], Session],
        arrival_of: Callable[[bytes], datetime] | None,
        stop: threading.Event,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._connect = connect
        self._arrival_of = arrival_of
        self._stop = stop
        self._clock = clock
        self._session: Session | None = None
        self._patience = Patience()
        self._idle_faults = 0
        self._incomplete: list[str] = []

    # ---- the Protocol

    def new(self, known: Callable[[str], bool]) -> Iterator[Arrival]:
        """Mails whose key is not `known`, oldest first in each folder.

        TransportError where the host fails, and `mail_incomplete` after all others were yielded where a mail
        has been empty for ten minutes.
        """
        self._incomplete = []
        yield from self._new_in(self._settings.folder, known)
        for folder in self._settings.extra_folders:
            if self._live().has(folder):
                yield from self._new_in(folder, known)
        if self._incomplete:
            raise self._settings.endpoint.error("mail_incomplete", ", ".join(self._incomplete))

    def done(self, key: str) -> None:
        """Leave, flag or move one mail, as configured.  A key of another epoch or mailbox is passed over."""
        self.done_many([key])

    def done_many(self, keys: Iterable[str]) -> None:
        """As done(), with one command for many mails of a folder."""
        if self._settings.after == "leave":
            return
        uids: defaultdict[Epoch, list[int]] = defaultdict(list)
        for parsed in map(parse_key, keys):
            if parsed is not None and parsed[0].base == base_of(self._settings.username, self._settings.host):
                uids[parsed[0]].append(parsed[1])
        for epoch, of_epoch in uids.items():
            for start in range(0, len(of_epoch), _SETTLE_CHUNK):
                self._settle(epoch, of_epoch[start : start + _SETTLE_CHUNK])

    def sent(self, message_id: str) -> bool | None:
        """Whether the Sent folder holds this Message-ID; None where there is none or looking fails."""
        if not message_id.isascii() or '"' in message_id:
            return None
        try:
            session = self._live()
            folder = session.sent_folder()
            if folder is None:
                return None
            session.open(folder, readonly=True)
            return session.holds(message_id)
        except TransportError as error:
            log.warning("Sent folder: %s", error)
            return None

    def wait(self, seconds: float) -> None:
        """Until the host announces mail or `stop` is set, at most `seconds`.  Never raises."""
        until = self._clock.monotonic() + seconds
        while (left := until - self._clock.monotonic()) > 0 and not self._stop.is_set():
            if self._idles():
                if self._announced(min(left, _IDLE_RENEW_S)):
                    return
            else:
                self._stop.wait(left)

    def close(self) -> None:
        if self._session is not None:
            self._session.close()
        self._session = None

    # ---- one folder's round

    def _live(self) -> Session:
        """The session at hand, or a fresh one where there is none or the last one broke."""
        if self._session is None or self._session.dead:
            self._session = self._connect()
        return self._session

    def _open(self, folder: str) -> Epoch:
        """The folder, read-only unless its mails are to be flagged or moved."""
        return self._live().open(folder, readonly=self._settings.after == "leave")

    def _new_in(self, folder: str, known: Callable[[str], bool]) -> Iterator[Arrival]:
        epoch = self._open(folder)
        prefix = epoch.key("")
        uids = [uid for uid in self._live().uids() if not known(f"{prefix}{uid}")]
        mails = self._live().listed(uids)
        for uid in set(uids) - {mail.uid for mail in mails}:
            self._is_settled(epoch.key(uid), 0)
        mails.sort(key=lambda mail: self._rank(epoch, mail))
        s = self._settings
        for portion in portions(
            mails, count=s.batch_count, size=s.batch_bytes, alone=lambda mail: self._stands_alone(epoch, mail)
        ):
            yield from self._arrivals(epoch, portion)

    def _rank(self, epoch: Epoch, mail: Listed) -> tuple[int, datetime, int]:
        """Oldest first; what broke a connection after all else, so that it holds up nobody."""
        arrived_at = mail.arrived_at or datetime.max.replace(tzinfo=SHANGHAI)
        return self._patience.breakages(epoch.key(mail.uid)), arrived_at, mail.uid

    def _stands_alone(self, epoch: Epoch, mail: Listed) -> bool:
        return self._is_giant(mail) or self._patience.breakages(epoch.key(mail.uid)) > 0

    def _is_giant(self, mail: Listed) -> bool:
        return mail.size is not None and mail.size > self._settings.max_bytes

    def _arrivals(self, epoch: Epoch, portion: list[Listed]) -> Iterator[Arrival]:
        if self._is_giant(portion[0]):
            yield replace(self._arrival(epoch, portion[0], None), head=self._head(epoch, portion[0].uid))
            return
        bodies = self._bodies(epoch, [mail.uid for mail in portion])
        for mail in portion:
            raw = bodies.get(mail.uid, b"")
            key = epoch.key(mail.uid)
            if is_whole(raw, mail.size) or (self._is_settled(key, len(raw)) and raw):
                self._patience.had(key)
                yield self._arrival(epoch, mail, raw)

    def _head(self, epoch: Epoch, uid: int) -> bytes | None:
        """The header of a mail too large to fetch.  One that breaks the connection is tried once."""
        key = epoch.key(uid)
        if self._patience.breakages(key):
            return None
        try:
            if self._live().selected != epoch and self._open(epoch.folder) != epoch:
                return None
            return self._live().bodies([uid], _HEAD).get(uid) or None
        except TransportError:
            self._patience.broke([key])
            raise

    def _bodies(self, epoch: Epoch, uids: list[int]) -> dict[int, bytes]:
        try:
            if self._live().selected != epoch and self._open(epoch.folder) != epoch:
                return {}
            return self._live().bodies(uids)
        except TransportError:
            self._patience.broke(map(epoch.key, uids))
            raise

    def _is_settled(self, key: str, length: int) -> bool:
        """Whether a payload shorter than announced has stayed so for long; an empty one is then reported."""
        settled = self._patience.short(key, length, self._clock.monotonic()) >= SETTLE_S
        log.info("%s is not there yet: %d bytes", key, length)
        if settled and length == 0:
            self._incomplete.append(key)
        return settled

    def _arrival(self, epoch: Epoch, mail: Listed, raw: bytes | None) -> Arrival:
        if raw is not None and len(raw) > self._settings.max_bytes:
            return replace(self._arrival(epoch, mail, None), size=len(raw), head=head_of(raw))
        arrived_at = mail.arrived_at
        if arrived_at is None:
            arrived_at = self._arrival_of(raw) if raw and self._arrival_of else self._clock.now()
        size = len(raw) if raw is not None else mail.size or self._settings.max_bytes + 1
        return Arrival(key=epoch.key(mail.uid), arrived_at=arrived_at, size=size, raw=raw)

    # ---- settling

    def _settle(self, epoch: Epoch, uids: list[int]) -> None:
        if self._live().selected != epoch and self._open(epoch.folder) != epoch:
            log.info("%s is no more: nothing is flagged or moved", epoch)
            return
        if self._settings.after == "move":
            target = self._live().target_folder(self._settings.after_folder)
            self._live().move(uids, target)
        else:
            self._live().flag(uids, _FLAGS[self._settings.after])

    # ---- waiting

    def _idles(self) -> bool:
        if not self._settings.idle or self._idle_faults >= _IDLE_FAULTS:
            return False
        try:
            return self._live().can_idle()
        except TransportError as error:
            log.info("IDLE: %s", error)
            return False

    def _announced(self, seconds: float) -> bool:
        session = self._live()
        try:
            if session.selected is None or session.selected.folder != self._settings.folder:
                self._open(self._settings.folder)
            heard = session.news() or session.idle(self._slices(seconds))
        except TransportError as error:
            self._idle_faults += 1
            log.info("IDLE: %s", error)
            # A line that came in two pieces is lost by imaplib, and was most likely the news waited for.
            return "unterminated" in str(error)
        self._idle_faults = 0
        return heard

    def _slices(self, seconds: float) -> Iterator[float]:
        """Short waits, so that `stop` is heard; ended where they return at once, as on a dead connection."""
        until = self._clock.monotonic() + seconds
        hasty = 0
        while (left := until - self._clock.monotonic()) > 0 and hasty < 3 and not self._stop.is_set():
            since = self._clock.monotonic()
            yield min(left, _IDLE_SLICE_S)
            hasty = hasty + 1 if self._clock.monotonic() - since < _IDLE_SLICE_S / 5 else 0
