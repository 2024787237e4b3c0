"""The web map: sign-in, the queue of leads with its map, the lead page, the models, the running of the house.

``create_app(house)`` makes the application; importing this package opens nothing. Each file of ``webmap/pages`` is
one blueprint (``page = Blueprint(...)``), found by itself.
"""

from __future__ import annotations

import importlib
import pkgutil
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, Flask

from geo_monitor.wiring import workspace_secret
from webmap import _assets, _security, _shared, _words

if TYPE_CHECKING:
    from geo_monitor.wiring import House

#: A working day and a lunch break: who stays away longer signs in again.
SESSION_HOURS = 12
#: The longest thing a person sends here is a reason; a whole form stays far below this.
LARGEST_REQUEST = 256 * 1024


def create_app(house: House) -> Flask:
    """The application over one opened house. Several may live side by side: nothing is kept in modules.

    The secret of the sessions is that of the workspace.
    """
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=workspace_secret(house.settings),
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
    for page in found_pages():
        app.register_blueprint(page)
    return app


def found_pages() -> list[Blueprint]:
    """The blueprints of ``webmap/pages``, by file name."""
    package = importlib.import_module("webmap.pages")
    names = sorted(m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_"))
    return [importlib.import_module(f"webmap.pages.{name}").page for name in names]
