# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each host of a play has a report directory of its own."""

from __future__ import annotations

import pytest
from ansible_collections.sysops.aws.plugins.filter.report_directory import report_directory


@pytest.mark.parametrize(
    ("directory", "host", "hosts", "path"),
    [
        ("/srv/r", "localhost", ["localhost"], "/srv/r"),
        ("/srv/r/../x", "localhost", ["localhost"], "/srv/x"),
        ("/srv/r", "web-1", ["web-1", "web-2"], "/srv/r/web-1"),
        ("/srv/web-1", "web-1", ["web-1", "web-2"], "/srv/web-1"),
        ("/srv/web-11", "web-1", ["web-1", "web-2"], "/srv/web-11/web-1"),
        ("/srv/r", "../a/b", ["../a/b", "c"], "/srv/r/_a_b"),
        ("/srv/r", "..", ["..", "c"], "/srv/r/_"),
    ],
)
def test_hosts_of_one_play_share_no_directory(directory, host, hosts, path):
    assert report_directory(directory, host, hosts) == path


def test_a_relative_directory_is_in_the_working_directory_and_a_tilde_the_home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert report_directory("./reports", "a", ["a"]) == str(tmp_path / "reports")
    assert report_directory("~/reports", "a", ["a", "b"]) == str(tmp_path / "home" / "reports" / "a")
