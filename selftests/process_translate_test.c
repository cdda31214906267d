// SPDX-License-Identifier: GPL-2.0-only
/*
 * translate of a stopped process with something of everything, against
 * /proc/PID/pagemap, and the page tables it walks against /proc/kcore.
 */

#include <elf.h>
#include <fcntl.h>
#include <linux/kernel-page-flags.h>

#include "kselftest_harness.h"
#include "process_fixture.h"
#include "process_mm.h"
#include "process_util.h"

/* What ends the way; NOT_COUNTED is what PFNMAP maps. */
enum { NOTHING, MEMORY, SWAPPED, NO_ACCESS, NOT_COUNTED, NR_SEEN };

/**
 * struct world - what translate is compared with
 * @pid: the process.
 * @view: an open translate.
 * @pagemap: of the process.
 * @kcore: memory by the kernel's addresses.
 * @flags: /proc/kpageflags.
 * @ram: where @kcore has physical memory.
 * @nr_ram: number of @ram.
 * @levels: paging levels.
 * @pgd: physical address of the first table.
 * @seen: answers, by level and state of the last entry.
 */
struct world {
	pid_t pid;
	int view;
	int pagemap;
	int kcore;
	int flags;
	Elf64_Phdr ram[64];
	unsigned int nr_ram;
	unsigned int levels;
	uint64_t pgd;
	unsigned int seen[5][NR_SEEN];
};

static int open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die("%s", path);
	return fd;
}

static void open_kcore(struct world *world)
{
	Elf64_Ehdr head;
	Elf64_Phdr one;
	unsigned int i;

	world->kcore = open_file("/proc/kcore");
	if (pread(world->kcore, &head, sizeof(head), 0) != sizeof(head))
		die("kcore");
	for (i = 0; i < head.e_phnum; i++) {
		if (pread(world->kcore, &one, sizeof(one), head.e_phoff +
			  i * sizeof(one)) != sizeof(one))
			die("kcore");
		if (one.p_type == PT_LOAD && one.p_paddr != -1ULL &&
		    world->nr_ram < ARRAY_LEN(world->ram))
			world->ram[world->nr_ram++] = one;
	}
}

static void open_world(struct world *world, pid_t pid)
{
	char *space = ask_space(pid), path[64];

	*world = (struct world){ .pid = pid };
	world->levels = five_levels() ? 5 : 4;
	world->pgd = value_of(space, "pgd_phys");
	world->view = view_open("translate", NULL);
	if (world->view < 0)
		die("translate");
	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	world->pagemap = open_file(path);
	world->flags = open_file("/proc/kpageflags");
	open_kcore(world);
	free(space);
}

static uint64_t read_word(int fd, uint64_t at)
{
	uint64_t word;

	if (pread(fd, &word, sizeof(word), at) != sizeof(word))
		die("no word at %#llx", (unsigned long long)at);
	return word;
}

/* A word of physical memory. */
static uint64_t read_phys(const struct world *world, uint64_t phys)
{
	unsigned int i;

	for (i = 0; i < world->nr_ram; i++) {
		const Elf64_Phdr *ram = &world->ram[i];

		if (phys - ram->p_paddr < ram->p_memsz)
			return read_word(world->kcore, ram->p_offset + phys -
					 ram->p_paddr);
	}
	die("kcore has no %#llx", (unsigned long long)phys);
}

static bool field_is(const struct table *table, unsigned int nr, uint64_t value)
{
	char *end;

	return strtoull(table->field[nr], &end, 0) == value && !*end &&
	       end != table->field[nr];
}

/* Whether a set of words holds this one. */
static bool has_word(const char *set, const char *word)
{
	size_t len = strlen(word);
	const char *at = set;

	while ((at = strstr(at, word))) {
		if ((at == set || at[-1] == ',') &&
		    (!at[len] || at[len] == ','))
			return true;
		at += len;
	}
	return false;
}

#define FRAME(entry)	(((entry) & 0x000ffffffffff000ULL) >> 12)

/*
 * One row: the entry is where the address says, in the table that the entry
 * before points to, and memory holds what is shown.
 */
