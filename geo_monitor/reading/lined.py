"""YAML with lines: every value is text and knows where it stands; faults are collected and told together.

Nothing is guessed: ``0012``, ``no`` and ``2026-03-01`` stay the text that a person wrote, and whoever needs a number
or a flag asks for one. A repeated key is a fault (plain YAML lets the last one win in silence).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from geo_monitor.domain.words import Words
from geo_monitor.errors import FileError, Flaw


class Book:
    """The faults of one file or of a folder of them."""

    def __init__(self) -> None:
        self.flaws: list[Flaw] = []

    def close(self) -> None:
        if self.flaws:
            raise FileError(self.flaws)


def yaml_files(folder: Path) -> list[Path]:
    """``*.yaml`` and ``*.yml`` of a folder, by name; none if there is no such folder."""
    return (
        sorted(p for p in folder.glob("*") if p.suffix in (".yaml", ".yml") and p.is_file()) if folder.is_dir() else []
    )


def open_part(path: Path, book: Book) -> Part | None:
    """The top of a file, or None after noting why it cannot be read."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError as e:
        book.flaws.append(Flaw("not_utf8", f"a text file in UTF-8 ({e.reason} at byte {e.start})", file=str(path)))
        return None
    except yaml.MarkedYAMLError as e:
        line = e.problem_mark.line + 1 if e.problem_mark else None
        book.flaws.append(Flaw("not_yaml", f"YAML ({e.problem})", file=str(path), row=line))
        return None
    if node is None:
        book.flaws.append(Flaw("empty_file", "a YAML mapping, the file is empty", file=str(path), row=1))
        return None
    part = Part(book, str(path), "", node)
    if not isinstance(node, yaml.MappingNode):
        part.flaw("not_a_table", "a YAML mapping (key: value)")
        return None
    return part


class Part:
    """A value of the file: its place (``where`` is like ``columns.category``), line and typed readings."""

    def __init__(self, book: Book, file: str, where: str, node: yaml.Node) -> None:
        self.book, self.file, self.where, self.node = book, file, where, node
        self._parts: dict[str, Part] | None = None

    @property
    def line(self) -> int:
        return int(self.node.start_mark.line) + 1

    def flaw(self, reason: str, expected: str, key: str = "", value: str | None = None) -> None:
        """Notes a fault of this value, or of the one under ``key`` (its own line, if it is there)."""
        at = (self._parts or {}).get(key, self)
        where = f"{self.where}.{key}".strip(".")
        shown = value if value is not None else (at.node.value if isinstance(at.node, yaml.ScalarNode) else "")
        self.book.flaws.append(Flaw(reason, expected, file=self.file, row=at.line, field=where, value=shown))

    # ---- what it is -----------------------------------------------------------------------------------------

    @property
    def is_table(self) -> bool:
        return isinstance(self.node, yaml.MappingNode)

    @property
    def is_list(self) -> bool:
        return isinstance(self.node, yaml.SequenceNode)

    def parts(self) -> dict[str, Part]:
        """Key → part of a mapping; {} after noting a fault if it is none."""
        if self._parts is None:
            self._parts = {}
            if not isinstance(self.node, yaml.MappingNode):
                self.flaw("not_a_table", "a mapping (key: value)")
                return self._parts
            for key_node, value_node in self.node.value:
                key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
                part = Part(self.book, self.file, f"{self.where}.{key}".strip("."), value_node)
                if key in self._parts:
                    part.flaw("repeated_key", f"each key once; {key!r} stands above already")
                else:
                    self._parts[key] = part
        return self._parts

    def only(self, known: Sequence[str]) -> None:
        """Notes every key that is not of the vocabulary."""
        for key, part in self.parts().items():
            if key not in known:
                part.flaw("unknown_key", f"one of {', '.join(known)}", value=key)

    def get(self, key: str) -> Part | None:
        part = self.parts().get(key)
        return None if part is None or part.empty else part

    @property
    def empty(self) -> bool:
        return isinstance(self.node, yaml.ScalarNode) and str(self.node.value).strip() in ("", "~", "null")

    def items(self) -> list[Part]:
        if not isinstance(self.node, yaml.SequenceNode):
            self.flaw("not_a_list", "a list")
            return []
        return [Part(self.book, self.file, f"{self.where}[{k}]", n) for k, n in enumerate(self.node.value)]

    # ---- typed readings of the value itself -----------------------------------------------------------------

    def as_text(self) -> str:
        if not isinstance(self.node, yaml.ScalarNode):
            self.flaw("not_text", "a text")
            return ""
        return str(self.node.value).strip() if not self.empty else ""

    def as_number(self, low: float = 0.0) -> float:
        said = self.as_text()
        try:
            value = float(said)
        except ValueError:
            self.flaw("not_a_number", "a number")
            return low
        if not low <= value < float("inf"):
            self.flaw("not_a_number", f"a number of at least {low:g}")
            return low
        return value

    def as_flag(self) -> bool:
        said = self.as_text().lower()
        if said not in ("true", "false"):
            self.flaw("not_a_flag", "true or false")
        return said == "true"

    def as_choice(self, known: Sequence[str]) -> str:
        said = self.as_text()
        if said not in known:
            self.flaw("unknown_word", f"one of {', '.join(known)}")
        return said

    def as_words(self) -> Words:
        """``{zh:, en:}``, or one text (a proper name) for both."""
        if not self.is_table:
            return Words.of(self.as_text())
        self.only(("zh", "en", "bo"))
        said = {k: p.as_text() for k, p in self.parts().items() if k in ("zh", "en", "bo")}
        if not said.get("zh") and not said.get("en"):
            self.flaw("no_words", "{zh: …, en: …}")
        return Words.of(said)

    def as_texts(self) -> tuple[str, ...]:
        """A list of texts; one text is a list of one."""
        if self.is_list:
            return tuple(p.as_text() for p in self.items())
        return (self.as_text(),)

    def as_map(self) -> dict[str, str]:
        return {k: p.as_text() for k, p in self.parts().items()}

    # ---- the same by key ------------------------------------------------------------------------------------

    def text(self, key: str, default: str = "", required: bool = False) -> str:
        part = self.get(key)
        if part is None:
            if required:
                self.flaw("missing_key", "a text", key=key, value="")
            return default
        return part.as_text()

    def words(self, key: str, required: bool = False) -> Words | None:
        part = self.get(key)
        if part is None:
            if required:
                self.flaw("missing_key", "{zh: …, en: …}", key=key, value="")
            return None
        return part.as_words()

    def texts(self, key: str, required: bool = False) -> tuple[str, ...]:
        part = self.get(key)
        if part is None:
            if required:
                self.flaw("missing_key", "a list", key=key, value="")
            return ()
        return part.as_texts()

    def flag(self, key: str, default: bool = False) -> bool:
        part = self.get(key)
        return default if part is None else part.as_flag()

    def number(self, key: str, default: float = 0.0) -> float:
        part = self.get(key)
        return default if part is None else part.as_number()
