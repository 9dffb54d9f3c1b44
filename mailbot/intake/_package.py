"""The zip container of .docx (Open Packaging Conventions): its parts, within limits, and its kind.

The central directory is read by zipfile, the parts by zlib with the bytes counted: no declared size is
believed.  Tolerated: bytes before the archive, data descriptors, backslashes and any case in part names.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple
from xml.parsers import expat

from mailbot.intake._kinds import ZIP_MAGIC
from mailbot.intake._story import Fault
from mailbot.model import DocumentKind, Reason
from mailbot.policy import DocumentLimits

_DOCX = DocumentKind.DOCX
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_CENTRAL_MAGIC = b"PK\x01\x02"
_BIG_PART = 1 << 20
_BOMB_RATIO = 20
"""A whole package that is too large when inflated, and this many times its packed size, was made to be so."""
_MOST_RELATIONSHIPS_BYTES = 4 << 20
_OVER_COUNTED = 20
"""Directory signatures parsed per allowed entry: embedded workbooks have directories of their own."""

CONTENT_TYPES = "[content_types].xml"
_WORD_PREFIX = "application/vnd.openxmlformats-officedocument.wordprocessingml."
_MAIN_TYPES: tuple[tuple[str, str], ...] = (
    (_WORD_PREFIX + "document.main+xml", "docx"),
    (_WORD_PREFIX + "template.main+xml", "dotx"),
    ("application/vnd.ms-word.document.macroenabled.main+xml", "docm"),
    ("application/vnd.ms-word.template.macroenabledtemplate.main+xml", "dotm"),
    ("application/vnd.ms-excel.sheet.macroenabled.main+xml", "xlsm"),
    ("application/vnd.ms-excel.sheet.binary", "xlsb"),
    ("spreadsheetml.sheet.main+xml", "xlsx"),
    ("spreadsheetml.template.main+xml", "xlsx"),
    ("presentationml.", "pptx"),
    ("application/vnd.ms-powerpoint.", "pptx"),
    ("application/vnd.ms-visio.", "vsdx"),
    ("application/vnd.ms-package.xps", "xps"),
)
_USUAL_MAIN_PARTS = {
    "word/document.xml": "docx",
    "xl/workbook.xml": "xlsx",
    "ppt/presentation.xml": "pptx",
}
"""What a package was whose list of content types is missing, or does not name the main part."""
_OPEN_DOCUMENT = {"text": "odt", "spreadsheet": "ods", "presentation": "odp"}
_TELLTALE_NAMES: tuple[tuple[str, str], ...] = (
    ("ofd.xml", "ofd"),
    ("androidmanifest.xml", "apk"),
    ("index/document.iwa", "pages"),
    ("meta-inf/container.xml", "epub"),
)


class Relationship(NamedTuple):
    """A relationship (OPC section 9): `kind` is the last segment of its type, `target` a part name."""

    kind: str
    target: str


class Package:
    """A zip archive as a package.  Raises Fault where it is corrupt, sealed or made to do harm."""

    def __init__(self, content: bytes, limits: DocumentLimits) -> None:
        self._content = content
        self._limits = limits
        self._parts: dict[str, zipfile.ZipInfo] = {}
        self._sound: set[str] = set()
        infos = _directory(content, limits)
        self._twice = not self._file(infos)
        self.encrypted = any(info.flag_bits & 1 for info in infos)

    def _file(self, infos: list[zipfile.ZipInfo]) -> bool:
        for info in infos:
            self._parts[part_name(info.filename)] = info
        return len(self._parts) == len(infos)

    def __contains__(self, name: str) -> bool:
        return name in self._parts

    def names(self) -> tuple[str, ...]:
        """Part names in lower case with forward slashes."""
        return tuple(self._parts)

    def kind(self) -> str:
        """The code of what the package holds: docx, docm, xlsx, odt, ofd ... or zip for any other archive."""
        if CONTENT_TYPES in self._parts and not self.encrypted:
            return self._office_kind()
        return self._usual_kind() or self._other_kind()

    def _usual_kind(self) -> str:
        return next((code for name, code in _USUAL_MAIN_PARTS.items() if name in self._parts), "")

    def guard(self) -> None:
        """Refuse what was made to do harm: repeated names, overlaps, far more inside than outside."""
        infos = list(self._parts.values())
        if not all(
            i.header_offset >= 0 and self._content.startswith(ZIP_MAGIC, i.header_offset) for i in infos
        ):
            raise Fault(Reason.CORRUPT, "structure", _DOCX)
        if self._twice:
            raise Fault(Reason.HOSTILE_DOCUMENT, "duplicate_names", _DOCX)
        if _overlap(infos):
            raise Fault(Reason.HOSTILE_DOCUMENT, "overlap", _DOCX)
        ratio = self._limits.ratio
        if any(i.file_size > _BIG_PART and i.file_size > ratio * max(i.compress_size, 1) for i in infos):
            raise Fault(Reason.HOSTILE_DOCUMENT, "ratio", _DOCX)
        inflated = sum(info.file_size for info in infos)
        if inflated > self._limits.inflated_bytes:
            made = inflated > _BOMB_RATIO * len(self._content)
            raise Fault(Reason.HOSTILE_DOCUMENT if made else Reason.TOO_LARGE, "inflated", _DOCX)

    def verify(self) -> None:
        """Inflate every part not read yet: one that fails its checksum was damaged on its way."""
        for name in self._parts.keys() - self._sound:
            self.read(name, self._limits.inflated_bytes)

    def read(self, name: str, most: int | None = None) -> bytes:
        """The bytes of a part, checked by declared size and checksum.  KeyError for an unknown name."""
        info = self._parts[name]
        if info.file_size > (self._limits.xml_bytes if most is None else most):
            raise Fault(Reason.TOO_LARGE, "xml", _DOCX)
        data = _inflated(self._packed(info), info)
        if len(data) != info.file_size or zlib.crc32(data) != info.CRC:
            raise Fault(Reason.CORRUPT, "crc", _DOCX)
        self._sound.add(name)
        return data

    def relationships(self, part: str) -> tuple[Relationship, ...]:
        """The relationships of a part, or of the package itself for ''; external ones are left out."""
        folder, _, base = part.rpartition("/")
        name = f"{folder}/_rels/{base}.rels".lstrip("/")
        if name not in self._parts:
            return ()
        found = _attributes(self.read(name, _MOST_RELATIONSHIPS_BYTES), frozenset({"Relationship"}))
        return tuple(
            Relationship(item.get("Type", "").rpartition("/")[2], _resolved(folder, item.get("Target", "")))
            for item in found
            if item.get("TargetMode", "").lower() != "external"
        )

    @cached_property
    def types(self) -> dict[str, str]:
        """Content types in lower case: by part name, and by '*.ext' for defaults."""
        data = self.read(CONTENT_TYPES, _MOST_RELATIONSHIPS_BYTES)
        return {
            _typed_name(item): item.get("ContentType", "").lower()
            for item in _attributes(data, frozenset({"Default", "Override"}))
        }

    @cached_property
    def main_part(self) -> str:
        """The main document part: by the package's relationships, else by its content type; '' if none."""
        for relation in self.relationships(""):
            if relation.kind == "officeDocument" and relation.target in self._parts:
                return relation.target
        return next((n for n, t in self.types.items() if n in self._parts and t.endswith("main+xml")), "")

    def _office_kind(self) -> str:
        types = self.types
        main = self.main_part
        macros = any(n.endswith("vbaproject.bin") or "vbaproject" in types.get(n, "") for n in self._parts)
        own = types.get(main) or types.get("*." + main.rpartition(".")[2], "")
        candidates = (own, *types.values()) if own else tuple(types.values())
        code = next((code for t in candidates for mark, code in _MAIN_TYPES if mark in t), "")
        code = code or self._usual_kind() or "zip"
        return {"docx": "docm", "dotx": "dotm", "xlsx": "xlsm"}.get(code, code) if macros else code

    def _other_kind(self) -> str:
        if "mimetype" in self._parts and not self.encrypted:
            mime = self.read("mimetype", 200).decode("ascii", "replace")
            flavour = mime.partition("opendocument.")[2].strip()
            return _OPEN_DOCUMENT.get(flavour.partition("-")[0], "epub" if "epub" in mime else "zip")
        return next((code for name, code in _TELLTALE_NAMES if name in self._parts), "zip")

    def _packed(self, info: zipfile.ZipInfo) -> memoryview:
        start = info.header_offset
        try:
            magic, name_length, extra_length = _LOCAL_HEADER.unpack_from(self._content, start)
        except struct.error:
            raise Fault(Reason.CORRUPT, "truncated", _DOCX) from None
        if magic != ZIP_MAGIC:
            raise Fault(Reason.CORRUPT, "structure", _DOCX)
        start += _LOCAL_HEADER.size + name_length + extra_length
        return memoryview(self._content)[start : start + info.compress_size]


