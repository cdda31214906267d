// SPDX-License-Identifier: GPL-2.0-only
/* Readers of everything there is, with random queries. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process_util.h"
#include "torture_read.h"
#include "tree_files.h"

#define READERS		3
#define CHUNK		(1 << 16)
/* An answer that is longer is let go. */
#define ENOUGH		(4UL << 20)
#define WORDS_MAX	3

/* Shared with the readers. */
static struct shared {
	volatile int pause;
	volatile int waiting[READERS];
	struct torture_count count[READERS];
} *shared;

static struct tree_files files;
static pid_t readers[READERS];
static char buffer[CHUNK + 1];

static unsigned int any(unsigned int below)
{
	return random() % below;
}

static uint64_t any_number(void)
{
	static const uint64_t limits[] = {
		0, 1, 4095, 4096, 1UL << 20, 1UL << 32, 1UL << 47, ~0ULL >> 1, ~0ULL,
	};

	if (any(2))
		return any(1 << 20);
	return limits[any(ARRAY_LEN(limits))] + any(3) - 1;
}

/* Words that a file is asked with; a number where the value is NULL. */
static const struct word {
	const char *where, *key, *value;
} words[] = {
	{ "process/", "pid", NULL }, { "process/", "pid", "self" },
	{ "process/", "pid", "1" }, { "process/", "addr", NULL },
	{ "process/", "start", NULL }, { "process/", "end", NULL },
	{ "process/", "ignore", "accessed,dirty" },
	{ "process/", "detail", "folio" }, { "process/", "none", "1" },
	{ "process/", "by", "vma" }, { "process/", "top", NULL },
	{ "memory/", "pfn", NULL }, { "buddy/", "max", NULL },
	{ "slab/", "cache", "kmalloc-64" }, { "slab/", "cache", "dentry" },
	{ "slab/", "pfn", NULL }, { "slab/", "size", NULL },
	{ "memcg/", "memcg", "/" }, { "memcg/", "memcg", "/mmscope_load" },
	{ "oom/", "memcg", "/" }, { "oom/", "memcg", "/mmscope_load" },
	{ "reclaim/", "memcg", "/mmscope_load" },
	{ "pagecache/", "path", "/bin/true" },
	{ "pagecache/", "path", "/var/tmp/mmscope_load" },
	{ "pagecache/", "top", NULL },
	{ "lab/alloc", "order", "4" }, { "lab/alloc", "count", "9" },
	{ "lab/fragment", "order", "9" }, { "lab/fragment", "target", "500" },
	{ "lab/fragment", "mobility", "movable" },
	{ "lab/compact", "order", "4" }, { "lab/compact", "trigger", "node" },
	{ "lab/slab", "pattern", "refill" }, { "lab/slab", "count", "900" },
	{ "lab/vmalloc", "size", "100000" }, { "lab/vmalloc", "hold", "1" },
	{ "lab/oom", "pages", "100" },
	{ "", "order", NULL }, { "", "nonsense", NULL },
};

/* Mostly one that the file knows. */
static const struct word *word_for(const char *path)
{
	unsigned int i, tries;

	for (tries = 0; tries < 8 * ARRAY_LEN(words); tries++) {
		i = any(ARRAY_LEN(words));
		if (*words[i].where ? strstr(path, words[i].where) != NULL :
				      !any(8))
			break;
	}
	return &words[i];
}

static void any_word(const char *path, char *word, size_t size)
{
	const struct word *chosen = word_for(path);
	uint64_t first = any_number();

	if (chosen->value)
		snprintf(word, size, "%s=%s", chosen->key, chosen->value);
	else if (!strcmp(chosen->key, "pfn") && any(2))
		snprintf(word, size, "pfn=%" PRIu64 "-%" PRIu64, first,
			 first + any(5000));
	else
		snprintf(word, size, "%s=%" PRIu64, chosen->key, first);
}

static size_t any_query(const char *path, char *query, size_t size)
{
	unsigned int i, nr = any(WORDS_MAX + 1);
	size_t len = 0;

	for (i = 0; i < nr; i++) {
		char word[64];

		any_word(path, word, sizeof(word));
		len += snprintf(query + len, size - len, "%s%s", i ? " " : "",
				word);
	}
	/* Some are spoiled. */
	if (len && !any(8))
		query[any(len)] = random();
	return len;
}

