/* SPDX-License-Identifier: GPL-2.0-only */
/* The files that take a query, and those beside them that take none. */
#ifndef MMSCOPE_SELFTESTS_QUERY_FILES_H
#define MMSCOPE_SELFTESTS_QUERY_FILES_H

#include <stdbool.h>
#include <stddef.h>

/* Each file and the keys that it uses. */
#define VIEWS		7
extern const struct view {
	const char *name;
	const char *keys;
} views[VIEWS];

/* The same of the other directories, with the directory. */
#define FRAME_VIEWS	15
extern const struct view frame_views[FRAME_VIEWS];

/* Files without a query. */
#define PLAIN_FILES	13
extern const char *const plain_files[PLAIN_FILES];

/* One good word for each key. */
#define KEYS		9
extern const char *const good[KEYS];

/* Writes and takes the errno; 0 if it was accepted. */
int try_write(int fd, const char *text, size_t len);

/* Whether each word of a query names a key of a file, as far as it does. */
bool uses_only(const char *text, const char *keys);

/* The answer of an open file, without the line of costs; to be freed. */
char *answer(int fd, size_t *len);

#endif /* MMSCOPE_SELFTESTS_QUERY_FILES_H */
