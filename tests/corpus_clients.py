"""Mails in the shape of the clients that units use: Foxmail, QQ, 163, 126, Coremail, Outlook, phones, WPS.

Header fields, charsets, ways of writing names and the tree of parts are those that these clients are known
for; where no sample was at hand (Coremail's OA face, the mail of WPS) they are supposed: 未经真实样本核对.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import build

Header = tuple[str, bytes | str]
PICTURE = build.fake("png")
CLOUD = (
    "从QQ邮箱发来的超大附件\n旧稿.docx (80.96M, 2019年5月1日 12:00 到期)\n"
    "进入下载页面：https://mail.qq.com/cgi-bin/ftnExs_download?k=1&code=2"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One client: what it writes into a mail besides what its user writes."""

    name: str
    host: str
    headers: tuple[Header, ...]
    encoding: build.Encoding
    file_names: build.NameEncoding
    charset: str = "utf-8"
    label: str = ""
    """Declared instead of `charset`."""
    cte: str = "base64"
    quoted_name: bool = False
    """The display name is an encoded word inside quotes."""
    rich: bool = True
    """Text and HTML."""
    picture: bool = False
    """A picture in the signature, in multipart/related."""
    disposition: str = "attachment"
    signature: str = ""
    divider: str = "------------------ 原始邮件 ------------------"
    reply: str = "回复："
    forward: str = "转发："

    def mail(
        self,
        subject: str,
        *,
        text: str = "信息科：\n您好，现报送信息一篇，请查收。",
        quoted: str = "",
        files: Sequence[build.Attached] = (),
        local: str = "clerk",
        name: str = "",
        headers: Sequence[Header] = (),
    ) -> bytes:
        """The mail as it comes off the wire; `quoted` is older mail below the client's divider."""
        whole = text + (f"\n\n{self.signature}" if self.signature else "")
        whole += f"\n\n{self.divider}\n{quoted}" if quoted else ""
        content = self._text(whole)
        if files:
            content = build.multipart("mixed", content, *(self._file(file) for file in files))
        shown = build.words(name, self.encoding) if name else b""
        shown = b'"' + shown + b'"' if shown and self.quoted_name else shown
        sender = (shown + b" " if shown else b"") + f"<{local}@{self.host}>".encode()
        return build.entity(
            [
                ("Received", f"from {self.host} (unknown [192.0.2.7]) by mx.tancheng.example; {build.DATE}"),
                *headers,
                ("Date", build.DATE),
                ("From", sender),
                ("To", build.mailbox(build.BOX, self.encoding)),
                ("Subject", build.words(subject, self.encoding)),
                *self.headers,
                ("MIME-Version", "1.0"),
            ],
            content,
        )

    def _text(self, whole: str) -> bytes:
        plain = build.body(whole, charset=self.charset, label=self.label, cte=self.cte)
        if not self.rich:
            return plain
        lines = "".join(f"<div>{html.escape(line) or '<br>'}</div>" for line in whole.split("\n"))
        lines += '<img src="cid:image001.png@01D4F0">' if self.picture else ""
        page = f"<html><head><style>p{{margin:0}}</style></head><body>{lines}</body></html>"
        both = build.multipart(
            "alternative",
            plain,
            build.body(page, "html", charset=self.charset, label=self.label, cte=self.cte),
        )
        if not self.picture:
            return both
        picture = build.part(
            PICTURE,
            "image/png",
            name="image001.png",
            disposition="inline",
            headers={"Content-ID": "<image001.png@01D4F0>"},
        )
        return build.multipart("related", both, picture)

    def _file(self, file: build.Attached) -> bytes:
        if isinstance(file, bytes):
            return file
        kind = file[2] if len(file) == 3 else "application/octet-stream"
        return build.part(
            file[1], kind, name=file[0], name_encoding=self.file_names, disposition=self.disposition
        )


