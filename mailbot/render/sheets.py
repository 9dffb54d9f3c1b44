"""Tables for Excel: rows in, the bytes of an .xlsx or a .csv out.  The only writer of .xlsx.

Every cell has its type.  Text stays text whatever it begins with: what a unit wrote must never be run as a
formula by who opens the table (CWE-1236).  Pure: the same rows give the same bytes.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

import openpyxl
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.page import PageMargins

from mailbot.render._ooxml import clean
from mailbot.render._skeleton import pack

Cell: TypeAlias = str | int | Decimal | date | datetime | None
Row: TypeAlias = tuple[Cell, ...]

LONGEST = 32_767
"""Characters that a cell of Excel holds."""
_RISKY = re.compile(r"[=+\-@\uff1d\uff0b\uff0d\uff20\u2212\t\r]")
_INVISIBLE = re.compile(r"[\u00ad\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_SHEET_NAME = re.compile(r"[\[\]:*?/\\]")
_WIDTHS = (6, 42)
"""Least and most; what is longer is set in several lines, so that a row can be read on paper."""
_WIDEST_HEAD = 20
_LINE_HEIGHT = 15
_MARGIN = 0.4
"""Of a printed page, in inches."""
_SAMPLE = 500
"""Rows that the width of a column is taken from."""
_DAY, _MOMENT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm"
_MODIFIED = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table: a head for each column, and rows as long as the heads.  Times are aware, shown as given."""

    name: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    fixed: int = 0
    """Columns that stay in sight when the table is moved sideways."""


