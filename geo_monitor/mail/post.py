"""How a finished letter leaves the house: through an SMTP server, or as a file into a folder."""

from __future__ import annotations

import email
import hashlib
import os
import re
import smtplib
import ssl
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from email import policy
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from geo_monitor.config import Mail
from geo_monitor.errors import ConfigError, DeliveryError, Flaw
from geo_monitor.services.ports import Post

#: Seconds a server may take for one answer. Shorter than the lease of a letter (``services.outbox.LEASE``), so that
#: a hanging server cannot make a second deliverer believe that the first one died.
TIMEOUT_S = 30.0
SCHEMES = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}


def choose_post(mail: Mail, workspace: Path) -> Post:
    """An SMTP server if one is configured, else the folder of the workspace.

    Raises ConfigError for an address that is not ``smtp://``, ``smtps://`` or ``smtp+starttls://`` with a host; the
    message never repeats the password.
    """
    if not mail.smtp_url:
        return FolderPost(workspace / mail.folder)
    url = urlsplit(mail.smtp_url)
    expected = "smtp://, smtps:// or smtp+starttls:// then [user:password@]host[:port]"
    try:
        port = url.port
    except ValueError:
        raise _bad_url("bad_port", "a port between 1 and 65535", url) from None
    if url.scheme not in SCHEMES:
        raise _bad_url("unknown_scheme", expected, url)
    if not url.hostname:
        raise _bad_url("no_host", expected, url)
    if url.path.strip("/") or url.query or url.fragment:
        raise _bad_url("too_much", f"{expected}, and nothing after it", url)
    return SmtpPost(
        host=url.hostname,
        port=port or SCHEMES[url.scheme],
        security=url.scheme,
        user=unquote(url.username or ""),
        password=unquote(url.password or ""),
        sender=parseaddr(mail.sender)[1] or mail.sender,
    )


def _bad_url(reason: str, expected: str, url: SplitResult) -> ConfigError:
    shown = f"{url.scheme}://{(url.netloc or '').rpartition('@')[2]}"
    return ConfigError(Flaw(reason, expected, file="mail.smtp_url (or GEO_MONITOR_SMTP_URL)", value=shown))


@dataclass(frozen=True, slots=True)
class SmtpPost:
    """One connection a letter. ``security`` is the scheme of the address: ``smtp`` (plain), ``smtps`` (TLS from the
    first byte) or ``smtp+starttls`` (TLS is demanded, not merely tried); certificates are verified."""

    host: str
    port: int
    security: str
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    timeout_s: float = TIMEOUT_S

    def send(self, to: str, message: bytes) -> str:
        """The words with which the server accepted the letter.

        Raises DeliveryError; it is permanent only where the server judged this very letter, its sender or its
        recipient with 5xx. A refusal of the connection or of the password is ours to mend and is tried again.
        """
        if not re.fullmatch(r"[^\s<>,;@]+@[^\s<>,;@]+", to):
            # smtplib would pick out of it what it takes for an address, and the letter might go to a stranger.
            raise DeliveryError(f"{to!r} is not one mail address", permanent=True)
        try:
            server = self._open()
        except (OSError, smtplib.SMTPException) as e:
            raise DeliveryError(f"{self.host}:{self.port}: {_said(e)}") from e
        try:
            return self._hand_over(server, to, message)
        except DeliveryError:
            raise
        except (UnicodeError, ValueError) as e:
            raise DeliveryError(f"the address {to!r} cannot be written to a mail server: {e}", permanent=True) from e
        except (OSError, smtplib.SMTPException) as e:
            raise DeliveryError(f"{self.host}:{self.port}: {_said(e)}") from e
        finally:
            # Whatever happens after the acceptance cannot undo it, so a server that dies at QUIT is no trouble.
            server.close()

    def _open(self) -> smtplib.SMTP:
        if self.security == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=self.timeout_s, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.timeout_s)
        try:
            server.ehlo_or_helo_if_needed()
            if self.security == "smtp+starttls":
                server.starttls(context=ssl.create_default_context())
                server.ehlo()
            if self.user:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server

    def _hand_over(self, server: smtplib.SMTP, to: str, message: bytes) -> str:
        options = ["SMTPUTF8"] if not (to + self.sender).isascii() and server.has_extn("smtputf8") else []
        for name, (code, words) in (("sender", server.mail(self.sender, options)), ("recipient", server.rcpt(to))):
            if code not in (250, 251, 252):
                raise _refusal(name, code, words)
        try:
            code, words = server.data(message)
        except smtplib.SMTPDataError as e:
            raise _refusal("letter", e.smtp_code, e.smtp_error) from e
        if code != 250:
            raise _refusal("letter", code, words)
        with suppress(OSError, smtplib.SMTPException):  # the letter is accepted; a rude goodbye changes nothing
            server.docmd("QUIT")
        return f"{code} {_text(words)}"


@dataclass(frozen=True, slots=True)
class FolderPost:
    """Letters as ``.eml`` files that any mail program opens. The name follows from the Message-ID, so a letter that
    is written again after a crash replaces itself."""

    folder: Path

    def send(self, to: str, message: bytes) -> str:
        """Writes the whole file or nothing. Raises DeliveryError (passing) if the folder cannot be written to."""
        head = email.message_from_bytes(message, policy=policy.default)
        name = re.sub(r"[^A-Za-z0-9._-]+", "_", str(head.get("Message-ID", "")).strip("<> ").partition("@")[0])
        path = self.folder / f"{name or hashlib.sha256(message).hexdigest()[:32]}.eml"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(dir=self.folder, prefix=".", suffix=".part")
            try:
                with os.fdopen(handle, "wb") as f:
                    f.write(message)
                    f.flush()
                    os.fsync(f.fileno())
                Path(part).replace(path)
            except BaseException:
                Path(part).unlink(missing_ok=True)
                raise
        except OSError as e:
            raise DeliveryError(f"{self.folder}: {e.strerror or e}") from e
        return f"written to {path.name}"


def _refusal(what: str, code: int, words: bytes | str) -> DeliveryError:
    return DeliveryError(f"{what} refused: {code} {_text(words)}", permanent=500 <= code < 600)


def _text(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words


def _said(e: Exception) -> str:
    if isinstance(e, smtplib.SMTPResponseException):
        return f"{e.smtp_code} {_text(e.smtp_error)}"
    return str(e) or type(e).__name__
