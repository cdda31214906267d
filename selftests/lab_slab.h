/* SPDX-License-Identifier: GPL-2.0-only */
/* What lab/slab answers, and what must be so in every answer. */
#ifndef MMSCOPE_SELFTESTS_LAB_SLAB_H
#define MMSCOPE_SELFTESTS_LAB_SLAB_H

#include <stdbool.h>
#include <stdint.h>

#define ROWS_MAX	8192
#define SLABS_MAX	4096

/* Numbers of a row, by column. */
enum lab_slab_number {
	HELD, SLABS, OBJECTS, FREE, FULL, CPU, PARTIAL, EMPTY, CPU_OBJECTS,
	BARN_OBJECTS, GOT, BACK, NUMBERS
};

/**
 * struct lab_slab_step - a row of the answer
 * @phase: what was done.
 * @value: its numbers, by &enum lab_slab_number; ~0 where there is `-`.
 * @in_use: partial slabs by the column `occupancy`.
 */
struct lab_slab_step {
	char phase[16];
	uint64_t value[NUMBERS];
	uint64_t in_use;
};

/**
 * struct lab_slab_entry - a slab that objects are in
 * @pfn: its first frame.
 * @held: the lab's objects in it.
 * @objects: objects that it has room for.
 * @free: those in its list of free ones.
 */
struct lab_slab_entry {
	uint64_t pfn;
	uint64_t held;
	uint64_t objects;
	uint64_t free;
};

/**
 * struct lab_slab_answer - what the lab says
 * @cache: the cache's name.
 * @merged: it is a part of another one.
 * @aliases: how many are.
 * @size: bytes from one object to the next.
 * @per_slab: objects of a slab.
 * @pages: pages of a slab.
 * @got: pages that came, in all.
 * @back: pages that went.
 * @stopped: why it ended early, or empty.
 * @step: the steps.
 * @nr: number of @step.
 * @slab: the slabs.
 * @nr_slabs: number of @slab.
 */
struct lab_slab_answer {
	char cache[64];
	uint64_t merged;
	uint64_t aliases;
	uint64_t size;
	uint64_t per_slab;
	uint64_t pages;
	uint64_t got;
	uint64_t back;
	char stopped[16];
	struct lab_slab_step step[ROWS_MAX];
	unsigned int nr;
	struct lab_slab_entry slab[SLABS_MAX];
	unsigned int nr_slabs;
};

/* What was answered last. */
extern struct lab_slab_answer answer;

/* Runs, and reads the answer; dies if it is refused, or has an odd form. */
void lab_slab_run(int fd, const char *query);

/* The last row of all, and that of a phase; dies if there is none. */
const struct lab_slab_step *lab_slab_last(void);
const struct lab_slab_step *lab_slab_end_of(const char *phase);

/* Objects that are in use, if only on lists of a CPU. */
uint64_t lab_slab_inuse(const struct lab_slab_step *step);

/* Sheaves since 7.x, where CPUs have no slabs. */
bool lab_slab_has_sheaves(void);

/*
 * Rows in which something is not as it must be in a cache that nobody else
 * uses; each is said.
 */
unsigned int lab_slab_odd_steps(void);

#endif /* MMSCOPE_SELFTESTS_LAB_SLAB_H */
