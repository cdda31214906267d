// SPDX-License-Identifier: GPL-2.0-only
/*
 * The views of process/ against the kernel's own files, page by page, for each
 * kind of memory.
 *
 * A child makes the memory and stops, so that both sides see the same.  Each
 * test compares all of the child's address space, and demands of enough pages
 * that they are of the kind that it is about.
 */

#include <sys/mman.h>

#include "kselftest_harness.h"
#include "page_kinds.h"
#include "process_util.h"

/* Under emulation the slowest kind takes 20 s. */
#define SECONDS		150

/* Snapshots that may differ before the process counts as restless. */
#define ATTEMPTS	3

FIXTURE(pages) {
	struct made *made;
	pid_t pid;
	struct snapshot snapshot;
};

FIXTURE_VARIANT(pages) {
	struct kind_of_memory kind;
};

struct making {
	const struct kind_of_memory *kind;
	struct made *made;
};

static int make_kind(void *context)
{
	struct making *making = context;

	return making->kind->make(making->made);
}

FIXTURE_SETUP(pages)
{
	struct making making;

	self->made = mmap(NULL, sizeof(*self->made), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->made);
	making.kind = &variant->kind;
	making.made = self->made;
	machine_prepare();
	self->pid = start_stopped(make_kind, &making);
	if (self->pid < 0 && *self->made->skip) {
		machine_restore();
		SKIP(return, "%s", self->made->skip);
	}
	ASSERT_GT(self->pid, 0);
}

FIXTURE_TEARDOWN(pages)
{
	snapshot_free(&self->snapshot);
	if (self->made->other > 0)
		kill(self->made->other, SIGKILL);
	end_process(self->pid);
	EXPECT_EQ(0, unpoison(self->made));
	machine_restore();
}

/* Pages in the regions that are what the kind says. */
static uint64_t count_pages(const struct snapshot *snapshot,
			    const struct made *made,
			    const struct kind_of_memory *kind)
{
	uint64_t count = 0, va;
	unsigned int i;

	for (i = 0; i < made->nr; i++) {
		for (va = made->region[i].start; va < made->region[i].end;
		     va += PAGE) {
			struct vma *vma = snapshot_vma(snapshot, va);
			struct page *page;

			if (!vma)
				continue;
			page = &vma->pages[(va - vma->start) >> PAGE_SHIFT];
			count += page->state == kind->state &&
				 (kind->level == NO_LEVEL ||
				  page->level == kind->level) &&
				 page->kind == kind->kind &&
				 page->shared == kind->shared &&
				 !(~page->flags & kind->set) &&
				 !(page->flags & kind->clear);
		}
	}
	return count;
}

/* Addresses that matter: the ends of each VMA, in and beyond, and a few more. */
static uint64_t translate_all(struct snapshot *snapshot)
{
	uint64_t top = (PAGE << (9 * snapshot->levels - 1)) - 1;
	uint64_t mismatches = 0;
	unsigned int i;

	mismatches += compare_translate(snapshot, 0);
	mismatches += compare_translate(snapshot, 0x123456);
	mismatches += compare_translate(snapshot, top - PAGE);
	for (i = 0; i < snapshot->nr; i++) {
		const struct vma *vma = &snapshot->vma[i];
		uint64_t middle = vma->start + (vma->end - vma->start) / 2;

		/* Pieces of huge pages are many. */
		if (i > 40 && i + 40 < snapshot->nr)
			continue;
		mismatches += compare_translate(snapshot, vma->start);
		mismatches += compare_translate(snapshot, vma->start - 1);
		mismatches += compare_translate(snapshot, vma->end - 1);
		/* Of the stack, if addresses are not random, it is the end. */
		if (vma->end < top - PAGE)
			mismatches += compare_translate(snapshot, vma->end);
		mismatches += compare_translate(snapshot, middle + 0x123);
		mismatches += compare_translate(snapshot, middle / 3 * 2);
	}
	return mismatches;
}

