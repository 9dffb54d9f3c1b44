"""What stands around the fields of a subject and is none of them: prefixes, tags, courtesy, endings, dates.

Each is blanked in the folded line, which makes it a hard separator.  Rule 4 of docs/subjects.md.
"""

from __future__ import annotations

import re

from mailbot.intake._line import BLANK, PAIRS, QUOTES, SEPARATORS, Line, cuts
from mailbot.intake._vocabulary import Vocabulary
from mailbot.roster import Roster

_LONGEST_TAG = 26
_HEAD = 70
_TAIL = 90
_EDGE = SEPARATORS | {BLANK}
_COMPACT_DATE = r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[ t]?\d{4,6})?"
_LONG_DATE = (
    r"(?:(?:19|20)\d\d|1\d)(?:年|[-./])(?:1[0-2]|0?[1-9])(?:月|[-./])(?:3[01]|[12]\d|0?[1-9])(?:日|号)?"
)
_SHORT_DATE = (
    r"(?:1[0-2]|0?[1-9])(?:月|[./])(?:3[01]|[12]\d|0?[1-9])(?:日|号)?"
    r"|(?:1[0-2]|0[1-9])-(?:3[01]|[12]\d|0[1-9])"
)
_CLOCK = r"(?: ?\(?(?:星期|周)[一二三四五六日天]\)?)?(?: ?\d{1,2}[:时]\d{1,2}(?:[:分]\d{0,2}秒?)?)?"
_DATE = re.compile(rf"(?:{_COMPACT_DATE}|(?:{_LONG_DATE}|{_SHORT_DATE}){_CLOCK})(?:报送|上报|报)?", re.ASCII)
_HARD_DATE = re.compile(_COMPACT_DATE, re.ASCII)
_COUNTER = re.compile(r"[(]\d{1,2}[)]$", re.ASCII)
_NOT_AFTER_DATE = frozenset(":,、")
_SENT_BY = re.compile(
    "[\u3400-\u9fff]{2,4}?((?:报送|上报|提报|投稿|供稿)的?(?:政务)?(?:信息|稿件|稿)?(?=[ :,，\x00《]))"
)
_ENUMERATOR = re.compile(r"(?<![\d.])(?:\(([1-6])\)|([1-6])(?:[、.](?!\d)|、(?=\d{7})))", re.ASCII)
_CLOSE_NAME = re.compile(r"(?:^|[^\u3400-\u9fff])[\u3400-\u9fff]{2,4}[(（\[【]$")
_SENT_END = re.compile(
    "(?:信息|稿件|材料)(?:稿|专报)?(?:的)?(?:一篇)?(?:函|报告|请示|通知|情况)?(?:[ :,，\x00(]|$)"
    "|(?:信息|稿件|材料)的(?:函|报告|请示)"
)
_ROLE = re.compile("(?:负责人|领导|负责同志)(?:审核|签发|审阅|审批|审定)$")
_CODE = re.compile(r"(?:20\d\d)?[-第年\[( ]{0,2}\d{1,4}[\])号期]{0,2}", re.ASCII)


_GLUED_DATE = re.compile(rf"(?<!\d){_COMPACT_DATE}(?=[\u3400-\u9fff])(?![期号日起至])", re.ASCII)
"""20190517县住建局…: nobody begins a title with it."""
_HEAD_NUMBER = re.compile(r"[\[(〔【]20\d\d[\])〕】]第?\d{1,4}[号期](?=[-_ :,\x00\[(〔【]|$)", re.ASCII)
"""〔2019〕15号 by itself: the number of a sheet, not of a document that a title is about."""
_HEAD_CODE = re.compile(r"[\[(〔【]?20\d\d[\])〕】年]?[-第]?\d{1,4}[号期]?(?=[-_ :,\x00\])】]|$)", re.ASCII)


def strip_head(line: Line, words: Vocabulary) -> None:
    """Blanks prefixes, greetings and tags at the head, repeatedly and in any mixture."""
    at = 0
    for _ in range(24):
        at = _skip(line.norm, at)
        if any("约稿" in tag for tag in line.tags[-1:]):
            code = _HEAD_CODE.match(line.norm, at)
            if code:
                line.blank(*code.span(), tag=True)
                at = _skip(line.norm, code.end())
        end = _head_end(line, words, at)
        if end is None:
            return
        at = end


def _skip(norm: str, at: int) -> int:
    while at < len(norm) and (norm[at] in _EDGE or norm[at] == "!"):
        at += 1
    return at


def _head_end(line: Line, words: Vocabulary, at: int) -> int | None:
    norm = line.norm
    code = _GLUED_DATE.match(norm, at) or _HEAD_NUMBER.match(norm, at)
    if code:
        line.blank(*code.span(), tag=True)
        return code.end()
    prefix = words.prefix.match(norm, at)
    if prefix:
        line.blank(*prefix.span())
        return prefix.end()
    greeting = words.front.match(norm, at, at + _HEAD)
    if greeting and greeting.end() > at + 1:
        line.blank(*greeting.span())
        return greeting.end()
    return _tag_at(line, words, at)


