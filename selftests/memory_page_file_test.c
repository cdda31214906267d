// SPDX-License-Identifier: GPL-2.0-only
/* memory/page of page cache: the path, the offset and the inode of the file. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kernel-page-flags.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "memory_page.h"
#include "page_kinds.h"
#include "process_util.h"

#define BIT(n)		(1ULL << (n))

#define MOUNT		"/tmp/mmscope-page"
#define FILE_PAGES	5

/* As the view writes it: one field. */
static void escape(char *to, const char *from)
{
	for (; *from; from++) {
		unsigned char c = *from;

		if (c <= ' ' || c == '\\' || c > '~')
			to += sprintf(to, "\\x%02x", c);
		else
			*to++ = c;
	}
	*to = '\0';
}

/* The path without that of where the filesystem is mounted. */
static const char *path_inside(const char *path)
{
	size_t len = strlen(path);
	struct stat file, above;
	char parent[PATH_MAX];

	snprintf(parent, sizeof(parent), "%s", path);
	if (stat(path, &file))
		die("%s", path);
	while (len) {
		len = strrchr(parent, '/') - parent;
		parent[len ?: 1] = '\0';
		if (stat(parent, &above))
			die("%s", parent);
		/* What is below is on its own filesystem, mounted there. */
		if (above.st_dev != file.st_dev)
			return strchr(path + len + 1, '/');
	}
	return path;
}

FIXTURE(machine) {
	struct page_row row;
	char name[OWNER_MAX];
};

FIXTURE_SETUP(machine)
{
	machine_prepare();
}

FIXTURE_TEARDOWN(machine)
{
	machine_restore();
}

/* All pages of a file, mapped at @area, are its own; also its huge pages'. */
#define EXPECT_FILE(kind_word, path, area, nr, size) do {		\
	struct stat _stat;						\
	uint64_t _major = 0, _minor = 0, _inode = 0;			\
	size_t _i;							\
									\
	ASSERT_EQ(0, fstat(fd, &_stat));				\
	escape(self->name, path);					\
	for (_i = 0; _i < (nr); _i++) {					\
		page_row_at((area) + _i * (size), &self->row);		\
		EXPECT_STREQ(kind_word, self->row.kind);		\
		EXPECT_STREQ(self->name, self->row.owner);		\
		EXPECT_EQ(_i * ((size) / PAGE), self->row.index);	\
		EXPECT_TRUE(detail_number(&self->row, "inode", &_inode)); \
		EXPECT_EQ(_stat.st_ino, _inode);			\
		EXPECT_TRUE(detail_number(&self->row, "dev_major",	\
					  &_major));			\
		EXPECT_TRUE(detail_number(&self->row, "dev_minor",	\
					  &_minor));			\
		EXPECT_EQ(makedev(_major, _minor), _stat.st_dev);	\
	}								\
} while (0)

TEST_F(machine, file)
{
	const char *path = "/var/tmp/mmscope page\\", *other = "/var/tmp/mmscope-page";
	char data[FILE_PAGES * PAGE] = "text", name[PATH_MAX];
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	char *area;

	ASSERT_LE(0, fd);
	ASSERT_EQ(sizeof(data), write(fd, data, sizeof(data)));
	ASSERT_EQ(0, fsync(fd));
	area = map_area(sizeof(data), MAP_SHARED | MAP_POPULATE, fd);
	EXPECT_FILE("file", path_inside(path), area, FILE_PAGES, PAGE);
	EXPECT_EQ(0, self->row.flags & BIT(KPF_DIRTY));
	area[PAGE * (FILE_PAGES - 1)] = 1;
	ASSERT_EQ(1, pwrite(fd, "x", 1, PAGE * (FILE_PAGES - 1)));
	page_row_at(area + PAGE * (FILE_PAGES - 1), &self->row);
	EXPECT_EQ(BIT(KPF_DIRTY), self->row.flags & BIT(KPF_DIRTY));

	ASSERT_EQ(0, rename(path, other));
	EXPECT_FILE("file", path_inside(other), area, FILE_PAGES, PAGE);
	snprintf(name, sizeof(name), "%s (deleted)", path_inside(other));
	ASSERT_EQ(0, unlink(other));
	EXPECT_FILE("file", name, area, FILE_PAGES, PAGE);
}

TEST_F(machine, memfd)
{
	int fd = memfd_create("mmscope", 0);
	char *area;

	ASSERT_EQ(0, ftruncate(fd, FILE_PAGES * PAGE));
	area = map_area(FILE_PAGES * PAGE, MAP_SHARED | MAP_POPULATE, fd);
	EXPECT_FILE("shmem", "/memfd:mmscope (deleted)", area, FILE_PAGES,
		    PAGE);
}

TEST_F(machine, tmpfs)
{
	char *area;
	int fd;

	mkdir(MOUNT, 0700);
	ASSERT_EQ(0, mount("mmscope", MOUNT, "tmpfs", 0, NULL));
	ASSERT_EQ(0, mkdir(MOUNT "/dir", 0700));
	fd = open(MOUNT "/dir/file", O_RDWR | O_CREAT, 0600);
	EXPECT_EQ(0, ftruncate(fd, FILE_PAGES * PAGE));
	area = map_area(FILE_PAGES * PAGE, MAP_SHARED | MAP_POPULATE, fd);
	EXPECT_FILE("shmem", "/dir/file", area, FILE_PAGES, PAGE);
	munmap(area, FILE_PAGES * PAGE);
	close(fd);
	EXPECT_EQ(0, umount(MOUNT));
}

TEST_F(machine, hugetlb)
{
	char *area;
	int fd;

	ASSERT_EQ(0, write_path("/proc/sys/vm/nr_hugepages", "4"));
	mkdir(MOUNT, 0700);
	ASSERT_EQ(0, mount("mmscope", MOUNT, "hugetlbfs", 0, "pagesize=2M"));
	fd = open(MOUNT "/file", O_RDWR | O_CREAT, 0600);
	EXPECT_EQ(0, ftruncate(fd, 2 * HUGE));
	area = map_area(2 * HUGE, MAP_SHARED | MAP_POPULATE, fd);
	EXPECT_FILE("hugetlb", "/file", area, 2, HUGE);
	EXPECT_EQ(9, self->row.order);
	page_row_at(area + HUGE + 5 * PAGE, &self->row);
	EXPECT_EQ(512 + 5, self->row.index);
	EXPECT_EQ(5, self->row.position);
	EXPECT_EQ(BIT(KPF_HUGE), self->row.flags & BIT(KPF_HUGE));
	munmap(area, 2 * HUGE);
	EXPECT_EQ(0, unlink(MOUNT "/file"));
	close(fd);
	EXPECT_EQ(0, umount(MOUNT));

	area = map_area(HUGE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1);
	*area = 1;
	page_row_at(area, &self->row);
	EXPECT_STREQ("hugetlb", self->row.kind);
	EXPECT_STREQ("-", self->row.owner);
	EXPECT_EQ(1, self->row.mapcount);
	munmap(area, HUGE);
	/* In the pool again. */
	ASSERT_TRUE(page_row_find(self->row.pfn, &self->row));
	EXPECT_STREQ("hugetlb", self->row.kind);
	EXPECT_EQ(0, self->row.refcount);
	EXPECT_EQ(NO_NUMBER, self->row.index);
}

TEST_HARNESS_MAIN
