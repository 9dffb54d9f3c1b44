"""mailbot.intake.word: what a file really is, why it is not taken, and the text of a .docx."""

from __future__ import annotations

import io
import random
import struct
import zipfile

import build
import build_word as bw
import pytest
from build_word import p, r
from steps import calls, stopped_after

from mailbot.intake.word import inspect
from mailbot.model import Attachment, Document, DocumentKind, Reason
from mailbot.policy import DocumentLimits

LIMITS = DocumentLimits()
GOOD = bw.package(p("县水利局三举措抓好春灌") + p("一是抓早。二是抓实。"))


def look(name: str, content: bytes, *, content_type: str = "", limits: DocumentLimits = LIMITS) -> Document:
    return inspect(Attachment(name=name, content_type=content_type, content=content), limits)


def text_of(body: str, **parts: object) -> tuple[str, ...]:
    document = look("稿.docx", bw.package(body, **parts))  # type: ignore[arg-type]
    assert document.fault is None, document
    return document.paragraphs


def faults(name: str, content: bytes, **options: object) -> tuple[Reason | None, str]:
    document = look(name, content, **options)  # type: ignore[arg-type]
    assert document.paragraphs == () or document.fault is None
    return document.fault, document.fault_detail


# ---- what is taken -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["稿.docx", "稿.doc", "稿", "稿.DOCX", "稿．ｄｏｃｘ", "稿.docx(1)", "稿.pdf", "稿.zip", ""]
)
def test_it_takes_a_docx_under_any_name(name: str) -> None:
    """The content decides: a .docx is taken under a wrong or missing extension (docs/intake.md)."""
    document = look(name, GOOD)
    assert (document.fault, document.kind) == (None, DocumentKind.DOCX)
    assert document.paragraphs == ("县水利局三举措抓好春灌", "一是抓早。二是抓实。")
    assert (document.name, document.size) == (name, len(GOOD))


@pytest.mark.parametrize(
    "content",
    [
        bw.package(p("正文"), space=bw.STRICT),
        bw.package(p("正文"), main="word/document2.xml"),
        bw.package(p("正文"), main="doc/Haupt.xml"),
        bw.streamed(bw.members(p("正文"))),
        b"\r\n\r\n" + bw.package(p("正文")),
        bw.package(p("正文")) + b"\r\n",
        build.archive({k.replace("/", "\\"): v for k, v in bw.members(p("正文")).items()}),
        build.archive({k.upper(): v for k, v in bw.members(p("正文")).items()}),
    ],
    ids=[
        "strict",
        "other-main",
        "other-folder",
        "descriptors",
        "prefix",
        "suffix",
        "backslashes",
        "upper-case",
    ],
)
def test_it_takes_every_form_of_docx(content: bytes) -> None:
    """Strict OOXML, a main part of any name, data descriptors, bytes around the archive, odd part names."""
    assert look("稿.docx", content).paragraphs == ("正文",)


def test_a_docx_without_relationships_is_found_by_content_type() -> None:
    """The list of content types names the main part where the package's relationships are missing."""
    parts = bw.members(p("正文"))
    del parts["_rels/.rels"]
    assert look("稿.docx", build.archive(parts)).paragraphs == ("正文",)


# ---- what is not Word --------------------------------------------------------------------------------------

_PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
_OTHERS: tuple[tuple[str, bytes], ...] = (
    ("pdf", b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"),
    ("pdf", b"\r\n%PDF-1.5\n%\xe2\xe3\xcf\xd3\n"),
    ("jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"),
    ("png", _PNG),
    ("gif", b"GIF89a" + bytes(20)),
    ("bmp", b"BM\x36\x10\x00\x00\x00\x00\x00\x00\x36\x00"),
    ("tiff", b"II*\x00\x08\x00\x00\x00"),
    ("zip", build.archive({"稿.docx": GOOD})),
    ("zip", build.archive({"word/稿.docx": GOOD})),
    ("rar", b"Rar!\x1a\x07\x01\x00" + bytes(30)),
    ("7z", b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(30)),
    ("gz", b"\x1f\x8b\x08\x00" + bytes(30)),
    ("exe", b"MZ\x90\x00" + bytes(100)),
    ("rtf", b"{\\rtf1\\ansi\\ansicpg936 \\'d0\\'c5\\'cf\\'a2}"),
    ("rtf", b"{\\rtf1\\ansi \xb0\xff\xff}"),
    ("html", "<html xmlns:o='urn:x'><body>信息</body></html>".encode("gbk")),
    ("html", b"\xef\xbb\xbf<!DOCTYPE html>\n<html>"),
    ("html", "\ufeff<html><body>信息</body></html>".encode("utf-16")),
    ("html", "<!-- x --><p>信息</p>".encode()),
    ("mht", b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\n"),
    (
        "mht",
        b"From: <Saved by Blink>\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n",
    ),
    ("wordml", b'<?xml version="1.0"?>\n<?mso-application progid="Word.Document"?>\n<w:wordDocument>'),
    (
        "wordml",
        b'<?xml version="1.0"?><pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage">',
    ),
    (
        "uof",
        b'<?xml version="1.0" encoding="UTF-8"?><uof:UOF xmlns:uof="http://schemas.uof.org/cn/2003/uof">',
    ),
    ("xml", b'<?xml version="1.0"?><data/>'),
    ("eml", b"Received: from a by b\r\n\tfor c\r\nFrom: a@b.example\r\nSubject: x\r\n\r\nx"),
    ("txt", "县水利局三举措抓好春灌\r\n正文。".encode("gbk")),
    ("txt", "县水利局三举措抓好春灌\n正文。".encode()),
    ("txt", "春灌\n".encode("utf-16")),
    ("txt", ("春灌" * 40_000).encode()),
    ("xls", bw.compound({"Workbook": b"x"})),
    ("ppt", bw.compound({"PowerPoint Document": b"x"})),
    ("msg", bw.compound({"__properties_version1.0": b"x"})),
    ("vsd", bw.compound({"VisioDocument": b"x"})),
    ("xlsx", build.archive({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"})),
    ("pptx", build.archive({"[Content_Types].xml": b"<Types/>", "ppt/presentation.xml": b"<p/>"})),
    ("odt", build.archive({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"})),
    ("ods", build.archive({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"})),
    ("ofd", build.archive({"OFD.xml": b"<x/>", "Doc_0/Document.xml": b"<x/>"})),
    ("ceb", b"Founder CEB 2.0\x00" + bytes(50)),
)


@pytest.mark.parametrize(("kind", "content"), _OTHERS, ids=[f"{k}-{i}" for i, (k, _) in enumerate(_OTHERS)])
def test_it_knows_a_fake_under_a_word_name(kind: str, content: bytes) -> None:
    """Another type under .doc or .docx is a fake, and the letter can say which type it is."""
    for name in ("稿.doc", "稿.docx"):
        assert faults(name, content) == (Reason.FAKE_WORD, kind)
    assert look("稿.doc", content).kind is DocumentKind.OTHER


@pytest.mark.parametrize(("kind", "content"), _OTHERS, ids=[f"{k}-{i}" for i, (k, _) in enumerate(_OTHERS)])
def test_it_names_the_type_under_its_own_name(kind: str, content: bytes) -> None:
    """Under its own name, or none, another type is just that and no fake."""
    assert faults(f"稿.{kind}", content) == (Reason.OTHER_TYPE, kind)
    assert faults("稿", content) == (Reason.OTHER_TYPE, kind)


@pytest.mark.parametrize("head", [b"<!---->" * 600, b"<!--" * 1000, b"From: x\n " * 400, b" " * 4096])
def test_a_head_made_to_be_slow_is_not(head: bytes) -> None:
    """What a text file is, is told at once whatever its beginning repeats."""
    with stopped_after():
        assert look("稿.doc", head + b"x" * 5000).fault is Reason.FAKE_WORD


def test_a_file_without_extension_may_claim_word_by_its_declared_type() -> None:
    """Where the name has no extension, the mail's own word for the part says whether a fake was meant."""
    assert faults("附件", b"%PDF-1.5\n%", content_type="application/msword") == (Reason.FAKE_WORD, "pdf")


@pytest.mark.parametrize(
    "content", [GOOD, bw.doc("县水利局\r"), b"%PDF-1.5", b"", bytes(600), build.archive({"a": b"b"})]
)
def test_a_file_named_wps_is_wps_whatever_is_inside(content: bytes) -> None:
    """Kingsoft's own format is Word's binary format, so only the name tells; the notice asks for Word."""
    assert faults("稿件.wps", content) == (Reason.OTHER_TYPE, "wps")


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("表.et", bw.compound({"Workbook": b"x"}), (Reason.OTHER_TYPE, "et")),
        ("片.dps", bw.compound({"PowerPoint Document": b"x"}), (Reason.OTHER_TYPE, "dps")),
        ("表.csv", "单位,件数\n".encode(), (Reason.OTHER_TYPE, "csv")),
        ("图.jpeg", b"\xff\xd8\xff\xe0" + bytes(20), (Reason.OTHER_TYPE, "jpg")),
        ("图.psd", bytes(range(256)), (Reason.OTHER_TYPE, "psd")),
        ("谁知道", bytes(range(256)), (Reason.OTHER_TYPE, "unknown")),
        ("旧.doc", b"\xdb\xa5\x2d\x00" + bytes(600), (Reason.OTHER_TYPE, "word2")),
        ("模板.dotx", bw.package(p("文"), main_type=bw.TEMPLATE), (Reason.OTHER_TYPE, "dotx")),
        ("模板.docx", bw.package(p("文"), main_type=bw.TEMPLATE), (Reason.OTHER_TYPE, "dotx")),
        ("模板.dotx", GOOD, (Reason.OTHER_TYPE, "dotx")),
        ("模板.dot", bw.doc("文\r", flags=1), (Reason.OTHER_TYPE, "dot")),
    ],
)
def test_it_uses_the_name_where_content_cannot_tell(
    name: str, content: bytes, expected: tuple[Reason, str]
) -> None:
    """Kingsoft's tables and slides, templates, and what no signature fits are called by their names."""
    assert faults(name, content) == expected


def test_a_doc_with_the_template_flag_is_taken_under_doc() -> None:
    """Units fill in templates and save them as .doc; Word opens such a file, so the section can read it."""
    assert look("稿.doc", bw.doc("县水利局的稿件\r", flags=1)).paragraphs == ("县水利局的稿件",)


# ---- macros and programs -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "detail"),
    [
        ("稿.docm", bw.package(p("文"), main_type=bw.MACRO, extra={"word/vbaProject.bin": b"x"}), "docm"),
        ("稿.docx", bw.package(p("文"), main_type=bw.MACRO, extra={"word/vbaProject.bin": b"x"}), "docm"),
        ("稿.docx", bw.package(p("文"), main_type=bw.MACRO), "docm"),
        ("稿.doc", bw.package(p("文"), extra={"word/vbaProject.bin": b"x"}), "docm"),
        ("稿.docm", GOOD, "docm"),
        ("稿.docx", bw.package(p("文"), extra={"word/activeX/activeX1.xml": b"<x/>"}), "activex"),
        ("稿.doc", bw.doc("文\r", extra={"Macros/VBA/dir": b"x"}), "doc"),
        ("稿.docx", bw.doc("文\r", extra={"_VBA_PROJECT": b"x"}), "doc"),
        ("稿.docx", build.docm("文"), "docm"),
    ],
)
def test_it_refuses_macros(name: str, content: bytes, detail: str) -> None:
    """.docm by name or content, a VBA project or a control inside, in either format."""
    assert faults(name, content) == (Reason.MACROS, detail)


def test_an_embedded_workbook_with_macros_does_not_make_the_document_one() -> None:
    """What is embedded stays asleep until somebody opens it by itself."""
    document = bw.doc("正文。\r", extra={"ObjectPool/_1/_VBA_PROJECT_CUR/VBA/dir": b"x"})
    assert look("稿.doc", document).paragraphs == ("正文。",)


def test_an_embedded_workbook_is_taken() -> None:
    """Charts and tables from Excel are honest; their parts are not looked into."""
    document = bw.package(p("正文。"), extra={"word/embeddings/Sheet1.xlsx": build.archive({"a": b"b"})})
    assert look("稿.docx", document).paragraphs == ("正文。",)


def test_it_refuses_a_program_packed_into_a_document() -> None:
    """A file packaged as an object that runs when clicked has no place in a 信息稿."""
    packed = b"\x02\x00\xe5\x8d\x95.pdf.EXE\x00C:\\a.exe\x00"
    inside = bw.compound({"\x01Ole10Native": packed})
    assert faults("稿.docx", bw.package(p("文"), extra={"word/embeddings/oleObject1.bin": inside})) == (
        Reason.HOSTILE_DOCUMENT,
        "program",
    )
    assert faults("稿.doc", bw.doc("文\r", extra={"ObjectPool/_1/\x01Ole10Native": packed})) == (
        Reason.HOSTILE_DOCUMENT,
        "program",
    )


# ---- passwords ---------------------------------------------------------------------------------------------

_SEALED = bw.compound({"EncryptedPackage": b"x", "EncryptionInfo": b"y"})


def _zip_encrypted() -> bytes:
    content = bytearray(GOOD)
    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        for info in archive.infolist():
            content[info.header_offset + 6] |= 1
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        content[at + 8] |= 1
        at = content.find(b"PK\x01\x02", at + 1)
    return bytes(content)


@pytest.mark.parametrize(
    ("name", "content", "detail"),
    [
        ("稿.docx", _SEALED, "docx"),
        ("稿.doc", _SEALED, "docx"),
        ("稿", _SEALED, "docx"),
        (
            "稿.docx",
            bw.compound({"\x06DataSpaces/DRMEncryptedDataSpace": b"", "EncryptedPackage": b"x"}),
            "rights",
        ),
        ("稿.docx", bw.compound({"EncryptedPackage": b"x", "WordDocument": b""}), "docx"),
        ("稿.doc", bw.doc("文\r", flags=0x100), "doc"),
        ("稿.docx", _zip_encrypted(), "zip"),
        ("稿.docx", b"\x62\x14\x23\x65\x06\x01E-SafeNet\x00LOCK\x00" + bytes(range(256)), "dlp"),
    ],
    ids=["docx", "named-doc", "no-name", "rights", "with-worddocument", "doc", "zip", "dlp"],
)
def test_it_tells_a_password(name: str, content: bytes, detail: str) -> None:
    """Encrypted packages and documents, zip encryption, rights management, an office network's sealing."""
    assert faults(name, content) == (Reason.PASSWORD, detail)


def test_a_sealed_workbook_is_no_word_file() -> None:
    """An encrypted package says not what is in it; a name of another type is believed."""
    assert faults("表.xlsx", _SEALED) == (Reason.OTHER_TYPE, "xlsx")


# ---- empty and corrupt -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"", "zero_bytes"),
        (bw.package(""), "no_text"),
        (bw.package(p("") + p("　 ")), "no_text"),
        (bw.package(p("<w:del><w:r><w:delText>删</w:delText></w:r></w:del>")), "no_text"),
        (bw.package(p("<w:r><w:drawing/></w:r>")), "pictures"),
        (bw.package(p("<w:r><w:pict><v:imagedata/></w:pict></w:r>")), "pictures"),
        (bw.doc("\r"), "no_text"),
        (bw.doc("\x01\r"), "pictures"),
    ],
)
def test_it_tells_an_empty_document(content: bytes, detail: str) -> None:
    """No bytes, no text, or only pictures of text: nothing that can be registered."""
    assert faults("稿.docx", content) == (Reason.EMPTY_DOCUMENT, detail)


def _spoilt(name: str, replace: bytes) -> bytes:
    return build.archive({**bw.members(p("正文")), name: replace})


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (GOOD[: len(GOOD) // 2], "truncated"),
        (GOOD[:60], "truncated"),
        (GOOD[:-30], "truncated"),
        (_spoilt("word/document.xml", b"<w:document"), "xml"),
        (_spoilt("word/document.xml", b""), "xml"),
        (_spoilt("word/document.xml", b"<html/>"), "structure"),
        (_spoilt("[Content_Types].xml", b"<Types>"), "xml"),
        (
            build.archive({k: v for k, v in bw.members(p("文")).items() if k != "[Content_Types].xml"}),
            "structure",
        ),
        (
            build.archive({k: v for k, v in bw.members(p("文")).items() if k != "word/document.xml"}),
            "structure",
        ),
        (bytes(5000), "zeros"),
        (bytes(range(256)) * 20, "unknown"),
        (bw.doc("正文。\r")[:1500], "structure"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "structure"),
        (bw.compound({"Unheard": b"of"}), "structure"),
        (GOOD[:200] + GOOD[230:], "structure"),
    ],
)
def test_it_tells_a_corrupt_file(content: bytes, detail: str) -> None:
    """Cut short, damaged XML, a missing main part, zeros or noise under a Word name: it cannot be opened."""
    assert faults("稿.docx", content) == (Reason.CORRUPT, detail)


def test_a_part_that_fails_its_checksum_is_corrupt() -> None:
    """A byte changed on its way is found in whatever part it is, pictures too."""
    parts = {**bw.members(p("正文")), "word/media/图.bin": random.Random(1).randbytes(400)}
    content = bytearray(build.archive(parts))
    place = content.find(parts["word/media/图.bin"][100:140])
    content[place] ^= 0xFF
    assert faults("稿.docx", bytes(content)) == (Reason.CORRUPT, "crc")


# ---- too large and hostile ---------------------------------------------------------------------------------


def test_a_file_over_the_limit_is_too_large() -> None:
    """Its size is told before it is opened; another type stays another type."""
    limits = DocumentLimits(file_bytes=1000)
    assert faults("稿.docx", GOOD, limits=limits) == (Reason.TOO_LARGE, "file")
    assert faults("册.zip", build.archive({"a": random.Random(1).randbytes(2000)}), limits=limits) == (
        Reason.OTHER_TYPE,
        "zip",
    )
    assert faults("册.pdf", b"%PDF-1.5" + bytes(2000), limits=limits) == (Reason.OTHER_TYPE, "pdf")


def test_long_text_is_too_large_and_many_paragraphs_are_hostile() -> None:
    """Limits of text and of paragraphs hold while reading."""
    long = bw.package(p("长" * 3000))
    assert faults("稿.docx", long, limits=DocumentLimits(text_chars=2000)) == (Reason.TOO_LARGE, "text")
    assert faults("稿.doc", bw.doc("长" * 3000), limits=DocumentLimits(text_chars=2000)) == (
        Reason.TOO_LARGE,
        "text",
    )
    many = (Reason.HOSTILE_DOCUMENT, "paragraphs")
    assert faults("稿.docx", bw.package(p("段") * 300), limits=DocumentLimits(paragraphs=200)) == many
    assert faults("稿.doc", bw.doc("段\r" * 300), limits=DocumentLimits(paragraphs=200)) == many
    breaks = bw.package(p("<w:r>" + "<w:t>行</w:t><w:br/>" * 300 + "</w:r>"))
    assert faults("稿.docx", breaks, limits=DocumentLimits(paragraphs=200)) == many
    assert faults("稿.doc", bw.doc("行\x0b" * 300), limits=DocumentLimits(paragraphs=200)) == many


def test_a_bomb_of_half_a_million_paragraphs_ends_at_once() -> None:
    """A small file of 500,000 paragraphs is refused before a paragraph of it is read."""
    content = bw.package("<w:p><w:r><w:t>x</w:t></w:r></w:p>" * 500_000)
    with stopped_after():
        assert look("稿.docx", content).fault is Reason.HOSTILE_DOCUMENT
    assert calls(lambda: look("稿.docx", content)) < 5000


_DEEP = "<w:sdt><w:sdtContent>" * 200 + p("深") + "</w:sdtContent></w:sdt>" * 200
_XXE = b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY e SYSTEM "file:///etc/hosts">]><w>&e;</w>'
_LAUGHS = b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><w>&b;</w>'


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (_spoilt("word/media/a.bin", bytes(30 << 20)), "ratio"),
        (_spoilt("word/document.xml", b" " * (30 << 20)), "ratio"),
        (build.archive({**bw.members(p("文")), **{f"word/m/{i}": b"x" for i in range(1100)}}), "entries"),
        (_spoilt("word/document.xml", _XXE), "doctype"),
        (_spoilt("word/document.xml", _LAUGHS), "doctype"),
        (_spoilt("[Content_Types].xml", _XXE), "doctype"),
        (bw.package(_DEEP), "depth"),
    ],
    ids=["bomb-in-media", "bomb-in-text", "entries", "xxe", "laughs", "xxe-types", "depth"],
)
def test_it_refuses_what_was_made_to_do_harm(content: bytes, detail: str) -> None:
    """Zip bombs, thousands of entries, document type declarations, endless nesting."""
    with stopped_after():
        assert faults("稿.docx", content) == (Reason.HOSTILE_DOCUMENT, detail)


def test_it_refuses_repeated_names_and_overlapping_entries() -> None:
    """Two readers of such a file would see two different documents."""
    twice = {**bw.members(p("文")), "WORD/document.xml": b"<x/>"}
    assert faults("稿.docx", build.archive(twice)) == (Reason.HOSTILE_DOCUMENT, "duplicate_names")
    content = bytearray(GOOD)
    struct.pack_into("<I", content, content.rfind(b"PK\x01\x02") + 42, 0)
    assert faults("稿.docx", bytes(content)) == (Reason.HOSTILE_DOCUMENT, "overlap")


def test_an_honest_large_package_is_only_too_large() -> None:
    """Many pictures that barely compress make a file too large, not hostile."""
    noise = random.Random(1).randbytes(3 << 20)
    content = build.archive({**bw.members(p("文")), "word/media/a.bin": noise})
    assert faults("稿.docx", content, limits=DocumentLimits(inflated_bytes=1 << 20)) == (
        Reason.TOO_LARGE,
        "inflated",
    )


def test_a_declared_size_is_not_believed() -> None:
    """A member that inflates past what the directory says is corrupt and never unfolded."""
    content = bytearray(_spoilt("word/media/a.bin", bytes(900_000)))
    last = content.rfind(b"PK\x01\x02")
    struct.pack_into("<I", content, last + 24, 10)
    assert faults("稿.docx", bytes(content)) == (Reason.CORRUPT, "crc")


# ---- the text of a .docx -----------------------------------------------------------------------------------


def test_it_reads_body_and_tables_in_order() -> None:
    """Cells stand between the paragraphs they stand between, tables in tables too."""
    nested = "<w:p/>" + bw.table(["内"]) + "<w:p/>"
    assert text_of(p("前") + bw.table(["甲", "乙"], ["丙", nested]) + p("后")) == (
        "前",
        "甲",
        "乙",
        "丙",
        "内",
        "后",
    )


def test_it_reads_a_text_box_once() -> None:
    """Word writes each box twice, for new readers and old ones; boxes stand after the body."""
    assert text_of(p("锚", bw.box(p("框一"), p("框二")), "段") + p("末")) == ("锚段", "末", "框一", "框二")


def test_it_reads_the_fallback_where_there_is_no_choice() -> None:
    """A lone mc:Fallback, and a picture in VML outside of alternatives, are read."""
    alone = (
        "<w:r><mc:AlternateContent><mc:Fallback><w:t>替</w:t></mc:Fallback></mc:AlternateContent></w:r>"
        f"<w:r><w:pict><v:textbox><w:txbxContent>{p('框')}</w:txbxContent></v:textbox></w:pict></w:r>"
    )
    assert text_of(p(alone)) == ("替", "框")


def test_it_leaves_out_the_second_choice() -> None:
    """Of several alternatives the first one counts."""
    body = (
        "<w:r><mc:AlternateContent><mc:Choice><w:t>一</w:t></mc:Choice><mc:Choice><w:t>二</w:t></mc:Choice>"
        "<mc:Fallback><w:t>三</w:t></mc:Fallback></mc:AlternateContent></w:r>"
    )
    assert text_of(p(body)) == ("一",)


def test_it_reads_notes_that_are_referred_to() -> None:
    """Footnotes and endnotes count as Word counts them; orphans do not."""
    body = p("文", bw.note("endnotes", 1), bw.note("footnotes", 0))
    notes = {"footnotes": ["脚注", "孤儿"], "endnotes": ["孤儿", "尾注"]}
    assert text_of(body, notes=notes) == ("文", "脚注", "尾注")


_INS = "<w:ins w:id='1'>{}</w:ins>"
_DEL = "<w:del w:id='1'>{}</w:del>"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            p("前", _INS.format(r("增")), _DEL.format("<w:r><w:delText>删</w:delText></w:r>"), "后"),
            ("前增后",),
        ),
        (
            p(f"<w:moveFrom>{r('移走')}</w:moveFrom>", "留") + p(f"<w:moveTo>{r('移来')}</w:moveTo>"),
            ("留", "移来"),
        ),
        (p(_DEL.format(_INS.format(r("增后又删"))), "留"), ("留",)),
        (p("前", properties="<w:rPr><w:del w:id='1'/></w:rPr>") + p("后"), ("前后",)),
        (p("一", properties="<w:rPr><w:ins w:id='1'/></w:rPr>") + p("二"), ("一", "二")),
        (bw.table(["留"]).replace("<w:tr>", "<w:tr><w:trPr><w:ins w:id='1'/></w:trPr>"), ("留",)),
        (bw.table(["删"]).replace("<w:tr>", "<w:tr><w:trPr><w:del w:id='1'/></w:trPr>") + p("留"), ("留",)),
        (p(r("甲", "<w:rPrChange w:id='1'><w:rPr><w:vanish/></w:rPr></w:rPrChange>")), ("甲",)),
    ],
)
def test_it_reads_the_text_as_if_all_changes_were_accepted(body: str, expected: tuple[str, ...]) -> None:
    """Insertions and moves to are text; deletions, moves away and old properties are not."""
    assert text_of(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (p("见", r("隐", "<w:vanish/>"), "见"), ("见见",)),
        (p(r("见", '<w:vanish w:val="0"/>')), ("见",)),
        (p(r("见", '<w:vanish w:val="false"/>')), ("见",)),
        (p("见", properties="<w:rPr><w:vanish/></w:rPr>"), ("见",)),
        (p(r("见", "<w:webHidden/>")), ("见",)),
        (p(r("隐", '<w:rStyle w:val="h"/>'), "见"), ("见",)),
        (p(r("隐", '<w:rStyle w:val="heir"/>'), "见"), ("见",)),
        (
            p("隐", properties='<w:pStyle w:val="h"/>') + p("见", properties='<w:pStyle w:val="open"/>'),
            ("见",),
        ),
        (p(r("见", '<w:rStyle w:val="h"/><w:vanish w:val="0"/>')), ("见",)),
    ],
)
def test_it_leaves_out_hidden_text(body: str, expected: tuple[str, ...]) -> None:
    """Hidden by itself or by its style, also one inherited; a hidden paragraph mark hides no text."""
    styles = (
        '<w:style w:styleId="h"><w:rPr><w:vanish/></w:rPr></w:style>'
        '<w:style w:styleId="heir"><w:basedOn w:val="h"/></w:style>'
        '<w:style w:styleId="open"><w:basedOn w:val="h"/><w:rPr><w:vanish w:val="0"/></w:rPr></w:style>'
    )
    assert text_of(body, styles=styles) == expected


