/* SPDX-License-Identifier: GPL-2.0-only */
/* The module known_pages, which allocates pages of known kinds. */
#ifndef MMSCOPE_SELFTESTS_KNOWN_PAGES_H
#define MMSCOPE_SELFTESTS_KNOWN_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct known_page - a page that the module has allocated
 * @name: what it is; kmod/known_pages.c lists the names.
 * @pfn: its frame number.
 * @order: order of the block that it was allocated in.
 * @extra: what its owner must be called, or "-".
 */
struct known_page {
	char name[32];
	uint64_t pfn;
	unsigned int order;
	char extra[64];
};

/**
 * struct known_object - an object that it has allocated
 * @name: what it is; kmod/known_slabs.h lists the names.
 * @pfn: first frame of its slab.
 * @extra: where in the slab it is, or the size asked for.
 * @used: it has not been freed.
 */
struct known_object {
	char name[32];
	uint64_t pfn;
	uint64_t extra;
	bool used;
};

/*
 * Loads the module: the file that MMSCOPE_TEST_KO names, or else
 * kmod/known_pages.ko beside the program.  Dies if that fails.
 */
void known_pages_load(void);

/* Removes it, if it is loaded. */
void known_pages_unload(void);

/*
 * Reads its list; the page called "pcp" is freed anew by that.  Return: the
 * pages, to be freed; dies on error.
 */
struct known_page *known_pages_read(size_t *nr);

/* Reads the list of objects.  Return: to be freed; dies on error. */
struct known_object *known_slabs_read(size_t *nr);

#endif /* MMSCOPE_SELFTESTS_KNOWN_PAGES_H */
