"""Chosen items -> the blocks of one issue of the section's 信息刊物, as templates/gazette/ words it.

Pure.  The issue has a 版头 with its name, number, editor and date; each item its title, its text as sent in,
and the unit it came from.  No phone and no mail address has a place in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from mailbot.model import title_key
from mailbot.policy import Wording
from mailbot.render import masking
from mailbot.render.blocks import Block, Imprint, Paragraph, RedHead, Title
from mailbot.render.wording import templates_of

TEMPLATE = "gazette/gazette.j2"
_SHORT = 60
"""A line that names a contact and has fewer characters than this is about nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GazetteItem:
    """One item: `lines` are its text without title and 落款."""

    number: str
    title: str
    unit: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GazetteFigures:
    """All that an issue needs."""

    year: int
    number: int
    office: str
    date: date
    items: tuple[GazetteItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """An issue as worded: its blocks, the file's name, how an adoption cites it and under which code."""

    blocks: tuple[Block, ...]
    file_name: str
    cited: str
    publication: str


def issue(figures: GazetteFigures, wording: Wording) -> Issue:
    """The issue with its items in the given sequence.  ConfigError 'template_error'."""
    values = {
        "office": figures.office,
        "year": figures.year,
        "number": figures.number,
        "date": figures.date,
        "item": _NOTHING,
    }
    told = templates_of(wording).passages(TEMPLATE, values)
    head = RedHead(office=told.text("name"), number=told.text("issue"))
    body = tuple(block for item in figures.items for block in _item(item, values, wording))
    foot = Imprint(printer=figures.office, date=figures.date, copies=told.text("copies"))
    return Issue(
        blocks=(head, *body, foot),
        file_name=told.text("file"),
        cited=told.text("cited"),
        publication=told.text("publication"),
    )


def check(wording: Wording) -> None:
    """Word an issue of one item.  ConfigError 'template_error'."""
    item = GazetteItem(number="1", title="A", unit="B", lines=("C", "D"))
    issue(GazetteFigures(year=2019, number=1, office="E", date=date(2019, 3, 4), items=(item,)), wording)


_NOTHING = GazetteItem(number="", title="", unit="", lines=())


def _item(item: GazetteItem, values: dict[str, object], wording: Wording) -> Iterator[Block]:
    told = templates_of(wording).passages(TEMPLATE, {**values, "item": item})
    yield Title(lines=tuple(told.text("item_title").splitlines()))
    yield from (Paragraph(text=line) for line in told.text("item_text").splitlines())


def item_of(
    number: str, title: str, unit: str, text: str, *, heading: str = "", sign_off: str = ""
) -> GazetteItem:
    """An item as it is printed: without the title line and the 落款 of its 信息稿, and without contacts."""
    lines = [tidied for line in text.splitlines() if (tidied := " ".join(line.split()))]
    heads = {_key(title), _key(heading)}
    while len(lines) > 1 and _key(lines[0]) in heads:
        del lines[0]
    closing = {_key(line) for line in sign_off.splitlines()}
    while len(lines) > 1 and _key(lines[-1]) in closing:
        del lines[-1]
    kept = tuple(line for line in map(_without_contacts, lines) if line)
    return GazetteItem(number=number, title=masking.without_contacts(title), unit=unit, lines=kept)


def _key(line: str) -> str:
    return title_key(line) if line else "\0"


def _without_contacts(line: str) -> str:
    """'' for a line that is about a contact alone."""
    if masking.CONTACT.search(line) is None:
        return line
    return "" if len(line) < _SHORT else masking.without_contacts(line)
