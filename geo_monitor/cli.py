"""The street door: every command, and nothing but commands. Rooms are opened when they are needed, so ``--help`` is
quick.

Results go to standard output (a table, or one JSON document with ``--format json``), progress and logs to standard
error. Exit codes: 0 done, 1 findings or rejected rows where the command says so, 2 wrong call, 3 a fault.
"""

from __future__ import annotations

import csv
import json
import math
import shlex
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from geo_monitor import __version__
from geo_monitor.domain.place import PLACE_LEVELS
from geo_monitor.errors import CallError, ConfigError, FileError, Flaw, GeoMonitorError, NotFoundError

if TYPE_CHECKING:
    from geo_monitor.domain.exemption import Exemption
    from geo_monitor.domain.lead import Lead, LeadEvent
    from geo_monitor.reading.rehearsal import Rehearsal
    from geo_monitor.services.backtest import Backtest
    from geo_monitor.services.coverage import Article, Coverage
    from geo_monitor.services.exceptions import Place
    from geo_monitor.services.feed_health import FeedHealth
    from geo_monitor.services.overlay import Overlay
    from geo_monitor.supervision.model import SupervisionModel
    from geo_monitor.wiring import House

FINDINGS = 1
#: Rows after which an import that nobody watches writes a line.
LOGGED_EVERY = 100_000
#: Characters of a report's text in a table.
EXCERPT = 24


class StreetDoor(click.Group):
    """Turns the project's errors into one clear message and the right exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except GeoMonitorError as e:
            _fail(e)
        except BrokenPipeError:
            sys.exit(0)  # the reader of the pipe has seen enough


def _fail(error: GeoMonitorError) -> NoReturn:
    click.echo(f"geo-monitor: {error}", err=True)
    sys.exit(error.exit_code)


def say(message: str) -> None:
    """Progress, for the person at the terminal: standard error."""
    click.echo(message, err=True)


@contextmanager
def rows_told(form: str) -> Iterator[Callable[[int], None] | None]:
    """A hook for the rows read so far, told on standard error: to a person as a line that moves, to a log every
    ``LOGGED_EVERY`` rows, and with ``--format json`` not at all (then None)."""
    if form == "json":
        yield None
        return
    if not sys.stderr.isatty():
        told = 0

        def tell(n: int) -> None:
            nonlocal told
            if n // LOGGED_EVERY > told:
                told = n // LOGGED_EVERY
                say(f"{n:,} rows read")

        yield tell
        return
    from rich.console import Console
    from rich.progress import Progress, ProgressColumn, SpinnerColumn, TimeElapsedColumn
    from rich.text import Text

    class Rows(ProgressColumn):
        def render(self, task: Any) -> Text:
            speed = f", {task.speed:,.0f} a second" if task.speed else ""
            return Text(f"{task.completed:,.0f} rows read{speed}")

    with Progress(SpinnerColumn(), Rows(), TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda n: bar.update(task, completed=n)


def show(data: Any, form: str, table: Callable[[], Iterable[str]]) -> None:
    """The result of a command: JSON, or the lines of its table."""
    if form == "json":
        click.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))
    else:
        for line in table():
            click.echo(line)


def columns(rows: Sequence[Sequence[object]], head: Sequence[str]) -> list[str]:
    """Aligned text columns; a Chinese character takes two places."""
    import unicodedata

    def width(text: str) -> int:
        return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)

    shown = [[str(c) for c in row] for row in [head, *rows]]
    widths = [max(width(row[k]) for row in shown) for k in range(len(head))]
    return ["  ".join(c + " " * (w - width(c)) for c, w in zip(row, widths, strict=True)).rstrip() for row in shown]


format_option = click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True
)


def house_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Opens the workspace for a command and closes it after; the command gets it as ``house``."""
    from functools import wraps

    @click.option(
        "--workspace",
        type=click.Path(file_okay=False, path_type=Path),
        default=None,
        envvar="GEO_MONITOR_WORKSPACE",
        help="The workspace folder (default: GEO_MONITOR_WORKSPACE, else here).",
    )
    @wraps(command)
    def opened(*args: Any, workspace: Path | None, **kwargs: Any) -> Any:
        from geo_monitor.wiring import house_of

        with house_of(workspace) as house:
            return command(*args, house=house, **kwargs)

    return opened


@click.group(cls=StreetDoor, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="geo-monitor")
def main() -> None:
    """Overlay reported incidents on a city's rivers, heritage sites and food businesses; flag suspected matters of
    public interest; serve them on a web map and in a weekly letter."""


# ---- the workspace ---------------------------------------------------------------------------------------


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def init(folder: Path) -> None:
    """Make an empty workspace in FOLDER: settings to fill in, folders for files, layers, models and feeds."""
    target = folder / "geo-monitor.toml"
    if target.exists():
        raise ConfigError(Flaw("exists", "a folder without a workspace", file=str(target)))
    for name in ("files/layers", "files/feeds", "layers", "models", "feeds"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    template = Path(__file__).with_name("workspace.toml").read_text(encoding="utf-8")
    target.write_text(template, encoding="utf-8")
    say(f"made {target}: fill in the city's name and box, then load layers")


@main.command()
@click.option(
    "--workspace", type=click.Path(file_okay=False, path_type=Path), default=Path("lhasa-demo"), show_default=True
)
@click.option("--no-serve", is_flag=True, help="Build and run everything once, then stop.")
@click.option("--port", default=8765, show_default=True)
@click.option("--incidents", default=20_000, show_default=True, help="How many synthetic reports to make.")
@click.option("--fresh", is_flag=True, help="Throw an earlier demonstration in that folder away first.")
@format_option
def demo(workspace: Path, no_serve: bool, port: int, incidents: int, fresh: bool, form: str) -> None:
    """Build the Lhasa demonstration (synthetic), run every job once, show the leads, serve the map."""
    from geo_monitor.demo import run_demo

    summary = run_demo(workspace, incidents=incidents, fresh=fresh, progress=say)
    show(summary.as_dict(), form, summary.lines)
    if not no_serve:
        _serve(workspace, port, with_jobs=True)


@main.command()
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
@house_option
def check(house: House, form: str) -> None:
    """Read everything the workspace is configured with and say what is wrong: settings, layers, feeds, models, the
    gazetteer."""
    flaws: list[Flaw] = []
    for what in ("layers", "feeds", "models"):
        try:
            getattr(house, what)
        except ConfigError as e:
            flaws += e.flaws
    try:
        from geo_monitor.wiring import gazetteer_of

        flaws += [Flaw("unknown_name", note) for note in gazetteer_of(house).notes]
    except ConfigError as e:
        flaws += [f for f in e.flaws if f not in flaws]
    if not flaws:
        flaws += model_remarks(house)
    show({"flaws": [str(f) for f in flaws]}, form, lambda: [str(f) for f in flaws] or ["nothing wrong found"])
    if flaws:
        sys.exit(FINDINGS)


# ---- layers ---------------------------------------------------------------------------------------------


@main.group()
def layers() -> None:
    """Map layers: load files, list what is loaded."""


def _pairs(values: Sequence[str], option: str) -> dict[str, str]:
    wrong = [v for v in values if "=" not in v]
    if wrong:
        raise ConfigError(Flaw("not_a_pair", f"{option} field=column", value=wrong[0]))
    return dict(v.split("=", 1) for v in values)


@layers.command("load")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--map", "mapping", multiple=True, metavar="FIELD=COLUMN", help="Where a field of the layer stands in the file."
)
@click.option("--set", "constants", multiple=True, metavar="FIELD=VALUE", help="A value that all rows have.")
@click.option("--datum", default="", help="WGS84, CGCS2000, GCJ02 or BD09.")
@click.option("--crs", default="", help="Any system by its EPSG number, e.g. EPSG:4540.")
@click.option("--source", default="", help="Who made the file.")
@click.option("--licence", default="", help="Under which terms.")
@format_option
@house_option
def layers_load(
    house: House,
    name: str,
    file: Path,
    mapping: tuple[str, ...],
    constants: tuple[str, ...],
    datum: str,
    crs: str,
    source: str,
    licence: str,
    form: str,
) -> None:
    """Load FILE as the newest version of layer NAME (GeoJSON, GeoPackage, Shapefile, CSV or XLSX)."""
    from geo_monitor.config import LayerSource
    from geo_monitor.reading.loading import refresh_layer

    layer = house.layer(name)
    how = LayerSource(
        layer=layer.name,
        file=str(file),
        datum=datum,
        crs=crs,
        source=source,
        licence=licence,
        map=_pairs(mapping, "--map"),
        constants=_pairs(constants, "--set"),
    )
    report = refresh_layer(house.store, layer, file, how, box=house.box, at=house.clock.now())
    flaws = [str(f) for r in report.rejected for f in r.flaws]

    def table() -> list[str]:
        known = "" if report.changed else " (this version was loaded already)"
        drawn = [f"{z.layer}: {z.features} features derived" for z in report.zones]
        return [f"{layer.name}: {report.version.features} features{known}", *drawn, *report.version.notes, *flaws]

    show(report.as_dict() | {"flaws": flaws}, form, table)
    if report.rejected:
        sys.exit(FINDINGS)


@layers.command("list")
@click.option("--all", "every", is_flag=True, help="Also the layers of which nothing was ever loaded, one a line.")
@format_option
@house_option
def layers_list(house: House, every: bool, form: str) -> None:
    """What is loaded of each layer: version, features, source, licence. Loaded ones come first."""
    with house.store.reading() as records:
        versions = {v.layer: v for v in records.layer_versions()}
    rows: list[dict[str, Any]] = []
    for name, layer in sorted(house.layers.items()):
        v = versions.get(name)
        rows.append(
            {
                "layer": name,
                "title": layer.title.as_dict(),
                "version": v.id if v else None,
                "features": v.features if v else 0,
                "rejected": v.quarantined if v else 0,
                "file": v.file if v else None,
                "source": v.source if v else None,
                "licence": v.licence if v else None,
                "loaded_at": v.loaded_at if v else None,
                "synthetic": bool(v and v.synthetic),
            }
        )
    loaded = [r for r in rows if r["version"]]
    waiting = [r for r in rows if not r["version"]]

    def table() -> list[str]:
        shown = [*loaded, *waiting] if every else loaded
        lines = columns(
            [
                [
                    r["layer"],
                    r["title"]["zh"],
                    r["features"] if r["version"] else "—",
                    r["rejected"],
                    r["source"] or "—",
                ]
                for r in shown
            ],
            ["layer", "title", "features", "rejected", "source"],
        )
        folded = [f"{len(waiting)} more layers were never loaded (--all lists them)"] if waiting and not every else []
        return [*(lines if shown else []), *folded]

    show({"layers": [*loaded, *waiting]}, form, table)


