"""A native bar chart: its DrawingML, and the small workbook behind it, so that Word can edit its figures."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

from mailbot.render._ooxml import clean
from mailbot.render._skeleton import pack
from mailbot.render.blocks import Chart
from mailbot.render.typography import Typography

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/chart"
WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WORKBOOK_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/package"

_MAIN = "http://schemas.openxmlformats.org/drawingml/2006/main"
_CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_EMU_PER_MM = 36000
_BAR = "8C1D18"
_WIDTH = 150


def chart_xml(chart: Chart, typography: Typography, *, workbook: str) -> str:
    """c:chartSpace: one bar per name from top to bottom, with its value; `workbook` is the relation's id."""
    count = len(chart.names)
    series = (
        f'<c:ser><c:idx val="0"/><c:order val="0"/><c:tx>{_strings("B$1", "", (chart.series,))}</c:tx>'
        f'<c:spPr><a:solidFill><a:srgbClr val="{_BAR}"/></a:solidFill></c:spPr><c:invertIfNegative val="0"/>'
        f'<c:dLbls>{_text(typography, wrap="none")}<c:showLegendKey val="0"/>'
        '<c:showVal val="1"/><c:showCatName val="0"/>'
        '<c:showSerName val="0"/><c:showPercent val="0"/><c:showBubbleSize val="0"/></c:dLbls>'
        f"<c:cat>{_strings('A$2', f':$A${count + 1}', chart.names)}</c:cat>"
        f"<c:val>{_numbers(f'$B$2:$B${count + 1}', chart.values)}</c:val></c:ser>"
    )
    return (
        f'<c:chartSpace xmlns:c="{_CHART}" xmlns:a="{_MAIN}" xmlns:r="{_RELATIONS}">'
        '<c:roundedCorners val="0"/><c:chart><c:autoTitleDeleted val="1"/><c:plotArea><c:layout/><c:barChart>'
        f'<c:barDir val="{"col" if chart.upright else "bar"}"/>'
        f'<c:grouping val="clustered"/><c:varyColors val="0"/>{series}<c:gapWidth val="60"/>'
        f'<c:axId val="1"/><c:axId val="2"/></c:barChart>{_axes(typography, chart)}</c:plotArea>'
        f'<c:plotVisOnly val="1"/><c:dispBlanksAs val="gap"/></c:chart>{_NO_FRAME}{_text(typography)}'
        f'<c:externalData r:id="{workbook}"><c:autoUpdate val="0"/></c:externalData></c:chartSpace>'
    )


_NO_FRAME = "<c:spPr><a:noFill/><a:ln><a:noFill/></a:ln></c:spPr>"


def drawing_xml(chart: Chart, *, relation: str, number: int) -> str:
    """The run's w:drawing that shows the chart: 150 mm wide, 7 mm a bar; columns 70 mm high."""
    height = (70 if chart.upright else 7 * len(chart.names) + 8) * _EMU_PER_MM
    described = quoteattr(clean(chart.title))
    return (
        f'<w:r xmlns:w="{_WORD}"><w:drawing>'
        f'<wp:inline xmlns:wp="{_DRAWING}" distT="0" distB="0" distL="0" distR="0">'
        f'<wp:extent cx="{_WIDTH * _EMU_PER_MM}" cy="{height}"/>'
        f'<wp:docPr id="{number}" name="Chart {number}" descr={described}/><wp:cNvGraphicFramePr/>'
        f'<a:graphic xmlns:a="{_MAIN}"><a:graphicData uri="{_CHART}"><c:chart xmlns:c="{_CHART}" '
        f'xmlns:r="{_RELATIONS}" r:id="{relation}"/></a:graphicData></a:graphic></wp:inline>'
        "</w:drawing></w:r>"
    )


