"""A register of 信息员 brought as a file (.json, .csv, .xlsx) -> Register, or refused whole.

docs/commands.md describes the three forms.  Reads files handed over by a door; the only reader of .xlsx.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from mailbot.errors import ConfigError
from mailbot.model import Correspondent
from mailbot.workflow.office import written

MAX_BYTES = 10 * 1024 * 1024
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)+")
_PHONE = re.compile(r"(?=(?:\D*\d){3})[^@\x00-\x1f]{3,80}")
_MAX_NAME = 40
_SENDER_KEYS = ("address", "unit", "name", "phone", "valid_from", "valid_until")


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """Known correspondents, and the mailbox's own addresses and name where the file states them."""

    own_addresses: tuple[str, ...] = ()
    own_name: str = ""
    correspondents: tuple[Correspondent, ...] = ()
    rows: tuple[int, ...] = ()
    """Where each of them stands in the file."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the file: where it stands, and its values by the names of _SENDER_KEYS."""

    number: int
    values: Mapping[str, str]


def read(
    content: bytes, name: str, *, units: Callable[[str], str | None], columns: Mapping[str, str]
) -> Register:
    """The file `name` as a Register.

    `units` gives a roster unit's canonical name for a written one, or None.  `columns` maps the heads of .csv
    and .xlsx columns to address, unit, name, phone, and the first and last day they stand for the unit.
    ConfigError 'register_*' naming file, row and column; the row is the line of a table with its head as 1,
    or the place in a JSON list counted from 1.
    """
    if len(content) > MAX_BYTES:
        raise ConfigError("register_too_large", file=name)
    suffix = name.lower().rpartition(".")[2]
    if suffix == "json":
        own, own_name, rows, heads = _from_json(content, name)
    elif suffix in ("csv", "xlsx"):
        table = _lines(content, name, csv_rows if suffix == "csv" else sheet_rows)
        own, own_name, (rows, heads) = (), "", _from_table(table, name, columns)
    else:
        raise ConfigError("register_format", file=name)
    taken = _Checks(name, units, heads).all(rows)
    return Register(
        own_addresses=own, own_name=own_name, correspondents=tuple(taken), rows=tuple(taken.values())
    )


def checked(
    address: str, unit: str, name: str, phone: str, *, units: Callable[[str], str | None]
) -> Correspondent:
    """One entry typed by a person, held to the same rules; `unit` may be written in any way the roster knows.

    ConfigError 'correspondent_bad_address', '_bad_unit', '_bad_name', '_bad_phone'.
    """
    address, name, phone = address.strip().lower(), name.strip(), phone.strip()
    canonical = units(unit.strip())
    if not _ADDRESS.fullmatch(address):
        raise ConfigError("correspondent_bad_address", address=address)
    if canonical is None:
        raise ConfigError("correspondent_bad_unit", unit=unit)
    if len(name) > _MAX_NAME or not name.isprintable():
        raise ConfigError("correspondent_bad_name")
    if phone and not _PHONE.fullmatch(phone):
        raise ConfigError("correspondent_bad_phone")
    return Correspondent(address=address, unit=canonical, name=name, phone=phone)


class _Checks:
    """Each row against the rules, and against the rows above it."""

    def __init__(self, file: str, units: Callable[[str], str | None], heads: Mapping[str, str]) -> None:
        self._file = file
        self._units = units
        self._heads = heads
        self._unit_of: dict[str, tuple[str, int]] = {}

    def all(self, rows: Iterable[_Row]) -> dict[Correspondent, int]:
        """Each correspondent once, with the row that names them first."""
        taken: dict[Correspondent, int] = {}
        for row in rows:
            taken.setdefault(self._one(row), row.number)
        return taken

    def _one(self, row: _Row) -> Correspondent:
        values = {key: row.values.get(key, "").strip() for key in _SENDER_KEYS}
        address, unit = values["address"].lower(), values["unit"]
        if not _ADDRESS.fullmatch(address):
            raise self._wrong("register_bad_address", row, "address")
        canonical = self._units(unit) if unit else None
        if canonical != unit or not unit:
            raise self._wrong("register_unknown_unit", row, "unit", hint=canonical or "")
        if self._unit_of.setdefault(address, (unit, row.number))[0] != unit:
            raise self._wrong("register_two_units", row, "unit", other=self._unit_of[address][1])
        if len(values["name"]) > _MAX_NAME or not values["name"].isprintable():
            raise self._wrong("register_bad_name", row, "name")
        if values["phone"] and not _PHONE.fullmatch(values["phone"]):
            raise self._wrong("register_bad_phone", row, "phone")
        first, last = (self._day(row, key, values[key]) for key in ("valid_from", "valid_until"))
        if first is not None and last is not None and last < first:
            raise self._wrong("register_bad_day", row, "valid_until")
        return Correspondent(
            address=address,
            unit=unit,
            name=values["name"],
            phone=values["phone"],
            valid_from=first,
            valid_until=last,
        )

    def _day(self, row: _Row, key: str, text: str) -> date | None:
        try:
            return written.day(text) if text else None
        except ConfigError:
            raise self._wrong("register_bad_day", row, key) from None

    def _wrong(self, code: str, row: _Row, key: str, **details: object) -> ConfigError:
        return ConfigError(code, file=self._file, row=row.number, column=self._heads[key], **details)


