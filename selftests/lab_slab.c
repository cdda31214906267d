// SPDX-License-Identifier: GPL-2.0-only
/* Reads what lab/slab answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab_slab.h"
#include "lab_util.h"
#include "slab_util.h"

struct lab_slab_answer answer;

static const char *const columns[NUMBERS] = {
	"held_objects", "slabs", "objects", "free_objects", "full_slabs",
	"cpu_slabs", "partial_slabs", "empty_slabs", "cpu_objects",
	"barn_objects", "got_pages", "back_pages",
};

static uint64_t number(const struct table *table, const char *column)
{
	return slab_none(table, column) ? ~0ULL : slab_number(table, column);
}

/* Sum of a field as `upto10=3,upto100=1`. */
static uint64_t sum_of(const char *field)
{
	uint64_t sum = 0;

	while ((field = strchr(field, '=')))
		sum += strtoull(++field, NULL, 10);
	return sum;
}

static void take_step(const struct table *table)
{
	struct lab_slab_step *step = &answer.step[answer.nr++];
	unsigned int i;

	if (answer.nr > ROWS_MAX)
		die("too many rows");
	if (strtoull(table_word(table, "step"), NULL, 10) != answer.nr - 1)
		die("steps are missing");
	snprintf(step->phase, sizeof(step->phase), "%s",
		 table_word(table, "phase"));
	for (i = 0; i < NUMBERS; i++)
		step->value[i] = number(table, columns[i]);
	step->in_use = sum_of(table_word(table, "occupancy"));
}

static void take_slab(const struct table *table)
{
	if (answer.nr_slabs == SLABS_MAX)
		die("too many slabs");
	answer.slab[answer.nr_slabs++] = (struct lab_slab_entry){
		.pfn = number(table, "pfn"),
		.held = number(table, "held_objects"),
		.objects = number(table, "objects"),
		.free = number(table, "free_objects"),
	};
}

static uint64_t key(const char *line, const char *name)
{
	uint64_t value;

	if (!line_number(line, name, &value))
		die("%s is not in: %s", name, line);
	return value;
}

void lab_slab_run(int fd, const char *query)
{
	struct table table;
	bool bad = false;
	int err = lab_run(fd, query);

	if (err)
		die("lab/slab: %s: %s", query, strerror(err));
	memset(&answer, 0, sizeof(answer));
	lab_answer(fd, &table);
	while (table_row(&table, &bad)) {
		if (!strcmp(table_word(&table, "what"), "step"))
			take_step(&table);
		else
			take_slab(&table);
	}
	if (bad || !answer.nr ||
	    !line_key(table.head, "cache", answer.cache, sizeof(answer.cache)))
		die("bad answer to %s", query);
	answer.merged = key(table.head, "merged");
	answer.aliases = key(table.head, "aliases");
	answer.size = key(table.head, "slab_size");
	answer.per_slab = key(table.head, "objs_per_slab");
	answer.pages = 1ULL << key(table.head, "slab_order");
	answer.got = key(table.end, "got_pages");
	answer.back = key(table.end, "back_pages");
	line_key(table.end, "stopped", answer.stopped, sizeof(answer.stopped));
	table_free(&table);
}

const struct lab_slab_step *lab_slab_last(void)
{
	return &answer.step[answer.nr - 1];
}

const struct lab_slab_step *lab_slab_end_of(const char *phase)
{
	unsigned int i;

	for (i = answer.nr; i--;)
		if (!strcmp(answer.step[i].phase, phase))
			return &answer.step[i];
	die("no phase %s", phase);
}

bool lab_slab_has_sheaves(void)
{
	return answer.step[0].value[CPU_OBJECTS] != ~0ULL;
}

uint64_t lab_slab_inuse(const struct lab_slab_step *step)
{
	return step->value[OBJECTS] - step->value[FREE];
}

/* What must be so in each row of a cache that nobody else uses. */
static const char *odd_step(const struct lab_slab_step *step, uint64_t pages)
{
	const uint64_t *value = step->value;

	if (value[SLABS] != value[FULL] + value[CPU] + value[PARTIAL])
		return "slabs are no sum";
	if (value[PARTIAL] != value[EMPTY] + step->in_use)
		return "partial slabs are no sum";
	if (value[OBJECTS] != value[SLABS] * answer.per_slab)
		return "room for objects";
	if (pages != value[SLABS] * answer.pages)
		return "pages that came and went";
	if (lab_slab_has_sheaves() &&
	    lab_slab_inuse(step) != value[HELD] + value[CPU_OBJECTS] +
				    value[BARN_OBJECTS])
		return "objects in use";
	if (lab_slab_inuse(step) < value[HELD])
		return "fewer objects in use than held";
	return NULL;
}

unsigned int lab_slab_odd_steps(void)
{
	unsigned int i, nr = 0;
	uint64_t pages = 0;

	for (i = 0; i < answer.nr; i++) {
		const struct lab_slab_step *step = &answer.step[i];
		const char *odd;

		pages += step->value[GOT] - step->value[BACK];
		odd = odd_step(step, pages);
		if (!odd)
			continue;
		complain("step %u, %s: %s", i, step->phase, odd);
		nr++;
	}
	return nr;
}
