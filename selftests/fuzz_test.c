// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random and mutated writes to all files that can be written: each is accepted,
 * or refused with an errno that docs/reference/format.md has, and whatever was
 * written, the files can be read afterwards.
 *
 * MMSCOPE_WRITES says how many, MMSCOPE_SEED which ones.  That nothing breaks is
 * for the kernel to say (panic_on_warn).
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "lab_util.h"
#include "process_util.h"
#include "tree_files.h"

#define WRITES		20000
#define TEXT_MAX	6000
/* A file stays open for so many writes on average. */
#define TURN		50
/* Pages that an experiment may have, so that each takes a moment only. */
#define LAB_LIMIT	"max_pages=64"

static struct tree_files files;
static char text[TEXT_MAX];

/* What is mutated. */
static const char *const seeds[] = {
	"pid=self", "pid=1", "pid=1 addr=0x1000", "start=0x1000 end=0x2000",
	"pid=1 ignore=accessed,dirty detail=folio", "none=1", "by=vma top=100",
	"pfn=0", "pfn=1-1000", "max=4 top=5", "cache=kmalloc-64", "size=96",
	"memcg=/", "path=/bin/true", "order=4 count=10 gfp=kernel hold=1",
	"order=9 target=500 mobility=movable seed=7 pages=1",
	"order=9 trigger=alloc count=2", "size=64 count=100 pattern=refill",
	"way=kmalloc,vmalloc size=4096 count=2", "oom=1 count=3", "max_pages=10",
	"order=2 zone=dma32 node=0 index=extfrag_index", "", "\n",
};

static const int allowed[] = {
	0, EINVAL, ERANGE, ESRCH, ENOENT, E2BIG, EPERM, EBUSY, ENOSPC, ENXIO,
	ENOMEM, EEXIST, EOPNOTSUPP, ENOTDIR, ENAMETOOLONG, EACCES, ELOOP,
	ENODEV, EISDIR,
};

static bool to_write(const char *name, const struct stat *stat)
{
	/* Limits stay as they are for the experiments' sake; see below. */
	return stat->st_mode & 0200 && !strstr(name, "/limits");
}

static unsigned int any(unsigned int below)
{
	return random() % below;
}

static size_t change(size_t len)
{
	size_t at = len ? any(len) : 0, n = 1 + any(8);

	switch (any(6)) {
	case 0:
		if (len)
			text[at] = random();
		return len;
	case 1:
		if (len)
			text[at] ^= 1 << any(8);
		return len;
	case 2:		/* a piece twice */
		n = n < len - at ? n : len - at;
		if (len + n > TEXT_MAX)
			return len;
		memmove(text + at + n, text + at, len - at);
		return len + n;
	case 3:		/* a piece less */
		n = n < len - at ? n : len - at;
		memmove(text + at, text + at + n, len - at - n);
		return len - n;
	case 4:		/* a number */
		n = snprintf(text + at, TEXT_MAX - at, "%lu",
			     (unsigned long)random() << any(33));
		return at + n > len ? at + n : len;
	default:	/* another one behind */
		n = strlen(seeds[at = any(ARRAY_LEN(seeds))]);
		if (len + n + 1 > TEXT_MAX)
			return len;
		text[len] = ' ';
		memcpy(text + len + 1, seeds[at], n);
		return len + 1 + n;
	}
}

static size_t make_text(void)
{
	unsigned int changes = any(5);
	const char *seed;
	size_t len, i;

	if (!any(20)) {
		len = any(any(10) ? 300 : TEXT_MAX);
		for (i = 0; i < len; i++)
			text[i] = random();
		return len;
	}
	seed = seeds[any(ARRAY_LEN(seeds))];
	len = strlen(seed);
	memcpy(text, seed, len);
	while (changes--)
		len = change(len);
	return len;
}

static bool is_allowed(int err)
{
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(allowed); i++)
		if (err == allowed[i])
			return true;
	return false;
}

static unsigned int setting_of(const char *name, unsigned int otherwise)
{
	const char *value = getenv(name);

	return value && *value ? strtoul(value, NULL, 0) : otherwise;
}

static void limit_labs(const char *limit)
{
	char names[LABS_MAX][32];
	unsigned int i, nr = lab_names(names);

	for (i = 0; i < nr; i++)
		if (lab_limit(names[i], limit))
			die("lab/%s/limits", names[i]);
}

FIXTURE(fuzz) {
	unsigned int writes;
};

FIXTURE_SETUP(fuzz)
{
	unsigned int seed = setting_of("MMSCOPE_SEED", time(NULL));

	self->writes = setting_of("MMSCOPE_WRITES", WRITES);
	TH_LOG("MMSCOPE_WRITES=%u MMSCOPE_SEED=%u", self->writes, seed);
	srandom(seed);
	tree_files_find(&files, to_write);
	ASSERT_LT(20, files.nr);
	limit_labs(LAB_LIMIT);
}

/* For all that come after: as after loading. */
FIXTURE_TEARDOWN(fuzz)
{
	unsigned int i;

	for (i = 0; i < files.nr; i++)
		if (strstr(files.path[i], "/query") &&
		    write_path(files.path[i], "\n"))
			die("%s", files.path[i]);
	limit_labs("\n");
}

TEST_F_TIMEOUT(fuzz, files, 36000)
{
	unsigned int i, accepted = 0, odd = 0;
	char byte;
	int fd = -1;

	for (i = 0; i < self->writes; i++) {
		static const char *path;
		size_t len = make_text();
		ssize_t n;

		if (fd < 0 || !any(TURN)) {
			if (fd >= 0)
				close(fd);
			path = files.path[any(files.nr)];
			fd = open(path, O_RDWR | O_CLOEXEC);
			ASSERT_LE(0, fd);
		}
		n = write(fd, text, len);
		accepted += n >= 0;
		if (n < 0 ? !is_allowed(errno) : (size_t)n != len) {
			complain("%s: %s for: %.*s", path,
				 n < 0 ? strerror(errno) : "cut short",
				 (int)(len < 200 ? len : 200), text);
			odd++;
		}
		if (!any(10) && lseek(fd, 0, SEEK_SET) == 0 &&
		    read(fd, &byte, 1) < 0 && !is_allowed(errno)) {
			complain("%s: read: %s", path, strerror(errno));
			odd++;
		}
	}
	close(fd);
	TH_LOG("%u writes to %u files, %u accepted", self->writes, files.nr,
	       accepted);
	EXPECT_EQ(0, odd);
	EXPECT_LT(0, accepted);
	EXPECT_GT(self->writes, accepted);
}

/* Limits by themselves: nothing runs by them. */
TEST_F_TIMEOUT(fuzz, limits, 36000)
{
	char names[LABS_MAX][32], path[96];
	unsigned int i, nr = lab_names(names), odd = 0;
	int fds[LABS_MAX];

	for (i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), LAB "%.31s/limits", names[i]);
		fds[i] = open(path, O_RDWR | O_CLOEXEC);
		ASSERT_LE(0, fds[i]);
	}
	for (i = 0; i < self->writes / 10; i++) {
		size_t len = make_text();

		if (write(fds[any(nr)], text, len) < 0 && !is_allowed(errno)) {
			complain("limits: %s", strerror(errno));
			odd++;
		}
	}
	for (i = 0; i < nr; i++)
		close(fds[i]);
	EXPECT_EQ(0, odd);
}

TEST_HARNESS_MAIN
