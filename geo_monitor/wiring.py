"""The real parts, chosen in one place: settings, store, post, clock, layers, models, law, feeds."""

from __future__ import annotations

import importlib
import os
import pkgutil
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from geo_monitor.config import Settings, read_settings
from geo_monitor.domain.clock import Clock, WallClock
from geo_monitor.domain.layer import Layer
from geo_monitor.domain.place import Box, LonLat
from geo_monitor.domain.words import Words
from geo_monitor.errors import NotFoundError
from geo_monitor.services.ports import Post, Store

#: Why a row was not placed, where a name could place it.
UNPLACED = ("no_coordinates", "place_unknown", "place_ambiguous", "place_too_vague")

if TYPE_CHECKING:
    from geo_monitor.domain.incident import QuarantinedRow
    from geo_monitor.engine.join import IndexShelf
    from geo_monitor.law.register import Register
    from geo_monitor.reading.gazetteer import Gazetteer
    from geo_monitor.reading.mappings import FeedMapping
    from geo_monitor.reading.place_search import Candidate
    from geo_monitor.services.overlay import Overlay
    from geo_monitor.services.quarantine import ReadAgain
    from geo_monitor.supervision.model import SupervisionModel


@dataclass
class Warm:
    """What a long-running process keeps between runs of a job: the indexes of the layers, and the gazetteer with what
    it was made of."""

    shelf: IndexShelf | None = None
    gazetteer: tuple[object, Gazetteer] | None = None


@dataclass(frozen=True)
class House:
    """Everything a command, a job or a page needs, opened once. Layers, models and feeds are read at first use."""

    settings: Settings
    store: Store
    post: Post
    clock: Clock
    warm: Warm = field(default_factory=Warm)

    @cached_property
    def layers(self) -> Mapping[str, Layer]:
        """Name → layer, zones as entries of their own: shipped ones and the workspace's ``layers/*.yaml``."""
        from geo_monitor.reading.layer_files import read_layer_definitions

        found = {layer.name: layer for layer in shipped_layers()}
        for layer in read_layer_definitions(self.settings.workspace / "layers"):
            found[layer.name] = layer
        return {part.name: part for layer in found.values() for part in layer.family()}

    @cached_property
    def law(self) -> Register:
        from geo_monitor.law.register import read_register

        return read_register()

    @cached_property
    def models(self) -> Mapping[str, SupervisionModel]:
        """Id → model: the shipped library (unless switched off) and the workspace's ``models/*.yaml``."""
        from geo_monitor.supervision.load import LIBRARY, load_models

        folders = [LIBRARY] if self.settings.library else []
        return load_models([*folders, self.settings.workspace / "models"])

    @cached_property
    def feeds(self) -> Mapping[str, FeedMapping]:
        """Name → mapping, from the workspace's ``feeds/*.yaml``."""
        from geo_monitor.reading.mappings import read_feed_mappings

        return read_feed_mappings(self.settings.workspace / "feeds", lambda: gazetteer_of(self))

    @property
    def box(self) -> Box:
        return Box(*self.settings.city.box)

    @property
    def centre(self) -> LonLat:
        return LonLat(*self.settings.city.origin)

    def layer(self, name: str) -> Layer:
        """By name or alias. Raises NotFoundError with the names there are."""
        if name in self.layers:
            return self.layers[name]
        for layer in self.layers.values():
            if name in layer.aliases:
                return layer
        raise NotFoundError("layer", name, sorted(self.layers))

    def path(self, relative: str) -> Path:
        return self.settings.workspace / relative

    def close(self) -> None:
        self.store.close()


def shipped_layers() -> list[Layer]:
    """Each file of the ``layers`` package is one layer, found by itself."""
    package = importlib.import_module("layers")
    names = sorted(m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_"))
    return [importlib.import_module(f"layers.{name}").LAYER for name in names]


def open_house(
    workspace: Path | str | None = None, *, settings: Settings | None = None, clock: Clock | None = None
) -> House:
    """Opens the workspace: reads its settings, brings the database to the newest version, chooses the post."""
    from geo_monitor.mail.post import choose_post
    from geo_monitor.store.sql import open_store

    settings = settings or read_settings(workspace)
    return House(
        settings=settings,
        store=open_store(settings.url),
        post=choose_post(settings.mail, settings.workspace),
        clock=clock or WallClock(),
    )


def overlay_of(house: House) -> Overlay:
    """The overlay over this house's models, law and layers."""
    from geo_monitor.engine.join import IndexShelf
    from geo_monitor.services.overlay import Overlay

    city = house.settings.city
    house.warm.shelf = house.warm.shelf or IndexShelf()
    return Overlay(
        house.store,
        house.models,
        house.law,
        house.layers,
        centre=house.centre,
        zone=city.zone,
        synthetic=city.synthetic,
        shelf=house.warm.shelf,
    )


def gazetteer_of(house: House) -> Gazetteer:
    """The named places of this house: of its layers, its lists and the city itself. Made anew when a layer was loaded
    or a list was changed since. Raises FileError for a faulty list."""
    from geo_monitor.reading.gazetteer import Gazetteer, city_place, layer_places
    from geo_monitor.reading.gazetteer_files import FOLDER, read_city_lists

    folder = house.path(FOLDER)
    files = sorted(folder.glob("*.csv")) if folder.is_dir() else []
    with house.store.reading() as records:
        made_of = (
            tuple(v.id for v in records.layer_versions()),
            tuple((f.name, s.st_mtime_ns, s.st_size) for f in files for s in [f.stat()]),
        )
        if house.warm.gazetteer is not None and house.warm.gazetteer[0] == made_of:
            return house.warm.gazetteer[1]
        lists = read_city_lists(folder, house.box)
        places = [*layer_places(records, house.layers, lists.divisions), *lists.places]
    city = city_place(Words(house.settings.city.name_zh, house.settings.city.name_en), house.box)
    found = Gazetteer([*places, *([city] if city else [])], lists.aliases)
    house.warm.gazetteer = made_of, found
    return found


def places_of_row(house: House, row: QuarantinedRow) -> tuple[Candidate, ...]:
    """The places that a quarantined row without coordinates may mean, as the gazetteer has them today, best first: for
    a person to choose from. None for a row whose feed is not placed by name."""
    mapping = house.feeds.get(row.feed)
    rule = mapping.by_name if mapping is not None else None
    if rule is None or rule.gazetteer is None or not any(f.reason in UNPLACED for f in row.flaws):
        return ()
    return rule.find(rule.gazetteer(), row.raw).candidates


def reader_of_quarantine(house: House) -> ReadAgain:
    """Reads a row of the desk again through the mappings of this house."""
    from geo_monitor.reading.feeds import reader_of_rows

    return reader_of_rows(house.feeds, box=house.box, key=workspace_secret(house.settings).encode())


def workspace_secret(settings: Settings) -> str:
    """The secret by which reporters are hashed and sessions signed: from the environment, else a file of the workspace
    that only its owner can read, made at first use. Two processes starting at once agree on one."""
    if settings.secret_key:
        return settings.secret_key
    path = settings.workspace / "files" / "secret.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="ascii") as draft:  # made with mode 600
            draft.write(secrets.token_hex(32))
            draft.flush()
            with suppress(FileExistsError):  # another process was quicker: its secret is the one
                os.link(draft.name, path)
    return path.read_text(encoding="ascii")


@contextmanager
def house_of(workspace: Path | str | None = None, *, clock: Clock | None = None) -> Iterator[House]:
    house = open_house(workspace, clock=clock)
    try:
        yield house
    finally:
        house.close()
