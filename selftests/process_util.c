// SPDX-License-Identifier: GPL-2.0-only
/* What the tests of process/ share: reading views, stopped processes. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process_util.h"

#define COMPLAINTS_MAX	12
#define READ_CHUNK	(1 << 20)

void complain(const char *format, ...)
{
	static unsigned int complaints;
	va_list args;

	if (complaints++ >= COMPLAINTS_MAX)
		return;
	va_start(args, format);
	printf("# ");
	vprintf(format, args);
	printf("\n");
	fflush(stdout);
	va_end(args);
}

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("# ");
	vprintf(format, args);
	printf(": %s\n", strerror(errno));
	fflush(stdout);
	va_end(args);
	_exit(1);
}

int view_open(const char *view, const char *query)
{
	char path[128];
	int fd, err;

	snprintf(path, sizeof(path), "%s%s", strchr(view, '/') ? MMSCOPE :
		 PROCESS, view);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || !query)
		return fd;
	if (write(fd, query, strlen(query)) == (ssize_t)strlen(query))
		return fd;
	err = errno;
	close(fd);
	errno = err;
	return -1;
}

char *read_fd(int fd, size_t chunk, size_t *len)
{
	size_t size = chunk + 1, used = 0;
	char *text = malloc(size);
	ssize_t n;

	while (text && (n = read(fd, text + used, chunk)) > 0) {
		used += n;
		if (size - used <= chunk) {
			size = 2 * size + chunk;
			text = realloc(text, size);
		}
	}
	if (!text)
		die("no memory");
	if (n < 0) {
		free(text);
		return NULL;
	}
	text[used] = '\0';
	if (len)
		*len = used;
	return text;
}

char *read_path(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text;

	if (fd < 0)
		die("%s", path);
	text = read_fd(fd, READ_CHUNK, len);
	if (!text)
		die("%s", path);
	close(fd);
	return text;
}

char *read_proc(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return read_path(path, NULL);
}

uint64_t read_number(const char *path)
{
	char *text = read_path(path, NULL);
	uint64_t number = strtoull(text, NULL, 0);

	free(text);
	return number;
}

bool has_thp(void)
{
	return !access("/sys/kernel/mm/transparent_hugepage", F_OK);
}

int small_pages(void *at, size_t size)
{
	return has_thp() ? madvise(at, size, MADV_NOHUGEPAGE) : 0;
}

int write_path(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret = -1;

	if (fd < 0)
		return -1;
	if (write(fd, text, strlen(text)) == (ssize_t)strlen(text))
		ret = 0;
	close(fd);
	return ret;
}

/* Cuts off the line at @at; returns where the next one begins, or NULL. */
static char *cut_line(char *at)
{
	char *end = strchr(at, '\n');

	if (!end)
		return NULL;
	*end = '\0';
	return end + 1;
}

static void cut_columns(struct table *table, char *line)
{
	char *name;

	while ((name = strsep(&line, " ")) && table->columns < COLUMNS_MAX)
		table->column[table->columns++] = name;
}

int table_parse(struct table *table, char *text)
{
	char *at = text;

	*table = (struct table){ .text = text };
	if (strncmp(at, "# mmscope ", 10)) {
		complain("an answer begins with \"%.40s\"", at);
		return -1;
	}
	table->head = at + 2;
	at = cut_line(at);
	if (at && !strncmp(at, "# end ", 6)) {
		complain("an answer has no line of columns");
		return -1;
	}
	if (at && !strncmp(at, "# ", 2)) {
		char *line = at + 2;

		at = cut_line(at);
		cut_columns(table, line);
	}
	table->next = at;
	return 0;
}

/* Whatever the descriptor was asked for, from its beginning. */
static int ask_fd(struct table *table, const char *what, int fd)
{
	size_t len;
	char *text = lseek(fd, 0, SEEK_SET) ? NULL :
		     read_fd(fd, READ_CHUNK, &len);

	*table = (struct table){};
	if (!text) {
		complain("%s: %s", what, strerror(errno));
		return -1;
	}
	if (strlen(text) != len || !text_complete(text, len)) {
		complain("%s: the answer is not complete", what);
		free(text);
		return -1;
	}
	return table_parse(table, text);
}

int table_ask(struct table *table, const char *view, const char *format, ...)
{
	char what[320], *query;
	va_list args;
	int fd, err;

	snprintf(what, sizeof(what), "%s ", view);
	query = what + strlen(what);
	va_start(args, format);
	vsnprintf(query, what + sizeof(what) - query, format, args);
	va_end(args);
	fd = view_open(view, query);
	if (fd < 0) {
		complain("%s: %s", what, strerror(errno));
		*table = (struct table){};
		return -1;
	}
	err = ask_fd(table, what, fd);
	close(fd);
	return err;
}

int table_ask_again(struct table *table, struct asked *asked)
{
	ssize_t len = strlen(asked->query);

	if (!asked->fd)
		asked->fd = view_open(asked->view, NULL);
	if (asked->fd < 0 || write(asked->fd, asked->query, len) != len)
		die("%s %s: %s", asked->view, asked->query, strerror(errno));
	return ask_fd(table, asked->view, asked->fd);
}

