/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tracepoints of mmscope: when a view is read and what that cost, what an
 * experiment does, whom the OOM killer chose.
 *
 * The contract, for whoever reads them with ftrace, perf or bpftrace.  It is
 * the same on every kernel; fields are only ever appended.
 *
 * Pairing.  An answer of a view has one view_begin and one view_end, an
 * experiment one lab_begin and one lab_end; a lab_end with holds=1 is followed
 * by one lab_give_back.  The number that comes first in each of them is the
 * same in all that belong together and is given out once, from 1 on, for as
 * long as the module is loaded.  It is 0 where tracing was switched on too
 * late, when the begin was over; and what begins while it is on has no end if
 * it is off by then.  lab_step and fragment_index come between the begin and
 * the end, and have its number.  lock_held comes between the begin and the end
 * of whatever the same task is doing.
 *
 * Order of fields.  First the number, then what it is, then what was asked,
 * then what came of it, then what it cost.
 *
 * Names and units.  Fields have the names and the units of the columns and
 * keys of the views: _pages, _bytes, _ns, decimal numbers.  Words are decoded,
 * and are those of the views; they are filled up with zeros, so that the same
 * word is the same bytes.  There are no kernel addresses.  Process numbers are
 * those of the initial namespace, as in all events of the kernel.
 *
 * What is held.  Nothing of the kernel's: an event is emitted after the lock
 * that it tells about has been given back, in the context of the task that
 * reads or has asked.  An answer's own mutex, and an open lab file's, are held.
 * The exception is oom_victim, which is emitted where the kernel emits
 * oom:mark_victim: with the victim's task locked, or by itself, under the
 * kernel's lock for OOM kills, and perhaps with preemption off.
 *
 * Price.  What an event alone needs is prepared only while it is on.  Off, each
 * is one instruction that does nothing.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM mmscope

#if !defined(MMS_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define MMS_TRACE_H

#include <linux/sched.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "trace_words.h"

struct mms_victim;
struct mms_walk_stats;

/* For programs that decode the numbers themselves. */
TRACE_DEFINE_ENUM(MMS_ANSWER_ENDED);
TRACE_DEFINE_ENUM(MMS_ANSWER_DROPPED);
TRACE_DEFINE_ENUM(MMS_ANSWER_FAILED);
TRACE_DEFINE_ENUM(MMS_LOCK_MMAP);
TRACE_DEFINE_ENUM(MMS_LOCK_ZONE);
TRACE_DEFINE_ENUM(MMS_LOCK_PCP);
TRACE_DEFINE_ENUM(MMS_LOCK_SLAB_LIST);
TRACE_DEFINE_ENUM(MMS_LOCK_VMAP);
TRACE_DEFINE_ENUM(MMS_LOCK_CSS_SET);
TRACE_DEFINE_ENUM(MMS_LOCK_INODES);
TRACE_DEFINE_ENUM(MMS_LOCK_HOTPLUG);

#undef mms_show_how
#define mms_show_how(how)				\
	__print_symbolic(how,				\
			 { MMS_ANSWER_ENDED, "ended" },	\
			 { MMS_ANSWER_DROPPED, "dropped" }, \
			 { MMS_ANSWER_FAILED, "failed" })

#undef mms_show_lock
#define mms_show_lock(lock)				\
	__print_symbolic(lock,				\
			 { MMS_LOCK_MMAP, "mmap" },	\
			 { MMS_LOCK_ZONE, "zone" },	\
			 { MMS_LOCK_PCP, "pcp" },	\
			 { MMS_LOCK_SLAB_LIST, "slab_list" }, \
			 { MMS_LOCK_VMAP, "vmap" },	\
			 { MMS_LOCK_CSS_SET, "css_set" }, \
			 { MMS_LOCK_INODES, "inodes" },	\
			 { MMS_LOCK_HOTPLUG, "hotplug" })

/**
 * view_begin - an answer of a view begins
 * @answer: number of the answer.
 * @view: the view, dir/name.
 * @query: what it was asked: all its keys with their values, as in the first
 *	line of answers; empty if it has none.
 */
