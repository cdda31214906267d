// SPDX-License-Identifier: GPL-2.0-only
/* space and vmas against /proc/PID/{stat,statm,status,maps}. */

#include <sys/mman.h>

#include "kselftest_harness.h"
#include "process_util.h"

/*
 * The kernel may count RSS in the tasks, and add it up only now and then: per
 * task and counter it is behind by less than this many pages (TASK_RSS_EVENTS
 * until 6.1; per-CPU batches of at most 32 or twice the number of CPUs since).
 */
#define RSS_EVENTS	64

FIXTURE(space) {
	pid_t pid;
	char *space;
	char *stat;
	char *status;
};

/* Some of everything that has a counter or a bound. */
static int make_space(void *context)
{
	size_t size = 300 * getpagesize();
	char *area = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *shared = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int fd = memfd_create("a name\\with\nodd characters", 0);

	if (area == MAP_FAILED || shared == MAP_FAILED || fd < 0)
		return -1;
	memset(area, 1, size);
	memset(shared, 1, size);
	if (mlock(area, size / 3))
		return -1;
	if (ftruncate(fd, size) ||
	    mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED ||
	    mmap(NULL, size / 2, PROT_EXEC, MAP_PRIVATE, fd,
		 getpagesize()) == MAP_FAILED)
		return -1;
	mprotect(area + size / 2, getpagesize(), PROT_NONE);
	sbrk(5 * getpagesize());
	return 0;
}

static char *read_proc(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return read_path(path, NULL);
}

FIXTURE_SETUP(space)
{
	char query[32];
	size_t len;
	int fd;

	self->pid = start_stopped(make_space, NULL);
	ASSERT_GT(self->pid, 0);
	snprintf(query, sizeof(query), "pid=%d", self->pid);
	fd = view_open("space", query);
	ASSERT_GE(fd, 0);
	self->space = read_fd(fd, 4096, &len);
	ASSERT_NE(NULL, self->space);
	ASSERT_TRUE(text_complete(self->space, len));
	close(fd);
	self->stat = read_proc(self->pid, "stat");
	self->status = read_proc(self->pid, "status");
}

FIXTURE_TEARDOWN(space)
{
	free(self->space);
	free(self->stat);
	free(self->status);
	end_process(self->pid);
}

TEST_F(space, bounds)
{
	static const struct {
		const char *name;
		unsigned int field;
	} bounds[] = {
		{ "start_code", 26 }, { "end_code", 27 }, { "start_stack", 28 },
		{ "start_data", 45 }, { "end_data", 46 }, { "start_brk", 47 },
		{ "arg_start", 48 }, { "arg_end", 49 }, { "env_start", 50 },
		{ "env_end", 51 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(bounds); i++) {
		uint64_t value = 0;

		EXPECT_TRUE(text_value(self->space, bounds[i].name, &value));
		EXPECT_EQ(stat_field(self->stat, bounds[i].field), value) {
			TH_LOG("%s", bounds[i].name);
		}
		EXPECT_NE(0, value);
	}
}

/* The heap ends where maps says it does. */
TEST_F(space, heap)
{
	char *maps = read_proc(self->pid, "maps");
	char *line = NULL, *at;
	unsigned long start, end;
	uint64_t brk = 0;

	/* What sbrk() has added may be a VMA of its own. */
	for (at = maps; (at = strstr(at, " [heap]")); at++)
		line = at;
	ASSERT_NE(NULL, line);
	while (line > maps && line[-1] != '\n')
		line--;
	ASSERT_EQ(2, sscanf(line, "%lx-%lx", &start, &end));
	EXPECT_TRUE(text_value(self->space, "brk", &brk));
	EXPECT_LT(start, brk);
	EXPECT_LE(brk, end);
	EXPECT_LT(end - brk, getpagesize());
	free(maps);
}

TEST_F(space, sizes)
{
	static const struct {
		const char *name;
		const char *status;
		uint64_t slack;
	} sizes[] = {
		{ "total_vm_pages", "VmSize" },
		{ "locked_vm_pages", "VmLck" },
		{ "pinned_vm_pages", "VmPin" },
		{ "stack_vm_pages", "VmStk" },
		{ "swap_pages", "VmSwap" },
		{ "rss_anon_pages", "RssAnon", RSS_EVENTS },
		{ "rss_file_pages", "RssFile", RSS_EVENTS },
		{ "rss_shmem_pages", "RssShmem", RSS_EVENTS },
	};
	uint64_t unit = getpagesize() / 1024, bytes = 0, kb = 0;
	uint64_t peak = 0, total = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(sizes); i++) {
		uint64_t pages = 0, slack = sizes[i].slack;

		kb = 0;
		EXPECT_TRUE(text_value(self->space, sizes[i].name, &pages));
		EXPECT_TRUE(text_value(self->status, sizes[i].status, &kb));
		EXPECT_LE(kb / unit, pages + slack) {
			TH_LOG("%s", sizes[i].name);
		}
		EXPECT_LE(pages, kb / unit + slack) {
			TH_LOG("%s", sizes[i].name);
		}
	}
	/* The highest mark so far may be the present. */
	EXPECT_TRUE(text_value(self->space, "hiwater_vm_pages", &peak));
	EXPECT_TRUE(text_value(self->space, "total_vm_pages", &total));
	EXPECT_TRUE(text_value(self->status, "VmPeak", &kb));
	EXPECT_EQ(kb / unit, peak > total ? peak : total);
	EXPECT_TRUE(text_value(self->space, "pgtable_bytes", &bytes));
	EXPECT_TRUE(text_value(self->status, "VmPTE", &kb));
	EXPECT_EQ(kb * 1024, bytes);
}

