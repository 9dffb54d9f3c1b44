"""Chromium through its DevTools protocol: opens pages, evaluates expressions, presses keys."""

from __future__ import annotations

import base64
import json
import os
import re
import socket
import struct
import subprocess
import threading
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
)
_LISTENING = re.compile(r"DevTools listening on ws://[^:]+:(\d+)")


class Chromium:
    """One page in a browser of its own, with its own empty profile in `profile`."""

    def __init__(self, program: str, profile: Path) -> None:
        self._process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"], stderr=subprocess.PIPE, text=True
        )
        self.messages: list[dict[str, Any]] = []
        self._id = 0
        self._socket, self._stream = self._connect(self._port())
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> Chromium:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        self._socket.close()
        self._process.terminate()
        self._process.wait(20)

    def _port(self) -> int:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if found := _LISTENING.search(line):
                # Read on, or the browser blocks once the pipe is full.
                threading.Thread(target=self._process.stderr.read, daemon=True).start()
                return int(found[1])
        raise AssertionError("chromium did not start")

    def _connect(self, port: int) -> tuple[socket.socket, Any]:
        """RFC 6455 section 4, as far as DevTools needs it."""
        with closing(urlopen(f"http://127.0.0.1:{port}/json", timeout=30)) as listing:
            pages = [page for page in json.load(listing) if page["type"] == "page"]
        path = urlsplit(pages[0]["webSocketDebuggerUrl"]).path
        connection = socket.create_connection(("127.0.0.1", port), timeout=60)
        key = base64.b64encode(os.urandom(16)).decode()
        head = (
            f"GET {path} HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
        )
        connection.sendall("\r\n".join((*head, "", "")).encode())
        stream = connection.makefile("rb")
        while stream.readline() not in (b"\r\n", b""):
            pass
        return connection, stream

    def _send(self, text: str) -> None:
        data, mask = text.encode(), os.urandom(4)
        size = len(data)
        if size < 126:
            head = bytes([0x81, 0x80 | size])
        elif size < 65536:
            head = b"\x81\xfe" + struct.pack(">H", size)
        else:
            head = b"\x81\xff" + struct.pack(">Q", size)
        self._socket.sendall(head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(data)))

    def _receive(self) -> dict[str, Any]:
        whole = b""
        while True:
            first, second = self._stream.read(2)
            size = second & 0x7F
            if size == 126:
                (size,) = struct.unpack(">H", self._stream.read(2))
            elif size == 127:
                (size,) = struct.unpack(">Q", self._stream.read(8))
            whole += self._stream.read(size)
            if first & 0x80:
                message: dict[str, Any] = json.loads(whole)
                return message

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """One command and its result; what happens meanwhile is kept in `messages`."""
        self._id += 1
        self._send(json.dumps({"id": self._id, "method": method, "params": parameters}))
        while True:
            message = self._receive()
            if message.get("id") == self._id:
                assert "error" not in message, message
                result: dict[str, Any] = message["result"]
                return result
            self.messages.append(message)

    def size(self, width: int, height: int = 900) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=width < 600,
        )  # fmt: skip

    def cookie(self, name: str, value: str, url: str) -> None:
        self.call("Network.setCookie", name=name, value=value, url=url, httpOnly=True)

    def open(self, url: str) -> None:
        """Until it has loaded."""
        self.call("Page.navigate", url=url)
        self.loaded()

    def loaded(self) -> None:
        """Wait for a page that is on its way."""
        while not any(m.get("method") == "Page.loadEventFired" for m in self.messages):
            self.messages.append(self._receive())
        self.messages = [m for m in self.messages if m.get("method") != "Page.loadEventFired"]

    def value(self, expression: str) -> Any:
        """What an expression comes to in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key: str) -> None:
        """A key of the keyboard: 'Tab', 'Enter'."""
        code = {"Tab": 9, "Enter": 13}[key]
        text = "\r" if key == "Enter" else ""
        shape = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **shape)
        self.call("Input.dispatchKeyEvent", type="keyUp", **shape)

    def write(self, text: str) -> None:
        self.call("Input.insertText", text=text)

    def complaints(self) -> list[str]:
        """Errors and warnings of the browser: blocked scripts, missing files, broken markup."""
        found = [m["params"]["entry"] for m in self.messages if m.get("method") == "Log.entryAdded"]
        told = [f"{e['text']} {e.get('url', '')}" for e in found if e["level"] in ("error", "warning")]
        return told + [
            str(m["params"]) for m in self.messages if m.get("method") == "Runtime.exceptionThrown"
        ]
