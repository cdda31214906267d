// SPDX-License-Identifier: GPL-2.0-only
/* Allocations that fail because they are told to, and what is lost then. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fault_util.h"
#include "process_util.h"
#include "settings.h"

#define DEBUGFS		"/sys/kernel/debug/"
#define SLAB		DEBUGFS "failslab/"
#define PAGES		DEBUGFS "fail_page_alloc/"
#define NTH		"/proc/self/fail-nth"
#define KMEMLEAK	DEBUGFS "kmemleak"
/* What is younger is not reported yet: 5 s. */
#define LEAK_AGE	6

/* The stack that is dumped for each failure would be taken for a complaint. */
static struct setting settings[] = {
	{ SLAB "verbose", "0" },
	{ SLAB "cache-filter", "N" },
	{ SLAB "ignore-gfp-wait", "N" },
	{ PAGES "verbose", "0" },
	{ PAGES "ignore-gfp-wait", "N" },
	{ PAGES "ignore-gfp-highmem", "N" },
	{ PAGES "min-order", "0" },
};

static int nth = -1;

bool faults_supported(void)
{
	return !access(NTH, W_OK) && !access(SLAB "verbose", W_OK) &&
	       !access(PAGES "verbose", W_OK);
}

void faults_begin(void)
{
	settings_apply(settings, ARRAY_LEN(settings));
	nth = open(NTH, O_RDWR | O_CLOEXEC);
	if (nth < 0)
		die(NTH ": %s", strerror(errno));
	if (mlockall(MCL_CURRENT))
		die("mlockall: %s", strerror(errno));
}

void faults_end(void)
{
	close(nth);
	munlockall();
	settings_restore(settings, ARRAY_LEN(settings));
}

/* It counts from the end of this write on. */
void fault_arm(unsigned int number)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", number);

	if (pwrite(nth, text, len, 0) != len)
		die(NTH ": %s", strerror(errno));
}

unsigned int fault_disarm(void)
{
	char text[16];
	ssize_t len = pread(nth, text, sizeof(text) - 1, 0);

	if (len <= 0)
		die(NTH ": %s", strerror(errno));
	text[len] = '\0';
	fault_arm(0);
	return strtoul(text, NULL, 10);
}

void fault_count(struct fault_tally *tally, const char *name,
		 unsigned int number, int err, bool fine)
{
	if (fine && err == ENOMEM) {
		tally->refused++;
	} else if (fine && !err) {
		tally->survived++;
	} else {
		tally->odd++;
		complain("%s, without allocation %u: %s%s", name, number,
			 err ? strerror(err) : "done",
			 fine ? "" : ", and not as it should be");
	}
}

bool fault_tell(const struct fault_tally *tally, const char *name,
		unsigned int calls)
{
	unsigned int all = tally->refused + tally->survived + tally->odd;

	printf("# %s: %u allocations, %u failed: %u times ENOMEM, %u survived\n",
	       name, calls, all, tally->refused, tally->survived);
	fflush(stdout);
	return !tally->odd && all;
}

/* Does it once.  Return: how many allocations it was away from the failure. */
static unsigned int do_work(const struct fault_work *work, unsigned int number,
			    int *err)
{
	*err = work->prepare ? work->prepare(work->context) : 0;
	if (*err)
		die("%s, before it: %s", work->name, strerror(*err));
	fault_arm(number);
	*err = work->work(work->context);
	return fault_disarm();
}

bool faults_each(const struct fault_work *work, unsigned int most)
{
	struct fault_tally tally = {};
	unsigned int i, calls = 0, left = 0;
	bool fine;
	int err;

	/* Twice: the first may take what is kept for all that come. */
	for (i = 0; i < 2; i++) {
		calls = FAULT_NEVER - do_work(work, FAULT_NEVER, &err);
		if (err || !work->fine(work->context, err))
			die("%s, when nothing fails: %s", work->name,
			    strerror(err));
	}
	for (i = 1; !left; i += calls / most + 1) {
		left = do_work(work, i, &err);
		fine = work->fine(work->context, err);
		if (!left)
			fault_count(&tally, work->name, i, err, fine);
	}
	/* The last has met no failure. */
	if (err || !fine)
		complain("%s, after all failures: %s", work->name,
			 strerror(err));
	return fault_tell(&tally, work->name, calls) && !err && fine;
}

bool leaks_supported(void)
{
	/* It turns itself off when it has had no memory. */
	return !write_path(KMEMLEAK, "scan");
}

/*
 * The kernel leaks the name of a slab cache if sysfs has no memory for it, and
 * goes on (2420baa8e046, "mm/slab: Allow cache creation to proceed even if sysfs
 * registration fails").
 */
static bool is_the_kernels(const char *report)
{
	return strstr(report, "sysfs_slab_add+");
}

/*
 * A report is a line that begins with "unreferenced object" and lines behind it
 * that are indented.  The second walk is for what the first has just met.
 */
unsigned int leaks_of(const char *comm)
{
	static const char begin[] = "unreferenced object";
	char *text, *at, *next, mine[64];
	unsigned int nr = 0;

	sleep(LEAK_AGE);
	if (write_path(KMEMLEAK, "scan") || write_path(KMEMLEAK, "scan"))
		die(KMEMLEAK ": %s", strerror(errno));
	snprintf(mine, sizeof(mine), "comm \"%s\"", comm);
	text = read_path(KMEMLEAK, NULL);
	for (at = strstr(text, begin); at; at = next) {
		next = strstr(at + 1, begin);
		if (next)
			next[-1] = '\0';
		if ((strstr(at, mine) || strstr(at, "[mmscope]")) &&
		    !is_the_kernels(at)) {
			printf("# %s\n", at);
			nr++;
		}
	}
	fflush(stdout);
	free(text);
	return nr;
}
