# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every option of every module and every variable of every role is classified in options.yml, and is what it says.

filter: selects resources; given and empty it selects nothing, left out it filters nothing.
default: empty text is the documented default.
text (roles): it has one, and empty text is what the README says, or is refused where it is used.
optional: has no default. required: must be given, and text that is empty is no value.
"""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.sysops.aws.plugins.module_utils.sweep import module as sweep_module
from ansible_collections.sysops.aws.plugins.plugin_utils.role_options import typed

ROOT = Path(__file__).resolve().parents[2]
CLASSES = yaml.safe_load((Path(__file__).parent / "options.yml").read_text())
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("[a-z]*.py"))
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
#: written by its action plugin, with options that our roles give
WITHOUT_SPEC = {"sweep_report"}


class SeenError(Exception):
    """The argument spec is known."""


@cache
def spec_of(module: str) -> dict[str, Any]:
    """The argument spec that a module gives to Ansible."""
    with mock.patch.object(sweep_module, "AnsibleAWSModule", side_effect=SeenError) as made, pytest.raises(SeenError):
        importlib.import_module(f"ansible_collections.sysops.aws.plugins.modules.{module}").main()
    spec: dict[str, Any] = made.call_args.kwargs["argument_spec"]
    return {name: option for name, option in spec.items() if name not in sweep_module.CREDENTIALS}


def classes_of(table: dict[str, str]) -> dict[str, str]:
    return {name: kind for kind, names in table.items() for name in names.split()}


def of_module(module: str) -> dict[str, str]:
    table = CLASSES["modules"][module]
    shared = classes_of(CLASSES["sweep"]) if table.get("sweep") else {}
    return {**shared, **classes_of({kind: names for kind, names in table.items() if kind != "sweep"})}


def read(spec: dict[str, Any], name: str, *given: Any) -> Any:
    """What becomes of one option. Raises ValueError."""
    result = ArgumentSpecValidator({name: spec[name]}).validate({name: given[0]} if given else {})
    if result.error_messages:
        raise ValueError("; ".join(result.error_messages))
    return result.validated_parameters[name]


@pytest.mark.parametrize("module", sorted(set(MODULES) - WITHOUT_SPEC))
def test_every_option_of_a_module_is_classified(module):
    assert sorted(of_module(module)) == sorted(spec_of(module)), "classify it in tests/unit/options.yml"


@pytest.mark.parametrize("module", sorted(set(MODULES) - WITHOUT_SPEC))
def test_every_option_of_a_module_is_what_it_is_classified_as(module):
    spec = spec_of(module)
    for name, kind in of_module(module).items():
        option = spec[name]
        told = f"{module}.{name}"
        assert bool(option.get("required")) is (kind == "required"), told
        assert (option.get("default") is not None) is (kind == "default"), told
        if kind == "filter":
            assert [read(spec, name), read(spec, name, "")] == [
                None,
                {"list": [], "dict": {}, "str": ""}[option["type"]],
            ], told
        elif (
            kind == "default"
            and option["type"] != "raw"
            and "options" not in option
            and "" not in option.get("choices", ())
        ):
            assert read(spec, name, "") == read(spec, name), told


@pytest.mark.parametrize("module", sorted(set(MODULES) - WITHOUT_SPEC))
def test_an_option_that_sounds_like_a_filter_is_one(module):
    """A list that selects what exists; one that is written into a resource, or names what is made, is none."""
    for name, kind in of_module(module).items():
        if name.startswith("only_") or name == "filters":
            assert kind == "filter", f"{module}.{name}"


@cache
def role_spec(role: str) -> dict[str, Any]:
    spec: dict[str, Any] = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text())
    options: dict[str, Any] = spec["argument_specs"]["main"]["options"]
    return options


@pytest.mark.parametrize("role", ROLES)
def test_every_variable_of_a_role_is_classified(role):
    classified = {f"{role}_{name}" for name in classes_of(CLASSES["roles"][role])}
    assert sorted(classified) == sorted(role_spec(role)), "classify it in tests/unit/options.yml"


@pytest.mark.parametrize("role", ROLES)
def test_every_variable_of_a_role_is_what_it_is_classified_as(role):
    spec = role_spec(role)
    defaults = yaml.safe_load((ROOT / "roles" / role / "defaults" / "main.yml").read_text())
    for short, kind in classes_of(CLASSES["roles"][role]).items():
        name = f"{role}_{short}"
        assert bool(spec[name].get("required")) is (kind == "required"), name
        # what has a default of the role's is never left out, so that a filter has none
        assert kind == "required" or (name in defaults) is (kind in ("default", "text")), name
        if kind in ("default", "filter"):
            read(spec, name, "")


@pytest.mark.parametrize("role", ROLES)
def test_what_a_role_reads_with_role_options_has_one_default(role):
    """The argument spec's, which empty text stands for, is that of a variable that is left out."""
    defaults = yaml.safe_load((ROOT / "roles" / role / "defaults" / "main.yml").read_text())
    for name, option in typed(role_spec(role)).items():
        assert defaults[name] == option["default"], name


@pytest.mark.parametrize("role", ROLES)
def test_every_dict_of_a_role_may_be_text(role):
    for short, kind in classes_of(CLASSES["roles"][role]).items():
        if kind in ("default", "filter"):
            assert role_spec(role)[f"{role}_{short}"]["type"] != "dict", short
