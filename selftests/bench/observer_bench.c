// SPDX-License-Identifier: GPL-2.0-only
/*
 * What being looked at costs: a process on one CPU does nothing but page
 * faults, while on the other CPU nothing is read, or a view of mmscope, or the
 * file of the kernel that tells the same.
 *
 * Needs two CPUs that run at the same time, and so real time instead of counted
 * instructions.  Of that the host takes some for itself, so what is compared is
 * read in turns, in short windows, and the losses are medians over the turns.
 * "Nothing" is the other CPU counting in user space: as busy, but in nobody's
 * way.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "bench.h"

#define TURNS		21
#define WINDOW_NS	200000000ULL
#define PAGE		4096UL
#define REGION_PAGES	16384UL
/* More than there are in a window. */
#define KEPT		(1UL << 22)
#define SAMPLES		(1UL << 24)

/* What the victim tells. */
struct victim {
	unsigned long faults;
	char *region;
	unsigned int latency_ns[KEPT];
};

/* One of the two that tell the same. */
struct reader {
	const char *name;
	const char *path;
	const char *query;		/* NULL: none */
	off_t from;
	size_t length;			/* from there; 0: to the end */
};

/* What is done on the other CPU, and how the victim fared meanwhile. */
struct mode {
	const struct reader *reader;	/* NULL: nothing */
	unsigned long long period_ns;	/* between answers; 0: without pause */
	unsigned long answers;
	unsigned long long ns;
	unsigned long faults;
	double rate[TURNS];		/* faults per second */
	unsigned int *samples;
	unsigned long nr_samples;
};

static struct victim *victim;
static char buffer[65536];

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

static void fault_for_ever(void)
{
	unsigned long i, n = 0;

	for (;; madvise(victim->region, REGION_PAGES * PAGE, MADV_DONTNEED))
		for (i = 0; i < REGION_PAGES; i++) {
			uint64_t began = now();

			*(volatile char *)(victim->region + i * PAGE) = 1;
			victim->latency_ns[n % KEPT] = now() - began;
			__atomic_store_n(&victim->faults, ++n,
					 __ATOMIC_RELEASE);
		}
}

