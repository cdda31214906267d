# SPDX-License-Identifier: GPL-2.0-only
"""Tells from a kernel stack what was being done.

Of the functions that a table knows, the first in the table that is anywhere on the
stack counts; so it does not matter which of those in between this kernel has
inlined, or calls otherwise.
"""

from __future__ import annotations

import re
from typing import Dict, Tuple

_FUNCTION = re.compile(r"^\s*([A-Za-z_][\w.]*)(?:\+\d+)?\s*$", re.M)
_SYSCALL = re.compile(r"__(?:x64|arm64|ia32)_sys_(\w+)\Z")
OTHER = "other"

_Causes = Tuple[Tuple[str, Tuple[str, ...]], ...]

# Innermost first, where one can be inside of another.
_MM: _Causes = (
    ("memcg", ("try_to_free_mem_cgroup_pages",)),
    ("kswapd", ("kswapd",)),
    ("reclaim", ("try_to_free_pages", "node_reclaim", "__node_reclaim")),
    ("compaction", ("compact_zone",)),
    ("khugepaged", ("khugepaged",)),
    ("collapse", ("madvise_collapse", "collapse_huge_page", "collapse_file")),
    ("ksm", ("ksm_scan_thread", "try_to_merge_one_page")),
    ("numa_scan", ("change_prot_numa", "task_numa_work")),
    ("numa_fault", ("do_huge_pmd_numa_page", "migrate_misplaced_page",
                    "migrate_misplaced_folio")),
    ("cow", ("do_wp_page", "wp_page_copy", "do_huge_pmd_wp_page", "hugetlb_wp")),
    ("swap_fault", ("do_swap_page",)),
    ("fault", ("handle_mm_fault",)),
    ("exit", ("exit_mmap",)),
    ("fork", ("copy_page_range", "dup_mmap", "copy_process")),
    ("madvise", ("do_madvise", "do_madvise.part.0", "madvise_vma_behavior",
                 "vector_madvise", "process_madvise")),
    ("mremap", ("move_page_tables", "do_mremap")),
    ("mprotect", ("change_protection", "mprotect_fixup")),
    ("munmap", ("do_munmap", "__do_munmap", "do_vmi_munmap", "do_vmi_align_munmap",
                "unmap_region", "vms_clear_ptes")),
    ("migration", ("migrate_pages", "try_to_migrate")),
    ("truncate", ("truncate_inode_pages_range", "shmem_undo_range")),
    ("swapoff", ("try_to_unuse",)),
    ("writeback", ("folio_clear_dirty_for_io", "folio_mkclean", "page_mkclean")),
    ("clear_refs", ("clear_refs_write",)),
    ("vmalloc", ("purge_vmap_area_lazy", "__purge_vmap_area_lazy", "drain_vmap_area_work",
                 "vunmap_range", "vm_unmap_aliases", "_vm_unmap_aliases")),
    ("set_memory", ("change_page_attr_set_clr",)),
)
_COMPACTION: _Causes = (
    ("kcompactd", ("kcompactd", "kcompactd_do_work")),
    ("file", ("compact_store", "sysctl_compaction_handler", "compact_nodes", "compact_node")),
    ("direct", ("try_to_compact_pages", "compact_zone_order")),
    ("contig", ("alloc_contig_range_noprof", "alloc_contig_range")),
)
_MEMCG: _Causes = (
    ("high_work", ("high_work_func",)),
    ("high", ("mem_cgroup_handle_over_high", "__mem_cgroup_handle_over_high")),
    ("max", ("try_charge_memcg",)),
    ("file", ("vfs_write", "ksys_write")),
)
_TABLES: Dict[str, _Causes] = {"mm": _MM, "compaction": _COMPACTION, "memcg": _MEMCG}


def cause(table: str, stack: str) -> str:
    """A word for what was being done."""
    # In JSON, bpftrace 0.23 escapes the ends of the lines twice.
    functions = _FUNCTION.findall(stack.replace("\\n", "\n"))
    for word, names in _TABLES[table]:
        if any(name in names for name in functions):
            return word
    for function in functions:
        call = _SYSCALL.match(function)
        if call:
            return call[1]
    return OTHER