_MARK = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (p("见", bw.field(" REF x ", "第三条"), "款"), ("见第三条款",)),
        (p('<w:fldSimple w:instr=" DATE "><w:r><w:t>今日</w:t></w:r></w:fldSimple>'), ("今日",)),
        (p(_MARK.format("begin"), r("域中文字"), bw.field(" X ", "内"), _MARK.format("end"), "后"), ("后",)),
        (
            p(_MARK.format("begin"), "甲", _MARK.format("separate"), "乙") + p("丙", _MARK.format("end")),
            ("乙", "丙"),
        ),
        (p("前", _MARK.format("begin"), "未了的域") + p("后文"), ("前未了的域", "后文")),
        (p(_MARK.format("end"), "多余的结束"), ("多余的结束",)),
        (
            p(
                _MARK.format("begin"),
                bw.box(p("框")),
                "码",
                _MARK.format("separate"),
                "果",
                _MARK.format("end"),
            ),
            ("果", "框"),
        ),
    ],
)
def test_it_reads_the_results_of_fields(body: str, expected: tuple[str, ...]) -> None:
    """Codes are left out, results kept; a field that never ends must not swallow the text behind it."""
    assert text_of(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (p("<w:r><w:t>甲</w:t><w:tab/><w:t>乙</w:t></w:r>"), ("甲\t乙",)),
        (p("甲", properties='<w:tabs><w:tab w:val="left"/></w:tabs>'), ("甲",)),
        (p("<w:r><w:t>上</w:t><w:br/><w:t>下</w:t></w:r>"), ("上", "下")),
        (p("<w:r><w:t>a</w:t><w:noBreakHyphen/><w:t>b</w:t><w:softHyphen/></w:r>"), ("a-b",)),
        (p('<w:r><w:sym w:font="Wingdings" w:char="F0FE"/><w:t>已办</w:t></w:r>'), ("☑已办",)),
        (p('<w:r><w:sym w:font="Wingdings" w:char="F028"/><w:t>6220000</w:t></w:r>'), ("☎6220000",)),
        (p('<w:r><w:sym w:font="宋体" w:char="25CB"/></w:r>', "甲"), ("○甲",)),
        (
            p("<w:sdt><w:sdtPr><w:alias/></w:sdtPr><w:sdtContent>" + r("控件") + "</w:sdtContent></w:sdt>"),
            ("控件",),
        ),
        (p("<w:hyperlink>" + r("链接") + "</w:hyperlink>"), ("链接",)),
        (p("<w:smartTag>" + r("标记") + "</w:smartTag>"), ("标记",)),
        (
            p("<w:ruby><w:rt>" + r("pin") + "</w:rt><w:rubyBase>" + r("拼") + "</w:rubyBase></w:ruby>"),
            ("拼",),
        ),
        (p("<m:oMath><m:r><m:t>x+y</m:t></m:r></m:oMath>"), ("x+y",)),
        (p("<w:commentRangeStart/>", "甲", "<w:commentReference/>"), ("甲",)),
        (p("𠮷田镇", "😀"), ("𠮷田镇😀",)),
    ],
)
def test_it_reads_every_kind_of_character(body: str, expected: tuple[str, ...]) -> None:
    """Tabs, breaks, hyphens, symbols, controls, links, phonetic guides, formulas."""
    assert text_of(body) == expected


