// SPDX-License-Identifier: GPL-2.0-only
/* The largest files of many. */

#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "files.h"

/*
 * Merges two sorted pieces of an array, [@a, @b) and [@b, @end), to @to.
 * Equals stay in order.  Many files are of one size, so that nothing is to be
 * done with them.
 */
static void merge(struct mms_file **to, struct mms_file **a,
		  struct mms_file **b, struct mms_file **end)
{
	struct mms_file **middle = b;

	if (b == end || b[-1]->cached.pages >= b[0]->cached.pages) {
		memcpy(to, a, (end - a) * sizeof(*a));
		return;
	}
	while (a < middle && b < end)
		*to++ = (*b)->cached.pages > (*a)->cached.pages ? *b++ : *a++;
	while (a < middle)
		*to++ = *a++;
	while (b < end)
		*to++ = *b++;
}

/*
 * Largest first.  Not sort(), which calls a function for each comparison: that
 * would be the dearest part of a long list.
 */
static void sort_files(struct mms_toplist *list)
{
	struct mms_file **from = list->file, **to = list->room;
	unsigned int width, i, nr = list->nr;

	for (width = 1; width < nr; width *= 2) {
		for (i = 0; i < nr; i += 2 * width)
			merge(to + i, from + i, from + min(i + width, nr),
			      from + min(i + 2 * width, nr));
		swap(from, to);
		cond_resched();
	}
	list->file = from;
	list->room = to;
}

/* Room for few files at first: clearing memory for all costs more than they. */
#define FIRST_ROOM	128U

static int grow(struct mms_toplist *list)
{
	unsigned int max = min(2 * list->max, 2 * list->top);
	struct mms_file **file, **room;

	file = kvmalloc_array(max, sizeof(*file), GFP_KERNEL);
	room = kvmalloc_array(max, sizeof(*room), GFP_KERNEL);
	if (!file || !room) {
		kvfree(file);
		kvfree(room);
		return -ENOMEM;
	}
	memcpy(file, list->file, list->nr * sizeof(*file));
	kvfree(list->file);
	kvfree(list->room);
	list->file = file;
	list->room = room;
	list->max = max;
	return 0;
}

int mms_toplist_init(struct mms_toplist *list, unsigned int top)
{
	list->top = top;
	list->max = min(2 * top, FIRST_ROOM);
	list->file = kvmalloc_array(list->max, sizeof(*list->file),
				    GFP_KERNEL);
	list->room = kvmalloc_array(list->max, sizeof(*list->room),
				    GFP_KERNEL);
	return list->file && list->room ? 0 : -ENOMEM;
}

static void truncate(struct mms_toplist *list, unsigned int nr)
{
	while (list->nr > nr)
		kfree(list->file[--list->nr]);
}

void mms_toplist_sort(struct mms_toplist *list)
{
	sort_files(list);
	truncate(list, list->top);
	if (list->nr == list->top)
		list->cutoff = list->file[list->nr - 1]->cached.pages;
}

/* Up to twice as many: so it is sorted only once per @top files. */
int mms_toplist_add(struct mms_toplist *list, struct mms_file *file)
{
	if (list->nr == list->max && grow(list)) {
		kfree(file);
		return -ENOMEM;
	}
	list->file[list->nr++] = file;
	if (list->nr == 2 * list->top)
		mms_toplist_sort(list);
	return 0;
}

void mms_toplist_clear(struct mms_toplist *list)
{
	truncate(list, 0);
	list->cutoff = 0;
}

void mms_toplist_free(struct mms_toplist *list)
{
	truncate(list, 0);
	kvfree(list->file);
	kvfree(list->room);
	list->file = NULL;
	list->room = NULL;
}
