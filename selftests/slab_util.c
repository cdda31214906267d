// SPDX-License-Identifier: GPL-2.0-only
/* What the tests of slab/ share: the kernel's own numbers. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "slab_util.h"

size_t slabinfo_read(struct slab_cache *caches)
{
	static int fd;
	char *text, *line, *save = NULL;
	size_t nr = 0;
	int number = 0;

	if (!fd)
		fd = open("/proc/slabinfo", O_RDONLY | O_CLOEXEC);
	text = lseek(fd, 0, SEEK_SET) ? NULL : read_fd(fd, 65536, NULL);
	if (!text)
		die("slabinfo");
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		struct slab_cache *cache = &caches[nr];

		if (number++ < 2)	/* version and columns */
			continue;
		if (nr == SLAB_CACHES ||
		    sscanf(line, "%63s %lu %lu %lu %lu %lu : tunables %*u %*u "
			   "%*u : slabdata %*u %lu", cache->name,
			   &cache->active, &cache->objects, &cache->size,
			   &cache->per_slab, &cache->pages,
			   &cache->slabs) != 7)
			die("slabinfo: %s", line);
		nr++;
	}
	free(text);
	return nr;
}

const struct slab_cache *slab_find(const struct slab_cache *caches, size_t nr,
				   const char *name)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strcmp(caches[i].name, name))
			return &caches[i];
	return NULL;
}

bool slab_sysfs(const char *name, const char *file, uint64_t *value)
{
	char path[256];
	FILE *stream;
	bool found;

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/%s", name, file);
	stream = fopen(path, "r");
	if (!stream)
		return false;
	found = fscanf(stream, "%lu", value) == 1;
	fclose(stream);
	return found;
}

const char *slab_text(const struct table *table, const char *column)
{
	return table->field[table_column(table, column)];
}

uint64_t slab_number(const struct table *table, const char *column)
{
	return strtoull(slab_text(table, column), NULL, 10);
}

bool slab_none(const struct table *table, const char *column)
{
	return !strcmp(slab_text(table, column), "-");
}