TRACE_EVENT(view_begin,
	TP_PROTO(u64 answer, const char *view, const char *query),
	TP_ARGS(answer, view, query),
	TP_STRUCT__entry(
		__field(u64, answer)
		__array(char, view, MMS_TRACE_NAME)
		__dynamic_array(char, query, strlen(query) + 1)
	),
	TP_fast_assign(
		__entry->answer = answer;
		strscpy_pad(__entry->view, view, MMS_TRACE_NAME);
		memcpy(__get_dynamic_array(query), query, strlen(query) + 1);
	),
	TP_printk("answer=%llu view=%s query=\"%s\"",
		  __entry->answer, __entry->view, __get_str(query))
);

/**
 * view_end - an answer has ended
 * @answer: number of the answer.
 * @view: the view, dir/name.
 * @how: ended: the last line was written.  dropped: the file was closed, or read
 *	from its start again, before that.  failed: the read got an errno in
 *	place of it.
 * @err: 0, or the errno of what has failed, negative.
 * @rows: rows written.
 * @complete: 1 if they are all there are; as in the last line.
 * @stats: what follows: scanned, lock_max_ns, lock_total_ns and retries, as in
 *	the last line.  walked=0 if there is none; then they are 0.
 */
TRACE_EVENT(view_end,
	TP_PROTO(u64 answer, const char *view, enum mms_answer_how how, int err,
		 u64 rows, bool complete, const struct mms_walk_stats *stats),
	TP_ARGS(answer, view, how, err, rows, complete, stats),
	TP_STRUCT__entry(
		__field(u64, answer)
		__array(char, view, MMS_TRACE_NAME)
		__field(int, how)
		__field(int, err)
		__field(u64, rows)
		__field(bool, complete)
		__field(bool, walked)
		__field(u64, scanned)
		__field(u64, lock_max_ns)
		__field(u64, lock_total_ns)
		__field(u64, retries)
	),
	TP_fast_assign(
		__entry->answer = answer;
		strscpy_pad(__entry->view, view, MMS_TRACE_NAME);
		__entry->how = how;
		__entry->err = err;
		__entry->rows = rows;
		__entry->complete = complete;
		__entry->walked = stats;
		__entry->scanned = stats ? stats->scanned : 0;
		__entry->lock_max_ns = stats ? stats->lock_max_ns : 0;
		__entry->lock_total_ns = stats ? stats->lock_total_ns : 0;
		__entry->retries = stats ? stats->retries : 0;
	),
	TP_printk("answer=%llu view=%s how=%s err=%d rows=%llu complete=%d "
		  "walked=%d scanned=%llu lock_max_ns=%llu lock_total_ns=%llu "
		  "retries=%llu",
		  __entry->answer, __entry->view,
		  mms_show_how(__entry->how),
		  __entry->err, __entry->rows, __entry->complete,
		  __entry->walked, __entry->scanned, __entry->lock_max_ns,
		  __entry->lock_total_ns, __entry->retries)
);

/**
 * lock_held - mmscope has held a lock of the kernel's
 * @lock: which one.
 * @held_ns: for how long; wall-clock time, in which the task may have been
 *	preempted.
 *
 * Emitted for each hold that counts in lock_max_ns and lock_total_ns of an
 * answer, right after it.
 */
TRACE_EVENT(lock_held,
	TP_PROTO(enum mms_lock_kind lock, u64 held_ns),
	TP_ARGS(lock, held_ns),
	TP_STRUCT__entry(
		__field(int, lock)
		__field(u64, held_ns)
	),
	TP_fast_assign(
		__entry->lock = lock;
		__entry->held_ns = held_ns;
	),
	TP_printk("lock=%s held_ns=%llu",
		  mms_show_lock(__entry->lock),
		  __entry->held_ns)
);

/**
 * lab_begin - an experiment begins
 * @run: number of the experiment.
 * @lab: its lab.
 * @query: what it was asked: all keys with their values.
 */