def test_it_does_not_read_headers_footers_or_comments() -> None:
    """They are no part of the text that is counted and registered."""
    parts = {
        name: f'<w:x xmlns:w="{bw.TRANSITIONAL}">{p("不算")}</w:x>'.encode()
        for name in ("word/header1.xml", "word/footer1.xml", "word/comments.xml")
    }
    assert text_of(p("正文"), extra=parts) == ("正文",)


def test_a_web_page_wrapped_in_a_package_is_a_fake() -> None:
    """Some web editors save a page as an import chunk: Word shows it, WPS shows nothing."""
    parts = bw.members('<w:altChunk r:id="a" xmlns:r="r"/>', extra={"word/afchunk.mht": b"MIME-Version: 1.0"})
    link = '<R xmlns="{}"><Relationship Id="a" Type="{}/aFChunk" Target="/word/afchunk.mht"/></R>'
    parts["word/_rels/document.xml.rels"] = link.format("http://x", "http://y").encode()
    assert faults("稿.docx", build.archive(parts)) == (Reason.FAKE_WORD, "mht")


# ---- title and closing lines -------------------------------------------------------------------------------

_A = "为提升群众满意度，李庄镇结合实际，扎实开展各项工作，取得明显成效。"
_B = "一是强化组织领导。成立工作专班，明确责任分工。"


