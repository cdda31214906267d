// SPDX-License-Identifier: GPL-2.0-only
/*
 * pagecache/files against mincore(2), cachestat(2) and /proc/meminfo; while
 * files are truncated, evicted and unmounted.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "pagecache_util.h"
#include "process_util.h"
#include "slow_disk.h"

#define VIEW		"pagecache/files"
#define ALL		"top=65536"

/* How long the machine is kept busy while the view is read. */
#define BUSY_SECONDS	20

/* Files of which the largest are asked for. */
#define NR_FILES	100

/* What a row says; 0 for what it leaves open. */
struct file_row {
	char dev[32];
	uint64_t inode;
	char fstype[32];
	uint64_t cached;
	uint64_t dirty;
	uint64_t writeback;
	uint64_t mapped;
	uint64_t evicted;
	char orders[256];
	uint64_t files;
	char path[256];
};

static uint64_t number(const char *field)
{
	return *field == '-' ? 0 : strtoull(field, NULL, 10);
}

static void take_row(struct file_row *row, const struct table *table)
{
	snprintf(row->dev, sizeof(row->dev), "%s", table->field[0]);
	row->inode = number(table->field[1]);
	snprintf(row->fstype, sizeof(row->fstype), "%s", table->field[2]);
	row->cached = number(table->field[3]);
	row->dirty = number(table->field[4]);
	row->writeback = number(table->field[5]);
	row->mapped = number(table->field[6]);
	row->evicted = number(table->field[7]);
	snprintf(row->orders, sizeof(row->orders), "%s", table->field[8]);
	row->files = number(table->field[9]);
	snprintf(row->path, sizeof(row->path), "%s", table->field[10]);
}

/* Pages of the folios that the histogram shows. */
static uint64_t order_pages(const char *orders)
{
	uint64_t pages = 0;

	for (; orders && *orders != '-'; orders = strchr(orders, ',')) {
		unsigned int order;
		uint64_t folios;

		orders += *orders == ',';
		if (sscanf(orders, "%u=%lu", &order, &folios) != 2)
			return 0;
		pages += folios << order;
	}
	return pages;
}

static void device_name(char *name, size_t size, dev_t dev)
{
	snprintf(name, size, "%u:%u", major(dev), minor(dev));
}

/* Finds the row of a file; false if there is none.  Dies without an answer. */
static bool find(const char *dev, uint64_t inode, struct file_row *row)
{
	struct table table;
	bool bad = false, found = false;

	if (table_ask(&table, VIEW, ALL))
		die(VIEW);
	while (!found && table_row(&table, &bad)) {
		take_row(row, &table);
		found = !strcmp(row->dev, dev) && row->inode == inode;
	}
	if (bad)
		die(VIEW);
	table_free(&table);
	return found;
}

static bool find_fd(int fd, struct file_row *row)
{
	struct stat st;
	char dev[32];

	if (fstat(fd, &st))
		die("fstat");
	device_name(dev, sizeof(dev), st.st_dev);
	return find(dev, st.st_ino, row);
}

FIXTURE(files) {
};

FIXTURE_SETUP(files)
{
	disk_mount();
}

FIXTURE_TEARDOWN(files)
{
	disk_umount();
}

/* Closed by all; partly dirty; then clean. */
TEST_F(files, nobody_has_it_open)
{
	int fd = file_make(DISK "/closed one", 300, 3);
	struct cache_stat stat = {};
	struct file_row row;
	struct stat st;
	char dev[32];
	bool known;

	ASSERT_EQ(0, fstat(fd, &st));
	known = file_stat(fd, &stat);
	close(fd);
	device_name(dev, sizeof(dev), st.st_dev);
	ASSERT_TRUE(find(dev, st.st_ino, &row));
	EXPECT_STREQ("ext4", row.fstype);
	EXPECT_STREQ("/closed\\x20one", row.path);
	EXPECT_EQ(100, row.cached);
	EXPECT_EQ(100, row.dirty);
	EXPECT_EQ(0, row.writeback);
	EXPECT_EQ(0, row.mapped);
	EXPECT_EQ(1, row.files);
	EXPECT_EQ(100, order_pages(row.orders));
	if (known) {
		EXPECT_EQ(stat.cache, row.cached);
		EXPECT_EQ(stat.dirty, row.dirty);
		EXPECT_EQ(stat.writeback, row.writeback);
	}
	fd = open(DISK "/closed one", O_RDONLY | O_CLOEXEC);
	ASSERT_EQ(0, fsync(fd));
	close(fd);
	ASSERT_TRUE(find(dev, st.st_ino, &row));
	EXPECT_EQ(100, row.cached);
	EXPECT_EQ(0, row.dirty);
}

