"""Attachment -> Document: what a file really is, the fault if it is not taken, its text and 字数.

Notice 三(四) asks for word 格式, 二(二) limits the length.  Judged by content: a .docx named .doc is taken, a
web page named .doc is not.  Some names are believed against the content: .wps (Kingsoft writes Word's own
format into it, so that nothing inside tells) and the names of templates and macro files.  Pure; never raises
on content: every damage is a `Document.fault` with a stable `fault_detail`:

 other_type        pdf jpg png gif bmp tiff zip rar 7z xls xlsx ppt pptx wps et dps odt ofd ceb txt rtf html
                   mht wordml word2 dotx dot msg eml exe ... unknown: not Word, and its name claims no Word
 fake_word         the same codes: not Word, under a name that claims Word
 macros            docm dotm doc activex
 password          docx doc zip rights (rights management) dlp (an office network's document encryption)
 corrupt           truncated crc xml structure zeros unknown
 empty_document    zero_bytes no_text pictures
 too_large         file inflated xml text runs
 hostile_document  entries duplicate_names overlap ratio inflated doctype depth paragraphs pieces program
"""

from __future__ import annotations

from dataclasses import replace

from mailbot.intake._compound import Compound, damaged_kind, has_program
from mailbot.intake._count import count_han, count_words, digest, unhinted
from mailbot.intake._doc import is_sealed, read_doc
from mailbot.intake._docx import read_docx
from mailbot.intake._kinds import KNOWN_NAMES, WORD_NAMES, by_first_bytes, code_of, extension, is_dlp_sealed
from mailbot.intake._layout import lay_out
from mailbot.intake._package import CONTENT_TYPES, Package, looks_like_word
from mailbot.intake._story import Fault, Line, Stories
from mailbot.model import Attachment, Document, DocumentKind, Reason, WordCount
from mailbot.policy import DocumentLimits

_BELIEVED_NAMES = {
    "wps": (Reason.OTHER_TYPE, "wps"),
    "wpt": (Reason.OTHER_TYPE, "wps"),
    "dot": (Reason.OTHER_TYPE, "dot"),
    "dotx": (Reason.OTHER_TYPE, "dotx"),
    "docm": (Reason.MACROS, "docm"),
    "dotm": (Reason.MACROS, "dotm"),
}
"""Word proper opens none of the last three under the wrong name, so that the section could not either."""

_WORD_PACKAGES = frozenset({"docx", "docm", "dotx", "dotm"})
_WORD_TYPES = frozenset(
    {
        "application/msword",
        "application/vnd.ms-word",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    }
)
_END_OF_DIRECTORY = b"PK\x05\x06"
_DIRECTORY_TAIL = 65_557
"""The end-of-directory record of a zip archive lies within this many bytes of its end."""

_NOT_FAKES = frozenset({"word2", "dotx", "dot"})
"""Word files all the same, of a kind that is not taken: no fakes under whatever name."""


def inspect(attachment: Attachment, limits: DocumentLimits) -> Document:
    """Look into one attachment.  Never raises on content; cost is linear in its size, bounded by `limits`."""
    try:
        return _document(attachment, _read(attachment, limits))
    except Fault as fault:
        return _faulty(attachment, fault)


def body_lines(content: bytes, limits: DocumentLimits) -> tuple[Line, ...]:
    """The body of a .docx line by line, those of tables marked; () where it cannot be read."""
    given = Attachment(name="", content_type="", content=content)
    try:
        stories = _read(given, limits)
    except Fault:
        return ()
    return tuple(replace(line, text=unhinted(line.text)) for line in stories.body)


def _faulty(attachment: Attachment, fault: Fault) -> Document:
    return Document(
        name=attachment.name,
        sha256=attachment.sha256,
        size=len(attachment.content),
        kind=fault.kind,
        fault=fault.reason,
        fault_detail=fault.detail,
    )


def _document(attachment: Attachment, stories: Stories) -> Document:
    marked = [*(line.text for line in stories.body), *stories.asides]
    plain = tuple(unhinted(text) for text in marked)
    layout = lay_out([replace(line, text=text) for line, text in zip(stories.body, plain, strict=False)])
    main = marked[layout.main.start : layout.main.stop]
    if layout.cut:
        main[-1] = main[-1][: -layout.cut]
    return Document(
        name=attachment.name,
        sha256=attachment.sha256,
        size=len(attachment.content),
        kind=stories.kind,
        paragraphs=plain,
        title=layout.title,
        sign_off="\n".join(layout.sign_off),
        words=WordCount(
            whole=count_words(marked), body=count_words([*main, *stories.asides]), han=count_han(plain)
        ),
        text_digest=digest("".join(plain)),
    )


