// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which slab cache a slab is of, and how full it is.
 *
 * struct slab and struct kmem_cache are private to the kernel, so their layout
 * comes from the running kernel's BTF.  A cache may be destroyed at any time:
 * the pointer to it that a slab holds is only compared with the list of caches,
 * while slab_mutex keeps those that are in the list.
 */

#include <linux/list.h>
#include <linux/mm_types.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include "../compat/ksym.h"
#include "../core/btf.h"
#include "caches.h"
#include "layout.h"

/* More caches than any kernel has; ends the walk of a broken list. */
#define CACHES_MAX	65536

enum want {
	CACHE_NAME,
	CACHE_LIST,
	SLAB_CACHE,
	SLAB_INUSE,
	SLAB_OBJECTS,
	NR_WANTS
};

static const enum mms_private questions[NR_WANTS] = {
	[CACHE_NAME] = MMS_P_KMEM_CACHE_NAME,
	[CACHE_LIST] = MMS_P_KMEM_CACHE_LIST,
	[SLAB_CACHE] = MMS_P_SLAB_CACHE,
	[SLAB_INUSE] = MMS_P_SLAB_INUSE,
	[SLAB_OBJECTS] = MMS_P_SLAB_OBJECTS,
};

/**
 * struct kernel_slabs - where the kernel keeps its slabs
 * @why: why that is not known, or NULL if it is.
 * @mutex: slab_mutex.
 * @list: slab_caches.
 * @where: offsets.
 */
struct kernel_slabs {
	const char *why;
	struct mutex *mutex;
	struct list_head *list;
	struct mms_btf_want where[NR_WANTS];
};

static struct kernel_slabs slabs;
/* Protects the making of slabs, which is constant from then on. */
static DEFINE_MUTEX(slabs_lock);

static const char *cache_name(const struct list_head *at)
{
	const void *cache = (const void *)at - slabs.where[CACHE_LIST].offset;

	return *(const char *const *)(cache + slabs.where[CACHE_NAME].offset);
}

/* The cache that all caches are allocated from is among them. */
static bool plausible(void)
{
	struct list_head *at;
	bool found = false;
	int n = 0;

	mutex_lock(slabs.mutex);
	list_for_each(at, slabs.list) {
		const char *name = cache_name(at);

		if (++n > CACHES_MAX)
			break;
		if (name && !strcmp(name, "kmem_cache"))
			found = true;
	}
	mutex_unlock(slabs.mutex);
	return found && n <= CACHES_MAX;
}

static bool fits_in_page(const struct mms_btf_want *want)
{
	return want->offset + want->size <= sizeof(struct page);
}

static const char *find_slabs(void)
{
	const struct mms_layout *layout = mms_layout_get();
	struct mms_btf_want *where = slabs.where;
	int i;

	if (layout->why)
		return layout->why;
	for (i = 0; i < NR_WANTS; i++) {
		const struct mms_btf_want *answer;

		answer = mms_layout_private(questions[i], 0);
		where[i] = answer ? *answer :
				    (struct mms_btf_want){ .err = -ENOENT };
	}
	for (i = CACHE_NAME; i <= SLAB_CACHE; i++)
		if (where[i].err || where[i].size < sizeof(void *))
			return "no-slab-layout";
	for (i = SLAB_CACHE; i < NR_WANTS; i++)
		if (!where[i].err && !fits_in_page(&where[i]))
			return "bad-slab-layout";
	slabs.mutex = mms_ksym_lookup("slab_mutex");
	slabs.list = mms_ksym_lookup("slab_caches");
	if (!slabs.mutex || !slabs.list)
		return "no-slab-caches";
	return plausible() ? NULL : "bad-slab-layout";
}

const char *mms_caches_missing(void)
{
	static bool done;

	might_sleep();
	mutex_lock(&slabs_lock);
	if (!done)
		slabs.why = find_slabs();
	done = true;
	mutex_unlock(&slabs_lock);
	return slabs.why;
}

/* 0 if the running kernel has no such member. */
static unsigned int read_bits(const struct page *head, enum want want)
{
	const struct mms_btf_want *at = &slabs.where[want];
	u64 word = 0;

	if (at->err || at->size > sizeof(word) || at->bits > 31)
		return 0;
	/* The low byte is the first, and bits count from the lowest. */
	BUILD_BUG_ON(IS_ENABLED(CONFIG_CPU_BIG_ENDIAN));
	memcpy(&word, (const void *)head + at->offset, at->size);
	return word >> at->bit_offset & ((1U << at->bits) - 1);
}

void mms_slab_read(const struct page *head, struct mms_slab_use *use)
{
	const void *slab = head;

	*use = (struct mms_slab_use){};
	if (slabs.why)
		return;
	use->cache = READ_ONCE(*(const void *const *)
			       (slab + slabs.where[SLAB_CACHE].offset));
	use->inuse = read_bits(head, SLAB_INUSE);
	use->objects = read_bits(head, SLAB_OBJECTS);
	/* No slab holds more than it has room for: it is one no more. */
	if (use->inuse > use->objects)
		use->objects = 0;
}

static int find(const struct mms_caches *caches, const void *cache)
{
	int i;

	for (i = caches->nr - 1; i >= 0; i--)
		if (caches->cache[i] == cache)
			return i;
	return -1;
}

void mms_caches_add(struct mms_caches *caches, const void *cache)
{
	if (!cache || caches->nr == MMS_CACHES_BATCH ||
	    find(caches, cache) >= 0)
		return;
	caches->cache[caches->nr] = cache;
	caches->name[caches->nr++][0] = '\0';
}

int mms_caches_lookup(struct mms_caches *caches)
{
	unsigned int found = 0, n = 0;
	struct list_head *at;

	if (!caches->nr || slabs.why)
		return 0;
	if (mutex_lock_killable(slabs.mutex))
		return -EINTR;
	list_for_each(at, slabs.list) {
		int i = find(caches, (const void *)at -
				     slabs.where[CACHE_LIST].offset);

		if (i >= 0 && cache_name(at)) {
			strscpy(caches->name[i], cache_name(at),
				MMS_CACHE_NAME);
			found++;
		}
		if (found == caches->nr || ++n == CACHES_MAX)
			break;
	}
	mutex_unlock(slabs.mutex);
	return 0;
}

const char *mms_caches_name(const struct mms_caches *caches,
			    const void *cache)
{
	int i = cache ? find(caches, cache) : -1;

	return i >= 0 && caches->name[i][0] ? caches->name[i] : NULL;
}
