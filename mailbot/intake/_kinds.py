"""What a file is by its first bytes, and what its name claims; Word's two containers are told apart here.

Codes are stable lower-case words (pdf, jpg, rtf ...), kept in `Document.fault_detail`, worded in templates/.
"""

from __future__ import annotations

import re
import unicodedata

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP_MAGIC = b"PK\x03\x04"

WORD_NAMES = frozenset({"doc", "docx", "docm", "dot", "dotx", "dotm"})
"""Extensions under which a reader expects Word: anything else inside is a fake."""

_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, ZIP_MAGIC, "zip"),
    (0, OLE_MAGIC, "ole"),
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"\xff\xd8\xff", "jpg"),
    (0, b"GIF87a", "gif"),
    (0, b"GIF89a", "gif"),
    (0, b"II*\x00", "tiff"),
    (0, b"MM\x00*", "tiff"),
    (0, b"8BPS", "psd"),
    (0, b"Rar!\x1a\x07", "rar"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"\x1f\x8b\x08", "gz"),
    (0, b"BZh", "bz2"),
    (0, b"\xfd7zXZ\x00", "xz"),
    (257, b"ustar", "tar"),
    (0, b"MSCF\x00\x00\x00\x00", "cab"),
    (0, b"\xdb\xa5", "word2"),
    (0, b"\x9b\xa5", "word2"),
    (0, b"\x31\xbe\x00\x00\x00\xab", "word2"),
    (0, b"Founder CEB", "ceb"),
    (0, b"CAJ\x00", "caj"),
    (0, b"\x78\x9f\x3e\x22", "tnef"),
    (0, b"\x4c\x00\x00\x00\x01\x14\x02\x00", "lnk"),
    (0, b"\x7fELF", "exe"),
    (0, b"ID3", "mp3"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "wmv"),
    (0, b"FLV\x01", "flv"),
    (0, b"AT&TFORM", "djvu"),
    (0, b"AC10", "dwg"),
)

_BRANDS = {b"heic": "heic", b"heix": "heic", b"mif1": "heic", b"qt  ": "mov", b"avif": "avif", b"M4A ": "m4a"}
_RIFF = {b"WEBP": "webp", b"WAVE": "wav", b"AVI ": "avi"}

_MARKUP: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\{\\rtf", re.I), "rtf"),
    (
        re.compile(
            r"(?s)(?=.*^mime-version:)(?=.*(multipart/related|content-location:|text/html))", re.I | re.M
        ),
        "mht",
    ),
    (re.compile(r"(?s)<\?xml|<(?:w:|pkg:)", re.I), "xml"),
    (
        re.compile(
            r"(?:<!--(?:(?!-->).)*-->\s*)*"
            r"<(?:!doctype\s+html|html|head|body|meta|title|style|table|div|span|p|br|font)\b",
            re.I | re.S,
        ),
        "html",
    ),
    (re.compile(r"<svg\b", re.I), "svg"),
    (re.compile(r"BEGIN:VCALENDAR"), "ics"),
    (re.compile(r"BEGIN:VCARD"), "vcf"),
    (
        re.compile(
            r"(?:(?:received|return-path|from|to|subject|date|message-id|mime-version|x-[\w-]+|delivered-to):"
            r"[^\n]*\n(?:[ \t][^\n]*\n)*){2}",
            re.I,
        ),
        "eml",
    ),
)

_XML_KINDS: tuple[tuple[str, str], ...] = (
    ("schemas.microsoft.com/office/word/2003/wordml", "wordml"),
    ("schemas.microsoft.com/office/2006/xmlpackage", "wordml"),
    ('progid="word.document"', "wordml"),
    ("urn:schemas-microsoft-com:office:spreadsheet", "xls"),
    ("schemas.uof.org", "uof"),
    ("<uof:", "uof"),
    ("<html", "html"),
    ("<!doctype html", "html"),
    ("<svg", "svg"),
)

_SAMPLE = 4096
_TEXT_SAMPLE = 65536
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\ufffd]")
_EXTENSION = re.compile(r"[.。]([a-z0-9]{1,8})[\s_'\"]*(?:[(\[]\d+[)\]])?$")

