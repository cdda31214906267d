// SPDX-License-Identifier: GPL-2.0-only
/* Keeping memory from being unplugged while it is looked at. */

#include <linux/delay.h>
#include <linux/percpu-rwsem.h>
#include <linux/sched/signal.h>

#include "hotplug.h"
#include "ksym.h"

#ifdef CONFIG_MEMORY_HOTPLUG

/* It is static in mm/memory_hotplug.c, the type is DEFINE_STATIC_PERCPU_RWSEM's. */
static struct percpu_rw_semaphore *hotplug_lock(void)
{
	static struct percpu_rw_semaphore *address;

	/* Readers may race to look it up: each finds the same. */
	if (!READ_ONCE(address))
		WRITE_ONCE(address, mms_ksym_lookup("mem_hotplug_lock"));
	return READ_ONCE(address);
}

int mms_hotplug_begin(void)
{
	struct percpu_rw_semaphore *lock = hotplug_lock();

	might_sleep();
	while (lock && !percpu_down_read_trylock(lock)) {
		if (fatal_signal_pending(current))
			return -EINTR;
		schedule_timeout_killable(1);
	}
	return 0;
}

bool mms_hotplug_try(void)
{
	struct percpu_rw_semaphore *lock = hotplug_lock();

	return !lock || percpu_down_read_trylock(lock);
}

void mms_hotplug_end(void)
{
	struct percpu_rw_semaphore *lock = hotplug_lock();

	if (lock)
		percpu_up_read(lock);
}

bool mms_hotplug_known(void)
{
	return hotplug_lock();
}

#else

int mms_hotplug_begin(void)
{
	return 0;
}

bool mms_hotplug_try(void)
{
	return true;
}

void mms_hotplug_end(void)
{
}

bool mms_hotplug_known(void)
{
	return true;
}

#endif