def _tag_at(line: Line, words: Vocabulary, at: int) -> int | None:
    """Blanks the tag that starts here, bracketed or set off by a separator; its end, or None."""
    norm = line.norm
    close = line.pairs.get(at)
    if close is not None and norm[at] not in QUOTES:
        if not _is_tag(norm[at + 1 : close].strip(), words):
            return None
        line.blank(at, close + 1, tag=True)
        return close + 1
    end = at
    while end < len(norm) and end - at <= _LONGEST_TAG and not _ends_tag(norm, end):
        end += 1
    if norm[end : end + 1] in ("!", "~"):
        while norm[end : end + 1] in ("!", "~"):
            end += 1
    elif norm[end : end + 1] in (":", "=") and _is_label(norm[at:end], words):
        return None
    exclaimed = norm[end - 1 : end] in ("!", "~")
    if norm[end : end + 1] in ("“", '"', "‘") and not exclaimed and "约稿" not in norm[at:end]:
        return None
    alone = end == len(norm) or (
        norm[end] not in "、" and (norm[end] in _EDGE or norm[end] in PAIRS or norm[end - 1] == "!")
    )
    if end > at and alone and _is_tag(norm[at:end], words):
        end = _counted(line, words, at, end)
        line.blank(at, end, tag=True)
        return end
    return None


def _counted(line: Line, words: Vocabulary, start: int, end: int) -> int:
    """Where a tag ends that goes on with its number in brackets: 续报（二）."""
    close = line.pairs.get(end)
    if close is not None and _is_tag(line.norm[start : close + 1], words):
        return close + 1
    return end


def _ends_tag(norm: str, at: int) -> bool:
    return norm[at] == "!" or cuts(norm, at)


def _is_tag(text: str, words: Vocabulary) -> bool:
    if not 0 < len(text) <= _LONGEST_TAG:
        return False
    text = text.replace(" ", "")
    return bool(words.tag.fullmatch(text) or words.placeholder.fullmatch(text))


def _is_label(text: str, words: Vocabulary) -> bool:
    """审核 and 主要负责人签发 before a colon announce a person; they are no tags then."""
    return text in words.label_kind or _ROLE.search(text) is not None


def strip_enumerators(line: Line) -> None:
    """Blanks 1、2、3、 or （1）（2）（3） before the fields, three or more in order."""
    wanted, places = 1, []
    for match in _ENUMERATOR.finditer(line.norm):
        if int(match[1] or match[2]) == wanted:
            places.append(match.span())
            wanted += 1
    if wanted > 3:
        for start, end in places:
            line.blank(start, end)


def strip_files(line: Line, words: Vocabulary) -> None:
    """Blanks file endings where a name can end, and a download counter at the very end."""
    for match in list(words.extension.finditer(line.norm)):
        if match.end() == len(line.norm) or cuts(line.norm, match.end()):
            line.blank(*match.span())
    tail = line.norm.rstrip(" " + BLANK)
    counter = _COUNTER.search(tail)
    if counter and counter.start() > 2:
        line.blank(*counter.span())


def strip_placeholder(line: Line, words: Vocabulary) -> None:
    """Blanks the whole line where it is only an empty placeholder or a file's default name."""
    if words.placeholder.fullmatch(line.norm.replace(BLANK, " ").strip(" -_.")):
        line.blank(0, len(line.norm), tag=True)


def strip_segments(line: Line, words: Vocabulary, segments: list[tuple[int, int]]) -> None:
    """Blanks every segment that is a tag, a date or a placeholder as a whole."""
    for start, end in segments:
        norm = line.norm
        if BLANK in norm[start:end]:
            continue
        before, after = norm[start - 1 : start], norm[end : end + 1]
        text = norm[start:end].strip()
        role = words.label_kind.get(text) in ("reviewer", "signer") and _CLOSE_NAME.search(
            norm[max(0, start - 8) : start]
        )
        if role or before == "、" or after == "、" or (after in (":", "=") and _is_label(text, words)):
            continue
        if (
            _is_tag(text, words)
            or _is_free_date(text, after, norm[end + 1 : end + 4])
            or _is_code(line, text, start)
        ):
            _blank_with_brackets(line, start, _counted(line, words, start, end))


def _blank_with_brackets(line: Line, start: int, end: int) -> None:
    left = start - 1
    if left >= 0 and line.pairs.get(left) == end and line.norm[left] not in QUOTES:
        line.blank(left, end + 1, tag=True)
    else:
        line.blank(start, end, tag=True)


