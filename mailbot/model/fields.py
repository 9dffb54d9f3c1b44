"""What a mail states: title, unit, submitters and contacts, each with its source."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Generic, TypeVar


class Source(StrEnum):
    """Where a field was found, in the order it is sought (docs/intake.md)."""

    SUBJECT = "subject"
    BODY = "body"
    DOCUMENT = "document"
    REGISTER = "register"
    PERSON = "person"
    """Corrected by a named person of the section."""


T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Found(Generic[T_co]):
    """A value with the place it was found in."""

    value: T_co
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectReading:
    """What one subject line states (docs/subjects.md).  Nothing is guessed: what is absent is None or ()."""

    title: str | None = None
    unit: str | None = None
    unit_as_written: str | None = None
    """A unit in unit position that is not on the roster, as written; or how the roster unit was written."""
    co_units: tuple[str, ...] = ()
    submitters: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    bad_contacts: tuple[str, ...] = ()
    """Figures in the contact's place that are no valid number (a mobile with ten digits)."""
    reviewer: str | None = None
    signer: str | None = None
    tags: tuple[str, ...] = ()
    """Dropped tags as written (约稿2019-003, 修改稿, 紧急): for matching, never for display."""
    solicitation: str | None = None
    """The code of a 约稿 named in the subject."""
    confidence: float = 1.0
    """0 to 1: how far the reading chosen is ahead of the next best one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The four fields of the notice 三(四), each with its source, and what else was stated."""

    title: Found[str] | None = None
    unit: Found[str] | None = None
    unit_as_written: str | None = None
    co_units: tuple[str, ...] = ()
    submitters: Found[tuple[str, ...]] | None = None
    contacts: Found[tuple[str, ...]] | None = None
    bad_contacts: tuple[str, ...] = ()
    reviewer: str | None = None
    signer: str | None = None
    topic: str | None = None
    event_date: date | None = None
    tags: tuple[str, ...] = ()
    solicitation: str | None = None
    confidence: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Correspondent:
    """信息员: an address known to belong to a unit.  Only confirmed ones supply fields."""

    address: str
    unit: str
    name: str = ""
    phone: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    confirmed: bool = True


def title_key(title: str) -> str:
    """What makes two titles the same title: NFKC, without white space and zero-width characters."""
    return re.sub(r"[\s\u200b-\u200d\ufeff]", "", unicodedata.normalize("NFKC", title)).casefold()
