// SPDX-License-Identifier: GPL-2.0-only
/*
 * All filesystems.
 *
 * A filesystem is found by its address in the kernel's list (super_blocks),
 * under sb_lock, and kept from being unmounted by s_umount, taken for reading
 * and never waited for.  So no reference to it is needed, which only functions
 * that are not exported give back.
 */

#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/slab.h>

#include "../compat/inode.h"
#include "../compat/ksym.h"
#include "../limits.h"
#include "supers.h"

static struct list_head *super_blocks;
static spinlock_t *sb_lock;
static DEFINE_MUTEX(symbols_lock);

const char *mms_supers_missing(void)
{
	static bool done;

	mutex_lock(&symbols_lock);
	if (!done) {
		super_blocks = mms_ksym_lookup("super_blocks");
		sb_lock = mms_ksym_lookup("sb_lock");
		done = true;
	}
	mutex_unlock(&symbols_lock);
	return super_blocks && sb_lock ? NULL : "no-symbol";
}

/* Copies the list of all filesystems; returns how many there are. */
static unsigned int copy_supers(struct super_block **to, unsigned int max)
{
	struct super_block *sb;
	unsigned int nr = 0;

	spin_lock(sb_lock);
	list_for_each_entry(sb, super_blocks, s_list) {
		if (nr < max)
			to[nr] = sb;
		if (++nr == MMS_SUPERS_MAX)
			break;
	}
	spin_unlock(sb_lock);
	return nr;
}

int mms_supers_list(struct mms_supers *supers)
{
	unsigned int max = 0, nr = copy_supers(NULL, 0);

	while (nr > max) {
		kvfree(supers->sb);
		max = nr + 64;	/* for those that are mounted meanwhile */
		supers->sb = kvcalloc(max, sizeof(*supers->sb),
					 GFP_KERNEL);
		if (!supers->sb)
			return -ENOMEM;
		nr = copy_supers(supers->sb, max);
	}
	supers->nr = nr;
	return nr == MMS_SUPERS_MAX ? -EOVERFLOW : 0;
}

void mms_supers_free(struct mms_supers *supers)
{
	kvfree(supers->sb);
	supers->sb = NULL;
}

/* @sb may have been freed; only what is found in the list is looked at. */
enum mms_super_state mms_super_lock(const struct super_block *sb)
{
	enum mms_super_state state = MMS_SUPER_GONE;
	struct super_block *at;

	if (!sb)
		return state;
	spin_lock(sb_lock);
	list_for_each_entry(at, super_blocks, s_list) {
		if (at != sb)
			continue;
		/* Being set up or torn down: nothing to be waited for. */
		if (!mms_super_alive(at) || !atomic_read(&at->s_active))
			break;
		state = down_read_trylock(&at->s_umount) ? MMS_SUPER_LOCKED :
							   MMS_SUPER_BUSY;
		if (state == MMS_SUPER_LOCKED && !mms_super_alive(at)) {
			up_read(&at->s_umount);
			state = MMS_SUPER_GONE;
		}
		break;
	}
	spin_unlock(sb_lock);
	return state;
}
