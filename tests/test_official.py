"""Official documents: what is in the .docx, and what LibreOffice makes of it (GB/T 9704-2012)."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import check_docx
import check_pdf
import openpyxl
import pytest
from check_pdf import BOTTOM, LEFT, MM, RIGHT, TOP
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from mailbot.clock import SHANGHAI
from mailbot.errors import ConfigError
from mailbot.policy import Resources, load_wording
from mailbot.render._ooxml import clean, width_of
from mailbot.render._titles import break_title
from mailbot.render.blocks import (
    Addressees,
    Align,
    Attachment,
    AttachmentList,
    Block,
    Chart,
    GroupRow,
    HeadCell,
    Heading,
    Imprint,
    Note,
    Paragraph,
    RedHead,
    SignOff,
    Table,
    Title,
)
from mailbot.render.official import Properties, to_docx
from mailbot.render.typography import Phrasing, typography_of
from mailbot.render.wording import Templates

WORDING = load_wording(Resources(None))
TYPOGRAPHY = typography_of(WORDING)
PROPERTIES = Properties(title="通报", author="信息科", created=datetime(2019, 4, 1, 8, 0, tzinfo=SHANGHAI))
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
TEXT = "政务信息是政府领导掌握情况科学决策的重要依据也是宣传典型交流经验的重要途径"


def made(*blocks: Block) -> bytes:
    return to_docx(blocks, properties=PROPERTIES, typography=TYPOGRAPHY)


def part(document: bytes, name: str = "word/document.xml") -> etree._Element:
    with zipfile.ZipFile(io.BytesIO(document)) as package:
        return etree.fromstring(package.read(name))


def text_of(document: bytes) -> str:
    return "".join(part(document).itertext(f"{W}t"))


def pages(document: bytes, directory: Path) -> list[check_pdf.Page]:
    return check_pdf.pages_of(check_pdf.rendered(document, directory))


def paragraph_with(document: bytes, text: str) -> etree._Element:
    return next(p for p in part(document).iter(f"{W}p") if text in "".join(p.itertext(f"{W}t")))


def indents(paragraph: etree._Element) -> dict[str, int]:
    found = paragraph.find(f"{W}pPr/{W}ind")
    return (
        {key.removeprefix(W): int(value) for key, value in found.attrib.items()} if found is not None else {}
    )


ALL_KINDS: tuple[Block, ...] = (
    RedHead(office="郯城县人民政府办公室文件", number="郯政办字〔2019〕10号"),
    Title(lines=("郯城县人民政府办公室", "关于2019年3月份政务信息工作情况的通报")),
    Addressees(text="各乡镇人民政府，县直有关部门、单位："),
    Heading(level=1, text="一、基本情况"),
    Heading(level=2, text="（一）乡镇报送情况。", run_on="马头镇12条。"),
    Heading(level=3, text="1.第三级"),
    Heading(level=4, text="（1）第四级"),
    Paragraph(text=TEXT),
    Chart(title="得分", names=("马头镇", "县教体局"), values=(Decimal("12.4"), Decimal("-2")), series="得分"),
    AttachmentList(names=("综合表", "目录")),
    SignOff(office="郯城县人民政府办公室", date=date(2019, 4, 1)),
    Note(text="此件公开发布"),
    Attachment(
        start=1,
        title="综合表",
        blocks=(
            Table(
                head=(
                    (HeadCell(text="单位", rows=2), HeadCell(text="采用", columns=2)),
                    (HeadCell(text="县"), HeadCell(text="市")),
                ),
                rows=(GroupRow(text="乡镇"), ("马头镇", "1", "2")),
                widths=(60, 40, 40),
                aligns=(Align.LEFT, Align.RIGHT, Align.CENTER),
            ),
        ),
    ),
    Attachment(
        start=2,
        title="目录",
        blocks=(
            Table(
                head=((HeadCell(text="标题"),),), rows=(("甲",),), widths=(200,), landscape=True, size=10.5
            ),
        ),
    ),
    Imprint(printer="郯城县人民政府办公室", date=date(2019, 4, 3), copies="县委办公室"),
)


def test_the_same_blocks_give_the_same_bytes() -> None:
    """Approval binds one exact file by its sha256 (promise P7), so nothing in it may depend on the hour."""
    assert made(*ALL_KINDS) == made(*ALL_KINDS)


def test_its_properties_are_those_given() -> None:
    """No library's name and no time of its own stands in the properties."""
    core = etree.tostring(part(made(*ALL_KINDS), "docProps/core.xml")).decode()
    assert "python-docx" not in core
    assert core.count("2019-04-01T00:00:00Z") == 2