static bool row_agrees(const struct world *world, const struct table *table,
		       unsigned int level, uint64_t addr, uint64_t phys)
{
	static const char *const names[] = { "pte", "pmd", "pud", "p4d", "pgd" };
	unsigned int index = addr >> (12 + 9 * level) & 511;
	const char *name = names[level];

	if (level == world->levels - 1)
		name = "pgd";
	/* Of the upper ones, some kernels mark none. */
	if (level < 2 && !(read_word(world->flags, phys / PAGE * 8) &
			   1 << KPF_PGTABLE))
		return false;
	return !strcmp(table->field[0], name) && field_is(table, 1, index) &&
	       field_is(table, 2, phys) && field_is(table, 3, phys + index * 8) &&
	       field_is(table, 4, read_phys(world, phys + index * 8));
}

/*
 * What pagemap says of an address.  It leaves PFNMAP out, where the entry in
 * memory must do; but of /dev/mem it is known what it maps.
 */
static uint64_t expected(const struct world *world, const struct table *table,
			 uint64_t addr, const struct vma *vma)
{
	uint64_t entry = strtoull(table->field[4], NULL, 0);

	if (!vma || !has_word(vma->flags, "pfnmap"))
		return read_word(world->pagemap, addr / PAGE * 8);
	if (!strcmp(vma->name, "/dev/mem"))
		return 1ULL << 63 | (BIOS + addr - vma->start) / PAGE;
	return entry & 1 ? 1ULL << 63 | FRAME(entry) : 0;
}

/* An entry of which pagemap knows the frame. */
static int memory_agrees(const struct table *table, unsigned int level,
			 uint64_t addr, uint64_t frame, const struct vma *vma)
{
	uint64_t inside = (addr & ((PAGE << 9 * level) - 1)) / PAGE;
	bool no_access = !strncmp(vma->perms, "---", 3);
	uint64_t phys = 0;

	if (!line_number(table->head, "phys", &phys) ||
	    phys != frame * PAGE + addr % PAGE ||
	    !field_is(table, 7, frame - inside) ||
	    has_word(table->field[6], "huge") != (level > 0) ||
	    strcmp(table->field[5], no_access ? "protnone" : "present"))
		return -1;
	if (no_access)
		return NO_ACCESS;
	return has_word(vma->flags, "pfnmap") ? NOT_COUNTED : MEMORY;
}

/* The entry that ends the way.  Return: what it is, or -1 if that is wrong. */
static int end_agrees(const struct world *world, const struct table *table,
		      unsigned int level, uint64_t addr, const struct vma *vma)
{
	uint64_t map = expected(world, table, addr, vma);
	const uint64_t low = (1ULL << 55) - 1;

	if (has_word(table->field[6], "table"))
		return -1;
	if (map >> 63)
		return vma ? memory_agrees(table, level, addr, map & low, vma) :
			     -1;
	if (!strstr(table->head, " phys=- ") || strcmp(table->field[7], "-"))
		return -1;
	if (map >> 62)
		return !strcmp(table->field[5], "swap") &&
		       field_is(table, 8, map & 31) &&
		       field_is(table, 9, (map & low) >> 5) ? SWAPPED : -1;
	return strcmp(table->field[5], "none") ||
	       strtoull(table->field[4], NULL, 0) ? -1 : NOTHING;
}

/* The first line names the VMA, if there is one. */
static bool head_agrees(const struct table *table, uint64_t addr,
			const struct vma *vma)
{
	uint64_t start = 0, end = 0, asked = 1;

	if (!line_number(table->head, "addr", &asked) || asked != addr)
		return false;
	if (!vma)
		return strstr(table->head, " vma_start=- vma_end=-");
	return line_number(table->head, "vma_start", &start) &&
	       line_number(table->head, "vma_end", &end) &&
	       start == vma->start && end == vma->end;
}

static bool way_agrees(struct world *world, struct table *table, uint64_t addr,
		       const struct vma *vma)
{
	unsigned int level = world->levels;
	uint64_t phys = world->pgd;
	bool bad = false;
	int what;

	if (table->columns != 10 || !head_agrees(table, addr, vma))
		return false;
	while (table_row(table, &bad)) {
		if (!level-- || !row_agrees(world, table, level, addr, phys))
			return false;
		if (!has_word(table->field[6], "table"))
			break;
		phys = FRAME(strtoull(table->field[4], NULL, 0)) * PAGE;
		if (strcmp(table->field[5], "present") ||
		    !field_is(table, 7, phys / PAGE))
			return false;
	}
	if (bad || !table->rows || table->end)
		return false;
	what = end_agrees(world, table, level, addr, vma);
	if (what < 0)
		return false;
	world->seen[level][what]++;
	return !table_row(table, &bad) && !bad;
}

