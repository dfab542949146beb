# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation that all sweep modules share."""

from __future__ import annotations


class ModuleDocFragment:
    """Common options, attributes and notes of the sweep modules."""

    DOCUMENTATION = r"""
requirements:
  - python >= 3.10
  - boto3 >= 1.41.3
  - botocore >= 1.41.3
options:
  regions:
    description:
      - The regions to sweep. V(all) stands for every region that is enabled for the account.
      - Without it, the region of the credentials is swept.
      - A region that does not exist, or that the account has not enabled, is refused before anything is read.
    type: list
    elements: str
    default: []
  assume_role_arn:
    description:
      - The ARN of a role to assume, or of several, one for each account to sweep in the same run.
      - Credentials of assumed roles renew themselves during a long run.
    type: list
    elements: str
    default: []
  external_id:
    description:
      - The external id that the roles of O(assume_role_arn) ask for.
    type: str
  expected_account_id:
    description:
      - The account that the credentials, or each assumed role, must belong to; a list if there are several.
      - Checked before the first list call. In another account nothing is read or changed.
    type: list
    elements: str
    default: []
  exclude_tags:
    description:
      - A resource that has one of these tags is protected. Keys and values are compared without case.
      - Both may be patterns with V(*) and V(?). The value V(*) stands for any value. A value may be a list of values.
      - Where the value wanted is a word for yes (V(true), V(yes), V(y), V(on) or V(1)), the values V(true), V(yes),
        V(y), V(1), V(on), V(keep), V(x) and the empty value protect, V(false), V(no), V(n), V(0) and V(off) do not, and
        any other value protects as a near miss. Beside V(1), other numbers do not protect.
      - Any other value, such as V(prod), is met by itself; a near miss differs from it in blanks and separators, or in
        one word by one slip (a letter too many, too few, swapped or wrong, a plural). Short words, digits and patterns
        have no near misses, so that V(prod-1) is not V(prod-2), and V(test) is not V(prod).
      - Keys have the same near misses, such as C(Keeps) or C(environmnet).
      - A near miss protects too. The finding names it and the tag that it is close to, so that it can be corrected.
      - A value that no tag can have is refused, such as nothing, an empty list or a dict.
      - A resource whose tags cannot be read is protected too.
      - Text is read as YAML, with one tag and its value on a line, or as JSON. Text that is no mapping is refused.
    type: dict
    default: {Keep: "true"}
  max_actions:
    description:
      - The most actions that one run may take, over all checks and regions together.
      - A larger plan is refused before the first action, with the findings returned. Check mode warns of it.
    type: int
    default: 100
  max_actions_percent:
    description:
      - The same limit in percent of the resources that each check examined.
    type: int
    default: 100
  only_ids:
    description:
      - Act only on the resources with these ids or ARNs, if they still qualify. Others are V(skipped).
      - A filter that is given and is empty selects nothing. Leave it out to select all.
    type: list
    elements: str
  plan_path:
    description:
      - The findings file of an earlier report, as O(findings_path) had it written. Only what it lists as V(planned),
        and what still qualifies, is acted on.
      - What no longer qualifies is returned as V(skipped), with the reason.
      - Lines may be taken away from the file, but not altered or added, and all must be of one report. Such a file, and
        one of another account or of another version's form, is refused before anything is changed.
      - The checksum of a line guards against accidents, not against somebody who may write the file. That takes
        O(journal_key).
      - It must be a regular file of the user of the run, or of root.
      - So is a run whose options would make something else of a resource than its line says
        (its C(outcome)). What could come back by its line, and no longer can, is V(skipped).
    type: path
  plan_max_age_hours:
    description:
      - A plan whose report was written longer ago is refused before anything is changed.
    type: int
    default: 72
    version_added: 0.2.0
  region_errors:
    description:
      - What to do when a region, or a list in it, cannot be read.
      - With V(continue) all other regions are swept and acted on; the error is returned in RV(region_errors) with a
        warning.
      - With V(fail) the task fails with nothing changed anywhere.
      - What protects a resource is read again just before it is changed. Where that cannot be read any more, the
        resource is V(skipped) and, with either value, the task fails once all else is done.
    type: str
    choices: [continue, fail]
    default: continue
  workers:
    description:
      - How many AWS calls may be under way at once.
      - Calls are paced to AWS's published rates for each region, whatever the number.
    type: int
    default: 32
  findings_path:
    description:
      - A file to write every finding to, as JSON Lines. Its directory is made if it is missing.
      - With it RV(findings) returns the first 200 only.
      - It is replaced when the sweep ends, also in check mode, and left as it was when there is nothing to report.
      - As it is the plan of a later run, only its owner may read and write it (mode V(0600)). What is no regular file
        of the user of the run is refused.
    type: path
  journal:
    description:
      - Where to write down what is changed, with all that M(sysops.aws.sweep_undo) needs to put it back.
      - A file on the controller, or V(s3://bucket/prefix), or several of them. Files are appended to. In a bucket each
        write is an object of its own under a prefix of the run; it is reached with the task's own credentials, not with
        those of O(assume_role_arn), and takes the permission C(s3:PutObject).
      - A line is written, and safe, before each change, and another one after it. What can't be written down is not
        done. Check mode writes nothing.
      - Only its owner may read and write a file (mode V(0600), also where it had another). A symbolic link, a FIFO, a
        directory or the file of another user is refused.
    type: list
    elements: str
    default: []
    version_added: 0.2.0
  journal_bucket_owner:
    description:
      - The account that a bucket of O(journal) must belong to. Without it, that of the task's own credentials.
      - A bucket of another account is neither written to nor read.
    type: str
    version_added: 0.4.1
  journal_key:
    description:
      - A secret of 32 characters or more. Each line of O(findings_path) and O(journal) is signed with it (HMAC-SHA256).
      - With it, a line of O(plan_path) or of a journal that M(sysops.aws.sweep_undo) reads is refused if it is not
        signed with this key, so if it was altered, added, or written by another tool. Lines may be taken away.
      - Without it, a line that is signed is refused.
    type: str
    version_added: 0.4.1
  price_overrides:
    description:
      - Your own prices in US dollars, as region to item to price; the region V(*) applies everywhere.
      - Items are named as in the collection's price table, such as C(ebs_gp3_gb_month).
      - Without it, AWS's public list prices of the date in C(summary.price_table_as_of) are used. A region or item that
        is not in the table gives no estimate.
    type: dict
    default: {}
attributes:
  check_mode:
    description: The plan is made in full and returned with status V(planned). Nothing is changed.
    support: full
  diff_mode:
    description: Shows each resource that is, or would be, acted on, before and after.
    support: full
  idempotency:
    description: A second run finds nothing left to do.
    support: full
notes:
  - Throttled calls are repeated until AWS takes them.
  - Where a region or a list cannot be read, what it would have protected counts as protected.
  - Estimated costs use public list prices without tax, credits or discounts.
"""
