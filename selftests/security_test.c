// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who gets at the files, all that there are: root of the machine only, with the
 * capability.  And what is in them says nowhere where the kernel has its memory.
 * The files are found by going through the tree, so new ones are tried, too.
 */

#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "process_util.h"
#include "tree_files.h"

#define NOBODY		65534
#define CHUNK		(1 << 16)

/* The kernel's half, on machines with five levels of page tables, too. */
#define KERNEL_FIRST	0xff00000000000000ULL
/* Small negative numbers, and the largest of all. */
#define KERNEL_LAST	0xffffffffffffefffULL
/* At this address on every machine, and in user space's own list. */
#define VSYSCALL	0xffffffffff600000ULL

static struct tree_files files;
static unsigned int odd_modes;

static int look(const char *path, const struct stat *stat, int type,
		struct FTW *ftw)
{
	bool folder = type == FTW_D;
	mode_t mode = stat->st_mode & 07777;

	if (stat->st_uid || stat->st_gid ||
	    (folder ? mode & 07022 : mode != 0400 && mode != 0600)) {
		complain("%s: mode %o of %u:%u", path, mode, stat->st_uid,
			 stat->st_gid);
		odd_modes++;
	}
	return 0;
}

FIXTURE(files) {
	int folder;
};

FIXTURE_SETUP(files)
{
	odd_modes = 0;
	if (nftw(MMSCOPE, look, 8, FTW_PHYS))
		die(MMSCOPE);
	tree_files_find(&files, NULL);
	/* Behind debugfs itself, which is for root only. */
	self->folder = open(MMSCOPE, O_PATH | O_DIRECTORY);
	ASSERT_LE(0, self->folder);
	ASSERT_LT(30, files.nr);
}

FIXTURE_TEARDOWN(files)
{
	close(self->folder);
}

TEST_F(files, modes)
{
	EXPECT_EQ(0, odd_modes);
}

/* Files that can be opened, or where that fails with another errno. */
static unsigned int try_all(int folder, int err)
{
	static const int modes[] = { O_RDONLY, O_WRONLY, O_RDWR };
	unsigned int i, j, wrong = 0;

	for (i = 0; i < files.nr; i++) {
		for (j = 0; j < ARRAY_LEN(modes); j++) {
			int fd = openat(folder, tree_name(files.path[i]),
					modes[j]);

			if (fd < 0 && errno == err)
				continue;
			complain("%s: %s", files.path[i],
				 fd < 0 ? strerror(errno) : "opened");
			wrong++;
			if (fd >= 0)
				close(fd);
		}
	}
	return wrong;
}

static int exit_code(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

TEST_F(files, another_user)
{
	pid_t pid = fork();

	if (!pid)
		_exit(setgid(NOBODY) || setuid(NOBODY) ||
		      try_all(self->folder, EACCES) > 0);
	EXPECT_EQ(0, exit_code(pid));
}

/* Who owns the files, and may read all others, but lacks CAP_SYS_ADMIN. */
static int drop_admin(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data))
		return -1;
	data[0].effective &= ~(1U << CAP_SYS_ADMIN);
	data[0].permitted &= ~(1U << CAP_SYS_ADMIN);
	return syscall(SYS_capset, &head, data);
}

TEST_F(files, root_of_a_container)
{
	pid_t pid = fork();

	if (!pid)
		_exit(drop_admin() || try_all(self->folder, EPERM) > 0);
	EXPECT_EQ(0, exit_code(pid));
}

static int map_ids(pid_t pid, const char *file, unsigned int outside)
{
	char path[64], text[32];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	snprintf(text, sizeof(text), "0 %u 1", outside);
	return write_path(path, text);
}

/*
 * Root of a user namespace, with all capabilities there.  @outside: who that is
 * on the machine.  Return: 0 if it got at nothing.
 */
static int as_root_of_namespace(int folder, unsigned int outside, int err)
{
	int ready[2], go[2];
	char byte;
	pid_t pid;

	if (pipe(ready) || pipe(go))
		die("pipe");
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWUSER) || write(ready[1], "", 1) != 1 ||
		    read(go[0], &byte, 1) != 1 || setgid(0) || setuid(0))
			_exit(100);
		_exit(try_all(folder, err) > 0);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1 || map_ids(pid, "uid_map", outside) ||
	    map_ids(pid, "gid_map", outside) || write(go[1], "", 1) != 1)
		die("no user namespace");
	close(ready[0]);
	close(go[0]);
	close(go[1]);
	return exit_code(pid);
}