def _is_free_date(text: str, after: str, following: str) -> bool:
    if not 4 <= len(text) <= 24 or not text[0].isdigit():
        return False
    if _HARD_DATE.fullmatch(text):
        return True
    if after in _NOT_AFTER_DATE and after:
        return False
    return bool(_DATE.fullmatch(text)) and not re.match(r"\d{1,2}[日号月]", following)


def _is_code(line: Line, text: str, start: int) -> bool:
    """A 约稿's number standing apart from its tag: 【约稿】2019-003."""
    near = line.solicited and set(line.norm[max(0, start - 3) : start]) <= _EDGE | set(")]】")
    return near and bool(_CODE.fullmatch(text)) and len(text) >= 3


def strip_courtesy(line: Line, words: Vocabulary, roster: Roster) -> None:
    """Blanks the words that wrap a title: 关于报送《X》信息的函, 现报送X信息《Y》，请查收, X报送信息：Y."""
    _strip_back(line, words)
    start = _skip(line.norm, 0)
    verb = words.verbs.match(line.norm, start)
    if verb and _wraps(line, verb.group(), verb.end()):
        line.blank(*verb.span())
        _after_verb(line, words, roster, verb.end())
    for mention in roster.find_in(line.norm[:300]):
        _after_mention(line, words, mention.start, mention.bare_end)
        if mention.end != mention.bare_end:
            _after_mention(line, words, mention.start, mention.end)
    _after_quotes(line, words, {end for m in roster.find_in(line.norm[:300]) for end in (m.bare_end, m.end)})


def _strip_back(line: Line, words: Vocabulary) -> None:
    for _ in range(3):
        tail = max(0, len(line.norm) - _TAIL)
        back = words.back.search(line.norm, tail)
        if (
            not back
            or back.end() == back.start()
            or not line.norm[back.start() : back.end()].strip(" " + BLANK)
        ):
            return
        if _skip(line.norm, 0) >= back.start():
            return
        line.blank(*back.span())


def _wraps(line: Line, verb: str, end: int) -> bool:
    """Whether the verb at the head is courtesy: a quoted title follows, or it ends as courtesy does."""
    rest = line.norm[end:]
    if not verb.startswith(("关于", "报送", "上报", "呈报", "提报", "这", "此", "来自")):
        return True
    quoted = re.search('[《“「『"【]', rest[:30])
    ends = _SENT_END.search(rest)
    return bool(quoted or ends)


def _after_verb(line: Line, words: Vocabulary, roster: Roster, at: int) -> None:
    """After 关于报送 or 现报送 without quotation marks: the noun that ends the thing sent."""
    rest = line.norm[at:]
    if rest.lstrip()[:1] in tuple('《“「『"【'):
        return
    for match in re.finditer(
        r"(?:的)?(?:政务|工作)?(?:信息|稿件|材料)(?:稿|稿件)?(?:[一1]篇)?(?:的)?(?:函|报告|请示|通知)?",
        rest[:200],
    ):
        after = rest[match.end() : match.end() + 1]
        if match.start() > 1 and (not after or after in _EDGE or after in PAIRS):
            line.blank(at + match.start(), at + match.end())
            return


def _after_mention(line: Line, words: Vocabulary, start: int, end: int) -> None:
    """After a unit: 报送, 报送信息, 政务信息, 关于报送 … up to a separator or a quoted title."""
    match = words.after_unit.match(line.norm, end)
    if not match or match.end() == end:
        match = _SENT_BY.match(line.norm, end)
        if match:
            line.blank(*match.span(1))
        return
    joined = line.norm[start - 1 : start] in words.joiners
    if start > 0 and not (line.norm[start - 1] in _EDGE or line.norm[start - 1] in PAIRS or joined):
        return
    after = line.norm[match.end() : match.end() + 1]
    said = match.group()
    if not any(verb in said for verb in ("报送", "上报", "呈报", "提报", "报来", "发来", "信息", "稿")):
        return
    quoted = after in tuple('“「"') and said.startswith("关于")
    if not after or after in _EDGE or after in "《([【)]】" or quoted:
        line.blank(*match.span())


def _after_quotes(line: Line, words: Vocabulary, units: set[int]) -> None:
    """After a quoted title: 信息, 的报告, 一文 … up to a separator.  `units`: where units' names end."""
    wrapped = BLANK in line.norm
    for open_, close in list(line.pairs.items()):
        if line.norm[open_] not in QUOTES and line.norm[open_] not in '「『"【':
            continue
        match = words.nouns.match(line.norm, close + 1)
        if not match or match.end() == close + 1:
            continue
        after = line.norm[match.end() : match.end() + 1]
        before = line.norm[open_ - 1 : open_]
        led = before == BLANK or (wrapped and before in _EDGE)
        led = led or open_ in units or not line.norm[:open_].strip(" " + BLANK)
        if led and (not after or after in _EDGE or after in PAIRS):
            line.blank(*match.span())
