/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames whose struct page does not say what they are used for: kernel stacks,
 * vmalloc(), per-CPU memory, the memory map, and free pages in per-CPU lists.
 * A map of all of them is made from the kernel's own lists, for one answer.
 */
#ifndef MMS_PROBE_OWNERS_H
#define MMS_PROBE_OWNERS_H

#include <linux/types.h>
#include <linux/xarray.h>

/* Frames of one piece of the map. */
#define MMS_OWNERS_CHUNK	512

/* Longest name that mms_owners_name() gives, with the NUL. */
#define MMS_OWNER_NAME		64

/**
 * struct mms_owners_chunk - a piece of the map
 * @kind: &enum mms_frame_kind of each frame; %MMS_FRAME_OTHER for one that is
 *	not in the map.
 * @name: what mms_owners_name() looks up; NULL if no names were asked for.
 */
struct mms_owners_chunk {
	u8 kind[MMS_OWNERS_CHUNK];
	u32 *name;
};

/**
 * struct mms_owners - the map
 * @chunks: struct mms_owners_chunk by frame number / %MMS_OWNERS_CHUNK; a
 *	chunk without any such frame is missing.
 */
struct mms_owners {
	struct xarray chunks;
};

/**
 * mms_owners_new() - makes the map
 * @names: also remember who the owners are, for mms_owners_name().
 *
 * May sleep.  Takes the locks of the lists it reads, for a bounded time each.
 *
 * Return: the map, for mms_owners_free(), or ERR_PTR(-ENOMEM), or
 * ERR_PTR(-EINTR) if a fatal signal came.
 */
struct mms_owners *mms_owners_new(bool names);

/**
 * mms_owners_free() - gives it back
 * @owners: the map, or NULL.
 */
void mms_owners_free(struct mms_owners *owners);

/**
 * mms_owners_chunk() - the piece of the map that a frame is in
 * @owners: the map, or NULL.
 * @pfn: the frame.
 *
 * Return: the piece, or NULL if no frame near is in the map.
 */
static inline const struct mms_owners_chunk *
mms_owners_chunk(const struct mms_owners *owners, unsigned long pfn)
{
	if (!owners)
		return NULL;
	return xa_load((struct xarray *)&owners->chunks,
		       pfn / MMS_OWNERS_CHUNK);
}

/**
 * mms_owners_name() - who owns a frame
 * @owners: a map with names.
 * @pfn: the frame.
 * @name: filled with: the function that called vmalloc(), `comm:pid` of the
 *	task whose stack it is (`cached` for a stack kept for the next task),
 *	`cpuN` of a per-CPU list, or nothing.
 *
 * No address is ever written there.
 *
 * Return: true if there is a name.
 */
bool mms_owners_name(const struct mms_owners *owners, unsigned long pfn,
		     char name[MMS_OWNER_NAME]);

#endif /* MMS_PROBE_OWNERS_H */
