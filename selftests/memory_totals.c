// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel has allocated for itself, before something and after it. */

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "frame_flags.h"
#include "memory_totals.h"
#include "process_util.h"

#define CACHES	"/sys/kernel/slab/"

/* Flags of frames that somebody uses who is not the module. */
#define KNOWN	(KPF_BIT_LRU | KPF_BIT_SLAB | KPF_BIT_BUDDY | KPF_BIT_ANON | \
		 KPF_BIT_HUGE | KPF_BIT_NOPAGE | KPF_BIT_OFFLINE | \
		 KPF_BIT_PGTABLE | KPF_BIT_RESERVED)

/* Pages that wait in per-CPU lists: free, and without any flag. */
static int64_t pcp_pages(void)
{
	char *text = read_path("/proc/zoneinfo", NULL), *at = text;
	int64_t pages = 0;

	while ((at = strstr(at, " count: ")))
		pages += strtoll(at += strlen(" count: "), NULL, 10);
	free(text);
	return pages;
}

/* As no page has got into or out of a per-CPU list meanwhile, if possible. */
static int64_t other_pages(void)
{
	static struct frames flags;
	int64_t pcp, pages;
	unsigned int i;
	size_t pfn;

	for (i = 0; i < READINGS; i++) {
		pcp = pcp_pages();
		frames_read(&flags, "kpageflags");
		if (pcp_pages() == pcp)
			break;
	}
	pages = -pcp;
	for (pfn = 0; pfn < flags.nr; pfn++)
		pages += !(flags.words[pfn] & KNOWN);
	return pages;
}

/*
 * CPUs keep objects for their next allocations, which count as in use, and KASAN
 * keeps freed ones, to find who still uses them.
 */
static void shrink_caches(void)
{
	glob_t found;
	size_t i;

	if (glob(CACHES "*/shrink", 0, NULL, &found))
		die("no " CACHES);
	for (i = 0; i < found.gl_pathc; i++)
		write_path(found.gl_pathv[i], "1");
	globfree(&found);
}

void totals_read(struct totals *totals)
{
	char *text;

	if (write_path("/proc/sys/vm/drop_caches", "3"))
		die("drop_caches: %s", strerror(errno));
	shrink_caches();
	frames_drain();
	totals->other = other_pages();
	text = read_path("/proc/meminfo", NULL);
	totals->slab = value_of(text, "Slab") / 4;
	totals->vmalloc = value_of(text, "VmallocUsed") / 4;
	free(text);
}

int64_t totals_growth(const struct totals *before, const struct totals *after)
{
	int64_t most = after->other - before->other;

	if (most < after->slab - before->slab)
		most = after->slab - before->slab;
	if (most < after->vmalloc - before->vmalloc)
		most = after->vmalloc - before->vmalloc;
	return most;
}
