/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is the running kernel the one that this module was compiled for?
 *
 * The kernel checks its release string only, and without CONFIG_MODVERSIONS
 * nothing else.  A rebuilt kernel of the same release may lay out struct
 * mm_struct otherwise.  Its own type information (BTF) tells.
 */
#ifndef MMS_PROBE_LAYOUT_H
#define MMS_PROBE_LAYOUT_H

#include <linux/types.h>

struct mms_btf_want;

/**
 * enum mms_layout_state - what the comparison found
 * @MMS_LAYOUT_UNKNOWN: the kernel has no BTF that could be read.
 * @MMS_LAYOUT_SAME: all members are where the compiler thinks they are.
 * @MMS_LAYOUT_OTHER: some are not.
 */
enum mms_layout_state {
	MMS_LAYOUT_UNKNOWN,
	MMS_LAYOUT_SAME,
	MMS_LAYOUT_OTHER,
};

/**
 * struct mms_layout - result of the comparison
 * @state: &enum mms_layout_state.
 * @compared: number of members compared.
 * @different: how many differ.
 * @first: the first that differs, or NULL.
 * @why: why it is not known, or NULL.
 */
struct mms_layout {
	enum mms_layout_state state;
	unsigned int compared;
	unsigned int different;
	const char *first;
	const char *why;
};

/**
 * mms_layout_get() - compares, once
 *
 * The first call looks up the BTF and reads it through: tens of milliseconds
 * on a kernel whose symbols must be searched one by one (6.1).  So this is not
 * done when the module loads but when a file is opened that needs it.
 *
 * May sleep.
 *
 * Return: the result, constant from then on.
 */
const struct mms_layout *mms_layout_get(void);

/**
 * mms_layout_resolve() - asks the kernel's type information
 * @wants: the questions; see mms_btf_resolve().
 * @nr: number of @wants.
 *
 * For structures that no header shows.  Reads the type information through,
 * some ten milliseconds: ask once and keep the answers.  May sleep.
 *
 * Return: NULL, or why no question could be asked; a single one that has no
 * answer has ->err set.
 */
const char *mms_layout_resolve(struct mms_btf_want *wants, unsigned int nr);

/**
 * mms_layout_missing() - why structures of MM must not be read
 *
 * May sleep.
 *
 * Return: the reason, or NULL if they may.
 */
const char *mms_layout_missing(void);

#endif /* MMS_PROBE_LAYOUT_H */