TEST_F(files, deleted_but_open)
{
	int fd = file_make(DISK "/deleted", 50, 1);
	struct file_row row;

	ASSERT_EQ(0, unlink(DISK "/deleted"));
	ASSERT_TRUE(find_fd(fd, &row));
	EXPECT_STREQ("/deleted\\x20(deleted)", row.path);
	EXPECT_EQ(50, row.cached);
	close(fd);
}

/* Closed and deleted: gone, and so that nobody brings it back. */
TEST_F(files, deleted_is_gone)
{
	int fd = file_make(DISK "/gone", 50, 1);
	struct file_row row;
	struct stat st;
	char dev[32];

	ASSERT_EQ(0, fstat(fd, &st));
	close(fd);
	ASSERT_EQ(0, unlink(DISK "/gone"));
	device_name(dev, sizeof(dev), st.st_dev);
	EXPECT_FALSE(find(dev, st.st_ino, &row));
}

TEST_F(files, mapped)
{
	int fd = file_make(DISK "/mapped", 64, 1);
	struct file_row row;
	volatile char *map;
	size_t i;

	map = mmap(NULL, 64 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, madvise((void *)map, 64 * PAGE, MADV_RANDOM));
	for (i = 0; i < 64; i++)
		(void)map[i * PAGE];
	ASSERT_TRUE(find_fd(fd, &row));
	EXPECT_EQ(64, row.mapped);
	munmap((void *)map, 64 * PAGE);
	ASSERT_TRUE(find_fd(fd, &row));
	EXPECT_EQ(0, row.mapped);
	close(fd);
}

/* tmpfs, with huge folios, and memory without a name. */
TEST_F(files, shmem)
{
	const char *dir = "/tmp/mmscope-huge";
	struct file_row row;
	int fd;

	rmdir(dir);
	ASSERT_EQ(0, mkdir(dir, 0755));
	ASSERT_EQ(0, mount("tmpfs", dir, "tmpfs", 0, "huge=always"));
	fd = file_make("/tmp/mmscope-huge/f", 1024, 1);
	ASSERT_TRUE(find_fd(fd, &row));
	EXPECT_STREQ("tmpfs", row.fstype);
	EXPECT_STREQ("/f", row.path);
	EXPECT_EQ(1024, row.cached);
	EXPECT_STREQ("9=2", row.orders);
	close(fd);
	EXPECT_EQ(0, umount(dir));
	rmdir(dir);

	fd = memfd_create("a name", MFD_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, 9 * PAGE));
	ASSERT_EQ(4, pwrite(fd, "text", 4, 3 * PAGE));
	ASSERT_TRUE(find_fd(fd, &row));
	EXPECT_STREQ("/memfd:a\\x20name\\x20(deleted)", row.path);
	EXPECT_EQ(1, row.cached);
	close(fd);
}

