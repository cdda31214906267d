// SPDX-License-Identifier: GPL-2.0-only
/* What the benchmarks share. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define ROUNDS	3

static char buffer[65536];

void die(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

void report(const char *name, const char *reader, const char *unit,
	    uint64_t value, uint64_t per)
{
	printf("%s %s %s %.2f\n", name, reader, unit, (double)value / per);
	fflush(stdout);
}

/* Reads to the end.  Return: length of the last piece, which is in buffer. */
static ssize_t read_on(int fd, const char *path)
{
	ssize_t n, last = 0;

	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		last = n;
	if (n < 0)
		die(path);
	return last;
}

uint64_t read_file(const char *path, const char *query, uint64_t *lock_max)
{
	uint64_t best = UINT64_MAX;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		uint64_t began = now(), took;
		int fd = open(path, query ? O_RDWR : O_RDONLY);
		ssize_t last;
		char *at;

		if (fd < 0)
			return 0;
		if (query && write(fd, query, strlen(query)) < 0)
			die(path);
		last = read_on(fd, path);
		close(fd);
		took = now() - began;
		best = took < best ? took : best;
		at = memmem(buffer, last, "lock_max_ns=", 12);
		if (lock_max && at && strtoull(at + 12, NULL, 10) > *lock_max)
			*lock_max = strtoull(at + 12, NULL, 10);
	}
	return best;
}
