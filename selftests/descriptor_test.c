// SPDX-License-Identifier: GPL-2.0-only
/*
 * read, write and lseek of the files in process/: memory that cannot be used,
 * positions that there are not, descriptors opened for the other direction.
 */

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "kselftest_harness.h"
#include "process_util.h"
#include "query_files.h"
#include "query_fixture.h"

TEST_F(query, address_is_no_pointer)
{
	char *nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0);
	int fd = open(PROCESS "query", O_RDWR);
	char *after;

	ASSERT_GE(fd, 0);
	EXPECT_EQ(EFAULT, try_write(fd, nowhere, 5));
	EXPECT_EQ(-1, read(fd, nowhere, 5));
	EXPECT_EQ(EFAULT, errno);
	close(fd);
	after = read_path(PROCESS "query", NULL);
	EXPECT_STREQ(self->before, after);
	free(after);
	fd = view_open("ranges", NULL);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(EFAULT, try_write(fd, nowhere, 5));
	EXPECT_EQ(-1, read(fd, nowhere, 5));
	EXPECT_EQ(EFAULT, errno);
	close(fd);
}

/* An answer can be read again from its start, and from nowhere else. */
TEST_F(query, seeks)
{
	int fd = view_open("entries", NULL);
	char *whole, *rest, part[100];
	size_t whole_len, rest_len;

	ASSERT_GE(fd, 0);
	whole = answer(fd, &whole_len);
	ASSERT_LT(2 * sizeof(part), whole_len);
	EXPECT_EQ(0, lseek(fd, 0, SEEK_SET));
	ASSERT_EQ(sizeof(part), read(fd, part, sizeof(part)));
	EXPECT_EQ(0, memcmp(whole, part, sizeof(part)));
	EXPECT_EQ(-1, lseek(fd, sizeof(part), SEEK_SET));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-1, lseek(fd, 1, SEEK_SET));
	EXPECT_EQ(-1, lseek(fd, -1, SEEK_SET));
	EXPECT_EQ(-1, lseek(fd, -1, SEEK_CUR));
	EXPECT_EQ(-1, lseek(fd, 0, SEEK_END));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(sizeof(part), lseek(fd, 0, SEEK_CUR));
	EXPECT_EQ(-1, pread(fd, part, 10, 1));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-1, pread(fd, part, 10, 1ULL << 40));
	EXPECT_EQ(ESPIPE, errno);
	/* None of these has moved anything. */
	rest = read_fd(fd, 1 << 16, &rest_len);
	ASSERT_NE(NULL, rest);
	EXPECT_LE(whole_len - sizeof(part), rest_len);
	EXPECT_EQ(0, memcmp(whole + sizeof(part), rest,
			    whole_len - sizeof(part)));
	EXPECT_EQ(sizeof(part), pread(fd, part, sizeof(part), 0));
	EXPECT_EQ(0, memcmp(whole, part, sizeof(part)));
	free(whole);
	free(rest);
	close(fd);
}

/* Memory of which the second half cannot be used. */
TEST_F(query, half_a_buffer)
{
	char *at = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int query = open(PROCESS "query", O_WRONLY);
	int fd = view_open("ranges", NULL);
	char *whole, *rest, *after;
	size_t whole_len, rest_len;
	ssize_t n;

	ASSERT_NE(MAP_FAILED, at);
	ASSERT_EQ(0, mprotect(at + 4096, 4096, PROT_NONE));
	ASSERT_GE(query, 0);
	ASSERT_GE(fd, 0);
	whole = answer(fd, &whole_len);
	memcpy(at + 4096 - 6, "top=7 ", 6);
	EXPECT_EQ(EFAULT, try_write(query, at + 4096 - 6, 7));
	memcpy(at + 4096 - 6, "none=x", 6);
	EXPECT_EQ(EFAULT, try_write(fd, at + 4096 - 6, 7));
	after = read_path(PROCESS "query", NULL);
	EXPECT_STREQ(self->before, after);

	EXPECT_EQ(0, lseek(fd, 0, SEEK_SET));
	n = read(fd, at + 4096 - 50, 100);
	if (n < 0) {
		EXPECT_EQ(EFAULT, errno);
		n = 0;
	}
	EXPECT_GE(50, n);
	EXPECT_EQ(0, memcmp(whole, at + 4096 - 50, n));
	rest = read_fd(fd, 1 << 16, &rest_len);
	ASSERT_NE(NULL, rest);
	ASSERT_LE(whole_len - n, rest_len);
	EXPECT_EQ(0, memcmp(whole + n, rest, whole_len - n));
	free(whole);
	free(rest);
	free(after);
	close(query);
	close(fd);
	munmap(at, 2 * 4096);
}

/* Who reads only cannot write, and the other way round. */
TEST_F(query, opened_for_one)
{
	char path[128], byte;
	unsigned int i;
	struct stat st;
	int fd;

	for (i = 0; i < ARRAY_LEN(plain_files) + ARRAY_LEN(views); i++) {
		bool plain = i < ARRAY_LEN(plain_files);

		snprintf(path, sizeof(path), plain ? MMSCOPE "%s" : PROCESS "%s",
			 plain ? plain_files[i] :
				 views[i - ARRAY_LEN(plain_files)].name);
		ASSERT_EQ(0, stat(path, &st));
		EXPECT_EQ(plain ? 0400 : 0600, st.st_mode & 07777);
		EXPECT_EQ(0, st.st_uid);
		fd = open(path, O_RDONLY);
		ASSERT_GE(fd, 0);
		EXPECT_EQ(EBADF, try_write(fd, "\n", 1));
		close(fd);
		fd = open(path, O_WRONLY);
		ASSERT_GE(fd, 0);
		EXPECT_EQ(-1, read(fd, &byte, 1));
		EXPECT_EQ(EBADF, errno);
		EXPECT_EQ(EINVAL, try_write(fd, "foo=1", 5));
		EXPECT_EQ(0, try_write(fd, "\n", 1));
		close(fd);
	}
}

TEST_HARNESS_MAIN