/* How long the disk takes. */
#define SLOW_NS		2000000000ULL

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* A block device, and what is being written back to it. */
TEST_F_TIMEOUT(files, device_writeback, 120)
{
	static char pages[4 * PAGE];
	struct cache_stat stat;
	struct file_row row;
	struct stat st;
	char dev[32];
	uint64_t began, inode;
	int fd, tries = 0;

	fd = slow_disk_open(SLOW_NS);
	if (fd < 0)
		SKIP(return, "no null_blk");
	ASSERT_EQ(0, fstat(fd, &st));
	device_name(dev, sizeof(dev), st.st_rdev);
	/* Its inode has the kernel's own number of the device. */
	inode = (uint64_t)major(st.st_rdev) << 20 | minor(st.st_rdev);
	ASSERT_EQ(sizeof(pages), pwrite(fd, pages, sizeof(pages), 64 * PAGE));
	ASSERT_TRUE(find(dev, inode, &row));
	EXPECT_STREQ("bdev", row.fstype);
	EXPECT_EQ(0, strncmp(row.path, "block:", 6));
	EXPECT_STREQ(dev, row.path + 6);
	/* The kernel may have begun to write them (6.1 does so). */
	EXPECT_EQ(4, row.dirty + row.writeback);
	EXPECT_EQ(row.cached, file_count(fd, 16384));
	if (file_stat(fd, &stat)) {
		EXPECT_EQ(stat.cache, row.cached);
		EXPECT_EQ(stat.dirty + stat.writeback,
			  row.dirty + row.writeback);
	}
	do {
		ASSERT_EQ(0, fsync(fd));
		ASSERT_EQ(sizeof(pages),
			  pwrite(fd, pages, sizeof(pages), 64 * PAGE));
		began = now();
		ASSERT_EQ(0, sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE));
		ASSERT_TRUE(find(dev, inode, &row));
	} while (now() - began >= SLOW_NS && ++tries < 10);
	EXPECT_EQ(4, row.writeback);
	EXPECT_EQ(0, row.dirty);
	ASSERT_EQ(0, fsync(fd));
	ASSERT_TRUE(find(dev, inode, &row));
	EXPECT_EQ(0, row.writeback);
	EXPECT_EQ(0, slow_disk_close(fd));
}

/* Sums over an answer, and what its last line says of them. */
struct sums {
	uint64_t pages;
	uint64_t files;
	uint64_t rows;
	uint64_t end_pages;
	uint64_t end_files;
	bool sorted;
};

static int sum_up(struct sums *sums, const char *query)
{
	uint64_t last = UINT64_MAX;
	struct file_row row;
	struct table table;
	bool bad = false;

	*sums = (struct sums){ .sorted = true };
	if (table_ask(&table, VIEW, "%s", query))
		return -1;
	while (table_row(&table, &bad)) {
		take_row(&row, &table);
		sums->pages += row.cached;
		sums->files += row.files;
		if (*table.field[1] == '-')
			continue;
		sums->sorted &= row.cached <= last;
		last = row.cached;
		sums->rows++;
		if (order_pages(row.orders) != row.cached ||
		    row.mapped > row.cached || row.dirty > row.cached) {
			complain("%s: %s pages, %s", row.path, table.field[3],
				 row.orders);
			bad = true;
		}
	}
	if (!line_number(table.end, "cached_pages", &sums->end_pages) ||
	    !line_number(table.end, "files", &sums->end_files))
		bad = true;
	table_free(&table);
	return bad ? -1 : 0;
}

/* Cached and Buffers, with what CPUs have not yet passed on. */
static uint64_t meminfo_pages(void)
{
	uint64_t kb;
	char *text;

	write_path("/proc/sys/vm/stat_refresh", "1");
	text = read_path("/proc/meminfo", NULL);
	kb = value_of(text, "Cached") + value_of(text, "Buffers");
	free(text);
	return kb * 1024 / PAGE;
}

/*
 * Within 1 % of what the kernel counts, which has itself not changed
 * meanwhile; with few rows as with all.
 */
TEST_F(files, sum)
{
	static const char *const queries[] = { "top=1", "", "top=7", ALL };
	char page[PAGE];
	struct sums sums;
	size_t i;
	int fd;

	close(file_make(DISK "/big", 8192, 1));
	fd = file_make(DISK "/hidden", 4096, 1);
	ASSERT_EQ(PAGE, pread(fd, page, PAGE, 0));
	close(fd);
	for (i = 0; i < ARRAY_LEN(queries); i++) {
		uint64_t before, after, difference;
		int tries = 0;

		do {
			before = meminfo_pages();
			ASSERT_EQ(0, sum_up(&sums, queries[i]));
			after = meminfo_pages();
		} while (before != after && ++tries < 50);
		ASSERT_EQ(before, after);
		difference = sums.pages > after ? sums.pages - after :
						  after - sums.pages;
		EXPECT_GE(after / 100, difference)
			TH_LOG("%s: %lu of %lu pages", queries[i], sums.pages,
			       after);
		EXPECT_EQ(sums.end_pages, sums.pages);
		EXPECT_EQ(sums.end_files, sums.files);
		EXPECT_TRUE(sums.sorted);
		if (i == 0)
			EXPECT_EQ(1, sums.rows);
		if (i == 2)
			EXPECT_EQ(7, sums.rows);
	}
	EXPECT_EQ(sums.files, sums.rows);
}

