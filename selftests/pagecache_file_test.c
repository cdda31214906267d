// SPDX-License-Identifier: GPL-2.0-only
/*
 * pagecache/file against mincore(2), cachestat(2), /proc/PID/pagemap and
 * /proc/kpageflags.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "frame_flags.h"
#include "kselftest_harness.h"
#include "pagecache_util.h"
#include "process_util.h"

#define VIEW		"pagecache/file"
#define SPARSE		DISK "/sparse"

/* Pages of a file whose answer is longer than the module's buffer of 64 KiB. */
#define MANY		8192UL

/* A first piece of such an answer: less than a buffer. */
#define PIECE		1000

/**
 * struct page_seen - what an answer says of a page
 * @state: word of its state, or "" if it is in no row.
 * @flags: its flags.
 * @pfn: its frame.
 * @order: of its folio.
 */
struct page_seen {
	char state[16];
	char flags[160];
	uint64_t pfn;
	unsigned int order;
};

/**
 * struct file_seen - what an answer says of a file
 * @page: its pages.
 * @pages: number of them.
 * @cached: how many are cached,
 * @evicted: evicted and
 * @swapped: in swap, as the rows say.
 * @mapped: sum of that column.
 * @end: the last line.
 */
struct file_seen {
	struct page_seen *page;
	size_t pages;
	uint64_t cached;
	uint64_t evicted;
	uint64_t swapped;
	uint64_t mapped;
	char end[512];
};

static bool has_flag(const char *set, const char *flag)
{
	size_t len = strlen(flag);

	for (; set; set = strchr(set, ',')) {
		set += *set == ',';
		if (!strncmp(set, flag, len) && (!set[len] || set[len] == ','))
			return true;
	}
	return false;
}

/* Takes one row apart.  Return: 0, or -1 after a complaint. */
static int see_row(struct file_seen *seen, const struct table *table)
{
	uint64_t index = strtoull(table->field[0], NULL, 10);
	uint64_t pages = strtoull(table->field[1], NULL, 10);
	unsigned int order = strtoul(table->field[2], NULL, 10);
	const char *state = table->field[3];
	uint64_t folios = strtoull(table->field[6], NULL, 10);
	uint64_t i;

	if (!pages || index + pages > seen->pages || folios << order < pages) {
		complain("row of %s pages at %s", table->field[1],
			 table->field[0]);
		return -1;
	}
	seen->mapped += strtoull(table->field[7], NULL, 10);
	if (!strcmp(state, "cached"))
		seen->cached += pages;
	else if (!strcmp(state, "evicted"))
		seen->evicted += pages;
	else if (!strcmp(state, "swapped"))
		seen->swapped += pages;
	for (i = index; i < index + pages; i++) {
		struct page_seen *page = &seen->page[i];

		if (*page->state) {
			complain("page %zu twice", (size_t)i);
			return -1;
		}
		snprintf(page->state, sizeof(page->state), "%s", state);
		snprintf(page->flags, sizeof(page->flags), "%s",
			 table->field[4]);
		page->pfn = strtoull(table->field[5], NULL, 10) + i - index;
		page->order = order;
	}
	return 0;
}

static bool sums_fit(const struct file_seen *seen)
{
	uint64_t cached = 0, evicted = 0, swapped = 0;

	return line_number(seen->end, "cached_pages", &cached) &&
	       line_number(seen->end, "evicted_pages", &evicted) &&
	       line_number(seen->end, "swapped_pages", &swapped) &&
	       cached == seen->cached && evicted == seen->evicted &&
	       swapped == seen->swapped;
}

/* Asks about a file of @pages pages.  Return: 0, or -1 after a complaint. */
static int see(struct file_seen *seen, const char *path, size_t pages)
{
	struct table table;
	bool bad = false;
	int err;

	*seen = (struct file_seen){ .pages = pages };
	seen->page = calloc(pages, sizeof(*seen->page));
	err = table_ask(&table, VIEW, "path=%s", path);
	if (err)
		return -1;
	while (!err && table_row(&table, &bad))
		err = see_row(seen, &table);
	snprintf(seen->end, sizeof(seen->end), "%s", table.end);
	table_free(&table);
	if (!err && !bad && !sums_fit(seen)) {
		complain("sums: %s", seen->end);
		return -1;
	}
	return bad ? -1 : err;
}

static void seen_free(struct file_seen *seen)
{
	free(seen->page);
}

/*
 * Pages whose being there is not what mincore says, which shows only what is
 * uptodate.
 */
