// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it costs to look at all sizes of huge pages: a scan of all memory by far,
 * which is why it is given per frame.  With the machine as it is after boot, and
 * with a part of it in huge pages.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>

#include "bench.h"

#define BYTES	(1UL << 30)

static void measure_both(const char *name)
{
	struct sysinfo info;

	if (sysinfo(&info))
		die("sysinfo");
	measure_per(name, "mmscope:sizes", MMSCOPE "hugepages/sizes", NULL,
		    "page", info.totalram / 4096);
	measure_per(name, "kpageflags", "/proc/kpageflags", NULL, "page",
		    info.totalram / 4096);
}

int main(void)
{
	char *at;

	measure_both("boot");
	at = mmap(NULL, BYTES, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED || madvise(at, BYTES, MADV_HUGEPAGE))
		die("mmap");
	memset(at, 1, BYTES);
	measure_both("thp");
	return 0;
}
