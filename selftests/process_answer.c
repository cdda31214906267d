// SPDX-License-Identifier: GPL-2.0-only
/* Answers about a process that lives on, changes or ends while it is read. */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process_answer.h"
#include "process_util.h"

#define READ_CHUNK	(1 << 20)

/* A record of entries_raw, as mmscope_records.h describes it. */
struct record {
	uint64_t where;
	uint64_t entry;
};

#define RECORD_FORMAT	1
#define RECORD_HEAD	14
#define RECORD_END	15
#define RECORD_LEVEL(where)	((unsigned int)((where) >> 4 & 7))

static void spans_add(struct spans *spans, uint64_t start, uint64_t end)
{
	if (spans->nr == spans->max) {
		spans->max = 2 * spans->max + 64;
		spans->at = realloc(spans->at, spans->max * sizeof(*spans->at));
		if (!spans->at)
			die("no memory");
	}
	spans->at[spans->nr++] = (struct span){ start, end };
}

static int span_compare(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static void spans_unite(struct spans *spans)
{
	size_t i, nr = 0;

	qsort(spans->at, spans->nr, sizeof(*spans->at), span_compare);
	for (i = 1; i < spans->nr; i++) {
		struct span *last = &spans->at[nr], *next = &spans->at[i];

		if (next->start > last->end)
			spans->at[++nr] = *next;
		else if (next->end > last->end)
			last->end = next->end;
	}
	spans->nr = spans->nr ? nr + 1 : 0;
}

void spans_add_maps(struct spans *spans, pid_t pid)
{
	unsigned long start, end;
	char path[64], *maps, *rest, *line;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = read_path(path, NULL);
	rest = maps;
	while ((line = strsep(&rest, "\n")))
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			spans_add(spans, start, end);
	free(maps);
	spans_unite(spans);
}

bool spans_cover(const struct spans *spans, const struct span *span)
{
	size_t i;

	for (i = 0; i < spans->nr; i++)
		if (spans->at[i].start <= span->start &&
		    span->end <= spans->at[i].end)
			return true;
	return false;
}

void spans_free(struct spans *spans)
{
	free(spans->at);
	*spans = (struct spans){};
}

/* Takes the span of the next row, which must lie behind the last one's. */
static bool next_span(struct answer *answer, uint64_t start, uint64_t end)
{
	const struct spans *spans = &answer->spans;
	uint64_t last = spans->nr ? spans->at[spans->nr - 1].end : 0;

	if (start < last || end <= start) {
		complain("%s: %#llx-%#llx follows after a row up to %#llx",
			 answer->view, (unsigned long long)start,
			 (unsigned long long)end, (unsigned long long)last);
		return false;
	}
	spans_add(&answer->spans, start, end);
	return true;
}

/* Up to where an entry at @va maps. */
static uint64_t entry_end(uint64_t va, unsigned int level)
{
	uint64_t size = PAGE << 9 * level;

	return (va & ~(size - 1)) + size;
}

static unsigned int level_number(const char *word)
{
	static const char *const words[] = { "pte", "pmd", "pud", "p4d", "pgd" };
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(words); i++)
		if (!strcmp(words[i], word))
			return i;
	errno = EINVAL;
	die("level %s", word);
}

static bool check_record(struct answer *answer, const struct record *record)
{
	uint64_t va = record->where & ~(PAGE - 1);
	unsigned int level = RECORD_LEVEL(record->where);

	/* Nothing above a page; a huge one may begin in mid-entry. */
	return next_span(answer, va, level ? va + PAGE : entry_end(va, 0));
}

static int check_records(struct answer *answer)
{
	const struct record *record = (void *)answer->bytes;
	size_t i, nr = answer->len / sizeof(*record);

	if (nr < 2 || answer->len % sizeof(*record) ||
	    record[0].where != RECORD_HEAD ||
	    record[0].entry != RECORD_FORMAT ||
	    record[nr - 1].where != RECORD_END ||
	    record[nr - 1].entry > 1) {
		complain("%s: %zu bytes without a proper beginning or end",
			 answer->view, answer->len);
		return -1;
	}
	answer->complete = record[nr - 1].entry;
	if (!answer->complete)
		strcpy(answer->stopped, "exited");
	answer->rows = nr - 2;
	for (i = 1; i < nr - 1; i++)
		if (!check_record(answer, &record[i]))
			return -1;
	return 0;
}

static bool check_row(struct answer *answer, struct table *table)
{
	uint64_t first;

	if (!strcmp(answer->view, "tables") ||
	    !strcmp(answer->view, "translate"))
		return true;
	first = strtoull(table->field[0], NULL, 0);
	if (!strcmp(answer->view, "entries"))
		return next_span(answer, first,
				 level_number(table->field[1]) ? first + PAGE :
				 entry_end(first, 0));
	return next_span(answer, first, strtoull(table->field[1], NULL, 0));
}

static bool check_end(struct answer *answer, const char *end)
{
	uint64_t complete;

	if (!line_number(end, "complete", &complete) || complete > 1) {
		complain("%s: ends with \"%s\"", answer->view, end);
		return false;
	}
	answer->complete = complete;
	line_key(end, "stopped", answer->stopped, sizeof(answer->stopped));
	return true;
}