def test_word_would_open_it_without_repair() -> None:
    """Every part by the schema's order, every relationship and content type in its place (ECMA-376)."""
    document = made(*ALL_KINDS)
    assert check_docx.faults(document) == []
    assert check_docx.kinds(document) >= set(check_docx.ORDER)


@pytest.mark.parametrize(
    ("part_name", "before", "after", "fault"),
    [
        ("word/document.xml", "<w:pPr><w:pStyle", "<w:pPr><w:keepNext/><w:pStyle", "pStyle"),
        ("word/document.xml", "</w:p></w:tc>", "</w:p></w:tc><w:p/>", "tr"),
        ("word/charts/chart1.xml", "<c:barDir", "<c:gapWidth/><c:barDir", "barDir"),
        ("word/styles.xml", "</w:styles>", "", "XML"),
        ("[Content_Types].xml", "/word/charts/chart1.xml", "/word/charts/chart9.xml", "chart9"),
        ("word/_rels/document.xml.rels", "charts/chart1.xml", "charts/chart7.xml", "chart7"),
        ("word/document.xml", '<w:pStyle w:val="Body"', '<w:pStyle w:val="Nobody"', "Nobody"),
        ("word/charts/chart1.xml", ">12.4<", ">12.5<", "12.5"),
    ],
)
def test_the_check_of_a_package_finds_what_word_would(
    part_name: str, before: str, after: str, fault: str
) -> None:
    """A check that finds nothing in a damaged file would prove nothing of a whole one."""
    damaged = check_docx.changed(made(*ALL_KINDS), part_name, before, after)
    found = check_docx.faults(damaged)
    assert any(fault in one for one in found), found


def test_fonts_have_their_official_names_and_stand_ins() -> None:
    """方正小标宋简体, 仿宋_GB2312, 黑体, 楷体_GB2312, 宋体, Times New Roman, and their stand-ins."""
    table = part(made(Paragraph(text="正文")), "word/fontTable.xml")
    fonts = {font.get(f"{W}name"): font.find(f"{W}altName") for font in table}
    assert {"方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312", "宋体", "Times New Roman"} <= set(fonts)
    assert fonts["仿宋_GB2312"].get(f"{W}val") == "仿宋"


@pytest.mark.parametrize(
    ("style", "font", "half_points"),
    [
        ("Normal", "仿宋_GB2312", "32"),
        ("Title", "方正小标宋简体", "44"),
        ("Heading1", "黑体", None),
        ("Heading2", "楷体_GB2312", None),
        ("Heading3", "仿宋_GB2312", None),
        ("AttachmentMark", "黑体", None),
        ("Page", "宋体", "28"),
        ("Cell12", "仿宋_GB2312", "24"),
        ("Cell10", "仿宋_GB2312", "21"),
    ],
)
def test_each_element_has_its_font_and_size(style: str, font: str, half_points: str | None) -> None:
    """GB/T 9704-2012: 标题 2号小标宋, 正文 3号仿宋, 一、 黑体, （一） 楷体, 页码 4号半角宋体."""
    styles = part(made(Paragraph(text="正文")), "word/styles.xml")
    found = styles.find(f"{W}style[@{W}styleId='{style}']")
    fonts = found.find(f"{W}rPr/{W}rFonts")
    assert fonts.get(f"{W}eastAsia") == font
    assert fonts.get(f"{W}hint") == "eastAsia"
    assert fonts.get(f"{W}ascii") == ("宋体" if style == "Page" else "Times New Roman")
    size = found.find(f"{W}rPr/{W}sz")
    assert (size.get(f"{W}val") if size is not None else None) == half_points


