// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every file that there is, read again and again while memory of all kinds is
 * allocated and freed on all CPUs.  The files are found by going through the
 * tree, so new ones are read, too.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "load_work.h"
#include "process_util.h"
#include "record_format.h"
#include "tree_files.h"

/* How long the load goes on at least, in seconds. */
#define LOAD_SECONDS	60

/* How much longer, until each worker has gone round. */
#define MORE_SECONDS	180

/* How often each file is read at least, however long that takes. */
#define ROUNDS		3

#define CHUNK		(1 << 18)

/*
 * After the first round, a file that takes longer than this is let go half
 * read, so that each has its turn often; in seconds of the reader's CPU.
 */
#define TURN_SECONDS	1

/* A file that says whose pages it shows must be told of which file. */
#define WANTS_PATH	"pagecache/file"

/**
 * struct seen - a file and what came of reading it
 * @path: below the module's directory.
 * @off: switched off on this kernel.
 * @whole: answers read to their end.
 * @partial: of these, those that say that they are not complete.
 * @left: let go half read.
 * @longest_ns: CPU time of the longest answer.
 */
struct seen {
	const char *path;
	bool off;
	unsigned int whole;
	unsigned int partial;
	unsigned int left;
	uint64_t longest_ns;
};

static struct seen files[TREE_FILES_MAX];
static unsigned int nr_files;
static char buf[CHUNK + 1];

static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static void find_files(void)
{
	static struct tree_files found;
	unsigned int i;

	tree_files_find(&found, tree_no_lab);
	nr_files = found.nr;
	for (i = 0; i < nr_files; i++)
		files[i].path = tree_name(found.path[i]);
}

/**
 * struct reading - an answer in the text format, as it comes
 * @rows: lines so far that are rows.
 * @line: the line that is not complete yet.
 * @len: its length.
 * @end: the last line.
 * @behind: there was something behind it.
 */
struct reading {
	uint64_t rows;
	char line[32768];
	size_t len;
	char end[512];
	bool behind;
};

static void take_line(struct reading *reading)
{
	reading->line[reading->len] = '\0';
	reading->behind |= *reading->end;
	if (*reading->line != '#')
		reading->rows++;
	if (!strncmp(reading->line, "# end ", 6))
		snprintf(reading->end, sizeof(reading->end), "%.500s",
			 reading->line);
	reading->len = 0;
}

static bool take_text(struct reading *reading, const char *text, size_t len)
{
	for (; len; text++, len--) {
		if (*text == '\n') {
			take_line(reading);
			continue;
		}
		if (!*text || reading->len == sizeof(reading->line) - 1)
			return false;
		reading->line[reading->len++] = *text;
	}
	return true;
}

/* Why an answer in the text format is not well ended, or NULL. */
static const char *odd_end(const struct reading *reading, bool *complete)
{
	uint64_t rows, whole;
	char why[32];

	if (!*reading->end || reading->behind || reading->len)
		return "no last line";
	if (!line_number(reading->end, "rows", &rows) || rows != reading->rows)
		return "another number of rows";
	if (!line_number(reading->end, "complete", &whole))
		return "not said whether it is complete";
	*complete = whole;
	if (!whole && !line_key(reading->end, "stopped", why, sizeof(why)))
		return "not complete and no word why";
	return NULL;
}

/* The same for binary records. */
static const char *odd_record(const struct record *last, size_t bytes,
			      bool *complete)
{
	if (bytes < 2 * sizeof(*last) || bytes % sizeof(*last))
		return "no whole records";
	if ((last->where & 0xf) != RECORD_END)
		return "no last record";
	*complete = last->entry;
	return NULL;
}

static bool ends_with(const char *path, const char *name)
{
	size_t len = strlen(path), tail = strlen(name);

	return len >= tail && !strcmp(path + len - tail, name);
}

/* Opens a file and asks what it cannot do without. */
static int open_file(const struct seen *file)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), MMSCOPE "%s", file->path);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0 && !strcmp(file->path, WANTS_PATH) &&
	    write(fd, "path=" WORK_FILE, strlen("path=" WORK_FILE)) < 0)
		die("%s", path);
	return fd;
}

/*
 * Reads until the end, or until more than @limit_ns of CPU time have gone.
 * Return: 1 at the end, 0 at the limit, -1 with errno.
 */
static int read_file(int fd, uint64_t limit_ns, struct reading *reading,
		     struct record *last, size_t *bytes, bool text,
		     const char **odd)
{
	uint64_t began = cpu_ns();
	ssize_t n;

	*bytes = 0;
	while ((n = read(fd, buf, CHUNK)) > 0) {
		*bytes += n;
		if (text && !take_text(reading, buf, n)) {
			*odd = "no text";
			return 1;
		}
		if (n >= (ssize_t)sizeof(*last))
			memcpy(last, buf + n - sizeof(*last), sizeof(*last));
		if (cpu_ns() - began > limit_ns)
			return 0;
	}
	return n < 0 ? -1 : 1;
}