CLIENTS = (
    Client(
        name="Foxmail",
        host="oa.tancheng.example",
        headers=(
            ("X-Priority", "3"),
            ("X-GUID", "0F4B2C6E-6E8C-4D1D-9D0A-3F6B1C7A9E11"),
            ("X-Has-Attach", "yes"),
            ("X-Mailer", "Foxmail 7.2.9.156[cn]"),
        ),
        encoding="gb2312-declared-gbk",
        file_names="2047-gbk",
        charset="gbk",
        label="GB2312",
        quoted_name=True,
        divider="发件人： 信息科\n发送时间： 2019-04-11 10:00\n收件人： clerk\n主题： 回执",
        reply="回复: ",
        forward="转发: ",
    ),
    Client(
        name="QQ webmail",
        host="qq.example",
        headers=(
            ("X-QQ-SSF", "00000000000000"),
            ("X-QQ-MIME", "TCMime 1.0 by Tencent"),
            ("X-Mailer", "QQMail 2.x"),
            ("X-QQ-Mailer", "QQMail 2.x"),
        ),
        encoding="gb18030-b",
        file_names="2047-gbk",
        charset="gb18030",
        quoted_name=True,
        reply="回复：",
    ),
    Client(
        name="163 webmail",
        host="163.example",
        headers=(
            ("X-Priority", "3"),
            ("X-Mailer", "Coremail Webmail Server Version SP_ntes V3.5 build 20190111"),
            ("X-Coremail-Locale", "zh_CN"),
            ("X-CM-TRANSID", "cMGowABXH4x1pbJc"),
        ),
        encoding="gbk-b",
        file_names="raw-gbk",
        charset="gbk",
        divider='At 2019-04-11 10:00:00, "信息科" <xxk@oa.tancheng.example> wrote:',
        reply="Re:",
        forward="Fw:",
    ),
    Client(
        name="126 webmail",
        host="126.example",
        headers=(
            ("X-Mailer", "Coremail Webmail Server Version SP_ntes V3.5 build 20190111"),
            ("X-Originating-IP", "[192.0.2.7]"),
        ),
        encoding="gbk-split",
        file_names="2231-gbk",
        charset="gbk",
        cte="quoted-printable",
        divider='在 2019-04-11 10:00:00，"信息科" <xxk@oa.tancheng.example> 写道：',
        reply="Re:Re:",
        forward="Fw:",
    ),
    Client(
        name="Coremail OA",
        host="oa.tancheng.example",
        headers=(
            ("X-Mailer", "Coremail Webmail Server Version XT5.0.9c build 20180101"),
            ("X-SendMailWithSms", "false"),
        ),
        encoding="utf-8-b",
        file_names="2047-utf8",
        divider="-----原始邮件-----\n发件人:信息科\n发送时间:2019-04-11 10:00:00\n主题:回执",
        reply="答复: ",
        forward="转发: ",
    ),
    Client(
        name="Outlook 2016",
        host="oa.tancheng.example",
        headers=(
            ("Thread-Topic", "x"),
            ("Thread-Index", "AdTw8w=="),
            ("X-Mailer", "Microsoft Outlook 16.0"),
            ("Content-Language", "zh-cn"),
        ),
        encoding="gb2312-declared-gbk",
        file_names="2231-cont",
        charset="gbk",
        label="gb2312",
        picture=True,
        divider="发件人: 信息科 <xxk@oa.tancheng.example> \n发送时间: 2019年4月11日 10:00\n主题: 回执",
        reply="答复: ",
        forward="转发: ",
    ),
    Client(
        name="iPhone",
        host="icloud.example",
        headers=(("X-Mailer", "iPhone Mail (16E227)"),),
        encoding="utf-8-b",
        file_names="2231-utf8",
        rich=False,
        cte="quoted-printable",
        disposition="inline",
        signature="发自我的 iPhone",
        divider="在 2019年4月11日，10:00，信息科 <xxk@oa.tancheng.example> 写道：",
        reply="Re: ",
        forward="Fwd: ",
    ),
    Client(
        name="QQ phone app",
        host="qq.example",
        headers=(("X-QQ-MIME", "TCMime 1.0 by Tencent"), ("X-Mailer", "QQMail 2.x")),
        encoding="utf-8-split",
        file_names="2047-utf8",
        signature="发自我的iPhone",
        quoted_name=True,
        reply="回复：",
    ),
    Client(
        name="WPS mail",
        host="wps.example",
        headers=(("X-Mailer", "WPS Office Mail 2019"),),
        encoding="utf-8-q",
        file_names="percent",
        rich=False,
        reply="回复：",
    ),
    Client(
        name="an old client, raw 8-bit",
        host="tancheng.example",
        headers=(("X-Mailer", "DreamMail 4.6"),),
        encoding="raw-gbk",
        file_names="raw-gbk",
        charset="gbk",
        cte="8bit",
        rich=False,
        reply="Re: ",
    ),
)