static size_t differ_from(const struct file_seen *seen, int fd)
{
	unsigned char *there = file_resident(fd, seen->pages);
	size_t i, wrong = 0;

	for (i = 0; i < seen->pages; i++)
		wrong += has_flag(seen->page[i].flags, "uptodate") != there[i];
	free(there);
	return wrong;
}

FIXTURE(file) {
};

FIXTURE_SETUP(file)
{
	disk_mount();
}

FIXTURE_TEARDOWN(file)
{
	disk_umount();
}

/* Written in part, synced, dropped in part, read again in part. */
TEST_F(file, residency)
{
	int fd = file_make(DISK "/some", 600, 1);
	struct file_seen seen;
	char page[PAGE];

	file_drop(fd);
	ASSERT_EQ(0, posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM));
	ASSERT_EQ(PAGE, pread(fd, page, PAGE, 7 * PAGE));
	ASSERT_EQ(PAGE, pread(fd, page, PAGE, 8 * PAGE));
	ASSERT_EQ(PAGE, pread(fd, page, PAGE, 599 * PAGE));
	ASSERT_EQ(0, see(&seen, DISK "/some", 600));
	EXPECT_EQ(0, differ_from(&seen, fd));
	EXPECT_LE(3, seen.cached);
	EXPECT_GT(600, seen.cached);
	EXPECT_TRUE(has_flag(seen.page[7].flags, "uptodate"));
	EXPECT_EQ(0, seen.mapped);
	seen_free(&seen);
	close(fd);
}

/* Frames and flags: those of pagemap and kpageflags. */
TEST_F(file, frames)
{
	static const struct { const char *flag; uint64_t bit; } flags[] = {
		{ "locked", KPF(0) }, { "referenced", KPF(2) },
		{ "uptodate", KPF(3) }, { "dirty", KPF(4) },
		{ "lru", KPF(5) }, { "active", KPF(6) },
		{ "writeback", KPF(8) }, { "mapped", KPF(11) },
		{ "unevictable", KPF(18) },
	};
	int fd = file_make(DISK "/frames", 256, 1);
	struct file_seen seen;
	volatile char *map;
	size_t i, f, wrong = 0;

	map = mmap(NULL, 256 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, map);
	for (i = 0; i < 256; i++)
		(void)map[i * PAGE];
	frames_settle();
	ASSERT_EQ(0, see(&seen, DISK "/frames", 256));
	EXPECT_EQ(256, seen.cached);
	EXPECT_EQ(256, seen.mapped);
	for (i = 0; i < 256; i++) {
		struct page_seen *page = &seen.page[i];
		uint64_t word = frame_word(page->pfn);

		wrong += page->pfn != frame_of((char *)map + i * PAGE);
		for (f = 0; f < ARRAY_LEN(flags); f++)
			if (has_flag(page->flags, flags[f].flag) !=
			    !!(word & flags[f].bit)) {
				complain("page %zu: %s, but %lx", i,
					 page->flags, word);
				wrong++;
			}
	}
	EXPECT_EQ(0, wrong);
	/* Locked into memory, so that the flag is seen set once. */
	ASSERT_EQ(0, mlock((void *)map, 256 * PAGE));
	frames_settle();
	seen_free(&seen);
	ASSERT_EQ(0, see(&seen, DISK "/frames", 256));
	EXPECT_TRUE(has_flag(seen.page[100].flags, "unevictable"));
	EXPECT_TRUE(frame_word(seen.page[100].pfn) & KPF(18));
	munmap((void *)map, 256 * PAGE);
	seen_free(&seen);
	close(fd);
}

/* Dirty pages: those written since the last sync; none is written back here. */
TEST_F(file, dirty)
{
	int fd = file_make(DISK "/dirty", 64, 1);
	struct cache_stat stat;
	struct file_seen seen;
	char page[PAGE] = "y";
	size_t i, wrong = 0;

	ASSERT_EQ(0, fsync(fd));
	for (i = 0; i < 64; i += 3)
		ASSERT_EQ(PAGE, pwrite(fd, page, PAGE, i * PAGE));
	ASSERT_EQ(0, see(&seen, DISK "/dirty", 64));
	for (i = 0; i < 64; i++)
		wrong += has_flag(seen.page[i].flags, "dirty") !=
			 !!(frame_word(seen.page[i].pfn) & KPF(4));
	EXPECT_EQ(0, wrong);
	for (i = 0; i < 64; i += 3)
		EXPECT_TRUE(has_flag(seen.page[i].flags, "dirty"));
	if (file_stat(fd, &stat))
		EXPECT_EQ(seen.cached, stat.cache);
	seen_free(&seen);
	ASSERT_EQ(0, fsync(fd));
	ASSERT_EQ(0, see(&seen, DISK "/dirty", 64));
	for (i = 0; i < 64; i++)
		EXPECT_FALSE(has_flag(seen.page[i].flags, "dirty"));
	seen_free(&seen);
	close(fd);
}

