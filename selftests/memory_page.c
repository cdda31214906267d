// SPDX-License-Identifier: GPL-2.0-only
/* Reading memory/page. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "memory_page.h"
#include "process_util.h"

#define FIRST_LINE	"# mmscope memory/page format=1"
#define SECOND_LINE	"# pfn flags refcount mapcount order kind owner " \
			"position lru generation memcg memcg_path " \
			"block_type node zone index detail\n"

/*
 * In the order of the bits KPF_*: include/uapi/linux/kernel-page-flags.h and,
 * from 32, include/linux/kernel-page-flags.h.
 */
static const char *const flag_words[] = {
	"locked", "error", "referenced", "uptodate", "dirty", "lru", "active",
	"slab", "writeback", "reclaim", "buddy", "mmap", "anon", "swapcache",
	"swapbacked", "compound_head", "compound_tail", "huge", "unevictable",
	"hwpoison", "nopage", "ksm", "thp", "offline", "zero_page", "idle",
	"pgtable", NULL, NULL, NULL, NULL, NULL, "reserved", "mlocked",
	"owner_2", "private", "private_2", "owner_private", "arch", "uncached",
	"softdirty", "arch_2", "arch_3",
};

static int flag_bit(const char *word, size_t len)
{
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(flag_words); i++)
		if (flag_words[i] && strlen(flag_words[i]) == len &&
		    !memcmp(flag_words[i], word, len))
			return i;
	/* What 6.1 calls the bit of owner_2. */
	return len == 12 && !memcmp(word, "mappedtodisk", len) ? 34 : -1;
}

uint64_t page_flag_bits(const char *words)
{
	uint64_t bits = 0;

	if (!strcmp(words, "-"))
		return 0;
	while (*words) {
		size_t len = strcspn(words, ",");
		int bit = flag_bit(words, len);

		errno = 0;
		if (bit < 0)
			die("%s: unknown flag", words);
		bits |= 1ULL << bit;
		words += len + (words[len] == ',');
	}
	return bits;
}

void page_stream_open(struct page_stream *stream, const char *query)
{
	int fd = view_open("memory/page", query);

	*stream = (struct page_stream){ .good = true };
	if (fd < 0)
		die("memory/page %s", query ? query : "");
	stream->file = fdopen(fd, "r");
	if (!stream->file)
		die("fdopen");
	setvbuf(stream->file, NULL, _IOFBF, 1 << 16);
}

static bool bad(struct page_stream *stream, const char *what)
{
	complain("memory/page, row %llu: %s: %s",
		 (unsigned long long)stream->rows, what, stream->line);
	stream->good = false;
	return false;
}

static bool next_line(struct page_stream *stream)
{
	errno = 0;
	if (getline(&stream->line, &stream->size, stream->file) > 0)
		return true;
	if (errno)
		die("memory/page");
	return bad(stream, "no last line");
}

static bool number(const char *field, uint64_t *value)
{
	char *end;

	*value = NO_NUMBER;
	if (!strcmp(field, "-"))
		return true;
	*value = strtoull(field, &end, 10);
	return !*end && end != field;
}

static bool text(char *to, size_t size, const char *field)
{
	return snprintf(to, size, "%s", field) < (int)size;
}

static bool parse(struct page_row *row, char *const *field)
{
	uint64_t other;

	row->flags = page_flag_bits(field[1]);
	if (!number(field[10], &row->memcg))
		return false;
	if (row->memcg == NO_NUMBER)
		row->memcg = 0;
	return number(field[0], &row->pfn) && number(field[2], &row->refcount) &&
	       number(field[3], &row->mapcount) &&
	       number(field[4], &row->order) &&
	       text(row->kind, sizeof(row->kind), field[5]) &&
	       text(row->owner, sizeof(row->owner), field[6]) &&
	       number(field[7], &row->position) &&
	       text(row->lru, sizeof(row->lru), field[8]) &&
	       number(field[9], &other) &&
	       text(row->memcg_path, sizeof(row->memcg_path), field[11]) &&
	       number(field[13], &other) &&
	       text(row->zone, sizeof(row->zone), field[14]) &&
	       number(field[15], &row->index) &&
	       text(row->detail, sizeof(row->detail), field[16]);
}

static bool last_line(struct page_stream *stream)
{
	uint64_t rows, complete;

	if (!line_number(stream->line, "rows", &rows) ||
	    !line_number(stream->line, "complete", &complete) ||
	    rows != stream->rows || complete != 1)
		return bad(stream, "last line");
	stream->ended = true;
	return false;
}

bool page_stream_row(struct page_stream *stream, struct page_row *row)
{
	char *field[17], *at;
	unsigned int nr = 0;

	if (stream->ended || !stream->good)
		return false;
	if (!stream->rows) {
		if (!next_line(stream))
			return false;
		if (strncmp(stream->line, FIRST_LINE, strlen(FIRST_LINE)))
			return bad(stream, "first line");
		if (!next_line(stream))
			return false;
		if (strcmp(stream->line, SECOND_LINE))
			return bad(stream, "second line");
	}
	if (!next_line(stream))
		return false;
	if (!strncmp(stream->line, "# end ", 6))
		return last_line(stream);
	stream->rows++;
	for (at = strtok(stream->line, " \n"); at && nr < 17;
	     at = strtok(NULL, " \n"))
		field[nr++] = at;
	if (nr != 17 || at || !parse(row, field))
		return bad(stream, "fields");
	return true;
}

bool page_stream_close(struct page_stream *stream)
{
	bool good = stream->good && stream->ended;

	if (good && fgetc(stream->file) != EOF)
		good = bad(stream, "there is more behind");
	fclose(stream->file);
	free(stream->line);
	return good;
}

bool page_row_find(uint64_t pfn, struct page_row *row)
{
	struct page_stream stream;
	char query[32];
	bool found;

	snprintf(query, sizeof(query), "pfn=%llu", (unsigned long long)pfn);
	page_stream_open(&stream, query);
	found = page_stream_row(&stream, row);
	errno = 0;
	if (found && (row->pfn != pfn || page_stream_row(&stream, row)))
		die("%s: another frame", query);
	if (!page_stream_close(&stream))
		die("%s: bad answer", query);
	return found;
}

uint64_t frame_at(const void *address)
{
	uint64_t pfn = frame_of(address);

	errno = 0;
	if (!pfn)
		die("nothing is mapped at %p", address);
	return pfn;
}

void page_row_at(const void *address, struct page_row *row)
{
	uint64_t pfn = frame_at(address);

	errno = 0;
	if (!page_row_find(pfn, row))
		die("frame %llu has no row", (unsigned long long)pfn);
}

bool detail_number(const struct page_row *row, const char *key,
		   uint64_t *value)
{
	const char *at = row->detail;
	size_t len = strlen(key);

	while (at) {
		if (!strncmp(at, key, len) && at[len] == '=') {
			*value = strtoull(at + len + 1, NULL, 0);
			return true;
		}
		at = strchr(at, ',');
		at = at ? at + 1 : NULL;
	}
	return false;
}

uint64_t count_frames(void)
{
	uint64_t chunk[4096], nr = 0;
	int fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		die("/proc/kpageflags");
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		nr += n / sizeof(*chunk);
	close(fd);
	return nr;
}

char *map_area(size_t size, int flags, int fd)
{
	char *area = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (area == MAP_FAILED)
		die("mmap");
	return area;
}
