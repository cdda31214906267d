// SPDX-License-Identifier: GPL-2.0-only
/* What there is to know of a slab cache. */

#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/percpu.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "../compat/kslab.h"
#include "../limits.h"
#include "cacheinfo.h"
#include "slabs.h"

const char *const *const mms_cache_flag_names = mms_kslab_flag_names;

void mms_cache_shape(struct mms_cache_shape *shape, const void *cache)
{
	u32 oo = mms_slabs_u32(cache, MMS_F_CACHE_OO);
	u32 min = mms_slabs_u32(cache, MMS_F_CACHE_MIN);
	u32 flags = mms_slabs_u32(cache, MMS_F_CACHE_FLAGS);
	int refcount = mms_slabs_u32(cache, MMS_F_CACHE_REFCOUNT);

	strscpy(shape->name, mms_slabs_ptr(cache, MMS_F_CACHE_NAME),
		sizeof(shape->name));
	shape->object_size = mms_slabs_u32(cache, MMS_F_CACHE_OBJECT_SIZE);
	shape->size = mms_slabs_u32(cache, MMS_F_CACHE_SIZE);
	shape->align = mms_slabs_u32(cache, MMS_F_CACHE_ALIGN);
	shape->order = mms_slabs_order(oo);
	shape->objects = mms_slabs_objects(oo);
	shape->min_order = mms_slabs_order(min);
	shape->min_objects = mms_slabs_objects(min);
	shape->flags = mms_kslab_flags(flags);
	shape->reclaimable = mms_kslab_reclaimable(flags);
	/*
	 * Negative: never to be merged.  0: it could not be destroyed, as it
	 * still had objects, and 6.1 leaves it in the list.
	 */
	shape->aliases = refcount > 0 ? refcount - 1 : 0;
}

void mms_cache_sum(struct mms_partial *sum, const void *cache,
		   struct mms_walk_stats *stats)
{
	struct mms_partial one;
	unsigned int nid, first = first_online_node;

	if (!mms_partial_read(sum, cache, first, stats))
		memset(sum, 0, sizeof(*sum));
	for (nid = 0; nid < nr_node_ids; nid++) {
		if (nid == first || !mms_partial_read(&one, cache, nid, stats))
			continue;
		sum->slabs += one.slabs;
		sum->objects += one.objects;
		sum->partial += one.partial;
		sum->free += one.free;
		sum->how = max(sum->how, one.how);
	}
}

/* More CPUs than this are not asked one by one. */
static bool few_cpus(void)
{
	return num_possible_cpus() <= MMS_COUNTER_CPUS;
}

/*
 * Slabs that a CPU has put by: the first of them knows how many.  It may be
 * gone the next moment, and the word used for something else; the number counts
 * only if it is still the first afterwards, and not too large.
 */
static unsigned int put_by(const void *cpu, const void **first, u32 most)
{
	const void *slab = mms_slabs_ptr(cpu, MMS_F_CPU_PARTIAL);
	unsigned int n;

	*first = slab;
	if (!slab)
		return 0;
	n = mms_slabs_u32(slab, MMS_F_SLAB_SLABS);
	smp_rmb();	/* the slab, then whether it is still the first */
	if (mms_slabs_ptr(cpu, MMS_F_CPU_PARTIAL) != slab || n > most)
		return 0;
	return n;
}

static const void *cpu_slab(const void *cache, int cpu)
{
	const void *area = mms_slabs_ptr(cache, MMS_F_CACHE_CPU_SLAB);

	return per_cpu_ptr((const void __percpu __force *)
			   (unsigned long)area, cpu);
}

/* One more than the limit may be put by before they are passed on. */
static u32 most_put_by(const void *cache)
{
	return mms_slabs_u32(cache, MMS_F_CACHE_CPU_PARTIAL_SLABS) + 1;
}

static void count_cpu_slabs(struct mms_cache_cpus *cpus, const void *cache)
{
	u32 most = most_put_by(cache);
	const void *first;
	int cpu;

	cpus->slabs = 0;
	cpus->partial_slabs = 0;
	if (!mms_slabs_ptr(cache, MMS_F_CACHE_CPU_SLAB))
		return;
	for_each_possible_cpu(cpu) {
		const void *area = cpu_slab(cache, cpu);

		if (mms_slabs_ptr(area, MMS_F_CPU_SLAB))
			cpus->slabs++;
		cpus->partial_slabs += put_by(area, &first, most);
	}
}

