"""docs/layers.md: every shipped layer, as the files in layers/ say it, and which models ask for it.

To renew it, from the top of the repository: PYTHONPATH=. .venv/bin/python -m tests.layers.catalogue
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from geo_monitor.domain.layer import Field, Layer
from geo_monitor.supervision.load import LIBRARY, load_models
from geo_monitor.wiring import shipped_layers

PAGE = Path(__file__).parents[2] / "docs" / "layers.md"
HEAD = """# Layers

Made from the files in `layers/`; a test holds this page equal to them. A city adds layers of its own in `layers/*.yaml`
of its workspace. Geometry is in WGS 84; a register may have rows without a place. A field with * must be given; † is a
state as it stands on the day of the file, at which a back-test refuses to look in the past.

"""


def catalogue() -> str:
    models = load_models([LIBRARY])
    asked_by = {layer.name: [m.id for m in models.values() if layer.name in m.layers] for layer in _all()}
    layers = sorted(_all(), key=lambda layer: layer.name)
    return HEAD + "\n".join("".join(_layer(layer, asked_by[layer.name])) for layer in layers)


def _all() -> Iterator[Layer]:
    for layer in shipped_layers():
        yield from layer.family()


def _layer(layer: Layer, asked_by: Sequence[str]) -> Iterator[str]:
    yield f"## `{layer.name}` {layer.title.zh} · {layer.title.en}\n\n"
    drawn = "; drawn around its parent's features where none is published" if layer.derived else ""
    of = f", zones of `{layer.parent}`" if layer.parent else ""
    yield f"{' or '.join(layer.geometry)}{of}{drawn}. {_asked(asked_by)}\n\n"
    yield "| field | 中文 | English | kind |\n|---|---|---|---|\n"
    yield from (_field(f) for f in layer.fields)


def _asked(models: Sequence[str]) -> str:
    return f"Asked for by {', '.join(models)}." if models else "Shown on the map; no shipped model asks for it."


def _field(field: Field) -> str:
    marks = ("*" if field.required else "") + ("†" if field.as_of_today else "")
    kind = f"one of {', '.join(field.choices)}" if field.choices else field.kind
    return f"| `{field.name}`{marks} | {field.title.zh} | {field.title.en} | {kind} |\n"


if __name__ == "__main__":
    PAGE.write_text(catalogue(), encoding="utf-8")
