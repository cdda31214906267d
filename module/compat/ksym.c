// SPDX-License-Identifier: GPL-2.0-only
/* Addresses of data that the kernel does not export. */

#include <linux/kprobes.h>

#include "ksym.h"

#ifdef CONFIG_KPROBES

/*
 * A kprobe can be set by name, and only on code.  Asked for one on a variable,
 * register_kprobe() looks up the name, leaves the address in kp.addr and fails
 * with -EINVAL (check_kprobe_address_safe()); for an unknown name it fails
 * with -ENOENT and leaves kp.addr NULL.  So nothing is ever probed here.
 */
void *mms_ksym_lookup(const char *name)
{
	struct kprobe kp = { .symbol_name = name };
	int err = register_kprobe(&kp);

	if (!err) {
		unregister_kprobe(&kp);
		return NULL;
	}
	return err == -EINVAL ? kp.addr : NULL;
}

#else

void *mms_ksym_lookup(const char *name)
{
	return NULL;
}

#endif