static uint64_t report(const char *what, uint64_t mismatches)
{
	/* Not a complaint, of which there may have been too many. */
	if (mismatches)
		printf("# %s: %lu mismatches\n", what, (long)mismatches);
	return mismatches;
}

static uint64_t compare_all(struct snapshot *snapshot)
{
	/* The others go by what this one has found. */
	if (report("entries", compare_entries(snapshot)))
		return 1;
	return report("entries_raw", compare_entries_raw(snapshot)) +
	       report("ranges", compare_ranges(snapshot, "")) +
	       report("ranges ignore=accessed",
		      compare_ranges(snapshot, "accessed")) +
	       report("ranges ignore=accessed,dirty",
		      compare_ranges(snapshot, "accessed,dirty")) +
	       report("ranges detail=folio", compare_folios(snapshot)) +
	       report("smaps", compare_smaps(snapshot)) +
	       report("tables", compare_tables(snapshot)) +
	       report("translate", translate_all(snapshot));
}

TEST_F_TIMEOUT(pages, agree, SECONDS)
{
	uint64_t mismatches = 1, count;
	struct snapshot after;
	int attempt;
	bool same;

	for (attempt = 0; attempt < ATTEMPTS; attempt++) {
		unshare_memory();
		snapshot_free(&self->snapshot);
		snapshot_take(&self->snapshot, self->pid);
		mismatches = compare_all(&self->snapshot);
		snapshot_take(&after, self->pid);
		same = snapshot_same(&self->snapshot, &after);
		snapshot_free(&after);
		if (same)
			break;
		complain("something has changed meanwhile; once more");
	}
	ASSERT_LT(attempt, ATTEMPTS);
	EXPECT_EQ(0, mismatches);
	count = count_pages(&self->snapshot, self->made, &variant->kind);
	printf("# %s: %lu pages\n", variant->kind.name, (long)count);
	EXPECT_LE(variant->kind.pages, count);
}

#define KIND(kind_name, ...)						\
FIXTURE_VARIANT_ADD(pages, kind_name) {					\
	.kind = { .name = #kind_name, .make = make_ ## kind_name,	\
		  __VA_ARGS__ },					\
}

KIND(anon, .state = PRESENT, .level = PTE, .kind = ANON,
     .set = F_WRITE | F_USER | F_ACCESSED | F_DIRTY | F_NX,
     .pages = MANY_PAGES);
KIND(anon_idle, .state = PRESENT, .level = PTE, .kind = ANON,
     .set = F_WRITE, .clear = F_ACCESSED, .pages = MANY_PAGES);
KIND(thp, .state = PRESENT, .level = PMD, .kind = ANON,
     .set = F_WRITE | F_DIRTY | F_HUGE, .pages = MANY_PAGES);
KIND(thp_holes, .state = PRESENT, .level = PTE, .kind = ANON,
     .set = F_WRITE, .clear = F_HUGE, .pages = MANY_PAGES);
KIND(thp_pieces, .state = PRESENT, .level = PTE, .kind = ANON,
     .set = F_WRITE, .clear = F_HUGE, .pages = 51100);
KIND(thp_double, .state = PRESENT, .level = PMD, .kind = ANON, .shared = 1,
     .set = F_HUGE, .pages = MANY_PAGES);
KIND(thp_double_ptes, .state = PRESENT, .level = PTE, .kind = ANON,
     .shared = 1, .clear = F_HUGE, .pages = MANY_PAGES);
KIND(hugetlb_2m, .state = PRESENT, .level = PMD, .kind = HUGETLB,
     .set = F_WRITE | F_HUGE, .pages = MANY_PAGES);
KIND(hugetlb_1g, .state = PRESENT, .level = PUD, .kind = HUGETLB,
     .set = F_WRITE | F_HUGE, .pages = MANY_PAGES);
/* The page cache of some has huge pages of its own accord. */
KIND(file_clean, .state = PRESENT, .level = NO_LEVEL, .kind = FILE_KIND,
     .clear = F_WRITE | F_DIRTY, .pages = MANY_PAGES);