def test_the_language_is_chinese() -> None:
    """Else '。' is set in the middle of its square, as Japanese has it."""
    document = made(Paragraph(text="正文"))
    lang = part(document, "word/styles.xml").find(f"{W}docDefaults/{W}rPrDefault/{W}rPr/{W}lang")
    assert lang.get(f"{W}eastAsia") == "zh-CN"
    assert part(document, "word/settings.xml").find(f"{W}themeFontLang").get(f"{W}eastAsia") == "zh-CN"


def test_rare_names_are_set_in_a_font_that_has_them() -> None:
    """仿宋_GB2312 has no 喆; 仿宋 does.  The common characters beside it keep their font."""
    runs = paragraph_with(made(Paragraph(text="王喆参加")), "王").findall(f"{W}r")
    fonts = [run.find(f"{W}rPr/{W}rFonts").get(f"{W}eastAsia") for run in runs]
    assert ["".join(run.itertext(f"{W}t")) for run in runs] == ["王", "喆", "参加"]
    assert fonts == [None, "仿宋", None]


@pytest.mark.parametrize(
    "bad", ["\x00", "\x07", "\x0b", "\x1b", "\x7f", "\x85", "\ufffe", "\uffff", "\ud800", "\u202e"]
)
def test_one_bad_character_cannot_stop_the_bulletin(bad: str) -> None:
    """Each of them made the whole month's file impossible, or turned its text round."""
    blocks = (
        Title(lines=(f"通{bad}报",)),
        Addressees(text=f"各{bad}单位："),
        Heading(level=2, text=f"（一）甲{bad}乙。", run_on=f"丙{bad}丁"),
        Paragraph(text=f"正{bad}文"),
        AttachmentList(names=(f"附{bad}表",)),
        SignOff(office=f"办公{bad}室", date=date(2019, 4, 1)),
        Note(text=f"附{bad}注"),
        Chart(title=f"图{bad}题", names=(f"单{bad}位",), values=(Decimal(1),), series=f"得{bad}分"),
        Attachment(
            start=1,
            title=f"附{bad}件",
            blocks=(
                Table(
                    head=((HeadCell(text=f"标{bad}题"),),),
                    rows=(GroupRow(text=f"分{bad}组"), (f"一{bad}行",)),
                    widths=(100,),
                ),
            ),
        ),
        RedHead(office=f"红{bad}头", number=f"字{bad}号"),
        Imprint(printer=f"印{bad}发", date=date(2019, 4, 1), copies=f"抄{bad}送"),
    )
    properties = Properties(title=f"标{bad}题", author=f"信{bad}息", created=PROPERTIES.created)
    document = to_docx(blocks, properties=properties, typography=TYPOGRAPHY)
    with zipfile.ZipFile(io.BytesIO(document)) as package:
        for name in package.namelist():
            if name.endswith((".xml", ".rels")):
                assert bad not in "".join(etree.fromstring(package.read(name)).itertext())
    assert "附注" in text_of(document) and "一行" in text_of(document)


