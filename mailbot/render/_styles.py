"""word/styles.xml and word/fontTable.xml of an official document, measured by GB/T 9704-2012.

Units are twips (1/20 pt) and half-points, as WordprocessingML has them.  The pitch of 28.95 pt gives 22
lines in the 225 mm of the 版心 (29 pt gives 21); set 0.25 pt closer, 28 characters go into its 156 mm.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import quoteattr

from mailbot.render.typography import Typography

NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
LINE = 579
"""一行: twips from line to line."""
CHARACTER = 315
"""一字: twips that a 3号 character takes, set 5 twips closer."""
TITLE_LINE = 720
"""By 3.2 a line is the height of its characters (22 pt) and 7/8 of a 3号 one (14 pt)."""

_BODY = (
    '<w:widowControl w:val="0"/><w:overflowPunct/><w:autoSpaceDE w:val="0"/><w:autoSpaceDN w:val="0"/>'
    f'<w:spacing w:before="0" w:after="0" w:line="{LINE}" w:lineRule="exact"/><w:jc w:val="both"/>'
)
_TWO_CHARACTERS = '<w:ind w:firstLineChars="200" w:firstLine="640"/>'
_NO_GRID = '<w:wordWrap w:val="0"/><w:snapToGrid w:val="0"/>'
_NATURAL = '<w:spacing w:val="0"/>'

BUILT_IN = {"Title": "Title"} | {f"Heading{level}": f"heading {level}" for level in range(1, 5)}
FONT_OF = {
    "Title": "title",
    "AttachmentTitle": "title",
    "OfficeMark": "title",
    "Heading1": "first",
    "RunOn1": "first",
    "AttachmentMark": "first",
    "Head12": "first",
    "Head10": "first",
    "Group12": "second",
    "Group10": "second",
    "ChartTitle": "first",
    "Heading2": "second",
    "RunOn2": "second",
    "Page": "pages",
}
"""Style id -> part of Typography.fonts; what is not named here is set in the body's."""


def styles_xml(typography: Typography) -> str:
    """The whole part.  Each style carries its fonts, so that text typed into a paragraph keeps its look."""
    styles = "".join((_defaults(typography), *_paragraphs(typography), *_characters(typography)))
    return f'<w:styles xmlns:w="{NAMESPACE}">{styles}</w:styles>'


def font_table_xml(typography: Typography) -> str:
    """Declares the fonts by their official names, and what may stand in for each (w:altName)."""
    fonts = dict.fromkeys((*typography.fonts.values(), *typography.rare_fonts.values()))
    entries = "".join(_font(name, typography.stand_ins.get(name, "")) for name in fonts)
    return f'<w:fonts xmlns:w="{NAMESPACE}">{entries}</w:fonts>'


def fonts_xml(typography: Typography, part: str) -> str:
    """w:rFonts for a part; figures of page numbers are set in the part's own font (半角宋体)."""
    name = typography.fonts[part]
    latin = name if part == "pages" else typography.fonts["latin"]
    return (
        f'<w:rFonts w:hint="eastAsia" w:ascii={quoteattr(latin)} w:hAnsi={quoteattr(latin)} '
        f"w:eastAsia={quoteattr(name)} w:cs={quoteattr(latin)}/>"
    )


def _font(name: str, stand_in: str) -> str:
    alternative = f"<w:altName w:val={quoteattr(stand_in)}/>" if stand_in else ""
    chinese = not name.isascii()
    charset, family = ("86", "auto") if chinese else ("00", "roman")
    return (
        f'<w:font w:name={quoteattr(name)}>{alternative}<w:charset w:val="{charset}"/>'
        f'<w:family w:val="{family}"/><w:pitch w:val="variable"/></w:font>'
    )


def _defaults(typography: Typography) -> str:
    fonts = fonts_xml(typography, "body")
    return (
        f'<w:docDefaults><w:rPrDefault><w:rPr>{fonts}<w:kern w:val="0"/>'
        '<w:sz w:val="32"/><w:szCs w:val="32"/><w:lang w:val="en-US" w:eastAsia="zh-CN" w:bidi="ar-SA"/>'
        "</w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults>"
    )


def _paragraphs(typography: Typography) -> Iterator[str]:
    yield _style(typography, "Normal", _BODY, '<w:spacing w:val="-5"/><w:sz w:val="32"/>', based="")
    yield _style(typography, "Body", _TWO_CHARACTERS)
    yield _style(typography, "Title", _centred(TITLE_LINE), _NATURAL + '<w:sz w:val="44"/>')
    yield _style(typography, "Addressees", '<w:jc w:val="left"/>')
    for level in range(1, 5):
        outline = f'<w:keepNext/>{_TWO_CHARACTERS}<w:outlineLvl w:val="{level - 1}"/>'
        yield _style(typography, f"Heading{level}", outline)
    yield _style(typography, "Attachments", '<w:jc w:val="left"/>')
    yield _style(typography, "SignOff", '<w:jc w:val="right"/>')
    yield _style(typography, "AttachmentMark", '<w:keepNext/><w:jc w:val="left"/>')
    title = f'<w:keepNext/>{_centred(TITLE_LINE)}<w:outlineLvl w:val="0"/>'
    yield _style(typography, "AttachmentTitle", title, _NATURAL + '<w:sz w:val="44"/>')
    yield from _table_paragraphs(typography)
    yield from _furniture(typography)


