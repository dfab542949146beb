# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The content of a document: read from a file, a text or a dict, and compared by what it means.

https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-schemas-features.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

try:
    import yaml
except ImportError:
    yaml = None  # type: ignore[assignment]

from ..sweep.errors import SweepError, words_of

# only content in YAML needs it
UNREADABLE: tuple[type[Exception], ...] = (ValueError,) if yaml is None else (ValueError, yaml.YAMLError)
LARGEST_BYTES = 64 * 1024
SCHEMAS = {
    "Automation": ("0.3",),
    "Command": ("1.2", "2.0", "2.2"),
    "Policy": ("2.0",),
    "Session": ("1.0",),
}


@dataclass(frozen=True)
class Content:
    """`text` is what AWS gets, in `document_format`; `meaning` is what is compared."""

    text: str
    document_format: str
    meaning: str


def content_of(options: Mapping[str, Any]) -> Content:
    """Of `content` or `path`. Raises SweepError for what can't be read, is too large, or isn't of its type."""
    where, given = _given(options)
    wanted = options["document_format"]
    found = _of_document(where, given, wanted) if isinstance(given, Mapping) else _of_text(where, str(given), wanted)
    size = len(found.text.encode())
    if not 1 <= size <= LARGEST_BYTES:
        raise SweepError(f"{where} has {size} bytes: a document has 1 to {LARGEST_BYTES}.")
    if found.document_format != "TEXT":
        _check_schema(where, json.loads(found.meaning), options["document_type"])
    return found


def _given(options: Mapping[str, Any]) -> tuple[str, Any]:
    """What it is called in messages, and the text or dict."""
    if options["path"] is None:
        if options["content"] is None:
            raise SweepError("content is missing: write content or path.")
        return "content", options["content"]
    try:
        return options["path"], Path(options["path"]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise SweepError(f"path {options['path']} can't be read: {reason}.") from error


def _of_document(where: str, given: Mapping[str, Any], wanted: str | None) -> Content:
    if wanted == "TEXT":
        raise SweepError(f"{where} is a dict, but document_format is TEXT: write a text.")
    text = json.dumps(given, indent=2)
    if wanted == "YAML":
        _check_yaml(where)
        text = yaml.safe_dump(json.loads(text), sort_keys=False)
    return Content(text, wanted or "JSON", meaning(given))


def _of_text(where: str, text: str, wanted: str | None) -> Content:
    if wanted == "TEXT":
        return Content(text, "TEXT", text)
    document, document_format = _parsed(where, text, wanted)
    if not isinstance(document, Mapping):
        raise SweepError(f"{where} holds no document: at its top there has to be a mapping with schemaVersion.")
    return Content(text, document_format, meaning(document))


def _parsed(where: str, text: str, wanted: str | None) -> tuple[Any, str]:
    if wanted != "YAML":
        try:
            return json.loads(text), "JSON"
        except ValueError as error:
            if wanted == "JSON" or text.lstrip().startswith("{"):
                raise SweepError(f"{where} is not valid JSON: {words_of(error)}.") from error
    _check_yaml(where)
    try:
        return yaml.safe_load(text), "YAML"
    except yaml.YAMLError as error:
        raise SweepError(f"{where} is not valid YAML: {words_of(error)}.") from error


def _check_yaml(where: str) -> None:
    if yaml is None:
        raise SweepError(f"{where} is YAML, which needs the Python package PyYAML: install it, or write JSON.")


def _check_schema(where: str, document: Mapping[str, Any], document_type: str | None) -> None:
    schemas = SCHEMAS.get(document_type or "")
    if schemas and str(document.get("schemaVersion")) not in schemas:
        raise SweepError(
            f"{where} has the schemaVersion {document.get('schemaVersion')}: a document of type {document_type} has"
            f" {' or '.join(schemas)}."
        )


def meaning(document: Any) -> str:
    """The same text for the same document, whatever its format and the order of its keys."""
    return json.dumps(document, indent=2, sort_keys=True, default=str)


def meaning_of(text: str, document_format: str) -> str:
    """Of what AWS holds; the text itself where it can't be read."""
    try:
        if document_format == "JSON":
            return meaning(json.loads(text))
        return meaning(yaml.safe_load(text)) if document_format == "YAML" and yaml is not None else text
    except UNREADABLE:
        return text
