// SPDX-License-Identifier: GPL-2.0-only
/* A stopped process as the kernel's own files show it. */

#include <fcntl.h>
#include <linux/kernel-page-flags.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "page_snapshot.h"
#include "process_util.h"

/* Frames are read in blocks: one huge page. */
#define BLOCK_SHIFT	9
#define BLOCK_FRAMES	(1UL << BLOCK_SHIFT)
/* 2 TiB of memory, should a machine have as much. */
#define BLOCKS		(1UL << 20)

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL	102
#define MADV_GUARD_REMOVE	103
#endif

static const char *const smaps_names[SM_NUMBERS] = {
	[SM_RSS] = "Rss",
	[SM_ANONYMOUS] = "Anonymous",
	[SM_SWAP] = "Swap",
	[SM_SHARED_CLEAN] = "Shared_Clean",
	[SM_SHARED_DIRTY] = "Shared_Dirty",
	[SM_PRIVATE_CLEAN] = "Private_Clean",
	[SM_PRIVATE_DIRTY] = "Private_Dirty",
	[SM_ANON_HUGE] = "AnonHugePages",
	[SM_SHMEM_PMD] = "ShmemPmdMapped",
	[SM_FILE_PMD] = "FilePmdMapped",
	[SM_SHARED_HUGETLB] = "Shared_Hugetlb",
	[SM_PRIVATE_HUGETLB] = "Private_Hugetlb",
	[SM_KSM] = "KSM",
};

static void *allocate(size_t nr, size_t size)
{
	void *memory = calloc(nr ? nr : 1, size);

	if (!memory)
		die("no memory");
	return memory;
}

/* "start-end perms offset dev inode name" */
static bool parse_maps_line(const char *line, struct vma *vma)
{
	unsigned long start, end, inode;
	int name = 0;

	*vma = (struct vma){};
	if (sscanf(line, "%lx-%lx %4s %*x %*x:%*x %lu %n", &start, &end,
		   vma->perms, &inode, &name) < 4 || !name)
		return false;
	vma->start = start;
	vma->end = end;
	vma->inode = inode;
	snprintf(vma->name, sizeof(vma->name), "%s", line + name);
	return true;
}

static void parse_smaps_line(const char *line, struct vma *vma)
{
	size_t len = strcspn(line, ":");
	unsigned int i;

	if (!strncmp(line, "VmFlags:", 8)) {
		vma->soft_dirty = strstr(line, " sd ");
		vma->hugetlb = strstr(line, " ht ");
		vma->pfnmap = strstr(line, " pf ");
	}
	vma->has_ksm |= !strncmp(line, "KSM:", 4);
	for (i = 0; i < SM_NUMBERS; i++)
		if (strlen(smaps_names[i]) == len &&
		    !strncmp(line, smaps_names[i], len))
			vma->smaps[i] = strtoull(line + len + 1, NULL, 10) << 10;
}

static void read_smaps(struct snapshot *snapshot)
{
	char path[64], *text, *line, *rest;
	struct vma vma;

	snprintf(path, sizeof(path), "/proc/%d/smaps", snapshot->pid);
	text = read_path(path, NULL);
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		if (!parse_maps_line(line, &vma)) {
			if (snapshot->nr)
				parse_smaps_line(line, &snapshot->vma[snapshot->nr - 1]);
			continue;
		}
		/* The gate page belongs to the kernel's half. */
		if (vma.start >> 63)
			break;
		if (!(snapshot->nr & (snapshot->nr - 1)))
			snapshot->vma = realloc(snapshot->vma,
				(snapshot->nr ? 2 * snapshot->nr : 1) * sizeof(vma));
		if (!snapshot->vma)
			die("no memory");
		snapshot->vma[snapshot->nr++] = vma;
	}
	free(text);
}

static void read_pagemap(struct snapshot *snapshot)
{
	char path[64];
	unsigned int i;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", snapshot->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("%s", path);
	for (i = 0; i < snapshot->nr; i++) {
		struct vma *vma = &snapshot->vma[i];
		size_t size = vma_pages(vma) * sizeof(uint64_t), done = 0;
		off_t at = vma->start / PAGE * sizeof(uint64_t);

		vma->pagemap = allocate(vma_pages(vma), sizeof(uint64_t));
		while (done < size) {
			ssize_t n = pread(fd, (char *)vma->pagemap + done,
					  size - done, at + done);

			if (n <= 0)
				die("%s", path);
			done += n;
		}
		vma->pages = allocate(vma_pages(vma), sizeof(struct page));
	}
	close(fd);
}

void snapshot_take(struct snapshot *snapshot, pid_t pid)
{
	char *cpuinfo = read_path("/proc/cpuinfo", NULL);

	/* The kernel has switched it off there if it does not use it. */
	*snapshot = (struct snapshot){
		.pid = pid,
		.levels = strstr(cpuinfo, " la57") ? 5 : 4,
	};
	free(cpuinfo);
	read_smaps(snapshot);
	read_pagemap(snapshot);
}

