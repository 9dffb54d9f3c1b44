"""IMAP as a way in (RFC 3501), made for hosts of every make: Coremail, QQ, Exchange, Dovecot.

Truth is the office's ledger and the UID, never \\Seen, \\Recent or keywords; nothing is parsed by the host
but SIZE and INTERNALDATE; IDLE only wakes.  A folder is opened read-only unless a flag or move is configured.
Any fault throws the connection away, and the next call makes a fresh one.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, IMAPClientReadOnlyError, LoginError

from mailbot.clock import Clock
from mailbot.errors import TransportError
from mailbot.transport._imap_folders import Folders
from mailbot.transport._imap_plan import Epoch, ImapSettings, Listed, base_of, listing, tells_of_mail
from mailbot.transport._imap_rounds import PolledMailbox
from mailbot.transport._net import plain, refuse_controls, tls_context

__all__ = ["ImapMailbox", "ImapSettings"]

log = logging.getLogger(__name__)
# At DEBUG it repeats whatever hosts say, people's mail and all.
logging.getLogger("imapclient").setLevel(logging.WARNING)

_LIST_CHUNK = 500
_SEARCH_CHUNK = 50_000
"""UIDs asked for in one SEARCH: imaplib refuses an answer of more than 1,000,000 bytes."""
_REFUSALS = 20
"""FETCH commands refused in one round before it is the host that fails and not a mail."""
_SENT_NEWEST = 100
_BROKEN = (IMAPClientError, OSError, ValueError, TypeError, LookupError, AssertionError)
"""What imapclient and imaplib raise on answers no standard foresees."""
_BUSY = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]", "TOO MUCH", "TOO MANY")


class Session:
    """One connection, logged in.  `dead` once anything went wrong: it is then of no more use."""

    def __init__(self, settings: ImapSettings) -> None:
        self._settings = settings
        self._at = settings.endpoint
        self.dead = False
        self.selected: Epoch | None = None
        self._identified = False
        self._refusals = 0
        self._targets: dict[str, str] = {}
        self._client = self._connect()
        try:
            self._secure()
            self._login()
            self._identify()
        except BaseException:
            self.drop()
            raise

    # ---- opening

    def _connect(self) -> Any:
        s = self._settings
        context = tls_context(s.ca_file) if s.tls == "ssl" else None
        timeout = SocketTimeout(connect=s.connect_timeout_s, read=s.read_timeout_s)
        try:
            client = IMAPClient(s.host, s.port, ssl=s.tls == "ssl", ssl_context=context, timeout=timeout)
        except _BROKEN as error:
            raise self._at.fault(error, connecting=True) from error
        client.normalise_times = False
        return client

    def _secure(self) -> None:
        if self._settings.tls != "starttls":
            return
        context = tls_context(self._settings.ca_file)
        try:
            self._client.starttls(context)
        except OSError as error:
            raise self._at.fault(error) from error
        except IMAPClientAbortError as error:
            raise self._at.error("connection_lost", error) from error
        except IMAPClientError as error:
            raise self._at.error("tls_not_offered", error, permanent=True) from error

    def _login(self) -> None:
        s = self._settings
        try:
            if s.tls == "none" and self._client.has_capability("LOGINDISABLED"):
                raise self._at.error("tls_required", permanent=True)
            if (s.username + s.password).isascii():
                self._client.login(s.username, s.password)
            else:
                self._client.plain_login(s.username, s.password)
        except LoginError as error:
            raise self._refused_login(error) from error
        except _BROKEN as error:
            raise self._at.fault(error) from error

    def _refused_login(self, error: LoginError) -> TransportError:
        text = plain(error).upper()
        if isinstance(error.__context__, IMAPClientAbortError):
            return self._at.error("connection_lost", error)
        if any(mark in text for mark in _BUSY):
            return self._at.error("server_error", error)
        return self._at.error("login_refused", error, permanent=True, username=self._settings.username)

    def _identify(self, *, anyway: bool = False) -> None:
        """Tell the host who we are.  Coremail wants it even where it does not advertise ID."""
        coremail = b"coremail" in bytes(self._client.welcome or b"").lower()
        if self._identified or not (anyway or coremail or self._client.has_capability("ID")):
            return
        self._identified = True
        said = dict(self._settings.client_id)
        try:
            IMAPClient.id_.__wrapped__(self._client, said)
        except IMAPClientAbortError as error:
            raise self._at.error("connection_lost", error) from error
        except IMAPClientError as error:
            log.info("ID not taken by %s: %s", self._at.host, plain(error))
        except OSError as error:
            raise self._at.fault(error) from error

    # ---- speaking

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """Whatever goes wrong inside ends this connection and comes out as a TransportError."""
        try:
            yield
        except TransportError:
            self.drop()
            raise
        except _BROKEN as error:
            self.drop()
            if isinstance(error, IMAPClientAbortError | OSError):
                raise self._at.fault(error) from error
            raise self._at.error("server_error", error) from error
        except BaseException:
            self.drop()
            raise

    def open(self, folder: str, *, readonly: bool, again: bool = True) -> Epoch:
        """EXAMINE or SELECT.  TransportError: folder_missing, unsafe_login, server_error."""
        with self._speaking():
            try:
                name = self._folders().named(folder) if "/" in folder else folder
                answer = self._select(name, readonly)
            except IMAPClientAbortError:
                raise
            except IMAPClientError as error:
                if "unsafe login" in str(error).lower() and again and not self._identified:
                    self._identify(anyway=True)
                    return self.open(folder, readonly=readonly, again=False)
                raise self._refused_select(folder, error) from error
            base = base_of(self._settings.username, self._settings.host)
            validity = int(answer.get(b"UIDVALIDITY", 0))
            self._refusals = 0
            self.selected = Epoch(base=base, folder=folder, validity=validity)
            self.exists = int(answer.get(b"EXISTS", 0))
            return self.selected

    def _select(self, name: str, readonly: bool) -> dict[bytes, Any]:
        try:
            answer: dict[bytes, Any] = self._client.select_folder(name, readonly=readonly)
        except IMAPClientReadOnlyError:
            answer = self._client.select_folder(name, readonly=True)
        return answer

    def _refused_select(self, folder: str, error: IMAPClientError) -> TransportError:
        if "unsafe login" in str(error).lower():
            return self._at.error("unsafe_login", error, permanent=True)
        try:
            missing = "[NONEXISTENT]" in str(error).upper() or not self._folders().has(folder)
        except _BROKEN:
            missing = False
        if missing:
            return self._at.error("folder_missing", error, permanent=True, folder=folder)
        return self._at.error("server_error", error)

    # ---- folders

    def _folders(self) -> Folders:
        return Folders.of(self._client.list_folders())

    def has(self, folder: str) -> bool:
        with self._speaking():
            return self._folders().has(folder)

    def sent_folder(self) -> str | None:
        """The folder the host files sent mail in, where it can be told."""
        with self._speaking():
            return self._folders().sent(self._settings.sent_folder)

    def target_folder(self, folder: str) -> str:
        """The host's name of the folder mails are moved to, made where it is missing."""
        with self._speaking():
            if folder not in self._targets:
                self._targets[folder] = self._made(folder)
            return self._targets[folder]

    def _made(self, folder: str) -> str:
        folders = self._folders()
        name, prefix = folders.named(folder), self._personal_prefix()
        prefixed = name if name.startswith(prefix) else prefix + name
        for known in (name, prefixed):
            if folders.has(known):
                return known
        self._client.create_folder(prefixed)
        return prefixed

    def _personal_prefix(self) -> str:
        """'INBOX.' on hosts that keep all folders below the inbox (RFC 2342)."""
        if not self._client.has_capability("NAMESPACE"):
            return ""
        personal = self._client.namespace().personal
        return str(personal[0][0] or "") if personal else ""

    # ---- reading

    def uids(self) -> list[int]:
        """All UIDs of the open folder, ascending.  By SEARCH, or by FETCH where the host cannot SEARCH."""
        with self._speaking():
            try:
                return sorted(self._search())
            except IMAPClientAbortError:
                raise
            except IMAPClientError as error:
                log.info("SEARCH refused by %s: %s", self._at.host, plain(error))
                return sorted(self._uids_by_fetch())

    def _search(self) -> set[int]:
        if self.exists <= _SEARCH_CHUNK:
            return set(self._client.search("ALL"))
        found: set[int] = set()
        for first in range(1, self.exists + 1, _SEARCH_CHUNK):
            last = min(first + _SEARCH_CHUNK - 1, self.exists)
            found.update(self._client.search([f"{first}:{last}"]))
        return found

    def _uids_by_fetch(self) -> set[int]:
        found: set[int] = set()
        self._client.use_uid = False
        try:
            for first in range(1, self.exists + 1, _LIST_CHUNK):
                numbers = list(range(first, min(first + _LIST_CHUNK, self.exists + 1)))
                rows = self._client.fetch(numbers, ["UID"])
                found.update(int(row[b"UID"]) for row in rows.values() if b"UID" in row)
        finally:
            self._client.use_uid = True
        return found

    def listed(self, uids: list[int]) -> list[Listed]:
        """SIZE and INTERNALDATE of these UIDs; what has vanished meanwhile is left out."""
        found: list[Listed] = []
        with self._speaking():
            for start in range(0, len(uids), _LIST_CHUNK):
                rows = self._fetch(uids[start : start + _LIST_CHUNK], ["RFC822.SIZE", "INTERNALDATE"])
                found += [listing(uid, row) for uid, row in rows.items()]
        return found

    def bodies(self, uids: list[int], part: str = "BODY.PEEK[]") -> dict[int, bytes]:
        """The mails' bytes, or a part of them, without setting \\Seen.  What cannot be had is left out."""
        with self._speaking():
            cells = [(uid, *cell) for uid, row in self._fetch(uids, [part]).items() for cell in row.items()]
            return {uid: body for uid, key, body in cells if key[:5] == b"BODY[" and isinstance(body, bytes)}

    def _fetch(self, uids: list[int], items: list[str]) -> dict[int, dict[bytes, Any]]:
        """FETCH; where the host refuses the lot, by halves, so that one bad mail hides no other."""
        try:
            return dict(self._client.fetch(uids, items))
        except IMAPClientAbortError:
            raise
        except (IMAPClientError, ValueError) as error:
            self._refusals += 1
            if self._refusals > _REFUSALS:
                raise
            if len(uids) == 1:
                log.warning("FETCH of UID %s refused by %s: %s", uids[0], self._at.host, plain(error))
                return {}
            half = len(uids) // 2
            return self._fetch(uids[:half], items) | self._fetch(uids[half:], items)

    def holds(self, message_id: str) -> bool:
        """Whether the open folder holds this Message-ID.  SEARCH of some fails or invents (QQ, Sina): each
        hit is read, and where there is none the newest mails are looked through."""
        with self._speaking():
            try:
                hits = list(self._client.search(["HEADER", "Message-ID", message_id.strip("<>")]))[-20:]
            except IMAPClientAbortError:
                raise
            except IMAPClientError:
                hits = []
            return self._named(hits, message_id) or self._named(self.uids()[-_SENT_NEWEST:], message_id)

    def _named(self, uids: list[int], message_id: str) -> bool:
        if not uids:
            return False
        rows = self._fetch(uids, ["BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"])
        wanted = message_id.strip("<>").encode("ascii", "replace")
        values = (value for row in rows.values() for value in row.values() if isinstance(value, bytes))
        return any(b"<" + wanted + b">" in value for value in values)

    # ---- after a mail is settled

    def flag(self, uids: list[int], flag: bytes) -> None:
        with self._speaking():
            self._client.add_flags(uids, [flag], silent=True)

    def move(self, uids: list[int], target: str) -> None:
        """MOVE, else COPY and \\Deleted; expunged by UID only, never mails of others (RFC 4315)."""
        with self._speaking():
            try:
                self._move(uids, target)
            except IMAPClientError as error:
                if "EXPUNGEISSUED" not in str(error):
                    raise
                self._client.noop()  # now we both know which of them a person has deleted (RFC 5530)
                self._move(uids, target)

    def _move(self, uids: list[int], target: str) -> None:
        if self._client.has_capability("MOVE"):
            self._client.move(uids, target)
        else:
            self._client.copy(uids, target)
            self._client.add_flags(uids, [b"\\Deleted"], silent=True)
            if self._client.has_capability("UIDPLUS"):
                self._client.uid_expunge(uids)

    # ---- waiting

    def can_idle(self) -> bool:
        with self._speaking():
            return bool(self._client.has_capability("IDLE"))

    def news(self) -> bool:
        """NOOP: whether the host now tells of more mails."""
        with self._speaking():
            return tells_of_mail(self._client.noop()[1])

    def idle(self, slices: Iterable[float]) -> bool:
        """IDLE for the slices of seconds given; True as soon as a mail is announced."""
        with self._speaking():
            self._client.idle()
            for seconds in slices:
                if tells_of_mail(self._client.idle_check(timeout=seconds)):
                    break
            else:
                return tells_of_mail(self._client.idle_done()[1])
            self._client.idle_done()
            return True

    # ---- closing

    def close(self) -> None:
        if self.dead:
            return
        try:
            self._client.socket().settimeout(5)
            self._client.logout()
        except _BROKEN as error:
            log.debug("LOGOUT: %s", plain(error))
        self.drop()

    def drop(self) -> None:
        """Shut the socket without a word."""
        self.dead = True
        try:
            self._client.shutdown()
        except _BROKEN as error:
            log.debug("closing: %s", plain(error))


class ImapMailbox(PolledMailbox):
    """A way in over IMAP, by its settings.

    `arrival_of` is asked for the arrival of a mail whose host gives no INTERNALDATE (promise P11); without it
    such a mail arrived when it was collected.  `stop`, once set, ends a wait.
    """

    def __init__(
        self,
        settings: ImapSettings,
        *,
        arrival_of: Callable[[bytes], datetime] | None = None,
        stop: threading.Event | None = None,
        clock: Clock | None = None,
    ) -> None:
        names = (settings.host, settings.folder, *settings.extra_folders, settings.after_folder)
        refuse_controls(username=settings.username, password=settings.password, folder="".join(names))
        stop, clock = stop or threading.Event(), clock or Clock()
        super().__init__(
            settings, connect=partial(Session, settings), arrival_of=arrival_of, stop=stop, clock=clock
        )
