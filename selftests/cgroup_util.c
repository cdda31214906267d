// SPDX-License-Identifier: GPL-2.0-only
/* Memory cgroups of the tests, by their path from the root. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup_util.h"
#include "process_util.h"

static const char *full(const char *path, const char *file)
{
	static char name[4096];

	snprintf(name, sizeof(name), CGROUP "%s/%s", path, file);
	return name;
}

bool cg_supported(void)
{
	return !access(CGROUP "/cgroup.controllers", R_OK) &&
	       strstr(cg_read("", "cgroup.controllers"), "memory");
}

void cg_make(const char *path)
{
	if (mkdir(full(path, ""), 0755))
		die("mkdir %s: %s", path, strerror(errno));
}

void cg_remove(const char *path)
{
	/* Who was killed in it may still be on the way out. */
	while (rmdir(full(path, ""))) {
		if (errno != EBUSY)
			die("rmdir %s: %s", path, strerror(errno));
		usleep(1000);
	}
}

void cg_write(const char *path, const char *file, const char *text)
{
	if (write_path(full(path, file), text))
		die("%s/%s: %s", path, file, strerror(errno));
}

void cg_delegate(const char *path)
{
	cg_write(path, "cgroup.subtree_control", "+memory");
}

void cg_write_number(const char *path, const char *file, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	cg_write(path, file, text);
}

char *cg_read(const char *path, const char *file)
{
	return read_path(full(path, file), NULL);
}

uint64_t cg_number(const char *path, const char *file)
{
	return read_number(full(path, file));
}

bool line_value(const char *text, const char *name, uint64_t *value)
{
	size_t len = strlen(name);
	const char *line = text;

	while (line) {
		if (!strncmp(line, name, len) && line[len] == ' ') {
			*value = strtoull(line + len + 1, NULL, 10);
			return true;
		}
		line = strchr(line, '\n');
		line += !!line;
	}
	return false;
}

uint64_t cg_value(const char *path, const char *file, const char *name)
{
	char *text = cg_read(path, file);
	uint64_t value;

	if (!line_value(text, name, &value))
		die("%s/%s: no %s", path, file, name);
	free(text);
	return value;
}

uint64_t cg_ino(const char *path)
{
	struct stat st;

	if (stat(full(path, ""), &st))
		die("stat %s: %s", path, strerror(errno));
	return st.st_ino;
}

void cg_enter(const char *path, pid_t pid)
{
	cg_write_number(path, "cgroup.procs", pid);
}
