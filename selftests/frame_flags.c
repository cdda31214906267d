// SPDX-License-Identifier: GPL-2.0-only
/* All frames of the machine, as /proc/kpageflags shows them. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "frame_flags.h"
#include "process_util.h"

static void read_words(const char *name, uint64_t *words, size_t first,
		       size_t nr)
{
	size_t len = nr * sizeof(*words), done = 0;
	char *at = (char *)words, path[64];
	ssize_t n = 1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	for (; n > 0 && done < len; done += n) {
		n = pread(fd, at + done, len - done,
			  first * sizeof(*words) + done);
		if (n < 0)
			die("%s: %s", path, strerror(errno));
	}
	close(fd);
	if (done != len)
		die("%s: %zu bytes instead of %zu", path, done, len);
}

void frames_update(struct frames *frames, const char *name, size_t first,
		   size_t nr)
{
	read_words(name, frames->words + first, first, nr);
}

void frames_read(struct frames *frames, const char *name)
{
	char path[64];
	size_t len;

	if (frames->words) {
		frames_update(frames, name, 0, frames->nr);
		return;
	}
	snprintf(path, sizeof(path), "/proc/%s", name);
	frames->words = (uint64_t *)read_path(path, &len);
	frames->nr = len / sizeof(*frames->words);
}

void frames_free(struct frames *frames)
{
	free(frames->words);
	*frames = (struct frames){};
}

uint64_t frame_word(uint64_t pfn)
{
	uint64_t word;

	read_words("kpageflags", &word, pfn, 1);
	return word;
}

/* A page that is moved to where it is: all that comes of it is the draining. */
void frames_settle(void)
{
	static char page[4096] __attribute__((aligned(4096)));
	void *address = page;
	int node = -1;

	*(volatile char *)page = 1;
	if (syscall(SYS_move_pages, 0, 1, &address, NULL, &node, 0) ||
	    syscall(SYS_move_pages, 0, 1, &address, &node, &node, 0))
		die("move_pages: %s", strerror(errno));
}

void frames_drain(void)
{
	if (write_path("/proc/sys/vm/compact_memory", "1"))
		die("compact_memory: %s", strerror(errno));
	frames_settle();
}
