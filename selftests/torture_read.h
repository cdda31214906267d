/* SPDX-License-Identifier: GPL-2.0-only */
/* Readers of everything there is, with random queries. */
#ifndef MMSCOPE_SELFTESTS_TORTURE_READ_H
#define MMSCOPE_SELFTESTS_TORTURE_READ_H

#include <stdint.h>

/**
 * struct torture_count - what readers have done so far
 * @opened: files that were opened.
 * @refused: queries that were refused.
 * @whole: answers that were read to their end.
 * @odd: of these, those that do not end as they should.
 * @labs: experiments that ran.
 */
struct torture_count {
	uint64_t opened;
	uint64_t refused;
	uint64_t whole;
	uint64_t odd;
	uint64_t labs;
};

/* Starts them; what they ask for follows from @seed. */
void torture_read_start(unsigned int seed);

/*
 * Has them all close what they have open, and wait, or go on.  debugfs warns if
 * a file is opened while its module goes.
 */
void torture_read_pause(void);
void torture_read_go_on(void);

/* Ends them. */
struct torture_count torture_read_end(void);

#endif /* MMSCOPE_SELFTESTS_TORTURE_READ_H */
