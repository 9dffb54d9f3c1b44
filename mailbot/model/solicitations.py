"""约稿: what was asked, of whom, until when, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Superior(StrEnum):
    """Who asks for it: 国务院, 省, 市 (notice 二(三), 二(四))."""

    STATE = "state"
    PROVINCE = "province"
    CITY = "city"


class SolicitationState(StrEnum):
    """Where a 约稿 stands.  Replies are taken whatever it is, until it is cancelled."""

    OPEN = "open"
    CLOSED = "closed"
    """Its deadline is over; what comes now is late."""
    CANCELLED = "cancelled"
    """Taken back by a person: it counts for nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One asking of a 约稿.  The same code may be asked again, with a later deadline or of other units."""

    round: int
    """1 for the first."""
    source: Superior
    text: str
    units: tuple[str, ...]
    deadline: datetime
    ladder: tuple[int, ...]
    """Hours before the deadline at which reminders go, longest first."""
    asked_at: datetime
    by: str
    file_name: str = ""
    """Of the file that goes with it; '' where none does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solicitation:
    """约稿: a text asked of units, under a code of the year (2019-003)."""

    code: str
    title: str
    topic: str
    """Code of the first 约稿 on this topic: asked by several superiors, missed once (annex 1, 三(二))."""
    state: SolicitationState
    asks: tuple[Ask, ...]
    """In their order; at least one."""

    @property
    def units(self) -> tuple[str, ...]:
        """All that were asked, each once."""
        return tuple(dict.fromkeys(unit for ask in self.asks for unit in ask.units))

    def last_ask(self, unit: str) -> Ask | None:
        """The one that binds the unit; None where it was never asked."""
        return next((ask for ask in reversed(self.asks) if unit in ask.units), None)


class MatchedBy(StrEnum):
    """What tied a 来稿 to its 约稿, in the order it is tried."""

    CODE = "code"
    THREAD = "thread"
    TITLE = "title"
    PERSON = "person"


class ReplyDoubt(StrEnum):
    """Why a person must say which 约稿 a 来稿 answers, if any."""

    UNKNOWN_CODE = "unknown_code"
    NOT_ASKED = "not_asked"
    SEVERAL = "several"
    LIKE_TITLE = "like_title"
    CLOSED = "closed"
    NO_CODE = "no_code"
    ON_RECORD = "on_record"
    """The document was registered before, as something else."""
    OTHER_CODE = "other_code"
    """Its new version names another 约稿 than the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SolicitationReply:
    """供稿: the 约稿 that an item answers.  Where there is a doubt, a person must decide; until then `code`,
    if any, is what it was tied to before."""

    number: str
    code: str | None
    by: MatchedBy | None = None
    doubt: ReplyDoubt | None = None
    candidates: tuple[str, ...] = ()
    """Codes it may answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """催报: one step of the ladder towards one unit, on record whether or not it could be sent."""

    code: str
    round: int
    unit: str
    step: int
    """Hours before the deadline."""
    at: datetime
    recipients: tuple[str, ...]
    """Empty where the unit had no correspondent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invalidation:
    """无效约稿 in two steps (annex 1, 三(一), last paragraph): the telephone call, then the paper."""

    code: str
    unit: str
    phoned_at: datetime
    caller: str
    noted_by: str
    paper_on: date | None = None
    signer: str = ""
    """主要负责同志."""
    sealed: bool = False
    paper_by: str = ""
    """Who of the section saw the paper."""

    @property
    def complete(self) -> bool:
        return self.paper_on is not None and bool(self.signer) and self.sealed