@given(st.text(st.characters(codec=None), max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_text_makes_a_file_that_opens(text: str) -> None:
    """Whatever a mail holds, the document can be read again and says the same."""
    document = made(Title(lines=(text,)), Paragraph(text=text))
    assert clean(text) in "".join("".join(p.itertext(f"{W}t")) for p in part(document).iter(f"{W}p"))


def test_markup_in_a_text_stays_text() -> None:
    """A title with < & > or quotation marks is no XML."""
    assert "A<b>&amp;\"'" in text_of(made(Paragraph(text="A<b>&amp;\"'")))


PHRASING = TYPOGRAPHY.phrasing


def test_a_title_that_fits_stays_on_one_line() -> None:
    """Twenty 2号 characters fill a line."""
    title = "关于2019年12月份政务信息工作情况的通报"
    assert break_title(title, width=20, phrasing=PHRASING) == (title,)


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        (
            "郯城县人民政府办公室关于2019年3月份政务信息工作情况的通报",
            ("郯城县人民政府办公室", "关于2019年3月份政务信息工作情况的通报"),
        ),
        (
            "郯城县人民政府办公室关于表彰2019年度全县政务信息工作先进单位和先进个人的决定",
            ("郯城县人民政府办公室关于表彰2019年度", "全县政务信息工作先进单位和先进个人的决定"),
        ),
    ],
)
def test_a_long_title_is_broken_between_words(title: str, lines: tuple[str, ...]) -> None:
    """7.3.1: 回行时做到词意完整, 排列对称, 梯形或菱形."""
    assert break_title(title, width=20, phrasing=PHRASING) == lines


@given(st.text("县政府办公室的关于信息工作，。、“”（）《》0123456789年月", min_size=1, max_size=90))
@settings(max_examples=200, deadline=500)
def test_no_line_of_a_title_is_too_long_or_begins_with_a_stop(title: str) -> None:
    """Whatever the title, its lines keep every character and fit."""
    lines = break_title(title, width=20, phrasing=PHRASING)
    assert "".join(lines) == title.strip()
    if width_of(title) <= 40:
        for line in lines[1:]:
            assert line[0] not in "，。、”）》" or len(lines) > 4 or _all_stops(title)


def _all_stops(title: str) -> bool:
    """A run of stops longer than a line has nowhere else to go."""
    return bool(re.search(r"[，。、“”（）《》]{3}", title))


def test_words_are_not_cut() -> None:
    """A word given by official.j2 keeps together where any other break is possible."""
    lines = break_title(
        "甲乙丙丁戊己庚辛壬癸政务信息子丑寅卯辰巳午未申酉", width=14, phrasing=Phrasing(words=("政务信息",))
    )
    assert any("政务信息" in line for line in lines)


def test_with_a_seal_the_office_is_centred_over_the_date() -> None:
    """7.3.5.1: 成文日期右空四字, 署名以成文日期为准居中."""
    document = made(SignOff(office="郯城县人民政府办公室", date=date(2019, 4, 1)))
    office = indents(paragraph_with(document, "办公室"))["right"] / 315
    day = indents(paragraph_with(document, "2019"))["right"] / 315
    assert day == 4
    assert office + width_of("郯城县人民政府办公室") / 2 == pytest.approx(
        day + width_of("2019年4月1日") / 2, abs=0.01
    )


def test_an_office_too_long_for_that_stays_within_the_margin() -> None:
    """Both move to the left together."""
    office = "郯城县人民政府办公室政务信息工作领导小组办公室"
    document = made(SignOff(office=office, date=date(2019, 4, 1)))
    right = indents(paragraph_with(document, office))["right"]
    assert right == 0
    assert indents(paragraph_with(document, "2019"))["right"] > 4 * 315


@pytest.mark.parametrize(
    ("office", "office_right", "day_right"),
    [("郯城县人民政府办公室", 2, 4), ("县府办", 7, 2)],
)
def test_without_a_seal_the_date_begins_two_characters_in(
    office: str, office_right: float, day_right: float
) -> None:
    """7.3.5.2: 首字比署名首字右移二字; a date that is longer is the one 右空二字."""
    document = made(SignOff(office=office, date=date(2019, 4, 1), sealed=False))
    assert indents(paragraph_with(document, office))["right"] == pytest.approx(office_right * 315, abs=1)
    assert indents(paragraph_with(document, "2019"))["right"] == pytest.approx(day_right * 315, abs=1)


def test_a_single_attachment_has_no_number() -> None:
    """7.3.4: 附件：×××; two or more are numbered with Arabic figures."""
    assert text_of(made(AttachmentList(names=("综合表",)))) == "附件：综合表"
    assert text_of(made(AttachmentList(names=("综合表", "目录")))) == "附件：1.综合表2.目录"


