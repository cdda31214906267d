/* SPDX-License-Identifier: GPL-2.0-only */
/* What releases differ in about transparent huge pages. */
#ifndef MMS_COMPAT_KTHP_H
#define MMS_COMPAT_KTHP_H

#include <linux/types.h>

/**
 * struct mms_thp_event - an event that the kernel counts
 * @name: its name in /proc/vmstat, or in a file of its own in sysfs.
 * @item: its number in this release.
 */
struct mms_thp_event {
	const char *name;
	unsigned int item;
};

/* Events of all sizes together: items of all_vm_events(). */
extern const struct mms_thp_event mms_thp_events[];
extern const unsigned int mms_thp_nr_events;

/* Events by size, new in 6.9 to 6.12; none before. */
extern const struct mms_thp_event mms_mthp_events[];
extern const unsigned int mms_mthp_nr_events;

/* Size of the per-CPU variable that counts these; 0 if there is none. */
extern const size_t mms_mthp_size;

/**
 * mms_thp_anon_orders() - sizes that anonymous memory may have
 *
 * Return: the orders, as a set.
 */
unsigned long mms_thp_anon_orders(void);

/**
 * mms_thp_file_orders() - sizes that files and shared memory may have
 *
 * Return: the orders, as a set.
 */
unsigned long mms_thp_file_orders(void);

/**
 * mms_mthp_read() - an event of a size
 * @stats: the variable.
 * @order: the size.
 * @item: the event.
 *
 * Return: its sum over all CPUs, which may be off while they count.
 */
u64 mms_mthp_read(const void __percpu *stats, unsigned int order,
		  unsigned int item);

/**
 * mms_thp_enabled() - for what memory are huge pages made?
 * @flags: transparent_hugepage_flags.
 *
 * Return: the word that sysfs has.
 */
const char *mms_thp_enabled(unsigned long flags);

/**
 * mms_thp_defrag() - who compacts memory for them?
 * @flags: transparent_hugepage_flags.
 *
 * Return: the word that sysfs has.
 */
const char *mms_thp_defrag(unsigned long flags);

#endif /* MMS_COMPAT_KTHP_H */