/* What a cgroup reclaims is remembered as evicted. */
TEST_F(file, evicted)
{
	const char *group = "/sys/fs/cgroup/mmscope-file";
	struct cache_stat stat;
	struct file_seen seen;
	char text[64], *map;
	int fd, tries;
	size_t i;

	write_path("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	rmdir(group);
	ASSERT_EQ(0, mkdir(group, 0755));
	snprintf(text, sizeof(text), "%d", getpid());
	ASSERT_EQ(0, write_path("/sys/fs/cgroup/mmscope-file/cgroup.procs",
				text));
	fd = file_make(DISK "/evicted", 512, 1);
	ASSERT_EQ(0, fsync(fd));
	/*
	 * The kernel forgets a node of the file's tree, of 64 entries, that has
	 * nothing but evicted ones: one page of each stays.
	 */
	map = mmap(NULL, 512 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, (void *)map);
	for (i = 0; i < 512; i += 64)
		ASSERT_EQ(0, mlock(map + i * PAGE, PAGE));
	frames_settle();
	/* Fails with EAGAIN when there is less to reclaim than asked for. */
	for (tries = 0; tries < 20 && file_count(fd, 512) > 256; tries++)
		write_path("/sys/fs/cgroup/mmscope-file/memory.reclaim", "2M");
	ASSERT_EQ(0, see(&seen, DISK "/evicted", 512));
	EXPECT_EQ(0, differ_from(&seen, fd));
	EXPECT_GT(512, seen.cached);
	EXPECT_LE(8, seen.cached);
	/* Each was cached, and has not been truncated. */
	EXPECT_EQ(512, seen.cached + seen.evicted);
	if (file_stat(fd, &stat)) {
		EXPECT_EQ(seen.cached, stat.cache);
		EXPECT_EQ(seen.evicted, stat.evicted);
	}
	seen_free(&seen);
	munmap(map, 512 * PAGE);
	close(fd);
	write_path("/sys/fs/cgroup/cgroup.procs", text);
	rmdir(group);
}

/* Of tmpfs: a huge folio, and what has been swapped out. */
TEST_F(file, shmem)
{
	const char *dir = "/tmp/mmscope-huge";
	struct file_seen seen;
	size_t i, wrong = 0;
	volatile char *map;
	int fd;

	rmdir(dir);
	ASSERT_EQ(0, mkdir(dir, 0755));
	/* Without huge pages there is still what has been swapped out. */
	ASSERT_EQ(0, mount("tmpfs", dir, "tmpfs", 0,
			   has_thp() ? "huge=always" : NULL));
	fd = file_make("/tmp/mmscope-huge/f", 1024, 1);
	ASSERT_EQ(0, see(&seen, "/tmp/mmscope-huge/f", 1024));
	EXPECT_EQ(1024, seen.cached);
	EXPECT_EQ(0, differ_from(&seen, fd));
	map = mmap(NULL, 1024 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, map);
	for (i = 0; i < 1024; i++) {
		uint64_t word;

		(void)map[i * PAGE];
		word = frame_word(seen.page[i].pfn);
		wrong += seen.page[i].pfn != frame_of((char *)map + i * PAGE);
		wrong += !(word & (KPF_BIT_HEAD | KPF_BIT_TAIL)) !=
			 !seen.page[i].order;
		wrong += seen.page[i].order == 9 &&
			 !(word & KPF_BIT_HEAD) != !!(i % 512);
	}
	EXPECT_EQ(0, wrong);
	EXPECT_EQ(has_thp() ? 9 : 0, seen.page[0].order);
	seen_free(&seen);
	ASSERT_EQ(0, see(&seen, "/tmp/mmscope-huge/f", 1024));
	EXPECT_EQ(1024, seen.mapped);
	munmap((void *)map, 1024 * PAGE);
	seen_free(&seen);
	close(fd);
	EXPECT_EQ(0, umount(dir));
	rmdir(dir);
}

/* Paths: with blanks, relative, by a link, of what was deleted. */
TEST_F(file, paths)
{
	int fd = file_make(DISK "/a b\\c", 5, 1);
	struct file_seen seen;
	char path[64];

	ASSERT_EQ(0, see(&seen, DISK "/a\\x20b\\x5cc", 5));
	EXPECT_EQ(5, seen.cached);
	seen_free(&seen);
	ASSERT_EQ(0, chdir(DISK));
	ASSERT_EQ(0, symlink("a b\\c", "link"));
	ASSERT_EQ(0, see(&seen, "link", 5));
	EXPECT_EQ(5, seen.cached);
	seen_free(&seen);
	ASSERT_EQ(0, unlink("a b\\c"));
	ASSERT_EQ(0, chdir("/"));
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), fd);
	ASSERT_EQ(0, see(&seen, path, 5));
	EXPECT_EQ(5, seen.cached);
	seen_free(&seen);
	close(fd);
}

