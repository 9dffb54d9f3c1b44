"""Blocks -> .docx in the format of official documents, GB/T 9704-2012.  The only user of python-docx.

A4, 天头 37 and 订口 28 mm, 22 lines of 28 characters, fonts by their official names, page numbers outside.
Pure: the same blocks give the same bytes.  Units inside are twips (1/20 pt).
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import zip_longest
from typing import cast

import docx
from docx.document import Document
from docx.enum.section import WD_ORIENTATION
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.section import Section

from mailbot.render import _furniture, charts
from mailbot.render._ooxml import Writer, characters, clean, indent, paragraph, section_xml, width_of
from mailbot.render._skeleton import repack, skeleton
from mailbot.render._styles import LINE, NAMESPACE, TITLE_LINE
from mailbot.render._titles import break_title
from mailbot.render.blocks import (
    Addressees,
    Attachment,
    AttachmentList,
    Block,
    Chart,
    Heading,
    Imprint,
    Note,
    Paragraph,
    RedHead,
    SignOff,
    Table,
    Title,
)
from mailbot.render.typography import Typography

TITLE_WIDTH = 20
"""2号 characters in the 156 mm of the 版心."""
LANDSCAPE_TITLE_WIDTH = 28
_KEEP = "<w:keepNext/>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Properties:
    """What a file manager shows of the document.  No clock: the caller says when it was made (aware)."""

    title: str
    author: str
    created: datetime
    subject: str = ""
    keywords: str = ""


def to_docx(blocks: Sequence[Block], *, properties: Properties, typography: Typography) -> bytes:
    """The document's bytes.  Any text is taken; ConfigError where `typography` lacks a font."""
    document = docx.Document(io.BytesIO(skeleton(typography)))
    setter = _Setter(document, Writer(typography))
    for block, following in zip_longest(blocks, blocks[1:]):
        setter.set(block, keep=isinstance(following, AttachmentList | SignOff))
    setter.close()
    _number_pages(document, typography)
    _describe(document, properties)
    buffer = io.BytesIO()
    document.save(buffer)
    return repack(buffer.getvalue())


@dataclass(slots=True)
class _Setter:
    """Sets one document: the body's XML so far, and what of it decides what comes next."""

    document: Document
    write: Writer
    parts: list[str] = field(default_factory=list)
    landscape: bool = False
    charts: int = 0

    def set(self, block: Block, *, keep: bool = False) -> None:
        """`keep`: on the page of what follows, for 署名 and 成文日期 never stand without text (7.3.5)."""
        self.parts += self._set(block, _KEEP if keep else "")

    def _set(self, block: Block, keep: str = "") -> Iterator[str]:
        match block:
            case RedHead():
                yield from _furniture.red_head(self.write, block)
            case Title():
                yield from self._title(block)
            case AttachmentList():
                yield self._blank(_KEEP)
                yield from _attachment_names(self.write, block)
            case SignOff():
                yield from self._sign_off(block)
            case Attachment():
                yield from self._attachment(block)
            case Imprint():
                yield from _furniture.imprint(self.write, block)
            case Chart():
                yield from self._chart(block)
            case _:
                yield from _text_block(self.write, block, keep)

    def _title(self, title: Title) -> Iterator[str]:
        """标题: under a 版头 two lines are left free; below it one.  It stays on the page of its text."""
        space = ""
        if self.parts:
            # No empty paragraphs: where the title begins a page, space before it is left out.
            space = f'<w:spacing w:before="{2 * LINE}" w:line="{TITLE_LINE}" w:lineRule="exact"/>'
        phrasing = self.write.typography.phrasing
        lines = [
            part for line in title.lines for part in break_title(line, width=TITLE_WIDTH, phrasing=phrasing)
        ]
        yield self.write.lines("Title", lines, _KEEP + space)
        yield self._blank(_KEEP)

    def _sign_off(self, block: SignOff) -> Iterator[str]:
        """A seal of 42 mm is four lines high and begins at most one below the text: two are left free."""
        yield self._blank(_KEEP) * (2 if block.sealed else 1)
        day = self.write.typography.day(block.date)
        office_right, day_right = _sign_off_indents(clean(block.office), day, sealed=block.sealed)
        yield self.write.paragraph("SignOff", block.office, _KEEP + indent(right=characters(office_right)))
        yield self.write.paragraph("SignOff", day, indent(right=characters(day_right)))

    def _attachment(self, block: Attachment) -> Iterator[str]:
        """附件 (7.3.7): number on the first line, title on the third."""
        turns = block.landscape != self.landscape
        if turns:
            self._break_section()
            self.landscape = block.landscape
        number = str(block.start) if block.start else ""
        mark = self.write.typography.attachment + number
        yield self.write.paragraph("AttachmentMark", mark, "" if turns else "<w:pageBreakBefore/>")
        yield self._blank(_KEEP)
        width = LANDSCAPE_TITLE_WIDTH if self.landscape else TITLE_WIDTH
        lines = break_title(block.title, width=width, phrasing=self.write.typography.phrasing)
        yield self.write.lines("AttachmentTitle", lines)
        yield paragraph("Gap", "", '<w:keepNext/><w:spacing w:after="160"/>')
        for inner in block.blocks:
            yield from self._set(inner)

    def _chart(self, chart: Chart) -> Iterator[str]:
        """The chart's part, its workbook's part, and the two paragraphs that show it."""
        self.charts += 1
        package = self.document.part.package
        name = f"/word/embeddings/chart{self.charts}.xlsx"
        book = Part(PackURI(name), charts.WORKBOOK_TYPE, charts.workbook(chart), package)
        uri = PackURI(f"/word/charts/chart{self.charts}.xml")
        part = Part(uri, charts.CONTENT_TYPE, b"", package)
        relation = part.relate_to(book, charts.WORKBOOK_RELATION)
        xml = charts.chart_xml(chart, self.write.typography, workbook=relation)
        part._blob = (
            xml.encode()
        )  # a part is told its content when it is made, which is before its relations are
        shown = self.document.part.relate_to(part, charts.RELATION)
        yield self.write.paragraph("ChartTitle", chart.title)
        yield paragraph("Picture", charts.drawing_xml(chart, relation=shown, number=self.charts))

    def _blank(self, properties: str = "") -> str:
        return paragraph("Normal", "", properties)

    def _break_section(self) -> None:
        """The last paragraph of a section carries its properties; the one after a table is free for that."""
        if self.parts and self.parts[-1] == paragraph("Gap"):
            self.parts.pop()
        self.parts.append(paragraph("Gap", "", section_xml(landscape=self.landscape)))

    def close(self) -> None:
        """The body's XML becomes the document's."""
        xml = "".join((*self.parts, section_xml(landscape=self.landscape)))
        self.document.element.body.extend(_elements(xml))