/* Every file of the root filesystem is what mincore says of it. */
TEST_F(files, every_file)
{
	struct file_row row;
	struct table table;
	struct stat root;
	bool bad = false;
	int checked = 0;
	char dev[32];

	ASSERT_EQ(0, stat("/", &root));
	device_name(dev, sizeof(dev), root.st_dev);
	ASSERT_EQ(0, table_ask(&table, VIEW, ALL));
	while (table_row(&table, &bad)) {
		struct stat st;
		int fd;

		take_row(&row, &table);
		if (strcmp(row.dev, dev) || strchr(row.path, '\\') ||
		    stat(row.path, &st) || !S_ISREG(st.st_mode))
			continue;
		fd = open(row.path, O_RDONLY | O_CLOEXEC | O_NOATIME);
		ASSERT_LE(0, fd);
		EXPECT_EQ(st.st_ino, row.inode);
		EXPECT_EQ(file_count(fd, (st.st_size + PAGE - 1) / PAGE),
			  row.cached)
			TH_LOG("%s", row.path);
		close(fd);
		checked++;
	}
	table_free(&table);
	EXPECT_FALSE(bad);
	EXPECT_LE(5, checked);
}

/* Which of DISK's files a row is about; -1 if it is another's. */
static int which_of(const struct file_row *row, const char *dev)
{
	return strcmp(row->dev, dev) || strncmp(row->path, "/f", 2) ? -1 :
	       atoi(row->path + 2);
}

/* Pages that the file has, of which every eighth is written. */
static uint64_t cached_of(int which)
{
	return (400 + (which * 37) % 100 + 7) / 8;
}

/*
 * Asks for so many files that some of DISK's are among them and some are not,
 * and whether the smallest that is shown is as large as all that are not.
 */
static void check_top(struct __test_metadata *_metadata, const char *dev,
		      int top)
{
	uint64_t least = UINT64_MAX, most = 0;
	bool shown[NR_FILES] = {}, bad = false;
	struct file_row row;
	struct table table;
	int i, found = 0;

	ASSERT_EQ(0, table_ask(&table, VIEW, "top=%d", top));
	while (table_row(&table, &bad)) {
		take_row(&row, &table);
		i = which_of(&row, dev);
		if (i < 0 || i >= NR_FILES)
			continue;
		shown[i] = true;
		found++;
	}
	EXPECT_FALSE(bad);
	table_free(&table);
	for (i = 0; i < NR_FILES; i++) {
		if (shown[i] && cached_of(i) < least)
			least = cached_of(i);
		if (!shown[i] && cached_of(i) > most)
			most = cached_of(i);
	}
	EXPECT_LT(0, found);
	EXPECT_GT(NR_FILES, found);
	EXPECT_GE(least, most);
}

/* The largest of many, in whatever order they come. */
TEST_F(files, largest)
{
	struct file_row row;
	struct table table;
	bool bad = false;
	struct stat st;
	char dev[32], name[64];
	int i, found = 0, rows = 0, middle = 0;

	ASSERT_EQ(0, stat(DISK, &st));
	device_name(dev, sizeof(dev), st.st_dev);
	for (i = 0; i < NR_FILES; i++) {
		snprintf(name, sizeof(name), DISK "/f%d", i);
		/* 400 to 499 pages, neither ascending nor descending. */
		close(file_make(name, 400 + (i * 37) % 100, 8));
	}
	/* In sizes of 50 to 63 pages there are 8 each, but for the ends. */
	ASSERT_EQ(0, table_ask(&table, VIEW, ALL));
	while (table_row(&table, &bad)) {
		take_row(&row, &table);
		rows++;
		i = which_of(&row, dev);
		if (i < 0)
			continue;
		EXPECT_EQ(cached_of(i), row.cached);
		if (++found == NR_FILES / 2)
			middle = rows;
	}
	table_free(&table);
	EXPECT_FALSE(bad);
	ASSERT_EQ(NR_FILES, found);
	check_top(_metadata, dev, middle);
}