/* Writes a query and takes the errno; 0 if it was accepted. */
static int try_query(int fd, const char *query, size_t len)
{
	char text[512];

	snprintf(text, sizeof(text), "%-*s", (int)len, query);
	return write(fd, text, strlen(text)) < 0 ? errno : 0;
}

/* Queries that each file refuses, and the directory's default too. */
TEST(queries_refused)
{
	static const struct {
		const char *query;
		int err;
		bool default_too;
		size_t len;
	} bad[] = {
		{ "top", EINVAL, true }, { "top=", EINVAL, true },
		{ "top=x", EINVAL, true }, { "top=-1", EINVAL, true },
		{ "top=1-2", EINVAL, true }, { "top=1 top=1", EINVAL, true },
		{ "path", EINVAL, true }, { "path=", EINVAL, true },
		{ "path=a path=a", EINVAL, true },
		{ "path=a b", EINVAL, true }, { "path=\\x2", EINVAL, true },
		{ "path=\\", EINVAL, true }, { "path=\x80", EINVAL, true },
		{ "pfn=1", EINVAL, true }, { "memcg=/", EINVAL, true },
		{ "pid=1", EINVAL, true }, { "foo=1", EINVAL, true },
		{ "top=0 foo=1", EINVAL, true },
		{ "top=1 path=a", EINVAL, false },
	};
	static const char *const files[] = {
		"pagecache/files", "pagecache/file", "pagecache/query"
	};
	static const char *const good[] = {
		"top=7", "path=/a", "top=7 path=/a"
	};
	size_t f, i;

	for (f = 0; f < ARRAY_LEN(files); f++) {
		bool is_default = f == 2;
		int fd = view_open(files[f], good[f]);

		ASSERT_LE(0, fd);
		for (i = 0; i < ARRAY_LEN(bad); i++) {
			if (is_default && !bad[i].default_too)
				continue;
			EXPECT_EQ(bad[i].err, try_query(fd, bad[i].query,
							bad[i].len))
				TH_LOG("%s: %s", files[f], bad[i].query);
		}
		if (f != 1) {
			EXPECT_EQ(ERANGE, try_query(fd, "top=0", 0));
			EXPECT_EQ(ERANGE, try_query(fd, "top=65537", 0));
			EXPECT_EQ(ERANGE, try_query(fd, "top=65537", 300));
			EXPECT_EQ(E2BIG, try_query(fd, "top=7", 257));
		}
		if (f != 0)
			EXPECT_EQ(E2BIG, try_query(fd, "path=/a", 257));
		/* The key of the other file. */
		if (!is_default)
			EXPECT_EQ(EINVAL, try_query(fd, good[!f], 0));
		close(fd);
	}
	EXPECT_STREQ("top=7 path=/a\n",
		     read_path(MMSCOPE "pagecache/query", NULL));
	EXPECT_EQ(0, write_path(MMSCOPE "pagecache/query", "\n"));
	EXPECT_STREQ("top=50 path=-\n",
		     read_path(MMSCOPE "pagecache/query", NULL));
}