def workbook(chart: Chart) -> bytes:
    """One sheet: names in A, values in B, headed by the series' name.  The least that Excel and WPS open."""
    rows = "".join(
        f'<row r="{number}">{_inline(f"A{number}", name)}<c r="B{number}"><v>{value}</v></c></row>'
        for number, (name, value) in enumerate(zip(chart.names, chart.values, strict=True), 2)
    )
    head = f'<row r="1">{_inline("B1", chart.series)}</row>'
    sheet = f'<worksheet xmlns="{_SHEET}"><sheetData>{head}{rows}</sheetData></worksheet>'
    parts = (*_WORKBOOK_PARTS, ("xl/worksheets/sheet1.xml", sheet))
    return pack((name, (_HEAD + text).encode()) for name, text in parts)


_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OPEN = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_WORKBOOK_PARTS = (
    (
        "[Content_Types].xml",
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_OPEN}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_OPEN}.worksheet+xml"/></Types>',
    ),
    (
        "_rels/.rels",
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    ),
    (
        "xl/workbook.xml",
        f'<workbook xmlns="{_SHEET}" xmlns:r="{_RELATIONS}"><sheets>'
        '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
    ),
    (
        "xl/_rels/workbook.xml.rels",
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    ),
)


def _inline(cell: str, text: str) -> str:
    return f'<c r="{cell}" t="inlineStr"><is><t>{escape(clean(text))}</t></is></c>'


def _axes(typography: Typography, chart: Chart) -> str:
    """Names on the left, first on top, or below from left to right; no scale: each bar bears its value.

    Bars begin at nought, or figures that differ little would look far apart.
    """
    line = '<c:spPr><a:ln w="6350"><a:solidFill><a:srgbClr val="000000"/></a:solidFill></a:ln></c:spPr>'
    names, values, orientation = ("b", "l", "minMax") if chart.upright else ("l", "t", "maxMin")
    nought = "" if min(chart.values) < 0 else '<c:min val="0"/>'
    return (
        f'<c:catAx><c:axId val="1"/><c:scaling><c:orientation val="{orientation}"/></c:scaling>'
        f'<c:delete val="0"/><c:axPos val="{names}"/><c:numFmt formatCode="General" sourceLinked="0"/>'
        '<c:majorTickMark val="none"/>'
        f'<c:minorTickMark val="none"/><c:tickLblPos val="low"/>{line}{_text(typography)}'
        '<c:crossAx val="2"/></c:catAx><c:valAx><c:axId val="2"/>'
        f'<c:scaling><c:orientation val="minMax"/>{nought}</c:scaling><c:delete val="1"/>'
        f'<c:axPos val="{values}"/><c:crossAx val="1"/></c:valAx>'
    )


def _text(typography: Typography, *, wrap: str = "square") -> str:
    """c:txPr in the document's own fonts, 五号, black."""
    latin, chinese = (quoteattr(typography.fonts[part]) for part in ("latin", "body"))
    return (
        f'<c:txPr><a:bodyPr wrap="{wrap}"/><a:p><a:pPr><a:defRPr sz="1050" b="0">'
        '<a:solidFill><a:srgbClr val="000000"/>'
        f"</a:solidFill><a:latin typeface={latin}/><a:ea typeface={chinese}/></a:defRPr></a:pPr>"
        '<a:endParaRPr lang="zh-CN"/></a:p></c:txPr>'
    )


def _strings(first: str, rest: str, values: Sequence[str]) -> str:
    points = "".join(
        f'<c:pt idx="{index}"><c:v>{escape(clean(value))}</c:v></c:pt>' for index, value in enumerate(values)
    )
    return (
        f"<c:strRef><c:f>Sheet1!${first}{rest}</c:f><c:strCache>"
        f'<c:ptCount val="{len(values)}"/>{points}</c:strCache></c:strRef>'
    )


def _numbers(cells: str, values: Sequence[Decimal]) -> str:
    points = "".join(f'<c:pt idx="{index}"><c:v>{value}</c:v></c:pt>' for index, value in enumerate(values))
    return (
        f"<c:numRef><c:f>Sheet1!{cells}</c:f><c:numCache><c:formatCode>General</c:formatCode>"
        f'<c:ptCount val="{len(values)}"/>{points}</c:numCache></c:numRef>'
    )