/* Reads one file once.  Return: false after a complaint. */
static bool visit(struct seen *file, uint64_t turn_ns, uint64_t limit_ns)
{
	static struct reading reading;
	struct record last = {};
	bool binary = ends_with(file->path, "_raw"), complete = true;
	bool plain = ends_with(file->path, "query") ||
		     ends_with(file->path, "README");
	uint64_t began = cpu_ns(), took;
	const char *odd = NULL;
	size_t bytes;
	int fd = open_file(file), ret;

	if (fd < 0 && errno == EOPNOTSUPP) {
		file->off = true;
		return true;
	}
	if (fd < 0) {
		complain("%s: %s", file->path, strerror(errno));
		return false;
	}
	reading = (struct reading){};
	ret = read_file(fd, turn_ns < limit_ns ? turn_ns : limit_ns, &reading,
			&last, &bytes, !binary && !plain, &odd);
	took = cpu_ns() - began;
	if (took > file->longest_ns)
		file->longest_ns = took;
	if (ret < 0)
		odd = strerror(errno);
	else if (ret && !odd && plain)
		odd = bytes ? NULL : "empty";
	else if (ret && !odd)
		odd = binary ? odd_record(&last, bytes, &complete) :
			       odd_end(&reading, &complete);
	close(fd);
	file->whole += ret > 0;
	file->partial += ret > 0 && !complete;
	file->left += !ret;
	if (!ret && took > limit_ns)
		odd = "no end";
	if (odd)
		complain("%s: %s: %s", file->path, odd, reading.end);
	return !odd;
}

/*
 * How long an answer may take, in CPU time of the reader.  The longest have a
 * line for each frame; /proc/kpageflags has a word for each.  memory/page took
 * up to 13 times as long under this load, and no list depends on more than frames
 * and what maps them.  One that has no end takes any number of times as long.
 */
#define TIMES_KPAGEFLAGS	60

static uint64_t time_limit(void)
{
	uint64_t began = cpu_ns();
	int fd = open("/proc/kpageflags", O_RDONLY);

	if (fd < 0)
		die("kpageflags");
	while (read(fd, buf, CHUNK) > 0)
		;
	close(fd);
	return TIMES_KPAGEFLAGS * (cpu_ns() - began);
}

static unsigned int go_round(uint64_t turn_ns, uint64_t limit_ns)
{
	unsigned int i, wrong = 0;

	for (i = 0; i < nr_files; i++) {
		wrong += !visit(&files[i], turn_ns, limit_ns);
		work_check();
	}
	return wrong;
}

static void show(uint64_t limit_ns, unsigned int rounds)
{
	const struct seen *longest = files;
	unsigned int i;

	for (i = 0; i < nr_files; i++) {
		if (files[i].longest_ns > longest->longest_ns)
			longest = &files[i];
		if (files[i].partial)
			printf("# %s: %u of %u not complete\n", files[i].path,
			       files[i].partial, files[i].whole);
	}
	printf("# %u files, %u rounds; longest: %s, %" PRIu64 " of %" PRIu64
	       " ms\n", nr_files, rounds, longest->path,
	       longest->longest_ns / 1000000, limit_ns / 1000000);
}

/* Each check has a line; the last field says how it went. */
static bool selfcheck_agrees(void)
{
	char *text = read_path(MMSCOPE "selfcheck", NULL), *rest = text, *line;
	unsigned int wrong = 0, rows = 0;

	while ((line = strsep(&rest, "\n"))) {
		if (*line == '#' || !*line)
			continue;
		rows++;
		if (ends_with(line, " ok"))
			continue;
		complain("%s", line);
		wrong++;
	}
	free(text);
	return rows && !wrong;
}

FIXTURE(load) { };

FIXTURE_SETUP(load)
{
	find_files();
	work_start();
}

FIXTURE_TEARDOWN(load)
{
}

/* A round of everything, on a slow machine, takes minutes. */
TEST_F_TIMEOUT(load, all_files, 560)
{
	unsigned int rounds, wrong, i;
	uint64_t limit_ns;
	time_t end;

	ASSERT_LT(10, nr_files);
	/* So that many workers do not keep it from its rounds. */
	setpriority(PRIO_PROCESS, 0, -5);
	limit_ns = time_limit();
	end = time(NULL) + LOAD_SECONDS;
	wrong = go_round(UINT64_MAX, limit_ns);
	/* Longer on a slow machine, for workers that are still in their first. */
	for (rounds = 1; !wrong && (rounds < ROUNDS || time(NULL) < end ||
		    (time(NULL) < end + MORE_SECONDS && !work_went_round()));
	     rounds++)
		wrong = go_round(TURN_SECONDS * 1000000000ULL, limit_ns);
	show(limit_ns, rounds);
	work_end();
	EXPECT_EQ(0, wrong);
	for (i = 0; i < nr_files; i++)
		EXPECT_TRUE(files[i].off || files[i].whole);
	EXPECT_TRUE(selfcheck_agrees());
}

TEST_HARNESS_MAIN
