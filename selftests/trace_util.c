// SPDX-License-Identifier: GPL-2.0-only
/* `mmscope trace` at work, and what comes of it. */

#include <errno.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trace_util.h"

/* Attaching takes seconds, or minutes where several share a slow machine. */
#define PATIENCE_MS	600000

/* The command: MMSCOPE names it, or it is where the project has it. */
static const char *command(void)
{
	static const char *const places[] = {
		"../scripts/mmscope", "../../scripts/mmscope",
		"../../../scripts/mmscope",
	};
	static char path[4096];
	char self[4096] = "";
	unsigned int i;

	if (getenv("MMSCOPE"))
		return getenv("MMSCOPE");
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		die("/proc/self/exe: %s", strerror(errno));
	for (i = 0; i < ARRAY_LEN(places); i++) {
		char folder[4096];

		strcpy(folder, self);
		snprintf(path, sizeof(path), "%.3900s/%s", dirname(folder),
			 places[i]);
		if (!access(path, X_OK))
			return path;
	}
	return NULL;
}

bool trace_supported(void)
{
	return command() && !access("/usr/bin/bpftrace", X_OK);
}

static void start(struct trace *trace, pid_t pid)
{
	const char *path = command();
	char number[16];
	int fds[2];

	snprintf(number, sizeof(number), "%d", pid);
	if (pipe(fds))
		die("pipe: %s", strerror(errno));
	fflush(stdout);
	trace->child = fork();
	if (trace->child < 0)
		die("fork: %s", strerror(errno));
	if (!trace->child) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		dup2(fds[1], STDOUT_FILENO);
		/* A test's own descriptors would keep what it closes. */
		for (int fd = 3; fd < 64; fd++)
			close(fd);
		if (pid)
			execl(path, path, "trace", trace->name, "--pid", number,
			      NULL);
		else
			execl(path, path, "trace", trace->name, NULL);
		_exit(127);
	}
	close(fds[1]);
	trace->out = fds[0];
	trace->text = NULL;
	trace->nr = 0;
}

void traces_start(struct trace *traces, unsigned int nr, pid_t pid)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		start(&traces[i], pid);
	for (i = 0; i < nr; i++) {
		struct pollfd poll_fd = { traces[i].out, POLLIN };

		if (poll(&poll_fd, 1, PATIENCE_MS) != 1 ||
		    !(poll_fd.revents & POLLIN))
			die("trace %s: not attached", traces[i].name);
	}
}

void trace_wait(struct trace *trace)
{
	char *line;
	int status;

	trace->text = read_fd(trace->out, 65536, NULL);
	close(trace->out);
	if (waitpid(trace->child, &status, 0) != trace->child)
		die("waitpid: %s", strerror(errno));
	trace->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	for (line = trace->text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, "# mmscope ", 10))
			continue;
		if (trace->nr == TRACE_TABLES)
			die("trace %s: too many tables", trace->name);
		trace->table[trace->nr++] = line;
	}
}

void traces_stop(struct trace *traces, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		kill(traces[i].child, SIGINT);
	for (i = 0; i < nr; i++)
		trace_wait(&traces[i]);
}

void traces_show(const struct trace *traces, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		const char *line = traces[i].text;

		while (line && *line) {
			size_t len = strcspn(line, "\n");

			printf("#   %.*s\n", (int)len, line);
			line += len + !!line[len];
		}
	}
}

void traces_free(struct trace *traces, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		free(traces[i].text);
}

void trace_table(const struct trace *trace, const char *name,
		 struct table *table)
{
	char value[64];
	unsigned int i;

	for (i = 0; i < trace->nr; i++) {
		char *begin = trace->table[i], *end;
		size_t len;

		end = i + 1 < trace->nr ? trace->table[i + 1] :
					  trace->text + strlen(trace->text);
		len = strcspn(begin, "\n");
		snprintf(table->text = malloc(end - begin + 1), end - begin + 1,
			 "%s", begin);
		table->text[len] = '\0';
		if (line_key(table->text, "table", value, sizeof(value)) &&
		    !strcmp(value, name)) {
			table->text[len] = '\n';
			if (table_parse(table, table->text))
				die("trace %s: table %s", trace->name, name);
			return;
		}
		free(table->text);
	}
	die("trace %s: no table %s in:\n%s", trace->name, name, trace->text);
}

/* Whether the row has all the values. */
static bool matches(const struct table *table, va_list pairs)
{
	const char *column, *value;
	bool all = true;
	va_list copy;

	va_copy(copy, pairs);
	while ((column = va_arg(copy, const char *))) {
		value = va_arg(copy, const char *);
		all = all && !strcmp(table_word(table, column), value);
	}
	va_end(copy);
	return all;
}

uint64_t trace_sum(const struct trace *trace, const char *name,
		   const char *column, ...)
{
	struct table table;
	bool bad = false;
	uint64_t sum = 0;
	va_list pairs;

	trace_table(trace, name, &table);
	va_start(pairs, column);
	while (table_row(&table, &bad))
		if (matches(&table, pairs) &&
		    strcmp(table_word(&table, column), "-"))
			sum += table_number(&table, column);
	va_end(pairs);
	table_free(&table);
	return bad ? ~0ULL : sum;
}

uint64_t vmstat(const char *name)
{
	char *text = read_path("/proc/vmstat", NULL), *rest = text, *line;
	uint64_t sum = 0;

	while ((line = strsep(&rest, "\n")))
		if (!strncmp(line, name, strlen(name)) && strchr(line, ' '))
			sum += strtoull(strchr(line, ' '), NULL, 10);
	free(text);
	return sum;
}
