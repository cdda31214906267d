// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's page tables, walked by way of /proc/kcore (x86-64). */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kcore_util.h"
#include "process_util.h"

#define KCORE		"/proc/kcore"
#define PAGE		4096UL
#define PRESENT		(1UL << 0)
#define LARGE		(1UL << 7)
#define FRAME		0x000ffffffffff000UL
#define SEGMENTS_MAX	256

static Elf64_Phdr segments[SEGMENTS_MAX];
static unsigned int nr_segments;
static int kcore = -1;

static void open_kcore(void)
{
	Elf64_Ehdr head;
	ssize_t size;

	kcore = open(KCORE, O_RDONLY | O_CLOEXEC);
	if (kcore < 0 || pread(kcore, &head, sizeof(head), 0) != sizeof(head))
		die(KCORE ": %s", strerror(errno));
	nr_segments = head.e_phnum;
	if (nr_segments > SEGMENTS_MAX)
		die(KCORE " has more than %d segments", SEGMENTS_MAX);
	size = nr_segments * sizeof(*segments);
	if (pread(kcore, segments, size, head.e_phoff) != size)
		die(KCORE ": %s", strerror(errno));
}

static uint64_t read_word(const Elf64_Phdr *segment, uint64_t offset)
{
	uint64_t word;

	if (pread(kcore, &word, sizeof(word), segment->p_offset + offset) !=
	    sizeof(word))
		die(KCORE ": %s", strerror(errno));
	return word;
}

static uint64_t read_address(uint64_t addr)
{
	unsigned int i;

	for (i = 0; i < nr_segments; i++)
		if (addr - segments[i].p_vaddr < segments[i].p_memsz)
			return read_word(&segments[i],
					 addr - segments[i].p_vaddr);
	die("%#lx is not in " KCORE, addr);
}

static uint64_t read_physical(uint64_t phys)
{
	unsigned int i;

	for (i = 0; i < nr_segments; i++)
		if (segments[i].p_type == PT_LOAD &&
		    segments[i].p_paddr != (uint64_t)-1 &&
		    phys - segments[i].p_paddr < segments[i].p_memsz)
			return read_word(&segments[i],
					 phys - segments[i].p_paddr);
	die("physical %#lx is not in " KCORE, phys);
}

static uint64_t symbol(const char *name)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	unsigned long addr = 0, at;
	char word[256];

	while (file && !addr &&
	       fscanf(file, "%lx %*c %255s%*[^\n]", &at, word) == 2)
		if (!strcmp(word, name))
			addr = at;
	if (file)
		fclose(file);
	if (!addr)
		die("no address of %s", name);
	return addr;
}

static bool five_levels(void)
{
	char *text = read_path("/proc/cpuinfo", NULL);
	bool found = strstr(text, " la57");

	free(text);
	return found;
}

static unsigned int index_of(uint64_t addr, unsigned int shift)
{
	return addr >> shift & 511;
}

/* Return: the entry that maps the address, and how much it maps; or 0. */
static uint64_t leaf(uint64_t addr, unsigned int *shift)
{
	static uint64_t top;
	static unsigned int first;
	uint64_t entry;

	if (!top) {
		top = symbol("init_top_pgt");
		first = five_levels() ? 48 : 39;
	}
	*shift = first;
	entry = read_address(top + 8 * index_of(addr, *shift));
	while (entry & PRESENT && *shift > 12 && !(entry & LARGE)) {
		*shift -= 9;
		entry = read_physical((entry & FRAME) +
				      8 * index_of(addr, *shift));
	}
	return entry & PRESENT ? entry : 0;
}

/* One page, which may be a part of a huge one. */
static void add(struct kcore_span *span, uint64_t pfn, uint64_t *last,
		uint64_t *run)
{
	if (!span->pages)
		span->pfn = pfn;
	*run = span->pages && pfn == *last + 1 ? *run + 1 : 1;
	span->runs += *run == 1;
	if (*run > span->largest)
		span->largest = *run;
	span->pages++;
	*last = pfn;
}

void kcore_walk(struct kcore_span *span, uint64_t addr, uint64_t bytes)
{
	uint64_t start = addr, last = 0, run = 0, entry, base;
	unsigned int shift;

	if (kcore < 0)
		open_kcore();
	memset(span, 0, sizeof(*span));
	for (; addr - start < bytes; addr += PAGE) {
		entry = leaf(addr, &shift);
		if (!entry)
			return;
		/* Of a huge one the low bits of the frame are others. */
		base = (entry & FRAME) >> shift << (shift - 12);
		add(span, base + (addr >> 12 & ((1UL << (shift - 12)) - 1)),
		    &last, &run);
		span->huge += shift > 12;
		span->tables += shift == 12 &&
				(addr == start || !(addr & ((1UL << 21) - 1)));
	}
}
