// SPDX-License-Identifier: GPL-2.0-only
/* The sums over the pages of a VMA against smaps. */

#include "page_snapshot.h"
#include "process_util.h"

/**
 * struct sums - what the pages of a VMA add up to, in the terms of smaps
 * @smaps: enum smaps_number; clean and dirty are together in the clean ones.
 * @unclear: pages that smaps treats differently by kernel release.
 */
struct sums {
	uint64_t smaps[SM_NUMBERS];
	uint64_t unclear;
};

static void add_mapped(struct sums *sums, const struct page *page)
{
	if (page->kind == HUGETLB) {
		sums->smaps[SM_SHARED_HUGETLB] += PAGE;
		return;
	}
	if (page->kind == ZERO || page->kind == PFNMAP)
		return;
	sums->smaps[SM_RSS] += PAGE;
	sums->smaps[page->shared ? SM_SHARED_CLEAN : SM_PRIVATE_CLEAN] += PAGE;
	if (page->kind == KSM)
		sums->smaps[SM_KSM] += PAGE;
	if (page->kind == ANON || page->kind == KSM)
		sums->smaps[SM_ANONYMOUS] += PAGE;
	if (page->level != PMD)
		return;
	if (page->kind == ANON)
		sums->smaps[SM_ANON_HUGE] += PAGE;
	else if (page->kind == SHMEM)
		sums->smaps[SM_SHMEM_PMD] += PAGE;
	else
		sums->smaps[SM_FILE_PMD] += PAGE;
}

static void add_page(struct sums *sums, const struct page *page)
{
	switch (page->state) {
	case PROTNONE:
		/* Until 6.2 smaps does not see huge pages without access. */
		sums->unclear += page->level != PTE;
		add_mapped(sums, page);
		break;
	case PRESENT:
		add_mapped(sums, page);
		break;
	case SWAP:
		sums->smaps[SM_SWAP] += PAGE;
		break;
	case NONE:
	case MARKER:
		break;
	default:
		sums->unclear++;
	}
}

static bool sums_agree(const struct vma *vma, const struct sums *sums)
{
	const uint64_t *kernel = vma->smaps, *ours = sums->smaps;
	unsigned int i;

	for (i = SM_ANON_HUGE; i <= SM_FILE_PMD; i++)
		if (kernel[i] != ours[i])
			return false;
	if (vma->has_ksm && kernel[SM_KSM] != ours[SM_KSM])
		return false;
	/* Of shmem, smaps also counts what is in swap but in no entry. */
	return kernel[SM_RSS] == ours[SM_RSS] &&
	       kernel[SM_ANONYMOUS] == ours[SM_ANONYMOUS] &&
	       (vma->inode ? kernel[SM_SWAP] >= ours[SM_SWAP] :
			     kernel[SM_SWAP] == ours[SM_SWAP]) &&
	       kernel[SM_SHARED_CLEAN] + kernel[SM_SHARED_DIRTY] ==
	       ours[SM_SHARED_CLEAN] &&
	       kernel[SM_PRIVATE_CLEAN] + kernel[SM_PRIVATE_DIRTY] ==
	       ours[SM_PRIVATE_CLEAN] &&
	       kernel[SM_SHARED_HUGETLB] + kernel[SM_PRIVATE_HUGETLB] ==
	       ours[SM_SHARED_HUGETLB];
}

uint64_t compare_smaps(struct snapshot *snapshot)
{
	uint64_t mismatches = 0, p;
	unsigned int i, n;

	for (i = 0; i < snapshot->nr; i++) {
		const struct vma *vma = &snapshot->vma[i];
		struct sums sums = {};

		for (p = 0; p < vma_pages(vma); p++)
			add_page(&sums, &vma->pages[p]);
		if (sums.unclear || sums_agree(vma, &sums))
			continue;
		mismatches++;
		for (n = 0; n < SM_NUMBERS; n++)
			complain("smaps: 0x%lx %s number %u: %lu, mmscope %lu",
				 (long)vma->start, vma->name, n,
				 (long)vma->smaps[n], (long)sums.smaps[n]);
	}
	return mismatches;
}