@pytest.mark.parametrize(
    ("lines", "title", "sign_off"),
    [
        (["李庄镇推进“三夏”生产", _A, _B, "李庄镇人民政府", "2019年6月12日"], 0, 3),
        (["政务信息", "第12期", "县水利局    2019年3月12日", "县水利局抓好春灌", _A, "报送人：秦某"], 3, 5),
        (["信 息 快 报", "第12期", "李庄镇党政办公室编   2019年4月12日", "李庄镇抓好春灌", _A], 3, None),
        (["县民政局建立“一门受理”机制", _A, "制度完善。", "县民政局 彭某 6220000"], 0, 3),
        (["打造“15分钟”便民服务中心", _A, _B], 0, None),
        (["约稿", "县扶贫办：多措并举稳就业", "（2019年3月5日）", _A, "联系人:王五 电话:6220001"], 1, 4),
        (["3月5日：县人社局举办招聘会", _A, "附件：1.统计表", "县人社局", "3月5日"], 0, 3),
        (["县住建局开展复工检查", _A, "张  三  138-0705-6148"], 0, 2),
        (
            [
                "郯政办字〔2019〕10号",
                "关于春季防火工作情况的报告",
                _A,
                "二〇一九年三月四日",
                "（此件公开发布）",
            ],
            1,
            3,
        ),
        (["信息报送单", "报送单位", "县水利局", "报送人", "张三", "标题", "县水利局抓春灌", _A], 6, None),
        ([_A, _B], None, None),
        (["一、基本情况", _A, "二、存在问题", _A], None, None),
        (["县政府办公室：", _A], None, None),
        (["只有一行"], None, None),
    ],
)
def test_it_finds_title_and_closing_lines(lines: list[str], title: int | None, sign_off: int | None) -> None:
    """Read by wording; nothing is guessed where no line is plainly a title.  Given by number of line."""
    document = look("稿.docx", bw.package("".join(p(line) for line in lines)))
    assert document.title == ("" if title is None else lines[title])
    assert document.sign_off == ("" if sign_off is None else "\n".join(lines[sign_off:]))


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        (["标题：县供销社备足农资", "报送单位：县供销社", _A], "县供销社备足农资"),
        (
            ["强化措施", "狠抓落实", "推进春季农业生产", "县农业农村局", _A],
            "强化措施 狠抓落实 推进春季农业生产",
        ),
        (["关于“三夏”生产", "情况的报告", "县政府办公室：", _A], "关于“三夏”生产 情况的报告"),
        (["县住建局开展复工检查", "——以“零事故”护航", _A], "县住建局开展复工检查——以“零事故”护航"),
        (["县水利局抓好春灌", "基本情况", _A], "县水利局抓好春灌"),
    ],
)
def test_it_joins_the_lines_of_a_title(lines: list[str], title: str) -> None:
    """A stated title loses its label; headlines in parts and subtitles are whole; section heads are none."""
    assert look("稿.docx", bw.package("".join(p(line) for line in lines))).title == title


