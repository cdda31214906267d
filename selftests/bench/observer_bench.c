// SPDX-License-Identifier: GPL-2.0-only
/*
 * What being looked at costs: a process on one CPU does nothing but page
 * faults, while on the other CPU nothing is read, or a view of mmscope, or the
 * file of the kernel that tells the same.
 *
 * Both CPUs are emulated by one thread, whose clock ticks once per instruction
 * of either.  CPU 0, the victim's, goes on until it says `pause`; then CPU 1 does,
 * until the next timer, which is two microseconds away at most.  So the victim
 * gives the reader as much time as it has had itself, between two faults, and
 * what a fault takes is its own instructions, and those of the reader for as
 * long as it waits for it: to wait for a lock is to say `pause`.  A lock is
 * found taken as often as it is on two CPUs that run at the same time, since the
 * reader is stopped anywhere, and waited for as long as its owner needs.  What is
 * not seen is what caches and memory cost.
 *
 * "Nothing" is the other CPU counting in user space.
 */
#define _GNU_SOURCE
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

#define TURNS		2
/* Of both CPUs together. */
#define WINDOW_NS	40000000ULL

#define PAGE		4096UL
#define REGION_PAGES	8192UL
/* Given back at a time. */
#define ZAP_PAGES	16UL
/* More than there are in a window. */
#define KEPT		(1UL << 20)
#define ZAP		(1U << 31)
/* More than there are in all windows of a kind. */
#define SAMPLES		(KEPT * TURNS)

/* What the victim tells: how long each fault, or giving back (ZAP), took. */
struct victim {
	unsigned long steps;
	char *region;
	unsigned int took_ns[KEPT];
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
	unsigned long long fault_ns;	/* what they took, with giving back */
	unsigned int *samples;
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

/* Notes what a step took, and gives the other CPU as much. */
static void note(uint64_t took, unsigned int flag)
{
	unsigned long n = victim->steps;
	uint64_t began = now(), given = 0;

	victim->took_ns[n % KEPT] = (took < ZAP ? took : ZAP - 1) | flag;
	__atomic_store_n(&victim->steps, n + 1, __ATOMIC_RELEASE);
	while (given < took) {
		__asm__ volatile("pause" : : : "memory");
		given = now() - began;
	}
}

static void touch(unsigned long page)
{
	*(volatile char *)(victim->region + page * PAGE) = 1;
}

/* All is there but for a few pages, so that windows are alike. */
static void fault_for_ever(void)
{
	unsigned long i, page;
	uint64_t began;

	for (i = 0; i < REGION_PAGES; i++)
		touch(i);
	for (i = 0;; i = (i + ZAP_PAGES) % REGION_PAGES) {
		began = now();
		if (madvise(victim->region + i * PAGE, ZAP_PAGES * PAGE,
			    MADV_DONTNEED))
			die("madvise");
		note(now() - began, ZAP);
		for (page = i; page < i + ZAP_PAGES; page++) {
			began = now();
			touch(page);
			note(now() - began, 0);
		}
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
	/* All of it was touched. */
	while (!__atomic_load_n(&victim->steps, __ATOMIC_ACQUIRE))
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
static void one_window(struct mode *mode)
{
	unsigned long n = __atomic_load_n(&victim->steps, __ATOMIC_ACQUIRE);
	uint64_t began = now(), due = began;
	unsigned long last;

	do {
		if (mode->reader) {
			read_once(mode->reader);
			mode->answers++;
			due += mode->period_ns;
		}
		while (mode->period_ns && now() < due)
			;
	} while (now() - began < WINDOW_NS);
	last = __atomic_load_n(&victim->steps, __ATOMIC_ACQUIRE);
	mode->ns += now() - began;
	if (last - n > KEPT)
		n = last - KEPT;
	for (; n < last; n++) {
		unsigned int took = victim->took_ns[n % KEPT] & ~ZAP;

		mode->fault_ns += took;
		if (!(victim->took_ns[n % KEPT] & ZAP))
			mode->samples[mode->faults++] = took;
	}
}

static int by_number(const void *a, const void *b)
{
	unsigned int x = *(const unsigned int *)a, y = *(const unsigned int *)b;

	return (x > y) - (x < y);
}

static void show(const char *about, const char *name, struct mode *mode,
		 const struct mode *nothing)
{
	double took, alone;

	if (!mode->faults) {
		fprintf(stderr, "bench: no faults beside %s\n", name);
		exit(1);
	}
	took = (double)mode->fault_ns / mode->faults;
	alone = (double)nothing->fault_ns / nothing->faults;
	qsort(mode->samples, mode->faults, sizeof(*mode->samples), by_number);
	report(about, name, "faults/s", mode->faults * 1000000000ULL,
	       mode->fault_ns);
	report(about, name, "p50", mode->samples[mode->faults / 2], 1);
	report(about, name, "p99", mode->samples[mode->faults * 99 / 100], 1);
	report(about, name, "longest", mode->samples[mode->faults - 1], 1);
	/* How much of a second the victim's CPU was at work: half of it. */
	report(about, name, "victim_%", mode->fault_ns * 100, mode->ns);
	if (mode == nothing)
		return;
	printf("%s %s lost_%% %.2f\n", about, name, 100 - 100 * alone / took);
	printf("%s %s lost/answer %.0f\n", about, name,
	       (took - alone) * mode->faults / mode->answers);
	report(about, name, "answers/s", mode->answers * 2000000000ULL,
	       mode->ns);
}

/* How long an answer takes; the victim runs. */
static unsigned long long time_answer(const struct reader *reader)
{
	uint64_t began;

	/* The first may have more to do. */
	read_once(reader);
	began = now();
	read_once(reader);
	return now() - began;
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
			one_window(&modes[i]);
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
	compare("occupancy",
		&(struct reader){ .name = "mmscope:occupancy",
				  .path = MMSCOPE "slab/occupancy" },
		&(struct reader){ .name = "slabinfo",
				  .path = "/proc/slabinfo" });
	compare("census",
		&(struct reader){ .name = "mmscope:census",
				  .path = MMSCOPE "memory/census" },
		&(struct reader){ .name = "kpageflags",
				  .path = "/proc/kpageflags" });
	kill(pid, SIGKILL);
	return 0;
}