TRACE_EVENT(lab_begin,
	TP_PROTO(u64 run, const char *lab, const char *query),
	TP_ARGS(run, lab, query),
	TP_STRUCT__entry(
		__field(u64, run)
		__array(char, lab, MMS_TRACE_WORD)
		__dynamic_array(char, query, strlen(query) + 1)
	),
	TP_fast_assign(
		__entry->run = run;
		strscpy_pad(__entry->lab, lab, MMS_TRACE_WORD);
		memcpy(__get_dynamic_array(query), query, strlen(query) + 1);
	),
	TP_printk("run=%llu lab=%s query=\"%s\"",
		  __entry->run, __entry->lab, __get_str(query))
);

/**
 * lab_step - an experiment has done something
 * @run: number of the experiment.
 * @lab: its lab.
 * @action: what was done.
 * @order: with blocks of this order.
 * @blocks: with how many.
 * @held_pages: pages that are held then.
 *
 * Which actions there are depends on the lab.
 */
TRACE_EVENT(lab_step,
	TP_PROTO(u64 run, const char *lab, const char *action,
		 unsigned int order, u64 blocks, u64 held_pages),
	TP_ARGS(run, lab, action, order, blocks, held_pages),
	TP_STRUCT__entry(
		__field(u64, run)
		__array(char, lab, MMS_TRACE_WORD)
		__array(char, action, MMS_TRACE_WORD)
		__field(unsigned int, order)
		__field(u64, blocks)
		__field(u64, held_pages)
	),
	TP_fast_assign(
		__entry->run = run;
		strscpy_pad(__entry->lab, lab, MMS_TRACE_WORD);
		strscpy_pad(__entry->action, action, MMS_TRACE_WORD);
		__entry->order = order;
		__entry->blocks = blocks;
		__entry->held_pages = held_pages;
	),
	TP_printk("run=%llu lab=%s action=%s order=%u blocks=%llu held_pages=%llu",
		  __entry->run, __entry->lab, __entry->action, __entry->order,
		  __entry->blocks, __entry->held_pages)
);

/**
 * fragment_index - the free memory that a step of lab/fragment has left
 * @run: number of the experiment.
 * @step: number of the step, as in its answer.
 * @order: the order at which the index is measured.
 * @index: the index of fragmentation, in thousandths.
 * @target: what it is to become.
 * @free_pages: free pages of the zone.
 * @free_blocks: free blocks, of whatever order.
 * @suitable_blocks: blocks of the order that they have.
 *
 * Comes right after the step's lab_step.
 */
TRACE_EVENT(fragment_index,
	TP_PROTO(u64 run, unsigned int step, unsigned int order, int index,
		 int target, u64 free_pages, u64 free_blocks,
		 u64 suitable_blocks),
	TP_ARGS(run, step, order, index, target, free_pages, free_blocks,
		suitable_blocks),
	TP_STRUCT__entry(
		__field(u64, run)
		__field(unsigned int, step)
		__field(unsigned int, order)
		__field(int, index)
		__field(int, target)
		__field(u64, free_pages)
		__field(u64, free_blocks)
		__field(u64, suitable_blocks)
	),
	TP_fast_assign(
		__entry->run = run;
		__entry->step = step;
		__entry->order = order;
		__entry->index = index;
		__entry->target = target;
		__entry->free_pages = free_pages;
		__entry->free_blocks = free_blocks;
		__entry->suitable_blocks = suitable_blocks;
	),
	TP_printk("run=%llu step=%u order=%u index=%d target=%d free_pages=%llu "
		  "free_blocks=%llu suitable_blocks=%llu",
		  __entry->run, __entry->step, __entry->order, __entry->index,
		  __entry->target, __entry->free_pages, __entry->free_blocks,
		  __entry->suitable_blocks)
);

/**
 * lab_end - an experiment has ended
 * @run: number of the experiment.
 * @lab: its lab.
 * @err: 0, or the errno that the writer gets, negative.
 * @refused: why, in a word; - if the errno says all, or there is none.
 * @holds: 1 if memory stays held until lab_give_back.
 * @held_pages: how much.
 */
