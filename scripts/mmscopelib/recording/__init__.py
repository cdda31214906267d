# SPDX-License-Identifier: GPL-2.0-only
"""What `mmscope record` writes and `mmscope report` reads.

layout    the files of a recording: samples one after the other, and meta.json
sources   what can be recorded: views, and files of the kernel
events    tracepoints in a tracefs instance of its own, gone when its owner is
pace      how often each source may be read
recorder  takes samples
session   one recording from its first sample to its last
marks     notes on the time axis, by whoever runs meanwhile
"""
