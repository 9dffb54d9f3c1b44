"""Facts of the past brought in as a table (.xlsx, .csv): every row a fact, all of them or none.

docs/commands.md describes the columns.  Each row goes through the verb that a person would have used, so that
it is held to the same rules; whatever is wrong with any row is told, row by row.  Nobody is written to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mailbot.errors import ConfigError, MailbotError
from mailbot.store import Entry
from mailbot.workflow.desk import Desk
from mailbot.workflow.marks import fact_rows, naming
from mailbot.workflow.marks.credit import Who
from mailbot.workflow.marks.fact_rows import FactFields
from mailbot.workflow.office import register

MOST_ROWS = 5000
"""All of a table is one transaction, and nobody else writes meanwhile: neither the worker nor a colleague."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFault:
    """What is wrong with one row; the head of the table is row 1."""

    row: int
    error: MailbotError


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtIn:
    """What was entered, or would be; nothing where there are faults."""

    entries: tuple[Entry, ...]
    faults: tuple[RowFault, ...]


class _UndoneError(Exception):
    """Leaves the transaction without a trace."""


def bring_in(
    desk: Desk,
    content: bytes,
    name: str,
    *,
    columns: Mapping[str, str],
    kinds: Mapping[str, str],
    by: str,
    dry_run: bool = False,
) -> BroughtIn:
    """Enter every row of the table `name`, or only see what would become of them.

    `columns` maps the heads of columns to their keys, `kinds` the words of the column 'kind' to the codes of
    fact_rows.KINDS.
    ConfigError 'sheet_format', 'sheet_empty', 'sheet_too_long', 'sheet_no_column', 'sheet_column_twice',
    'register_too_large'.
    """
    rows = _rows(content, name, columns)
    entries: list[Entry] = []
    faults: list[RowFault] = []
    try:
        with desk.store.transaction():
            for number, values in rows:
                try:
                    entries += _enter(desk, FactFields(values, columns), kinds, by)
                except MailbotError as error:
                    faults.append(RowFault(row=number, error=error))
            if faults or dry_run:
                raise _UndoneError
            desk.log("facts_imported", f"facts:{name}", {"count": str(len(entries))}, who=by)
    except _UndoneError:
        pass
    return BroughtIn(entries=() if faults else tuple(entries), faults=tuple(faults))


def _enter(desk: Desk, row: FactFields, kinds: Mapping[str, str], by: str) -> Sequence[Entry]:
    kind = kinds.get(row.need("kind"), "")
    if kind not in fact_rows.KINDS:
        raise ConfigError("sheet_unknown_kind", **naming.words(row.get("kind"), kinds))
    return fact_rows.enter(desk, kind, row, Who(by=by, note=row.get("note"), tell=False))


# ---- the table ---------------------------------------------------------------------------------------------


def _rows(content: bytes, name: str, columns: Mapping[str, str]) -> list[tuple[int, Mapping[str, str]]]:
    lines = [(n, line) for n, line in enumerate(_lines(content, name), 1) if any(c.strip() for c in line)]
    if len(lines) < 2:
        raise ConfigError("sheet_empty", file=name)
    places = _places(lines[0][1], name, columns)
    if len(lines) > MOST_ROWS + 1:
        raise ConfigError("sheet_too_long", file=name, rows=len(lines) - 1, limit=MOST_ROWS)
    return [(n, {key: line[at] for key, at in places.items() if at < len(line)}) for n, line in lines[1:]]


def _lines(content: bytes, name: str) -> Iterable[Sequence[str]]:
    if len(content) > register.MAX_BYTES:
        raise ConfigError("register_too_large", file=name)
    suffix = name.lower().rpartition(".")[2]
    try:
        if suffix == "csv":
            return register.csv_rows(content)
        if suffix == "xlsx":
            return register.sheet_rows(content)
    except ValueError:
        pass
    raise ConfigError("sheet_format", file=name)


def _places(head: Sequence[str], name: str, columns: Mapping[str, str]) -> Mapping[str, int]:
    """Where each known column stands.  Further columns are left alone: people keep remarks there."""
    places: dict[str, int] = {}
    for at, cell in enumerate(head):
        key = columns.get("".join(cell.split()))
        if key in places:
            raise ConfigError("sheet_column_twice", file=name, column=cell.strip())
        if key is not None:
            places[key] = at
    if "kind" not in places:
        wanted = next(head for head, key in columns.items() if key == "kind")
        raise ConfigError("sheet_no_column", file=name, column=wanted, choices=" ".join(columns))
    return places
