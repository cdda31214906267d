/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests share: reading views, stopped processes. */
#ifndef MMSCOPE_SELFTESTS_PROCESS_UTIL_H
#define MMSCOPE_SELFTESTS_PROCESS_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The harness, included before, gives a test 30 s unless it asks for more.  An
 * emulated machine on a busy host may need most of that to begin.
 */
#ifdef TEST_TIMEOUT_DEFAULT
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	300
#endif

#define ARRAY_LEN(array)	(sizeof(array) / sizeof((array)[0]))

#define MMSCOPE		"/sys/kernel/debug/mmscope/"
#define PROCESS		MMSCOPE "process/"

/* Most columns that a view has. */
#define COLUMNS_MAX	32

/* Prints a diagnostic line; after too many in a test, no more. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends the program: the machine does not do what the test needs. */
void die(const char *format, ...)
	__attribute__((format(printf, 1, 2), noreturn));

/*
 * Opens a view, by its name in process/ or as directory/name, and, unless
 * @query is NULL, writes the query to that descriptor.  Return: the
 * descriptor, or -1 with errno.
 */
int view_open(const char *view, const char *query);

/*
 * Reads up to the end of the file, at most @chunk bytes at a time.  Return: the
 * bytes and a NUL, to be freed; NULL with errno.
 */
char *read_fd(int fd, size_t chunk, size_t *len);

/* The same for a file by its path; dies on error. */
char *read_path(const char *path, size_t *len);

/* The same for /proc/PID/@name. */
char *read_proc(pid_t pid, const char *name);

/* One number out of a file that holds nothing else; dies on error. */
uint64_t read_number(const char *path);

/* Whether the kernel has transparent huge pages. */
bool has_thp(void);

/* Memory of small pages only, on kernels that have others. Return: 0, or -1. */
int small_pages(void *at, size_t size);

/* Writes a text to a file.  Return: 0, or -1 with errno. */
int write_path(const char *path, const char *text);

/**
 * struct table - an answer in the text format, being read
 * @text: all of it.
 * @head: first line, without the leading "# ".
 * @end: last line; NULL if it is missing.
 * @columns: number of columns that the second line names.
 * @column: their names.
 * @next: where the next row begins.
 * @rows: rows read.
 * @field: fields of the row last read.
 */
struct table {
	char *text;
	char *head;
	char *end;
	unsigned int columns;
	char *column[COLUMNS_MAX];
	char *next;
	uint64_t rows;
	char *field[COLUMNS_MAX];
};

/*
 * Takes apart an answer; @text belongs to the table then.  Return: 0, or -1
 * after a complaint.
 */
int table_parse(struct table *table, char *text);

/* Asks a view and takes its answer apart, which must be complete. */
int table_ask(struct table *table, const char *view, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * struct asked - a view that is asked again and again
 * @view: which.
 * @query: what, next.
 * @fd: its descriptor, once it was asked.
 */
struct asked {
	const char *view;
	const char *query;
	int fd;
};

/*
 * As table_ask(), but by a descriptor that stays open: from the second time on the
 * memory that it takes to answer is there already, so asking changes nothing of
 * what is free.
 */
int table_ask_again(struct table *table, struct asked *asked);

/*
 * Reads the next row.  Return: false when there is no more; @bad is set and a
 * complaint made if a row has not the right number of fields or the last line
 * gives another number of rows.
 */
bool table_row(struct table *table, bool *bad);

/* Index of a column; dies if there is none. */
unsigned int table_column(const struct table *table, const char *name);

/* A field of the row, as it is, and as a number. */
const char *table_word(const struct table *table, const char *name);
uint64_t table_number(const struct table *table, const char *name);

/* The frame that is mapped at an address; 0 if none is. */
uint64_t frame_of(const void *address);

void table_free(struct table *table);

/* Value of a word key=value in a line; false if there is none. */
bool line_key(const char *line, const char *key, char *value, size_t size);
bool line_number(const char *line, const char *key, uint64_t *value);

/* Whether an answer in the text format says at its end that it is complete. */
bool text_complete(const char *text, size_t len);

/* Value in a line "name: value" or "name:\tvalue kB"; false if there is none. */
bool text_value(const char *text, const char *name, uint64_t *value);

/* The same of a line that must be there; dies without. */
uint64_t value_of(const char *text, const char *name);

/* Field @nr, counted from 1, of /proc/PID/stat. */
uint64_t stat_field(const char *stat, unsigned int nr);

/*
 * Forks a child that calls @make and stops itself.  The parent waits for that.
 * Return: the child, or -1 if it ended instead.
 */
pid_t start_stopped(int (*make)(void *context), void *context);

/*
 * Writes to all of this program's own memory, so that none is shared with a
 * child any more that the next write would change.
 */
void unshare_memory(void);

/* Kills and reaps. */
void end_process(pid_t pid);

#endif /* MMSCOPE_SELFTESTS_PROCESS_UTIL_H */
