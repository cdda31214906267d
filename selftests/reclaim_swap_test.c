// SPDX-License-Identifier: GPL-2.0-only
/*
 * reclaim/swap against /proc/swaps, VmSwap of each process, the slots in its
 * pagemap and /proc/meminfo, with memory really swapped out: to the disk as it
 * is, to the disk as if it were one without heads, and to a file.
 *
 * 6.1 and 6.12 keep some free slots for each CPU, which count as used
 * without being anybody's: as many as are used and in no pagemap.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "process_util.h"
#include "swap_answer.h"

/* Slots of a cluster: those of a huge page, where there are any. */
#define CLUSTER		(has_thp() ? 512UL : 256UL)
#define USERS		3
#define FILE_NAME	"/var/tmp/mmscope-swap"
#define FILE_PAGES	6000UL
/* Longer than anything takes that is waited for. */
#define PATIENCE	60

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif

static const unsigned long user_pages[USERS] = { 700, 2600, 1300 };

/* Pages that differ from each other, so that none is left out, swapped out. */
static int swap_out(void *context)
{
	unsigned long pages = *(const unsigned long *)context, i;
	char *at = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED || small_pages(at, pages * PAGE))
		return -1;
	for (i = 0; i < pages; i++)
		memset(at + i * PAGE, 1 + i % 251, PAGE - 1 - i % 1000);
	return madvise(at, pages * PAGE, MADV_PAGEOUT);
}

/* Counts the slots of device @type, by cluster.  Return: how many. */
static uint64_t count_slots(int pid, unsigned int type, uint16_t *count)
{
	char *maps = read_proc(pid, "maps"), *line, *save = NULL, path[64];
	uint64_t entry, slots = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		die("%s", path);
	for (line = strtok_r(maps, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		unsigned long at, end;

		if (sscanf(line, "%lx-%lx", &at, &end) != 2)
			die("maps");
		for (; at < end; at += PAGE) {
			/* Not of what is no memory of its own. */
			if (pread(fd, &entry, 8, at / PAGE * 8) != 8)
				break;
			if (!(entry >> 62 & 1) || (entry & 31) != type)
				continue;
			count[(entry >> 5 & ((1UL << 50) - 1)) / CLUSTER]++;
			slots++;
		}
	}
	close(fd);
	free(maps);
	return slots;
}

/*
 * Compares the clusters of the device whose slots all belong to processes that
 * the view has, but for some.  Each slot in no pagemap can make one cluster
 * more full, or one less free.
 */
static void check_clusters(struct __test_metadata *_metadata,
			   const struct answer *view, const struct swap *swap,
			   unsigned int type)
{
	uint64_t slots = swap->size + 1, nr = (slots + CLUSTER - 1) / CLUSTER;
	uint16_t *count = calloc(nr, sizeof(*count));
	uint64_t seen = 0, full = 0, empty = 0, slack, i;

	for (i = 0; i < view->nr_users; i++)
		seen += count_slots(view->users[i].pid, type, count);
	/* What nobody can use: the header, and what is behind the end. */
	count[0]++;
	count[nr - 1] += nr * CLUSTER - slots;
	for (i = 0; i < nr; i++) {
		full += count[i] == CLUSTER;
		empty += !count[i];
	}
	free(count);
	ASSERT_LE(seen, swap->used);
	slack = swap->used - seen;
	TH_LOG("%s: %lu slots, %lu of them in no pagemap, %lu clusters full, %lu empty",
	       swap->name, swap->used, slack, full, empty);
	EXPECT_EQ(nr, swap->clusters[0]);
	EXPECT_EQ(nr, swap->clusters[1] + swap->clusters[2] +
		  swap->clusters[3] + swap->clusters[4]);
	EXPECT_EQ(swap->used, swap->clusters[5]);
	EXPECT_GE(swap->clusters[3], full);
	EXPECT_LE(swap->clusters[3], full + slack);
	EXPECT_LE(swap->clusters[1] + swap->clusters[4], empty);
	EXPECT_GE(swap->clusters[1] + swap->clusters[4] + slack, empty);
	/* Where nothing is discarded, only those that a CPU works with. */
	if (!strstr(swap->flags, "page_discard"))
		EXPECT_LE(swap->clusters[4], 2 * sysconf(_SC_NPROCESSORS_CONF));
}

FIXTURE(swap) {
	char disk[128];
	char rotational[128];
	int prio;
	char was_rotational;
	pid_t users[USERS];
	struct answer *view;
};

FIXTURE_SETUP(swap)
{
	struct answer *view = calloc(1, sizeof(*view));
	char *text;

	self->view = view;
	read_swaps(view);
	if (!view->nr_swaps)
		SKIP(return, "no swap device");
	snprintf(self->disk, sizeof(self->disk), "%s", view->swaps[0].name);
	snprintf(self->rotational, sizeof(self->rotational),
		 "/sys/block/%s/queue/rotational", self->disk + strlen("/dev/"));
	text = read_path(self->rotational, NULL);
	self->was_rotational = *text;
	free(text);
}

/* What is swapped out comes back. */
static void end_users(pid_t *users)
{
	int i;

	for (i = 0; i < USERS; i++) {
		if (users[i])
			end_process(users[i]);
		users[i] = 0;
	}
}

static void set_rotational(const char *disk, const char *file, char value)
{
	const char text[] = { value, '\0' };

	if (swapoff(disk) || write_path(file, text) || swapon(disk, 0))
		die("%s", disk);
}

FIXTURE_TEARDOWN(swap)
{
	if (!*self->disk)
		return;
	end_users(self->users);
	set_rotational(self->disk, self->rotational, self->was_rotational);
	free(self->view);
}

static void start_users(struct __test_metadata *_metadata, pid_t *users)
{
	int i;

	for (i = 0; i < USERS; i++) {
		users[i] = start_stopped(swap_out, (void *)&user_pages[i]);
		ASSERT_GT(users[i], 0);
	}
}

static void expect_users(struct __test_metadata *_metadata,
			 const struct answer *view, const pid_t *users)
{
	int i;

	/* Not each page can be swapped out at once, but most. */
	for (i = 0; i < USERS; i++) {
		const struct user *user = user_of(view, users[i]);

		ASSERT_NE(NULL, user);
		EXPECT_GT(user->pages, user_pages[i] / 2);
	}
}

static void on_disk(struct __test_metadata *_metadata, struct answer *view,
		    pid_t *users, const char *flag)
{
	EXPECT_EQ(0, ask(view));
	EXPECT_EQ(1, view->nr_swaps);
	EXPECT_NE(NULL, strstr(view->swaps[0].flags, "writeok"));
	EXPECT_EQ(!flag, !strstr(view->swaps[0].flags, "solidstate"));
	if (view->swaps[0].has_clusters)
		check_clusters(_metadata, view, &view->swaps[0], 0);
	start_users(_metadata, users);
	EXPECT_EQ(0, ask(view));
	expect_users(_metadata, view, users);
	EXPECT_EQ(0, view->zswap);
	if (view->swaps[0].has_clusters)
		check_clusters(_metadata, view, &view->swaps[0], 0);
}

TEST_F_TIMEOUT(swap, rotational, 3 * PATIENCE)
{
	set_rotational(self->disk, self->rotational, '1');
	on_disk(_metadata, self->view, self->users, NULL);
}

TEST_F_TIMEOUT(swap, solid_state, 3 * PATIENCE)
{
	set_rotational(self->disk, self->rotational, '0');
	on_disk(_metadata, self->view, self->users, "solidstate");
	EXPECT_TRUE(self->view->swaps[0].has_clusters);
	/* Some are full and some are free: that is what is counted. */
	EXPECT_GE(self->view->swaps[0].clusters[3], 1);
	EXPECT_GE(self->view->swaps[0].clusters[1], 1);
	end_users(self->users);
	EXPECT_EQ(0, ask(self->view));
	check_clusters(_metadata, self->view, &self->view->swaps[0], 0);
}

/* Makes the disk of a file one with or without heads.  Return: what it was. */
static char set_file_rotational(const char *name, char value)
{
	const char text[] = { value, '\0' };
	char path[128], was, *before;
	struct stat st;

	if (stat(name, &st))
		die("%s", name);
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/queue/rotational",
		 major(st.st_dev), minor(st.st_dev));
	before = read_path(path, NULL);
	was = *before;
	free(before);
	if (write_path(path, text))
		die("%s", path);
	return was;
}

