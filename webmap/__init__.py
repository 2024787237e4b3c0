"""The web map: sign-in, the queue of leads with its map, the lead page, the models, the running of the house.

``create_app(house)`` makes the application; importing this package opens nothing. Each file of ``webmap/pages`` is
one blueprint (``page = Blueprint(...)``), found by itself.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import secrets
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Blueprint, Flask

from webmap import _assets, _security, _shared, _words

if TYPE_CHECKING:
    from geo_monitor.wiring import House

SECRET_FILE = "files/secret.key"  # noqa: S105  the name of the file, not what stands in it
#: A working day and a lunch break: who stays away longer signs in again.
SESSION_HOURS = 12
#: The longest thing a person sends here is a reason; a whole form stays far below this.
LARGEST_REQUEST = 256 * 1024


def create_app(house: House) -> Flask:
    """The application over one opened house. Several may live side by side: nothing is kept in modules.

    The secret of the sessions is ``settings.secret_key``, or else a random one that is written once to
    ``files/secret.key`` of the workspace, readable by its owner only (OSError if the folder cannot be written).
    """
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=house.settings.secret_key or kept_secret(house.path(SECRET_FILE)),
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=SESSION_HOURS),
        SESSION_COOKIE_NAME="geo_monitor",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=house.settings.web.secure_cookies,
        WTF_CSRF_TIME_LIMIT=None,  # a form left open over lunch still counts: the session sets the limit
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    _shared.lend(app, house)
    _words.install(app)
    _assets.install(app)
    _security.install(app)
    for page in pages():
        app.register_blueprint(page)
    return app


def pages() -> list[Blueprint]:
    """The blueprints of ``webmap/pages``, by file name."""
    package = importlib.import_module("webmap.pages")
    names = sorted(m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_"))
    return [importlib.import_module(f"webmap.pages.{name}").page for name in names]


def kept_secret(path: Path) -> str:
    """The secret in this file; made at the first call. Two processes that start at once end with the same one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # Written whole under a name of its own and then linked: nobody ever reads half a secret.
        fresh = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        try:
            path.hardlink_to(fresh)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text(encoding="ascii").strip()
