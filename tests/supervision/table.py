"""The table of the shipped models in docs/models.md, as the files say it.

To renew it, from the top of the repository: PYTHONPATH=. .venv/bin/python -m tests.supervision.table
"""

from __future__ import annotations

from pathlib import Path

from geo_monitor.supervision.load import LIBRARY, load_models
from geo_monitor.supervision.model import Number, SupervisionModel

PAGE = Path(__file__).parents[2] / "docs" / "models.md"
HEAD = "| id | 名称 | name | numbers | legal basis |\n|---|---|---|---|---|\n"


def table() -> str:
    """Heading and one row a model, in order of their ids."""
    return HEAD + "".join(_row(model) for model in load_models([LIBRARY]).values())


def _row(model: SupervisionModel) -> str:
    numbers = "; ".join(_number(n) for n in model.numbers.values() if str(n) != "1")
    return f"| {model.id} | {model.title.zh} | {model.title.en} | {numbers} | {', '.join(model.lead.legal_basis)} |\n"


def _number(number: Number) -> str:
    """A number that a provision sets is followed by its id; all others are proposals."""
    return f"{number.name} {number}" + ("" if number.basis == "proposal" else f" ({number.basis})")


def parted(page: str) -> tuple[str, str, str]:
    """The page before its table, the table, and what follows."""
    before, after = page.split("| id | 名称 |", 1)
    rows = ("| id | 名称 |" + after).splitlines(keepends=True)
    end = next((k for k, line in enumerate(rows) if not line.startswith("|")), len(rows))
    return before, "".join(rows[:end]), "".join(rows[end:])


if __name__ == "__main__":
    before, _, after = parted(PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(before + table() + after, encoding="utf-8")
