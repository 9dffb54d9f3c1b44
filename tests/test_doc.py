"""The reader of .doc: pieces, properties, stories, fields, code pages; and the same text in both formats."""

from __future__ import annotations

import struct
from pathlib import Path

import build_word as bw
import pytest
from build_word import CENTRED, DELETED, HIDDEN, Piece, p
from steps import calls, stopped_after

from mailbot.intake.word import inspect
from mailbot.model import Attachment, Document, DocumentKind, Reason
from mailbot.policy import DocumentLimits

DATA = Path(__file__).parent / "data" / "word"
SHORT_DELETED, SHORT_HIDDEN = 0x0182, 0x01B8
"""Prm0 with a value of 1: modifiers 0x41 and 0x5C in bits 1 to 7."""


def look(content: bytes, limits: DocumentLimits | None = None) -> Document:
    return inspect(Attachment(name="稿.doc", content_type="", content=content), limits or DocumentLimits())


def text_of(content: bytes) -> tuple[str, ...]:
    document = look(content)
    assert document.fault is None, document
    assert document.kind is DocumentKind.DOC
    return document.paragraphs


# ---- files written by LibreOffice --------------------------------------------------------------------------


def test_it_reads_a_plain_draft() -> None:
    """Title, text and closing lines of an ordinary 信息稿."""
    document = look((DATA / "plain.doc").read_bytes())
    assert document.title == "李庄镇扎实推进“三夏”生产"
    assert document.sign_off == "李庄镇人民政府\n2019年6月12日\n联系人：秦某某　联系电话：6220000"
    assert len(document.paragraphs) == 6


def test_it_reads_all_that_counts_and_nothing_else() -> None:
    """Insertions, field results, tables, notes and boxes in; deletions, field codes and hidden text out."""
    assert text_of((DATA / "rich.doc").read_bytes()) == (
        "县水利局三举措抓好春灌",
        "前文新插入的文字后文。",
        "看得见的文字又看得见。",
        "见通知原文为域的结果。",
        "甲单元",
        "乙单元",
        "丙单元",
        "丁单元",
        "内层单元",
        "有脚注的一段。",
        "有文本框的一段。",
        "手动换行前",
        "手动换行后",
        "西文 Word 97 与 don’t 混排，8.5%。-",
        "县水利局　秦某某",
        "脚注里的文字",
        "文本框内文字",
    )


def test_it_tells_a_document_of_pictures() -> None:
    """A scanned page pasted into Word has no text to register."""
    document = look((DATA / "picture.doc").read_bytes())
    assert (document.fault, document.fault_detail) == (Reason.EMPTY_DOCUMENT, "pictures")


def test_the_same_text_has_one_digest_in_both_formats() -> None:
    """A draft sent as .doc and again as .docx is the same document."""
    lines = look((DATA / "plain.doc").read_bytes()).paragraphs
    twin = bw.package("".join(p(line) for line in lines))
    other = inspect(Attachment(name="稿.docx", content_type="", content=twin), DocumentLimits())
    old = look((DATA / "plain.doc").read_bytes())
    assert (other.text_digest, other.words) == (old.text_digest, old.words)
    assert len(old.text_digest) == 64


def test_every_fixture_is_small() -> None:
    """Binary files in the repository stay under 40 kB each."""
    assert all(file.stat().st_size < 40_000 for file in DATA.glob("*.doc"))


# ---- pieces ------------------------------------------------------------------------------------------------


def test_it_joins_pieces_in_the_order_of_reading() -> None:
    """A fast save appends changed text to the file; the piece table says where it belongs."""
    pieces = [Piece(text="第一"), Piece(text="Word 97", eight_bit=True), Piece(text="第三\r")]
    assert text_of(bw.doc(pieces=pieces, stored=[2, 0, 1])) == ("第一Word 97第三",)


def test_it_reads_eight_bit_pieces_as_western() -> None:
    """Code page 1252: its quotation marks are not those of Latin-1 ([MS-DOC] 2.9.73)."""
    assert text_of(bw.doc(pieces=[Piece(text="“a” – 8€", eight_bit=True), Piece(text="\r")])) == ("“a” – 8€",)


def test_it_reads_characters_outside_the_basic_plane() -> None:
    """Rare place names and personal names need two units each."""
    assert text_of(bw.doc("𠮷田镇的𪚥某某\r")) == ("𠮷田镇的𪚥某某",)


