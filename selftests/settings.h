/* SPDX-License-Identifier: GPL-2.0-only */
/* Settings of the machine that a test changes and puts back. */
#ifndef SETTINGS_H
#define SETTINGS_H

/**
 * struct setting - a file with one value
 * @path: the file; one that this kernel lacks is passed over.
 * @value: what it is set to; NULL: it is only put back.
 * @before: what it was; empty if it cannot be read.
 */
struct setting {
	const char *path;
	const char *value;
	char before[32];
};

/* Remembers what the settings are, and sets them. */
void settings_apply(struct setting *settings, unsigned int nr);

/* Puts them back, the last first. */
void settings_restore(struct setting *settings, unsigned int nr);

#endif /* SETTINGS_H */