/* A second device, which is taken first, discards what it frees. */
TEST_F_TIMEOUT(swap, file, 3 * PATIENCE)
{
	struct answer *view = self->view;
	char *page = calloc(1, PAGE);
	int fd = open(FILE_NAME, O_RDWR | O_CREAT | O_TRUNC, 0600), i;
	char was;

	memset(page, 1, PAGE);
	for (i = 0; i < FILE_PAGES; i++)
		ASSERT_EQ(PAGE, write(fd, page, PAGE));
	ASSERT_EQ(0, fsync(fd));
	close(fd);
	ASSERT_EQ(0, system("mkswap -q " FILE_NAME " >/dev/null"));
	was = set_file_rotational(FILE_NAME, '0');
	ASSERT_EQ(0, swapon(FILE_NAME, SWAP_FLAG_PREFER | 7 |
			    SWAP_FLAG_DISCARD));
	EXPECT_EQ(0, ask(view));
	ASSERT_EQ(2, view->nr_swaps);
	EXPECT_STREQ(FILE_NAME, view->swaps[1].name);
	EXPECT_STREQ("file", view->swaps[1].type);
	EXPECT_EQ(FILE_PAGES - 1, view->swaps[1].size);
	EXPECT_EQ(7, view->swaps[1].prio);
	EXPECT_NE(NULL, strstr(view->swaps[1].flags, "page_discard"));
	EXPECT_TRUE(view->swaps[1].has_clusters);
	start_users(_metadata, self->users);
	EXPECT_EQ(0, ask(view));
	expect_users(_metadata, view, self->users);
	EXPECT_GT(view->swaps[1].used, user_pages[1]);
	check_clusters(_metadata, view, &view->swaps[1], 1);
	end_users(self->users);
	EXPECT_EQ(0, ask(view));
	check_clusters(_metadata, view, &view->swaps[1], 1);
	ASSERT_EQ(0, swapoff(FILE_NAME));
	set_file_rotational(FILE_NAME, was);
	unlink(FILE_NAME);
	EXPECT_EQ(0, ask(view));
	EXPECT_EQ(1, view->nr_swaps);
}

#define ZSWAP		"/sys/module/zswap/parameters/enabled"

TEST_F_TIMEOUT(swap, zswap, 2 * PATIENCE)
{
	char *was;

	if (access(ZSWAP, W_OK))
		SKIP(return, "no zswap in this kernel");
	was = read_path(ZSWAP, NULL);
	ASSERT_EQ(0, write_path(ZSWAP, "Y"));
	start_users(_metadata, self->users);
	EXPECT_EQ(0, ask(self->view));
	EXPECT_GT(self->view->zswap, user_pages[1] / 2);
	ASSERT_EQ(0, write_path(ZSWAP, *was == 'Y' ? "Y" : "N"));
	free(was);
	end_users(self->users);
}

TEST_HARNESS_MAIN
