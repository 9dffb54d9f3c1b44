"""Builders of Word files for tests: .docx with any parts, .doc laid together by hand; deterministic.

package(p("第一段") + p("第二段"))                      a whole .docx around the content of w:body
package(p("文"), notes={"footnotes": ["脚注"]})         with footnotes that `note("footnotes", 0)` refers to
doc("第一段\\r第二段\\r")                                a .doc with one piece of UTF-16 text
doc("甲\\r", pieces=[...], marks=[(0, 1, DELETED)])      fast-saved, with properties of characters
compound({"WordDocument": b"...", "VBA/x": b""})        any compound file ([MS-CFB])
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from build import archive

TRANSITIONAL = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
TEMPLATE = "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml"
MACRO = "application/vnd.ms-word.document.macroEnabled.main+xml"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = {
    TRANSITIONAL: "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    STRICT: "http://purl.oclc.org/ooxml/officeDocument/relationships",
}
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SPACES = (
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)


# ---- .docx -------------------------------------------------------------------------------------------------


def t(text: str) -> str:
    return f'<w:t xml:space="preserve">{escape(text)}</w:t>'


def r(text: str, properties: str = "") -> str:
    """A run of text; `properties` are the content of w:rPr."""
    return f"<w:r>{f'<w:rPr>{properties}</w:rPr>' if properties else ''}{t(text)}</w:r>"


def p(*content: str, properties: str = "") -> str:
    """A paragraph of runs; what does not begin with '<' becomes a run."""
    runs = "".join(c if c.startswith("<") else r(c) for c in content)
    return f"<w:p>{f'<w:pPr>{properties}</w:pPr>' if properties else ''}{runs}</w:p>"


def table(*rows: Sequence[str]) -> str:
    """A table of cells; a cell that does not begin with '<' becomes a paragraph."""
    body = "".join(
        "<w:tr>" + "".join(f"<w:tc>{c if c.startswith('<') else p(c)}</w:tc>" for c in row) + "</w:tr>"
        for row in rows
    )
    return f"<w:tbl><w:tblPr/><w:tblGrid/>{body}</w:tbl>"


def box(*paragraphs: str) -> str:
    """A run with a text box as Word writes it: a drawing, and the same again in VML as a fallback."""
    content = f"<w:txbxContent>{''.join(paragraphs)}</w:txbxContent>"
    return (
        '<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:wsp><wps:txbx>'
        f"{content}</wps:txbx></wps:wsp></w:drawing></mc:Choice><mc:Fallback><w:pict><v:shape><v:textbox>"
        f"{content}</v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )


def field(code: str, result: str) -> str:
    """A complex field: begin, code, separator, result, end."""
    return (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f"<w:r><w:instrText>{escape(code)}</w:instrText></w:r>"
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{r(result)}'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def note(kind: str, number: int) -> str:
    """A run that refers to a footnote or endnote: kind is footnotes or endnotes."""
    return f'<w:r><w:{kind[:-1]}Reference w:id="{number + 1}"/></w:r>'


def package(
    body: str,
    *,
    space: str = TRANSITIONAL,
    main_type: str = MAIN,
    main: str = "word/document.xml",
    notes: Mapping[str, Sequence[str]] | None = None,
    styles: str = "",
    extra: Mapping[str, bytes] | None = None,
) -> bytes:
    """A .docx whose main part is called `main`; `styles` are w:style elements, `extra` further members."""
    return archive(
        members(body, space=space, main_type=main_type, main=main, notes=notes, styles=styles, extra=extra)
    )


def members(
    body: str,
    *,
    space: str = TRANSITIONAL,
    main_type: str = MAIN,
    main: str = "word/document.xml",
    notes: Mapping[str, Sequence[str]] | None = None,
    styles: str = "",
    extra: Mapping[str, bytes] | None = None,
) -> dict[str, bytes]:
    """The members of that package, to be spoilt before they are laid together by build.archive."""
    folder, _, base = main.rpartition("/")
    parts = {f"{kind}.xml": _notes(kind, texts, space) for kind, texts in (notes or {}).items()}
    if styles:
        parts["styles.xml"] = f'{_HEAD}<w:styles xmlns:w="{space}">{styles}</w:styles>'
    types = "".join(
        f'<Override PartName="/{folder}/{name}" ContentType="application/xml"/>' for name in parts
    )
    return {
        "[Content_Types].xml": (
            f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/{main}" ContentType="{main_type}"/>{types}</Types>'
        ).encode(),
        "_rels/.rels": _relations([("officeDocument", main)], space).encode(),
        f"{folder}/_rels/{base}.rels": _relations([(n[:-4], n) for n in parts], space).encode(),
        main: (
            f'{_HEAD}<w:document xmlns:w="{space}" {_SPACES}><w:body>{body}<w:sectPr/></w:body></w:document>'
        ).encode("utf-8", "surrogatepass"),
        **{f"{folder}/{name}": text.encode() for name, text in parts.items()},
        **(extra or {}),
    }


def _relations(targets: Iterable[tuple[str, str]], space: str) -> str:
    items = "".join(
        f'<Relationship Id="rId{i}" Type="{_OFFICE[space]}/{kind}" Target="{target}"/>'
        for i, (kind, target) in enumerate(targets, 1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{items}</Relationships>'


def _notes(kind: str, texts: Sequence[str], space: str) -> str:
    one = kind[:-1]
    separator = f'<w:{one} w:type="separator" w:id="0"><w:p><w:r><w:separator/></w:r></w:p></w:{one}>'
    items = "".join(f'<w:{one} w:id="{i}">{p(text)}</w:{one}>' for i, text in enumerate(texts, 1))
    return f'{_HEAD}<w:{kind} xmlns:w="{space}">{separator}{items}</w:{kind}>'


def streamed(files: Mapping[str, bytes]) -> bytes:
    """A zip as written to a pipe: sizes and checksums stand behind the data (APPNOTE 4.3.9)."""
    out, directory = bytearray(), bytearray()
    for name, data in files.items():
        raw, offset = name.encode(), len(out)
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed = packer.compress(data) + packer.flush()
        sums = struct.pack("<III", zlib.crc32(data), len(packed), len(data))
        out += struct.pack("<4s5H3I2H", b"PK\3\4", 20, 8, 8, 0, 33, 0, 0, 0, len(raw), 0) + raw + packed
        out += b"PK\x07\x08" + sums
        directory += struct.pack("<4s6H", b"PK\1\2", 20, 20, 8, 8, 0, 33) + sums
        directory += struct.pack("<5H2I", len(raw), 0, 0, 0, 0, 0, offset) + raw
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, len(files), len(files), len(directory), len(out), 0)
    return bytes(out + directory + end)


# ---- compound files ----------------------------------------------------------------------------------------

_SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_SMALL = 4096


def compound(streams: Mapping[str, bytes]) -> bytes:
    """A compound file of version 3.  'A/B' is stream B in storage A; streams are padded to 4,096 bytes."""
    entries = _Entries(streams)
    sectors: list[bytes] = []
    chains: list[tuple[int, int]] = []
    for data in entries.data:
        chains.append((len(sectors), -(-len(data) // _SECTOR)))
        sectors += [data[i : i + _SECTOR].ljust(_SECTOR, b"\0") for i in range(0, len(data), _SECTOR)]
    directory = entries.directory([start for start, _ in chains])
    chains.append((len(sectors), len(directory) // _SECTOR))
    sectors += [directory[i : i + _SECTOR] for i in range(0, len(directory), _SECTOR)]
    fat_sectors = -(-(len(sectors) + 1) // 127)
    fat = [_FREE] * (128 * fat_sectors)
    for start, length in chains:
        for i in range(start, start + length):
            fat[i] = i + 1 if i + 1 < start + length else _END
    first_fat = len(sectors)
    fat[first_fat : first_fat + fat_sectors] = [_FAT] * fat_sectors
    head = struct.pack(
        "<8s16x5H6x9I", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6,
        0, fat_sectors, chains[-1][0], 0, _SMALL, _END, 0, _END, 0,
    )  # fmt: skip
    places = [first_fat + i if i < fat_sectors else _FREE for i in range(109)]
    return head + struct.pack("<109I", *places) + b"".join(sectors) + struct.pack(f"<{len(fat)}I", *fat)


class _Entries:
    """The directory: root, storages and streams, the children of each storage chained as right siblings."""

    def __init__(self, streams: Mapping[str, bytes]) -> None:
        self.data = [data.ljust(_SMALL, b"\0") for data in streams.values()]
        self._paths = [""]
        for path in streams:
            steps = path.split("/")
            self._paths += [
                q for q in ("/".join(steps[:i]) for i in range(1, len(steps))) if q not in self._paths
            ]
        self._streams = list(streams)
        self._paths += self._streams

    def directory(self, starts: Sequence[int]) -> bytes:
        raw = b"".join(self._entry(i, path, starts) for i, path in enumerate(self._paths))
        empty = struct.pack("<64xHBB3I36xIQ", 0, 0, 0, _FREE, _FREE, _FREE, 0, 0)
        return raw + empty * (-len(self._paths) % 4)

    def _entry(self, index: int, path: str, starts: Sequence[int]) -> bytes:
        name = (path.rpartition("/")[2] or "Root Entry") + "\0"
        raw = name.encode("utf-16-le")
        kind = 5 if not path else 2 if path in self._streams else 1
        where = self._streams.index(path) if kind == 2 else -1
        start, size = (starts[where], len(self.data[where])) if kind == 2 else (_END if kind == 5 else 0, 0)
        return struct.pack(
            "<64sHBB3I36xIQ",
            raw,
            len(raw),
            kind,
            1,
            _FREE,
            self._sibling(index),
            self._child(path, kind),
            start,
            size,
        )

    def _parent(self, path: str) -> str | None:
        return path.rpartition("/")[0] if path else None

    def _sibling(self, index: int) -> int:
        parent = self._parent(self._paths[index])
        later = (i for i in range(index + 1, len(self._paths)) if self._parent(self._paths[i]) == parent)
        return next(later, _FREE) if parent is not None else _FREE

    def _child(self, path: str, kind: int) -> int:
        if kind == 2:
            return _FREE
        return next((i for i, q in enumerate(self._paths) if self._parent(q) == path), _FREE)


# ---- .doc --------------------------------------------------------------------------------------------------

DELETED = struct.pack("<HB", 0x0800, 1)
HIDDEN = struct.pack("<HB", 0x083C, 1)
CENTRED = struct.pack("<HB", 0x2403, 1)
TEXT_AT = 0x800
"""Where the text of a hand-made .doc begins in its WordDocument stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of text: its place in storage may differ from that in reading, as after a fast save."""

    text: str
    eight_bit: bool = False
    change: int = 0
    """The two bytes of property change noted with it (Prm)."""


def doc(
    text: str = "",
    *,
    pieces: Sequence[Piece] = (),
    stored: Sequence[int] = (),
    marks: Sequence[tuple[int, int, bytes]] = (),
    paragraphs: Sequence[tuple[int, int, bytes]] = (),
    lengths: Sequence[int] = (),
    lists: Sequence[bytes] = (),
    flags: int = 0,
    extra: Mapping[str, bytes] | None = None,
) -> bytes:
    """A .doc of Word 97 ([MS-DOC]).  Not written by Word: what it cannot show is whether Word agrees.

    `stored` is the order in which the pieces lie in the file; `marks` and `paragraphs` give modifiers
    for characters from..to of a file of one 16-bit piece; `lengths` the seven story lengths; `lists` the
    modifier lists that pieces refer to.
    """
    parts = list(pieces) or [Piece(text=text)]
    stream, places = bytearray(), {}
    for index in stored or range(len(parts)):
        places[index] = TEXT_AT + len(stream)
        stream += parts[index].text.encode("cp1252" if parts[index].eight_bit else "utf-16-le")
    clx = _clx(parts, places, lists)
    main = bytearray(TEXT_AT) + stream
    tables = [
        _pages(main, [(TEXT_AT + 2 * a, TEXT_AT + 2 * b, m) for a, b, m in runs], wide)
        for runs, wide in ((marks, False), (paragraphs, True))
    ]
    struct.pack_into("<HH", main, 0, 0xA5EC, 0xC1)
    struct.pack_into("<HxxH", main, 6, 0x0804, 0x0200 | flags)
    total = sum(len(part.text.encode("utf-16-le")) // 2 for part in parts)
    struct.pack_into("<8i", main, 76, *(lengths or (total, 0, 0, 0, 0, 0, 0)), 0)
    table = clx + tables[0] + tables[1]
    struct.pack_into("<II", main, 418, 0, len(clx))
    struct.pack_into("<IIII", main, 250, len(clx), len(tables[0]), len(clx) + len(tables[0]), len(tables[1]))
    return compound({"WordDocument": bytes(main), "1Table": table, **(extra or {})})


def _clx(parts: Sequence[Piece], places: Mapping[int, int], lists: Sequence[bytes]) -> bytes:
    positions, descriptors, position = [0], b"", 0
    for index, part in enumerate(parts):
        position += len(part.text.encode("utf-16-le")) // 2
        positions.append(position)
        place = 2 * places[index] | 0x40000000 if part.eight_bit else places[index]
        descriptors += struct.pack("<HIH", 0, place, part.change)
    table = struct.pack(f"<{len(positions)}I", *positions) + descriptors
    front = b"".join(struct.pack("<BH", 1, len(item)) + item for item in lists)
    return front + struct.pack("<BI", 2, len(table)) + table


def _pages(main: bytearray, runs: Sequence[tuple[int, int, bytes]], wide: bool) -> bytes:
    """One page of formatted runs at the end of the stream, and the table that names it."""
    if not runs:
        return b""
    main += bytes(-len(main) % _SECTOR)
    page, bounds, offsets, tail = bytearray(_SECTOR), [runs[0][0]], [], 508
    for start, end, modifiers in runs:
        if start > bounds[-1]:
            bounds.append(start)
            offsets.append(0)
        bounds.append(end)
        body = struct.pack("<H", 0) + modifiers if wide else modifiers
        body += bytes(len(body) % 2 == 0 and wide)
        tail = (tail - len(body) - 1) // 2 * 2
        page[tail : tail + 1 + len(body)] = bytes(((len(body) + 1) // 2 if wide else len(body),)) + body
        offsets.append(tail // 2)
    struct.pack_into(f"<{len(bounds)}I", page, 0, *bounds)
    for index, offset in enumerate(offsets):
        page[4 * len(bounds) + index * (13 if wide else 1)] = offset
    page[511] = len(offsets)
    number = len(main) // _SECTOR
    main += page
    return struct.pack("<III", bounds[0], bounds[-1], number)


def doc95(text: bytes, *, language: int = 0x0804, lengths: Sequence[int] = ()) -> bytes:
    """A .doc of Word 95: 8-bit text in one run, no table stream.  Made by hand, like `doc`."""
    main = bytearray(TEXT_AT) + text
    struct.pack_into("<HHxxH", main, 0, 0xA5DC, 0x68, language)
    struct.pack_into("<II", main, 24, TEXT_AT, len(main))
    struct.pack_into("<7i", main, 52, *(lengths or (len(text), 0, 0, 0, 0, 0, 0)))
    return compound({"WordDocument": bytes(main)})
