// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's own files that make it compact memory. */

#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/kernel.h>

#include "knob.h"

static int write_one(const char *path)
{
	struct file *file = filp_open(path, O_WRONLY, 0);
	loff_t pos = 0;
	ssize_t n;

	if (IS_ERR(file))
		return PTR_ERR(file);
	n = kernel_write(file, "1", 1, &pos);
	filp_close(file, NULL);
	return min_t(ssize_t, n, 0);
}

int mms_knob_compact(int node)
{
	char path[64];
	int err;

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/compact",
		 node);
	err = write_one(path);
	return err == -ENOENT ? write_one("/proc/sys/vm/compact_memory") : err;
}
