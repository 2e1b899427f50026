# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenesync: several Blenders work on one scene at once."""