def _table_paragraphs(typography: Typography) -> Iterator[str]:
    for size, line, half_points in ((12, 340, 24), (10, 300, 21)):
        spacing = f'<w:spacing w:line="{line}" w:lineRule="exact"/><w:jc w:val="center"/>'
        run = f'{_NATURAL}<w:sz w:val="{half_points}"/>'
        yield _style(typography, f"Cell{size}", _NO_GRID + spacing, run)
        yield _style(typography, f"Head{size}", "<w:keepNext/>", based=f"Cell{size}")
        yield _style(typography, f"Group{size}", '<w:keepNext/><w:jc w:val="left"/>', based=f"Cell{size}")


def _furniture(typography: Typography) -> Iterator[str]:
    """What frames the text: chart, page number, 版头, 版记, the hair's breadth that must follow a table."""
    small = _NATURAL + '<w:sz w:val="28"/>'
    yield _style(typography, "ChartTitle", f"<w:keepNext/>{_centred(LINE)}", small)
    # An exact pitch would cut a picture down to one line.
    picture = '<w:snapToGrid w:val="0"/><w:spacing w:line="240" w:lineRule="auto"/><w:jc w:val="center"/>'
    yield _style(typography, "Picture", picture)
    gap = '<w:snapToGrid w:val="0"/><w:spacing w:line="20" w:lineRule="exact"/>'
    yield _style(typography, "Gap", gap, '<w:sz w:val="2"/>')
    page = '<w:snapToGrid w:val="0"/><w:spacing w:line="320" w:lineRule="exact"/><w:jc w:val="left"/>'
    yield _style(typography, "Page", page, small)
    mark = '<w:snapToGrid w:val="0"/><w:spacing w:line="240" w:lineRule="auto"/><w:jc w:val="center"/>'
    yield _style(typography, "OfficeMark", mark, f'<w:color w:val="FF0000"/>{_NATURAL}')
    yield _style(typography, "DocumentNumber", '<w:jc w:val="center"/>')
    imprint = (
        f'{_IMPRINT_RULES}<w:tabs><w:tab w:val="right" w:pos="{28 * CHARACTER - 280}"/></w:tabs>'
        f'<w:snapToGrid w:val="0"/><w:spacing w:line="{LINE}" w:lineRule="exact"/><w:jc w:val="left"/>'
    )
    yield _style(typography, "Imprint", imprint, small)


_IMPRINT_RULES = (
    "<w:pBdr>"
    + "".join(
        f'<w:{side} w:val="single" w:sz="{size}" w:space="0" w:color="auto"/>'
        for side, size in (("top", 8), ("bottom", 8), ("between", 6))
    )
    + "</w:pBdr>"
)
"""版记 (7.4): lines of 0.35 mm (one point) above and below, and of 0.25 mm between."""


def _characters(typography: Typography) -> Iterator[str]:
    """The heading's own words where text runs on behind them, and the two styles Word always wants."""
    for level in (1, 2):
        style = f"RunOn{level}"
        name = quoteattr(typography.styles.get(style, style))
        fonts = fonts_xml(typography, FONT_OF[style])
        yield (
            f'<w:style w:type="character" w:customStyle="1" w:styleId="{style}"><w:name w:val={name}/>'
            f"<w:qFormat/><w:rPr>{fonts}</w:rPr></w:style>"
        )
    yield (
        '<w:style w:type="character" w:default="1" w:styleId="Default">'
        '<w:name w:val="Default Paragraph Font"/>'
        '<w:uiPriority w:val="1"/><w:semiHidden/></w:style>'
        '<w:style w:type="table" w:default="1" w:styleId="PlainTable"><w:name w:val="Normal Table"/>'
        '<w:uiPriority w:val="99"/><w:semiHidden/>'
        '<w:tblPr><w:tblInd w:w="0" w:type="dxa"/></w:tblPr></w:style>'
    )


def _centred(line: int) -> str:
    return f'<w:snapToGrid w:val="0"/><w:spacing w:line="{line}" w:lineRule="exact"/><w:jc w:val="center"/>'


def _style(
    typography: Typography, style: str, paragraph: str, run: str = "", *, based: str = "Normal"
) -> str:
    name = BUILT_IN.get(style) or typography.styles.get(style, style)
    custom = "" if style in BUILT_IN or style == "Normal" else ' w:customStyle="1"'
    default = ' w:default="1"' if style == "Normal" else ""
    parent = f'<w:basedOn w:val="{based}"/>' if based else ""
    following = '<w:next w:val="Body"/>' if style.startswith("Heading") else ""
    fonts = fonts_xml(typography, FONT_OF.get(style, "body"))
    return (
        f'<w:style w:type="paragraph"{default}{custom} w:styleId="{style}"><w:name w:val={quoteattr(name)}/>'
        f"{parent}{following}<w:qFormat/><w:pPr>{paragraph}</w:pPr><w:rPr>{fonts}{run}</w:rPr></w:style>"
    )
