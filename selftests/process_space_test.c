// SPDX-License-Identifier: GPL-2.0-only
/*
 * space of a stopped process with something of everything, against
 * /proc/PID/{stat,statm,status,maps}.
 */

#include "kselftest_harness.h"
#include "process_fixture.h"
#include "process_mm.h"
#include "process_util.h"

/* VM_LOCKED, which MCL_FUTURE puts into def_flags. */
#define LOCKED_BIT	0x2000

TEST_F(process, space_bounds)
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
	char *space = ask_space(self->pid);
	char *stat = read_proc(self->pid, "stat");
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(bounds); i++) {
		uint64_t value = value_of(space, bounds[i].name);

		EXPECT_EQ(stat_field(stat, bounds[i].field), value) {
			TH_LOG("%s", bounds[i].name);
		}
		EXPECT_NE(0, value);
	}
	EXPECT_EQ(five_levels() ? 5 : 4, value_of(space, "paging_levels"));
	EXPECT_EQ(user_end(), value_of(space, "task_size"));
	free(space);
	free(stat);
}

/* The VMAs of a name in maps, from the first to the last; dies without. */
static void find_mapping(const char *maps, const char *name,
			 unsigned long *start, unsigned long *end)
{
	unsigned long first;
	const char *at;

	*end = 0;
	for (at = maps; (at = strstr(at, name)); at++) {
		const char *line = at;

		while (line > maps && line[-1] != '\n')
			line--;
		if (sscanf(line, "%lx-%lx", &first, end) != 2)
			die("maps");
		if (at == strstr(maps, name))
			*start = first;
	}
	if (!*end)
		die("no %s", name);
}

TEST_F(process, space_heap_and_mmap_base)
{
	char *space = ask_space(self->pid);
	char *maps = read_proc(self->pid, "maps");
	uint64_t brk = value_of(space, "brk"), base = value_of(space, "mmap_base");
	unsigned long start, end;

	find_mapping(maps, " [heap]", &start, &end);
	EXPECT_LE(start, value_of(space, "start_brk"));
	EXPECT_LT(start, brk);
	EXPECT_EQ(end, (brk + PAGE - 1) & ~(PAGE - 1));
	/* Between the program interpreter, the highest, and the stack. */
	find_mapping(maps, "/ld-linux-x86-64.so.2\n", &start, &end);
	EXPECT_LE(end, base);
	find_mapping(maps, " [stack]", &start, &end);
	EXPECT_LT(base, start);
	EXPECT_EQ(0, base % PAGE);
	free(space);
	free(maps);
}

/* Both read the same counters, and nobody changes them. */
TEST_F(process, space_counters)
{
	static const struct {
		const char *name;
		const char *status;
	} counters[] = {
		{ "total_vm_pages", "VmSize" },
		{ "locked_vm_pages", "VmLck" },
		{ "pinned_vm_pages", "VmPin" },
		{ "data_vm_pages", "VmData" },
		{ "stack_vm_pages", "VmStk" },
		{ "swap_pages", "VmSwap" },
		{ "rss_anon_pages", "RssAnon" },
		{ "rss_file_pages", "RssFile" },
		{ "rss_shmem_pages", "RssShmem" },
	};
	char *space = ask_space(self->pid);
	char *status = read_proc(self->pid, "status");
	char *meminfo = read_path("/proc/meminfo", NULL);
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(counters); i++) {
		uint64_t pages = value_of(space, counters[i].name);

		EXPECT_EQ(value_of(status, counters[i].status), 4 * pages) {
			TH_LOG("%s", counters[i].name);
		}
		if (strcmp(counters[i].name, "swap_pages") ||
		    value_of(meminfo, "SwapTotal"))
			EXPECT_NE(0, pages) {
				TH_LOG("%s", counters[i].name);
			}
	}
	EXPECT_EQ(value_of(status, "VmExe") + value_of(status, "VmLib"),
		  4 * value_of(space, "exec_vm_pages"));
	EXPECT_EQ(value_of(status, "VmPTE") * 1024,
		  value_of(space, "pgtable_bytes"));
	EXPECT_EQ(2, value_of(status, "Threads"));
	EXPECT_EQ(2, value_of(space, "mm_users"));
	EXPECT_EQ(LOCKED_BIT, value_of(space, "def_flags"));
	free(space);
	free(status);
	free(meminfo);
}

/* The highest marks, which are above what there is now. */
TEST_F(process, space_high_water)
{
	char *space = ask_space(self->pid);
	char *status = read_proc(self->pid, "status");
	uint64_t rss = value_of(space, "hiwater_rss_pages");
	uint64_t vm = value_of(space, "hiwater_vm_pages");

	EXPECT_EQ(value_of(status, "VmHWM"), 4 * rss);
	EXPECT_EQ(value_of(status, "VmPeak"), 4 * vm);
	EXPECT_LT(value_of(status, "VmRSS"), 4 * rss);
	EXPECT_LT(value_of(status, "VmSize"), 4 * vm);
	free(space);
	free(status);
}

TEST_F(process, space_statm)
{
	char *space = ask_space(self->pid);
	char *statm = read_proc(self->pid, "statm");
	unsigned long size, resident, shared, text, lib, data;
	uint64_t files = value_of(space, "rss_file_pages") +
			 value_of(space, "rss_shmem_pages");
	int fields;

	fields = sscanf(statm, "%lu %lu %lu %lu %lu %lu", &size, &resident,
			&shared, &text, &lib, &data);
	ASSERT_EQ(6, fields);
	EXPECT_EQ(size, value_of(space, "total_vm_pages"));
	EXPECT_EQ(shared, files);
	EXPECT_EQ(resident, files + value_of(space, "rss_anon_pages"));
	EXPECT_EQ(data, value_of(space, "data_vm_pages") +
			value_of(space, "stack_vm_pages"));
	free(space);
	free(statm);
}

TEST_HARNESS_MAIN
