"""Files as an office program writes them, .docx and .doc: what Word's status bar counts, and what not.

Each file is described as a flat OpenDocument text and written by LibreOffice.  The right counts were worked
out by hand by Word's rule: a Chinese character or full-width mark is one, a run of other characters is one.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import need

from mailbot.intake.word import inspect
from mailbot.model import Attachment, Document
from mailbot.policy import DocumentLimits

_NAMES = ("office", "style", "text", "table", "drawing:draw", "xsl-fo-compatible:fo", "svg-compatible:svg")
_SPACES = " ".join(
    f'xmlns:{n.rpartition(":")[2]}="urn:oasis:names:tc:opendocument:xmlns:{n.partition(":")[0]}:1.0"'
    for n in _NAMES
)
_HEAD = f"""<?xml version="1.0" encoding="UTF-8"?>
<office:document {_SPACES} xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"
 office:version="1.2" office:mimetype="application/vnd.oasis.opendocument.text">
<office:automatic-styles>
<style:style style:name="H" style:family="text"><style:text-properties text:display="none"/></style:style>
<style:page-layout style:name="pm">
<style:page-layout-properties fo:page-width="21cm" fo:page-height="29.7cm"/>
<style:header-style/><style:footer-style/></style:page-layout></office:automatic-styles>
<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="pm">
<style:header><text:p>页眉不计数</text:p></style:header>
<style:footer><text:p>第<text:page-number/>页</text:p></style:footer></style:master-page></office:master-styles>
<office:body><office:text>"""
_TAIL = "</office:text></office:body></office:document>"
_BASE = "<text:p>全县春耕生产有序推进</text:p><text:p>截至目前，全县完成播种面积12.5万亩。</text:p>"
_BY = (
    "<office:change-info><dc:creator>甲</dc:creator>"
    "<dc:date>2019-04-01T00:00:00</dc:date></office:change-info>"
)


def _note(kind: str, told: str) -> str:
    citation = "<text:note-citation>1</text:note-citation>"
    return (
        f'<text:note text:id="n1" text:note-class="{kind}">{citation}'
        f"<text:note-body><text:p>{told}</text:p></text:note-body></text:note>"
    )


def _row(*cells: str) -> str:
    inside = "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in cells)
    return f"<table:table-row>{inside}</table:table-row>"


FILES: dict[str, tuple[str, int]] = {
    "header_and_footer": (_BASE, 27),
    "footnote": (f"<text:p>全县春耕生产{_note('footnote', '数据来自统计局')}有序推进</text:p>", 17),
    "endnote": (f"<text:p>全县春耕生产{_note('endnote', '见附表')}有序推进</text:p>", 13),
    "table": (
        f'{_BASE}<table:table><table:table-column table:number-columns-repeated="2"/>'
        f"{_row('乡镇', '面积')}{_row('李庄镇', '2.1')}</table:table><text:p/>",
        35,
    ),
    "text_box": (
        f'{_BASE}<text:p><draw:frame text:anchor-type="paragraph" svg:width="5cm"><draw:text-box '
        'fo:min-height="2cm"><text:p>文本框里的字</text:p></draw:text-box></draw:frame>框外</text:p>',
        35,
    ),
    "tracked_changes": (
        '<text:tracked-changes><text:changed-region text:id="c1"><text:deletion>'
        f"{_BY}<text:p>删去的话</text:p></text:deletion></text:changed-region>"
        f'<text:changed-region text:id="c2"><text:insertion>{_BY}</text:insertion></text:changed-region>'
        '</text:tracked-changes><text:p>全县<text:change text:change-id="c1"/>春耕'
        '<text:change-start text:change-id="c2"/>生产<text:change-end text:change-id="c2"/>有序推进</text:p>',
        10,
    ),
    "hidden_text": (
        '<text:p>全县春耕<text:span text:style-name="H">隐藏的字</text:span>有序推进</text:p>',
        8,
    ),
    "fields": (
        '<text:p>全县春耕<text:page-number/>有序<text:a xlink:href="http://x.example/">推进情况</text:a>，'
        '共<text:sequence text:name="T" text:formula="ooow:T+1">3</text:sequence>处</text:p>',
        15,
    ),
    "comment": (
        "<text:p>全县春耕<office:annotation><dc:creator>乙</dc:creator><text:p>批注不计</text:p>"
        "</office:annotation>有序推进</text:p>",
        8,
    ),
    "list": (
        "<text:list><text:list-item><text:p>第一项</text:p></text:list-item>"
        "<text:list-item><text:p>第二项</text:p></text:list-item></text:list>",
        6,
    ),
    "tabs_and_breaks": (
        '<text:p>单位<text:tab/>面积<text:s text:c="3"/>GDP<text:line-break/>GDP\u3000全角空格</text:p>',
        10,
    ),
    "languages": ("<text:p>Uyghur ئۇيغۇر 日本語かな русский GDP增长8.5%，电话0539-6106766</text:p>", 16),
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """All of them in both forms, made by two runs of LibreOffice."""
    soffice, folder = need("soffice"), tmp_path_factory.mktemp("office")
    for name, (body, _) in FILES.items():
        (folder / f"{name}.fodt").write_text(_HEAD + body + _TAIL, "utf-8")
    for form in ("docx", "doc"):
        subprocess.run(
            [
                soffice,
                f"-env:UserInstallation={(folder / 'profile').as_uri()}",
                *("--headless", "--convert-to", form, "--outdir", str(folder)),
                *(str(folder / f"{name}.fodt") for name in FILES),
            ],
            check=True,
            capture_output=True,
            timeout=300,
        )
    yield folder


def _looked_into(path: Path) -> Document:
    return inspect(Attachment(name=path.name, content_type="", content=path.read_bytes()), DocumentLimits())


@pytest.mark.parametrize("form", ["docx", "doc"])
@pytest.mark.parametrize("name", FILES)
def test_what_an_office_program_wrote_is_counted_as_word_does(written: Path, name: str, form: str) -> None:
    """Text, tables, boxes, notes and insertions; no header, comment, deletion or hidden text."""
    document = _looked_into(written / f"{name}.{form}")
    assert (document.fault, document.words.whole) == (None, FILES[name][1])
