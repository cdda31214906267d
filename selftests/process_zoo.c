// SPDX-License-Identifier: GPL-2.0-only
/* The process with something of everything. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/io_uring.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process_util.h"
#include "process_zoo.h"

#define PAGE		4096UL
#define HUGE		(2UL << 20)
#define READ_WRITE	(PROT_READ | PROT_WRITE)
#define PRIVATE		(MAP_PRIVATE | MAP_ANONYMOUS)

const char *const odd_names[ODD_NAMES] = {
	"blank in it", "tab\tin it", "new\nline", "back\\slash", "\\x20",
	"\\012", "\xc3\xa9\xff\x80\x7f\x01", "-", "#", "a=b,c", " ", "\n",
};

/* Pages that the process has had for a while: more than all it has later. */
#define PEAK		8192

static void *map_pages(size_t pages, int prot, int flags, int fd)
{
	void *at = mmap(NULL, pages * PAGE, prot, flags, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

static int map_file(const char *name, bool keep)
{
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, 4 * PAGE))
		return -1;
	if (mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE, fd, PAGE) ==
	    MAP_FAILED)
		return -1;
	close(fd);
	return keep ? 0 : unlink(name);
}

/* The last path is one byte longer than d_path() and readlink() can say. */
static int make_deep_files(const char *folder)
{
	size_t len = strlen(folder), rest;
	char name[256];
	int i;

	memset(name, 0xe9, 250);
	name[250] = '\0';
	for (; (rest = PATH_MAX - 1 - len) > 255; len += 1 + 250)
		if (mkdir(name, 0700) || chdir(name))
			return -1;
	memset(name, 'd', sizeof(name));
	name[rest - 1] = '\0';
	for (i = 0; i < DEEP_FILES; i++) {
		name[0] = 'a' + i;
		if (map_file(name, true))
			return -1;
	}
	name[rest - 1] = 'd';
	name[rest] = '\0';
	return map_file(name, true);
}

static int make_files(const char *folder)
{
	unsigned int i;

	if (chdir(folder))
		return -1;
	for (i = 0; i < ARRAY_LEN(odd_names); i++)
		if (map_file(odd_names[i], true))
			return -1;
	/* One that is gone, and one whose name only says so. */
	if (map_file("gone", false) || map_file("here (deleted)", true))
		return -1;
	if (make_deep_files(folder))
		return -1;
	i = memfd_create("memory\nfile", MFD_CLOEXEC);
	if (ftruncate(i, 3 * PAGE) || !map_pages(3, PROT_EXEC, MAP_SHARED, i))
		return -1;
	/* No memory of the kernel's, and in pagemap a hole. */
	i = open("/dev/mem", O_RDONLY | O_CLOEXEC);
	if (mmap(NULL, 4 * PAGE, PROT_READ, MAP_SHARED, i, BIOS) == MAP_FAILED)
		return -1;
	/* A file without a path, and the one that is mapped MIXEDMAP. */
	i = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return map_pages(1, PROT_READ, MAP_SHARED, i) ? 0 : -1;
}

static int make_userfaults(void)
{
	struct uffdio_api api = {
		.api = UFFD_API, .features = UFFD_FEATURE_PAGEFAULT_FLAG_WP,
	};
	static const __u64 modes[] = {
		UFFDIO_REGISTER_MODE_MISSING, UFFDIO_REGISTER_MODE_WP,
		UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_WP,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	unsigned int i;

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api))
		return -1;
	for (i = 0; i < ARRAY_LEN(modes); i++) {
		struct uffdio_register reg = { .mode = modes[i] };

		reg.range.start = (long)map_pages(3, READ_WRITE, PRIVATE, -1);
		reg.range.len = 3 * PAGE;
		if (!reg.range.start || ioctl(fd, UFFDIO_REGISTER, &reg))
			return -1;
	}
	return 0;
}

