"""Mail servers for tests: a real one that keeps what it takes, and one that follows a script of bad manners."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session


@dataclass
class Mailbox:
    """What the server took: sender, recipients and bytes of each letter. ``refuse`` maps a recipient to the answer he
    gets instead of 250; ``wrong`` is the answer to the letter itself."""

    port: int = 0
    letters: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    wrong: str = ""

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.wrong:
            return self.wrong
        assert isinstance(envelope.content, bytes)
        self.letters.append((str(envelope.mail_from), list(envelope.rcpt_tos), envelope.content))
        return f"250 kept as {len(self.letters)}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def mail_server(*, password: str = "", tls: ssl.SSLContext | None = None) -> Iterator[Mailbox]:
    """A real aiosmtpd on a free loopback port; with ``password`` it demands user "map" and that password, with ``tls``
    it demands STARTTLS."""
    more: dict[str, Any] = {}
    if password:

        def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
            return AuthResult(success=(data.login, data.password) == (b"map", password.encode()), handled=False)

        more |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": tls is not None}
    if tls is not None:
        more |= {"tls_context": tls, "require_starttls": True}
    box = Mailbox(free_port())
    controller = Controller(box, hostname="127.0.0.1", port=box.port, **more)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


@contextlib.contextmanager
def scripted_server(*answers: bytes | None) -> Iterator[tuple[int, list[bytes]]]:
    """Gives one answer for each line (or letter) it reads, the first as greeting: ``None`` closes the connection
    without a word, ``b""`` says nothing and keeps it open. Yields its port and what it heard."""
    heard: list[bytes] = []
    over = threading.Event()
    door = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            guest, _ = door.accept()
            with guest, guest.makefile("rb") as lines:
                for n, answer in enumerate(answers):
                    if n:
                        heard.append(_letter(lines) if heard and heard[-1].upper() == b"DATA\r\n" else lines.readline())
                    if answer is None:
                        return
                    guest.sendall(answer)
                    if answer == b"":
                        over.wait(30)
                        return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield door.getsockname()[1], heard
    finally:
        over.set()
        door.close()
        thread.join(5)


def _letter(lines: Any) -> bytes:
    said = b""
    while not said.endswith(b"\r\n.\r\n"):
        line = lines.readline()
        if not line:
            break
        said += line
    return said
