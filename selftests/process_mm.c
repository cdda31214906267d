// SPDX-License-Identifier: GPL-2.0-only
/* An address space as `space` shows it, and as /proc does. */

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "process_mm.h"
#include "process_util.h"

char *ask_space(pid_t pid)
{
	char query[32], *text;
	size_t len;
	int fd;

	snprintf(query, sizeof(query), "pid=%d", pid);
	fd = view_open("space", query);
	text = fd < 0 ? NULL : read_fd(fd, PAGE, &len);
	if (!text || !text_complete(text, len))
		die("space");
	close(fd);
	return text;
}

bool five_levels(void)
{
	char *cpuinfo = read_path("/proc/cpuinfo", NULL);
	bool five = strstr(cpuinfo, " la57");

	free(cpuinfo);
	return five;
}

uint64_t user_end(void)
{
	return (1ULL << (five_levels() ? 56 : 47)) - PAGE;
}

/* As the views write names: what is no plain character becomes \xNN. */
static char *escape(const char *name)
{
	char *out = malloc(4 * strlen(name) + 2);
	size_t len = 0;

	for (; *name; name++) {
		if (*name > ' ' && *name < 0x7f && *name != '\\')
			out[len++] = *name;
		else
			len += sprintf(out + len, "\\x%02x",
				       (unsigned char)*name);
	}
	if (!len)
		out[len++] = '-';
	out[len] = '\0';
	return out;
}

/*
 * What maps makes of a name is not unique (a newline is \012, and so is \012);
 * the link in map_files is, up to PATH_MAX.
 */
static void name_file(pid_t pid, struct vma *vma, const char *in_maps)
{
	char link[96], name[PATH_MAX + 1], *octal;
	struct statfs fs;
	struct stat st;
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/%d/map_files/%lx-%lx", pid,
		 vma->start, vma->end);
	len = readlink(link, name, PATH_MAX);
	if (len < 0 && errno != ENAMETOOLONG)
		die("%s", link);
	name[len < 0 ? 0 : len] = '\0';
	vma->name = escape(name);
	/* That this is the same line: without its newlines, the same name. */
	octal = strchrnul(name, '\n');
	if (len >= 0 && strncmp(in_maps, name, octal - name))
		die("%s in map_files, %s in maps", name, in_maps);
	if (statfs(link, &fs) || stat(link, &st))
		die("%s", link);
	if (fs.f_type == HUGETLBFS_MAGIC)
		vma->kind = "hugetlb";
	else
		/* The devices in /dev are no memory. */
		vma->kind = fs.f_type == TMPFS_MAGIC && S_ISREG(st.st_mode) ?
			    "shmem" : "file";
}

static void name_other(struct vma *vma, const char *in_maps)
{
	vma->name = escape(in_maps);
	if (!strcmp(in_maps, "[heap]"))
		vma->kind = "heap";
	else if (!strcmp(in_maps, "[stack]"))
		vma->kind = "stack";
	else
		vma->kind = *in_maps ? "special" : "anon";
}

static void parse_map(pid_t pid, const char *line, struct vma *vma)
{
	unsigned long offset, inode;
	unsigned int major, minor;
	int at = 0;

	if (sscanf(line, "%lx-%lx %7s %lx %x:%x %lu %n", &vma->start, &vma->end,
		   vma->perms, &offset, &major, &minor, &inode, &at) < 7)
		die("maps: %s", line);
	if (!major && !minor && !inode) {
		strcpy(vma->offset, "-");
		strcpy(vma->dev, "-");
		strcpy(vma->inode, "-");
		name_other(vma, line + at);
		return;
	}
	snprintf(vma->offset, sizeof(vma->offset), "%lu", offset);
	snprintf(vma->dev, sizeof(vma->dev), "%u:%u", major, minor);
	snprintf(vma->inode, sizeof(vma->inode), "%lu", inode);
	name_file(pid, vma, line + at);
}

const char *const flag_words[FLAG_WORDS][2] = {
	{ "rd", "read" }, { "wr", "write" }, { "ex", "exec" },
	{ "sh", "shared" }, { "gd", "growsdown" }, { "lo", "locked" },
	{ "pf", "pfnmap" }, { "mm", "mixedmap" }, { "io", "io" },
	{ "hg", "hugepage" }, { "nh", "nohugepage" }, { "mg", "mergeable" },
	{ "dc", "dontcopy" }, { "dd", "dontdump" }, { "de", "dontexpand" },
	{ "wf", "wipeonfork" }, { "ac", "account" }, { "nr", "noreserve" },
	{ "sr", "seq_read" }, { "rr", "rand_read" }, { "um", "uffd_missing" },
	{ "uw", "uffd_wp" },
};

/* @line: " rd ex mr …", up to a newline. */
static void translate_flags(const char *line, char *flags, unsigned int *seen)
{
	size_t end = strcspn(line, "\n");
	unsigned int i;
	char word[8];

	*flags = '\0';
	for (i = 0; i < ARRAY_LEN(flag_words); i++) {
		snprintf(word, sizeof(word), " %s ", flag_words[i][0]);
		if (!memmem(line, end, word, strlen(word)))
			continue;
		if (*flags)
			strcat(flags, ",");
		strcat(flags, flag_words[i][1]);
		seen[i]++;
	}
	if (!*flags)
		strcpy(flags, "-");
}

struct vmas *read_vmas(pid_t pid, unsigned int *seen)
{
	char *maps = read_proc(pid, "maps"), *rest = maps, *line;
	char *smaps = read_proc(pid, "smaps"), *at = smaps;
	struct vmas *vmas = calloc(1, sizeof(*vmas));

	while ((line = strsep(&rest, "\n")) && *line) {
		struct vma *vma = &vmas->vma[vmas->nr];

		/* In the kernel's half, and in no process. */
		if (strstr(line, " [vsyscall]"))
			continue;
		if (vmas->nr++ == ARRAY_LEN(vmas->vma))
			die("too many VMAs");
		parse_map(pid, line, vma);
		at = strstr(at, "\nVmFlags:");
		if (!at)
			die("smaps is too short");
		at += strlen("\nVmFlags:");
		translate_flags(at, vma->flags, seen);
	}
	free(maps);
	free(smaps);
	return vmas;
}

void free_vmas(struct vmas *vmas)
{
	unsigned int i;

	for (i = 0; i < vmas->nr; i++)
		free(vmas->vma[i].name);
	free(vmas);
}
