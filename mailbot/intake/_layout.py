"""What stands where in a 信息稿: heading lines, title, main text, and the closing 落款, date and contact lines.

Read from the wording of lines alone, and kept empty rather than guessed.  Notice 二(二) limits the main text, so that
字数 is also told without title, 落款 and contact line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailbot.intake._story import Line

_NUMERAL = "[〇○零一二三四五六七八九十]"
_DATE = re.compile(
    rf"(?:[12]\d{{3}}|{_NUMERAL}{{4}})\s*[年./-]\s*(?:\d{{1,2}}|{_NUMERAL}{{1,3}})\s*[月./-]\s*"
    rf"(?:\d{{1,2}}|{_NUMERAL}{{1,3}})\s*[日号]?(?:\s*[0-2]?\d[:：时]\d{{0,2}}分?)?"
)
_PHONE = re.compile(
    r"(?<![\d.])(?:\+?86[- ]?)?(?:1[3-9]\d[- ]?\d{4}[- ]?\d{4}|(?:[(（]?0\d{2,3}[)）]?[- —]?)?[2-9]\d{2}[- ]?\d{4,5}|[5-9]\d{5})(?![\d.%])"
)
_MAIL = re.compile(r"[\w.+-]+@[\w.-]+\.\w+")
_ROLES = "报送|上报|供稿|撰稿|撰写|编辑|编写|编发|起草|拟稿|审核|审签|审稿|审定|签发|核稿|校对|联系|责任|经办|填报|投稿|信息|所属|通讯|呈报|采写|文字|分管"
_LABEL = re.compile(
    rf"(?:(?:{_ROLES})(?:单位|部门|科室|人员|联系人|负责人|领导|编辑|审核|人|者|员|日期|时间|电话|方式|地址)?(?:[及和](?:联系)?(?:电话|方式))?"
    r"|单位|部门|作者|姓名|电话|手机号?码?|办公电话|座机|短号|电子邮[箱件]|邮箱|传真|日期|时间|职务|抄送|主送|tel|qq|微信)",
    re.IGNORECASE,
)
_LABELLED = re.compile(rf"[（(【\[]?(?:{_LABEL.pattern})[)）】\]]?[:：]", re.IGNORECASE)
_UNIT = re.compile(
    r"[\u4e00-\u9fff·]{1,24}(?:局|委|办|镇|乡|街道|办事处|政府|中心|支行|管委会|开发区|景区|办公室|党委|党组|站|社|院|大队|支队|"
    r"公司|联合会|科|股|委员会|部|厅|学校|小学|中学|银行|联社|集团|总工会|妇联|团委|残联|协会|指挥部|工作组|专班)"
)
_NAME = re.compile(r"[\u4e00-\u9fff]{2,4}|[\u4e00-\u9fff]{2,6}·[\u4e00-\u9fff]{2,6}|[\u4e00-\u9fff]")
_SEPARATORS = re.compile(r"[\s,，;；:：、/／|｜()（）【】\[\]〔〕<>《》。.—－_+&☎-]+")
_SMALL_WORDS = frozenset(
    "印发 印制 整理 供稿 报送 编 印 制 签 章 年 月 日 同志 主任 科长 局长 副局长 副主任 镇长 书记".split()
)
_NOT_CLOSING = re.compile(
    r"[。；！？!?]\s*\S|[，,].*[，,].*[，,]|^\s*(?:[一二三四五六七八九十]+[、是]|[（(][一二三四五六七八九十\d]+[）)]|\d+[.、．]\D|附件)"
)
_PUBLISHED = re.compile(r"[（(]此(?:件|文).{0,12}[）)]")
_CLOSING_BRACKET = re.compile(r"[（(【]([^（）()【】]{2,60})[）)】]\s*。?$")

_STATED_TITLE = re.compile(
    r"[（(【\[《]?\s*(?:信息)?(?:标\s*题|题\s*目|主\s*题)(?:名称)?\s*[)）】\]》]?\s*[:：]\s*(.+)"
)
_TITLE_CELL = re.compile(r"(?:信息)?(?:标\s*题|题\s*目|主\s*题|信息名称)\s*[:：]?")
_MASTHEAD = re.compile(
    r"(?:[\u4e00-\u9fff]{0,12}(?:政务信息|信息稿件?|信息简报|信息快报|信息专报|工作信息|工作简报|工作动态|政务动态|简报|快报|普刊|专报|领导参阅(?:信息)?|"
    r"约稿信息|信息报送[单表]?|稿件|报送单|信息))?\s*(?:[（(〔\[]?\s*(?:总?第\s*\S{1,6}\s*期|增刊|\d{4}年?第?\s*\d+\s*期)\s*[）)〕\]]?\s*)*"
)
_FILE_NUMBER = re.compile(r".{0,16}[〔\[（(【]\s*\d{4}\s*[〕\]）)】]\s*第?\s*\d+\s*号")
_STAMPS = re.compile(
    r"[（(【\[]?\s*(?:绝密|机密|秘密|内部(?:资料|文件)?|特急|加急|平急|急件?|紧急|约稿.{0,12}|修改稿|初稿|定稿|送审稿|代拟稿|审核稿|第.稿)[★☆\d年个月]*\s*[）)】\]]?!?！?"
)
_NUMBERED = re.compile(
    r"(?:第?[一二三四五六七八九十]+[、章节]|[（(][一二三四五六七八九十]+[）)]|\d+[.、．](?!\d))"
)
_OPEN_AT_END = re.compile(r"[、，,和与及的—－-]$|^[^《]*《[^》]*$|^[^“]*“[^”]*$|^[^（]*（[^）]*$")
_HAN = re.compile(r"[\u3400-\u9fff]")

_LONGEST_CLOSING_LINE = 80
_LONGEST_TITLE = 70
_MOST_CLOSING_LINES = 10
_MOST_HEADING_LINES = 14
_MOST_TITLE_LINES = 3
_MOST_BYLINES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """`main` are the numbers of the lines of main text, `cut` how many characters of the last one are 落款."""

    title: str = ""
    sign_off: tuple[str, ...] = ()
    main: range = range(0)
    cut: int = 0


def lay_out(lines: Sequence[Line]) -> Layout:
    """Find title and closing lines of a body."""
    title, begin = _title(lines)
    end = _closing(lines, begin)
    bracket = _bracket(lines[end - 1].text) if end > begin else ""
    closing = tuple(line.text for line in lines[end:])
    return Layout(
        title=title,
        sign_off=(bracket, *closing) if bracket else closing,
        main=range(begin, end),
        cut=len(bracket),
    )


# ---- the end -----------------------------------------------------------------------------------------------


def _closing(lines: Sequence[Line], begin: int) -> int:
    """The number of the first closing line; len(lines) where there are none."""
    first = end = len(lines)
    for index in range(end - 1, max(begin - 1, end - 1 - _MOST_CLOSING_LINES), -1):
        weight = _closing_weight(lines[index].text)
        if not weight:
            break
        if weight > 1:
            first = index
    return first


def _closing_weight(line: str) -> int:
    """2 for a line that is plainly 落款, date or contact; 1 for one that may stand among such (a name); else 0."""
    text = line.strip()
    if not text or len(text) > _LONGEST_CLOSING_LINE or _NOT_CLOSING.search(text):
        return 0
    if _PUBLISHED.fullmatch(text):
        return 1
    if _LABELLED.match(re.sub(r"\s", "", text)):
        return 2
    return _weight_of_words(text)


def _weight_of_words(text: str) -> int:
    """Every word must be a date, number, unit, label or name, and one of them more than a name."""
    rest, figures = text, 0
    for pattern in (_MAIL, _DATE, _PHONE):
        rest, found = pattern.subn(" ", rest)
        figures += found
    words = [word for word in _SEPARATORS.split(rest) if word]
    units = sum(_UNIT.fullmatch(word) is not None for word in words)
    labels = sum(_LABEL.match(word) is not None and len(word) <= 8 for word in words)
    if all(_is_closing_word(word) for word in words) and words + [""] * figures:
        return 2 if figures or units or labels else 1
    return 0


def _is_closing_word(word: str) -> bool:
    return (
        word in _SMALL_WORDS
        or _NAME.fullmatch(word) is not None
        or _UNIT.fullmatch(word) is not None
        or (len(word) <= 8 and _LABEL.match(word) is not None)
    )


def _bracket(line: str) -> str:
    """A 落款 in brackets behind the last sentence, as in “……明显成效。（县民政局 彭某）”."""
    match = _CLOSING_BRACKET.search(line[-_LONGEST_CLOSING_LINE:])
    if match and match.start() > 0 and _closing_weight(match[1]) > 1:
        return match[0]
    return ""


# ---- the beginning -----------------------------------------------------------------------------------------


def _title(lines: Sequence[Line]) -> tuple[str, int]:
    """The title, and the number of the first line of main text."""
    head = lines[:_MOST_HEADING_LINES]
    for index, line in enumerate(head):
        if stated := _stated(head, index):
            title, after = stated
            return title, _after_bylines(lines, after)
        if not _is_heading(line.text):
            return _plain_title(lines, index)
    return "", 0


def _stated(head: Sequence[Line], index: int) -> tuple[str, int] | None:
    """A title announced as such: “标题：……”, or a table cell 标题 with the title in the next one."""
    if match := _STATED_TITLE.match(head[index].text):
        return match[1].strip(), index + 1
    if _TITLE_CELL.fullmatch(head[index].text) and index + 1 < len(head):
        return head[index + 1].text, index + 2
    return None


def _is_heading(text: str) -> bool:
    """A line that may stand above a title: masthead, number of the issue, stamp, unit, date or label line."""
    if len(text) > _LONGEST_CLOSING_LINE:
        return False
    squeezed = re.sub(r"\s", "", text)
    if any(p.fullmatch(squeezed) for p in (_MASTHEAD, _FILE_NUMBER, _STAMPS)):
        return True
    return _closing_weight(text) > 1


def _plain_title(lines: Sequence[Line], index: int) -> tuple[str, int]:
    if not _may_be_title(lines[index].text) or index + 1 >= len(lines):
        return "", _after_heading(lines, index)
    parts = [lines[index].text, *_continued(lines, index)]
    after = index + len(parts)
    title = re.sub(r"\s+(?=——)", "", " ".join(parts))
    return title, _after_bylines(lines, after)


def _after_heading(lines: Sequence[Line], index: int) -> int:
    """Where no title was found the lines above still are no main text, if they say who and when."""
    return index if all(_is_heading(line.text) for line in lines[:index]) else 0


def _continued(lines: Sequence[Line], index: int) -> Iterator[str]:
    """Further lines of a title: of the same paragraph, centred like the first, a subtitle, or plainly its rest."""
    for number in range(index + 1, min(index + _MOST_TITLE_LINES, len(lines) - 1)):
        above, line = lines[number - 1], lines[number]
        tied = above.broken or (above.centred and line.centred) or line.text.startswith("——")
        if not (tied or _OPEN_AT_END.search(above.text)) or not _may_be_title(line.text):
            return
        if _closing_weight(line.text):
            return
        yield line.text


def _may_be_title(text: str) -> bool:
    bare = re.sub(r"\s", "", text)
    return (
        4 <= len(bare) <= _LONGEST_TITLE
        and len(_HAN.findall(bare)) >= 2
        and "。" not in bare
        and bare[-1] not in "；;，,、：:"
        and _NUMBERED.match(bare) is None
    )


def _after_bylines(lines: Sequence[Line], index: int) -> int:
    """Skip the unit, names or date under a title, as long as some main text is left."""
    for number in range(index, min(index + _MOST_BYLINES, len(lines) - 1)):
        if not _closing_weight(lines[number].text):
            return number
    return min(index + _MOST_BYLINES, max(index, len(lines) - 1))