/*
 * The last line of an answer that was read to its end; the records of
 * entries_raw and what is no table have none.
 */
static bool is_odd(const char *path, const char *tail)
{
	const char *last;

	if (strstr(path, "_raw") || strstr(path, "/query") ||
	    strstr(path, "/lab/") || strstr(path, "README") ||
	    strstr(path, "version") || strstr(path, "caps") ||
	    strstr(path, "selfcheck"))
		return false;
	last = strstr(tail, "# end ");
	return !last || !strchr(last, '\n') || strchr(last, '\n')[1];
}

static void read_some(const char *path, int fd, struct torture_count *count)
{
	size_t chunk = any(4) ? CHUNK : 1 + any(1000), all = 0;
	char tail[1024] = "";
	ssize_t n;

	while ((n = read(fd, buffer, chunk)) > 0) {
		size_t keep = n < 511 ? n : 511, old = strlen(tail);

		if (old > 511) {
			memmove(tail, tail + old - 511, 512);
			old = 511;
		}
		memcpy(tail + old, buffer + n - keep, keep);
		tail[old + keep] = '\0';
		all += n;
		/* Whoever reads in small pieces reads a few. */
		if (all > ENOUGH || (chunk < CHUNK && !any(50)))
			return;
	}
	if (n < 0)
		return;
	count->whole++;
	if (all && is_odd(path, tail)) {
		complain("%s ends with: %s", path, tail);
		count->odd++;
	}
}

/* Of many files few are experiments. */
static const char *any_file(void)
{
	bool lab = !any(6);
	const char *path;

	do {
		path = files.path[any(files.nr)];
	} while (lab && !strstr(path, "/run"));
	return path;
}

static void read_one(struct torture_count *count)
{
	const char *path = any_file();
	bool lab = strstr(path, "/lab/");
	char query[512];
	size_t len;
	int fd;

	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	count->opened++;
	len = any_query(path, query, sizeof(query));
	/* Limits stay as they are: no more than a quarter of what is free. */
	if (!(lab && strstr(path, "limits")) && len) {
		if (write(fd, query, len) < 0)
			count->refused++;
		else
			count->labs += lab;
	}
	read_some(path, fd, count);
	if (!any(8) && lseek(fd, 0, SEEK_SET) == 0)
		read_some(path, fd, count);
	close(fd);
}

static void read_for_ever(unsigned int i, unsigned int seed)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* A query of the directory may be anything by now; who is killed is not. */
	srandom(seed + i);
	for (;;) {
		while (shared->pause) {
			shared->waiting[i] = 1;
			sched_yield();
		}
		shared->waiting[i] = 0;
		__sync_synchronize();
		if (!shared->pause)
			read_one(&shared->count[i]);
	}
}

void torture_read_start(unsigned int seed)
{
	unsigned int i;

	tree_files_find(&files, NULL);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("mmap");
	for (i = 0; i < READERS; i++) {
		readers[i] = fork();
		if (readers[i] < 0)
			die("fork");
		if (!readers[i])
			read_for_ever(i, seed);
	}
}

void torture_read_pause(void)
{
	unsigned int i;

	shared->pause = 1;
	__sync_synchronize();
	for (i = 0; i < READERS; i++)
		while (!shared->waiting[i]) {
			if (waitpid(readers[i], NULL, WNOHANG))
				die("reader %u is gone", i);
			sched_yield();
		}
}

void torture_read_go_on(void)
{
	unsigned int i;

	for (i = 0; i < READERS; i++)
		shared->waiting[i] = 0;
	shared->pause = 0;
}

struct torture_count torture_read_end(void)
{
	struct torture_count sum = {};
	unsigned int i;

	for (i = 0; i < READERS; i++) {
		kill(readers[i], SIGKILL);
		waitpid(readers[i], NULL, 0);
		sum.opened += shared->count[i].opened;
		sum.refused += shared->count[i].refused;
		sum.whole += shared->count[i].whole;
		sum.odd += shared->count[i].odd;
		sum.labs += shared->count[i].labs;
	}
	return sum;
}
