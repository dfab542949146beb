# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which proxy stands between us and AWS. botocore's errors name the endpoint alone, whoever did not answer."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

try:
    from botocore.utils import get_environ_proxies
except ImportError:
    pass  # AnsibleAWSModule says that it is missing


def through_proxy(client: Any) -> str:
    """` (through the proxy http://proxy.example.com:3128)`, without its credentials; nothing where there is none."""
    endpoint: str = client.meta.endpoint_url
    proxies = client.meta.config.proxies or get_environ_proxies(endpoint)
    proxy = proxies.get(urlsplit(endpoint).scheme)
    if not proxy:
        return ""
    parts = urlsplit(proxy if "//" in proxy else f"http://{proxy}")
    return f" (through the proxy {parts.scheme}://{parts.netloc.rpartition('@')[2]})"
