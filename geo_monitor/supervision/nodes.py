"""YAML nodes that know where they stand, so that every fault can name its line and its place in the file.

The file is read as *nodes*, not as Python values, for two reasons: every fault can name its line, and nothing is
guessed on the way (``11:00`` would become 660, ``03-01`` a date, ``no`` a falsehood).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import yaml

from geo_monitor.domain.words import Words
from geo_monitor.errors import Flaw


def yaml_loader() -> Any:
    """The fast reader where libyaml is installed; both tell the same."""
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Book:
    """The faults of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.flaws: list[Flaw] = []

    def root(self, raw: bytes) -> At | None:
        try:
            node = yaml.compose(raw.decode("utf-8-sig"), Loader=yaml_loader())
        except UnicodeDecodeError as e:
            self.flaws.append(Flaw("not_utf8", f"a file in UTF-8 ({e.reason} at byte {e.start})", file=self.file))
            return None
        except yaml.YAMLError as e:
            mark = getattr(e, "problem_mark", None)
            line = mark.line + 1 if mark else None
            said = getattr(e, "problem", None) or str(e)
            self.flaws.append(Flaw("not_yaml", f"YAML that can be read ({said})", file=self.file, row=line))
            return None
        if not isinstance(node, yaml.MappingNode):
            self.flaws.append(Flaw("not_a_model", "a model is a mapping that begins with `id:`", file=self.file, row=1))
            return None
        return At(self, node, "")


@dataclass(frozen=True)
class At:
    """A node, its path in the file, and the book in which faults are written. Reading methods return a value
    of the right kind also after a fault, so that the rest of the file is read as well."""

    book: Book
    node: yaml.Node
    path: str

    @property
    def line(self) -> int:
        return int(self.node.start_mark.line) + 1

    @property
    def raw(self) -> str:
        """What stands there, shortened, for a message."""
        if isinstance(self.node, yaml.ScalarNode):
            return str(self.node.value)[:80]
        return "a mapping" if isinstance(self.node, yaml.MappingNode) else "a list"

    def flaw(self, reason: str, expected: str, value: str | None = None) -> None:
        shown = self.raw if value is None else value
        self.book.flaws.append(Flaw(reason, expected, file=self.book.file, row=self.line, field=self.path, value=shown))

    @property
    def is_text(self) -> bool:
        return isinstance(self.node, yaml.ScalarNode)

    @property
    def is_empty(self) -> bool:
        return isinstance(self.node, yaml.ScalarNode) and self.node.value == ""

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.node, yaml.MappingNode)

    @property
    def is_list(self) -> bool:
        return isinstance(self.node, yaml.SequenceNode)

    def items(self) -> Iterator[tuple[str, At]]:
        """Key and value of a mapping; a repeated key is a fault (the second would silently win)."""
        if not isinstance(self.node, yaml.MappingNode):
            self.flaw("not_a_mapping", "`key: value` pairs")
            return
        seen: set[str] = set()
        for key, value in self.node.value:
            name = str(getattr(key, "value", ""))
            at = At(self.book, value, f"{self.path}.{name}".lstrip("."))
            if name in seen:
                At(self.book, key, at.path).flaw("repeated_key", "each key once")
                continue
            seen.add(name)
            yield name, at

    def fields(self, known: Sequence[str], required: Sequence[str] = ()) -> dict[str, At]:
        """The values of a mapping with a closed set of keys."""
        found: dict[str, At] = {}
        for name, at in self.items():
            if name in known:
                found[name] = at
            else:
                expected = f"one of {', '.join(known)}{hint(name, known)}"
                if at.is_empty and " " in name:
                    expected = "quotes around a text with a comma in it: inside {…} a comma ends the text"
                at.flaw("unknown_word", expected, value=name)
        if self.is_mapping:
            for name in required:
                if name not in found:
                    field = f"{self.path}.{name}".lstrip(".")
                    flaw = Flaw("missing_key", f"`{name}:` is needed here", self.book.file, self.line, field)
                    self.book.flaws.append(flaw)
        return found

    def entries(self) -> list[At]:
        if not isinstance(self.node, yaml.SequenceNode):
            self.flaw("not_a_list", "a list: [a, b] or lines that begin with `- `")
            return []
        return [At(self.book, n, f"{self.path}[{k}]") for k, n in enumerate(self.node.value)]

    def text(self) -> str:
        if not isinstance(self.node, yaml.ScalarNode):
            self.flaw("not_a_text", "a text")
            return ""
        return str(self.node.value)

    def texts(self) -> tuple[str, ...]:
        return tuple(at.text() for at in self.entries())

    def choice(self, choices: Sequence[str]) -> str:
        said = self.text()
        if said not in choices:
            self.flaw("unknown_word", f"one of {', '.join(choices)}{hint(said, choices)}")
            return choices[0]
        return said

    def number(self) -> float:
        try:
            return float(self.text())
        except ValueError:
            self.flaw("not_a_number", "a number")
            return 0.0

    def yes(self) -> None:
        """A word that is either said or left out."""
        if self.text().lower() not in ("yes", "true"):
            self.flaw("not_yes", "yes; leave the word out (or say `without:`) for the contrary")

    def words(self) -> Words:
        """``{zh: …, en: …}``: both, because half of the office reads the one and the auditors the other."""
        at = self.fields(("zh", "en", "bo"), required=("zh", "en"))
        said = {k: v.text().strip() for k, v in at.items()}
        for key, value in said.items():
            if not value:
                at[key].flaw("empty", "words")
        return Words(said.get("zh", ""), said.get("en", ""), said.get("bo"))

    def value(self) -> Any:
        """A free value: number, flag, nothing, else the text as it is written."""
        if not isinstance(self.node, yaml.ScalarNode):
            self.flaw("not_a_value", "a text or a number")
            return None
        kind = self.node.tag.rsplit(":", 1)[-1]
        if kind == "null":
            return None
        if kind == "bool":
            return self.node.value.lower() in ("true", "yes", "on")
        if kind in ("int", "float"):
            try:
                number = float(self.node.value)
            except ValueError:
                return str(self.node.value)
            return int(number) if kind == "int" else number
        return str(self.node.value)


def hint(said: str, known: Sequence[str]) -> str:
    near = get_close_matches(said, known, n=1)
    return f" (did you mean {near[0]}?)" if near else ""