def part_name(name: str) -> str:
    """A part name as compared: OPC names ignore case, and some writers use backslashes or a leading slash."""
    return name.replace("\\", "/").lstrip("/").lower()


def _typed_name(item: dict[str, str]) -> str:
    return part_name(item["PartName"]) if "PartName" in item else f"*.{item.get('Extension', '').lower()}"


def looks_like_word(content: bytes) -> bool:
    """Whether a zip too damaged to list was an office document, by the local headers at its beginning."""
    return re.search(rb"\[Content_Types\]\.xml|word/|_rels/\.rels|docProps/", content[:65536]) is not None


def _directory(content: bytes, limits: DocumentLimits) -> list[zipfile.ZipInfo]:
    if content.count(_CENTRAL_MAGIC) > _OVER_COUNTED * limits.entries:
        raise Fault(Reason.HOSTILE_DOCUMENT, "entries", _DOCX)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error, IndexError):
        raise Fault(Reason.CORRUPT, "truncated", _DOCX) from None
    if len(infos) > limits.entries:
        raise Fault(Reason.HOSTILE_DOCUMENT, "entries", _DOCX)
    return infos


def _overlap(infos: list[zipfile.ZipInfo]) -> bool:
    end = 0
    for info in sorted(infos, key=lambda i: i.header_offset):
        if info.header_offset < end:
            return True
        end = info.header_offset + _LOCAL_HEADER.size + len(info.orig_filename) + info.compress_size
    return False