/* Lines "name: value", but for the first and last one. */
static int check_values(struct answer *answer)
{
	const char *end = strstr(answer->bytes, "\n# end ");

	if (!end || strncmp(answer->bytes, "# mmscope ", 10) ||
	    !line_number(end + 1, "rows", &answer->rows)) {
		complain("%s: no proper beginning or end", answer->view);
		return -1;
	}
	return check_end(answer, end + 1) ? 0 : -1;
}

static int check_text(struct answer *answer)
{
	struct table table;
	bool bad = false;
	char *text = strdup(answer->bytes);

	if (!text)
		die("no memory");
	if (strlen(text) != answer->len || table_parse(&table, text)) {
		complain("%s: no text", answer->view);
		free(text);
		return -1;
	}
	while (table_row(&table, &bad))
		bad |= !bad && !check_row(answer, &table);
	answer->rows = table.rows;
	bad |= !table.end || !check_end(answer, table.end);
	table_free(&table);
	return bad ? -1 : 0;
}

int answer_take(struct answer *answer, const char *view, char *bytes,
		size_t len)
{
	*answer = (struct answer){ .view = view, .bytes = bytes, .len = len };
	if (!strcmp(view, "entries_raw"))
		return check_records(answer);
	if (!strcmp(view, "space"))
		return check_values(answer);
	return check_text(answer);
}

int answer_rest(struct answer *answer, const char *view, int fd,
		const char *begun, size_t len)
{
	char *rest, *bytes;
	size_t more;

	*answer = (struct answer){ .view = view };
	rest = read_fd(fd, READ_CHUNK, &more);
	if (!rest) {
		complain("%s: %s behind %zu bytes", view, strerror(errno), len);
		return -1;
	}
	bytes = malloc(len + more + 1);
	if (!bytes)
		die("no memory");
	memcpy(bytes, begun, len);
	memcpy(bytes + len, rest, more + 1);
	free(rest);
	return answer_take(answer, view, bytes, len + more);
}

int answer_ask(struct answer *answer, const char *view, const char *format, ...)
{
	char query[256];
	va_list args;
	int fd, ret;

	va_start(args, format);
	vsnprintf(query, sizeof(query), format, args);
	va_end(args);
	*answer = (struct answer){ .view = view };
	fd = view_open(view, query);
	if (fd < 0) {
		complain("%s %s: %s", view, query, strerror(errno));
		return -1;
	}
	ret = answer_rest(answer, view, fd, "", 0);
	close(fd);
	return ret;
}

void answer_free(struct answer *answer)
{
	spans_free(&answer->spans);
	free(answer->bytes);
	*answer = (struct answer){};
}

/* Where the last line begins. */
static size_t last_line(const struct answer *answer)
{
	const char *at = NULL;

	if (answer->len)
		at = memrchr(answer->bytes, '\n', answer->len - 1);
	return at ? at + 1 - answer->bytes : 0;
}

static size_t stable_len(const struct answer *answer)
{
	const char *times;

	if (!strcmp(answer->view, "entries_raw"))
		return answer->len;
	times = strstr(answer->bytes + last_line(answer), " lock_max_ns=");
	return times ? times - answer->bytes : answer->len;
}

bool answer_same(const struct answer *a, const struct answer *b)
{
	size_t len = stable_len(a), i;

	if (len == stable_len(b) && !memcmp(a->bytes, b->bytes, len))
		return true;
	for (i = 0; i < len && i < b->len && a->bytes[i] == b->bytes[i]; i++)
		;
	complain("%s: %zu and %zu bytes, different from byte %zu on", a->view,
		 len, stable_len(b), i);
	return false;
}

bool answer_begins(const struct answer *whole, const struct answer *part)
{
	size_t len;

	if (!strcmp(part->view, "entries_raw")) {
		len = part->len - sizeof(struct record);
	} else {
		struct answer rows = *part;

		/* Its last row up to its first field. */
		rows.len = last_line(part);
		len = last_line(&rows);
		if (part->rows)
			len += strcspn(part->bytes + len, " ");
	}
	if (len <= whole->len && !memcmp(whole->bytes, part->bytes, len))
		return true;
	complain("%s: the first %zu bytes are not those of the whole",
		 part->view, len);
	return false;
}

bool answer_within(const struct answer *answer, const struct spans *spans)
{
	size_t i;

	for (i = 0; i < answer->spans.nr; i++) {
		const struct span *span = &answer->spans.at[i];

		if (spans_cover(spans, span))
			continue;
		complain("%s: %#llx-%#llx is not mapped", answer->view,
			 (unsigned long long)span->start,
			 (unsigned long long)span->end);
		return false;
	}
	return true;
}

void answer_head(const struct answer *answer, const char *key, char *value,
		 size_t size)
{
	char *line = strndup(answer->bytes, strcspn(answer->bytes, "\n"));

	if (!line)
		die("no memory");
	if (!line_key(line, key, value, size))
		*value = '\0';
	free(line);
}

int read_exactly(int fd, char *buf, size_t len)
{
	while (len) {
		ssize_t n = read(fd, buf, len);

		if (n <= 0) {
			if (!n)
				errno = 0;
			return -1;
		}
		buf += n;
		len -= n;
	}
	return 0;
}
