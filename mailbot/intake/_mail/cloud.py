"""超大附件 and other cloud links in what the writer wrote (QQ, 163, Coremail, net disks).  None is opened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import unquote, urlsplit

from mailbot.intake._mail.headers import clean_line
from mailbot.intake._mail.markup import LINK_END, LINK_START, LINK_TEXT
from mailbot.model import CloudLink

_PLACES = re.compile(
    r"""(?:[\w-]{1,63}\.){0,4}(?:
      mail\.qq\.com/(?:ftn/|cgi-bin/\S{0,80}ftn)
    | (?:163|126|188|yeah)\.(?:com|net)/(?:large-attachment|\S{0,80}huge-attachment)
    | (?:u|fs|dashi)\.163\.com/
    | (?:pan|yun)\.baidu\.com/(?:s/|share|wap/|e/|disk)
    | (?:aliyundrive|alipan)\.com/(?:s|t)/
    | weiyun\.com/ | cloud\.189\.cn/ | jianguoyun\.com/p/ | (?:yun|caiyun)\.139\.com/ | lanzou\w{0,3}\.com/
    | 123(?:pan|684|865|912)\.(?:com|cn)/s/ | pan\.(?:quark\.cn|xunlei\.com)/s/ | kdocs\.cn/l/ | 115\.com/s/
    | ctfile\.com/ | wenshushu\.cn/ | 1drv\.ms/ | wetransfer\.com/ | drive\.google\.com/ | dropbox\.com/
    | mail\.aliyun\.com/\S{0,200}(?:download|openlinks)
    | mail\.10086\.cn/\S{0,200}(?:disk|attach)
    | [\w.:-]{1,100}/(?:coremail|webmail)/\S{0,200}(?:/nf/|nfs|netfolder|largeattach|bigattach)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_SCHEME = re.compile(r"(?:https?:)?//(?:[^/@\s]{1,100}@)?", re.IGNORECASE)
_HINT_WORDS = """
ftn 163.com 126.com 188.com yeah.net baidu.com aliyundrive alipan weiyun 189.cn jianguoyun 139.com lanzou
123pan 123684 123865 123912 quark.cn xunlei kdocs.cn 115.com ctfile wenshushu 1drv.ms wetransfer drive.google
dropbox aliyun.com 10086.cn coremail webmail huge-attachment 超大附件 云附件 大附件 中转站
"""
_HINTS = tuple(_HINT_WORDS.split())
_HUGE = re.compile(
    r"X-(?:NTES|NETEASE)-HUGE-ATTACHMENT|ftn_?download|ftnExs_download|hugeattach", re.IGNORECASE
)
_URL = re.compile(
    rf"{LINK_START}([^{LINK_END}]*){LINK_END}|(https?://[^\s<>\"'，。；、（）()\u4e00-\u9fff]{{4,2000}})"
)
_MARKER = re.compile(
    r"从[^\n]{1,20}?(?:发来|发送|发出)的(?:超大附件|云附件|大附件)"
    r"|(?:超大附件|云附件|大附件|中转站附件|文件中转站?)\s*[:：（(]"
)
_EXTENSIONS = (
    "docx?|docm|wps|wpt|rtf|pdf|ofd|zip|rar|7z|xlsx?|et|pptx?|dps|jpe?g|png|tiff?|mp4|avi|mov|txt|tar|gz"
)
_NAME = re.compile(
    rf"([^\s\\/:*?\"<>|：；;，,（(]{{1,150}}?\.(?:{_EXTENSIONS}))(?![A-Za-z0-9])", re.IGNORECASE
)
_WHOLE_NAME = re.compile(rf"[^\n\\/:*?\"<>|：；]{{1,150}}\.(?:{_EXTENSIONS})", re.IGNORECASE)
_SIZE = re.compile(
    r"(?<![\d.])(\d{1,6}(?:\.\d{1,3})?\s*(?:[KMG]i?B?|字节|Bytes?))(?![A-Za-z])", re.IGNORECASE
)
_WHEN = r"\d{4}\s*[-年/.]\s*\d{1,2}\s*[-月/.]\s*\d{1,2}\s*日?(?:\s*\d{1,2}[:：]\d{2}(?:[:：]\d{2})?)?"
_EXPIRY = re.compile(
    rf"({_WHEN})\s*(?:之?前有效|到期|过期|失效|前下载|为止)"
    r"|(?:有效期限?|有效时间|过期时间|到期时间|失效时间)\s*(?:至|到|为|是)?\s*[:：]?\s*(?:至|到)?\s*"
    rf"({_WHEN}|\d{{1,3}}\s*天|永久(?:有效)?|无限期)"
    r"|(无限期|永久有效|剩余\s*\d{1,3}\s*天)"
)
_BEFORE, _AFTER = 200, 160
_MOST_LINKS = 50
_MOST_URLS = 500


@dataclass(frozen=True, slots=True)
class _Url:
    """A cloud link as it stands in a text, and the words on both sides up to the links beside it."""

    url: str
    anchored: bool
    before: str
    after: str
    first: bool


def links(texts: list[str]) -> tuple[CloudLink, ...]:
    """Links of the writer's text and HTML (with their marks in), each once, with what is said beside it."""
    found: dict[str, CloudLink] = {}
    for text in texts:
        for one in _urls(text):
            known = found.get(one.url)
            if len(found) < _MOST_LINKS and (known is None or not known.name):
                found[one.url] = _described(one)
        found.update(_marked(text) if not found else {})
    return _merged(list(found.values()))


def mentions(source: str) -> bool:
    """Whether an HTML text may hold a cloud link: cheap enough to ask of every mail."""
    lowered = source.lower()
    return any(hint in lowered for hint in _HINTS)


def _urls(text: str) -> Iterator[_Url]:
    matches = list(islice(_URL.finditer(text), _MOST_URLS))
    ends = [0, *(m.end() for m in matches)]
    starts = [*(m.start() for m in matches[1:]), len(text)]
    for number, match in enumerate(matches):
        url = match[1] or match[2] or ""
        scheme = _SCHEME.match(url)
        if _PLACES.match(url, scheme.end() if scheme else 0) or _HUGE.search(url):
            yield _Url(
                url=url,
                anchored=match[1] is not None,
                before=text[max(match.start() - _BEFORE, ends[number]) : match.start()],
                after=text[match.end() : min(match.end() + _AFTER, starts[number])].partition(LINK_TEXT)[0],
                first=number == 0,
            )


def _described(one: _Url) -> CloudLink:
    """Name, size and expiry.  A link's own text, or what is before it, names the file; the rest follows."""
    shown = one.before.rpartition(LINK_TEXT)[2].strip()
    names = [shown] if _WHOLE_NAME.fullmatch(shown) else _NAME.findall(one.before) or _NAME.findall(one.after)
    name = clean_line(names[-1]) if names else _name_in(one.url)
    if not one.anchored:
        return _link(one.url, name, f"{one.before} {one.after.partition(chr(10))[0]}")
    told = _SIZE.search(one.after) or _EXPIRY.search(one.after)
    # What stands before a later link was said of the link before it, unless this one has no words of its own.
    return _link(one.url, name, one.after if told and not one.first else f"{one.after} {one.before}")


def _link(url: str, name: str, words: str) -> CloudLink:
    size, expiry = _SIZE.search(words), _EXPIRY.search(words)
    return CloudLink(
        host=_host(url),
        name=name,
        size=clean_line(size[1]) if size else "",
        expires=clean_line(next(g for g in expiry.groups() if g)) if expiry else "",
    )


def _host(url: str) -> str:
    try:
        return clean_line((urlsplit(url if "//" in url else f"//{url}").hostname or "").lower())
    except ValueError:
        return ""


def _name_in(url: str) -> str:
    """A file name that the address itself carries, as 163's does."""
    match = re.search(r"[?&](?:file|fileName|filename|name|fname)=([^&#]{1,300})", url)
    name = clean_line(unquote(match[1], errors="replace")) if match else ""
    return name if _NAME.search(name) else ""


def _marked(text: str) -> dict[str, CloudLink]:
    """A client's own words for it where no link was kept: plain text alternatives."""
    match = _MARKER.search(text)
    if not match:
        return {}
    after = text[match.end() : match.end() + 2 * _AFTER]
    name = _NAME.search(after)
    link = _link("", clean_line(name[1]) if name else "", after)
    told = name and (link.size or link.expires)
    return {"": link} if told or match[0].startswith("从") else {}


def _merged(found: list[CloudLink]) -> tuple[CloudLink, ...]:
    """A file is often linked twice, by its name and by 进入下载页面: the nameless link goes."""
    named = [link for link in found if link.name]
    unique: dict[tuple[str, str], CloudLink] = {}
    for link in named or found:
        unique.setdefault((link.name, "" if link.name else link.host), link)
    return tuple(unique.values())
