"""Looks into a .docx as Word does when it opens one: what it would call damaged, or would not find.

LibreOffice takes files that Word repairs or refuses, so a document that renders proves nothing of this.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterator
from itertools import pairwise

import openpyxl
from lxml import etree

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_RELATIONS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
W = f"{{{_WORD}}}"
C = f"{{{_CHART}}}"

ORDER = {
    # ECMA-376 part 1, annex A.1: children of these stand in this sequence.
    "w:pPr": """pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr suppressLineNumbers pBdr
        shd tabs suppressAutoHyphens kinsoku wordWrap overflowPunct topLinePunct autoSpaceDE autoSpaceDN bidi
        adjustRightInd snapToGrid spacing ind contextualSpacing mirrorIndents suppressOverlap jc textDirection
        textAlignment textboxTightWrap outlineLvl divId cnfStyle rPr sectPr""",
    "w:rPr": """rStyle rFonts b bCs i iCs caps smallCaps strike dstrike outline shadow emboss imprint noProof
        snapToGrid vanish webHidden color spacing w kern position sz szCs highlight u effect bdr shd fitText
        vertAlign rtl cs em lang""",
    "w:tbl": "tblPr tblGrid tr",
    "w:tblPr": """tblStyle tblpPr tblOverlap bidiVisual tblStyleRowBandSize tblStyleColBandSize tblW jc
        tblCellSpacing tblInd tblBorders shd tblLayout tblCellMar tblLook""",
    "w:tr": "tblPrEx trPr tc",
    "w:tc": "tcPr p",
    "w:tcPr": """cnfStyle tcW gridSpan hMerge vMerge tcBorders shd noWrap tcMar textDirection tcFitText vAlign
        hideMark""",
    "w:tblBorders": "top left start bottom right end insideH insideV",
    "w:tblCellMar": "top left start bottom right end",
    "w:pBdr": "top left bottom right between bar",
    "w:sectPr": """headerReference footerReference footnotePr endnotePr type pgSz pgMar paperSrc pgBorders
        lnNumType pgNumType cols formProt vAlign noEndnote titlePg textDirection bidi rtlGutter docGrid""",
    "w:styles": "docDefaults latentStyles style",
    "w:docDefaults": "rPrDefault pPrDefault",
    "w:style": """name aliases basedOn next link autoRedefine hidden uiPriority semiHidden unhideWhenUsed
        qFormat locked personal rsid pPr rPr tblPr trPr tcPr""",
    "w:font": "altName panose1 charset family notTrueType pitch sig",
    "w:settings": """writeProtection view zoom removePersonalInformation mirrorMargins defaultTabStop
        evenAndOddHeaders characterSpacingControl footnotePr endnotePr compat docVars rsids themeFontLang""",
    # A.5.1, charts.
    "c:chartSpace": "date1904 lang roundedCorners style clrMapOvr pivotSource chart spPr txPr externalData",
    "c:chart": """title autoTitleDeleted pivotFmts view3D floor sideWall backWall plotArea legend plotVisOnly
        dispBlanksAs""",
    "c:plotArea": "layout barChart catAx valAx dTable spPr",
    "c:barChart": "barDir grouping varyColors ser dLbls gapWidth overlap serLines axId",
    "c:ser": "idx order tx spPr invertIfNegative pictureOptions dPt dLbls trendline errBars cat val shape",
    "c:dLbls": """dLbl numFmt spPr txPr dLblPos showLegendKey showVal showCatName showSerName showPercent
        showBubbleSize separator""",
    "c:catAx": """axId scaling delete axPos majorGridlines minorGridlines title numFmt majorTickMark
        minorTickMark tickLblPos spPr txPr crossAx crosses auto lblAlgn lblOffset noMultiLvlLbl""",
    "c:valAx": """axId scaling delete axPos majorGridlines minorGridlines title numFmt majorTickMark
        minorTickMark tickLblPos spPr txPr crossAx crosses crossBetween majorUnit minorUnit dispUnits""",
    "c:scaling": "logBase orientation max min",
    "c:strRef": "f strCache",
    "c:numRef": "f numCache",
    "c:strCache": "ptCount pt",
    "c:numCache": "formatCode ptCount pt",
}
_PREFIXES = {_WORD: "w", _CHART: "c"}


def faults(document: bytes) -> list[str]:
    """All that Word would object to, in words; nothing for a whole file."""
    with zipfile.ZipFile(io.BytesIO(document)) as package:
        names = package.namelist()
        content = {name: package.read(name) for name in names}
    found = [f"{name}: twice" for name in set(names) if names.count(name) > 1]
    trees: dict[str, etree._Element] = {}
    for name, data in content.items():
        if name.endswith((".xml", ".rels")):
            try:
                trees[name] = etree.fromstring(data)
            except etree.XMLSyntaxError as error:
                found.append(f"{name}: no XML, {error}")
    found += _content_types(trees, names)
    found += [fault for name in trees if name.endswith(".rels") for fault in _relations(name, trees, names)]
    for name, tree in trees.items():
        found += [f"{name}: {fault}" for fault in (*_sequence(tree), *_structure(tree))]
    found += _styles(trees)
    found += [
        fault for name in trees if name.startswith("word/charts/chart") for fault in _chart(name, content)
    ]
    return found


def kinds(document: bytes) -> set[str]:
    """Which of the elements in ORDER the document has: a check of what is not there would be none."""
    with zipfile.ZipFile(io.BytesIO(document)) as package:
        trees = [etree.fromstring(package.read(n)) for n in package.namelist() if n.endswith(".xml")]
    return {kind for tree in trees for element in tree.iter() if (kind := _kind(element)) in ORDER}


def changed(document: bytes, part: str, before: str, after: str) -> bytes:
    """The document with one thing in one part exchanged."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(document)) as package, zipfile.ZipFile(buffer, "w") as copy:
        for name in package.namelist():
            text = package.read(name)
            if name == part:
                assert before.encode() in text, (part, before)
                text = text.replace(before.encode(), after.encode(), 1)
            copy.writestr(name, text)
    return buffer.getvalue()


