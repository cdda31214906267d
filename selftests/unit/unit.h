/* SPDX-License-Identifier: GPL-2.0-only */
/* What every unit test includes. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "env.h"

/**
 * expect() - fails the test with a message unless a condition holds
 * @cond: the condition.
 * @...: format and arguments: which case it was.
 */
#define expect(cond, ...) do {			\
	if (!(cond))				\
		fail_msg(#cond ": " __VA_ARGS__);	\
} while (0)

/**
 * unit_random() - the next of a fixed series of numbers
 * @state: start with any number but 0.
 *
 * xorshift64: a failure is the same on every machine.
 *
 * Return: the number.
 */
static inline u64 unit_random(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

#endif /* UNIT_H */
