// SPDX-License-Identifier: GPL-2.0-only
/* The module known_pages, which allocates pages of known kinds. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "known_pages.h"
#include "process_util.h"

#define LIST	"/sys/kernel/debug/known_pages"
#define SLABS	"/sys/kernel/debug/known_slabs"

/* Where make in kmod/ leaves it, seen from the program. */
static const char *module_path(void)
{
	static char path[PATH_MAX + 32];
	const char *named = getenv("MMSCOPE_TEST_KO");
	ssize_t len;
	char *slash;

	if (named)
		return named;
	len = readlink("/proc/self/exe", path, PATH_MAX - 1);
	if (len < 0)
		die("/proc/self/exe: %s", strerror(errno));
	path[len] = '\0';
	slash = strrchr(path, '/');
	strcpy(slash, "/kmod/known_pages.ko");
	return path;
}

void known_pages_load(void)
{
	const char *path = module_path();
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die("%s: %s; build it, or name it in MMSCOPE_TEST_KO", path,
		    strerror(errno));
	known_pages_unload();
	if (syscall(SYS_finit_module, fd, "", 0))
		die("loading %s: %s", path, strerror(errno));
	close(fd);
}

void known_pages_unload(void)
{
	if (syscall(SYS_delete_module, "known_pages", O_NONBLOCK) &&
	    errno != ENOENT)
		die("removing known_pages: %s", strerror(errno));
}

struct known_page *known_pages_read(size_t *nr)
{
	char *text = read_path(LIST, NULL), *line, *save = NULL;
	struct known_page *pages = NULL;

	*nr = 0;
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		struct known_page *page;

		if (*line == '#')
			continue;
		pages = realloc(pages, (*nr + 1) * sizeof(*pages));
		if (!pages)
			die("no memory");
		page = &pages[(*nr)++];
		if (sscanf(line, "%31s %lu %u %63s", page->name, &page->pfn,
			   &page->order, page->extra) != 4)
			die("%s: %s", LIST, line);
	}
	free(text);
	if (!*nr)
		die("%s is empty", LIST);
	return pages;
}

struct known_object *known_slabs_read(size_t *nr)
{
	char *text = read_path(SLABS, NULL), *line, *save = NULL;
	struct known_object *objects = NULL;

	*nr = 0;
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		struct known_object *object;
		char state[8];

		if (*line == '#')
			continue;
		objects = realloc(objects, (*nr + 1) * sizeof(*objects));
		if (!objects)
			die("no memory");
		object = &objects[(*nr)++];
		if (sscanf(line, "%31s %lu %lu %7s", object->name, &object->pfn,
			   &object->extra, state) != 4)
			die("%s: %s", SLABS, line);
		object->used = !strcmp(state, "used");
	}
	free(text);
	if (!*nr)
		die("%s is empty", SLABS);
	return objects;
}