def _kind(element: etree._Element) -> str:
    if not isinstance(element.tag, str):
        return ""
    name = etree.QName(element)
    return f"{_PREFIXES.get(name.namespace or '', '')}:{name.localname}"


def _content_types(trees: dict[str, etree._Element], names: list[str]) -> Iterator[str]:
    types = trees.get("[Content_Types].xml")
    if types is None:
        yield "[Content_Types].xml: missing"
        return
    overrides = {one.get("PartName", "").lstrip("/") for one in types.iter(f"{_TYPES}Override")}
    endings = {one.get("Extension", "") for one in types.iter(f"{_TYPES}Default")}
    yield from (f"[Content_Types].xml: {name} is not there" for name in sorted(overrides - set(names)))
    for name in names:
        ending = name.rpartition(".")[2]
        told = name in overrides or (ending in endings and (ending != "xml" or not name.startswith("word/")))
        if not told and name != "[Content_Types].xml":
            yield f"{name}: no content type"


def _relations(name: str, trees: dict[str, etree._Element], names: list[str]) -> Iterator[str]:
    folder, _, file = name.rpartition("_rels/")
    owner = trees.get(folder + file.removesuffix(".rels"))
    links = list(trees[name].iter(f"{_PACKAGE}Relationship"))
    ids = [link.get("Id", "") for link in links]
    if len(ids) != len(set(ids)):
        yield f"{name}: an id twice"
    for link in links:
        target = link.get("Target", "")
        path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(folder + target)
        if path not in names:
            yield f"{name}: {path} is not there"
    if owner is not None:
        used = {
            value
            for element in owner.iter()
            for key, value in element.attrib.items()
            if str(key).startswith(_RELATIONS)
        }
        yield from (f"{name}: {one} leads nowhere" for one in sorted(map(str, used - set(ids))))


def _sequence(tree: etree._Element) -> Iterator[str]:
    for element in tree.iter():
        order = ORDER.get(_kind(element), "").split()
        if not order:
            continue
        children = [
            etree.QName(child).localname.replace("footerReference", "headerReference") for child in element
        ]
        unknown = [child for child in children if child not in order]
        if unknown:
            yield f"{_kind(element)} holds {unknown[0]}"
        elif (places := [order.index(child) for child in children]) != sorted(places):
            wrong = next(b for a, b in pairwise(children) if order.index(a) > order.index(b))
            yield f"{_kind(element)}: {wrong} stands too late"


def _structure(tree: etree._Element) -> Iterator[str]:
    for cell in tree.iter(f"{W}tc"):
        if len(cell) == 0 or cell[-1].tag != f"{W}p":
            yield "a cell ends without a paragraph"
    for table in tree.iter(f"{W}tbl"):
        following = table.getnext()
        if following is None or following.tag != f"{W}p":
            yield "a table is not followed by a paragraph"
        columns = len(table.findall(f"{W}tblGrid/{W}gridCol"))
        for row in table.iter(f"{W}tr"):
            spans = (cell.find(f"{W}tcPr/{W}gridSpan") for cell in row.findall(f"{W}tc"))
            if sum(1 if span is None else int(span.get(f"{W}val", "1")) for span in spans) != columns:
                yield "a row has not as many cells as its table has columns"
    numbers = [one.get("id") for one in tree.iter("{*}docPr")]
    if len(numbers) != len(set(numbers)):
        yield "two drawings with one id"


def _styles(trees: dict[str, etree._Element]) -> Iterator[str]:
    styles = trees.get("word/styles.xml")
    if styles is None:
        return
    ids = [style.get(f"{W}styleId") for style in styles.iter(f"{W}style")]
    shown = [name.get(f"{W}val") for name in styles.iterfind(f"{W}style/{W}name")]
    if len(ids) != len(set(ids)) or len(shown) != len(set(shown)):
        yield "word/styles.xml: a style twice"
    for name, tree in trees.items():
        for kind in ("pStyle", "rStyle", "basedOn", "next"):
            for one in tree.iter(f"{W}{kind}"):
                if one.get(f"{W}val") not in ids:
                    yield f"{name}: no style {one.get(f'{W}val')}"


def _chart(name: str, content: dict[str, bytes]) -> Iterator[str]:
    """The workbook behind a chart holds in the cells it names what the chart shows."""
    tree = etree.fromstring(content[name])
    book = content.get(name.replace("charts/", "embeddings/").replace(".xml", ".xlsx"))
    if book is None:
        yield f"{name}: no workbook"
        return
    workbook = openpyxl.load_workbook(io.BytesIO(book))
    for reference in (*tree.iter(f"{C}strRef"), *tree.iter(f"{C}numRef")):
        sheet, _, cells = (reference.findtext(f"{C}f") or "").partition("!")
        found = workbook[sheet][cells.replace("$", "")]
        rows = found if isinstance(found, tuple) else ((found,),)
        held = [str(cell.value) for row in rows for cell in row]
        shown = [point.findtext(f"{C}v") or "" for point in reference.iter(f"{C}pt")]
        if held != shown and [_number(one) for one in held] != [_number(one) for one in shown]:
            yield f"{name}: shows {shown}, its workbook has {held}"


def _number(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text
