/* SPDX-License-Identifier: GPL-2.0-only */
/* Allocations that fail because they are told to, and what is lost then. */
#ifndef MMSCOPE_SELFTESTS_FAULT_UTIL_H
#define MMSCOPE_SELFTESTS_FAULT_UTIL_H

#include <stdbool.h>

/* More allocations than anything makes. */
#define FAULT_NEVER	1000000000U

/* Whether the kernel has fault injection, for slabs and for pages. */
bool faults_supported(void);

/*
 * Has all allocations of this process take part, those that may wait as well,
 * and locks its memory: a page fault is no part of what is tested.  Dies on
 * error.
 */
void faults_begin(void);

/* Puts the settings of the machine back. */
void faults_end(void);

/* Of this thread's allocations from now on, the one with this number fails. */
void fault_arm(unsigned int nth);

/* No more.  Return: how far away the failure still was; 0: it has come. */
unsigned int fault_disarm(void);

/**
 * struct fault_work - something that needs memory
 * @name: what it is called in the log.
 * @prepare: done before each time, when nothing fails; NULL: nothing.  Return:
 *	0, or an errno, of which the program dies.
 * @work: does it.  Return: 0, or the errno.
 * @fine: asked after it: whether, with this errno, all is as it should be.
 * @context: for all three.
 */
struct fault_work {
	const char *name;
	int (*prepare)(const void *context);
	int (*work)(const void *context);
	bool (*fine)(const void *context, int err);
	const void *context;
};

/*
 * Has each of its allocations fail, one after the other, until it makes no
 * more, and says how many these were.  If there are more than @most, every
 * second one, or every third...  Return: whether it always did what it should
 * or ended with ENOMEM, and at the end, without a failure, did it.
 */
bool faults_each(const struct fault_work *work, unsigned int most);

/**
 * struct fault_tally - what came of the failures of an operation
 * @refused: times that it ended with ENOMEM.
 * @survived: times that it did what it should.
 * @odd: times that it did neither, or left something undone.
 */
struct fault_tally {
	unsigned int refused;
	unsigned int survived;
	unsigned int odd;
};

/* Adds one; what is odd is complained of. */
void fault_count(struct fault_tally *tally, const char *name, unsigned int nth,
		 int err, bool fine);

/* Says it.  Return: whether nothing was odd, and something failed at all. */
bool fault_tell(const struct fault_tally *tally, const char *name,
		unsigned int calls);

/* Whether the kernel looks for memory that nobody refers to any more. */
bool leaks_supported(void);

/*
 * Such memory of this program, of whatever process and test, is complained of.
 * Takes as long as two walks through all memory of the kernel.  Return: how
 * many pieces.
 */
unsigned int leaks_of(const char *comm);

#endif /* MMSCOPE_SELFTESTS_FAULT_UTIL_H */
