# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Serve an emulated account until SIGTERM: `python -m tests.emulator --scale demo`, from the repository root."""

from __future__ import annotations

import argparse
import json
import os
import signal
from pathlib import Path


def main() -> None:
    """Print `listening on URL` when the account is built and the port is open."""
    parser = argparse.ArgumentParser(prog="python -m tests.emulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--scale", default="demo", help="demo, S, M, L, none, ... (see account.py)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--latency-ms", type=float, default=0, help="added to every call")
    parser.add_argument("--snapshot-seconds", type=float, default=0, help="how long a new snapshot is pending")
    parser.add_argument("--manifest", type=Path, help="write what was built, and what is expected of each, as JSON")
    parser.add_argument("--ready-file", type=Path, help="write the URL here once the server answers")
    options = parser.parse_args()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: os._exit(0))
    from .emulator import Emulator

    try:
        built = Emulator(options.scale, options.seed, options.latency_ms, options.port, options.snapshot_seconds)
    except ValueError as error:
        parser.error(str(error))
    with built as emulator:
        if options.manifest:
            options.manifest.write_text(json.dumps(emulator.manifest, indent=1), encoding="utf-8")
        print(f"listening on {emulator.url}", flush=True)
        if options.ready_file:
            options.ready_file.write_text(emulator.url, encoding="utf-8")
        signal.pause()


if __name__ == "__main__":
    main()