# ---- JSON --------------------------------------------------------------------------------------------------


def _from_json(content: bytes, file: str) -> tuple[tuple[str, ...], str, list[_Row], Mapping[str, str]]:
    try:
        whole = json.loads(content.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise ConfigError("register_json_syntax", file=file, line=error.lineno) from None
    except (UnicodeDecodeError, RecursionError):
        raise ConfigError("register_json_syntax", file=file) from None
    if not isinstance(whole, dict) or not isinstance(whole.get("senders", []), list):
        raise ConfigError("register_json_shape", file=file, key="senders")
    for key in whole:
        if key not in ("own_address", "own_name", "senders"):
            raise ConfigError("register_unknown_key", file=file, key=key)
    own = whole.get("own_address") or []
    own = [own] if isinstance(own, str) else own
    if not isinstance(own, list) or not all(
        isinstance(a, str) and _ADDRESS.fullmatch(a.strip()) for a in own
    ):
        raise ConfigError("register_json_shape", file=file, key="own_address")
    own_name = whole.get("own_name") or ""
    if not isinstance(own_name, str):
        raise ConfigError("register_json_shape", file=file, key="own_name")
    rows = [_json_row(number, item, file) for number, item in enumerate(whole.get("senders", []), 1)]
    return (
        tuple(a.strip().lower() for a in own),
        own_name,
        rows,
        dict(zip(_SENDER_KEYS, _SENDER_KEYS, strict=True)),
    )


def _json_row(number: int, item: Any, file: str) -> _Row:
    if not isinstance(item, dict):
        raise ConfigError("register_bad_row", file=file, row=number, column="")
    for key, value in item.items():
        if key not in _SENDER_KEYS or not isinstance(value, str | None):
            raise ConfigError("register_bad_row", file=file, row=number, column=key)
    return _Row(number, {key: value or "" for key, value in item.items()})


# ---- tables ------------------------------------------------------------------------------------------------


def _from_table(
    lines: Iterable[Sequence[str]], file: str, columns: Mapping[str, str]
) -> tuple[list[_Row], Mapping[str, str]]:
    """Rows under a head line.  Further columns are left alone: people keep remarks there."""
    numbered = [(number, line) for number, line in enumerate(lines, 1) if any(cell.strip() for cell in line)]
    if not numbered:
        raise ConfigError("register_empty", file=file)
    head_number, head = numbered[0]
    places: dict[str, int] = {}
    for place, cell in enumerate(head):
        key = columns.get(re.sub(r"\s", "", cell))
        if key in places:
            raise ConfigError("register_bad_row", file=file, row=head_number, column=cell)
        if key:
            places[key] = place
    heads = {key: head for head, key in columns.items()}
    for key in ("address", "unit"):
        if key not in places:
            raise ConfigError("register_no_column", file=file, row=head_number, column=heads[key])
    return [
        _Row(n, {k: line[p] for k, p in places.items() if p < len(line)}) for n, line in numbered[1:]
    ], heads


def csv_rows(content: bytes) -> list[list[str]]:
    """Excel on a Chinese Windows writes GBK, everything else UTF-8.  ValueError where it is no table."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", errors="replace")
    try:
        return list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise ValueError(str(error)) from None


def sheet_rows(content: bytes) -> list[list[str]]:
    """The first sheet of an .xlsx as text, line by line; ValueError where it is none.

    Days are written 2019-03-05, whole numbers without a point, empty cells as ''.
    """
    # A sixth of a second, for one kind of file.
    import openpyxl  # noqa: PLC0415
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        return [[_cell(value) for value in line] for line in sheet.iter_rows(values_only=True)]
    except (InvalidFileException, zipfile.BadZipFile, KeyError, IndexError, OSError) as error:
        raise ValueError("no .xlsx") from error


def _lines(content: bytes, file: str, read: Callable[[bytes], list[list[str]]]) -> list[list[str]]:
    try:
        return read(content)
    except ValueError:
        raise ConfigError("register_format", file=file) from None


def _cell(value: object) -> str:
    """A phone typed into a cell is a number there, a day a moment at midnight."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    return "" if value is None else str(value)
