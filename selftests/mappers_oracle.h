/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who maps a frame, as /proc/PID/pagemap of every process says, and as
 * memory/mappers does.
 */
#ifndef MMSCOPE_SELFTESTS_MAPPERS_ORACLE_H
#define MMSCOPE_SELFTESTS_MAPPERS_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PAGE		4096UL
#define HUGE		(2UL << 20)
#define NO_FRAME	(~0ULL)

struct mapper {
	uint64_t pfn;
	uint64_t pid;
	uint64_t va;
	bool huge;
	bool protnone;
};

struct mappers {
	struct mapper *at;
	size_t nr;
	size_t max;
};

void mappers_add(struct mappers *mappers, uint64_t pfn, uint64_t pid,
		 uint64_t va);
void mappers_free(struct mappers *mappers);

/* The frame at an address of a process, or NO_FRAME. */
uint64_t frame_at(pid_t pid, const void *va);

/*
 * Adds every page of every process that has one of the frames, from pagemap.
 * VMAs that pagemap does not look into (VM_PFNMAP) have none there.
 */
void mappers_of_system(struct mappers *mappers, uint64_t first, uint64_t last);

/*
 * Adds what the view says; dies if it does not answer.  Return: 0, or the
 * number of rows that make no sense by themselves.
 */
unsigned int mappers_ask(struct mappers *mappers, uint64_t first,
			 uint64_t last);

/* Adds what is left of an answer that is being read.  Return: as above. */
unsigned int mappers_parse(struct mappers *mappers, char *text);

/* Same entries, in any order; complains about the first that differ. */
bool mappers_equal(struct mappers *want, struct mappers *got);

/*
 * Compares the view with all of pagemap.  Other processes may change what they
 * map at any time: what pagemap says before and after must be the same for the
 * comparison to count.  Return: number of mappings, or -1 after a complaint.
 */
int compare_with_system(uint64_t first, uint64_t last);

/* How many there are of a process. */
size_t mappers_count(const struct mappers *mappers, uint64_t pid);

/* Dies if it does not become true within a minute. */
void wait_until(bool (*is)(pid_t pid), pid_t pid);

#endif /* MMSCOPE_SELFTESTS_MAPPERS_ORACLE_H */