def test_a_closing_bracket_is_part_of_the_closing_lines() -> None:
    """Many drafts end their last sentence with unit and name in brackets."""
    document = look("稿.docx", bw.package(p("县民政局建立受理机制") + p(f"{_A}（县民政局 彭某 6220000）")))
    assert document.sign_off == "（县民政局 彭某 6220000）"


def test_figures_in_a_closing_table_are_no_contacts() -> None:
    """Numbers and names in the last rows of a table are data; labelled ones are a closing line."""
    data = p("全县一季度经济运行情况") + p(_A) + bw.table(["小麦", "5200000"], ["玉米", "6100000"])
    assert look("稿.docx", bw.package(data)).sign_off == ""
    form = p("县水利局抓春灌") + p(_A) + bw.table(["报送人", "秦某某", "联系电话", "6220000"])
    assert look("稿.docx", bw.package(form)).sign_off == "报送人\n秦某某\n联系电话\n6220000"


def test_a_form_of_many_cells_below_the_text_is_all_closing_lines() -> None:
    """Two labels and two values a row: three rows have more cells than a 落款 has lines."""
    rows = [["签发人", "苗某", "审核人", "毕某"], ["报送人", "秦某某", "联系电话", "6220000"]]
    rows.append(["报送单位", "县水利局", "报送时间", "2019年4月12日"])
    form = p("县水利局抓春灌") + p(_A) + bw.table(*rows)
    assert look("稿.docx", bw.package(form)).sign_off == "\n".join(cell for row in rows for cell in row)


