"""What every page may ask for: the house, the person who is signed in, the names of places and models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, current_app, g

from geo_monitor.domain.words import Words
from geo_monitor.services.lifecycle import effective

if TYPE_CHECKING:
    from geo_monitor.services.ports import Records, User
    from geo_monitor.supervision.model import SupervisionModel
    from geo_monitor.wiring import House

DISTRICTS = "districts"
_HOUSE = "geo_monitor.house"
_KEPT = "geo_monitor.kept"


def lend(app: Flask, house: House) -> None:
    app.extensions[_HOUSE] = house
    app.extensions[_KEPT] = {}
    app.jinja_env.globals["house_settings"] = house.settings


def house() -> House:
    return cast("House", current_app.extensions[_HOUSE])


def person() -> User:
    """Who is signed in; pages behind the door only."""
    return cast("User", g.user)


def kept(kind: str, version: str, make: Callable[[], Any]) -> Any:
    """``make()``, done once for each version of a thing: what was kept of the version before is forgotten."""
    shelf = current_app.extensions[_KEPT]
    found = shelf.get(kind)
    if found is None or found[0] != version:
        found = (version, make())
        shelf[kind] = found
    return found[1]


def current_versions(records: Records) -> dict[str, str]:
    """Layer name → id of the version that counts now."""
    return {v.layer: v.id for v in records.layer_versions()}


def district_titles(records: Records) -> Mapping[str, Words]:
    """District id → title, by id; empty if the city has loaded no districts."""
    version = current_versions(records).get(DISTRICTS, "")
    if not version:
        return {}
    return cast(
        Mapping[str, Words],
        kept("district titles", version, lambda: {f.id: f.title for f in records.features(DISTRICTS)}),
    )


def current_models(records: Records) -> Mapping[str, SupervisionModel]:
    """The models with the status that they have in this city now."""
    return effective(house().models, records.model_events())


def model_title(model_id: str) -> Words:
    """The title of a model; of one that has left the library its id, so that old leads stay readable."""
    model = house().models.get(model_id)
    return model.title if model is not None else Words.of(model_id)
