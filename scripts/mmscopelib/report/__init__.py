# SPDX-License-Identifier: GPL-2.0-only
"""Makes one page out of a recording.

load      finds the parts of a recording, and says what is missing of them
series    columns of numbers over time, out of samples
machine   charts of what the kernel's own files say
memory    charts of views: zones, free lists, fragmentation
tops      what is largest: processes, slab caches, files
blockmap  the pageblock map over time
happened  what the tracepoints saw: kills, reclaim, compaction
findings  what there is to say about it, in words
claims    the tour's claims
build     puts all of that together
page      writes it as one HTML file

What comes out of build is plain data; how it is drawn is in page/.
"""