def test_a_chart_carries_the_workbook_behind_it() -> None:
    """Else Word greys out 编辑数据.  Names and values in the workbook are those the chart shows."""
    document = made(*ALL_KINDS)
    with zipfile.ZipFile(io.BytesIO(document)) as package:
        book = package.read("word/embeddings/chart1.xlsx")
        links = package.read("word/charts/_rels/chart1.xml.rels").decode()
    sheet = openpyxl.load_workbook(io.BytesIO(book))["Sheet1"]
    assert [[cell.value for cell in row] for row in sheet["A1:B3"]] == [
        [None, "得分"],
        ["马头镇", 12.4],
        ["县教体局", -2],
    ]
    assert "chart1.xlsx" in links
    shown = part(document, "word/charts/chart1.xml").itertext("{*}v")
    assert list(shown) == ["得分", "马头镇", "县教体局", "12.4", "-2"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{% set a = 1 %}\n{% if %}", 2),
        ("{% set a = 1 %}\n\n{{ nothing.there }}", 3),
        ("{% set a = 1 %}\n{{ ''.__class__.__mro__ }}", 2),
        ("{% set a = 1 / 0 %}", 1),
    ],
)
def test_a_mistake_in_a_template_is_told_with_its_line(text: str, line: int) -> None:
    """The office's people edit templates; a mistake is theirs to find, and code in one does not run."""
    with pytest.raises(ConfigError) as caught:
        Templates({"bulletin/official.j2": text}).settings("bulletin/official.j2")
    assert caught.value.code == "template_error"
    assert caught.value.details["file"] == "bulletin/official.j2"
    assert caught.value.details["line"] == str(line)


@pytest.mark.parametrize("missing", ["fonts", "attachment", "words"])
def test_a_template_that_lacks_something_is_refused(missing: str) -> None:
    """It says what is missing."""
    text = WORDING.templates["bulletin/official.j2"].replace("{% set " + missing + " =", "{% set other =")
    with pytest.raises(ConfigError) as caught:
        typography_of(replace(WORDING, templates={"bulletin/official.j2": text}))
    assert caught.value.details["detail"] == missing


def body(paragraphs: int) -> list[Block]:
    """Paragraphs without any stop, so that every line but the last must be full."""
    return [Paragraph(text=TEXT * 5) for _ in range(paragraphs)]


@pytest.mark.slow
def test_a_page_holds_22_lines_of_28_characters(tmp_path: Path) -> None:
    """GB/T 9704-2012, 5.2.2: 一般每面排22行, 每行排28个字, 并撑满版心."""
    found = pages(made(*body(12)), tmp_path)
    assert len(found) >= 3
    for page in found[:-1]:
        assert len(page.lines) == 22
        full = check_pdf.full_lines(page)
        assert len(full) >= 15
        assert {len(line.text) for line in full} == {28}


@pytest.mark.slow
def test_margins_and_page_numbers_are_where_the_standard_has_them(tmp_path: Path) -> None:
    """37, 28, 35 and 26 mm; — 1 — right on odd and left on even pages, its dash 7 mm below the 版心."""
    document = check_pdf.rendered(made(*body(12)), tmp_path)
    found = check_pdf.pages_of(document)
    assert [check_pdf.page_number(page) for page in found] == list(range(1, len(found) + 1))
    for page in found[:2]:
        ink = check_pdf.ink_of(document, page.number)
        text = ink.box(0, 0, page.width, page.height - BOTTOM)
        assert text is not None
        assert text[0] == pytest.approx(LEFT, abs=1 * MM)
        assert text[2] == pytest.approx(page.width - RIGHT, abs=1 * MM)
        assert TOP < text[1] < TOP + 4 * MM
        number = ink.box(0, page.height - BOTTOM + 2, page.width, page.height)
        assert number is not None
        if page.number % 2:
            assert number[2] == pytest.approx(page.width - RIGHT - 14, abs=1 * MM)
        else:
            assert number[0] == pytest.approx(LEFT + 14, abs=1 * MM)
        dash = ink.box(number[0], number[1], number[0] + 6, number[3])
        assert dash is not None
        assert (dash[1] + dash[3]) / 2 == pytest.approx(page.height - BOTTOM + 7 * MM, abs=0.5 * MM)


