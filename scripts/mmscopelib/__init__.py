# SPDX-License-Identifier: GPL-2.0-only
"""The library behind scripts/mmscope.

table     reads the text format of every view, one row at a time
records   reads the binary records of process/entries_raw
tree      finds the debugfs tree, sends queries, turns errno into advice
output    writes a view as JSON or CSV, or passes it through untouched
terminal  writes a view for a person: aligned, coloured, with its price
processes forks of the command that end when it does
cgroup    a memory cgroup that is gone again whatever happens
actors    processes in it that take memory when told to
scenarios ways of running out of memory
oomrun    plays one: prediction, kill, verdict
tour      chapters that make something happen, and say what is true of it
procfs    reads the kernel's own counters
recording what record writes: samples in files, events, a price that is kept
report    makes one page out of that
top       the live view
commands  one module per command
"""