@pytest.mark.parametrize(
    ("change", "lists"),
    [(SHORT_DELETED, ()), (SHORT_HIDDEN, ()), (1, (DELETED,)), (3, (CENTRED, HIDDEN))],
    ids=["short-deleted", "short-hidden", "listed-deleted", "second-list"],
)
def test_it_heeds_changes_noted_with_a_piece(change: int, lists: tuple[bytes, ...]) -> None:
    """A fast save notes a deletion with the piece, in short form or by the number of a list."""
    pieces = [Piece(text="留"), Piece(text="去", change=change), Piece(text="存\r")]
    assert text_of(bw.doc(pieces=pieces, lists=lists)) == ("留存",)


def test_a_change_that_turns_hiding_off_hides_nothing() -> None:
    """The value of the modifier counts, not its presence."""
    pieces = [Piece(text="见", change=SHORT_HIDDEN & 0xFF), Piece(text="\r")]
    assert text_of(bw.doc(pieces=pieces)) == ("见",)


# ---- properties --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("modifiers", "expected"),
    [
        (DELETED, "甲丁"),
        (HIDDEN, "甲丁"),
        (struct.pack("<HB", 0x083C, 0x81), "甲丁"),
        (struct.pack("<HB", 0x083C, 0x80), "甲乙丙丁"),
        (struct.pack("<HB", 0x0800, 0), "甲乙丙丁"),
        (struct.pack("<HH", 0x4A43, 32) + DELETED, "甲丁"),
        (struct.pack("<HB5x", 0xC645, 5) + HIDDEN, "甲丁"),
        (struct.pack("<HHH", 0x6A09, 1, 0xF0FE), "甲☑☑丁"),
        (b"\x00", "甲乙丙丁"),
    ],
)
def test_it_heeds_the_properties_of_characters(modifiers: bytes, expected: str) -> None:
    """Deleted, hidden, symbols; after operands of other sizes; relative to the style (0x80, 0x81)."""
    assert text_of(bw.doc("甲乙丙丁\r", marks=[(1, 3, modifiers)])) == (expected,)


def test_a_deleted_paragraph_mark_joins_two_paragraphs() -> None:
    """With the deletion accepted the second runs on in the first."""
    assert text_of(bw.doc("前\r后\r", marks=[(1, 2, DELETED)])) == ("前后",)


def test_centred_lines_make_one_title() -> None:
    """Paragraph properties say which lines are centred, so that a headline in two lines is kept whole."""
    first = "县农业农村局围绕粮食稳产增收目标扎实推进高标准农田建设与春季田间管理工作"
    text = f"{first}\r确保夏粮丰产丰收\r正文第一句。正文第二句。\r"
    end = len(first) + 10
    marks = [(0, len(first) + 1, CENTRED), (len(first) + 1, end, CENTRED)]
    assert look(bw.doc(text, paragraphs=marks)).title == f"{first} 确保夏粮丰产丰收"
    assert look(bw.doc(text)).title == first


# ---- stories and fields ------------------------------------------------------------------------------------


def test_it_reads_notes_and_boxes_but_no_headers_or_comments() -> None:
    """Seven stories share one text: body, footnotes, headers, macros, comments, endnotes, boxes."""
    content = bw.doc("正文\r脚注\r页眉\r批注\r尾注\r框\r", lengths=(3, 3, 3, 0, 3, 3, 2))
    assert text_of(content) == ("正文", "脚注", "尾注", "框")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("见\x13 REF x \x14第三条\x15款\r", ("见第三条款",)),
        ("见\x13 PAGE \x15后\r", ("见后",)),
        ("\x13 IF \x13 X \x14内\x15 = 1 \x14外\x15后\r", ("外后",)),
        ("甲\x14乙\x15丙\r", ("甲乙丙",)),
        ("甲\x13 未了的域\r后文\r", ("甲 未了的域", "后文")),
        ("甲\x07乙\x07\x07丙\r", ("甲", "乙", "丙")),
        ("上\x0b下\x0c页\r", ("上", "下", "页")),
        ("a\x1eb\x1fc\xa0d\r", ("a-bc\xa0d",)),
        ("图\x01\x08注\x02\x05\r", ("图注",)),
    ],
)
def test_it_reads_marks_as_what_they_mean(text: str, expected: tuple[str, ...]) -> None:
    """Fields, nested and unfinished; cells, breaks, hyphens, anchors."""
    assert text_of(bw.doc(text)) == expected


