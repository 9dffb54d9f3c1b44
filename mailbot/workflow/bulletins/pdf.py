"""A Word file of ours as PDF, by LibreOffice where it is installed: to print and to look at.

It runs with a profile of its own, in a directory of its own, for a bounded time, told to fetch nothing; on
Linux it has no network at all where the system allows taking it away.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from mailbot.errors import StateError

SECONDS = 120
_PROGRAMS = ("soffice", "libreoffice")
_USUAL_PLACES = (
    r"C:\Program Files\LibreOffice\program\soffice.exe",
    r"C:\Program Files (x86)\LibreOffice\program\soffice.exe",
    "/opt/libreoffice/program/soffice",
    "/usr/lib/libreoffice/program/soffice",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
)
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
{items}
</oor:items>
"""
_QUIET = (
    ("/org.openoffice.Office.Writer/Content/Update", "Link", "0"),
    ("/org.openoffice.Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("/org.openoffice.Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("/org.openoffice.Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("/org.openoffice.Inet/Settings", "ooInetProxyType", "2"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPProxyName", "127.0.0.1"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPProxyPort", "9"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPSProxyName", "127.0.0.1"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPSProxyPort", "9"),
)
"""Links are not updated, nothing runs, and what would still be fetched is asked of a port where nobody is."""


def program() -> str | None:
    """Where LibreOffice is installed; None where it is not."""
    found = (shutil.which(name) for name in _PROGRAMS)
    places = (place for place in _USUAL_PLACES if Path(place).is_file())
    return next((path for path in (*found, *places) if path), None)


def to_pdf(document: bytes, *, seconds: float = SECONDS) -> bytes:
    """The PDF of a .docx.

    StateError 'pdf_not_installed', 'pdf_timeout', 'pdf_failed' with what the program said.
    """
    soffice = program()
    if soffice is None:
        raise StateError("pdf_not_installed")
    # LibreOffice may still be letting go of its profile when it has ended.
    with tempfile.TemporaryDirectory(prefix="mailbot-pdf-", ignore_cleanup_errors=True) as made:
        directory = Path(made)
        source = directory / "document.docx"
        source.write_bytes(document)
        _write_profile(directory / "profile")
        said = _run([*_without_network(), soffice, *_arguments(directory, source)], directory, seconds)
        target = source.with_suffix(".pdf")
        if not target.is_file():
            raise StateError("pdf_failed", text=said[-200:])
        return target.read_bytes()


def _arguments(directory: Path, source: Path) -> list[str]:
    profile = f"-env:UserInstallation={(directory / 'profile').as_uri()}"
    plain = ("--headless", "--norestore", "--nologo", "--nodefault", "--nofirststartwizard", "--nolockcheck")
    return [profile, *plain, "--convert-to", "pdf", "--outdir", str(directory), str(source)]


def _run(command: list[str], directory: Path, seconds: float) -> str:
    """What the program said.  On a timeout its children are ended with it."""
    environment = {**os.environ, "HOME": str(directory), "SAL_USE_VCLPLUGIN": "svp"}
    process = subprocess.Popen(
        command,
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        _end(process)
        raise StateError("pdf_timeout", seconds=round(seconds)) from None
    return " ".join(said.decode(errors="replace").split())


def _end(process: subprocess.Popen[bytes]) -> None:
    if hasattr(os, "killpg"):
        os.killpg(process.pid, 9)
    else:
        process.kill()
    process.communicate()


def _write_profile(profile: Path) -> None:
    items = "\n".join(
        f'<item oor:path="{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
        for path, name, value in _QUIET
    )
    (profile / "user").mkdir(parents=True)
    (profile / "user/registrymodifications.xcu").write_text(_SETTINGS.format(items=items), encoding="utf-8")


def _without_network() -> list[str]:
    """A namespace without network, where the system has them and lets us."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return []
    command = [unshare, "--user", "--map-current-user", "--net"]
    tried = subprocess.run([*command, "true"], capture_output=True, timeout=10, check=False)
    return [*command, "--"] if tried.returncode == 0 else []