TEST_F(files, user_namespace)
{
	EXPECT_EQ(0, as_root_of_namespace(self->folder, NOBODY, EACCES));
	/* Even if it is root of the machine that is root there. */
	EXPECT_EQ(0, as_root_of_namespace(self->folder, 0, EPERM));
}

/* A number in a text, hexadecimal with or without 0x, or decimal. */
static bool is_kernel_address(const char *word, size_t len)
{
	char digits[32];
	uint64_t value;

	if (len < 16 || len >= sizeof(digits))
		return false;
	memcpy(digits, word, len);
	digits[len] = '\0';
	if (!strncmp(digits, "0x", 2) || len == 16)
		value = strtoull(digits, NULL, 16);
	else
		value = strtoull(digits, NULL, 10);
	return value >= KERNEL_FIRST && value <= KERNEL_LAST &&
	       (value & ~0x1fffULL) != VSYSCALL;
}

/* Complains of each that looks so.  Return: how many. */
static unsigned int find_addresses(const char *path, const char *text)
{
	unsigned int nr = 0;
	size_t len;

	for (; *text; text += len + !!text[len]) {
		for (len = 0; isalnum((unsigned char)text[len]); len++)
			;
		if (!is_kernel_address(text, len))
			continue;
		complain("%s: %.*s", path, (int)len, text);
		nr++;
	}
	return nr;
}

/*
 * Goes through an answer.  Return: false if there is none, but for views that
 * this kernel does not have.
 */
static bool scan(const char *path, const char *query, unsigned int *nr)
{
	int fd = open(path, query ? O_RDWR : O_RDONLY);
	char *text = NULL;

	if (fd < 0 && errno == EOPNOTSUPP)
		return true;
	if (fd >= 0 && (!query || write(fd, query, strlen(query)) >= 0))
		text = read_fd(fd, CHUNK, NULL);
	if (text)
		*nr += find_addresses(path, text);
	else
		complain("%s: %s: %s", path, query ?: "no query",
			 strerror(errno));
	if (fd >= 0)
		close(fd);
	free(text);
	return text;
}

/* What finds them, finds them. */
TEST(addresses_are_found)
{
	EXPECT_EQ(1, find_addresses("-", "a ffff888003c4d000 b\n"));
	EXPECT_EQ(1, find_addresses("-", "at=0xffffffff81000000,x"));
	EXPECT_EQ(1, find_addresses("-", "18446612682070347776\n"));
	EXPECT_EQ(1, find_addresses("-", "0xff11000000000000"));
	EXPECT_EQ(0, find_addresses("-", "0xffffffffff600000 "
				    "18446744073709551615 0x7fff0badcafe000 "
				    "4503599627370495"));
}

/* The options that have most to say, where it is not said anyway. */
static const struct {
	const char *path, *query;
} more[] = {
	{ MMSCOPE "process/ranges", "pid=1 detail=folio" },
	{ MMSCOPE "process/entries", "pid=1" },
	{ MMSCOPE "process/vmas", "pid=1" },
	{ MMSCOPE "memory/page", "pfn=0-65535" },
	{ MMSCOPE "memory/mappers", "pfn=0-65535" },
	{ MMSCOPE "pagecache/file", "path=/proc/self/exe" },
};

static bool has_more(const char *path)
{
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(more); i++)
		if (!strcmp(path, more[i].path))
			return true;
	return false;
}

TEST_F_TIMEOUT(files, no_kernel_address, 900)
{
	unsigned int i, nr = 0, silent = 0;

	for (i = 0; i < files.nr; i++)
		if (!has_more(files.path[i]))
			silent += !scan(files.path[i], NULL, &nr);
	for (i = 0; i < ARRAY_LEN(more); i++)
		silent += !scan(more[i].path, more[i].query, &nr);
	EXPECT_EQ(0, silent);
	EXPECT_EQ(0, nr);
}

TEST_HARNESS_MAIN
