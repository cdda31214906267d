// SPDX-License-Identifier: GPL-2.0-only
/* Settings of the machine that a test changes and puts back. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process_util.h"
#include "settings.h"

/* The choice in "always [madvise] never", or all of a single value. */
static void current_value(const char *path, char *value, size_t size)
{
	char *text, *at, *end;

	if (access(path, R_OK)) {
		*value = '\0';
		return;
	}
	text = read_path(path, NULL);
	at = strchr(text, '[');
	at = at ? at + 1 : text;
	end = at + strcspn(at, "]\n");
	snprintf(value, size, "%.*s", (int)(end - at), at);
	free(text);
}

void settings_apply(struct setting *settings, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		struct setting *at = &settings[i];

		current_value(at->path, at->before, sizeof(at->before));
		if (*at->before && at->value && write_path(at->path, at->value))
			die("%s: %s", at->path, strerror(errno));
	}
}

void settings_restore(struct setting *settings, unsigned int nr)
{
	unsigned int i;

	for (i = nr; i--;)
		if (*settings[i].before &&
		    write_path(settings[i].path, settings[i].before))
			complain("%s: cannot be restored", settings[i].path);
}
