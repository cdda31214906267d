// SPDX-License-Identifier: GPL-2.0-only
/* All files that the module has in debugfs. */
#define _GNU_SOURCE
#include <ftw.h>
#include <string.h>

#include "process_util.h"
#include "tree_files.h"

/* nftw() hands nothing on. */
static struct tree_files *found;
static bool (*is_wanted)(const char *name, const struct stat *stat);

const char *tree_name(const char *path)
{
	return path + strlen(MMSCOPE);
}

bool tree_no_lab(const char *name, const struct stat *stat)
{
	return strncmp(name, "lab/", 4);
}

static int take(const char *path, const struct stat *stat, int type,
		struct FTW *ftw)
{
	if (type != FTW_F || (is_wanted && !is_wanted(tree_name(path), stat)))
		return 0;
	if (found->nr == TREE_FILES_MAX || strlen(path) >= TREE_PATH_LEN)
		die("%s: too many files", path);
	strcpy(found->path[found->nr++], path);
	return 0;
}

void tree_files_find(struct tree_files *files,
		     bool (*wanted)(const char *name, const struct stat *stat))
{
	found = files;
	found->nr = 0;
	is_wanted = wanted;
	if (nftw(MMSCOPE, take, 8, FTW_PHYS))
		die(MMSCOPE);
}
