# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A WS-Man responder, and a Windows host behind it that answers as the modules of ansible.windows would.

No PowerShell runs here. What is proven with it is what Ansible really sends over WinRM, and in which order.
"""