def _inflated(packed: memoryview, info: zipfile.ZipInfo) -> bytes:
    if info.compress_type == zipfile.ZIP_STORED:
        return bytes(packed)
    if info.compress_type != zipfile.ZIP_DEFLATED:
        raise Fault(Reason.CORRUPT, "structure", _DOCX)
    try:
        return zlib.decompressobj(-15).decompress(packed, info.file_size + 1)
    except zlib.error:
        raise Fault(Reason.CORRUPT, "crc", _DOCX) from None


def _resolved(folder: str, target: str) -> str:
    """A relationship's target as a part name: absolute, or relative to the folder of its source."""
    target = target.replace("\\", "/")
    steps: list[str] = [] if target.startswith("/") else [s for s in folder.split("/") if s]
    for step in target.split("/"):
        if step == "..":
            del steps[-1:]
        elif step not in ("", "."):
            steps.append(step)
    return "/".join(steps).lower()


def _attributes(data: bytes, elements: frozenset[str]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(" ")[2] in elements:
            found.append(attributes)

    parse_xml(data, start)
    return found


def parse_xml(
    data: bytes,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Run expat over a part.  A document type declaration is refused as hostile, faulty XML as corrupt."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(data, True)
    except (
        expat.ExpatError,
        LookupError,
        ValueError,
    ):  # ValueError, LookupError: an encoding expat cannot read
        raise Fault(Reason.CORRUPT, "xml", _DOCX) from None


def _refuse_doctype(*_: object) -> None:
    raise Fault(Reason.HOSTILE_DOCUMENT, "doctype", _DOCX)
