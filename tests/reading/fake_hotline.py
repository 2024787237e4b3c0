"""A hotline's server on this machine: pages in five ways, and as bad manners as the test asks for.

``records`` are what it holds; ``faults`` are drawn one for each request (``None``: it behaves). Everything it holds and
says is invented.
"""

from __future__ import annotations

import contextlib
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

T0 = datetime(2026, 11, 1, tzinfo=UTC)
SECRET = "synthetic-api-key-{1}"


def record(n: int, *, updated: datetime | None = None, **more: Any) -> dict[str, Any]:
    """The n-th order, one a minute."""
    at = T0 + timedelta(minutes=n)
    return {
        "order": {"no": f"GD{n:05d}", "kind": "采砂"},
        "happened": at.isoformat(),
        "updated": (updated or at).isoformat(),
        "place": {"lon": round(91.0 + n % 100 / 1000, 6), "lat": 29.65},
        "text": f"合成工单 {n}",
        "photos": ["照片"] if n % 2 else [],
        **more,
    }


@dataclass
class Hotline:
    records: list[dict[str, Any]] = field(default_factory=list)
    fault: Callable[[], str | None] = lambda: None
    most: int = 10
    reasonable: bool = False
    envelope: Callable[[], dict[str, Any]] = dict
    asked: list[str] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)
    shuffle: random.Random | None = None
    after_page: Callable[[Hotline], None] | None = None
    port: int = 0
    slow_s: float = 1.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, path: str, asked: dict[str, str]) -> tuple[Any, dict[str, str]]:
        found = [r for r in self.records if not asked.get("since") or r["updated"] >= asked["since"]]
        if asked.get("until"):
            found = [r for r in found if r["updated"] <= asked["until"]]
        size = min(int(asked.get("size") or self.most), self.most)
        total, headers, more = len(found), {}, self.envelope()
        if path == "/pages":
            start = (int(asked["page"]) - 1) * size
            if self.reasonable and found:
                start = min(start, (total - 1) // size * size)
        elif path == "/offsets":
            start = int(asked["offset"])
        elif path in ("/links", "/linked"):
            start = int(asked.get("from") or 0)
            if start + size < total:
                onward = f"{path}?from={start + size}" + (f"&since={asked['since']}" if "since" in asked else "")
                onward = onward.replace("+", "%2B")
                more |= {"next": onward} if path == "/links" else {}
                headers |= {"Link": f'<{self.url}{onward}>; rel="next"'} if path == "/linked" else {}
        elif path == "/cursors":
            start = int((asked.get("cursor") or "c0")[1:])
            more |= {"next": f"c{min(start + size, total)}"}
        else:  # everything of a span of time, at most so many
            return found[: self.most], headers
        return {"code": 200, "data": {"list": found[start : start + size], "total": total}, **more}, headers


def _handler(hotline: Hotline) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            hotline.bodies.append(said)
            self._answer({k: str(v) for k, v in said.items()})

        def do_GET(self) -> None:
            self._answer({k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()})

        def _answer(self, asked: dict[str, str]) -> None:
            hotline.asked.append(self.path)
            hotline.keys.append(self.headers.get("X-Api-Key"))
            fault = hotline.fault()
            if fault == "cut":
                self.close_connection = True
                return
            if fault in ("500", "503", "429", "401"):
                body = f'{{"message": "no, {self.headers.get("X-Api-Key")}"}}'.encode()
                self._send(int(fault), body, {"Retry-After": "0"} if fault == "429" else {})
                return
            if fault and fault.startswith("429:"):
                self._send(429, b"{}", {"Retry-After": fault[4:]})
                return
            if fault and fault.startswith("to:"):
                self._send(302, b"", {"Location": fault[3:]})
                return
            if fault == "busy":
                self._send(200, '{"code": 500, "message": "系统繁忙"}'.encode(), {})
                return
            if fault == "slow":
                time.sleep(hotline.slow_s)
            if hotline.shuffle is not None and hotline.shuffle.random() < 0.3:
                hotline.shuffle.shuffle(hotline.records)
            said, headers = hotline.answer(urlsplit(self.path).path, asked)
            body = json.dumps(said, ensure_ascii=False).encode()
            if fault == "half":  # a body without a length that ends in its middle
                self.close_connection = True
                self._send(200, body[: len(body) // 2], {"Connection": "close"}, length=False)
                return
            if fault == "short":  # fewer bytes than were promised
                self.close_connection = True
                self._send(200, body, headers, cut=len(body) // 2)
                return
            if fault == "drip":
                self.close_connection = True
                with contextlib.suppress(OSError):
                    self.send_response(200)
                    self.end_headers()
                    for n in range(len(body)):
                        self.wfile.write(body[n : n + 1])
                        time.sleep(0.05)
                return
            hotline.sent.append(body)
            self._send(200, body, headers)
            if hotline.after_page is not None:
                hotline.after_page(hotline)

        def _send(
            self, status: int, body: bytes, headers: dict[str, str], *, length: bool = True, cut: int | None = None
        ) -> None:
            with contextlib.suppress(OSError):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if length:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[:cut])

    return Handler


@contextlib.contextmanager
def hotline_server(**more: Any) -> Iterator[Hotline]:
    hotline = Hotline(**more)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hotline))
    server.daemon_threads = True
    hotline.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield hotline
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
