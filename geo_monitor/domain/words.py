"""Texts that people read, in the languages of the office."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Words:
    """The same words in Chinese and English; ``bo`` (Tibetan) only where we are sure of it."""

    zh: str
    en: str
    bo: str | None = None

    def to(self, language: str) -> str:
        return self.en if language == "en" else self.zh

    def as_dict(self) -> dict[str, str]:
        return {"zh": self.zh, "en": self.en} | ({"bo": self.bo} if self.bo else {})

    @classmethod
    def of(cls, value: Words | Mapping[str, str] | str) -> Words:
        """From ``{zh:, en:}``; a plain string (a proper name) serves for both languages."""
        if isinstance(value, Words):
            return value
        if isinstance(value, str):
            return cls(value, value)
        return cls(value.get("zh") or value.get("en", ""), value.get("en") or value.get("zh", ""), value.get("bo"))