static pid_t start_victim(void)
{
	pid_t pid;

	victim = mmap(NULL, sizeof(*victim), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (victim == MAP_FAILED)
		die("mmap");
	victim->region = mmap(NULL, REGION_PAGES * PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (victim->region == MAP_FAILED ||
	    madvise(victim->region, REGION_PAGES * PAGE, MADV_NOHUGEPAGE))
		die("region");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pin(0);
		fault_for_ever();
	}
	pin(1);
	while (!__atomic_load_n(&victim->faults, __ATOMIC_ACQUIRE))
		sched_yield();
	return pid;
}

/* One whole answer. */
static void read_once(const struct reader *reader)
{
	int fd = open(reader->path, reader->query ? O_RDWR : O_RDONLY);
	size_t left = reader->length ? reader->length : sizeof(buffer);
	off_t at = reader->from;
	ssize_t n;

	if (fd < 0)
		die(reader->path);
	if (reader->query &&
	    write(fd, reader->query, strlen(reader->query)) < 0)
		die(reader->query);
	while (left) {
		size_t piece = left < sizeof(buffer) ? left : sizeof(buffer);

		n = reader->length ? pread(fd, buffer, piece, at) :
				     read(fd, buffer, piece);
		if (n < 0)
			die(reader->path);
		if (!n)
			break;
		if (reader->length)
			left -= n;
		at += n;
	}
	close(fd);
}

/* At least one answer, and as many as go into a window. */
static void one_window(struct mode *mode, int turn)
{
	unsigned long first = __atomic_load_n(&victim->faults, __ATOMIC_ACQUIRE);
	unsigned long last, i;
	uint64_t began = now(), due = began;

	do {
		if (mode->reader) {
			read_once(mode->reader);
			mode->answers++;
			due += mode->period_ns;
		}
		while (mode->period_ns && now() < due)
			;
	} while (now() - began < WINDOW_NS);
	last = __atomic_load_n(&victim->faults, __ATOMIC_ACQUIRE);
	mode->ns += now() - began;
	mode->faults += last - first;
	mode->rate[turn] = (last - first) * 1e9 / (now() - began);
	for (i = first; i < last && mode->nr_samples < SAMPLES; i++)
		mode->samples[mode->nr_samples++] =
			victim->latency_ns[i % KEPT];
}

static int by_number(const void *a, const void *b)
{
	unsigned int x = *(const unsigned int *)a, y = *(const unsigned int *)b;

	return (x > y) - (x < y);
}

static int by_share(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void show(const char *about, const char *name, struct mode *mode,
		 const struct mode *nothing)
{
	double lost[TURNS];
	int turn;

	for (turn = 0; turn < TURNS; turn++)
		lost[turn] = 100 -
			     100 * mode->rate[turn] / nothing->rate[turn];
	qsort(lost, TURNS, sizeof(*lost), by_share);
	qsort(mode->samples, mode->nr_samples, sizeof(*mode->samples),
	      by_number);
	report(about, name, "faults/s", mode->faults * 1000000000ULL, mode->ns);
	report(about, name, "p99_ns",
	       mode->samples[mode->nr_samples * 99 / 100], 1);
	if (mode == nothing)
		return;
	printf("%s %s lost_%% %.2f\n", about, name, lost[TURNS / 2]);
	report(about, name, "answers/s", mode->answers * 1000000000ULL,
	       mode->ns);
}

/* How long an answer takes; the victim runs. */
static unsigned long long time_answer(const struct reader *reader)
{
	uint64_t began = now();
	int i;

	for (i = 0; i < 3; i++)
		read_once(reader);
	return (now() - began) / 3;
}

static void compare(const char *about, const struct reader *ours,
		    const struct reader *rival)
{
	unsigned long long a = time_answer(ours), b = time_answer(rival);
	unsigned long long slower = a > b ? a : b;
	struct mode modes[] = {
		{ .reader = NULL },
		{ .reader = ours }, { .reader = rival },
		{ .reader = ours, .period_ns = slower },
		{ .reader = rival, .period_ns = slower },
	};
	const int nr = sizeof(modes) / sizeof(*modes);
	char name[64];
	int i, turn;

	for (i = 0; i < nr; i++) {
		modes[i].samples = malloc(SAMPLES * sizeof(unsigned int));
		if (!modes[i].samples)
			die("malloc");
	}
	for (turn = 0; turn < TURNS; turn++)
		for (i = 0; i < nr; i++)
			one_window(&modes[i], turn);
	for (i = 0; i < nr; i++) {
		const struct reader *reader = modes[i].reader;

		snprintf(name, sizeof(name), "%s%s",
			 reader ? reader->name : "nothing",
			 modes[i].period_ns ? ",paced" : "");
		show(about, name, &modes[i], &modes[0]);
		free(modes[i].samples);
	}
}

int main(void)
{
	pid_t pid = start_victim();
	unsigned long start = (unsigned long)victim->region;
	char query[128], pagemap[64];

	snprintf(query, sizeof(query), "pid=%d start=%lu end=%lu", pid, start,
		 start + REGION_PAGES * PAGE);
	snprintf(pagemap, sizeof(pagemap), "/proc/%d/pagemap", pid);
	compare("ranges",
		&(struct reader){ .name = "mmscope:ranges", .query = query,
				  .path = MMSCOPE "process/ranges" },
		&(struct reader){ .name = "pagemap", .path = pagemap,
				  .from = start / PAGE * 8,
				  .length = REGION_PAGES * 8 });
	compare("freelists",
		&(struct reader){ .name = "mmscope:freelists",
				  .path = MMSCOPE "buddy/freelists" },
		&(struct reader){ .name = "pagetypeinfo",
				  .path = "/proc/pagetypeinfo" });
	compare("census",
		&(struct reader){ .name = "mmscope:census",
				  .path = MMSCOPE "memory/census" },
		&(struct reader){ .name = "kpageflags",
				  .path = "/proc/kpageflags" });
	compare("occupancy",
		&(struct reader){ .name = "mmscope:occupancy",
				  .path = MMSCOPE "slab/occupancy" },
		&(struct reader){ .name = "slabinfo",
				  .path = "/proc/slabinfo" });
	kill(pid, SIGKILL);
	return 0;
}
