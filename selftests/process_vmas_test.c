// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmas of a stopped process with something of everything, and of one with many
 * VMAs, against /proc/PID/{maps,smaps,map_files}.
 */

#include <sys/mman.h>

#include "kselftest_harness.h"
#include "process_fixture.h"
#include "process_mm.h"
#include "process_util.h"

/* VMAs of the process that has many: many batches. */
#define MANY_VMAS	4200

static int make_many(void *context)
{
	char *at = mmap(NULL, MANY_VMAS * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int i;

	if (at == MAP_FAILED)
		return -1;
	for (i = 0; i < MANY_VMAS; i += 2)
		if (mprotect(at + i * PAGE, PAGE, PROT_READ))
			return -1;
	return 0;
}

static bool vma_agrees(const struct table *table, const struct vma *vma)
{
	const char *const *field = (const char *const *)table->field;

	return strtoul(field[0], NULL, 0) == vma->start &&
	       strtoul(field[1], NULL, 0) == vma->end &&
	       !strcmp(field[2], vma->perms) && !strcmp(field[3], vma->flags) &&
	       !strcmp(field[4], vma->offset) && !strcmp(field[5], vma->dev) &&
	       !strcmp(field[6], vma->inode) && !strcmp(field[7], vma->kind) &&
	       !strcmp(field[8], vma->name);
}

/* Whether vmas shows all of these, and nothing else.  Return: mistakes. */
static unsigned int compare_vmas(pid_t pid, const struct vmas *vmas)
{
	static const struct vma none = { .name = (char *)"nothing" };
	struct table table;
	unsigned int wrong = 0;
	bool bad = false;

	if (table_ask(&table, "vmas", "pid=%d", pid) || table.columns != 9)
		return 1;
	while (table_row(&table, &bad)) {
		const struct vma *vma = table.rows <= vmas->nr ?
					&vmas->vma[table.rows - 1] : &none;

		if (vma_agrees(&table, vma))
			continue;
		complain("vmas: %s-%s %s %s %s %s %s %s %s",
			 table.field[0], table.field[1], table.field[2],
			 table.field[3], table.field[4], table.field[5],
			 table.field[6], table.field[7], table.field[8]);
		complain("not:  %#lx-%#lx %s %s %s %s %s %s %s", vma->start,
			 vma->end, vma->perms, vma->flags, vma->offset,
			 vma->dev, vma->inode, vma->kind, vma->name);
		wrong++;
	}
	if (table.rows != vmas->nr)
		complain("vmas: %lu rows, not %u", (long)table.rows, vmas->nr);
	wrong += bad + (table.rows != vmas->nr);
	table_free(&table);
	return wrong;
}

static unsigned int count_kind(const struct vmas *vmas, const char *kind)
{
	unsigned int i, nr = 0;

	for (i = 0; i < vmas->nr; i++)
		nr += !strcmp(vmas->vma[i].kind, kind);
	return nr;
}

TEST_F(process, vmas)
{
	unsigned int seen[ARRAY_LEN(flag_words)] = {}, i;
	struct vmas *vmas = read_vmas(self->pid, seen);
	char *space = ask_space(self->pid);

	EXPECT_EQ(0, compare_vmas(self->pid, vmas));
	EXPECT_EQ(vmas->nr, value_of(space, "map_count"));
	for (i = 0; i < ARRAY_LEN(flag_words); i++) {
		/* A kernel without huge pages takes no advice on them. */
		if (!has_thp() && strstr(flag_words[i][1], "hugepage"))
			continue;
		EXPECT_LT(0, seen[i]) {
			TH_LOG("no VMA has flag %u", i);
		}
	}
	EXPECT_LE(1, count_kind(vmas, "heap"));
	EXPECT_EQ(1, count_kind(vmas, "stack"));
	EXPECT_EQ(1, count_kind(vmas, "hugetlb"));
	EXPECT_LE(2, count_kind(vmas, "special"));
	EXPECT_LE(ARRAY_LEN(odd_names) + DEEP_FILES + 1,
		  count_kind(vmas, "shmem"));
	EXPECT_LT(0, count_kind(vmas, "file"));
	EXPECT_LT(0, count_kind(vmas, "anon"));
	free(space);
	free_vmas(vmas);
}

/* Whether vmas shows what lies between two addresses.  Return: mistakes. */
static unsigned int compare_between(pid_t pid, const struct vmas *vmas,
				    unsigned long start, unsigned long end)
{
	struct table table;
	unsigned int i = 0;
	bool bad = false, wrong = false;

	if (table_ask(&table, "vmas", "pid=%d start=0x%lx end=0x%lx", pid,
		      start, end))
		return 1;
	while (table_row(&table, &bad)) {
		while (i < vmas->nr && vmas->vma[i].end <= start)
			i++;
		wrong |= i == vmas->nr || vmas->vma[i].start >= end ||
			 !vma_agrees(&table, &vmas->vma[i]);
		i += i < vmas->nr;
	}
	while (i < vmas->nr && vmas->vma[i].end <= start)
		i++;
	wrong |= bad || (i < vmas->nr && vmas->vma[i].start < end &&
			 start < end);
	if (wrong)
		complain("vmas start=%#lx end=%#lx", start, end);
	table_free(&table);
	return wrong;
}

/* Both ends in, at and next to VMAs, less and more than a batch apart. */
TEST(vmas_many)
{
	static const int apart[] = { 0, 1, 2, 62, 63, 64, 65, 128, 4000 };
	unsigned int seen[ARRAY_LEN(flag_words)] = {}, i, j, wrong = 0;
	pid_t pid = start_stopped(make_many, NULL);
	struct vmas *vmas;

	ASSERT_LT(0, pid);
	vmas = read_vmas(pid, seen);
	ASSERT_LE(MANY_VMAS, vmas->nr);
	EXPECT_EQ(0, compare_vmas(pid, vmas));
	for (i = 0; i < vmas->nr; i += i < 4 ? 1 : 129) {
		for (j = 0; j < ARRAY_LEN(apart); j++) {
			const struct vma *first = &vmas->vma[i];
			const struct vma *last;

			if (i + apart[j] >= vmas->nr)
				break;
			last = first + apart[j];
			wrong += compare_between(pid, vmas, first->start,
						 last->end);
			wrong += compare_between(pid, vmas, first->start + 1,
						 last->start + 1);
			wrong += compare_between(pid, vmas, first->end - 1,
						 last->start);
			wrong += compare_between(pid, vmas, first->end,
						 last->end - 1);
		}
	}
	EXPECT_EQ(0, wrong);
	free_vmas(vmas);
	end_process(pid);
}

TEST_HARNESS_MAIN
