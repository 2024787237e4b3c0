"""How a letter is put together. A letter is a folder of ``letters/`` with ``subject.txt``, ``text.txt`` and
``letter.html``: found by itself, written in both languages side by side (``say('新增', 'new')``)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from geo_monitor.domain.words import Words
from geo_monitor.errors import ConfigError, Flaw, NotFoundError

LETTERS = Path(__file__).parent / "letters"
PARTS = ("subject.txt", "text.txt", "letter.html")
#: What a mail server of a closed network takes without asking, and a phone loads at once.
LARGEST_BYTES = 300_000


def letters(folder: Path = LETTERS) -> tuple[str, ...]:
    """Names of all letters, sorted. Raises ConfigError for a folder that lacks one of its three parts."""
    names = sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith((".", "_")))
    flaws = [
        Flaw("incomplete_letter", f"a letter has {', '.join(PARTS)}", file=str(folder / name), value=part)
        for name in names
        for part in PARTS
        if not (folder / name / part).is_file()
    ]
    if flaws:
        raise ConfigError(flaws)
    return tuple(names)


@dataclass(frozen=True, slots=True)
class Rendered:
    """``pictures`` maps the name by which the HTML calls a picture (``cid:name``) to its PNG."""

    subject: str
    text: str
    html: str
    pictures: Mapping[str, bytes]


def render(
    name: str,
    language: str,
    values: Mapping[str, Any],
    *,
    zone: tzinfo,
    pictures: Mapping[str, bytes] | None = None,
    folder: Path = LETTERS,
) -> Rendered:
    """The three texts of a letter in one language. Styles stand inline in the HTML (many mail programs drop style
    sheets) and once more in the head, for dark screens and narrow ones. A value that a template asks for and nobody
    gave is an error, never an empty place."""
    if name not in letters(folder):
        raise NotFoundError("letter", name, letters(folder))
    book = _environment(folder)

    def say(zh: str, en: str) -> str:
        return Words(zh, en).to(language)

    given = {"language": language, "say": say, "to": _in(language), "moment": _moments(zone), **values}
    shown = dict(pictures or {})
    subject = " ".join(book.get_template(f"{name}/subject.txt").render(given).split())
    text = re.sub(r"\n{3,}", "\n\n", book.get_template(f"{name}/text.txt").render(given)).strip() + "\n"
    html = _inline(book.get_template(f"{name}/letter.html").render(given, pictures=sorted(shown)))
    return Rendered(subject, text, html, shown)


def message(rendered: Rendered, *, key: str, to: str, sender: str, created: datetime) -> bytes:
    """The RFC 5322 message: ``multipart/alternative`` of the text and of the HTML with its pictures.

    The same letter gives the same bytes: Message-ID and the borders between the parts follow from ``key``, the date is
    that of the occasion. Raises ConfigError for a sender or recipient that is no mail address, and for a letter above
    ``LARGEST_BYTES``.
    """
    domain = _address(sender, "mail.sender").domain
    letter = EmailMessage(policy=SMTP)
    letter["Subject"] = rendered.subject
    letter["From"] = _address(sender, "mail.sender")
    letter["To"] = _address(to, "email")
    letter["Date"] = format_datetime(created)
    letter["Message-ID"] = message_id(key, domain)
    # Nobody's absence note shall answer a machine, and a reader finds the door out where his program shows it.
    letter["Auto-Submitted"] = "auto-generated"
    letter["X-Auto-Response-Suppress"] = "All"
    letter["List-Unsubscribe"] = f"<mailto:{_address(sender, 'mail.sender').addr_spec}?subject=unsubscribe>"
    letter.set_content(rendered.text, cte="base64")
    letter.add_alternative(rendered.html, subtype="html", cte="base64")
    page = letter.get_payload()[1]  # type: ignore[index]
    assert isinstance(page, EmailMessage)
    for name, png in sorted(rendered.pictures.items()):
        page.add_related(png, "image", "png", cid=f"<{name}>", filename=f"{name}.png", disposition="inline")
    for depth, part in enumerate(p for p in letter.walk() if p.is_multipart()):
        part.set_boundary(f"={hashlib.sha256(f'{key}/{depth}'.encode()).hexdigest()[:40]}")
    body = letter.as_bytes()
    if len(body) > LARGEST_BYTES:
        raise ConfigError(Flaw("letter_too_large", f"at most {LARGEST_BYTES} bytes", file=key, value=str(len(body))))
    return body


def message_id(key: str, domain: str) -> str:
    """From the key of the occasion alone: whoever gets the letter twice, because the sender died between acceptance
    and its own note of it, sees one."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{domain}>"


def _address(said: str, what: str) -> Address:
    display, spec = parseaddr(said)
    try:
        if said.isprintable() and spec.count("@") == 1 and all(spec.split("@")):
            return Address(display_name=display, addr_spec=spec)
    except (ValueError, IndexError):
        pass
    raise ConfigError(Flaw("not_an_address", "a mail address like name@example.org", field=what, value=said))


@cache
def _environment(folder: Path) -> Environment:
    return Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=select_autoescape(["html"], default=False, default_for_string=True),
    )


def _in(language: str) -> Callable[[Words], str]:
    # A title with a line break would tear the text letter apart and, in a subject, is what header smuggling looks like.
    return lambda words: " ".join(words.to(language).split())


def _moments(zone: tzinfo) -> Callable[[datetime], str]:
    return lambda at: f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def _inline(html: str) -> str:
    import css_inline

    return css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False).inline(html)
