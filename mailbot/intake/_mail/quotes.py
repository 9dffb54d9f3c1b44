"""Which lines of a mail its writer wrote, and which are older mail below or between them."""

from __future__ import annotations

import re

from mailbot.intake._mail.markup import QUOTE_END, QUOTE_START, without_marks

_WORDS = (
    "原始邮件|原邮件|原始郵件|源邮件|原始信息|邮件原文|回复的原邮件|回复的邮件|转发的邮件|转发邮件信息|转发邮件"
    "|转发的原邮件|转发消息|邮件原件|被转发的邮件|已转发邮件|历史邮件|往来邮件|original message|original"
    "|original email|forwarded message|forwarded mail|forwarded email"
    "|replied message|reply message|begin forwarded message"
)
_DIVIDER = re.compile(
    rf"[>\s]*[-_=—─*－]{{2,80}}\s*(?:{_WORDS})\s*[:：]?\s*[-_=—─*－]{{0,80}}\s*", re.IGNORECASE
)
_DIVIDER_BARE = re.compile(
    r"[>\s]*(?:begin forwarded message|forwarded message|original message"
    r"|下面是被?转发的邮件|以下是?转发的?邮件|开始转发的邮件)\s*[:：]\s*",
    re.IGNORECASE,
)
_WROTE = re.compile(r"(?:写道|寫道|wrote|写到|的来信|schrieb)\s*[:：]?\s*\Z", re.IGNORECASE)
_WROTE_EVIDENCE = re.compile(r"@|\d{1,2}\s*[:：时]\s*\d{2}")
_WROTE_START = re.compile(
    r"\s*(?:在|于|on\b|at\b|from\b|\d{4}\s*[-年/]|[\"'“<]?\S{1,60}[\s<].{0,200}@)", re.IGNORECASE
)
_LONGEST_INTRO = 400
_FROM = re.compile(r"[>\s*]*(?:发件人|寄件者|寄件人|from)\s*\*?\s*[:：]", re.IGNORECASE)
_HEADER = re.compile(
    r"[>\s*]*(发件人|发件时间|发送时间|发送日期|日期|时间|收件人|抄送|抄送人|密送|主题|主旨|標題|收件者|寄件者|附件|重要性"
    r"|sent|date|to|cc|bcc|subject|reply-to|importance|attachments)\s*\*?\s*[:：]",
    re.IGNORECASE,
)
_HEADERS_WITHIN = 8
_ENOUGH_HEADERS = 2
_QUOTED_LINE = re.compile(r"\s{0,3}>")
_LINE_OF_RULE = re.compile(r"\s*[_\-]{10,}\s*")
_MARK = re.compile(f"[{QUOTE_START}{QUOTE_END}]")


def split(text: str) -> tuple[str, str]:
    """(what the writer wrote, the older mail), both with the marks of links still in.

    From a divider, or the header lines of an older mail, everything is older.  So are lines that begin with
    >, and what an HTML client marked; what stands between and below those is the writer's.
    """
    own, quoted = _by_marks(text)
    lines = own.split("\n")
    cut = _divided_at(lines)
    if cut < len(lines):
        quoted = "\n".join([*lines[cut:], quoted])
        lines = lines[:cut]
    kept, dropped = _by_arrows(lines)
    return "\n".join(kept).strip(), "\n".join([*dropped, quoted]).strip()


def _by_marks(text: str) -> tuple[str, str]:
    if QUOTE_START not in text:
        return text.replace(QUOTE_END, ""), ""
    own: list[str] = []
    quoted: list[str] = []
    depth = at = 0
    for mark in _MARK.finditer(text):
        (quoted if depth else own).append(text[at : mark.start()])
        depth = depth + 1 if mark[0] == QUOTE_START else max(depth - 1, 0)
        at = mark.end()
        if depth <= 1:
            (quoted if depth else own).append("\n")
    (quoted if depth else own).append(text[at:])
    return "".join(own), "".join(quoted)


def _divided_at(lines: list[str]) -> int:
    """The number of the first line of older mail; that of all lines where there is none."""
    for number, line in enumerate(lines):
        bare = _bare(line)
        if not bare.strip():
            continue
        if _DIVIDER.fullmatch(bare) or _DIVIDER_BARE.fullmatch(bare):
            return number
        if _FROM.match(bare) and _header_lines(lines, number) == _ENOUGH_HEADERS:
            return number - 1 if number and _LINE_OF_RULE.fullmatch(lines[number - 1]) else number
        if _introduces(lines, number):
            return number
    return len(lines)


def _header_lines(lines: list[str], number: int) -> int:
    """How many different header lines of a mail follow a From line at once."""
    found: set[str] = set()
    for line in lines[number + 1 : number + 1 + _HEADERS_WITHIN]:
        match = _HEADER.match(_bare(line))
        if match:
            found.add(match[1].lower())
        if (not match and line.strip()) or len(found) == _ENOUGH_HEADERS:
            break
    return len(found)


def _introduces(lines: list[str], number: int) -> bool:
    """在 2019-04-12 09:30，"张三" <a@x> 写道：, over up to three lines, and only older text to follow."""
    line = _bare(lines[number])
    if len(line) > _LONGEST_INTRO or not _WROTE_START.match(line):
        return False
    for length in (1, 2, 3):
        joined = " ".join(_bare(part) for part in lines[number : number + length])
        if _WROTE.search(joined):
            return bool(_WROTE_EVIDENCE.search(joined)) and not _arrow_follows(lines, number + length)
        if not joined.strip() or "。" in joined:
            return False
    return False


def _arrow_follows(lines: list[str], number: int) -> bool:
    """Then the > tell what is older, and the writer may have answered below or between them."""
    following = next((line for line in lines[number : number + 4] if line.strip()), "")
    return bool(_QUOTED_LINE.match(following))


def _by_arrows(lines: list[str]) -> tuple[list[str], list[str]]:
    kept: list[str] = []
    dropped: list[str] = []
    for line in lines:
        if not _QUOTED_LINE.match(line):
            kept.append(line)
            continue
        if not dropped or (kept and kept[-1].strip()):
            dropped += _intro_above(kept)
        dropped.append(line.lstrip(" >"))
    return kept, dropped


def _intro_above(kept: list[str]) -> list[str]:
    """Take the line that introduces a quotation from what is the writer's."""
    last = next((n for n in range(len(kept) - 1, max(len(kept) - 4, -1), -1) if kept[n].strip()), -1)
    if last < 0 or not _WROTE.search(kept[last]) or len(kept[last]) > _LONGEST_INTRO:
        return []
    first = last
    while first > max(last - 2, 0) and not _WROTE_START.match(kept[first]) and kept[first - 1].strip():
        first -= 1
    taken = kept[first:]
    del kept[first:]
    return taken


def _bare(line: str) -> str:
    """A line without marks.  QQ leaves &nbsp; in its plain text."""
    return without_marks(line).replace("\xa0", " ").replace("&nbsp;", " ")
