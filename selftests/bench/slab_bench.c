// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it costs to look at all slab caches: mmscope and /proc/slabinfo, with
 * the machine as it is after boot, and with long lists of partial slabs.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

/* Open files, most of which are closed again: one object a slab stays. */
#define FILES		60000

static void measure_all(const char *name)
{
	measure(name, "mmscope:caches", MMSCOPE "slab/caches");
	measure(name, "mmscope:occupancy", MMSCOPE "slab/occupancy");
	measure(name, "mmscope:object", MMSCOPE "slab/object");
	measure(name, "mmscope:kmalloc", MMSCOPE "slab/kmalloc");
	measure(name, "slabinfo", "/proc/slabinfo");
}

static void make_holes(void)
{
	struct rlimit limit = { FILES + 100, FILES + 100 };
	static int fds[FILES];
	int i, nr;

	if (setrlimit(RLIMIT_NOFILE, &limit))
		die("setrlimit");
	for (nr = 0; nr < FILES; nr++) {
		fds[nr] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (fds[nr] < 0)
			break;
	}
	for (i = 0; i < nr; i++)
		if (i % 17)
			close(fds[i]);
	/* What was freed late is freed now. */
	sleep(1);
}

int main(void)
{
	measure_all("boot");
	make_holes();
	measure_all("holes");
	return 0;
}
