"""Headless Chromium for tests, and a page that notices what no page of ours may do.

A test that takes ``page`` fails at its end if the page asked another host for anything, broke its content
security policy, threw, or opened a dialog.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # No name but our own is ever looked up, whatever the browser itself wants at its start.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
OUR_HOSTS = {"127.0.0.1", "localhost"}
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


def find_chromium() -> str | None:
    named = os.environ.get("GEO_MONITOR_CHROMIUM")
    for candidate in (named,) if named else ("chromium", "chromium-browser", "google-chrome"):
        if candidate and (found := shutil.which(candidate)):
            return found
    return None


@dataclass
class Watch:
    """What the pages of one browser context did that a page of ours never does."""

    foreign_requests: list[str] = field(default_factory=list)
    policy_violations: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        context.on("request", self._request)
        context.on("page", self._page)
        context.expose_binding("__policyViolation", lambda _source, text: self.policy_violations.append(text))
        # Runs outside the page's own policy, before any script of the page.
        context.add_init_script(
            "document.addEventListener('securitypolicyviolation', e => window.__policyViolation("
            "`${e.effectiveDirective}: ${e.blockedURI} at ${e.sourceFile}:${e.lineNumber}`))"
        )

    def _request(self, request: object) -> None:
        url = request.url  # type: ignore[attr-defined]
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss", "ftp"} and parts.hostname not in OUR_HOSTS:
            self.foreign_requests.append(url)

    def _page(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("websocket", self._request)
        page.on("dialog", self._dialog)
        page.on("console", self._console)

    def _dialog(self, dialog: object) -> None:
        self.dialogs.append(dialog.message)  # type: ignore[attr-defined]
        dialog.dismiss()  # type: ignore[attr-defined]

    def _console(self, message: object) -> None:
        text = message.text  # type: ignore[attr-defined]
        if "Content Security Policy" in text or "Content-Security-Policy" in text:
            self.policy_violations.append(text)
        elif message.type == "error" and "Uncaught" in text:  # type: ignore[attr-defined]
            self.errors.append(text)

    def findings(self) -> list[str]:
        return [
            *(f"a request left the host: {url}" for url in self.foreign_requests),
            *(f"the content security policy was broken: {text}" for text in self.policy_violations),
            *(f"an error was thrown on the page: {text}" for text in self.errors),
            *(f"a dialog was opened: {text}" for text in self.dialogs),
        ]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = find_chromium()
    if executable is None:
        pytest.skip("Chromium is not installed: apt-get install chromium fonts-noto-cjk")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS), headless=True)
        yield started
        started.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """``new_page(viewport=PHONE, locale="zh-CN", …)``: a page with a profile of its own; all are watched."""
    contexts: list[BrowserContext] = []
    watch = Watch()

    def make(**options: object) -> Page:
        options = {"viewport": DESK, "locale": "zh-CN", "timezone_id": "Asia/Shanghai", **options}
        context = browser.new_context(**options)  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(15_000)
        watch.over(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()
    assert not watch.findings(), "\n".join(watch.findings())


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page at desk size, Chinese, in Shanghai's time."""
    return new_page()
