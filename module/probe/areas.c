// SPDX-License-Identifier: GPL-2.0-only
/* The areas of vmalloc space one by one, and where their pages are. */

#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/random.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../compat/kvmap.h"
#include "areas.h"

/* Programs that keep numbers as doubles have room for so many bits. */
#define ID_BITS		52

/* The same for all walks, so that a number stays an area's. */
static siphash_key_t id_key;

/*
 * Not by get_random_once(): that keeps a reference on the module until a worker
 * has run, so that rmmod just after the first answer might fail.
 */
static void make_key(void)
{
	static DEFINE_MUTEX(lock);
	static bool made;

	mutex_lock(&lock);
	if (!made)
		get_random_bytes(&id_key, sizeof(id_key));
	made = true;
	mutex_unlock(&lock);
}

static u64 id_of(unsigned long start)
{
	return siphash_1u64(start, &id_key) >> (64 - ID_BITS);
}

static struct mms_area_caller *new_caller(struct mms_areas *areas,
					  unsigned long address)
{
	struct mms_area_caller *caller;
	const char *module;
	size_t name, rest;

	mms_symbol(address, true, areas->symbol, &module);
	name = strlen(areas->symbol) + 1;
	rest = module ? strlen(module) + 1 : 0;
	caller = kmalloc(sizeof(*caller) + name + rest, GFP_KERNEL);
	if (!caller)
		return NULL;
	memcpy(caller->text, areas->symbol, name);
	if (module)
		memcpy(caller->text + name, module, rest);
	caller->name = caller->text;
	caller->module = module ? caller->text + name : NULL;
	return caller;
}

/* Names are looked up once each: that takes longer than all else of an area. */
static const struct mms_area_caller *name_caller(struct mms_areas *areas,
						 unsigned long address)
{
	struct mms_area_caller *caller = xa_load(&areas->callers, address);

	if (caller)
		return caller;
	caller = new_caller(areas, address);
	if (caller && xa_err(xa_store(&areas->callers, address, caller,
				      GFP_KERNEL))) {
		kfree(caller);
		caller = NULL;
	}
	return caller;
}

/* Is it the next piece of the area of which we have a part? */
static bool goes_on(const struct mms_areas *areas,
		    const struct mms_vmap_area *piece)
{
	return areas->open && piece->index && areas->start == piece->start &&
	       areas->caller == piece->caller &&
	       areas->area.size == piece->size &&
	       areas->area.pages == piece->nr_pages;
}

static int begin(struct mms_areas *areas, const struct mms_vmap_area *piece)
{
	areas->gone += areas->open;
	areas->open = true;
	areas->start = piece->start;
	areas->caller = piece->caller;
	areas->run = 0;
	memset(areas->node, 0, areas->nr_nodes * sizeof(*areas->node));
	areas->area = (struct mms_area){
		.id = id_of(piece->start),
		.kind = mms_vmap_kind(piece),
		.size = piece->size,
		.requested = piece->requested,
		.pages = piece->nr_pages,
		.flags = mms_vmap_flags(piece),
		.phys = piece->phys,
		.page_order = piece->page_order,
		.known = piece->nr_pages || piece->mapped,
	};
	if (!piece->caller)
		return 0;
	areas->area.caller = name_caller(areas, piece->caller);
	return areas->area.caller ? 0 : -ENOMEM;
}

static void add_run(struct mms_areas *areas, const struct mms_vmap_run *run)
{
	const struct mms_vmap_run *last = &areas->last;
	struct mms_area *area = &areas->area;

	if (areas->run && last->pfn + last->nr == run->pfn &&
	    last->index + last->nr == run->index) {
		areas->run += run->nr;
	} else {
		areas->run = run->nr;
		area->runs++;
	}
	area->largest = max(area->largest, areas->run);
	area->mapped += run->nr;
	if (run->huge)
		area->huge += run->nr;
	if (run->nid >= 0 && run->nid < areas->nr_nodes)
		areas->node[run->nid] += run->nr;
	areas->last = *run;
}

/* Takes the next area of the batch.  Return: 1 if it is whole now, or errno. */
static int take(struct mms_areas *areas)
{
	const struct mms_vmap_area *piece = &areas->batch.areas[areas->next++];
	unsigned int i;

	if (!goes_on(areas, piece)) {
		int err = begin(areas, piece);

		if (err)
			return err;
	}
	areas->area.holds++;
	for (i = 0; i < piece->nr; i++)
		add_run(areas, &areas->batch.runs[piece->first + i]);
	areas->open = piece->more;
	return piece->more ? -EAGAIN : 1;
}

int mms_areas_init(struct mms_areas *areas)
{
	make_key();
	xa_init(&areas->callers);
	areas->batch.all = true;
	areas->more = true;
	areas->nr_nodes = nr_node_ids;
	areas->node = kcalloc(nr_node_ids, sizeof(*areas->node), GFP_KERNEL);
	return areas->node ? 0 : -ENOMEM;
}

int mms_areas_next(struct mms_areas *areas)
{
	if (areas->next < areas->batch.nr_areas)
		return take(areas);
	if (!areas->more) {
		areas->gone += areas->open;
		areas->open = false;
		return 0;
	}
	areas->more = mms_vmap_next(&areas->batch, &areas->stats);
	areas->next = 0;
	return -EAGAIN;
}

void mms_areas_free(struct mms_areas *areas)
{
	struct mms_area_caller *caller;
	unsigned long address;

	if (!areas->node)
		return;
	xa_for_each(&areas->callers, address, caller)
		kfree(caller);
	xa_destroy(&areas->callers);
	kfree(areas->node);
	areas->node = NULL;
}