/* Of what it cannot show it says so when it is read. */
TEST_F(file, errors)
{
	static const struct { const char *query; int err; } bad[] = {
		{ "", EINVAL },
		{ "path=-", EINVAL },
		{ "path=" DISK "/none", ENOENT },
		{ "path=" DISK "/plain/x", ENOTDIR },
		{ "path=/proc/self/fd/9999", ENOENT },
		{ "path=" DISK "/loop", ELOOP },
		{ "path=" DISK "/huge", EOPNOTSUPP },
	};
	size_t i;

	close(file_make(DISK "/plain", 1, 1));
	ASSERT_EQ(0, symlink(DISK "/loop", DISK "/loop"));
	ASSERT_EQ(0, mkdir(DISK "/huge", 0755));
	ASSERT_EQ(0, mount("hugetlbfs", DISK "/huge", "hugetlbfs", 0, NULL));
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		int fd = view_open(VIEW, bad[i].query);
		char text[16];

		ASSERT_LE(0, fd);
		EXPECT_EQ(-1, read(fd, text, sizeof(text)));
		EXPECT_EQ(bad[i].err, errno)
			TH_LOG("%s", bad[i].query);
		close(fd);
	}
	EXPECT_EQ(0, umount(DISK "/huge"));
}

/* Looking changes neither the cache nor the times. */
TEST_F(file, leaves_no_trace)
{
	struct stat before, after;
	struct file_seen seen;
	int fd = file_make(DISK "/quiet", 100, 3), n;
	uint64_t cached;

	file_drop(fd);
	cached = file_count(fd, 100);
	ASSERT_EQ(0, fstat(fd, &before));
	for (n = 0; n < 10; n++) {
		ASSERT_EQ(0, see(&seen, DISK "/quiet", 100));
		EXPECT_EQ(cached, seen.cached);
		seen_free(&seen);
	}
	ASSERT_EQ(0, fstat(fd, &after));
	EXPECT_EQ(cached, file_count(fd, 100));
	EXPECT_EQ(before.st_atim.tv_nsec, after.st_atim.tv_nsec);
	EXPECT_EQ(before.st_atim.tv_sec, after.st_atim.tv_sec);
	close(fd);
}

/* A block device that nobody has open, by its node. */
TEST_F(file, device)
{
	struct file_seen seen;
	char device[64], *end;
	FILE *pipe;
	int fd;

	pipe = popen("losetup -n -O NAME -j " DISK ".img", "r");
	ASSERT_NE(NULL, pipe);
	ASSERT_NE(NULL, fgets(device, sizeof(device), pipe));
	pclose(pipe);
	end = strpbrk(device, " \n");
	if (end)
		*end = '\0';
	fd = open(device, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, see(&seen, device, 24576));
	EXPECT_EQ(0, differ_from(&seen, fd));
	EXPECT_LT(0, seen.cached);
	close(fd);
	seen_free(&seen);
	/* Of one that is not in use nothing is cached. */
	ASSERT_EQ(0, mknod(DISK "/node", S_IFBLK | 0600, 250 << 8 | 77));
	ASSERT_EQ(0, see(&seen, DISK "/node", 1));
	EXPECT_EQ(0, seen.cached);
	seen_free(&seen);
}

/* Opens the view about SPARSE and reads a first piece. */
static int begin(struct __test_metadata *_metadata)
{
	int fd = view_open(VIEW, "path=" SPARSE);
	char text[PIECE];

	ASSERT_LE(0, fd);
	ASSERT_EQ(PIECE, read(fd, text, PIECE));
	return fd;
}

static void expect_stopped(struct __test_metadata *_metadata, int fd,
			   const char *why)
{
	char *text = read_fd(fd, 1 << 16, NULL), word[32] = "";

	ASSERT_NE(NULL, text);
	ASSERT_NE(NULL, strstr(text, "# end "));
	EXPECT_NE(NULL, strstr(text, " complete=0 "));
	EXPECT_TRUE(line_key(strstr(text, "# end "), "stopped", word,
			     sizeof(word)));
	EXPECT_STREQ(why, word);
	free(text);
	close(fd);
}

/* Deleted, replaced and unmounted while it is read. */
TEST_F(file, goes_away)
{
	struct file_seen seen;
	int fd = file_make(SPARSE, MANY, 2), view;

	ASSERT_EQ(0, see(&seen, SPARSE, MANY));
	EXPECT_EQ(MANY / 2, seen.cached);
	seen_free(&seen);
	view = begin(_metadata);
	ASSERT_EQ(0, unlink(SPARSE));
	expect_stopped(_metadata, view, "gone");
	close(fd);

	close(file_make(SPARSE, MANY, 2));
	view = begin(_metadata);
	close(file_make(DISK "/new", MANY, 2));
	ASSERT_EQ(0, rename(DISK "/new", SPARSE));
	expect_stopped(_metadata, view, "replaced");

	/* A reader that waits does not keep it mounted. */
	view = begin(_metadata);
	ASSERT_EQ(0, umount(DISK));
	expect_stopped(_metadata, view, "gone");
}

TEST_HARNESS_MAIN