def test_a_centred_title_of_two_lines_is_one_title() -> None:
    """Centred lines belong together where the first is too long to be taken for half a headline."""
    lines = ["县农业农村局围绕粮食稳产增收目标扎实推进高标准农田建设与春季田间管理工作", "确保夏粮丰产丰收"]
    body = "".join(p(line, properties='<w:jc w:val="center"/>') for line in lines) + p(_A)
    assert look("稿.docx", bw.package(body)).title == " ".join(lines)


# ---- damage ------------------------------------------------------------------------------------------------


def _mutations(content: bytes, count: int, seed: int) -> list[bytes]:
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        changed = bytearray(content)
        for _ in range(chance.choice((1, 2, 5, 20, 100))):
            at = chance.randrange(len(changed))
            match chance.randrange(4):
                case 0:
                    changed[at] = chance.randrange(256)
                case 1:
                    changed[at : at + 4] = struct.pack(
                        "<I", chance.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, at))
                    )
                case 2:
                    del changed[at : at + chance.randrange(1, 40)]
                case _:
                    changed[at:at] = changed[max(0, at - 40) : at]
            changed = changed or bytearray(b"x")
        found.append(bytes(changed))
    return found


def _survives(content: bytes, count: int, seed: int) -> None:
    for mutated in _mutations(content, count, seed):
        with stopped_after():
            document = look("稿.doc", mutated)
        assert document.fault or document.paragraphs


_SAMPLES = {
    "docx": bw.package(p("正文", bw.note("footnotes", 0), bw.box(p("框"))), notes={"footnotes": ["注"]}),
    "stored": bw.streamed(bw.members(p("县水利局三举措抓好春灌") + p("正文。" * 50))),
    "doc": bw.doc(
        pieces=[bw.Piece(text="甲乙\r"), bw.Piece(text="abc", eight_bit=True, change=1)], lists=[bw.HIDDEN]
    ),
    "marked": bw.doc("正文一二三四五六\r" * 8, marks=[(1, 3, bw.DELETED), (5, 6, bw.HIDDEN)]),
    "doc95": bw.doc95("县水利局抓春灌\r正文。\r".encode("gbk")),
}


@pytest.mark.parametrize("sample", _SAMPLES)
def test_it_survives_damage(sample: str) -> None:
    """Sixty seeded mutations of each sample: a document or a fault, at once, never an exception."""
    _survives(_SAMPLES[sample], 60, 1)


@pytest.mark.slow
@pytest.mark.parametrize("sample", _SAMPLES)
def test_it_survives_much_damage(sample: str) -> None:
    """The same, four hundred times each."""
    _survives(_SAMPLES[sample], 400, 2)
