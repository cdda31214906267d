/* SPDX-License-Identifier: GPL-2.0-only */
/* Loading and unloading the module. */
#ifndef MMSCOPE_SELFTESTS_MODULE_UTIL_H
#define MMSCOPE_SELFTESTS_MODULE_UTIL_H

/* Says of the running kernel that the module is there, whatever its state. */
#define MODULE		"/sys/module/mmscope"

/* Loads the module that MMSCOPE_KO names.  Return: 0, or the errno. */
int module_load(void);

/* Return: 0, or the errno: EWOULDBLOCK while it is in use. */
int module_unload(void);

#endif /* MMSCOPE_SELFTESTS_MODULE_UTIL_H */
