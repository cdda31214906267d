/* SPDX-License-Identifier: GPL-2.0-only */
/* What a memory cgroup uses, by kind. */
#ifndef MMS_PROBE_MEMCG_STAT_H
#define MMS_PROBE_MEMCG_STAT_H

struct mem_cgroup;
struct mms_memcg;

/**
 * mms_memcg_stat_missing() - why use by kind cannot be known
 *
 * May sleep.
 *
 * Return: a word, or NULL if it can.
 */
const char *mms_memcg_stat_missing(void);

/**
 * mms_memcg_stat_read() - reads the use of one cgroup
 * @memcg: the cgroup, which is referenced.
 * @out: ->bytes and ->pending are filled in.
 *
 * To be called only if mms_memcg_stat_missing() has found nothing missing.
 *
 * Return: how often a number was read again as it was being flushed.
 */
unsigned int mms_memcg_stat_read(struct mem_cgroup *memcg,
				 struct mms_memcg *out);

#endif /* MMS_PROBE_MEMCG_STAT_H */
