"""Reads model files. All faults of all files are collected and told together: file, line, field, value, expected.

What this module refuses is what cannot be read as a model. What can be read but should not run (an unknown
layer, a number without a basis, a repealed law) is for ``lint``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import yaml

from geo_monitor.domain.lead import URGENCIES
from geo_monitor.domain.words import Words
from geo_monitor.errors import Flaw, ModelError
from geo_monitor.supervision import grammar
from geo_monitor.supervision.cases import read_cases
from geo_monitor.supervision.conditions import read_conditions, read_watch
from geo_monitor.supervision.model import (
    DOMAINS,
    STATUSES,
    TRACKS,
    Group,
    LeadTemplate,
    Needs,
    SupervisionModel,
    Watch,
)
from geo_monitor.supervision.nodes import At, Book, yaml_loader
from geo_monitor.supervision.numbers import read_numbers
from geo_monitor.supervision.thresholds import read_group

#: The models shipped with the package.
LIBRARY = Path(__file__).parent / "library"


def load_models(folders: Sequence[Path]) -> dict[str, SupervisionModel]:
    """Every ``*.yaml`` below the folders, id → model, sorted by id. A folder that does not exist holds no
    models.

    Raises ModelError with the faults of all files together; an id that two files claim is a fault of the
    second.
    """
    models: dict[str, SupervisionModel] = {}
    flaws: list[Flaw] = []
    for folder in folders:
        for path in sorted(folder.rglob("*.yaml")):
            try:
                model = load_model(path)
            except ModelError as e:
                flaws += e.flaws
                continue
            if model.id in models:
                expected = f"an id of its own; {models[model.id].file} has this one"
                line = line_of(path, "id")
                flaws.append(Flaw("repeated_id", expected, file=str(path), row=line, field="id", value=model.id))
            models.setdefault(model.id, model)
    if flaws:
        raise ModelError(flaws)
    return dict(sorted(models.items()))


def load_model(path: Path) -> SupervisionModel:
    """One model. Raises ModelError with every fault of the file."""
    try:
        raw = path.read_bytes()
    except OSError as e:
        raise ModelError(Flaw("not_readable", f"a file that can be read ({e.strerror})", file=str(path))) from e
    return read_model(raw, str(path))


@lru_cache(maxsize=1024)
def read_model(raw: bytes, file: str) -> SupervisionModel:
    """A model from the bytes of its file; ``file`` is named in the faults. Raises ModelError with every one of them.

    The same text is read once in a process: the library takes more than a second, and a replay reads the text kept
    with each lead."""
    book = Book(file)
    root = book.root(raw)
    model = None if root is None else _model(root, file, hashlib.sha256(raw).hexdigest())
    if book.flaws or model is None:
        raise ModelError(sorted(book.flaws, key=lambda f: f.row or 0))
    return model


def text_of(model: SupervisionModel) -> str:
    """The text of the file that the model was read from. Raises ModelError if the file has changed since: what was
    decided with one text must not be kept with another."""
    raw = Path(model.file).read_bytes() if Path(model.file).exists() else b""
    if hashlib.sha256(raw).hexdigest() != model.hash:
        raise ModelError(Flaw("changed_meanwhile", "the text that was read at the start", file=model.file))
    return raw.decode("utf-8")


def line_of(file: Path | str, path: str) -> int | None:
    """The line on which the part of the file with this path (``where[0]``, ``lead.legal_basis``) stands, or
    of the nearest part around it; None if the file cannot be read."""
    try:
        root = yaml.compose(Path(file).read_text(encoding="utf-8"), Loader=yaml_loader())
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None
    node, line = root, 1
    for step in re.findall(r"[^.\[\]]+", path):
        found = None
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if getattr(k, "value", None) == step), None)
        elif isinstance(node, yaml.SequenceNode) and step.isdigit() and int(step) < len(node.value):
            found = (node.value[int(step)], node.value[int(step)])
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
    return line


# ---- the frame -----------------------------------------------------------------------------------------------


def _model(root: At, file: str, digest: str) -> SupervisionModel:
    at = root.fields(grammar.MODEL_KEYS, required=grammar.MODEL_REQUIRED)
    numbers = read_numbers(at["numbers"]) if "numbers" in at else {}
    model_id = at["id"].text() if "id" in at else ""
    if "id" in at and not re.fullmatch(grammar.MODEL_ID, model_id):
        at["id"].flaw("not_an_id", "letters, a dash and three digits, like RIV-001")
    version = 1
    if "version" in at:
        said = at["version"].text()
        if said.isdigit() and int(said) >= 1:
            version = int(said)
        else:
            at["version"].flaw("not_a_version", "a whole number from 1 on")
    watch = read_watch(at["watch"]) if "watch" in at else Watch()
    where = read_conditions(at["where"], numbers) if "where" in at else ()
    group = read_group(at["group"], numbers) if "group" in at else Group("record", ())
    return SupervisionModel(
        id=model_id,
        version=version,
        status=at["status"].choice(STATUSES) if "status" in at else "draft",
        title=at["title"].words() if "title" in at else Words("", ""),
        track=at["track"].choice(TRACKS) if "track" in at else TRACKS[0],
        domain=at["domain"].choice(DOMAINS) if "domain" in at else DOMAINS[0],
        urgency=at["urgency"].choice(URGENCIES) if "urgency" in at else URGENCIES[0],
        watch=watch,
        where=where,
        group=group,
        numbers=numbers,
        lead=_lead(at["lead"], group, watch) if "lead" in at else LeadTemplate("", (), (), (), Words("", "")),
        cases=read_cases(at["cases"]) if "cases" in at else (),
        needs=_needs(at["needs"]) if "needs" in at else Needs(),
        file=file,
        hash=digest,
    )


def _needs(at: At) -> Needs:
    parts = at.fields(grammar.NEEDS_KEYS)
    layers, records = (parts[k].texts() if k in parts else () for k in grammar.NEEDS_KEYS)
    return Needs(layers, records)


def _lead(at: At, group: Group, watch: Watch) -> LeadTemplate:
    """``about`` is by default what the hits are counted over; of single records the incident, or the watched
    layer."""
    parts = at.fields(grammar.LEAD_KEYS, required=grammar.LEAD_REQUIRED)
    usual = group.by if group.by != "record" else watch.layer or "incident"
    legal_basis, agencies, screen = (
        parts[k].texts() if k in parts else () for k in ("legal_basis", "agencies", "criminal_screen")
    )
    return LeadTemplate(
        about=parts["about"].text() if "about" in parts else usual,
        legal_basis=legal_basis,
        agencies=agencies,
        criminal_screen=screen,
        guide=parts["guide"].words() if "guide" in parts else Words("", ""),
    )
