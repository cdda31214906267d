/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's own indices of fragmentation. */
#ifndef MMSCOPE_SELFTESTS_EXTFRAG_H
#define MMSCOPE_SELFTESTS_EXTFRAG_H

#include <stdbool.h>

#include "buddy_util.h"

/**
 * struct extfrag_zone - the indices of a zone
 * @node: its node.
 * @name: its name.
 * @orders: number of orders.
 * @index: by order, in thousandths.
 */
struct extfrag_zone {
	int node;
	char name[16];
	unsigned int orders;
	int index[ORDERS_MAX];
};

/* Has the kernel these files? */
bool extfrag_known(void);

/*
 * Reads a file of debugfs extfrag, `unusable_index` or `extfrag_index`, into
 * the zones, at most ZONES_MAX.  Return: number of zones.
 */
unsigned int extfrag_read(const char *file, struct extfrag_zone *zones);

/* One index; dies if there is none. */
int extfrag_index(const char *file, int node, const char *name,
		  unsigned int order);

#endif /* MMSCOPE_SELFTESTS_EXTFRAG_H */
