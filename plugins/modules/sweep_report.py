#!/usr/bin/python
# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of sysops.aws.sweep_report; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: sweep_report
short_description: Write the report of a sweep, and print its summary
version_added: 0.1.0
description:
  - Turns the registered result of M(sysops.aws.sweep), or of one check module, into the files that people read,
    and prints one line a check to the terminal.
  - The directory holds C(report.html) (one self-contained page that can be mailed), C(findings.csv),
    C(summary.json) and C(findings.jsonl). Each file is replaced whole, or left as it was.
  - A run whose checks all only report leads with its result, such as C(41 of 47 instances are not compliant).
  - What can't be undone is said first, in the page and in the terminal, and the page can show it alone. Each finding
    tells whether its action can be undone, until when the Recycle Bin keeps what goes, and, in a grace period, on
    which day it goes.
  - Runs on the controller, inside the playbook's own process, without any call to AWS. Of the result only the
    summary and the findings are written, so no credentials get into the report.
options:
  directory:
    description:
      - Directory of the report on the controller. It is made where it is missing.
      - A relative path is taken from the working directory of C(ansible-playbook).
    type: path
    required: true
  sweep:
    description:
      - The registered result of M(sysops.aws.sweep), of one check module, or of a run that put back what an earlier one
        had changed. The report of the latter says what was put back instead of what is saved.
    type: dict
    required: true
  findings_path:
    description:
      - The JSON Lines file with every finding, as the sweep wrote it.
      - Without it, the findings are those in O(sweep) where it holds all of them, else those in
        C(findings.jsonl) in O(directory).
      - Only a file that the sweep wrote can serve as a plan later. It is kept as it is.
      - A file that another run wrote is refused, so that no report holds findings of another host or account.
    type: path
  title:
    description:
      - Heading of the page.
    type: str
    default: Cost hygiene
  quiet:
    description:
      - Print nothing; the lines are in RV(table) all the same.
    type: bool
    default: false
  fail:
    description:
      - Once the report is written, fail if the sweep did, with its message, or if a region could not be read.
      - For a sweep whose task has C(failed_when) set to V(false), so that one sentence is told in place of the whole
        result.
    type: bool
    default: false
    version_added: 0.2.0
attributes:
  action:
    support: full
    description: Runs on the controller.
  async:
    support: none
    description: Can be run in the background.
  check_mode:
    support: full
    description: Can run in check mode.
    details:
      - The report is written in check mode too. It is the result of a run, and changes nothing in the account.
  diff_mode:
    support: none
    description: Shows what has changed.
  idempotency:
    support: full
    description: A second run leaves the same files and reports no change.
    details:
      - RV(ignore:changed) is always V(false).
author:
  - Contributors to the sysops.aws collection (@sysops)
seealso:
  - module: sysops.aws.sweep
"""

EXAMPLES = r"""
- name: Look for waste in every region
  sysops.aws.sweep:
    regions: [all]
    checks:
      ebs_orphan_cleanup: {}
      alb_idle_facts: {}
    findings_path: ./reports/cost_hygiene/findings.jsonl
  check_mode: true
  register: sweep

- name: Write the report
  sysops.aws.sweep_report:
    directory: ./reports/cost_hygiene
    sweep: "{{ sweep }}"
    findings_path: ./reports/cost_hygiene/findings.jsonl

- name: Report the volumes of one region, under a heading of its own, and print nothing
  sysops.aws.sweep_report:
    directory: ./reports/volumes
    sweep: "{{ volumes }}"
    title: Volumes of the test account
    quiet: true
"""

RETURN = r"""
report:
  description: Absolute paths of the files on the controller.
  returned: success
  type: dict
  contains:
    html:
      description: The page.
      type: str
      returned: success
      sample: /srv/reports/cost_hygiene/report.html
    csv:
      description: The findings for a spreadsheet.
      type: str
      returned: success
      sample: /srv/reports/cost_hygiene/findings.csv
    summary:
      description: The summary, as JSON.
      type: str
      returned: success
      sample: /srv/reports/cost_hygiene/summary.json
    findings:
      description: Every finding, one JSON object a line.
      type: str
      returned: success
      sample: /srv/reports/cost_hygiene/findings.jsonl
table:
  description: The lines of the summary table, in ASCII and at most 100 columns wide.
  returned: success
  type: list
  elements: str
  sample:
    - "check                     examined   planned protected   skipped    failed       savings USD/month"
    - "ebs_orphan_cleanup              12         4         3         0         0           10.00 - 12.30"
"""
