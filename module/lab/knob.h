/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's own files that make it compact memory. */
#ifndef MMS_LAB_KNOB_H
#define MMS_LAB_KNOB_H

/**
 * mms_knob_compact() - has the memory of a node compacted
 * @node: the node.
 *
 * Writes to /sys/devices/system/node/nodeN/compact or, on a kernel without
 * NUMA, to /proc/sys/vm/compact_memory, as the caller would: with its rights
 * and its view of the file systems.  May sleep.
 *
 * Return: 0, or an errno: -ENOENT if there is no such file.
 */
int mms_knob_compact(int node);

#endif /* MMS_LAB_KNOB_H */
