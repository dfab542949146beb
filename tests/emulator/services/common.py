# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the EC2 handlers share: moto's backends, filters, tags, pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar
from xml.sax.saxutils import escape

from ..wire import AwsError, Call, page, timestamp

Item = TypeVar("Item")
Getter = Callable[[Any], Any]
FILTER_VALUES = 200


def ec2(call: Call) -> Any:
    """moto's EC2 backend of the call's account and region."""
    from moto.ec2.models import ec2_backends

    return ec2_backends[call.account][call.region]


def check_dry_run(call: Call) -> None:
    """Every EC2 action: with DryRun an allowed request answers the error DryRunOperation (412)."""
    if call.flag("DryRun"):
        raise AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)


@lru_cache(maxsize=1024)
def _pattern(value: str) -> re.Pattern[str]:
    escaped = re.escape(value).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(escaped + r"\Z", re.DOTALL)


def matches(actual: Any, wanted: Sequence[str]) -> bool:
    """EC2 filter values: any of them, `*` and `?` as wildcards, case-sensitive."""
    if isinstance(actual, bool):
        actual = "true" if actual else "false"
    elif isinstance(actual, datetime):
        actual = timestamp(actual)
    elif isinstance(actual, (list, set, tuple)):
        return any(matches(one, wanted) for one in actual)
    if actual is None:
        return False
    text = str(actual)
    return any(text == w or (("*" in w or "?" in w) and _pattern(w).match(text)) for w in wanted)


def select(items: Iterable[Item], call: Call, getters: Mapping[str, Getter], tags: Mapping[str, Any]) -> list[Item]:
    """The items that pass all filters of the call. An unknown filter answers InvalidParameterValue (moto: HTTP 500),
    more than 200 values FilterLimitExceeded: docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html."""
    chosen = list(items)
    filters = call.filters()
    if sum(len(wanted) for _name, wanted in filters) > FILTER_VALUES:
        raise AwsError("FilterLimitExceeded", f"The maximum number of filter values specified on a single call is "
                       f"{FILTER_VALUES}")  # fmt: skip
    for name, wanted in filters:
        getter = getters.get(name) or tag_getter(name, tags)
        if getter is None:
            raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")
        chosen = [item for item in chosen if matches(getter(item), wanted)]
    return chosen


def tag_getter(name: str, tags: Mapping[str, Any]) -> Getter | None:
    if name.startswith("tag:"):
        return lambda item: tags.get(item.id, {}).get(name[4:])
    if name == "tag-key":
        return lambda item: list(tags.get(item.id, {}))
    if name == "tag-value":
        return lambda item: list(tags.get(item.id, {}).values())
    return None


def paged(items: Sequence[Item], call: Call, ids: Sequence[str], largest: int) -> tuple[Sequence[Item], str]:
    """One page, by id, and its <nextToken>. No MaxResults: everything, as EC2 does; larger than `largest`: `largest`.

    Less than 5, or ids together with MaxResults, is an error, as EC2's pagination page says:
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html#api-pagination
    """
    size = call.number("MaxResults", 0)
    if not size:
        if not call.text("NextToken"):
            return items, ""
        size = largest
    elif ids:
        raise AwsError("InvalidParameterCombination", "The parameter MaxResults cannot be used with resource IDs")
    elif size < 5:
        raise AwsError("InvalidParameterValue", f"Value ( {size} ) for parameter maxResults is invalid. "
                       "Expecting a value greater than 5.")  # fmt: skip
    ordered = sorted(items, key=_by_id)
    chosen, token = page(ordered, call.text("NextToken"), min(size, largest), _by_id)
    return chosen, f"<nextToken>{token}</nextToken>" if token else ""


def _by_id(item: Any) -> str:
    return str(item.id)


def tag_set(tags: Mapping[str, str] | None) -> str:
    """<tagSet>, or nothing where there are no tags."""
    if not tags:
        return ""
    rows = (f"<item><key>{escape(k)}</key><value>{escape(v or '')}</value></item>" for k, v in tags.items())
    return f"<tagSet>{''.join(rows)}</tagSet>"
