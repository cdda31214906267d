/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Addresses of data that the kernel does not export.  Data only: a function
 * that is not exported is never called (with IBT or CFI that would crash).
 */
#ifndef MMS_COMPAT_KSYM_H
#define MMS_COMPAT_KSYM_H

/**
 * mms_ksym_lookup() - address of a kernel variable
 * @name: its name.
 *
 * May sleep.  Takes no lock that outlives the call, but meanwhile kprobe_mutex,
 * which is held elsewhere while cpu_hotplug_lock is waited for: so the caller holds
 * neither mem_hotplug_lock, which is taken under that (cpu_up()), nor any other
 * lock of the kernel.
 *
 * Return: the address, or NULL if there is no such variable, if @name is a
 * function, or if the kernel has no kprobes.
 */
void *mms_ksym_lookup(const char *name);

/*
 * Address of a variable that a kernel header declares, with its type: if the
 * kernel changes the type, the compiler says so.
 */
#define MMS_KSYM(variable) ((typeof(&(variable)))mms_ksym_lookup(#variable))

#endif /* MMS_COMPAT_KSYM_H */