/* Follows one address.  Return: 1 if something is wrong. */
static unsigned int check_addr(struct world *world, uint64_t addr,
			       const struct vma *vma)
{
	struct table table;
	char query[64];
	char *text;
	size_t len;
	bool good;

	snprintf(query, sizeof(query), "pid=%d addr=0x%llx", world->pid,
		 (unsigned long long)addr);
	if (write(world->view, query, strlen(query)) != strlen(query))
		die("translate %s", query);
	text = read_fd(world->view, PAGE, &len);
	if (!text || !text_complete(text, len))
		die("translate %s", query);
	if (table_parse(&table, strdup(text)))
		return 1;
	good = way_agrees(world, &table, addr, vma);
	if (!good)
		complain("translate %#llx (pagemap %#llx):\n%s",
			 (unsigned long long)addr, (unsigned long long)
			 read_word(world->pagemap, addr / PAGE * 8), text);
	table_free(&table);
	free(text);
	return !good;
}

/* Some addresses of each page that is looked at, at most 64 of a VMA. */
static unsigned int check_vma(struct world *world, const struct vma *vma)
{
	unsigned long pages = (vma->end - vma->start) / PAGE, i;
	unsigned long step = (pages + 63) / 64;
	unsigned int wrong = 0;

	for (i = 0; i < pages; i += step)
		wrong += check_addr(world, vma->start + i * PAGE + i % PAGE,
				    vma);
	return wrong + check_addr(world, vma->end - 1, vma);
}

/* Each level can be the last, and each kind of end is met. */
TEST_F(process, translate)
{
	unsigned int seen[ARRAY_LEN(flag_words)] = {}, i, wrong = 0;
	struct vmas *vmas = read_vmas(self->pid, seen);
	char *meminfo = read_path("/proc/meminfo", NULL);
	unsigned long before = 0;
	struct world world;

	open_world(&world, self->pid);
	for (i = 0; i < vmas->nr; i++) {
		const struct vma *vma = &vmas->vma[i];

		/* In no VMA: next to two of them, and far from both. */
		if (vma->start != before) {
			wrong += check_addr(&world, before, NULL);
			wrong += check_addr(&world, vma->start - 1, NULL);
			wrong += check_addr(&world, before / 2 + vma->start / 2,
					    NULL);
		}
		wrong += check_vma(&world, vma);
		before = vma->end;
	}
	/* The stack may reach to the end, where addresses are not random. */
	if (before < user_end()) {
		wrong += check_addr(&world, before, NULL);
		wrong += check_addr(&world, user_end() - 1, NULL);
	}
	EXPECT_EQ(0, wrong);
	EXPECT_LT(100, world.seen[0][MEMORY]);
	EXPECT_LT(5, world.seen[0][NO_ACCESS]);
	EXPECT_LT(20, world.seen[0][NOTHING]);
	if (value_of(meminfo, "SwapTotal"))
		EXPECT_LT(0, world.seen[0][SWAPPED]);
	EXPECT_LE(4, world.seen[0][NOT_COUNTED]);
	EXPECT_LT(5, world.seen[1][MEMORY]);
	/* Those of a transparent huge page. */
	if (has_thp())
		EXPECT_LT(5, world.seen[1][NO_ACCESS]);
	EXPECT_LT(0, world.seen[1][NOTHING] + world.seen[2][NOTHING]);
	EXPECT_LT(0, world.seen[world.levels - 1][NOTHING]);
	free(meminfo);
	free_vmas(vmas);
}

/* What is behind the user's half is refused. */
TEST_F(process, translate_beyond)
{
	char query[64];

	snprintf(query, sizeof(query), "addr=0x%llx",
		 (unsigned long long)user_end());
	EXPECT_EQ(-1, view_open("translate", query));
	EXPECT_EQ(ERANGE, errno);
}

TEST_HARNESS_MAIN
