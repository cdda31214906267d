// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may use the files: root with the capability.  All that others can do is
 * to read on from a descriptor that root has opened.
 */

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/syscall.h>

#include "kselftest_harness.h"
#include "lab_util.h"
#include "process_util.h"
#include "query_files.h"
#include "query_fixture.h"

static const char *const query_files[] = {
	PROCESS "query", MMSCOPE "memory/query", MMSCOPE "buddy/query",
};

/* Takes the capability away, or gives it back. */
static int set_admin(bool on)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data))
		return -1;
	if (on)
		data[CAP_SYS_ADMIN / 32].effective |= 1U << CAP_SYS_ADMIN % 32;
	else
		data[CAP_SYS_ADMIN / 32].effective &= ~(1U << CAP_SYS_ADMIN % 32);
	return syscall(SYS_capset, &head, data);
}

/* Files of labs that can be opened, or where that fails with another errno. */
static unsigned int open_lab_files(int folder, int err)
{
	static const int modes[] = { O_RDONLY, O_RDWR };
	char names[LABS_MAX][32], path[64];
	unsigned int nr = lab_names(names), i, j, wrong = 0;

	for (i = 0; i < nr * LAB_FILES; i++) {
		snprintf(path, sizeof(path), "lab/%.31s/%s", names[i / LAB_FILES],
			 lab_files[i % LAB_FILES]);
		for (j = 0; j < ARRAY_LEN(modes); j++)
			wrong += openat(folder, path, modes[j]) >= 0 ||
				 errno != err;
	}
	return wrong;
}

/* Still the owner of the files, but without the capability. */
TEST_F(query, labs_need_the_capability)
{
	int folder = open(MMSCOPE, O_PATH);
	int run = lab_open("alloc"), limits;

	limits = open(LAB "alloc/limits", O_RDWR);
	ASSERT_GE(folder, 0);
	ASSERT_GE(limits, 0);
	ASSERT_EQ(0, set_admin(false));
	EXPECT_EQ(0, open_lab_files(folder, EPERM));
	EXPECT_EQ(EPERM, try_write(run, "count=1", 7));
	EXPECT_EQ(EPERM, try_write(limits, "max_pages=1", 11));
	/* The last in the order of errors. */
	EXPECT_EQ(EINVAL, try_write(run, "count", 5));
	EXPECT_EQ(ERANGE, try_write(run, "count=0", 7));
	EXPECT_EQ(EINVAL, try_write(limits, "max=1", 5));
	ASSERT_EQ(0, set_admin(true));
	EXPECT_TRUE(lab_state_is("alloc", "idle"));
	close(folder);
	close(run);
	close(limits);
}

/* The same of views. */
TEST_F(query, needs_the_capability)
{
	int query = open(PROCESS "query", O_RDWR);
	int view = view_open("ranges", NULL);
	int frames = view_open("memory/census", NULL);
	char text[64], *after;
	unsigned int i;

	ASSERT_GE(query, 0);
	ASSERT_GE(view, 0);
	ASSERT_GE(frames, 0);
	ASSERT_EQ(0, set_admin(false));
	for (i = 0; i < ARRAY_LEN(views); i++) {
		EXPECT_EQ(-1, view_open(views[i].name, NULL));
		EXPECT_EQ(EPERM, errno);
	}
	for (i = 0; i < ARRAY_LEN(frame_views); i++) {
		EXPECT_EQ(-1, view_open(frame_views[i].name, NULL));
		EXPECT_EQ(EPERM, errno);
	}
	for (i = 0; i < ARRAY_LEN(query_files); i++) {
		EXPECT_EQ(-1, open(query_files[i], O_RDONLY));
		EXPECT_EQ(EPERM, errno);
	}
	for (i = 0; i < ARRAY_LEN(plain_files); i++) {
		snprintf(text, sizeof(text), MMSCOPE "%s", plain_files[i]);
		EXPECT_EQ(-1, open(text, O_RDONLY));
		EXPECT_EQ(EPERM, errno);
	}
	EXPECT_EQ(EPERM, try_write(frames, "pfn=1-2", 7));
	EXPECT_EQ(EINVAL, try_write(frames, "pfn=2-1", 7));
	close(frames);
	EXPECT_EQ(EPERM, try_write(query, "pid=self", 8));
	EXPECT_EQ(EPERM, try_write(view, "pid=self", 8));
	EXPECT_EQ(EPERM, try_write(query, "", 0));
	/* The last in the order of errors. */
	EXPECT_EQ(EINVAL, try_write(query, "pid=x", 5));
	EXPECT_EQ(ERANGE, try_write(query, "pid=0", 5));
	snprintf(text, sizeof(text), "pid=%d", self->gone);
	EXPECT_EQ(ESRCH, try_write(query, text, strlen(text)));
	EXPECT_EQ(ESRCH, try_write(view, text, strlen(text)));
	lseek(query, 0, SEEK_SET);
	after = read_fd(query, 4096, NULL);
	ASSERT_NE(NULL, after);
	EXPECT_STREQ(self->before, after);
	free(after);
	close(query);
	close(view);
	ASSERT_EQ(0, set_admin(true));
}

/*
 * Another user gets in nowhere, not even past the folders, and can do nothing
 * with a descriptor that was opened by root but read on.
 */
static int as_another_user(int folder, int query, int view)
{
	unsigned int i, wrong = 0;
	char path[64], byte;

	if (setgid(65534) || setuid(65534))
		return 100;
	for (i = 0; i < LAB_FILES; i++) {
		snprintf(path, sizeof(path), "lab/alloc/%s", lab_files[i]);
		wrong += openat(folder, path, O_RDONLY) >= 0 || errno != EACCES;
	}
	for (i = 0; i < ARRAY_LEN(views); i++) {
		snprintf(path, sizeof(path), "process/%s", views[i].name);
		wrong += openat(folder, path, O_RDONLY) >= 0 || errno != EACCES;
		wrong += openat(folder, path, O_RDWR) >= 0 || errno != EACCES;
	}
	for (i = 0; i < ARRAY_LEN(frame_views); i++)
		wrong += openat(folder, frame_views[i].name, O_RDWR) >= 0 ||
			 errno != EACCES;
	for (i = 0; i < ARRAY_LEN(plain_files); i++)
		wrong += openat(folder, plain_files[i], O_RDONLY) >= 0 ||
			 errno != EACCES;
	for (i = 0; i < ARRAY_LEN(query_files); i++)
		wrong += open(query_files[i], O_RDONLY) >= 0 ||
			 errno != EACCES;
	wrong += try_write(query, "pid=1", 5) != EPERM;
	wrong += try_write(view, "pid=1", 5) != EPERM;
	wrong += try_write(view, "addr=1", 6) != EINVAL;
	wrong += try_write(query, "top=0", 5) != ERANGE;
	wrong += read(view, &byte, 1) != 1 || byte != '#';
	return wrong;
}

TEST_F(query, another_user)
{
	int folder = open(MMSCOPE, O_PATH);
	int query = open(PROCESS "query", O_RDWR);
	int view = view_open("ranges", NULL);
	int status;
	char *after;
	pid_t pid;

	ASSERT_GE(folder, 0);
	ASSERT_GE(query, 0);
	ASSERT_GE(view, 0);
	pid = fork();
	if (!pid)
		_exit(as_another_user(folder, query, view));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
	after = read_path(PROCESS "query", NULL);
	EXPECT_STREQ(self->before, after);
	free(after);
	close(folder);
	close(query);
	close(view);
}

TEST_HARNESS_MAIN
