/* SPDX-License-Identifier: GPL-2.0-only */
/* Making the map of owners: for the files owners*.c only. */
#ifndef MMS_PROBE_OWNERS_BUILD_H
#define MMS_PROBE_OWNERS_BUILD_H

#include "frame.h"
#include "owners.h"
#include "vmap.h"

/* Blocks of a per-CPU list that are copied while its lock is held. */
#define MMS_OWNERS_BLOCKS	2048

/**
 * struct mms_owners_build - a map that is being made
 * @owners: the map.
 * @names: names are wanted.
 * @index: which piece @chunk and @ids are of.
 * @chunk: the piece that was added to last, or NULL.
 * @ids: the index of names of its frames, or NULL if none has a name yet.
 * @vmap: areas of vmalloc space.
 * @blocks: frame numbers of free blocks.
 */
struct mms_owners_build {
	struct mms_owners *owners;
	bool names;
	unsigned long index;
	struct mms_owners_chunk *chunk;
	u32 *ids;
	union {
		struct mms_vmap_batch vmap;
		unsigned long blocks[MMS_OWNERS_BLOCKS];
	};
};

/**
 * mms_owners_add() - adds frames to the map
 * @build: the map.
 * @pfn: the first frame.
 * @nr: how many.
 * @kind: what they are.
 * @id: their name, from mms_owners_text(), or 0.
 *
 * May sleep.
 *
 * Return: 0, -ENOMEM, or -EINTR if a fatal signal came.
 */
int mms_owners_add(struct mms_owners_build *build, unsigned long pfn,
		   unsigned long nr, enum mms_frame_kind kind, u32 id);

/**
 * mms_owners_text() - adds a name to the map
 * @build: the map.
 * @text: the name; copied.
 * @id: filled: what stands for it.
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int mms_owners_text(struct mms_owners_build *build, const char *text, u32 *id);

/**
 * mms_owners_retext() - replaces a name
 * @build: the map.
 * @id: what stands for it.
 * @text: the new name; copied.
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int mms_owners_retext(struct mms_owners_build *build, u32 id, const char *text);

/**
 * mms_owners_cpu() - adds the name of a CPU
 * @build: the map.
 * @cpu: its number.
 * @id: filled: what stands for it, or 0 if no names are wanted.
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int mms_owners_cpu(struct mms_owners_build *build, unsigned int cpu, u32 *id);

/**
 * mms_owners_add_areas() - adds what is in areas of vmalloc space
 * @build: the map.
 *
 * That is stacks, vmalloc() and all but the first chunk of per-CPU memory.
 *
 * Return: 0, -ENOMEM or -EINTR.
 */
int mms_owners_add_areas(struct mms_owners_build *build);

/**
 * mms_owners_add_first_chunk() - adds the first chunk of per-CPU memory
 * @build: the map.
 *
 * Return: 0, -ENOMEM or -EINTR.
 */
int mms_owners_add_first_chunk(struct mms_owners_build *build);

/**
 * mms_owners_first_chunk_missing() - why it is not known where that is
 *
 * May sleep.
 *
 * Return: one word, or NULL if it is.
 */
const char *mms_owners_first_chunk_missing(void);

/**
 * mms_owners_add_memmap() - adds the memory map
 * @build: the map.
 *
 * Return: 0, -ENOMEM or -EINTR.
 */
int mms_owners_add_memmap(struct mms_owners_build *build);

/**
 * mms_owners_memmap_missing() - why it is not known where that is
 *
 * May sleep.
 *
 * Return: one word, or NULL if it is.
 */
const char *mms_owners_memmap_missing(void);

/**
 * mms_owners_add_pcp() - adds what is in per-CPU lists of free pages
 * @build: the map.
 *
 * Return: 0, -ENOMEM or -EINTR.
 */
int mms_owners_add_pcp(struct mms_owners_build *build);

/**
 * mms_owners_name_tasks() - names the stacks of tasks
 * @build: the map.
 * @stacks: names of stacks, as values, by address / page size.
 *
 * Return: 0, -ENOMEM or -EINTR.
 */
int mms_owners_name_tasks(struct mms_owners_build *build,
			  struct xarray *stacks);

#endif /* MMS_PROBE_OWNERS_BUILD_H */
