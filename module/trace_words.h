/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words of the tracepoints.  Not in trace.h, which is read several times.
 */
#ifndef MMS_TRACE_WORDS_H
#define MMS_TRACE_WORDS_H

/* Room for dir/name of a view and for a reason, and for other words. */
#define MMS_TRACE_NAME		32
#define MMS_TRACE_WORD		16

/**
 * enum mms_answer_how - how an answer has ended
 * @MMS_ANSWER_ENDED: the last line was written.
 * @MMS_ANSWER_DROPPED: the file was closed or read from its start before that.
 * @MMS_ANSWER_FAILED: the read got an errno.
 */
enum mms_answer_how {
	MMS_ANSWER_ENDED,
	MMS_ANSWER_DROPPED,
	MMS_ANSWER_FAILED,
};

/**
 * enum mms_lock_kind - locks of the kernel's that are held for reading
 * @MMS_LOCK_MMAP: mmap_lock of a process.
 * @MMS_LOCK_ZONE: lock of a zone.
 * @MMS_LOCK_PCP: lock of a CPU's lists of a zone.
 * @MMS_LOCK_SLAB_LIST: list_lock of a slab cache on a node.
 * @MMS_LOCK_VMAP: vmap_area_lock, or that of a node of vmalloc space.
 * @MMS_LOCK_CSS_SET: css_set_lock.
 * @MMS_LOCK_INODES: s_inode_list_lock of a filesystem.
 * @MMS_LOCK_HOTPLUG: mem_hotplug_lock.
 */
enum mms_lock_kind {
	MMS_LOCK_MMAP,
	MMS_LOCK_ZONE,
	MMS_LOCK_PCP,
	MMS_LOCK_SLAB_LIST,
	MMS_LOCK_VMAP,
	MMS_LOCK_CSS_SET,
	MMS_LOCK_INODES,
	MMS_LOCK_HOTPLUG,
};

#endif /* MMS_TRACE_WORDS_H */