def to_xlsx(sheets: Sequence[Sheet], *, title: str, author: str, created: datetime) -> bytes:
    """An .xlsx with a filter over each table, its head in sight and repeated on each printed page."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for sheet in sheets:
        _fill(book.create_sheet(_SHEET_NAME.sub(" ", clean(sheet.name))[:31]), sheet)
    book.properties.title, book.properties.creator = clean(title), clean(author)
    buffer = io.BytesIO()
    book.save(buffer)
    return _timeless(buffer.getvalue(), created)


def to_csv(sheet: Sheet) -> bytes:
    """UTF-8 with a BOM, without which Excel takes Chinese for another encoding; lines end as on Windows."""
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow([_csv_cell(head) for head in sheet.heads])
    writer.writerows([_csv_cell(cell) for cell in row] for row in sheet.rows)
    return b"\xef\xbb\xbf" + lines.getvalue().encode()


def tidy(text: str) -> str:
    """One line without controls, invisible characters or space at its ends, as long as a cell takes."""
    return " ".join(_INVISIBLE.sub("", clean(text)).split())[:LONGEST]


def risky(text: str) -> bool:
    """Whether a spreadsheet might run it: it begins like a formula, in characters of any width."""
    return _RISKY.match(text) is not None


def _csv_cell(cell: Cell) -> str:
    """A quotation mark before what might be run: there are no types in this format."""
    match cell:
        case None:
            return ""
        case str():
            text = tidy(cell)
            return f"'{text}" if risky(text) else text
        case datetime():
            return f"{cell:%Y-%m-%d %H:%M}"
        case Decimal():
            return plain(cell)
    return str(cell)


def plain(number: Decimal) -> str:
    """Without noughts behind the point and without an exponent."""
    return f"{number.normalize():f}" if number else "0"


# ---- .xlsx -------------------------------------------------------------------------------------------------


def _fill(page: Any, sheet: Sheet) -> None:
    thin = Side(style="thin", color="BFBFBF")
    border = Border(left=thin, right=thin, top=thin, bottom=thin)
    _set_heads(page, sheet, border)
    looks: dict[_Look, Any] = {}
    for place, row in enumerate(sheet.rows, 2):
        for column, value in enumerate(row, 1):
            _put(page.cell(row=place, column=column), value, border, looks)
        # Not every program makes a row as high as its text when it opens the file.
        if (lines := max((_lines(value, _WIDTHS[1]) for value in row), default=1)) > 1:
            page.row_dimensions[place].height = lines * _LINE_HEIGHT
    last = get_column_letter(max(len(sheet.heads), 1))
    page.freeze_panes = f"{get_column_letter(sheet.fixed + 1)}2"
    page.auto_filter.ref = f"A1:{last}{len(sheet.rows) + 1}"
    for column, wide in enumerate(_widths(sheet), 1):
        page.column_dimensions[get_column_letter(column)].width = wide
    page.print_title_rows = "1:1"
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", page.PAPERSIZE_A4
    page.page_setup.fitToHeight = 0
    page.page_margins = PageMargins(left=_MARGIN, right=_MARGIN, top=_MARGIN, bottom=2 * _MARGIN)
    page.oddFooter.center.text = "&P / &N"
    page.sheet_properties.pageSetUpPr = openpyxl.worksheet.properties.PageSetupProperties(fitToPage=True)


def _set_heads(page: Any, sheet: Sheet, border: Border) -> None:
    for column, head in enumerate(sheet.heads, 1):
        cell = page.cell(row=1, column=column)
        _put(cell, head, border, {})
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="E7EDF3")
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    if (lines := max((_lines(head, _WIDEST_HEAD) for head in sheet.heads), default=1)) > 1:
        page.row_dimensions[1].height = lines * _LINE_HEIGHT


def _lines(value: Cell, width: int) -> int:
    """How many lines a text takes in a column so wide, in half-width characters."""
    return -(-(_wide(tidy(value)) + 2) // width) if isinstance(value, str) else 1


class _Look(NamedTuple):
    """What cells have in common; a table of thousands has a handful."""

    number_format: str = "General"
    horizontal: str | None = None
    wrap: bool | None = None
    quoted: bool = False


def _put(cell: Any, value: Cell, border: Border, looks: dict[_Look, Any]) -> None:
    """A value under its own type; text under text, quoted where Excel would take it for more when edited.

    Naming a style costs a hundred times what a value does: each look is named once, in `looks`.
    """
    value = tidy(value) if isinstance(value, str) else value
    look = _look(value)
    if look not in looks:
        _dress(cell, look, border)
        looks[look] = cell._style
    cell._style = copy(looks[look])
    match value:
        case None | "":
            return
        case datetime() as moment:
            cell.value = moment.replace(tzinfo=None)
        case _:
            cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"


def _look(value: Cell) -> _Look:
    match value:
        case None | "":
            return _Look()
        case str(text):
            return _Look("@", wrap=_lines(text, _WIDTHS[1]) > 1, quoted=risky(text))
        case datetime():
            return _Look(_MOMENT)
        case date():
            return _Look(_DAY)
    return _Look(horizontal="right")


def _dress(cell: Any, look: _Look, border: Border) -> None:
    cell.border = border
    if look != _Look():
        cell.number_format, cell.quotePrefix = look.number_format, look.quoted
        cell.alignment = Alignment(horizontal=look.horizontal, vertical="center", wrap_text=look.wrap)


def _widths(sheet: Sheet) -> Iterator[float]:
    """As wide as what stands in a column, within bounds."""
    least, most = _WIDTHS
    for column, head in enumerate(sheet.heads):
        found = [
            min(_wide(head) + 3, _WIDEST_HEAD),
            *(_wide(_csv_cell(row[column])) + 2 for row in sheet.rows[:_SAMPLE]),
        ]
        yield float(min(max(least, *found), most))


def _wide(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in text)


def _timeless(package: bytes, created: datetime) -> bytes:
    """The package made at `created`, whenever it was written."""
    stamp = created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        parts = [(entry.filename, archive.read(entry)) for entry in archive.infolist()]
    return pack(
        (name, _MODIFIED.sub(rb"\g<1>" + stamp, content) if name == "docProps/core.xml" else content)
        for name, content in parts
    )