KIND(file_dirty, .state = PRESENT, .level = NO_LEVEL, .kind = FILE_KIND,
     .set = F_WRITE | F_DIRTY, .pages = MANY_PAGES);
KIND(file_private, .state = PRESENT, .level = PTE, .kind = ANON,
     .set = F_WRITE | F_DIRTY, .pages = MANY_PAGES);
KIND(shmem, .state = PRESENT, .level = PTE, .kind = SHMEM,
     .set = F_WRITE | F_DIRTY, .pages = MANY_PAGES);
KIND(shmem_shared, .state = PRESENT, .level = PTE, .kind = SHMEM, .shared = 1,
     .set = F_WRITE | F_DIRTY, .pages = MANY_PAGES);
KIND(shmem_mixed, .state = PRESENT, .level = PTE, .kind = SHMEM,
     .clear = F_DIRTY, .pages = 80000);
KIND(shmem_thp, .state = PRESENT, .level = PMD, .kind = SHMEM,
     .set = F_HUGE | F_WRITE, .pages = MANY_PAGES);
KIND(shmem_thp_double, .state = PRESENT, .level = PMD, .kind = SHMEM,
     .shared = 1, .set = F_HUGE | F_WRITE, .pages = MANY_PAGES);
KIND(zero, .state = PRESENT, .level = PTE, .kind = ZERO,
     .set = F_SPECIAL, .clear = F_WRITE | F_DIRTY, .pages = MANY_PAGES);
KIND(huge_zero, .state = PRESENT, .level = PMD, .kind = ZERO,
     .set = F_HUGE, .clear = F_WRITE | F_DIRTY, .pages = MANY_PAGES);
KIND(swapped, .state = SWAP, .level = PTE, .pages = MANY_PAGES);
KIND(fork_shared, .state = PRESENT, .level = PTE, .kind = ANON, .shared = 1,
     .clear = F_WRITE, .pages = MANY_PAGES);
KIND(fork_copied, .state = PRESENT, .level = PTE, .kind = ANON,
     .set = F_WRITE, .pages = MANY_PAGES);
KIND(protnone, .state = PROTNONE, .level = PTE, .kind = ANON,
     .clear = F_NUMA_HINT, .pages = MANY_PAGES);
KIND(protnone_thp, .state = PROTNONE, .level = PMD, .kind = ANON,
     .set = F_HUGE, .clear = F_NUMA_HINT, .pages = MANY_PAGES);
KIND(soft_dirty, .state = PRESENT, .level = PTE, .kind = ANON,
     .set = F_SOFT_DIRTY, .pages = MANY_PAGES);
KIND(uffd_wp, .state = PRESENT, .level = PTE, .kind = ANON,
     .set = F_UFFD_WP, .clear = F_WRITE, .pages = MANY_PAGES);
KIND(uffd_wp_shmem, .state = PRESENT, .level = PTE, .kind = SHMEM,
     .set = F_UFFD_WP, .clear = F_WRITE, .pages = MANY_PAGES);
KIND(uffd_wp_marker, .state = MARKER, .level = PTE, .set = F_UFFD_WP,
     .pages = MANY_PAGES);
KIND(uffd_wp_hugetlb, .state = PRESENT, .level = PMD, .kind = HUGETLB,
     .set = F_UFFD_WP, .clear = F_WRITE, .pages = MANY_PAGES);
KIND(ksm, .state = PRESENT, .level = PTE, .kind = KSM, .shared = 1,
     .clear = F_WRITE, .pages = 1000);
KIND(hwpoison, .state = HWPOISON, .level = PTE, .pages = 16);
KIND(guard, .state = MARKER, .level = PTE, .set = F_GUARD,
     .pages = MANY_PAGES);
KIND(high, .state = PRESENT, .level = PTE, .kind = ANON, .set = F_WRITE,
     .pages = MANY_PAGES);

TEST_HARNESS_MAIN
