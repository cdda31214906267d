/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all experiments share: the files, one run at a time, limits, and that
 * nothing outlives the file that it was made by.
 *
 *	run	A query written to it does the experiment, while the writer
 *		waits.  What that leaves held belongs to this open file, and is
 *		given back when the next query is written to it or it is
 *		closed, however its process ends.  Read by who has written it
 *		has the answer; read by others, what the lab is doing.
 *	result	The answer of the last experiment that was finished.
 *	limits	What one may take at most.
 *
 * An open `run` holds the module, so that it cannot be removed while anything
 * is held.
 */
#ifndef MMS_LAB_LAB_H
#define MMS_LAB_LAB_H

#include <linux/mutex.h>
#include <linux/types.h>

#include "../core/query.h"
#include "../trace.h"
#include "text.h"

struct dentry;
struct mms_lab;

/**
 * struct mms_lab_run - an open file `run`
 * @lab: its lab.
 * @number: number of the experiment, if its begin was traced; else 0.
 * @lock: protects all below; taken before the lab's.
 * @query: what was asked last.
 * @limits: the limits at the start of it.
 * @text: its answer; NULL if there is none.
 * @state: @lab->type->state_size bytes, zero at each start.
 * @holds: something is held, and the lab is this file's.
 * @pid: the process that has asked, as its own namespace counts; for others to
 *	read without a lock, like the next three.
 * @done: how far it is.
 * @wanted: how far that is to go; 0 if it is not known.
 * @held_pages: pages held now.
 * @refused: why it ended with an errno, a few words; NULL if it has not, or
 *	the errno says all.
 */
struct mms_lab_run {
	struct mms_lab *lab;
	u64 number;
	struct mutex lock;
	struct mms_query query;
	struct mms_query limits;
	struct mms_text *text;
	void *state;
	bool holds;
	pid_t pid;
	u64 done;
	u64 wanted;
	u64 held_pages;
	const char *refused;
};

/**
 * struct mms_lab_type - a kind of experiment
 * @name: name of its directory.
 * @format: number of the format of its answers.
 * @keys: the keys of its queries.
 * @nr_keys: number of @keys.
 * @limits: the keys of its limits.
 * @nr_limits: number of @limits.
 * @state_size: bytes of state that a run needs.
 * @missing: why the lab is switched off, or NULL if it is not; may be NULL.
 *	May sleep.
 * @run: does the experiment, and writes its answer to @text from the first
 *	line to the last.  Looks for signals, with -EINTR.  Return: 1 if something
 *	is held, 0 if not, or an errno; then there is no answer, and nothing
 *	has to be given back by hand.
 * @give_back: gives back what is held; called once after each @run, also if
 *	that failed.  May sleep.
 */
struct mms_lab_type {
	const char *name;
	unsigned int format;
	const struct mms_key *keys;
	unsigned int nr_keys;
	const struct mms_key *limits;
	unsigned int nr_limits;
	size_t state_size;
	const char *(*missing)(void);
	int (*run)(struct mms_lab_run *run);
	void (*give_back)(struct mms_lab_run *run);
};

/**
 * struct mms_lab - a lab
 * @type: what it does.
 * @lock: protects all below.
 * @limits: the limits now.
 * @owner: the file whose run it is, or that holds something.
 * @result: the last answer, or NULL.
 * @refused: why the last run was refused, or NULL.
 */
struct mms_lab {
	const struct mms_lab_type *type;
	struct mutex lock;
	struct mms_query limits;
	struct mms_lab_run *owner;
	struct mms_text *result;
	const char *refused;
};

/* All labs. */
extern struct mms_lab *const mms_labs[];
extern const unsigned int mms_nr_labs;

/**
 * mms_lab_create() - makes a lab's directory and files
 * @lab: the lab; lives until mms_lab_release().
 * @parent: the directory of all labs.
 *
 * Return: 0 or -ENOMEM.
 */
int mms_lab_create(struct mms_lab *lab, struct dentry *parent);

/**
 * mms_lab_release() - gives back what the lab keeps
 * @lab: the lab; its files have been removed, and none is open.
 */
void mms_lab_release(struct mms_lab *lab);

/**
 * mms_lab_missing() - why a lab is switched off
 * @lab: the lab.
 *
 * May sleep.
 *
 * Return: one word, or NULL if it is not.
 */
const char *mms_lab_missing(const struct mms_lab *lab);

/**
 * mms_lab_refuse() - says why a run ends
 * @run: the run.
 * @why: a few words, a constant.
 * @err: the errno.
 *
 * Return: @err.
 */
static inline int mms_lab_refuse(struct mms_lab_run *run, const char *why,
				 int err)
{
	run->refused = why;
	return err;
}

/**
 * mms_lab_step() - tells who traces that something was done
 * @run: the run.
 * @action: what, in a word.
 * @order: with blocks of this order.
 * @blocks: with how many.
 */
static inline void mms_lab_step(const struct mms_lab_run *run,
				const char *action, unsigned int order,
				u64 blocks)
{
	trace_lab_step(run->number, run->lab->type->name, action, order, blocks,
		       run->held_pages);
}

/**
 * mms_lab_value() - value of a key
 * @run: the run.
 * @key: index of the key.
 *
 * Return: its value.
 */
static inline u64 mms_lab_value(const struct mms_lab_run *run, unsigned int key)
{
	return run->query.value[key];
}

/**
 * mms_lab_head() - begins the first line of the answer, with what was asked
 * @run: the run.
 *
 * mms_table_key_*() may follow, then mms_table_columns().
 */
void mms_lab_head(struct mms_lab_run *run);

#endif /* MMS_LAB_LAB_H */