def long_table(rows: int, *, landscape: bool = False) -> Table:
    """Numbered rows, some of them of several lines."""
    return Table(
        head=((HeadCell(text="序号"), HeadCell(text="信息标题"), HeadCell(text="日期")),),
        rows=tuple((str(n), f"第{n}项" + TEXT * (n % 4) + "完", "3月1日") for n in range(1, rows + 1)),
        widths=(14, 112, 30),
        aligns=(Align.CENTER, Align.LEFT, Align.CENTER),
        landscape=landscape,
    )


@pytest.mark.slow
def test_rows_are_not_cut_and_the_head_is_repeated(tmp_path: Path) -> None:
    """Each row stands on one page, and each page of the table begins with its head."""
    found = pages(made(Attachment(start=1, title="目录", blocks=(long_table(60),))), tmp_path)
    assert len(found) >= 3
    assert found[0].lines[0].text == "附件1"
    columns = [page.column(42, 150) for page in found]
    for page in found[1:]:
        assert page.lines[0].text == "序号信息标题日期"
    for n in range(1, 61):
        row = f"第{n}项" + TEXT * (n % 4) + "完"
        assert sum(row in column for column in columns) == 1, n


@pytest.mark.slow
def test_a_wide_table_turns_its_pages_alone(tmp_path: Path) -> None:
    """横排表: the pages around it stay upright; its number stays where it is on the sheet."""
    blocks: Sequence[Block] = (
        *body(1),
        Attachment(start=1, title="横表", blocks=(long_table(30, landscape=True),)),
        Attachment(start=2, title="竖表", blocks=(long_table(3),)),
    )
    document = check_pdf.rendered(made(*blocks), tmp_path)
    found = check_pdf.pages_of(document)
    turned = [page.landscape for page in found]
    assert turned[0] is False and turned[-1] is False and turned.count(True) >= 2
    assert turned == [*sorted(turned[:-1]), False]
    for page in found:
        if page.landscape:
            margin = check_pdf.ink_of(document, page.number).box(10, 0, 34 * MM, page.height)
            assert margin is not None
            assert margin[0] > 24 * MM and margin[2] < 31 * MM
            if page.number % 2:
                assert margin[3] == pytest.approx(page.height - 26 * MM - 14, abs=1.5 * MM)
            else:
                assert margin[1] == pytest.approx(28 * MM + 14, abs=1.5 * MM)


@pytest.mark.slow
def test_the_date_never_stands_on_a_page_without_text(tmp_path: Path) -> None:
    """7.3.5: 署名 and 成文日期 take some of the text with them to the next page."""
    filler = [Paragraph(text=TEXT) for _ in range(10)]
    for extra in range(2):
        blocks = (
            *filler,
            *([Paragraph(text=TEXT[:20])] * extra),
            SignOff(office="县政府办公室", date=date(2019, 4, 1)),
        )
        directory = tmp_path / str(extra)
        directory.mkdir()
        last = pages(made(*blocks), directory)[-1]
        assert "2019年4月1日" in last.text
        assert "政务信息" in last.text


@pytest.mark.slow
def test_all_kinds_of_blocks_can_be_rendered(tmp_path: Path) -> None:
    """Red head, levels, chart, note, attachments and imprint all show."""
    text = "".join(word.text for page in pages(made(*ALL_KINDS), tmp_path) for word in page.words)
    for expected in (
        "郯政办字〔2019〕10号",
        "第四级",
        "此件公开发布",
        "附件2",
        "抄送：县委办公室。",
        "印发",
        "12.4",
    ):
        assert expected in text.replace(" ", "")
