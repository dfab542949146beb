# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings on their way to the operator: spooled to disk while the sweep runs, so that memory stays flat."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from .errors import SweepError, words_of
from .finding import Finding, Summary
from .private_files import make_directory, refuse_unfit

IN_MEMORY_BYTES = 64 * 1024


class Spool:
    """Settled findings as JSON lines, with their summary. A few stay in memory, more go to a temporary file."""

    def __init__(self) -> None:
        self.summary = Summary()
        # closed with the object: it lives as long as the sweep
        self._file = tempfile.SpooledTemporaryFile(  # noqa: SIM115
            max_size=IN_MEMORY_BYTES, mode="w+", encoding="utf-8", newline="\n"
        )

    def add(self, finding: Finding) -> None:
        self.summary.add(finding)
        self._file.write(finding.to_json() + "\n")

    def lines(self) -> Iterator[str]:
        self._file.seek(0)
        # not the file's own iterator: a reader that stops early would close the file with it
        return iter(self._file.readline, "")


class FindingsFile:
    """`findings_path`: opened before the first AWS call, replaced at once when the sweep ends. It is the plan of a
    later run, so only its owner reads and writes it."""

    def __init__(self, path: str) -> None:
        """Raises SweepError if the file can't be written."""
        self._path = Path(path)
        try:
            make_directory(str(self._path.parent))
            with suppress(FileNotFoundError):
                refuse_unfit(self._path.lstat(), owners=(os.geteuid(),))
            # its mode is 0600
            handle, self._temporary = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        except (OSError, ValueError) as error:
            raise SweepError(f"findings_path {path} can't be written: {words_of(error)}.") from error
        self._file = os.fdopen(handle, "w", encoding="utf-8")

    def commit(self, lines: Iterable[str]) -> None:
        """Raises OSError, with an earlier report left as it was."""
        try:
            with self._file:
                self._file.writelines(lines)
            os.replace(self._temporary, self._path)
        except OSError:
            self.discard()
            raise

    def discard(self) -> None:
        """Leave an earlier report as it was."""
        # what is still in its buffer may have no room
        with suppress(OSError):
            self._file.close()
        Path(self._temporary).unlink(missing_ok=True)
