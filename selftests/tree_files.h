/* SPDX-License-Identifier: GPL-2.0-only */
/* All files that the module has in debugfs, so that new ones are tried, too. */
#ifndef MMSCOPE_SELFTESTS_TREE_FILES_H
#define MMSCOPE_SELFTESTS_TREE_FILES_H

#include <stdbool.h>
#include <sys/stat.h>

#define TREE_FILES_MAX	256
#define TREE_PATH_LEN	96

/**
 * struct tree_files - files of the tree
 * @path: each one's whole path; tree_name() is what it is called below MMSCOPE.
 * @nr: how many there are.
 */
struct tree_files {
	char path[TREE_FILES_MAX][TREE_PATH_LEN];
	unsigned int nr;
};

/*
 * Finds those that @wanted takes, or all.  Dies if there is no tree, or more in
 * it than there is room for.
 */
void tree_files_find(struct tree_files *files,
		     bool (*wanted)(const char *name, const struct stat *stat));

const char *tree_name(const char *path);

/* For those who read or write: files of lab/ do something then. */
bool tree_no_lab(const char *name, const struct stat *stat);

#endif /* MMSCOPE_SELFTESTS_TREE_FILES_H */
