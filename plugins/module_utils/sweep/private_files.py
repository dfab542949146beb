# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that decide what is done to an account: plans and journals. Only their owner reads and writes them, and no link
leads to another file in their place."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

MODE = 0o600
DIRECTORY_MODE = 0o750
# a FIFO must not keep the run waiting for who writes into it
_FLAGS = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY


def open_to_append(path: str) -> int:
    """A handle to append to and read from; the file is made if it is missing. One of ours that others may read or write
    is theirs no more. Raises OSError, also for what is no file or belongs to somebody else."""
    handle = _open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
    try:
        state = os.fstat(handle)
        refuse_unfit(state, owners=(os.geteuid(),))
        if stat.S_IMODE(state.st_mode) & ~MODE:
            # a file system without modes has nothing to narrow
            with suppress(OSError):
                os.fchmod(handle, MODE)
    except BaseException:
        os.close(handle)
        raise
    return handle


@contextmanager
def opened_to_read(path: str) -> Iterator[TextIO]:
    """A file that belongs to us or to root. Raises OSError, and UnicodeDecodeError where it is read."""
    handle = _open(path, os.O_RDONLY)
    try:
        refuse_unfit(os.fstat(handle), owners=(os.geteuid(), 0))
        # a directory's handle would not be closed by a file that can't be made of it
        with os.fdopen(handle, encoding="utf-8", closefd=False) as file:
            yield file
    finally:
        os.close(handle)


def refuse_unfit(state: os.stat_result, owners: tuple[int, ...]) -> None:
    """Raises OSError for what is not a regular file, or not of one of these owners."""
    if stat.S_ISDIR(state.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if stat.S_ISLNK(state.st_mode):
        raise _link()
    if not stat.S_ISREG(state.st_mode):
        raise OSError(errno.EINVAL, "it is a FIFO or a device; expected a regular file")
    if state.st_uid not in owners:
        raise PermissionError(
            errno.EPERM, f"it belongs to the user with the id {state.st_uid}; expected a file of the user of this run"
        )


def make_directory(path: str) -> None:
    """The directory and those above it, if they are missing; others may not write into it. Raises OSError."""
    os.makedirs(path or ".", mode=DIRECTORY_MODE, exist_ok=True)


def _open(path: str, flags: int) -> int:
    try:
        return os.open(path, flags | _FLAGS, MODE)
    except OSError as error:
        # ELOOP also stands for a loop of links further up
        if error.errno == errno.ELOOP and os.path.islink(path):
            raise _link() from error
        raise


def _link() -> OSError:
    return OSError(errno.ELOOP, "it is a symbolic link; expected the file itself")