u64 mms_cache_node_cpu_slabs(const void *cache, unsigned int nid)
{
	u32 most;
	u64 sum = 0;
	int cpu;

	if (!mms_slabs.cpu_slabs || !few_cpus())
		return mms_slabs.sheaves ? 0 : MMS_CACHE_UNKNOWN;
	if (!mms_slabs_ptr(cache, MMS_F_CACHE_CPU_SLAB))
		return 0;
	most = most_put_by(cache);
	for_each_possible_cpu(cpu) {
		const void *area = cpu_slab(cache, cpu), *first;
		const void *slab = mms_slabs_ptr(area, MMS_F_CPU_SLAB);
		unsigned int n = put_by(area, &first, most);

		if (slab && page_to_nid(slab) == nid)
			sum++;
		/* As sysfs: taken to be all of the node of the first. */
		if (n && page_to_nid(first) == nid)
			sum += n;
	}
	return sum;
}

/*
 * A sheaf of another CPU may be freed in this moment: it is read with care for
 * what is no longer there, and what it says counts only if the CPU still has
 * it.  One that says more than it has room for is none.
 */
static u32 sheaf_objects(const void *sheaves, enum mms_slabs_field which,
			 u32 capacity)
{
	const void *sheaf = mms_slabs_ptr(sheaves, which);
	u32 size;

	if (!sheaf)
		return 0;
	if (get_kernel_nofault(size, (u32 *)mms_slabs_at(sheaf,
							 MMS_F_SHEAF_SIZE)))
		return 0;
	smp_rmb();	/* its size, then whether it is still there */
	if (mms_slabs_ptr(sheaves, which) != sheaf || size > capacity)
		return 0;
	return size;
}

static void count_sheaves(struct mms_cache_cpus *cpus, const void *cache)
{
	const void *area = mms_slabs_ptr(cache, MMS_F_CACHE_CPU_SHEAVES);
	u32 capacity = mms_slabs_u32(cache, MMS_F_CACHE_SHEAF_CAPACITY);
	int cpu;

	cpus->objects = 0;
	cpus->capacity = capacity;
	if (!area || !capacity)
		return;
	for_each_possible_cpu(cpu) {
		const void *sheaves =
			per_cpu_ptr((const void __percpu __force *)
			   (unsigned long)area, cpu);

		cpus->objects += sheaf_objects(sheaves, MMS_F_SHEAVES_MAIN,
					       capacity) +
				 sheaf_objects(sheaves, MMS_F_SHEAVES_SPARE,
					       capacity) +
				 sheaf_objects(sheaves, MMS_F_SHEAVES_RCU_FREE,
					       capacity);
	}
}

static void count_barns(struct mms_cache_cpus *cpus, const void *cache)
{
	unsigned int nid;

	cpus->barn_full = 0;
	cpus->barn_empty = 0;
	for (nid = 0; nid < nr_node_ids; nid++) {
		const void *barn = mms_slabs_barn(cache, nid);

		if (!barn)
			continue;
		cpus->barn_full += mms_slabs_u32(barn, MMS_F_BARN_NR_FULL);
		cpus->barn_empty += mms_slabs_u32(barn, MMS_F_BARN_NR_EMPTY);
	}
}

void mms_cache_cpus(struct mms_cache_cpus *cpus, const void *cache)
{
	*cpus = (struct mms_cache_cpus){
		.slabs = MMS_CACHE_UNKNOWN,
		.partial_slabs = MMS_CACHE_UNKNOWN,
		.objects = MMS_CACHE_UNKNOWN,
		.barn_full = MMS_CACHE_UNKNOWN,
		.barn_empty = MMS_CACHE_UNKNOWN,
		.capacity = MMS_CACHE_UNKNOWN,
	};
	if (mms_slabs.cpu_slabs && few_cpus())
		count_cpu_slabs(cpus, cache);
	if (mms_slabs.sheaves && few_cpus())
		count_sheaves(cpus, cache);
	if (mms_slabs.barns)
		count_barns(cpus, cache);
}

u64 mms_cache_bytes(const struct mms_cache_shape *shape, u64 slabs,
		    u64 objects)
{
	u64 usual = slabs * shape->objects, small = 0;
	u32 less = shape->objects - shape->min_objects;

	if (less && objects < usual && (usual - objects) % less == 0)
		small = (usual - objects) / less;
	if (small > slabs)
		small = 0;
	return ((slabs - small) << shape->order << PAGE_SHIFT) +
	       (small << shape->min_order << PAGE_SHIFT);
}