void snapshot_free(struct snapshot *snapshot)
{
	unsigned int i;

	for (i = 0; i < snapshot->nr; i++) {
		free(snapshot->vma[i].pagemap);
		free(snapshot->vma[i].pages);
	}
	free(snapshot->vma);
	*snapshot = (struct snapshot){};
}

bool snapshot_same(const struct snapshot *a, const struct snapshot *b)
{
	unsigned int i;

	if (a->nr != b->nr)
		return false;
	for (i = 0; i < a->nr; i++)
		if (a->vma[i].start != b->vma[i].start ||
		    a->vma[i].end != b->vma[i].end ||
		    memcmp(a->vma[i].pagemap, b->vma[i].pagemap,
			   vma_pages(&a->vma[i]) * sizeof(uint64_t)))
			return false;
	return true;
}

struct vma *snapshot_vma(const struct snapshot *snapshot, uint64_t addr)
{
	unsigned int i;

	for (i = 0; i < snapshot->nr; i++)
		if (addr < snapshot->vma[i].end)
			return addr >= snapshot->vma[i].start ?
			       &snapshot->vma[i] : NULL;
	return NULL;
}

uint64_t level_bytes(const struct snapshot *snapshot, enum level level)
{
	if (level == PGD)
		level = snapshot->levels - 1;
	return PAGE << (9 * level);
}

/* What pagemap says of a page of this program's own. */
static uint64_t own_pagemap(const void *page)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t word;

	if (fd < 0 || pread(fd, &word, sizeof(word), (uintptr_t)page / PAGE *
			    sizeof(word)) != sizeof(word))
		die("/proc/self/pagemap");
	close(fd);
	return word;
}

static char *own_page(void)
{
	char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		die("mmap");
	*(volatile char *)page = 1;
	return page;
}

/* The bit came two releases after guard regions. */
bool pagemap_has_guard(void)
{
	char *page = own_page();
	bool has = !madvise(page, PAGE, MADV_GUARD_INSTALL) &&
		   own_pagemap(page) & PM_GUARD;

	munmap(page, PAGE);
	return has;
}

struct block {
	uint64_t flags[BLOCK_FRAMES];
	uint64_t count[BLOCK_FRAMES];
	uint8_t order[BLOCK_FRAMES];
};

#define ORDER_UNKNOWN	0xff

struct frames {
	int flags_fd;
	int count_fd;
	bool know_ksm;
	struct block *block[BLOCKS];
};

void frames_close(struct frames *frames)
{
	unsigned long i;

	close(frames->flags_fd);
	close(frames->count_fd);
	for (i = 0; i < BLOCKS; i++)
		free(frames->block[i]);
	free(frames);
}

static struct block *block_of(struct frames *frames, uint64_t pfn)
{
	uint64_t nr = pfn >> BLOCK_SHIFT;
	off_t at = (nr << BLOCK_SHIFT) * sizeof(uint64_t);
	struct block *block;

	if (nr >= BLOCKS)
		die("frame %llu", (unsigned long long)pfn);
	if (frames->block[nr])
		return frames->block[nr];
	block = allocate(1, sizeof(*block));
	memset(block->order, ORDER_UNKNOWN, sizeof(block->order));
	/* Nothing to read behind the last frame: flags of 0, then. */
	if (pread(frames->flags_fd, block->flags, sizeof(block->flags), at) < 0 ||
	    pread(frames->count_fd, block->count, sizeof(block->count), at) < 0)
		die("/proc/kpageflags, /proc/kpagecount");
	frames->block[nr] = block;
	return block;
}

uint64_t frame_flags(struct frames *frames, uint64_t pfn)
{
	return block_of(frames, pfn)->flags[pfn % BLOCK_FRAMES];
}

struct frames *frames_open(void)
{
	struct frames *frames = allocate(1, sizeof(*frames));
	char *page;

	frames->flags_fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	frames->count_fd = open("/proc/kpagecount", O_RDONLY | O_CLOEXEC);
	if (frames->flags_fd < 0 || frames->count_fd < 0)
		die("/proc/kpageflags, /proc/kpagecount");
	page = own_page();
	frames->know_ksm = !(frame_flags(frames, own_pagemap(page) & PM_FRAME) &
			     1ULL << KPF_KSM);
	munmap(page, PAGE);
	return frames;
}

bool frames_know_ksm(struct frames *frames)
{
	return frames->know_ksm;
}

uint64_t frame_count(struct frames *frames, uint64_t pfn)
{
	return block_of(frames, pfn)->count[pfn % BLOCK_FRAMES];
}

unsigned int frame_order(struct frames *frames, uint64_t pfn)
{
	uint8_t *known = &block_of(frames, pfn)->order[pfn % BLOCK_FRAMES];
	uint64_t head = pfn, end = pfn + 1, i;
	unsigned int order = 0;

	if (*known != ORDER_UNKNOWN)
		return *known;
	while (head && frame_flags(frames, head) & 1ULL << KPF_COMPOUND_TAIL)
		head--;
	while (frame_flags(frames, end) & 1ULL << KPF_COMPOUND_TAIL)
		end++;
	while (1ULL << order < end - head)
		order++;
	for (i = head; i < end; i++)
		block_of(frames, i)->order[i % BLOCK_FRAMES] = order;
	return order;
}