# ---- incidents and quarantine ----------------------------------------------------------------------------


@main.group()
def incidents() -> None:
    """Reports: import files through a feed mapping."""


@incidents.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--feed", required=True, help="The mapping in feeds/*.yaml that reads this file.")
@click.option("--datum", default=None, help="Instead of the mapping's datum.")
@click.option("--dry-run", is_flag=True, help="Show what would happen; store nothing.")
@click.option("--rows", default=10, show_default=True, help="With --dry-run: how many reports are shown.")
@format_option
@house_option
def incidents_import(
    house: House, file: Path, feed: str, datum: str | None, dry_run: bool, rows: int, form: str
) -> None:
    """Import FILE; rows that cannot be trusted go to quarantine with their reason (exit code 1 if there are any). The
    file itself is kept in the workspace, byte for byte."""
    from geo_monitor.reading.feeds import import_reading, read_incidents
    from geo_monitor.reading.originals import keep_original
    from geo_monitor.reading.rehearsal import rehearse

    if feed not in house.feeds:
        raise NotFoundError("feed", feed, sorted(house.feeds))
    mapping, now = house.feeds[feed], house.clock.now()
    reading = read_incidents(file, mapping, box=house.box, key=secret_key(house), datum_override=datum)
    tried: Rehearsal | None = None
    with rows_told(form) as progress:
        if dry_run:
            tried = rehearse(house.store, reading, at=now, rows=rows, progress=progress)
            report = tried.report
        else:
            if keep_original(house.settings.workspace, feed, file).hash != reading.file_hash:
                raise FileError(Flaw("file_changing", "a file that nobody is writing to", file=file.name))
            report = import_reading(house.store, reading, now, progress=progress)
    data = report.as_dict() | (tried.as_dict() if tried else {"notes": list(reading.notes)})

    def table() -> list[str]:
        lines = [f"{k}: {data[k]}" for k in ("read", "stored", "already_known", "quarantined")]
        lines += [f"  {reason}: {n}" for reason, n in sorted(data["reasons"].items())]
        return lines + (_rehearsal_lines(tried, mapping.time_zone) if tried else [f"  {n}" for n in reading.notes])

    show(data, form, table)
    if data["quarantined"]:
        sys.exit(FINDINGS)


def _rehearsal_lines(tried: Rehearsal, time_zone: str) -> list[str]:
    from zoneinfo import ZoneInfo

    from geo_monitor.reading.rehearsal import moved_m

    lines = ["", "a dry run: nothing was stored", *(f"  {note}" for note in tried.notes)]
    if tried.examples:
        lines += ["", "one row for each reason:"]
        for reason, f in sorted(tried.examples.items()):
            where = f"{f.file}, row {f.row}" + (f", {f.field}" if f.field else "")
            lines.append(f"  {reason}: {where}: {f.expected}")
    if tried.first:
        lines += ["", f"the first {len(tried.first)} reports, places in WGS 84:"]
        head = ["  row", "id", f"time ({time_zone})", "category", "longitude", "latitude", "moved", "reporter", "text"]
        shown = [
            [
                f"  {i.origin.row}",
                i.source_id,
                f"{i.occurred.astimezone(ZoneInfo(time_zone)):%Y-%m-%d %H:%M}",
                i.category,
                f"{i.lon:.6f}",
                f"{i.lat:.6f}",
                f"{moved_m(i):.0f} m ({i.datum})",
                "known" if i.reporter else "—",
                " ".join(i.text.split())[:EXCERPT],
            ]
            for i in tried.first
        ]
        lines += columns(shown, head)
    return lines


@incidents.command("original")
@click.argument("name", metavar="HASH|ID")
@format_option
@house_option
def incidents_original(house: House, name: str, form: str) -> None:
    """Where the file lies from which a report or a quarantined row came, by the id of that or by the file's hash, and
    whether its bytes are those that came in (exit code 1 if not)."""
    from geo_monitor.reading.originals import find_originals, original_flaw

    with house.store.reading() as records:
        found = records.incidents([name])
        rows = [] if found else records.quarantined(status="", row_id=name, limit=1)
    origin = found[0].origin if found else rows[0].row.origin if rows else None
    kept = find_originals(house.settings.workspace, origin.file_hash if origin else name.lower())
    if not kept:
        raise NotFoundError("original", origin.file if origin else name, [])
    flaws = [original_flaw(k) for k in kept]
    data = {
        "file": origin.file if origin else None,
        "row": origin.row if origin else None,
        "originals": [
            {
                "feed": k.feed,
                "hash": k.hash,
                "path": str(k.path),
                "parts": [str(p) for p in k.parts],
                "unchanged": flaw is None,
            }
            for k, flaw in zip(kept, flaws, strict=True)
        ],
    }

    def table() -> list[str]:
        lines = [f"{origin.file}, row {origin.row}"] if origin else []
        for k, flaw in zip(kept, flaws, strict=True):
            lines += [*(str(p) for p in k.parts), f"  {k.feed}, {k.hash}: {flaw or 'unchanged'}"]
        return lines

    show(data, form, table)
    if any(flaws):
        sys.exit(FINDINGS)


def secret_key(house: House) -> bytes:
    """The workspace's own secret, by which reporters are hashed and sessions signed; made at first use."""
    from geo_monitor.wiring import workspace_secret

    return workspace_secret(house.settings).encode()


@main.group()
def quarantine() -> None:
    """Rows that could not be trusted."""


@quarantine.command("list")
@click.option("--feed", default="")
@click.option("--reason", default="")
@click.option("--status", type=click.Choice(["open", "retried", "rejected"]), default="open", show_default=True)
@click.option("--limit", default=50, show_default=True)
@format_option
@house_option
def quarantine_list(house: House, feed: str, reason: str, status: str, limit: int, form: str) -> None:
    """Rows at the desk with file, row, field and reason."""
    with house.store.reading() as records:
        rows = records.quarantined(feed=feed, reason=reason, status=status, limit=limit)
        counts = records.quarantine_counts()
    data = {
        "open": sum(counts.values()),
        "reasons": {f"{f}/{r}": n for (f, r), n in sorted(counts.items())},
        "rows": [
            {
                "id": q.row.id,
                "feed": q.row.feed,
                "file": q.row.origin.file,
                "row": q.row.origin.row,
                "flaws": [str(f) for f in q.row.flaws],
                "raw": dict(q.row.raw),
            }
            for q in rows
        ],
    }
    show(
        data,
        form,
        lambda: (
            [str(f) for q in rows for f in q.row.flaws] + [f"{n:>6}  {f}/{r}" for (f, r), n in sorted(counts.items())]
        ),
    )


@quarantine.command("show")
@click.argument("row_id")
@format_option
@house_option
def quarantine_show(house: House, row_id: str, form: str) -> None:
    """One row: its words, what is wrong with it, the places it may mean, and what people did with it."""
    from geo_monitor.services.desk import row_at_desk
    from geo_monitor.wiring import places_of_row

    with house.store.reading() as records:
        found, events = row_at_desk(records, row_id)
    row = found.row
    places = places_of_row(house, row)
    data = {
        "id": row.id,
        "status": found.status,
        "feed": row.feed,
        "file": row.origin.file,
        "file_hash": row.origin.file_hash,
        "row": row.origin.row,
        "flaws": [str(f) for f in row.flaws],
        "raw": dict(row.raw),
        "places": [c.as_dict() for c in places],
        "history": [
            {"at": e.at.isoformat(), "by": e.actor, "kind": e.kind, "reason": e.reason, **dict(e.data)} for e in events
        ],
    }
    show(
        data,
        form,
        lambda: [
            f"{row.id}, {found.status}: {row.feed}, {row.origin.file}, row {row.origin.row}",
            *(f"  {f}" for f in row.flaws),
            *(f"    {name}: {value}" for name, value in row.raw.items()),
            *(f"  may be: {c}" for c in places),
            *(f"  {e.at.isoformat()} {e.kind} by {e.actor}: {e.reason} {dict(e.data) or ''}" for e in events),
        ],
    )


@quarantine.command("repair")
@click.argument("row_id")
@click.option("--swap-axes", is_flag=True, help="Its two numbers stand the wrong way round.")
@click.option("--datum", default="", help="The system in which its numbers are meant: WGS84, GCJ02, EPSG:4540, …")
@click.option("--place", type=(float, float), default=None, metavar="LON LAT", help="Where it was, in WGS 84 degrees.")
@click.option("--accuracy", default=0.0, help="Metres within which --place is known.")
@click.option("--reason", required=True, help="How you know: it stands in the desk's book for good.")
@click.option("--by", "actor", required=True, metavar="USER", help="The account in whose name.")
@format_option
@house_option
def quarantine_repair(
    house: House,
    row_id: str,
    swap_axes: bool,
    datum: str,
    place: tuple[float, float] | None,
    accuracy: float,
    reason: str,
    actor: str,
    form: str,
) -> None:
    """Say how an open row is meant; it is read again in that sense, its words stay as they are."""
    from geo_monitor.domain.place import LonLat
    from geo_monitor.domain.repair import Repair
    from geo_monitor.services.accounts import acting
    from geo_monitor.services.desk import repair_row
    from geo_monitor.wiring import reader_of_quarantine

    person = acting(house.store, actor, "house")
    repair = Repair(swap_axes, datum, LonLat(*place) if place else None, accuracy)
    now, read_again = house.clock.now(), reader_of_quarantine(house)
    report = repair_row(house.store, row_id, repair, person.name, reason, now, read_again)
    show(report.as_dict(), form, lambda: [f"{k}: {v}" for k, v in report.as_dict().items()])


@quarantine.command("reject")
@click.argument("row_id")
@click.option("--reason", required=True, help="Why it is no report: it stands in the desk's book for good.")
@click.option("--by", "actor", required=True, metavar="USER", help="The account in whose name.")
@house_option
def quarantine_reject(house: House, row_id: str, reason: str, actor: str) -> None:
    """An open row is no report. It leaves the desk and stays in the store."""
    from geo_monitor.services.accounts import acting
    from geo_monitor.services.desk import reject_row

    reject_row(house.store, row_id, acting(house.store, actor, "house").name, reason, house.clock.now())
    say(f"row {row_id} is rejected")


@quarantine.command("reopen")
@click.argument("row_id")
@click.option("--reason", required=True, help="Why it comes back: it stands in the desk's book for good.")
@click.option("--by", "actor", required=True, metavar="USER", help="The account in whose name.")
@house_option
def quarantine_reopen(house: House, row_id: str, reason: str, actor: str) -> None:
    """A rejected row comes back to the desk."""
    from geo_monitor.services.accounts import acting
    from geo_monitor.services.desk import reopen_row

    reopen_row(house.store, row_id, acting(house.store, actor, "house").name, reason, house.clock.now())
    say(f"row {row_id} is open again")


@quarantine.command("retry")
@click.option("--feed", default="")
@format_option
@house_option
def quarantine_retry(house: House, feed: str, form: str) -> None:
    """Read the quarantined rows again with today's mappings; what is mended is stored."""
    from geo_monitor.reading.feeds import retry_quarantine

    report = retry_quarantine(
        house.store, house.feeds, box=house.box, key=secret_key(house), at=house.clock.now(), feed=feed
    )
    show(report.as_dict(), form, lambda: [f"{k}: {v}" for k, v in report.as_dict().items()])


@main.group()
def feeds() -> None:
    """Feeds: where reports come from."""


@feeds.command("forensics")
@click.argument("feed")
@click.option("--layer", "names", multiple=True, metavar="NAME", help="Compare with these layers instead.")
@format_option
@house_option
def feeds_forensics(house: House, feed: str, names: tuple[str, ...], form: str) -> None:
    """Compare the stored reports of FEED with roads, waters, borders and premises under each coordinate system, and
    propose the one that fits (exit code 1 if it is not the declared one). Nothing is changed."""
    from geo_monitor.reading.feed_forensics import REFERENCES, forensics_of

    layers = [house.layer(name).name for name in names] or REFERENCES
    verdicts = forensics_of(house.store, feed, house.box, layers)
    if not verdicts and feed not in house.feeds:
        raise NotFoundError("feed", feed, sorted(house.feeds))

    def table() -> list[str]:
        lines = [] if verdicts else [f"nothing is stored of the feed {feed}"]
        for v in verdicts:
            words = v.words()
            lines += [words.zh, words.en]
            lines.append(f"  {v.points} points in {v.places} places; layers: {', '.join(v.layers) or 'none'}")
            lines += [f"  too inaccurate or empty: {', '.join(v.left_out)}"] if v.left_out else []
            head = ["  read as", "log10 likelihood", "in the city", "near a feature", "median distance"]
            rows = [
                [
                    f"  {fit.hypothesis.words().en}",
                    f"{fit.log_likelihood / math.log(10.0):.1f}",
                    f"{fit.in_city:.0%}",
                    f"{fit.near:.0%}",
                    "—" if fit.near_m is None else f"{fit.near_m:.0f} m",
                ]
                for fit in v.fits
            ]
            lines += columns(rows, head) if rows else []
        return lines

    show({"feed": feed, "verdicts": [v.as_dict() for v in verdicts]}, form, table)
    if any(v.kind == "doubt" for v in verdicts):
        sys.exit(FINDINGS)


@feeds.command("list")
@format_option
@house_option
def feeds_list(house: House, form: str) -> None:
    """Each feed: how it comes, how often it should, when it was last heard, and its state."""
    data = [_feed(house, h) for h in _health(house)]

    def table() -> list[str]:
        zone = house.settings.city.zone
        rows = [
            [d["feed"], d["title"]["zh"], d["comes"], d["state"], *_moments(d, ("last_heard", "last_report"), zone)]
            for d in data
        ]
        return columns(rows, ["feed", "title", "comes by", "state", "last heard", "last report"])

    show({"feeds": data}, form, table)


@feeds.command("health")
@format_option
@house_option
def feeds_health(house: House, form: str) -> None:
    """Whether each feed speaks: heard, heard_but_empty, late, silent, never, failing; since when, and the last error
    (exit code 1 if one is silent or failing)."""
    found = _health(house)
    data = [h.as_dict() for h in found]

    def table() -> list[str]:
        zone = house.settings.city.zone
        rows = [
            [d["feed"], d["state"], *_moments(d, ("since", "last_heard", "last_report"), zone), d["error"] or "—"]
            for d in data
        ]
        return columns(rows, ["feed", "state", "since", "last heard", "last report", "last error"])

    show({"feeds": data}, form, table)
    if any(h.state in ("silent", "failing") for h in found):
        sys.exit(FINDINGS)


def _health(house: House) -> Sequence[FeedHealth]:
    from geo_monitor.services.feed_health import read_health

    with house.store.reading() as records:
        return read_health(records, house.feeds, house.clock.now())


def _feed(house: House, health: FeedHealth) -> dict[str, Any]:
    mapping = house.feeds.get(health.feed)
    comes = [] if mapping is None else [mapping.pull.url if mapping.pull else "", mapping.files]
    return {
        "title": mapping.title.as_dict() if mapping else {"zh": health.feed, "en": health.feed},
        "comes": ", ".join(c for c in comes if c) or ("by hand" if mapping else "no mapping"),
        **health.as_dict(),
    }


def _moments(data: Mapping[str, Any], names: Sequence[str], zone: tzinfo) -> list[str]:
    """In the city's time."""
    said = [data[name] for name in names]
    return [f"{datetime.fromisoformat(s).astimezone(zone):%Y-%m-%d %H:%M}" if s else "—" for s in said]


@feeds.command("pull")
@click.argument("feed")
@click.option("--since", "since", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]), help="From there on; city time.")
@click.option("--dry-run", is_flag=True, help="Fetch, say what would happen, and leave nothing behind.")
@format_option
@house_option
def feeds_pull(house: House, feed: str, since: datetime | None, dry_run: bool, form: str) -> None:
    """Fetch what is new of FEED from its server, as its mapping says under pull (exit code 1 if rows were quarantined,
    3 if it failed or not all came)."""
    from geo_monitor.reading.pull import pull_feed

    if feed not in house.feeds:
        raise NotFoundError("feed", feed, sorted(house.feeds))
    report = pull_feed(
        house.store,
        house.feeds[feed],
        workspace=house.settings.workspace,
        box=house.box,
        key=secret_key(house),
        clock=house.clock,
        since=since.replace(tzinfo=house.settings.city.zone) if since else None,
        dry_run=dry_run,
    )
    data = report.as_dict()
    show(data, form, lambda: [f"{k}: {v}" for k, v in data.items() if v not in ("", None, {})])
    if report.outcome in ("failed", "partial"):
        sys.exit(3)
    if report.quarantined:
        sys.exit(FINDINGS)


@feeds.command("draft")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--feed", default="", metavar="NAME", help="What the feed is to be called (else by the file's name).")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), default=None, help="Write there, not to the screen."
)
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Of the remarks.")
@click.option("--rows", default=20_000, show_default=True, help="How many rows of each sheet are looked at.")
@house_option
def feeds_draft(house: House, file: Path, feed: str, out: Path | None, lang: str, rows: int) -> None:
    """Propose a mapping for FILE, with doubts as comments (DOUBT) and empty lines where a person must decide (DECIDE):
    above all the coordinate system, which is never guessed. Where layers are loaded, the draft says which system the
    places fit."""
    from geo_monitor.reading.drafting import draft_mapping
    from geo_monitor.reading.feed_forensics import forensics_of_places
    from geo_monitor.reading.sampling import take_sample

    if out is not None and out.exists():
        raise ConfigError(Flaw("exists", "a file that is not there yet", file=str(out)))
    draft = draft_mapping(take_sample(file, rows), feed=feed, box=house.box, time_zone=house.settings.city.time_zone)
    verdict = forensics_of_places(house.store, draft.lon, draft.lat, house.box)
    if verdict is not None:
        draft = draft.with_verdict(verdict)
    text = draft.as_yaml(lang)
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
    where = f"wrote {out}: " if out is not None else ""
    say(f"{where}{draft.count('decide')} to decide, {draft.count('doubt')} in doubt")


# ---- overlay, models, leads ------------------------------------------------------------------------------


@main.group()
def overlay() -> None:
    """Lay the incidents over the layers."""


def make_overlay(house: House) -> Overlay:
    from geo_monitor.wiring import overlay_of

    return overlay_of(house)


@overlay.command("run")
@click.option("--full", is_flag=True, help="Look at all incidents, not only at what is new.")
@format_option
@house_option
def overlay_run(house: House, full: bool, form: str) -> None:
    """Run all models over what is new and raise leads."""
    overlay = make_overlay(house)
    report = overlay.run(house.clock.now(), full=full)
    data = report.as_dict() | {"models": [m.as_dict() for m in overlay.counts(report)]}

    def table() -> list[str]:
        told = [m for m in data["models"] if m["hits"] or m["leads_new"] or m["leads_open"]]
        waiting = sum("waiting_for" in m for m in data["models"])
        shown = ("id", "version", "status", "hits", "leads_new", "leads_open")
        return [
            f"{data['incidents']} incidents, {data['new_incidents']} new, "
            f"{'full' if data['full'] else 'incremental'} run, {data['seconds']['total']} s",
            *columns([[m[k] for k in shown] for m in told], ["model", "v", "status", "hits", "new", "open"]),
            f"{len(data['models']) - len(told)} more models found nothing; "
            f"{waiting} wait for layers or reports (--format json names them)",
        ]

    show(data, form, table)


@main.group()
def models() -> None:
    """Supervision models: list, show, check, prove, lock."""


@models.command("list")
@format_option
@house_option
def models_list(house: House, form: str) -> None:
    """All models with status, hits, leads by outcome, precision (share of the decided leads that were upheld, with its
    95 % interval), and what they wait for."""
    from geo_monitor.services.lifecycle import effective
    from geo_monitor.services.precision import Fared, Precision, fared
    from geo_monitor.services.waiting import waiting_for

    with house.store.reading() as records:
        hits, counts = records.hit_counts(), records.lead_counts(trial=None)
        current = effective(house.models, records.model_events())
        outcomes, waiting = fared(records.lead_outcomes()), waiting_for(records, current.values())
    outcome: dict[str, dict[str, int]] = {}
    for (model, _district, status), n in counts.items():
        outcome.setdefault(model, {})[status] = outcome.get(model, {}).get(status, 0) + n
    rows: list[dict[str, Any]] = [
        {
            "id": m.id,
            "version": m.version,
            "status": m.status,
            "domain": m.domain,
            "urgency": m.urgency,
            "title": m.title.as_dict(),
            "needs": list(m.needs.layers),
            "hits": hits.get(m.id, 0),
            "leads": outcome.get(m.id, {}),
            "precision": outcomes.get(m.id, Fared()).all_versions.as_dict(),
            "precision_of_version": outcomes.get(m.id, Fared()).of(m.version).as_dict(),
            "waiting_for": list(waiting.get(m.id, ())),
        }
        for m in current.values()
    ]

    def measured(row: Mapping[str, Any]) -> str:
        p = row["precision"]
        said = Precision(p["upheld"], p["decided"] - p["upheld"])
        waits = f"waiting for data: {', '.join(row['waiting_for'])}" if row["waiting_for"] else ""
        if not said.decided:
            return waits or str(said)
        return f"{said} of {said.decided}" + (f"; {waits}" if waits else "")

    show(
        {"models": rows},
        form,
        lambda: columns(
            [
                [
                    r["id"],
                    r["status"],
                    r["urgency"],
                    r["hits"],
                    sum(r["leads"].values()),
                    r["title"]["zh"],
                    r["title"]["en"],
                    measured(r),
                ]
                for r in rows
            ],
            ["model", "status", "urgency", "hits", "leads", "标题", "title", "precision"],
        ),
    )


@models.command("show")
@click.argument("model_id")
@house_option
def models_show(house: House, model_id: str) -> None:
    """The file of a model, as a lawyer reads it; and, as comments below it, what this city made of the model."""
    if model_id not in house.models:
        raise NotFoundError("model", model_id, sorted(house.models))
    with house.store.reading() as records:
        life, exceptions = records.model_events(model_id), records.exceptions(model_id)
    click.echo(Path(house.models[model_id].file).read_text(encoding="utf-8"), nl=False)
    zone = house.settings.city.zone
    for e in life:
        said = f"{e.at.astimezone(zone):%Y-%m-%d} version {e.version} {e.kind} by {e.actor}: {e.reason}"
        click.echo("\n".join(f"# {line}" for line in said.splitlines()))
    for x in exceptions:
        said = f"exception {x.id}, {exception_where(x)}, {exception_when(x)}, by {x.author}: {x.reason}"
        click.echo("\n".join(f"# {line}" for line in said.splitlines()))


def exception_where(exemption: Exemption) -> str:
    from geo_monitor.services.exceptions import area_m2

    if exemption.centre is not None:
        lon, lat = exemption.centre
        return f"within {exemption.radius_m:g} m of {lon:.5f},{lat:.5f}"
    return f"{area_m2(exemption.area) / 10_000:.1f} ha"


def exception_when(exemption: Exemption) -> str:
    days = f"{exemption.from_day} to {exemption.until_day}"
    if exemption.ended is None:
        return days
    return f"{days}, taken back on {exemption.ended:%Y-%m-%d} by {exemption.ended_by} ({exemption.ended_reason})"


def model_remarks(house: House) -> list[Flaw]:
    """What lint says, and which models were changed without a new version."""
    from geo_monitor.supervision.lint import lint
    from geo_monitor.supervision.lock import check_lock

    found = list(house.models.values())
    return [*lint(found, house.layers, house.law), *check_lock(found, [house.settings.workspace / "models"])]


@models.command("lint")
@format_option
@house_option
def models_lint(house: House, form: str) -> None:
    """What a careful reader would object to in the models (exit code 1 if anything)."""
    from geo_monitor.supervision.lint import counts

    flaws = model_remarks(house)
    show(
        {**counts(house.models.values()), "remarks": len(flaws), "flaws": [str(f) for f in flaws]},
        form,
        lambda: [str(f) for f in flaws] + [f"{len(house.models)} models, {len(flaws)} remarks"],
    )
    if flaws:
        sys.exit(FINDINGS)


@models.command("test")
@click.argument("model_id", required=False)
@format_option
@house_option
def models_test(house: House, model_id: str | None, form: str) -> None:
    """Run the cases that each model carries (exit code 1 if one fails)."""
    from geo_monitor.services.prove import prove

    if model_id and model_id not in house.models:
        raise NotFoundError("model", model_id, sorted(house.models))
    results = prove(list(house.models.values()), only=model_id)
    failed = [{"id": r.id, "case": r.case, "expected": r.expected, "found": r.found} for r in results if not r.ok]
    by_kind = dict(Counter(r.kind for r in results))
    data = {"models": len({r.id for r in results}), "cases": len(results), "by_kind": by_kind, "failed": failed}
    show(
        data,
        form,
        lambda: (
            [f"{f['id']} {f['case']}: expected {f['expected']}, found {f['found']}" for f in failed]
            + [f"{data['models']} models, {data['cases']} cases, {len(failed)} failed"]
        ),
    )
    if failed:
        sys.exit(FINDINGS)


@models.command("lock")
@house_option
def models_lock(house: House) -> None:
    """Write models.lock: a changed model with the same version will then be refused."""
    from geo_monitor.supervision.lock import write_lock

    for path in write_lock(list(house.models.values())):
        say(f"wrote {path}")


@models.command("schema")
def models_schema() -> None:
    """The grammar as a JSON Schema, for editors that check while one types."""
    from geo_monitor.supervision.schema import schema

    click.echo(json.dumps(schema(), ensure_ascii=False, indent=1))


reason_option = click.option("--reason", required=True, help="Why: it stands in the book for good.")
by_option = click.option("--by", "actor", required=True, metavar="USER", help="The account in whose name.")


def _take_step(house: House, model_id: str, kind: str, reason: str, actor: str) -> None:
    from geo_monitor.services.accounts import acting
    from geo_monitor.services.lifecycle import take_step

    person = acting(house.store, actor, "models")
    event = take_step(house.store, house.models, model_id, kind, person.name, house.clock.now(), reason)
    say(f"model {event.model} version {event.version} is {event.status} from the next run on")


@models.command("promote")
@click.argument("model_id")
@reason_option
@by_option
@house_option
def models_promote(house: House, model_id: str, reason: str, actor: str) -> None:
    """Put a model on trial into force: asks for a back-test of this version and no false alarm on trial."""
    _take_step(house, model_id, "promoted", reason, actor)


@models.command("demote")
@click.argument("model_id")
@reason_option
@by_option
@house_option
def models_demote(house: House, model_id: str, reason: str, actor: str) -> None:
    """Put an active model back on trial: what it newly flags is then seen only by those who review trials."""
    _take_step(house, model_id, "demoted", reason, actor)


@models.command("retire")
@click.argument("model_id")
@reason_option
@by_option
@house_option
def models_retire(house: House, model_id: str, reason: str, actor: str) -> None:
    """Take a model out of use: its open leads lapse at the next run."""
    _take_step(house, model_id, "retired", reason, actor)


@models.command("restore")
@click.argument("model_id")
@reason_option
@by_option
@house_option
def models_restore(house: House, model_id: str, reason: str, actor: str) -> None:
    """Take a retired model up again, on trial."""
    _take_step(house, model_id, "restored", reason, actor)


def _numbers(text: str, count: int, option: str, expected: str) -> list[float]:
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        found = []
    if len(found) != count:
        raise CallError(f"{option} {text}: {expected} expected, in degrees of WGS 84")
    return found


def _place(at: str | None, radius: float | None, box: str | None, file: Path | None) -> Place:
    """Where an exception holds, said in one of three ways."""
    from geo_monitor.domain.place import Box, LonLat
    from geo_monitor.reading.areas import read_area
    from geo_monitor.services.exceptions import Place, circle, rectangle

    if sum(x is not None for x in (at, box, file)) != 1 or (at is None) != (radius is None):
        raise CallError("say where: --at LON,LAT with --radius M, or --box W,S,E,N, or --file X.geojson")
    if at is not None and radius is not None:
        return circle(LonLat(*_numbers(at, 2, "--at", "LON,LAT")), radius)
    if box is not None:
        return rectangle(Box(*_numbers(box, 4, "--box", "W,S,E,N")))
    assert file is not None
    return Place(read_area(file))


@models.command("except")
@click.argument("model_id")
@reason_option
@by_option
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The last day; at most two years on.")
@click.option(
    "--from", "since", type=click.DateTime(["%Y-%m-%d"]), default=None, help="The first day (default: today)."
)
@click.option("--at", metavar="LON,LAT", default=None, help="The middle of a circle.")
@click.option("--radius", type=float, default=None, help="Its radius in metres.")
@click.option("--box", metavar="W,S,E,N", default=None)
@click.option("--file", type=click.Path(path_type=Path), default=None, help="Polygons as GeoJSON (WGS 84).")
@format_option
@house_option
def models_except(
    house: House,
    model_id: str,
    reason: str,
    actor: str,
    until: datetime,
    since: datetime | None,
    at: str | None,
    radius: float | None,
    box: str | None,
    file: Path | None,
    form: str,
) -> None:
    """Except a place from a model for some time: acts of those days there no longer count for it."""
    from geo_monitor.services.accounts import acting
    from geo_monitor.services.exceptions import exempt

    now = house.clock.now()
    today = now.astimezone(house.settings.city.zone).date()
    made = exempt(
        house.store,
        house.models,
        model_id,
        _place(at, radius, box, file),
        since.date() if since else today,
        until.date(),
        author=acting(house.store, actor, "decide").name,
        reason=reason,
        at=now,
        today=today,
        city=house.box,
    )
    show(
        exception_dict(made),
        form,
        lambda: [f"exception {made.id}: {made.model}, {exception_where(made)}, {exception_when(made)}"],
    )


def exception_dict(e: Exemption) -> dict[str, Any]:
    from shapely.geometry import mapping

    return {
        "id": e.id,
        "model": e.model,
        "author": e.author,
        "reason": e.reason,
        "from": e.from_day,
        "until": e.until_day,
        "created": e.created.isoformat(),
        "ended": e.ended.isoformat() if e.ended else None,
        "ended_by": e.ended_by or None,
        "ended_reason": e.ended_reason or None,
        "centre": list(e.centre) if e.centre else None,
        "radius_m": e.radius_m if e.centre else None,
        "area": mapping(e.area),
    }


@models.command("exceptions")
@click.argument("model_id", required=False, default="")
@format_option
@house_option
def models_exceptions(house: House, model_id: str, form: str) -> None:
    """All exceptions, or those of one model, also those that are over: who, where, until when, why."""
    if model_id and model_id not in house.models:
        raise NotFoundError("model", model_id, sorted(house.models))
    with house.store.reading() as records:
        found = records.exceptions(model_id)
    show(
        {"exceptions": [exception_dict(e) for e in found]},
        form,
        lambda: columns(
            [[e.id, e.model, exception_where(e), exception_when(e), e.author, e.reason] for e in found],
            ["exception", "model", "where", "when", "by", "reason"],
        ),
    )


@models.command("end-exception")
@click.argument("exception_id")
@reason_option
@by_option
@house_option
def models_end_exception(house: House, exception_id: str, reason: str, actor: str) -> None:
    """Take an exception back early: the model flags there again from the next run on."""
    from geo_monitor.services.accounts import acting
    from geo_monitor.services.exceptions import end

    person = acting(house.store, actor, "decide")
    ended = end(house.store, exception_id, person.name, house.clock.now(), reason)
    say(f"exception {ended.id} of {ended.model} is taken back")


day_type = click.DateTime(["%Y-%m-%d"])


def _model(house: House, model_id: str) -> SupervisionModel:
    """A model with its status in this city."""
    from geo_monitor.services.lifecycle import effective

    if model_id not in house.models:
        raise NotFoundError("model", model_id, sorted(house.models))
    with house.store.reading() as records:
        return effective({model_id: house.models[model_id]}, records.model_events(model_id))[model_id]


@models.command("backtest")
@click.argument("model_id")
@click.option("--from", "first", type=day_type, required=True, help="The first day of the past to walk through.")
@click.option("--to", "last", type=day_type, required=True, help="The last day.")
@click.option("--set", "numbers", multiple=True, metavar="NAME=VALUE", help="A number set anew, e.g. near='80 m'.")
@format_option
@house_option
def models_backtest(
    house: House, model_id: str, first: datetime, last: datetime, numbers: tuple[str, ...], form: str
) -> None:
    """Replay a model on the stored past, week by week, with what was known then: leads, precision, overlap, and what
    each number does. A test of the unchanged numbers is kept: promotion asks for one."""
    from geo_monitor.services.backtest import backtest

    model, settings, now = _model(house, model_id), _pairs(numbers, "--set"), house.clock.now()
    with house.store.reading() as records:
        found = backtest(
            records,
            model,
            first.date(),
            last.date(),
            layers=house.layers,
            centre=house.centre,
            zone=house.settings.city.zone,
            now=now,
            settings=settings,
            progress=say,
        )
    if not settings:
        with house.store.writing() as records:
            records.put_backtest(found.record(now))
    kept = "not kept: numbers were set anew" if settings else "kept for models promote"
    show(found.as_dict() | {"kept": not settings}, form, lambda: [*_backtest_lines(found), kept])


def _backtest_lines(found: Backtest) -> Iterable[str]:
    model, precision = found.model, found.precision
    numbers = "".join(f", {name} = {value}" for name, value in found.numbers.items())
    yield f"{model.id} version {model.version}, {model.title.zh} | {model.title.en}"
    yield f"{found.first} to {found.last}{numbers}"
    per_week = len(found.leads) / len(found.weeks)
    yield (
        f"leads: {len(found.leads)}, {per_week:.1f} a week; {found.late} came later than the act, {found.lapsed} "
        f"lapsed by the end; {found.before} more stood before the first week"
    )
    yield f"precision: {precision}, {precision.upheld} of {precision.decided} decided leads were upheld"
    for missing, weeks in found.waited.items():
        yield f"{weeks} weeks without data: {missing}"
    if found.as_they_stand:
        yield f"taken as they stand today, no older version is stored: {', '.join(found.as_they_stand)}"
    yield from ["", *columns([[week, n] for week, n in found.weeks.items()], ["week", "leads"])]
    if found.overlap:
        shares = [[other, f"{100 * share:.0f} %"] for other, share in found.overlap.items()]
        yield from ["", *columns(shares, ["also flagged by", "share of the leads"])]
    if found.sensitivity:
        moved = [[m.number, m.change, m.value, m.leads, f"{m.leads - len(found.leads):+d}"] for m in found.sensitivity]
        yield from ["", *columns(moved, ["number", "change", "value", "leads", "difference"]), ""]


@models.command("suggest")
@click.argument("model_id")
@click.option(
    "--write",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Write the areas of the proposed exceptions as GeoJSON into DIR.",
)
@format_option
@house_option
def models_suggest(house: House, model_id: str, folder: Path | None, form: str) -> None:
    """The smallest change of a number, or exception for a place, that would have spared dismissed leads and keeps every
    upheld one. Nothing is changed here."""
    from geo_monitor.services.suggest import suggest

    model = _model(house, model_id)
    with house.store.reading() as records:
        found = suggest(records, model, centre=house.centre, zone=house.settings.city.zone, now=house.clock.now())
    data = found.as_dict()
    for n, suggestion in enumerate(data["suggestions"], 1):
        if suggestion["kind"] == "exception":
            path = (folder or Path()) / f"{model.id}-exception-{n}.geojson"
            if folder is not None:
                _write_area(path, suggestion["area"])
            suggestion["command"] = _except_line(model.id, path, suggestion)
    show(data, form, lambda: _suggest_lines(model, data, written=folder is not None))


def _except_line(model_id: str, path: Path, suggestion: Mapping[str, Any]) -> str:
    """The command that would make the exception; who signs it and why is for a person to say."""
    until = suggestion["until"]
    return shlex.join(["geo-monitor", "models", "except", model_id, "--file", str(path), "--until", until]) + (
        ' --by USER --reason "WHY"'
    )


def _write_area(path: Path, area: Mapping[str, Any]) -> None:
    whole = {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": area}]}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(whole), encoding="utf-8")
    except OSError as e:
        raise CallError(f"cannot write {path}: {e.strerror}") from e


def _suggest_lines(model: SupervisionModel, data: Mapping[str, Any], *, written: bool) -> Iterable[str]:
    dismissed, upheld = len(data["dismissed"]), len(data["upheld"])
    yield f"{model.id} version {model.version}: {dismissed} leads dismissed as false alarms, {upheld} upheld"
    if data["gone"]:
        yield f"{len(data['gone'])} decided leads aside: the model as it is now would not raise them"
    if data["unknown"]:
        names = ", ".join(data["unknown"])
        yield f"{len(data['unknown'])} decided leads aside: not all that they rest on is kept ({names})"
    if data["duplicates"]:
        yield f"{data['duplicates']} dismissed as duplicates aside: the model was right"
    for clause, n in data["misled"].items():
        yield f"{clause} misled {n} times"
    for n, s in enumerate(data["suggestions"], 1):
        spared = f"spares {len(s['removes'])} of {dismissed} dismissed leads, keeps all {upheld} upheld ones"
        if s["kind"] == "number":
            named = "; its clause was named in a dismissal" if s["misled"] else ""
            yield f"{n}. number {s['number']}: {s['from']} -> {s['to']}: {spared}{named}"
            yield f"   in the file, with a new version; try it: {_try_line(model.id, s)}"
        else:
            yield f"{n}. exception for {s['hectares']:.2f} ha until {s['until']}: {spared}"
            yield f"   {s['command']}"
            if not written:
                yield "   (--write DIR writes the area into a file first)"
    if not data["suggestions"]:
        yield _no_suggestion(data)


def _try_line(model_id: str, suggestion: Mapping[str, Any]) -> str:
    moved = f"{suggestion['number']}={suggestion['to']}"
    return f"{shlex.join(['geo-monitor', 'models', 'backtest', model_id, '--set', moved])} --from DATE --to DATE"


def _no_suggestion(data: Mapping[str, Any]) -> str:
    if not data["dismissed"]:
        return "nothing to suggest: no lead that it would raise today was dismissed as a false alarm"
    return (
        "nothing to suggest: every number that would spare a dismissed lead, set so strictly, would lose an upheld one "
        "or asks for more than twice itself, and no two dismissed leads share a place free of upheld ones"
    )


@models.command("coverage")
@click.option("--article", "by_article", is_flag=True, help="The other way round: article by article, its models.")
@click.option("--format", "form", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True)
@house_option
def models_coverage(house: House, by_article: bool, form: str) -> None:
    """Model × article × district: on which law each model rests, and where it has the data to see anything."""
    from geo_monitor.services.coverage import DISTRICTS, coverage
    from geo_monitor.services.lifecycle import effective

    today = house.clock.now().astimezone(house.settings.city.zone).date()
    with house.store.reading() as records:
        current = effective(house.models, records.model_events())
        found = coverage(records, current, house.law, DISTRICTS, today)
    if form == "csv":
        rows = found.rows()
        written = csv.DictWriter(sys.stdout, list(rows[0]) if rows else [], lineterminator="\n")
        written.writeheader()
        written.writerows(rows)
        return
    show(found.as_dict(), form, lambda: _article_lines(found) if by_article else _coverage_lines(found))


def _standing(article: Article) -> str:
    if not article.verified:
        return "not verified"
    if article.begins is not None:
        return f"from {article.begins}" + (f", until then {article.until_then}" if article.until_then else "")
    return article.standing.replace("_", " ")


def _coverage_lines(found: Coverage) -> Iterable[str]:
    """Rows are models, columns districts: ● it watches there, ○ it waits for data, – it is not in force."""
    rows = []
    for m in found.models:
        marks = [("●" if not m.lacks(d) else "○") if m.running else "–" for d in found.districts]
        doubts = "".join(f" [{a.id}: {_standing(a)}]" for a in m.basis if a.standing != "in_force")
        lacks = dict.fromkeys(n for missing in m.missing.values() for n in missing)
        waits = f"waiting for data: {', '.join(m.waits)}" if m.waits else ""
        waits = waits or (f"not everywhere: {', '.join(lacks)}" if lacks else "")
        rows.append([m.id, m.status, *marks, f"{len(m.basis)}{doubts}", waits])
    totals = ["watching", "", *[found.watching(d) for d in found.districts], "", ""]
    names = [title.zh or d for d, title in found.districts.items()]
    yield from columns([*rows, totals], ["model", "status", *names, "articles", "data"])
    yield "● watches there  ○ waits for data there  – neither active nor on trial"
    used = len(found.by_article)
    yield f"{len(found.models)} models rest on {used} articles; {len(found.unused)} articles of the register are unused"
    yield f"models with an article that is not verified: {', '.join(found.unverified) or 'none'}"
    yield f"districts in which nothing watches: {', '.join(found.districts[d].zh for d in found.unwatched) or 'none'}"


def _article_lines(found: Coverage) -> Iterable[str]:
    rows = [[a.id, a.law.zh, a.article, _standing(a), ", ".join(models)] for a, models in found.by_article.values()]
    unused = [[a.id, a.law.zh, a.article, _standing(a), "—"] for a in found.unused]
    yield from columns([*rows, *unused], ["article", "law", "no.", "standing", "models"])
    yield f"{len(rows)} articles in use, {len(unused)} that no model uses"


@models.command("explain")
@click.argument("lead_id")
@click.option("--replay", "again", is_flag=True, help="Work the grounds out anew (exit code 1 if they differ).")
@format_option
@house_option
def models_explain(house: House, lead_id: str, again: bool, form: str) -> None:
    """Why a lead was raised, clause by clause; with --replay, whether the same follows from the model, the layers and
    the reports as they were then."""
    lead = _lead(house, lead_id)
    if again:
        _replay(house, lead, form)
        return

    def table() -> list[str]:
        lines = [lead.grounds.sentence["zh"], lead.grounds.sentence["en"], ""]
        for c in lead.grounds.clauses:
            lines += [
                f"{c.path}",
                f"  asked: {c.asked['zh']} | {c.asked['en']}",
                f"  found: {c.found['zh']} | {c.found['en']}",
            ]
        return [*lines, "", lead.grounds.would_pass_if["zh"], lead.grounds.would_pass_if["en"]]

    show(lead.grounds.as_dict(), form, table)


def _replay(house: House, lead: Lead, form: str) -> None:
    from geo_monitor.services.replay import replay

    run = make_overlay(house)
    with house.store.reading() as records:
        found = replay(records, lead, centre=run.centre, zone=run.zone, wording=run.wording, shelf=run.shelf)
    kept = lead.grounds

    def table() -> list[str]:
        seen = [f"{kept.model} version {kept.model_version}", f"as of {kept.as_of}", *kept.layer_versions.values()]
        lines = [f"worked out anew from {', '.join(seen)}, and the reports up to number {kept.seq}"]
        for d in found.differences:
            lines += [d.part, f"  kept: {d.kept}", f"  now:  {d.now}"]
        parts = "the same grounds follow" if found.same else f"{len(found.differences)} parts of the grounds differ"
        return [*lines, f"{lead.id}: {parts}"]

    show(found.as_dict(), form, table)
    if not found.same:
        sys.exit(FINDINGS)


def _lead(house: House, lead_id: str) -> Lead:
    with house.store.reading() as records:
        lead = records.lead(lead_id)
    if lead is None:
        raise NotFoundError("lead", lead_id)
    return lead


def lead_dict(lead: Lead) -> dict[str, Any]:
    """A lead as other programs read it."""
    return {
        "id": lead.id,
        "model": lead.model,
        "version": lead.model_version,
        "status": lead.status.value,
        "urgency": lead.urgency,
        "domain": lead.domain,
        "title": lead.title.as_dict(),
        "about": {"layer": lead.subject.layer, "id": lead.subject.id, "title": lead.about.as_dict()},
        "lon": lead.lon,
        "lat": lead.lat,
        "district": lead.district,
        "opened": lead.opened.isoformat(),
        "first": lead.first.isoformat(),
        "last": lead.last.isoformat(),
        "incidents": list(lead.records),
        "grounds": [c.as_dict() for c in lead.grounds.clauses],
        "sentence": dict(lead.grounds.sentence),
        "legal_basis": [b.as_dict() for b in lead.legal_basis],
        "trio": lead.trio.as_dict(),
        "agencies": list(lead.agencies),
        "previous": lead.previous or None,
        "synthetic": lead.synthetic,
        "trial": lead.trial,
        "due": dict(lead.due),
    }


trial_option = click.option("--trial", is_flag=True, help="The leads of models on trial, and only those.")


@main.group()
def leads() -> None:
    """Leads: list, show, decide, export."""


@leads.command("list")
@click.option("--status", multiple=True, type=click.Choice(["open", "taken_up", "dismissed", "superseded"]))
@click.option("--domain", multiple=True)
@click.option("--model", multiple=True)
@click.option("--district", multiple=True)
@click.option("--urgency", multiple=True, type=click.Choice(["high", "medium", "low"]))
@click.option("--text", default="", help="Part of the id or the title.")
@click.option("--limit", default=50, show_default=True)
@click.option("--after", default="", help="The cursor of the page before.")
@trial_option
@format_option
@house_option
def leads_list(
    house: House,
    status: tuple[str, ...],
    domain: tuple[str, ...],
    model: tuple[str, ...],
    district: tuple[str, ...],
    urgency: tuple[str, ...],
    text: str,
    limit: int,
    after: str,
    trial: bool,
    form: str,
) -> None:
    """The queue, as the web shows it."""
    from geo_monitor.services.ports import LeadQuery

    query = LeadQuery(
        statuses=status,
        domains=domain,
        models=model,
        districts=district,
        urgencies=urgency,
        text=text,
        limit=limit,
        after=after,
        trial=trial,
    )
    with house.store.reading() as records:
        page = records.leads(query)
    data = {"leads": [lead_dict(x) for x in page.leads], "total": page.total, "next": page.next or None}
    show(
        data,
        form,
        lambda: [
            *columns(
                [
                    [x.id, x.model, x.urgency, x.status.value, x.about.zh, x.title.zh, len(x.records)]
                    for x in page.leads
                ],
                ["lead", "model", "urgency", "status", "about", "title", "records"],
            ),
            f"{len(page.leads)} of {page.total}",
        ],
    )


@leads.command("show")
@click.argument("lead_id")
@format_option
@house_option
def leads_show(house: House, lead_id: str, form: str) -> None:
    """One lead whole: grounds, trio, legal basis, how many reports, reporters and events, history."""
    from geo_monitor.services.occurrences import tally_of

    lead = _lead(house, lead_id)
    with house.store.reading() as records:
        events = records.events(lead_id)
        count = tally_of(records, [r for r in lead.records if "/" not in r])
    data = lead_dict(lead) | {
        "tally": count.as_dict(),
        "history": [
            {"at": e.at.isoformat(), "actor": e.actor, "kind": e.kind, "reason": e.reason}
            | {name: e.data[name] for name in ("why", "clause") if name in e.data}
            for e in events
        ],
    }

    def table() -> list[str]:
        trio = [
            f"  {role}: {seat.get('name') or 'vacant: ' + seat['vacant']}" for role, seat in lead.trio.as_dict().items()
        ]
        law = [f"  {b.law.zh} {b.article}（{b.id}，{b.status}）" for b in lead.legal_basis]
        return [
            f"{lead.id}  {lead.model} v{lead.model_version}  {lead.urgency}  {lead.status.value}"
            + ("  (model on trial)" if lead.trial else ""),
            lead.grounds.sentence["zh"],
            lead.grounds.sentence["en"],
            *([count.words.zh, count.words.en] if count.reports else []),
            *trio,
            *law,
            *[_history_line(e) for e in events],
        ]

    show(data, form, table)


def _history_line(event: LeadEvent) -> str:
    said = [event.actor, event.kind, event.reason, *(str(event.data.get(name, "")) for name in ("why", "clause"))]
    return f"  {event.at:%Y-%m-%d %H:%M} {' '.join(word for word in said if word)}"


def _deciding(house: House, lead_id: str, actor: str) -> str:
    """The account in whose name a lead is decided; one of a model on trial takes a reviewer."""
    from geo_monitor.services.accounts import acting

    return acting(house.store, actor, "trials" if _lead(house, lead_id).trial else "decide").name


@leads.command("take-up")
@click.argument("lead_id")
@click.option("--note", default="", help="What the next reader should know.")
@by_option
@house_option
def leads_take_up(house: House, lead_id: str, note: str, actor: str) -> None:
    """Take an open lead up: it is then a procurator's."""
    from geo_monitor.services import decide

    lead = decide.take_up(house.store, lead_id, _deciding(house, lead_id, actor), house.clock.now(), note)
    say(f"lead {lead.id} is {lead.status.value}")


@leads.command("dismiss")
@click.argument("lead_id")
@reason_option
@click.option("--why", required=True, help="lawful, wrong_place, wrong_time, duplicate, trivial or other.")
@click.option("--clause", required=True, metavar="PATH", help="The clause of the grounds that misled, or none.")
@by_option
@house_option
def leads_dismiss(house: House, lead_id: str, reason: str, why: str, clause: str, actor: str) -> None:
    """Dismiss a lead, saying why and which clause of its grounds misled (`models explain` names them)."""
    from geo_monitor.services import decide

    person = _deciding(house, lead_id, actor)
    misled = "" if clause == "none" else clause
    lead = decide.dismiss(house.store, lead_id, person, house.clock.now(), reason, misled, why=why)
    say(f"lead {lead.id} is {lead.status.value}")


@leads.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@trial_option
@house_option
def leads_export(house: House, file: Path, trial: bool) -> None:
    """All leads as GeoJSON points (for a map program) into FILE. Reporters are never part of it."""
    with house.store.reading() as records:
        found = [lead for lead in records.leads_of() if lead.trial == trial]
    features = []
    for lead in found:
        properties = lead_dict(lead)
        features.append(
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [lead.lon, lead.lat]},
                "properties": properties,
            }
        )
    try:
        file.write_text(
            json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False), encoding="utf-8"
        )
    except OSError as e:
        raise CallError(f"cannot write {file}: {e.strerror}") from e
    say(f"{len(features)} leads written to {file}")


@main.command()
@click.argument("lon", type=float)
@click.argument("lat", type=float)
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), default=None, help="The day (default: today).")
@format_option
@house_option
def who(house: House, lon: float, lat: float, day: datetime | None, form: str) -> None:
    """The responsible trio of a point (WGS 84 degrees) on a day, or a stated vacancy."""
    from geo_monitor.domain.place import LonLat
    from geo_monitor.services.assign import Duty

    if not house.box.holds(lon, lat):
        raise CallError(f"{lon}, {lat} lies outside the city's box {tuple(house.box)} (longitude first)")
    with house.store.reading() as records:
        found = {name: records.layer_columns(name) for name in ("districts", "rivers")}
        duty = Duty(records.postings(), {k: v for k, v in found.items() if v is not None}, house.centre)
    at = duty.whereabouts(LonLat(lon, lat))
    on: date = day.date() if day else house.clock.now().astimezone(house.settings.city.zone).date()
    data = duty.trio(LonLat(lon, lat), on, at=at).as_dict() | {
        "district": at.district or None,
        "reach": at.reach or None,
        "boundary": list(at.border),
    }
    show(data, form, lambda: [f"{k}: {_seat(v)}" for k, v in data.items()])


def _seat(value: object) -> str:
    if isinstance(value, Mapping):
        return (
            f"vacant: {value['vacant']}"
            if "vacant" in value
            else f"{value['name']}, {value['post']}, {value['office']}"
        )
    return str(value)


@main.group()
def roster() -> None:
    """The duty roster: who answers for which reach, site or district, from when to when."""


@roster.command("load")
@click.argument("file", type=click.Path(path_type=Path))
@house_option
def roster_load(house: House, file: Path) -> None:
    """Load the roster CSV (place, role, post, name, office, from, to); it replaces the one before."""
    from geo_monitor.reading.roster import read_roster

    postings = read_roster(file)
    with house.store.writing() as records:
        records.replace_postings(postings, str(file), house.clock.now())
    say(f"{len(postings)} postings loaded from {file}")


# ---- report, jobs, serve -----------------------------------------------------------------------------------


@main.group()
def report() -> None:
    """Reports for people who do not open the map."""


@report.command("weekly")
@click.option("--week", default=None, metavar="2026-W46", help="An ISO week (default: the last whole one).")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Write the letter (zh, en) as files into DIR.",
)
@click.option("--send", is_flag=True, help="Put one letter per person into the outbox.")
@format_option
@house_option
def report_weekly(house: House, week: str | None, out: Path | None, send: bool, form: str) -> None:
    """The weekly report: new leads, counts, densest cells, feeds heard and silent."""
    from geo_monitor.mail.weekly import weekly_of, write_files, write_letters

    weekly = weekly_of(house, week)
    if out is not None:
        for path in write_files(house, weekly, out):
            say(f"wrote {path}")
    if send:
        say(f"{write_letters(house, weekly)} letters put into the outbox")
    show(weekly.as_dict(), form, weekly.lines)


@main.group()
def jobs() -> None:
    """Scheduled jobs: list, run one by hand, look at what ran."""


@jobs.command("list")
@format_option
@house_option
def jobs_list(house: House, form: str) -> None:
    """Each job with its cron line, when it is next due and how its last run ended."""
    from jobs import find

    with house.store.reading() as records:
        rows = {r.name: r for r in records.job_rows()}
        last = {name: next(iter(records.runs(name, 1)), None) for name in find()}
    data: list[dict[str, Any]] = []
    for name, job in find().items():
        row, run = rows.get(name), last[name]
        data.append(
            {
                "job": name,
                "title": job.title.as_dict(),
                "when": house.settings.jobs.get(name, job.when),
                "next": row.next_at if row else None,
                "last": run.started if run else None,
                "outcome": run.outcome if run else None,
            }
        )
    show(
        {"jobs": data},
        form,
        lambda: columns(
            [[d["job"], d["when"], d["next"] or "—", d["outcome"] or "—", d["title"]["en"]] for d in data],
            ["job", "when", "next", "last outcome", "title"],
        ),
    )


@jobs.command("run")
@click.argument("name")
@format_option
@house_option
def jobs_run(house: House, name: str, form: str) -> None:
    """Run a job now, once, under the same lease as the scheduler."""
    from jobs import find
    from jobs._scheduler import run_job

    if name not in find():
        raise NotFoundError("job", name, sorted(find()))
    run = run_job(house, name)
    data = {"job": run.job, "outcome": run.outcome, "counts": dict(run.counts), "error": run.error}
    show(data, form, lambda: [f"{k}: {v}" for k, v in data.items() if v])
    if run.outcome != "done":
        sys.exit(3)


@jobs.command("history")
@click.option("--job", default="")
@click.option("--limit", default=30, show_default=True)
@format_option
@house_option
def jobs_history(house: House, job: str, limit: int, form: str) -> None:
    """Runs, newest first: when, how long, what came of it."""
    with house.store.reading() as records:
        runs = records.runs(job, limit)
    data: list[dict[str, Any]] = [
        {
            "job": r.job,
            "slot": r.slot,
            "started": r.started,
            "finished": r.finished,
            "outcome": r.outcome,
            "seconds": round((r.finished - r.started).total_seconds(), 3) if r.finished else None,
            "counts": dict(r.counts),
            "error": r.error,
        }
        for r in runs
    ]
    show(
        {"runs": data},
        form,
        lambda: columns(
            [
                [d["job"], f"{d['started']:%Y-%m-%d %H:%M:%S}", d["seconds"], d["outcome"], d["error"] or d["counts"]]
                for d in data
            ],
            ["job", "started", "seconds", "outcome", "result"],
        ),
    )


@jobs.command("start")
@house_option
def jobs_start(house: House) -> None:
    """Run the scheduler alone until it is stopped."""
    from jobs._scheduler import start

    say("the scheduler runs; stop it with Ctrl-C")
    start(house, block=True)


@main.command()
@click.option("--port", default=8765, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--no-jobs", is_flag=True, help="Only the web pages; the scheduler runs elsewhere.")
@click.option(
    "--workspace", type=click.Path(file_okay=False, path_type=Path), default=None, envvar="GEO_MONITOR_WORKSPACE"
)
def serve(port: int, host: str, no_jobs: bool, workspace: Path | None) -> None:
    """Serve the web map, and run the scheduled jobs beside it."""
    _serve(workspace, port, host=host, with_jobs=not no_jobs)


def _serve(workspace: Path | None, port: int, *, host: str = "127.0.0.1", with_jobs: bool) -> None:
    from waitress import create_server

    from geo_monitor.wiring import house_of
    from jobs._scheduler import start
    from webmap import create_app

    with house_of(workspace) as house:
        try:
            server = create_server(create_app(house), host=host, port=port, threads=8, ident=None)
        except OSError as e:
            raise CallError(f"cannot listen on {host}:{port}: {e.strerror or e}; choose another with --port") from e
        scheduler = start(house, block=False) if with_jobs else None
        say(f"the map is at http://{host}:{server.effective_port}/  (stop with Ctrl-C)")
        try:
            server.run()
        except KeyboardInterrupt:
            pass
        finally:
            if scheduler is not None:
                scheduler.stop()


# ---- people and the book -----------------------------------------------------------------------------------


@main.group()
def users() -> None:
    """Local accounts."""


@users.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(["procurator", "reviewer", "patrol", "admin"]), required=True)
@click.option("--display", default="", help="The name that pages show.")
@click.option("--email", default="", help="Where the weekly letter goes.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@click.password_option()
@house_option
def users_add(house: House, name: str, role: str, display: str, email: str, language: str, password: str) -> None:
    """Add an account, or change an existing one. Asks for the password."""
    from geo_monitor.services.accounts import make_user

    user = make_user(name, role=role, display=display or name, email=email, language=language, password=password)
    with house.store.writing() as records:
        records.put_user(user)
    say(f"account {name} ({role}) written")


@users.command("list")
@format_option
@house_option
def users_list(house: House, form: str) -> None:
    """All accounts (never their passwords)."""
    with house.store.reading() as records:
        found = records.users()
    data = [
        {
            "name": u.name,
            "display": u.display,
            "role": u.role,
            "email": u.email,
            "language": u.language,
            "active": u.active,
        }
        for u in found
    ]
    show(
        {"users": data},
        form,
        lambda: columns(
            [[d[k] for k in ("name", "display", "role", "email", "active")] for d in data],
            ["name", "display", "role", "e-mail", "active"],
        ),
    )


@users.command("disable")
@click.argument("name")
@house_option
def users_disable(house: House, name: str) -> None:
    """Close an account; its decisions stay in the history."""
    with house.store.writing() as records:
        user = records.user(name)
        if user is None:
            raise NotFoundError("user", name)
        records.put_user(replace(user, active=False))
    say(f"account {name} closed")


@main.group()
def audit() -> None:
    """The books (of leads, of models, of the desk) and the originals."""


@audit.command("verify")
@format_option
@house_option
def audit_verify(house: House, form: str) -> None:
    """Check that no line of the history was changed, removed or put in between, and that the files that were read are
    kept as they came in (exit code 1 if not)."""
    from geo_monitor.reading.originals import verify_originals
    from geo_monitor.services.audit import verify, verify_desk, verify_models, verify_occurrences

    with house.store.reading() as records:
        events, steps, desk = records.events(), records.model_events(), records.desk_events()
        told, files = records.occurrence_events(), records.files_read()
    originals = verify_originals(house.settings.workspace, files)
    broken = [*verify(events), *verify_models(steps), *verify_desk(desk), *verify_occurrences(told), *originals.broken]
    show(
        {
            "events": len(events),
            "model_events": len(steps),
            "desk_events": len(desk),
            "occurrence_events": len(told),
            "originals": originals.kept,
            "missing": list(originals.missing),
            "broken": broken,
        },
        form,
        lambda: [
            *broken,
            *originals.missing,
            f"{len(events)} events, {len(steps)} steps of models, {len(desk)} of the desk, {len(told)} of occurrences, "
            f"{originals.kept} originals, {len(originals.missing)} missing, {len(broken)} broken",
        ],
    )
    if broken or originals.missing:
        sys.exit(FINDINGS)


# ---- Open311 and receipts --------------------------------------------------------------------------------


@main.group()
def open311() -> None:
    """Open311: the programs of others that post reports and ask how they stand."""


@open311.group("keys")
def open311_keys() -> None:
    """Keys by which those programs are known."""


@open311_keys.command("add")
@click.argument("name")
@house_option
def open311_keys_add(house: House, name: str) -> None:
    """Make a key for the program or office NAME. It is shown once; only its hash is kept."""
    from geo_monitor.reading.open311 import put_mapping
    from geo_monitor.services.api_keys import add_key

    plain = add_key(house.store, name, house.clock.now())
    if put_mapping(house.path("feeds")):
        say(
            "made feeds/open311.yaml: what is offered and how it is read; a running server reads it when it starts anew"
        )
    say(f"the key of {name}, shown this once:")
    click.echo(plain)


@open311_keys.command("list")
@format_option
@house_option
def open311_keys_list(house: House, form: str) -> None:
    """Whose keys there are, since when, and which count no more."""
    with house.store.reading() as records:
        keys = [
            {"name": k.name, "created": k.created.isoformat(), "revoked": k.revoked.isoformat() if k.revoked else None}
            for k in records.api_keys()
        ]
    show(
        {"keys": keys},
        form,
        lambda: columns([[k["name"], k["created"], k["revoked"] or "—"] for k in keys], ["name", "since", "revoked"]),
    )


@open311_keys.command("revoke")
@click.argument("name")
@house_option
def open311_keys_revoke(house: House, name: str) -> None:
    """The key of NAME counts no more; the reports that came with it stay."""
    from geo_monitor.services.api_keys import revoke_key

    revoke_key(house.store, name, house.clock.now())
    say(f"the key of {name} is revoked")


@main.group()
def receipts() -> None:
    """Receipt numbers: what people are given for a report."""


@receipts.command("show")
@click.argument("number")
@format_option
@house_option
def receipts_show(house: House, number: str, form: str) -> None:
    """How the report with this receipt NUMBER stands (spaces and dashes do no harm; exit code 1 if there is none)."""
    from geo_monitor.domain.receipt import spoken
    from geo_monitor.reading.feeds import waiting_reports
    from geo_monitor.services.receipts import find_receipts, in_quarantine

    with house.store.reading() as records:
        found = find_receipts(records, number)
        found = found or [in_quarantine(id_, kept) for id_, kept in waiting_reports(records, house.feeds, number)]
    show(
        {"receipts": [r.as_dict() for r in found]},
        form,
        lambda: (
            [
                line
                for r in found
                for line in (
                    f"{spoken(r.number)}  {r.state.value}  {r.as_dict()['category'] or ''}".rstrip(),
                    f"  received {r.received.isoformat()}, so since {r.since.isoformat()}",
                    f"  {r.notes.zh}",
                    f"  {r.notes.en}",
                )
            ]
            or ["no report has this number"]
        ),
    )
    if not found:
        sys.exit(FINDINGS)


# ---- named places ----------------------------------------------------------------------------------------


@main.group()
def places() -> None:
    """The gazetteer: what names mean on the ground."""


@places.command("find")
@click.argument("text", nargs=-1, required=True)
@click.option("--at-least", type=click.Choice(PLACE_LEVELS), default="village", show_default=True)
@click.option("--score", type=click.FloatRange(0, 1, min_open=True), default=0.8, show_default=True)
@click.option("--within", "within_m", type=click.FloatRange(0, min_open=True), default=2000.0, show_default=True)
@format_option
@house_option
def places_find(house: House, text: tuple[str, ...], at_least: str, score: float, within_m: float, form: str) -> None:
    """Which place TEXT names, as a report without coordinates would be placed (exit code 1 if it would not). Several
    TEXTs are the columns of a report, the address first."""
    from geo_monitor.reading.place_search import find_place
    from geo_monitor.wiring import gazetteer_of

    gazetteer = gazetteer_of(house)
    found = find_place(gazetteer, *text, at_least=at_least, score=score, within_m=within_m)
    data = {"text": list(text), **found.as_dict(), "places": len(gazetteer.places), "notes": list(gazetteer.notes)}

    def table() -> list[str]:
        said = [f"{found.place}", f"  {found.place.why}"] if found.place else [f"{found.reason}: {found.why}"]
        return said + [f"  or: {c}" for c in found.candidates if c is not found.place]

    show(data, form, table)
    if found.reason:
        sys.exit(FINDINGS)


# ---- reports of one event --------------------------------------------------------------------------------


@main.group()
def occurrences() -> None:
    """Reports of one event: what is proposed, and what people decide about it."""


note_option = click.option("--note", default="", help="What the next reader should know.")


@occurrences.command("find")
@click.option("--full", is_flag=True, help="Look at every report, not only around those that are new.")
@format_option
@house_option
def occurrences_find(house: House, full: bool, form: str) -> None:
    """Propose which reports tell of one event."""
    from geo_monitor.services.occurrences import find_occurrences

    done = find_occurrences(house.store, house.settings.city.zone, full)
    show(
        done.as_dict(),
        form,
        lambda: [
            f"{done.new_reports} new reports, {done.looked_at} compared{' (all)' if done.full else ''}: "
            f"{done.made} occurrences made or changed, {done.gone} gone; {done.seconds:.1f} s",
            f"{done.proposed} proposed, {done.confirmed} confirmed, {done.joining} of these with reports to join",
        ],
    )


@occurrences.command("list")
@click.option("--standing", type=click.Choice(["proposed", "confirmed", "joining"]), default=None)
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.option("--after", default="", metavar="ID", help="The last one of the page before.")
@format_option
@house_option
def occurrences_list(house: House, standing: str | None, limit: int, after: str, form: str) -> None:
    """Occurrences, the latest act first: how many reports, independent reporters and feeds each has."""
    from geo_monitor.services.occurrences import shown

    with house.store.reading() as records:
        asked = records.occurrences(standing=standing or "", limit=limit + 1, after=after)
        counts = records.occurrence_counts()
        found = shown(records, asked[:limit])
    following = found[-1].occurrence.id if len(asked) > limit else ""
    rows = [
        [
            one.occurrence.id,
            one.occurrence.standing + (f"+{len(one.occurrence.joining)}" if one.occurrence.joining else ""),
            one.tally.reports,
            one.tally.reporters,
            one.tally.feeds,
            f"{one.occurrence.first:%Y-%m-%d %H:%M}",
            ",".join(one.categories),
        ]
        for one in found
    ]
    show(
        {"occurrences": [one.as_dict() for one in found], "counts": counts, "next": following},
        form,
        lambda: columns(rows, ["id", "standing", "reports", "reporters", "feeds", "first (UTC)", "categories"]),
    )


@occurrences.command("show")
@click.argument("occurrence_id")
@format_option
@house_option
def occurrences_show(house: House, occurrence_id: str, form: str) -> None:
    """The reports of one occurrence, why each stands there, and what was decided. One that no longer stands shows its
    decisions (their numbers serve `occurrences undo`)."""
    from geo_monitor.services.occurrences import history, shown_with_reasons

    with house.store.reading() as records:
        if records.occurrences([occurrence_id]):
            one = shown_with_reasons(records, occurrence_id, house.settings.city.zone)
            events = history(records, occurrence_id, one.occurrence.reports)
        else:
            one, events = None, history(records, occurrence_id)
    if one is None and not events:
        raise NotFoundError("occurrence", occurrence_id)
    lines = [
        {"seq": e.seq, "at": e.at.isoformat(), "actor": e.actor, "kind": e.kind, "reason": e.reason}
        | ({"undoes": e.data["undoes"]} if "undoes" in e.data else {})
        | ({"report": e.data["report"]} if "report" in e.data else {})
        for e in events
    ]
    data: dict[str, Any] = one.as_dict() if one is not None else {"id": occurrence_id, "standing": "gone"}
    why = {r.report: r for r in one.reasons} if one is not None else {}
    data |= {"reasons": [r.as_dict() for r in why.values()], "history": lines}

    def table() -> Iterator[str]:
        if one is None:
            yield f"{occurrence_id}  no longer stands"
        else:
            yield f"{occurrence_id}  {one.occurrence.standing}"
            yield one.tally.words.zh
            yield one.tally.words.en
            for i in one.incidents:
                sure = "confirmed" if i.id in one.occurrence.confirmed else "proposed"
                yield f"  {i.id}  {sure}  {i.feed}  {i.occurred.isoformat()}  {i.text}"
                if i.id in why:
                    points = "—" if why[i.id].points is None else f"{why[i.id].points:+.1f}"
                    yield f"    {points}  {why[i.id].sentence.zh}  ({why[i.id].other})"
        for e in lines:
            more = f" {e['undoes']}" if "undoes" in e else f" {e['report']}" if "report" in e else ""
            yield f"  {e['seq']}: {e['at']} {e['actor']} {e['kind']}{more} {e['reason']}".rstrip()

    show(data, form, table)


@occurrences.command("confirm")
@click.argument("occurrence_id")
@note_option
@by_option
@house_option
def occurrences_confirm(house: House, occurrence_id: str, note: str, actor: str) -> None:
    """All reports that stand in the occurrence tell of one event."""
    from geo_monitor.services.accounts import acting
    from geo_monitor.services.occurrences import confirm

    person, zone = acting(house.store, actor, "decide").name, house.settings.city.zone
    found = confirm(house.store, occurrence_id, person, house.clock.now(), zone, note)
    say(f"occurrence {found.id} is confirmed with {len(found.confirmed)} reports")


@occurrences.command("separate")
@click.argument("occurrence_id")
@click.argument("report")
@reason_option
@by_option
@house_option
def occurrences_separate(house: House, occurrence_id: str, report: str, reason: str, actor: str) -> None:
    """REPORT tells of another event; it is never proposed together with the others again."""
    from geo_monitor.services.accounts import acting
    from geo_monitor.services.occurrences import separate

    person, zone = acting(house.store, actor, "decide").name, house.settings.city.zone
    left = separate(house.store, occurrence_id, report, person, house.clock.now(), zone, reason)
    say(f"report {report} is separated; the others stand in {left or 'no occurrence'}")


@occurrences.command("dissolve")
@click.argument("occurrence_id")
@reason_option
@by_option
@house_option
def occurrences_dissolve(house: House, occurrence_id: str, reason: str, actor: str) -> None:
    """No two of its reports tell of one event."""
    from geo_monitor.services.accounts import acting
    from geo_monitor.services.occurrences import dissolve

    person, zone = acting(house.store, actor, "decide").name, house.settings.city.zone
    dissolve(house.store, occurrence_id, person, house.clock.now(), zone, reason)
    say(f"occurrence {occurrence_id} is dissolved")


@occurrences.command("undo")
@click.argument("decision", type=int)
@reason_option
@by_option
@house_option
def occurrences_undo(house: House, decision: int, reason: str, actor: str) -> None:
    """Take a decision back, by its number (`occurrences show`); an undoing can be taken back as well."""
    from geo_monitor.services.accounts import acting
    from geo_monitor.services.occurrences import undo

    person, zone = acting(house.store, actor, "decide").name, house.settings.city.zone
    stand = undo(house.store, decision, person, house.clock.now(), zone, reason)
    say(f"decision {decision} is taken back; its reports stand in {stand or 'no occurrence'}")