/* Compares the number of rows with what the last line says. */
static void finish_table(struct table *table, char *end, bool *bad)
{
	uint64_t rows;

	table->end = end + 2;
	cut_line(end);
	table->next = NULL;
	if (!line_number(table->end, "rows", &rows) || rows != table->rows) {
		complain("%s: %llu rows, but \"%s\"", table->head,
			 (unsigned long long)table->rows, table->end);
		*bad = true;
	}
}

bool table_row(struct table *table, bool *bad)
{
	unsigned int nr = 0;
	char *at = table->next;

	if (!at || !*at) {
		complain("%s: no last line", table->head);
		*bad = true;
		return false;
	}
	if (*at == '#') {
		finish_table(table, at, bad);
		return false;
	}
	for (table->field[nr++] = at; *at != '\n' && *at; at++) {
		if (*at != ' ')
			continue;
		*at = '\0';
		if (nr < COLUMNS_MAX)
			table->field[nr++] = at + 1;
	}
	table->next = *at ? at + 1 : NULL;
	*at = '\0';
	table->rows++;
	if (nr == table->columns)
		return true;
	complain("%s: row %llu has %u fields, not %u", table->head,
		 (unsigned long long)table->rows, nr, table->columns);
	*bad = true;
	return false;
}

unsigned int table_column(const struct table *table, const char *name)
{
	unsigned int i;

	for (i = 0; i < table->columns; i++)
		if (!strcmp(table->column[i], name))
			return i;
	errno = ENOENT;
	die("%s: no column %s", table->head, name);
}

const char *table_word(const struct table *table, const char *name)
{
	return table->field[table_column(table, name)];
}

uint64_t table_number(const struct table *table, const char *name)
{
	return strtoull(table_word(table, name), NULL, 10);
}

uint64_t frame_of(const void *address)
{
	const uint64_t present = 1ULL << 63, frame = (1ULL << 55) - 1;
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry;

	if (fd < 0 || pread(fd, &entry, sizeof(entry),
			    (uintptr_t)address / getpagesize() *
			    sizeof(entry)) != sizeof(entry))
		die("pagemap: %s", strerror(errno));
	close(fd);
	return entry & present ? entry & frame : 0;
}

void table_free(struct table *table)
{
	free(table->text);
	*table = (struct table){};
}

bool line_key(const char *line, const char *key, char *value, size_t size)
{
	size_t len = strlen(key);
	const char *at = line;

	while ((at = strstr(at, key))) {
		if ((at == line || at[-1] == ' ') && at[len] == '=') {
			snprintf(value, size, "%.*s",
				 (int)strcspn(at + len + 1, " \n"),
				 at + len + 1);
			return true;
		}
		at += len;
	}
	return false;
}

bool line_number(const char *line, const char *key, uint64_t *value)
{
	char text[64], *end;

	if (!line_key(line, key, text, sizeof(text)))
		return false;
	*value = strtoull(text, &end, 0);
	return end != text && !*end;
}

bool text_complete(const char *text, size_t len)
{
	const char *end;

	if (!len || text[len - 1] != '\n')
		return false;
	end = memrchr(text, '\n', len - 1);
	end = end ? end + 1 : text;
	return !strncmp(end, "# end ", 6) && strstr(end, " complete=1");
}

bool text_value(const char *text, const char *name, uint64_t *value)
{
	size_t len = strlen(name);

	for (; text; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (strncmp(text, name, len) || text[len] != ':')
			continue;
		*value = strtoull(text + len + 1, NULL, 0);
		return true;
	}
	return false;
}

uint64_t value_of(const char *text, const char *name)
{
	uint64_t value;

	if (text_value(text, name, &value))
		return value;
	errno = ENOENT;
	die("%s", name);
}

uint64_t stat_field(const char *stat, unsigned int nr)
{
	/* The second field is in brackets and may hold blanks. */
	const char *at = strrchr(stat, ')') + 1;
	unsigned int i;

	for (i = 2; at && i < nr; i++)
		at = strchr(at + (i > 2), ' ');
	if (!at)
		die("/proc/PID/stat has no field %u", nr);
	return strtoull(at, NULL, 0);
}

pid_t start_stopped(int (*make)(void *context), void *context)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		/* Not longer than the test that needs it. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (make && make(context))
			_exit(1);
		raise(SIGSTOP);
		_exit(0);
	}
	if (waitpid(pid, &status, WUNTRACED) != pid)
		die("waitpid");
	return WIFSTOPPED(status) ? pid : -1;
}

void unshare_memory(void)
{
	char *maps = read_path("/proc/self/maps", NULL), *rest = maps, *line;
	unsigned long start, end;

	while ((line = strsep(&rest, "\n"))) {
		if (sscanf(line, "%lx-%lx rw-p", &start, &end) != 2 ||
		    !strstr(line, " rw-p "))
			continue;
		for (; start < end; start += getpagesize())
			*(volatile char *)start = *(volatile char *)start;
	}
	free(maps);
}

void end_process(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
