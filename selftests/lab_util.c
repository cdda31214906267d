// SPDX-License-Identifier: GPL-2.0-only
/* Running experiments. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lab_util.h"

const char *const lab_files[LAB_FILES] = { "run", "result", "limits" };

static void lab_path(char *path, size_t size, const char *lab,
		     const char *file)
{
	snprintf(path, size, LAB "%s/%s", lab, file);
}

unsigned int lab_names(char names[LABS_MAX][32])
{
	DIR *dir = opendir(LAB);
	struct dirent *entry;
	unsigned int nr = 0;

	if (!dir)
		die(LAB ": %s", strerror(errno));
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (nr == LABS_MAX)
			die("more than %d labs", LABS_MAX);
		snprintf(names[nr++], sizeof(names[0]), "%.31s",
			 entry->d_name);
	}
	closedir(dir);
	if (!nr)
		die("there are no labs");
	return nr;
}

int lab_open(const char *lab)
{
	char path[128];
	int fd;

	lab_path(path, sizeof(path), lab, "run");
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	return fd;
}

int lab_run(int fd, const char *query)
{
	ssize_t len = strlen(query), n = write(fd, query, len);

	if (n < 0)
		return errno;
	return n == len ? 0 : EIO;
}

bool lab_refuses(int fd, const struct lab_wrong *wrong, unsigned int nr)
{
	unsigned int i, bad = 0;

	for (i = 0; i < nr; i++) {
		int err = lab_run(fd, wrong[i].query);

		if (err == wrong[i].err)
			continue;
		complain("%s: errno %d in place of %d", wrong[i].query, err,
			 wrong[i].err);
		bad++;
	}
	return !bad;
}

void lab_answer(int fd, struct table *table)
{
	char *text;
	size_t len;

	lseek(fd, 0, SEEK_SET);
	text = read_fd(fd, 65536, &len);
	if (!text || table_parse(table, text))
		die("the answer of the run cannot be read");
}

int lab_limit(const char *lab, const char *limits)
{
	char path[128];

	lab_path(path, sizeof(path), lab, "limits");
	return write_path(path, limits) ? errno : 0;
}

static char *status(const char *lab)
{
	char path[128];
	size_t len;

	lab_path(path, sizeof(path), lab, "run");
	return read_path(path, &len);
}

uint64_t lab_status(const char *lab, const char *name)
{
	char *text = status(lab);
	uint64_t value = value_of(text, name);

	free(text);
	return value;
}

static bool line_is(const char *lab, const char *name, const char *value)
{
	char *text = status(lab), line[128];
	bool is;

	snprintf(line, sizeof(line), "\n%s: %s\n", name, value);
	is = strstr(text, line);
	free(text);
	return is;
}

bool lab_state_is(const char *lab, const char *state)
{
	return line_is(lab, "state", state);
}

bool lab_refused(const char *lab, const char *why)
{
	return line_is(lab, "refused", why);
}

pid_t lab_child(const char *lab, const char *query, bool forever, int *ready)
{
	/* Here, so that the module is in use from the beginning. */
	int ends[2], fd = lab_open(lab);
	pid_t pid;

	if (pipe(ends))
		die("pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (pid) {
		close(fd);
		close(ends[1]);
		*ready = ends[0];
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	do {
		if (lab_run(fd, query) || write(ends[1], "", 1) != 1)
			_exit(1);
	} while (forever);
	pause();
	_exit(1);
}

uint64_t oom_kills(void)
{
	static const char name[] = "\noom_kill ";
	char *text = read_path("/proc/vmstat", NULL), *at;
	uint64_t kills;

	at = strstr(text, name);
	kills = at ? strtoull(at + strlen(name), NULL, 10) : 0;
	free(text);
	return kills;
}
