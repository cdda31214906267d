/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory cgroups of the tests, by their path from the root. */
#ifndef MMSCOPE_SELFTESTS_CGROUP_UTIL_H
#define MMSCOPE_SELFTESTS_CGROUP_UTIL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define CGROUP		"/sys/fs/cgroup"

/* Whether the machine has memory cgroups of version 2 there. */
bool cg_supported(void);

/* Each dies on error. */
void cg_make(const char *path);
void cg_remove(const char *path);
/* Lets the children of a cgroup have the memory controller. */
void cg_delegate(const char *path);
void cg_write(const char *path, const char *file, const char *text);
void cg_write_number(const char *path, const char *file, uint64_t value);
/* All of a file; to be freed. */
char *cg_read(const char *path, const char *file);
uint64_t cg_number(const char *path, const char *file);
/* The value behind a name in a file of lines "name value". */
uint64_t cg_value(const char *path, const char *file, const char *name);
uint64_t cg_ino(const char *path);
/* Moves a process; 0 is the caller. */
void cg_enter(const char *path, pid_t pid);

/* In a text of lines "name value"; false if there is no such name. */
bool line_value(const char *text, const char *name, uint64_t *value);

#endif /* MMSCOPE_SELFTESTS_CGROUP_UTIL_H */