TRACE_EVENT(lab_end,
	TP_PROTO(u64 run, const char *lab, int err, const char *refused,
		 bool holds, u64 held_pages),
	TP_ARGS(run, lab, err, refused, holds, held_pages),
	TP_STRUCT__entry(
		__field(u64, run)
		__array(char, lab, MMS_TRACE_WORD)
		__field(int, err)
		__array(char, refused, MMS_TRACE_NAME)
		__field(bool, holds)
		__field(u64, held_pages)
	),
	TP_fast_assign(
		__entry->run = run;
		strscpy_pad(__entry->lab, lab, MMS_TRACE_WORD);
		__entry->err = err;
		strscpy_pad(__entry->refused, refused ?: "-", MMS_TRACE_NAME);
		__entry->holds = holds;
		__entry->held_pages = held_pages;
	),
	TP_printk("run=%llu lab=%s err=%d refused=%s holds=%d held_pages=%llu",
		  __entry->run, __entry->lab, __entry->err, __entry->refused,
		  __entry->holds, __entry->held_pages)
);

/**
 * lab_give_back - what an experiment has held was given back
 * @run: number of the experiment.
 * @lab: its lab.
 * @held_pages: how much that was.
 */
TRACE_EVENT(lab_give_back,
	TP_PROTO(u64 run, const char *lab, u64 held_pages),
	TP_ARGS(run, lab, held_pages),
	TP_STRUCT__entry(
		__field(u64, run)
		__array(char, lab, MMS_TRACE_WORD)
		__field(u64, held_pages)
	),
	TP_fast_assign(
		__entry->run = run;
		strscpy_pad(__entry->lab, lab, MMS_TRACE_WORD);
		__entry->held_pages = held_pages;
	),
	TP_printk("run=%llu lab=%s held_pages=%llu",
		  __entry->run, __entry->lab, __entry->held_pages)
);

/**
 * oom_victim - the OOM killer has chosen a process
 * @victim: its thread and its process, name, user, oom_score_adj, the number of
 *	the directory of its memory cgroup (0 if it has none), and what it has:
 *	the same as in oom/victims.
 */
TRACE_EVENT(oom_victim,
	TP_PROTO(const struct mms_victim *victim),
	TP_ARGS(victim),
	TP_STRUCT__entry(
		__field(pid_t, pid)
		__field(pid_t, tgid)
		__array(char, comm, TASK_COMM_LEN)
		__field(u32, uid)
		__field(int, adj)
		__field(u64, memcg_ino)
		__field(u64, total_vm_pages)
		__field(u64, anon_pages)
		__field(u64, file_pages)
		__field(u64, shmem_pages)
		__field(u64, swap_pages)
		__field(u64, pgtable_bytes)
	),
	TP_fast_assign(
		__entry->pid = victim->pid;
		__entry->tgid = victim->tgid;
		memcpy(__entry->comm, victim->comm, TASK_COMM_LEN);
		__entry->uid = victim->uid;
		__entry->adj = victim->adj;
		__entry->memcg_ino = victim->memcg_ino;
		__entry->total_vm_pages = victim->total_vm;
		__entry->anon_pages = victim->anon;
		__entry->file_pages = victim->file;
		__entry->shmem_pages = victim->shmem;
		__entry->swap_pages = victim->swap;
		__entry->pgtable_bytes = victim->pgtable_bytes;
	),
	TP_printk("pid=%d tgid=%d comm=%s uid=%u adj=%d memcg_ino=%llu "
		  "total_vm_pages=%llu anon_pages=%llu file_pages=%llu "
		  "shmem_pages=%llu swap_pages=%llu pgtable_bytes=%llu",
		  __entry->pid, __entry->tgid, __entry->comm, __entry->uid,
		  __entry->adj, __entry->memcg_ino, __entry->total_vm_pages,
		  __entry->anon_pages, __entry->file_pages,
		  __entry->shmem_pages, __entry->swap_pages,
		  __entry->pgtable_bytes)
);

#endif /* MMS_TRACE_H */

/* Also outside of the kernel's tree the header is found here. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
