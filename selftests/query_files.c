// SPDX-License-Identifier: GPL-2.0-only
/* The files that take a query, and those beside them that take none. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "process_util.h"
#include "query_files.h"

const struct view views[VIEWS] = {
	{ "space", " pid " },
	{ "vmas", " pid start end " },
	{ "translate", " pid addr " },
	{ "ranges", " pid start end ignore detail " },
	{ "entries", " pid start end none " },
	{ "entries_raw", " pid start end none " },
	{ "tables", " pid start end by top " },
};

const struct view frame_views[FRAME_VIEWS] = {
	{ "memory/page", " pfn " },
	{ "memory/mappers", " pfn " },
	{ "memory/pageblocks", " pfn " },
	{ "memory/census", " pfn " },
	{ "buddy/culprits", " max top " },
	{ "slab/caches", " cache " },
	{ "slab/occupancy", " cache " },
	{ "slab/object", " pfn cache " },
	{ "slab/kmalloc", " size " },
	{ "memcg/tree", " memcg " },
	{ "oom/badness", " memcg " },
	{ "pagecache/files", " top " },
	{ "pagecache/file", " path " },
	{ "reclaim/lru", " memcg " },
	{ "reclaim/generations", " memcg " },
};

const char *const plain_files[PLAIN_FILES] = {
	"README", "version", "caps", "selfcheck", "memory/zones",
	"buddy/freelists", "buddy/pcp", "buddy/fragmentation",
	"oom/victims", "reclaim/swap", "numa/nodes", "vmalloc/areas",
	"hugepages/sizes",
};

const char *const good[KEYS] = {
	"pid=self", "addr=0x1000", "start=0x1000", "end=0x2000",
	"ignore=accessed,dirty", "detail=folio", "none=1", "by=vma", "top=100",
};

int try_write(int fd, const char *text, size_t len)
{
	ssize_t n = write(fd, text, len);

	if (n >= 0)
		return (size_t)n == len ? 0 : -1;
	return errno;
}

bool uses_only(const char *text, const char *keys)
{
	while (*(text += strspn(text, " \t\n"))) {
		size_t len = strcspn(text, "= \t\n");
		char name[64];

		snprintf(name, sizeof(name), " %.*s ", (int)len, text);
		if (!strstr(keys, name))
			return false;
		text += strcspn(text, " \t\n");
	}
	return true;
}

char *answer(int fd, size_t *len)
{
	char *text, *end;

	if (lseek(fd, 0, SEEK_SET))
		die("lseek");
	text = read_fd(fd, 1 << 16, len);
	if (!text)
		die("read");
	end = memmem(text, *len, "# end ", 6);
	if (end)
		*len = end - text;
	return text;
}