/* maps has one line for each, and one more for the gate page. */
TEST_F(space, counts)
{
	char *maps = read_proc(self->pid, "maps"), *at;
	char *statm = read_proc(self->pid, "statm");
	char *cpuinfo = read_path("/proc/cpuinfo", NULL);
	uint64_t value = 0, lines = 0;

	for (at = maps; (at = strchr(at, '\n')); at++)
		lines++;
	lines -= !!strstr(maps, "[vsyscall]");
	EXPECT_TRUE(text_value(self->space, "map_count", &value));
	EXPECT_EQ(lines, value);
	EXPECT_TRUE(text_value(self->space, "total_vm_pages", &value));
	EXPECT_EQ(strtoull(statm, NULL, 10), value);
	/* One for the process; whoever reads its files has let go. */
	EXPECT_TRUE(text_value(self->space, "mm_users", &value));
	EXPECT_LE(1, value);
	EXPECT_GE(2, value);
	EXPECT_TRUE(text_value(self->space, "paging_levels", &value));
	EXPECT_EQ(strstr(cpuinfo, " la57") ? 5 : 4, value);
	EXPECT_TRUE(text_value(self->space, "pgd_phys", &value));
	EXPECT_NE(0, value);
	EXPECT_EQ(0, value % getpagesize());
	free(maps);
	free(statm);
	free(cpuinfo);
}

/* As the views escape: what is no plain character becomes \xNN. */
static void escape(const char *name, char *out, size_t size)
{
	size_t len = 0;

	if (!*name) {
		snprintf(out, size, "-");
		return;
	}
	for (; *name && len + 5 < size; name++) {
		/* maps itself writes a newline as \012. */
		if (!strncmp(name, "\\012", 4)) {
			len += sprintf(out + len, "\\x0a");
			name += 3;
		} else if (*name > ' ' && *name < 0x7f && *name != '\\') {
			out[len++] = *name;
		} else {
			len += sprintf(out + len, "\\x%02x",
				       (unsigned char)*name);
		}
	}
	out[len] = '\0';
}

struct maps_line {
	unsigned long start;
	unsigned long end;
	char perms[8];
	unsigned long offset;
	unsigned int major;
	unsigned int minor;
	unsigned long inode;
	char name[512];
};

static bool parse_maps(const char *line, struct maps_line *parsed)
{
	int at = 0;

	if (sscanf(line, "%lx-%lx %7s %lx %x:%x %lu %n", &parsed->start,
		   &parsed->end, parsed->perms, &parsed->offset, &parsed->major,
		   &parsed->minor, &parsed->inode, &at) < 7)
		return false;
	escape(line + at, parsed->name, sizeof(parsed->name));
	return true;
}

static bool vma_agrees(const struct table *table, const struct maps_line *line)
{
	char dev[32];

	if (strtoul(table->field[0], NULL, 0) != line->start ||
	    strtoul(table->field[1], NULL, 0) != line->end ||
	    strcmp(table->field[2], line->perms) ||
	    strcmp(table->field[8], line->name))
		return false;
	if (!strcmp(table->field[5], "-"))
		return !line->inode && !line->major && !line->minor;
	snprintf(dev, sizeof(dev), "%u:%u", line->major, line->minor);
	return strtoul(table->field[4], NULL, 0) == line->offset &&
	       !strcmp(table->field[5], dev) &&
	       strtoul(table->field[6], NULL, 0) == line->inode;
}

TEST_F(space, vmas)
{
	char *maps = read_proc(self->pid, "maps"), *rest = maps, *text;
	struct maps_line line;
	struct table table;
	unsigned int wrong = 0;
	bool bad = false;

	ASSERT_EQ(0, table_ask(&table, "vmas", "pid=%d", self->pid));
	ASSERT_EQ(9, table.columns);
	while (table_row(&table, &bad)) {
		text = strsep(&rest, "\n");
		ASSERT_NE(NULL, text);
		if (parse_maps(text, &line) && vma_agrees(&table, &line))
			continue;
		complain("vmas: %s-%s %s %s %s %s %s %s; maps: %s (%s)",
			 table.field[0], table.field[1], table.field[2],
			 table.field[4], table.field[5], table.field[6],
			 table.field[7], table.field[8], text, line.name);
		wrong++;
	}
	EXPECT_FALSE(bad);
	EXPECT_EQ(0, wrong);
	EXPECT_LT(10, table.rows);
	/* Nothing is left but the gate page. */
	text = strsep(&rest, "\n");
	EXPECT_TRUE(!text || !*text || strstr(text, "[vsyscall]"));
	table_free(&table);
	free(maps);
}

/* start= and end= leave out exactly the VMAs that lie outside. */
TEST_F(space, vmas_between)
{
	struct table all, some;
	uint64_t start, end, rows = 0;
	bool bad = false;

	ASSERT_EQ(0, table_ask(&all, "vmas", "pid=%d", self->pid));
	ASSERT_TRUE(table_row(&all, &bad));
	ASSERT_TRUE(table_row(&all, &bad));
	start = strtoull(all.field[0], NULL, 0) + 1;
	ASSERT_TRUE(table_row(&all, &bad));
	ASSERT_TRUE(table_row(&all, &bad));
	end = strtoull(all.field[0], NULL, 0);
	ASSERT_EQ(0, table_ask(&some, "vmas", "pid=%d start=0x%lx end=0x%lx",
			       self->pid, (long)start, (long)end));
	while (table_row(&some, &bad))
		rows++;
	EXPECT_FALSE(bad);
	EXPECT_EQ(2, rows);
	table_free(&all);
	table_free(&some);
}

TEST_HARNESS_MAIN
