/* SPDX-License-Identifier: GPL-2.0-only */
/* An address space as `space` shows it, and as /proc does. */
#ifndef MMSCOPE_SELFTESTS_PROCESS_MM_H
#define MMSCOPE_SELFTESTS_PROCESS_MM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PAGE		4096UL

/* The answer of `space`, to be freed; dies on error. */
char *ask_space(pid_t pid);

bool five_levels(void);

/* The user part of the address space, less one page. */
uint64_t user_end(void);

/*
 * What the fields of a row of vmas must be, made from maps, smaps and
 * map_files; and, for translate, where it lies.
 */
struct vma {
	unsigned long start;
	unsigned long end;
	char perms[8];
	char flags[256];
	char offset[24];
	char dev[24];
	char inode[24];
	const char *kind;
	char *name;
};

/* More than any process of these tests has. */
#define VMAS_MAX	4400

struct vmas {
	unsigned int nr;
	struct vma vma[VMAS_MAX];
};

/* The words of smaps for flags, and those of vmas, in their order. */
#define FLAG_WORDS	22
extern const char *const flag_words[FLAG_WORDS][2];

/* Return: the VMAs that /proc shows, and how often each flag occurs. */
struct vmas *read_vmas(pid_t pid, unsigned int *seen);
void free_vmas(struct vmas *vmas);

#endif /* MMSCOPE_SELFTESTS_PROCESS_MM_H */
