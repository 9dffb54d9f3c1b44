"""The parts of an official document as values: what official.py can set, and nothing of how it is set.

A document is a tuple of blocks in reading order.  Lengths are millimetres, sizes points.  Text may come from
mails: official.py cleans what XML cannot hold.  The elements are those of GB/T 9704-2012 section 7.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class RedHead:
    """版头 (7.2): 发文机关标志 and 发文字号.  Added when a document is formally issued; a draft has none."""

    office: str
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """标题 (7.3.1).  A line that does not fit is broken between words."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressees:
    """主送机关 (7.3.2), written with its closing full-width colon."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph of 正文 (7.3.3)."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """结构层次 (7.3.3), 1 to 4, its number written in.  `run_on` follows in the same paragraph."""

    level: int
    text: str
    run_on: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentList:
    """附件说明 (7.3.4): names without closing punctuation; a single one is not numbered."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff:
    """发文机关署名 and 成文日期 (7.3.5): for a seal (7.3.5.1), or without one (7.3.5.2)."""

    office: str
    date: date
    sealed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """附注 (7.3.6), without its brackets."""

    text: str


class Align(StrEnum):
    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadCell:
    """A cell of a table's head that covers `columns` columns and `rows` head rows."""

    text: str
    columns: int = 1
    rows: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """A row over the whole width that names the rows after it; never left alone at the foot of a page."""

    text: str


Row: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table whose head is repeated on each page and whose rows are never cut.

    `widths` has one entry in mm per column: together at most 156, or 225 where `landscape`.  A head row names
    only the cells that start in it.  `size` is 12 (小四) or 10.5 (五号).
    """

    head: tuple[tuple[HeadCell, ...], ...]
    rows: tuple[Row | GroupRow, ...]
    widths: tuple[float, ...]
    aligns: tuple[Align, ...] = ()
    landscape: bool = False
    size: float = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A bar chart that can be edited in Word: one bar per name, from top to bottom as given.

    `upright`: columns from left to right, for what runs in time.
    """

    title: str
    names: tuple[str, ...]
    values: tuple[Decimal, ...]
    series: str
    upright: bool = False


AttachmentBlock: TypeAlias = Paragraph | Heading | Table | Chart | Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """附件 (7.3.7): starts a page; `start` is its number (0: the only one); title on the third line."""

    start: int
    title: str
    blocks: tuple[AttachmentBlock, ...]

    @property
    def landscape(self) -> bool:
        return any(isinstance(block, Table) and block.landscape for block in self.blocks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imprint:
    """版记 (7.4): 抄送机关 (may be empty), 印发机关, 印发日期.  Added when a document is formally issued."""

    printer: str
    date: date
    copies: str = ""


Block: TypeAlias = (
    RedHead
    | Title
    | Addressees
    | Paragraph
    | Heading
    | AttachmentList
    | SignOff
    | Note
    | Table
    | Chart
    | Attachment
    | Imprint
)
