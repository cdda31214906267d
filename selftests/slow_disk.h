/* SPDX-License-Identifier: GPL-2.0-only */
/* A disk that takes its time: what is read or written stays under way. */
#ifndef MMSCOPE_SELFTESTS_SLOW_DISK_H
#define MMSCOPE_SELFTESTS_SLOW_DISK_H

#include <stdint.h>

#define SLOW_DISK_SIZE		(64UL << 20)
/* So many requests are under way at once; the next one is waited with. */
#define SLOW_DISK_REQUESTS	1024

/*
 * Makes a disk whose every answer takes so long: less than 5 s, when the driver
 * gives up.  Return: a descriptor of it, or -1 if the kernel cannot; dies on
 * error.
 */
int slow_disk_open(uint64_t ns);

/* Waits for what is under way, and removes the disk.  Return: 0, or -1. */
int slow_disk_close(int fd);

#endif /* MMSCOPE_SELFTESTS_SLOW_DISK_H */
