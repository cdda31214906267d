/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process with something of everything: files with odd names, each flag of a
 * VMA, huge pages, memory that is locked, pinned, swapped and out of reach.
 */
#ifndef MMSCOPE_SELFTESTS_PROCESS_ZOO_H
#define MMSCOPE_SELFTESTS_PROCESS_ZOO_H

/* Files of these names are mapped, in the folder of the test. */
#define ODD_NAMES	12
extern const char *const odd_names[ODD_NAMES];

/* Paths as long as they can be; more than have room in one batch of names. */
#define DEEP_FILES	9

/* Physical address of the BIOS, which /dev/mem lets see. */
#define BIOS		0xf0000

/*
 * For start_stopped().  @folder: path of an empty one, for the files that are
 * mapped.
 */
int make_zoo(void *folder);

#endif /* MMSCOPE_SELFTESTS_PROCESS_ZOO_H */