# ---- Word 95 -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "encoding", "text"),
    [
        (0x0804, "gbk", "县水利局抓好春灌"),
        (0x1004, "gbk", "县水利局抓好春灌"),
        (0x0409, "gbk", "县水利局抓好春灌"),
        (0x0404, "cp950", "縣水利局抓好春灌"),
        (0x0409, "cp1252", "café – 8€ é"),
    ],
)
def test_it_reads_word_95_by_code_page(language: int, encoding: str, text: str) -> None:
    """By the language stated, and as Chinese where English is stated and the bytes say otherwise."""
    assert text_of(bw.doc95(f"{text}\r".encode(encoding), language=language)) == (text,)


def test_it_parts_the_stories_of_word_95() -> None:
    """Lengths are in bytes there; headers are left out as in later versions."""
    parts = [f"{s}\r".encode("gbk") for s in ("正文", "脚注", "页眉")]
    content = bw.doc95(b"".join(parts), lengths=[*map(len, parts), 0, 0, 0, 0])
    assert text_of(content) == ("正文", "脚注")


# ---- damage ------------------------------------------------------------------------------------------------


def _patched(content: bytes, at: int, raw: bytes) -> bytes:
    """A hand-made .doc with bytes of its main stream changed, which begins at the second sector."""
    changed = bytearray(content)
    changed[512 + at : 512 + at + len(raw)] = raw
    return bytes(changed)


@pytest.mark.parametrize(
    ("at", "raw"),
    [
        (0, b"\0\0"),
        (76, struct.pack("<i", -1)),
        (418, struct.pack("<II", 0, 0)),
        (418, struct.pack("<II", 0x7FFFFFFF, 21)),
        (422, struct.pack("<I", 6)),
    ],
    ids=["magic", "negative-length", "no-piece-table", "table-outside", "table-cut"],
)
def test_a_damaged_head_is_corrupt(at: int, raw: bytes) -> None:
    """A file whose head makes no sense is corrupt, not an exception."""
    document = look(_patched(bw.doc("正文。\r"), at, raw))
    assert (document.fault, document.fault_detail) == (Reason.CORRUPT, "structure")


def test_text_outside_the_stream_is_corrupt() -> None:
    """A piece that points behind the end of the file means that the file was cut."""
    content = bw.doc("正文。\r")
    place = struct.pack("<IHIH", 4, 0, bw.TEXT_AT, 0)
    broken = content.replace(place, struct.pack("<IHIH", 4, 0, 0x0FFFFFF0, 0))
    assert broken != content
    assert look(broken).fault_detail == "truncated"


def test_a_table_that_repeats_one_page_costs_one_page() -> None:
    """Half a million entries that name the same page of properties are read once."""
    content = bw.doc("正文。\r" * 5, marks=[(0, 1, DELETED)])
    pages = 400_000
    table = struct.pack(f"<{2 * pages + 1}I", *range(pages + 1), *[5] * pages)
    head = _patched(content, 250, struct.pack("<II", 0, len(table)))
    main = head[512 : 512 + 8192]
    content = bw.compound({"WordDocument": main, "1Table": table})
    assert calls(lambda: look(content)) < pages / 4
    assert look(content).fault is Reason.CORRUPT


@pytest.mark.parametrize("unit", ["\x13\x14a", "\x13a", "a\x0b", "\x07", "——"])
def test_text_made_to_be_slow_is_not(unit: str) -> None:
    """Fields in fields, breaks, cells, dashes: ten times the text is about ten times the work."""
    few, many = (bw.doc(unit * (length // len(unit)) + "\r") for length in (180_000, 1_800_000))
    with stopped_after():
        assert calls(lambda: look(many)) < 15 * calls(lambda: look(few))


def test_pieces_that_repeat_one_text_are_bounded() -> None:
    """A thousand pieces of the same bytes unfold to what the limit on text allows and no more."""
    text = "字" * 2000
    pieces = [Piece(text=text), *[Piece(text="一")] * 50]
    document = look(bw.doc(pieces=pieces), DocumentLimits(text_chars=2000))
    assert (document.fault, document.fault_detail) == (Reason.TOO_LARGE, "text")