def _read(attachment: Attachment, limits: DocumentLimits) -> Stories:
    claimed = extension(attachment.name)
    if claimed in ("wps", "wpt"):
        raise Fault(Reason.OTHER_TYPE, "wps")
    if not attachment.content:
        raise Fault(Reason.EMPTY_DOCUMENT, "zero_bytes")
    stories = _opened(attachment, limits)
    if claimed in _BELIEVED_NAMES:
        reason, detail = _BELIEVED_NAMES[claimed]
        raise Fault(reason, detail, stories.kind)
    if not stories.body and not stories.asides:
        raise Fault(Reason.EMPTY_DOCUMENT, "pictures" if stories.pictures else "no_text", stories.kind)
    return stories


def _opened(attachment: Attachment, limits: DocumentLimits) -> Stories:
    content = attachment.content
    found = by_first_bytes(content)
    if found in ("unknown", "txt") and _END_OF_DIRECTORY in content[-_DIRECTORY_TAIL:]:
        found = "zip"
    if found not in ("zip", "ole"):
        raise _stranger(attachment, found)
    if len(content) > limits.file_bytes:
        if _claims_other(attachment.name):
            raise _not_word("unknown", attachment)
        raise Fault(Reason.TOO_LARGE, "file", DocumentKind.DOCX if found == "zip" else DocumentKind.DOC)
    return (_package if found == "zip" else _compound)(attachment, limits)


def _stranger(attachment: Attachment, found: str) -> Fault:
    """The fault of a file that is in neither of Word's containers."""
    if found != "unknown" or _claims_other(attachment.name):
        return _not_word(found, attachment)
    if is_dlp_sealed(attachment.content):
        return Fault(Reason.PASSWORD, "dlp")
    if not any(attachment.content):
        return Fault(Reason.CORRUPT, "zeros")
    return Fault(Reason.CORRUPT, "unknown") if _claims_word(attachment) else _not_word(found, attachment)


def _package(attachment: Attachment, limits: DocumentLimits) -> Stories:
    try:
        package = Package(attachment.content, limits)
        if CONTENT_TYPES in package or _claims_word(attachment):
            package.guard()
        kind = package.kind()
    except Fault:
        if _claims_word(attachment) or (
            looks_like_word(attachment.content) and not _claims_other(attachment.name)
        ):
            raise
        raise _not_word("unknown" if _claims_other(attachment.name) else "zip", attachment) from None
    if kind not in _WORD_PACKAGES:
        raise _not_word(kind, attachment)
    if package.encrypted:
        raise Fault(Reason.PASSWORD, "zip", DocumentKind.DOCX)
    _refuse_active(package, kind)
    stories = read_docx(package, limits)
    package.verify()
    return stories


def _refuse_active(package: Package, kind: str) -> None:
    """Refuse what runs: macros, controls, and programs packed into the document."""
    if kind in ("docm", "dotm"):
        raise Fault(Reason.MACROS, kind, DocumentKind.DOCX)
    if kind == "dotx":
        raise Fault(Reason.OTHER_TYPE, "dotx", DocumentKind.DOCX)
    if any("/activex/" in name for name in package.names()):
        raise Fault(Reason.MACROS, "activex", DocumentKind.DOCX)
    for name in package.names():
        if "/embeddings/" in name and name.endswith(".bin") and has_program(package.read(name)):
            raise Fault(Reason.HOSTILE_DOCUMENT, "program", DocumentKind.DOCX)


def _compound(attachment: Attachment, limits: DocumentLimits) -> Stories:
    try:
        compound = Compound(attachment.content)
    except Fault:
        damaged = damaged_kind(attachment.content)
        if damaged == "doc" and not _claims_other(attachment.name):
            raise
        raise _not_word("unknown" if damaged == "doc" else damaged, attachment) from None
    kind = compound.kind()
    if kind == "sealed" and not _claims_other(attachment.name):
        raise Fault(Reason.PASSWORD, "rights" if compound.rights_managed() else "docx", DocumentKind.DOCX)
    if kind == "unknown" and _claims_word(attachment):
        raise Fault(Reason.CORRUPT, "structure", DocumentKind.DOC)
    if kind != "doc":
        raise _not_word("unknown" if kind == "sealed" else kind, attachment)
    main = compound.read("WordDocument")
    if is_sealed(main):
        raise Fault(Reason.PASSWORD, "doc", DocumentKind.DOC)
    if compound.macros():
        raise Fault(Reason.MACROS, "doc", DocumentKind.DOC)
    if compound.program():
        raise Fault(Reason.HOSTILE_DOCUMENT, "program", DocumentKind.DOC)
    return read_doc(compound, main, limits)


def _claims_word(attachment: Attachment) -> bool:
    """Whether name, or for a file without an extension the declared type, says that it is Word."""
    claimed = extension(attachment.name)
    return claimed in WORD_NAMES or (not claimed and attachment.content_type.lower() in _WORD_TYPES)


def _claims_other(name: str) -> bool:
    return extension(name) in KNOWN_NAMES - WORD_NAMES


def _not_word(found: str, attachment: Attachment) -> Fault:
    fake = _claims_word(attachment) and found not in _NOT_FAKES
    return Fault(Reason.FAKE_WORD if fake else Reason.OTHER_TYPE, code_of(found, attachment.name))
