"""The text of a .docx, streamed through expat (ECMA-376 part 1, transitional and strict; never python-docx).

In: body, tables at any depth, content controls, hyperlinks, field results, insertions, notes referred to,
text boxes once.  Out: deletions, text moved away, field codes, hidden text, phonetic guides, comments,
headers and footers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mailbot.intake._count import hinted
from mailbot.intake._package import CONTENT_TYPES, Package, parse_xml
from mailbot.intake._story import Fault, Fields, Line, Stories
from mailbot.intake._styles import attribute, hidden_styles, is_on
from mailbot.intake._symbols import symbol
from mailbot.model import DocumentKind, Reason
from mailbot.policy import DocumentLimits

_DOCX = DocumentKind.DOCX
_WORD = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main ",
    "http://purl.oclc.org/ooxml/wordprocessingml/main ",
)
_MATH = (
    "http://schemas.openxmlformats.org/officeDocument/2006/math ",
    "http://purl.oclc.org/ooxml/officeDocument/math ",
)
_COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006 "
_CHUNK_KINDS = {"mht": "mht", "mhtml": "mht", "rtf": "rtf", "txt": "txt", "docx": "docx"}


def read_docx(package: Package, limits: DocumentLimits) -> Stories:
    """The stories of a package already known to be a Word document.  Raises Fault."""
    main = package.main_part if CONTENT_TYPES in package else ""
    if not main:
        raise Fault(Reason.CORRUPT, "structure", _DOCX)
    relations = package.relationships(main)
    targets = {r.kind: r.target for r in relations if r.target in package}
    hidden = hidden_styles(package, targets.get("styles", ""))
    body = _read(package.read(main), limits, hidden)
    if not body.is_word:
        raise Fault(Reason.CORRUPT, "structure", _DOCX)
    notes = [
        _read(package.read(targets[kind]), limits, hidden, frozenset(only))
        for kind, only in (("footnotes", body.footnotes), ("endnotes", body.endnotes))
        if kind in targets and only
    ]
    stories = _assembled(body, notes)
    chunk = targets.get("aFChunk", "")
    if chunk and not stories.body and not stories.asides:
        raise Fault(Reason.FAKE_WORD, _CHUNK_KINDS.get(chunk.rpartition(".")[2], "html"), _DOCX)
    return stories


def _assembled(body: _Reader, notes: list[_Reader]) -> Stories:
    aside = [line.text for note in notes for line in (*note.lines, *note.boxes)]
    return Stories(
        kind=_DOCX,
        body=tuple(body.lines),
        asides=(*aside, *(line.text for line in body.boxes)),
        pictures=body.pictures,
    )


def _read(
    data: bytes, limits: DocumentLimits, hidden: frozenset[str], only: frozenset[str] | None = None
) -> _Reader:
    """Read one part.  Where a field is begun and never ended, read again and take no heed of fields."""
    reader = _Reader(limits, hidden, only)
    reader.run(data)
    if reader.fields.open:
        reader = _Reader(limits, hidden, only, heed_fields=False)
        reader.run(data)
    return reader


_Handler = Callable[["_Reader", dict[str, str]], None]


@dataclass(slots=True)
class _Paragraph:
    """A paragraph being read; those of a text box stand on the stack above the one it is anchored in."""

    chunks: list[str] = field(default_factory=list)
    centred: bool = False
    hidden: bool = False
    joined: bool = False
    """Its mark is deleted: the next paragraph runs on."""


@dataclass(slots=True)
class _Run:
    """What holds for the run being read."""

    inside: bool = False
    in_properties: bool = False
    hidden: bool = False
    hinted: bool = False


class _Reader:
    """One pass over a part.  `_skip` is the depth inside an element that is left out, 0 outside one."""

    def __init__(
        self,
        limits: DocumentLimits,
        hidden: frozenset[str],
        only: frozenset[str] | None = None,
        heed_fields: bool = True,
    ) -> None:
        self.lines: list[Line] = []
        self.boxes: list[Line] = []
        self.footnotes: set[str] = set()
        self.endnotes: set[str] = set()
        self.pictures = self.is_word = False
        self.fields = Fields()
        self._limits, self._hidden_styles, self._only, self._heed_fields = limits, hidden, only, heed_fields
        self._depth = self._skip = self._lines = self._chars = self._cells = 0
        self._stack: list[_Paragraph] = []
        self._carry: dict[int, list[str]] = {}
        self._choices: list[bool] = []
        self._outside_box: list[tuple[_Run, Fields]] = []
        self._run = _Run()
        self._grab = self._in_paragraph_properties = self._in_row_properties = self._row_deleted = False

    def run(self, data: bytes) -> None:
        parse_xml(data, self._start, self._end, self._text)
        for chunks in self._carry.values():
            self._emit(_Paragraph(chunks))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > self._limits.xml_depth:
            raise Fault(Reason.HOSTILE_DOCUMENT, "depth", _DOCX)
        if self._skip:
            self._skip += 1
        elif handler := _STARTS.get(name):
            handler(self, attributes)

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self._skip:
            self._skip -= 1
        elif handler := _ENDS.get(name):
            handler(self)

    def _text(self, data: str) -> None:
        if self._grab and not self._skip:
            self._chars += len(data)
            if self._chars > self._limits.text_chars:
                raise Fault(Reason.TOO_LARGE, "text", _DOCX)
            self._stack[-1].chunks.append(hinted(data) if self._run.hinted else data)

    def _count_line(self) -> None:
        """A manual break makes a line of its own, so it counts against the limit as a paragraph does."""
        self._lines += 1
        if self._lines > self._limits.paragraphs:
            raise Fault(Reason.HOSTILE_DOCUMENT, "paragraphs", _DOCX)

    def _visible(self) -> bool:
        return bool(self._stack) and not self._run.hidden and not self.fields.in_code

    def _put(self, text: str) -> None:
        if self._run.inside and not self._run.in_properties and self._visible():
            self._stack[-1].chunks.append(text)

    def _emit(self, paragraph: _Paragraph) -> None:
        pieces = "".join(paragraph.chunks).split("\n")
        goal = self.boxes if self._outside_box else self.lines
        last = len(pieces) - 1
        for index, piece in enumerate(pieces):
            if text := piece.strip():
                goal.append(
                    Line(text=text, centred=paragraph.centred, cell=self._cells > 0, broken=index < last)
                )

    # Starts of elements, named for them.

    def document(self, _: dict[str, str]) -> None:
        self.is_word = True

    def paragraph(self, _: dict[str, str]) -> None:
        self._count_line()
        self._stack.append(_Paragraph(self._carry.pop(len(self._stack), [])))

    def paragraph_properties(self, _: dict[str, str]) -> None:
        self._in_paragraph_properties = True

    def alignment(self, attributes: dict[str, str]) -> None:
        if self._in_paragraph_properties and self._stack:
            self._stack[-1].centred = attribute(attributes, "val") == "center"

    def paragraph_style(self, attributes: dict[str, str]) -> None:
        if self._stack:
            self._stack[-1].hidden = attribute(attributes, "val") in self._hidden_styles

    def run_start(self, _: dict[str, str]) -> None:
        self._run = _Run(inside=True, hidden=bool(self._stack) and self._stack[-1].hidden)

    def run_properties(self, _: dict[str, str]) -> None:
        self._run.in_properties = True

    def run_style(self, attributes: dict[str, str]) -> None:
        if self._run.inside and attribute(attributes, "val") in self._hidden_styles:
            self._run.hidden = True

    def vanish(self, attributes: dict[str, str]) -> None:
        if self._run.inside and self._run.in_properties:
            self._run.hidden = is_on(attributes)

    def fonts(self, attributes: dict[str, str]) -> None:
        if self._run.inside and attribute(attributes, "hint") == "eastAsia":
            self._run.hinted = True

    def text_start(self, _: dict[str, str]) -> None:
        self._grab = self._visible()

    def tab(self, _: dict[str, str]) -> None:
        self._put("\t")

    def line_break(self, _: dict[str, str]) -> None:
        self._count_line()
        self._put("\n")

    def hyphen(self, _: dict[str, str]) -> None:
        self._put("-")

    def symbol(self, attributes: dict[str, str]) -> None:
        self._put(symbol(attribute(attributes, "font"), attribute(attributes, "char")))

    def picture(self, _: dict[str, str]) -> None:
        self.pictures = True

    def field_mark(self, attributes: dict[str, str]) -> None:
        mark = attribute(attributes, "fldCharType")
        if mark == "begin" and self._heed_fields:
            self.fields.begin()
        elif mark == "separate":
            self.fields.separate()
        elif mark == "end":
            self.fields.end()

    def leave_out(self, _: dict[str, str]) -> None:
        self._skip = 1

    def deletion(self, _: dict[str, str]) -> None:
        """w:del and w:moveFrom: around runs, as the property of a paragraph mark, or of a table row."""
        if self._in_row_properties:
            self._row_deleted = True
        elif self._in_paragraph_properties and self._stack:
            self._stack[-1].joined = True
        self._skip = 1

    def row(self, _: dict[str, str]) -> None:
        self._row_deleted = False

    def row_properties(self, _: dict[str, str]) -> None:
        self._in_row_properties = True

    def cell(self, _: dict[str, str]) -> None:
        if self._row_deleted:
            self._skip = 1
        else:
            self._cells += 1

    def box(self, _: dict[str, str]) -> None:
        self._outside_box.append((self._run, self.fields))
        self._run, self.fields = _Run(), Fields()

    def alternatives(self, _: dict[str, str]) -> None:
        self._choices.append(False)

    def alternative(self, _: dict[str, str]) -> None:
        """mc:Choice and mc:Fallback: the first one is read, the others say the same again."""
        if self._choices and self._choices[-1]:
            self._skip = 1
        elif self._choices:
            self._choices[-1] = True

    def note(self, attributes: dict[str, str]) -> None:
        if self._only is not None and attribute(attributes, "id") not in self._only:
            self._skip = 1

    def footnote_reference(self, attributes: dict[str, str]) -> None:
        self.footnotes.add(attribute(attributes, "id"))

    def endnote_reference(self, attributes: dict[str, str]) -> None:
        self.endnotes.add(attribute(attributes, "id"))

    # Ends of elements.

    def paragraph_end(self) -> None:
        if self._stack:
            paragraph = self._stack.pop()
            if paragraph.joined:
                self._carry[len(self._stack)] = paragraph.chunks
            else:
                self._emit(paragraph)

    def paragraph_properties_end(self) -> None:
        self._in_paragraph_properties = False

    def run_end(self) -> None:
        self._run = _Run()

    def run_properties_end(self) -> None:
        self._run.in_properties = False

    def text_end(self) -> None:
        self._grab = False

    def row_end(self) -> None:
        self._row_deleted = False

    def row_properties_end(self) -> None:
        self._in_row_properties = False

    def cell_end(self) -> None:
        self._cells -= 1

    def box_end(self) -> None:
        self._run, self.fields = self._outside_box.pop()

    def alternatives_end(self) -> None:
        self._choices.pop()


_LEFT_OUT = (
    "instrText", "delText", "delInstrText", "rt", "sdtPr", "sdtEndPr", "rPrChange", "pPrChange",
    "tblPrChange",
    "tblPrExChange", "trPrChange", "tcPrChange", "sectPrChange", "tblGridChange", "numberingChange",
)  # fmt: skip
_WORD_STARTS: dict[str, _Handler] = {
    "document": _Reader.document,
    "p": _Reader.paragraph,
    "pPr": _Reader.paragraph_properties,
    "jc": _Reader.alignment,
    "pStyle": _Reader.paragraph_style,
    "r": _Reader.run_start,
    "rPr": _Reader.run_properties,
    "rStyle": _Reader.run_style,
    "vanish": _Reader.vanish,
    "rFonts": _Reader.fonts,
    "t": _Reader.text_start,
    "tab": _Reader.tab,
    "ptab": _Reader.tab,
    "br": _Reader.line_break,
    "cr": _Reader.line_break,
    "noBreakHyphen": _Reader.hyphen,
    "sym": _Reader.symbol,
    "drawing": _Reader.picture,
    "pict": _Reader.picture,
    "object": _Reader.picture,
    "fldChar": _Reader.field_mark,
    "del": _Reader.deletion,
    "moveFrom": _Reader.deletion,
    "tr": _Reader.row,
    "trPr": _Reader.row_properties,
    "tc": _Reader.cell,
    "txbxContent": _Reader.box,
    "footnote": _Reader.note,
    "endnote": _Reader.note,
    "footnoteReference": _Reader.footnote_reference,
    "endnoteReference": _Reader.endnote_reference,
    **dict.fromkeys(_LEFT_OUT, _Reader.leave_out),
}
_WORD_ENDS: dict[str, Callable[[_Reader], None]] = {
    "p": _Reader.paragraph_end,
    "pPr": _Reader.paragraph_properties_end,
    "r": _Reader.run_end,
    "rPr": _Reader.run_properties_end,
    "t": _Reader.text_end,
    "tr": _Reader.row_end,
    "trPr": _Reader.row_properties_end,
    "tc": _Reader.cell_end,
    "txbxContent": _Reader.box_end,
}
_STARTS: dict[str, _Handler] = {
    **{space + local: handler for space in _WORD for local, handler in _WORD_STARTS.items()},
    **{space + "t": _Reader.text_start for space in _MATH},
    _COMPATIBILITY + "AlternateContent": _Reader.alternatives,
    _COMPATIBILITY + "Choice": _Reader.alternative,
    _COMPATIBILITY + "Fallback": _Reader.alternative,
}
_ENDS: dict[str, Callable[[_Reader], None]] = {
    **{space + local: handler for space in _WORD for local, handler in _WORD_ENDS.items()},
    **{space + "t": _Reader.text_end for space in _MATH},
    _COMPATIBILITY + "AlternateContent": _Reader.alternatives_end,
}
