# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One TLS context for all clients of an account.

botocore makes one for each client and reads the CA bundle anew for every connection: over 17 regions that is half of
the processor time of a small sweep, and 50 MB. What is verified stays the same: botocore still names the bundle and
whether to verify, urllib3 still matches the host's name.
"""

from __future__ import annotations

import ssl
import threading
from typing import Any


class SharedContext(ssl.SSLContext):
    """A client's context that reads each CA bundle once; who asks meanwhile waits until it is read."""

    def __init__(self, *_protocol: int) -> None:
        self._read: set[object] = set()
        self._reading = threading.Lock()
        # as in botocore's own context: urllib3 matches names, since an endpoint may be told to answer for another
        self.check_hostname = False
        self.verify_mode = ssl.CERT_REQUIRED

    def load_verify_locations(self, cafile: Any = None, capath: Any = None, cadata: Any = None) -> None:
        with self._reading:
            if (cafile, capath, cadata) not in self._read:
                super().load_verify_locations(cafile, capath, cadata)
                self._read.add((cafile, capath, cadata))


def shared_context() -> SharedContext:
    return SharedContext(ssl.PROTOCOL_TLS_CLIENT)


def use_context(client: Any, context: ssl.SSLContext) -> None:
    """Let a botocore client make its connections with `context`. No setting of botocore reaches it: where another
    version keeps its connections elsewhere, nothing is shared and all else works."""
    manager = getattr(getattr(client._endpoint, "http_session", None), "_manager", None)
    if manager is not None:
        manager.connection_pool_kw["ssl_context"] = context
