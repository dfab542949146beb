# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of the report directory, each replaced whole or left as it was."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Any, TextIO

from ansible_collections.sysops.aws.plugins.plugin_utils.report.csv_file import csv_writer
from ansible_collections.sysops.aws.plugins.plugin_utils.report.errors import ReportError
from ansible_collections.sysops.aws.plugins.plugin_utils.report.html import render_html
from ansible_collections.sysops.aws.plugins.plugin_utils.report.text import count, many

# NaN and Infinity are no JSON: the page could not read them back.
_DECODER = json.JSONDecoder(parse_constant=lambda _constant: None)
_FILES = {"summary": "summary.json", "csv": "findings.csv", "html": "report.html"}
_FINDINGS = "findings.jsonl"
_SEAL = "plan"
# what enforcing acts on is its owner's alone, as module_utils/sweep/private_files.py has it; the rest may be read
_OWNERS_ALONE, _READABLE, _DIRECTORY = 0o600, 0o640, 0o750
_STATUSES = ("planned", "changed", "protected", "skipped", "failed")


def write_report(
    directory: str | os.PathLike[str],
    summary: dict[str, Any],
    findings_path: str | os.PathLike[str],
    title: str,
) -> dict[str, str]:
    """Write the report; return the absolute paths: ``{"summary": ..., "csv": ..., "html": ..., "findings": ...}``.

    The findings are read once, line by line. A findings file from elsewhere is copied into the directory.
    Raises ReportError, with the earlier report left as it was.
    """
    with _explained(directory):
        folder = Path(directory).absolute()
        folder.mkdir(mode=_DIRECTORY, parents=True, exist_ok=True)
        with _replacing(folder, _FILES.values(), _READABLE) as files:
            _write_files(files, summary, findings_path, title)
        _keep_findings(Path(findings_path), folder / _FINDINGS)
    return {key: str(folder / name) for key, name in (*_FILES.items(), ("findings", _FINDINGS))}


def write_findings(directory: str | os.PathLike[str], findings: Iterable[dict[str, Any]]) -> Path:
    """Write `findings` as <directory>/findings.jsonl and return its path. Raises ReportError."""
    with _explained(directory):
        folder = Path(directory).absolute()
        folder.mkdir(mode=_DIRECTORY, parents=True, exist_ok=True)
        with _replacing(folder, (_FINDINGS,), _OWNERS_ALONE) as files:
            files[_FINDINGS].writelines(json.dumps(finding) + "\n" for finding in findings)
    return folder / _FINDINGS


def findings_of(directory: str | os.PathLike[str], findings: Sequence[dict[str, Any]]) -> Path:
    """The file in `directory` that holds just these `findings`: the sweep's own if it does, else one written anew.

    Raises ReportError.
    """
    own = findings_in(directory)
    return own if _holds(own, findings) else write_findings(directory, findings)


def findings_in(directory: str | os.PathLike[str]) -> Path:
    """Where the findings of a report directory are."""
    return Path(directory) / _FINDINGS


def read_findings(path: str | os.PathLike[str]) -> Iterator[dict[str, Any]]:
    """The findings of a JSON Lines file, one at a time. Raises ReportError for a file or a line that can't be read."""
    try:
        with open(path, encoding="utf-8") as stream:
            for line_number, line in enumerate(stream, 1):
                if line.strip():
                    yield _finding(line, line_number, path)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ReportError(
            f"The findings file {path} can't be read ({reason}); name the file that the sweep wrote as findings_path"
        ) from error


def _holds(path: Path, findings: Sequence[dict[str, Any]]) -> bool:
    """The seals of a sweep's own file, which make a plan of it, are in no result."""
    rows = ({key: value for key, value in row.items() if key != _SEAL} for row in read_findings(path))
    try:
        return all(row == finding for row, finding in zip_longest(rows, findings))
    except ReportError:
        return False


def _finding(line: str, line_number: int, path: str | os.PathLike[str]) -> dict[str, Any]:
    try:
        finding = _DECODER.decode(line.strip())
    except (ValueError, RecursionError) as error:
        raise _broken_line(line_number, path) from error
    if not isinstance(finding, dict) or "check" not in finding:
        raise _broken_line(line_number, path)
    return finding


def _broken_line(line_number: int, path: str | os.PathLike[str]) -> ReportError:
    return ReportError(
        f"Line {line_number} of the findings file {path} is not a finding (a JSON object with a 'check'); "
        "run the sweep again to write the file anew"
    )


def _write_files(
    files: dict[str, TextIO], summary: dict[str, Any], findings_path: str | os.PathLike[str], title: str
) -> None:
    json.dump(summary, files["summary.json"], indent=2)
    files["summary.json"].write("\n")
    findings = _of_this_run(read_findings(findings_path), summary, findings_path)
    rows = _each(findings, csv_writer(files["findings.csv"]))
    files["report.html"].write(render_html(summary, rows, title))


def _of_this_run(
    findings: Iterable[dict[str, Any]], summary: dict[str, Any], path: str | os.PathLike[str]
) -> Iterator[dict[str, Any]]:
    """Hand on the findings; raise ReportError where another run, or another host of the play, has written the file."""
    run_id, total = summary.get("run_id"), 0
    for finding in findings:
        total += 1
        other = (finding.get(_SEAL) or {}).get("id", run_id)
        if run_id and other != run_id:
            raise _foreign(path, f"run {other}; expected run {run_id}")
        yield finding
    expected = sum(count(summary.get(status)) for status in _STATUSES)
    if run_id and total != expected:
        raise _foreign(path, f"{many(total, 'finding')}; expected {expected:,} of run {run_id}")


def _foreign(path: str | os.PathLike[str], what: str) -> ReportError:
    return ReportError(
        f"The findings file {path} holds {what}: another run has written it, so no report was written; give each host"
        " and each run a findings_path and a directory of its own"
    )


def _each(findings: Iterable[dict[str, Any]], call: Callable[[dict[str, Any]], None]) -> Iterator[dict[str, Any]]:
    """Hand on every finding after `call` has seen it, so that one reading serves two files."""
    for finding in findings:
        call(finding)
        yield finding


def _keep_findings(source: Path, target: Path) -> None:
    if target.exists() and source.samefile(target):
        return
    with open(source, encoding="utf-8") as stream, _replacing(target.parent, (target.name,), _OWNERS_ALONE) as files:
        shutil.copyfileobj(stream, files[target.name])


@contextmanager
def _replacing(folder: Path, names: Iterable[str], mode: int) -> Iterator[dict[str, TextIO]]:
    """Temporary files beside their targets: all are put in place when the block ends well, none otherwise."""
    temporary = {name: folder / f".{name}.{secrets.token_hex(4)}.tmp" for name in names}
    streams: dict[str, TextIO] = {}
    try:
        for name, path in temporary.items():
            streams[name] = _create(path, mode)
        yield streams
        for name, path in temporary.items():
            streams[name].close()
            os.replace(path, folder / name)
    finally:
        for name, stream in streams.items():
            stream.close()
            temporary[name].unlink(missing_ok=True)


def _create(path: Path, mode: int) -> TextIO:
    """A new file, of this mode less the umask. Lone surrogates out of hostile names are spelled out, not an error."""
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, mode)
    return open(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="")


@contextmanager
def _explained(directory: str | os.PathLike[str]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ReportError(
            f"The report can't be written to {directory} ({error.strerror}); "
            "choose another directory or make this one writable"
        ) from error