/* VMAs with each flag that has a word. */
static int make_flags(void)
{
	static const int advice[] = {
		MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_MERGEABLE, MADV_DONTFORK,
		MADV_DONTDUMP, MADV_WIPEONFORK, MADV_SEQUENTIAL, MADV_RANDOM,
	};
	unsigned int i;
	char *at;

	/* A kernel without huge pages refuses the first two. */
	for (i = has_thp() ? 0 : 2; i < ARRAY_LEN(advice); i++) {
		at = map_pages(2, READ_WRITE, PRIVATE, -1);
		if (!at || madvise(at, 2 * PAGE, advice[i]))
			return -1;
	}
	for (i = 0; i <= (PROT_READ | PROT_WRITE | PROT_EXEC); i++)
		if (!map_pages(2, i, PRIVATE, -1) ||
		    !map_pages(2, i, MAP_SHARED | MAP_ANONYMOUS, -1))
			return -1;
	if (!map_pages(2, READ_WRITE, PRIVATE | MAP_NORESERVE, -1) ||
	    !map_pages(2, READ_WRITE, PRIVATE | MAP_GROWSDOWN, -1))
		return -1;
	return make_userfaults();
}

static int have_ipc_lock(bool on)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data))
		return -1;
	data[0].effective &= ~(1U << CAP_IPC_LOCK);
	data[0].effective |= on ? 1U << CAP_IPC_LOCK : 0;
	return syscall(SYS_capset, &head, data);
}

/* Pages of io_uring are counted for those who may not lock what they like. */
static int pin_pages(void)
{
	struct io_uring_params params = {};
	struct iovec where = { .iov_len = 3 * PAGE };
	int fd;

	where.iov_base = map_pages(3, READ_WRITE, PRIVATE, -1);
	if (!where.iov_base || have_ipc_lock(false))
		return -1;
	fd = syscall(SYS_io_uring_setup, 1, &params);
	if (fd < 0 || syscall(SYS_io_uring_register, fd,
			      IORING_REGISTER_BUFFERS, &where, 1))
		return -1;
	return have_ipc_lock(true);
}

/* Both highest marks are above what there will be. */
static int make_peaks(void)
{
	char *at = map_pages(PEAK, READ_WRITE, PRIVATE | MAP_POPULATE, -1);

	return at ? munmap(at, PEAK * PAGE) : -1;
}

/* Two areas of huge pages: one whole, one of which a part is changed. */
static int make_huge(void)
{
	char *at = map_pages(5 * HUGE / PAGE, READ_WRITE, PRIVATE, -1);

	if (!at)
		return -1;
	at = (char *)(((unsigned long)at + HUGE - 1) & ~(HUGE - 1));
	/* A kernel without them makes small ones. */
	if (has_thp() && madvise(at, 4 * HUGE, MADV_HUGEPAGE))
		return -1;
	memset(at, 1, 4 * HUGE);
	if (mprotect(at + 2 * HUGE, PAGE, PROT_READ) ||
	    mprotect(at + 3 * HUGE, HUGE, PROT_NONE))
		return -1;
	at = map_pages(HUGE / PAGE, READ_WRITE, PRIVATE | MAP_HUGETLB, -1);
	if (!at)
		return -1;
	memset(at, 1, HUGE);
	return 0;
}

static int make_memory(void)
{
	char *area = map_pages(300, READ_WRITE, PRIVATE, -1);
	char *shared = map_pages(300, READ_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1);
	char *swapped = map_pages(200, READ_WRITE, PRIVATE, -1);
	char *holes = map_pages(200, READ_WRITE, PRIVATE, -1);
	int i;

	if (!area || !shared || !swapped || !holes || sbrk(5 * PAGE) == (void *)-1)
		return -1;
	memset(area, 1, 300 * PAGE);
	memset(shared, 1, 300 * PAGE);
	memset(swapped, 1, 200 * PAGE);
	for (i = 0; i < 200; i += 3)
		holes[i * PAGE] = 1;
	if (mlock(area, 100 * PAGE) ||
	    mprotect(area + 150 * PAGE, 20 * PAGE, PROT_NONE))
		return -1;
	/* Takes what it can get at; without swap, nothing. */
	for (i = 0; i < 10; i++)
		if (madvise(swapped, 200 * PAGE, MADV_PAGEOUT))
			return -1;
	return 0;
}

static void *idle(void *arg)
{
	for (;;)
		pause();
	return NULL;
}

int make_zoo(void *folder)
{
	pthread_t thread;

	if (make_peaks() || make_files(folder) || make_flags() || make_huge() ||
	    make_memory() || pin_pages() ||
	    pthread_create(&thread, NULL, idle, NULL)) {
		complain("zoo: %s", strerror(errno));
		return -1;
	}
	return mlockall(MCL_FUTURE);
}
