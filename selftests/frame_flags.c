// SPDX-License-Identifier: GPL-2.0-only
/* All frames of the machine, as /proc/kpageflags shows them. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frame_flags.h"
#include "process_util.h"

void frames_read(struct frames *frames, const char *name)
{
	size_t len = frames->nr * sizeof(*frames->words), done = 0;
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s", name);
	if (!frames->words) {
		frames->words = (uint64_t *)read_path(path, &len);
		frames->nr = len / sizeof(*frames->words);
		return;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	while ((n = read(fd, (char *)frames->words + done, len - done)) > 0)
		done += n;
	close(fd);
	if (n < 0 || done != len)
		die("%s: %zu bytes instead of %zu", path, done, len);
}

void frames_free(struct frames *frames)
{
	free(frames->words);
	*frames = (struct frames){};
}

void frames_drain(void)
{
	if (write_path("/proc/sys/vm/compact_memory", "1"))
		die("compact_memory: %s", strerror(errno));
}