static void churn_cache(void)
{
	static char page[PAGE];
	int i = 0, fd;

	for (;;) {
		fd = open(DISK "/churn", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (fd >= 0) {
			pwrite(fd, page, PAGE, (i * 7 % 500) * PAGE);
			if (!(i % 50))
				ftruncate(fd, (i * 13 % 500) * PAGE);
			if (!(i % 200))
				unlink(DISK "/churn");
			close(fd);
		}
		if (!(++i % 100))
			write_path("/proc/sys/vm/drop_caches", "3");
	}
}

static void churn_mounts(void)
{
	const char *dir = "/tmp/mmscope-mounts";
	char name[64];
	int i = 0;

	mkdir(dir, 0755);
	for (;;) {
		if (mount("tmpfs", dir, "tmpfs", 0, NULL))
			_exit(1);
		snprintf(name, sizeof(name), "%s/f", dir);
		close(file_make(name, 100 + i % 50, 1));
		if (mount("tmpfs", dir, "tmpfs", MS_REMOUNT, "size=64M"))
			_exit(2);
		if (umount(dir))
			_exit(3);
		i++;
	}
}

static void churn_disk(void)
{
	for (;;) {
		if (run("mkdir -p " DISK "2; truncate -s 8M " DISK "2.img; "
			"mkfs.ext4 -q -F " DISK "2.img && "
			"mount -o loop " DISK "2.img " DISK "2 && "
			"head -c 1M /dev/zero >" DISK "2/f && "
			"umount " DISK "2"))
			_exit(4);
	}
}

static pid_t start(void (*churn)(void))
{
	pid_t pid = fork();

	if (!pid) {
		/* Not longer than the test, however that ends. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setpgid(0, 0);
		churn();
	}
	return pid;
}

static int end(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, WNOHANG) == pid)
		return -1;	/* it has ended with an error */
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return 0;
}

/* Every answer is whole, and says so; what is unmounted can be unmounted. */
TEST_F_TIMEOUT(files, under_load, 180)
{
	time_t until = time(NULL) + BUSY_SECONDS;
	pid_t pids[3];
	int answers = 0, complete = 0;
	size_t i;

	pids[0] = start(churn_cache);
	pids[1] = start(churn_mounts);
	pids[2] = start(churn_disk);
	while (time(NULL) < until) {
		int fd = view_open(VIEW, answers % 2 ? "" : ALL);
		struct table table;
		bool bad = false;
		size_t len;
		char *text;

		ASSERT_LE(0, fd);
		text = read_fd(fd, 1 << 16, &len);
		ASSERT_NE(NULL, text);
		close(fd);
		complete += text_complete(text, len);
		if (!text_complete(text, len))
			EXPECT_NE(NULL, strstr(text, "stopped=busy"));
		ASSERT_EQ(0, table_parse(&table, text));
		while (table_row(&table, &bad))
			;
		EXPECT_FALSE(bad);
		table_free(&table);
		answers++;
	}
	for (i = 0; i < ARRAY_LEN(pids); i++)
		EXPECT_EQ(0, end(pids[i]))
			TH_LOG("churn %zu", i);
	umount(DISK "2");
	rmdir(DISK "2");
	unlink(DISK "2.img");
	umount("/tmp/mmscope-mounts");
	rmdir("/tmp/mmscope-mounts");
	TH_LOG("%d answers, %d complete", answers, complete);
	EXPECT_LE(5, answers);
	EXPECT_LT(0, complete);
}

TEST_HARNESS_MAIN
