// SPDX-License-Identifier: GPL-2.0-only
/* A disk that takes its time. */
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "pagecache_util.h"
#include "process_util.h"
#include "slow_disk.h"

#define SLOW		"/sys/kernel/config/nullb/nullb0"

int slow_disk_open(uint64_t ns)
{
	int fd;

	if (run("modprobe null_blk nr_devices=0"))
		return -1;
	if (run("[ -d /sys/kernel/config/nullb ] || "
		"mount -t configfs none /sys/kernel/config"))
		die("configfs");
	if (run("mkdir " SLOW " && cd " SLOW " && echo 64 >size && "
		"echo 2 >irqmode && echo %" PRIu64 " >completion_nsec && "
		"echo %u >hw_queue_depth && echo 1 >power && "
		"echo none >/sys/block/nullb0/queue/scheduler",
		ns, SLOW_DISK_REQUESTS))
		die("null_blk");
	fd = open("/dev/nullb0", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die("/dev/nullb0");
	return fd;
}

int slow_disk_close(int fd)
{
	int err = fsync(fd);

	close(fd);
	if (run("echo 0 >" SLOW "/power && rmdir " SLOW))
		err = -1;
	run("rmmod null_blk");
	return err;
}