_SAME_FAMILY: dict[str, frozenset[str]] = {
    "et": frozenset({"xls", "xlsx"}),
    "ett": frozenset({"xls", "xlsx"}),
    "xlsm": frozenset({"xlsx"}),
    "xlsb": frozenset({"xlsx"}),
    "dps": frozenset({"ppt", "pptx"}),
    "pps": frozenset({"ppt"}),
    "ppsx": frozenset({"pptx"}),
    "eml": frozenset({"mht"}),
    "csv": frozenset({"txt"}),
    "md": frozenset({"txt"}),
    "log": frozenset({"txt"}),
    "mp4": frozenset({"mov"}),
}
_SPELLINGS = {
    "jpeg": "jpg", "jpe": "jpg", "jfif": "jpg", "tif": "tiff", "htm": "html", "mhtml": "mht", "text": "txt",
}  # fmt: skip
KNOWN_NAMES = frozenset(
    {
        "pdf", "jpg", "png", "gif", "bmp", "tiff", "webp", "heic", "psd", "zip", "rar", "7z", "gz",
        "tar", "iso", "xls", "xlsx", "xlsm", "xlsb", "et", "csv", "ppt", "pptx", "pps", "ppsx",
        "dps", "wps", "wpt", "odt", "ods", "odp", "ofd", "ceb", "caj", "txt", "md", "log", "rtf",
        "html", "mht", "xml", "eml", "msg", "exe", "bat", "js", "vbs", "lnk", "msi", "apk", "mp3",
        "mp4", "mov", "avi", "wmv", "wav", "m4a", "dwg", "vsd", "vsdx", "pages", "key", "numbers",
        "uof", "uot", "epub", "sep", "gd", "dotx", "dotm", "dot", "docm",
    }
)  # fmt: skip


def extension(name: str) -> str:
    """The extension a file name ends in: lower case, one spelling for each type; '' where there is none.

    Seen through: full-width letters and dots, and a browser's counter ("稿件．ＤＯＣＸ", "稿件.doc(1)").
    """
    match = _EXTENSION.search(unicodedata.normalize("NFKC", name[-120:]).lower().rstrip(" ."))
    found = match[1] if match else ""
    return _SPELLINGS.get(found, found)


def code_of(found: str, name: str) -> str:
    """The code to report: the name's own where content cannot tell it apart (et and xls) or tells nothing."""
    claimed = extension(name)
    if found in _SAME_FAMILY.get(claimed, ()) or (found == "unknown" and claimed in KNOWN_NAMES):
        return claimed
    return found


def by_first_bytes(content: bytes) -> str:
    """'zip' and 'ole' for the two containers, else the code of what it is, 'unknown' where nothing fits."""
    for offset, signature, code in _SIGNATURES:
        if content.startswith(signature, offset):
            return code
    return _by_structure(content) or _by_text(content)


def is_dlp_sealed(content: bytes) -> bool:
    """Sealed by the document encryption of an office network (亿赛通 writes its name into the head)."""
    return b"E-SafeNet" in content[:512]


def _by_structure(content: bytes) -> str:
    if b"%PDF-" in content[:1024]:
        return "pdf"
    if content[:2] == b"BM" and content[6:10] == b"\0\0\0\0":
        return "bmp"
    if content[:2] == b"MZ" and len(content) > 64:
        return "exe"
    if content[4:8] == b"ftyp":
        return _BRANDS.get(content[8:12], "mp4")
    if content[:4] == b"RIFF":
        return _RIFF.get(content[8:12], "unknown")
    return ""


def _by_text(content: bytes) -> str:
    sample = _decoded(content[:_TEXT_SAMPLE])
    if sample is None:
        return "unknown"
    head = sample[:_SAMPLE].lstrip("\ufeff \t\r\n")
    for pattern, code in _MARKUP:
        if pattern.match(head):
            return _xml_kind(sample) if code == "xml" else code
    return "unknown" if _CONTROLS.search(sample) else "txt"


def _xml_kind(sample: str) -> str:
    lower = sample.lower()
    return next((code for mark, code in _XML_KINDS if mark in lower), "xml")


def _decoded(sample: bytes) -> str | None:
    """The sample as text, None where it is none.  A character cut at its end does not count against it."""
    if sample[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return sample.decode("utf-16", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return sample.decode(encoding)
        except UnicodeDecodeError as error:
            if error.start >= len(sample) - 4 and len(sample) == _TEXT_SAMPLE:
                return sample[: error.start].decode(encoding)
    begins_as_markup = sample[:_SAMPLE].lstrip()[:1] in (b"{", b"<")
    return sample[:_SAMPLE].decode("latin-1") if begins_as_markup else None