def _text_block(write: Writer, block: Block, keep: str) -> Iterator[str]:
    match block:
        case Addressees(text=text):
            yield write.paragraph("Addressees", text)
        case Paragraph(text=text):
            yield write.paragraph("Body", text, keep)
        case Heading():
            yield _heading(write, block, keep)
        case Note(text=text):
            yield write.paragraph("Body", f"（{text}）")
        case Table():
            yield write.table(block)
            yield paragraph("Gap")


def _heading(write: Writer, block: Heading, keep: str) -> str:
    if not block.run_on:
        return write.paragraph(f"Heading{block.level}", block.text)
    lead = f"RunOn{block.level}" if block.level <= 2 else ""
    return paragraph(
        "Body", write.runs(block.text, "Body", lead=lead) + write.runs(block.run_on, "Body"), keep
    )


def _attachment_names(write: Writer, block: AttachmentList) -> Iterator[str]:
    """附件说明: lines that a long name runs over to begin under the name's first character."""
    label = write.typography.attachment + "："
    numbered = len(block.names) > 1
    for number, name in enumerate(block.names, 1):
        # Before a figure a space, or “1.2019年” would read as one number.
        apart = " " if name[:1].isascii() else ""
        mark = f"{number}.{apart}" if numbered else ""
        # A full stop and a space of Times New Roman are a quarter wide.
        own = width_of(mark) - (0.25 * (1 + len(apart)) if mark else 0)
        hanging = own + (width_of(label) if number == 1 else 0)
        left = 2 + width_of(label) + own
        spot = indent(left=characters(left), hanging=characters(hanging))
        yield write.paragraph("Attachments", (label if number == 1 else "") + mark + name, _KEEP + spot)


def _sign_off_indents(office: str, day: str, *, sealed: bool) -> tuple[float, float]:
    """Characters left free to the right of 署名 and 成文日期."""
    wide, day_wide = width_of(office), width_of(day)
    if sealed:
        # 7.3.5.1: 日期右空四字, 署名 centred over it; an office too long for that pushes both to the left.
        office_right = 4 + (day_wide - wide) / 2
        shift = max(0.0, -office_right)
        return office_right + shift, 4 + shift
    if day_wide > wide:
        # 7.3.5.2: the date takes the two characters, 署名 begins two characters before it.
        return 4 + day_wide - wide, 2
    return 2, wide - day_wide


def _number_pages(document: Document, typography: Typography) -> None:
    """页码 (7.5).  A section says its own, since one that is turned has them elsewhere."""
    turned_before = False
    for number, section in enumerate(document.sections):
        turned = section.orientation == WD_ORIENTATION.LANDSCAPE
        if number == 0 or turned != turned_before:
            _fill_edges(section, turned=turned, typography=typography)
        turned_before = turned


def _fill_edges(section: Section, *, turned: bool, typography: Typography) -> None:
    edges = {
        (False, False): section.footer,
        (True, False): section.even_page_footer,
        (False, True): section.header,
        (True, True): section.even_page_header,
    }
    for (even, top), edge in edges.items():
        edge.is_linked_to_previous = False
        element = cast(BaseOxmlElement, edge.part.element)
        element.clear()
        xml = _furniture.edge(typography, even=even, top=top, turned=turned)
        element.extend(_elements(xml))


def _elements(xml: str) -> list[BaseOxmlElement]:
    """Elements written with the prefix w: -> elements as python-docx has them."""
    return list(parse_xml(f'<w:body xmlns:w="{NAMESPACE}">{xml}</w:body>'))


def _describe(document: Document, properties: Properties) -> None:
    core = document.core_properties
    core.title = clean(properties.title)
    core.subject = clean(properties.subject)
    core.keywords = clean(properties.keywords)
    core.author = core.last_modified_by = clean(properties.author)
    core.created = core.modified = properties.created.astimezone(UTC)
    core.language = "zh-CN"
    core.revision = 1
