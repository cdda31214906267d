# SPDX-License-Identifier: GPL-2.0-only
"""The tour: every chapter makes something happen, looks before and after, and tells.

chapters  one module per chapter: what it claims, and the program that shows it
stage     what a chapter works with: processes, views, facts, and the words to tell
worker    a process that does with its memory what it is told
memory    what it can be told: map, touch, write, protect, swap out, migrate
machine   facts about the running kernel: /proc, /sys, configuration
btf       its types: structures, enumerations, functions
trace     its tracepoints, in an instance of their own
claims    statements about memory management, and what became of them
run       plays chapters, and writes what came of them
"""
