// SPDX-License-Identifier: GPL-2.0-only
/* numa/nodes: the nodes, against sysfs. */

#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "numa_util.h"
#include "process_util.h"

#define TRIES		100
#define POLICY_BIND	2
#define POLICY_INTERLEAVE 3

/* Pages that the tests allocate. */
#define SOME		3000UL

static struct numa before, got, after;

static char *map_some(unsigned long pages, int flags)
{
	char *at = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
			flags | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		die("mmap");
	small_pages(at, pages * PAGE);
	return at;
}

static void set_policy(void *at, unsigned long pages, int policy,
		       unsigned long nodes)
{
	if (syscall(SYS_mbind, at, pages * PAGE, policy, &nodes, 64UL, 0))
		die("mbind");
}

static bool same_nodes(void)
{
	unsigned int i;

	if (before.nodes != got.nodes || got.nodes != after.nodes)
		return false;
	for (i = 0; i < got.nodes; i++)
		if (before.node[i].id != got.node[i].id)
			return false;
	return true;
}

/* Asks the view between two looks at sysfs. */
static void ask_between(void)
{
	read_nodes(&before);
	ask_numa(&got);
	read_nodes(&after);
	if (!same_nodes())
		die("not the nodes of sysfs");
}

/*
 * Numbers change while they are read.  One that is the same on both sides and
 * in the view has been compared; each must be so once.
 */
static bool numbers_agree(unsigned int node)
{
	bool done[N_HIT] = {};
	unsigned int try, i;

	for (try = 0; try < TRIES; try++) {
		unsigned int left = 0;

		ask_between();
		for (i = 0; i < N_HIT; i++) {
			uint64_t number = got.node[node].number[i];

			done[i] |= before.node[node].number[i] == number &&
				   after.node[node].number[i] == number;
			left += !done[i];
		}
		if (!left)
			return true;
	}
	for (i = 0; i < N_HIT; i++)
		if (!done[i])
			complain("node %u: %s is %" PRIu64 ", sysfs %" PRIu64,
				 got.node[node].id, node_columns[i],
				 got.node[node].number[i],
				 after.node[node].number[i]);
	return false;
}

/* With something in each kind, so that none can be taken for another. */
TEST(use_by_kind)
{
	char *shmem = map_some(SOME, MAP_SHARED);
	char *anon = map_some(SOME, MAP_PRIVATE);
	unsigned int node;

	memset(shmem, 1, SOME * PAGE);
	memset(anon, 1, SOME * PAGE);
	ASSERT_EQ(0, mlock(anon, SOME / 2 * PAGE));
	ask_between();
	ASSERT_LT(0, got.nodes);
	for (node = 0; node < got.nodes; node++)
		EXPECT_TRUE(numbers_agree(node));
	munmap(shmem, SOME * PAGE);
	munmap(anon, SOME * PAGE);
}

/*
 * Events only grow.  Reading sysfs adds what the CPUs have counted on their
 * own; the view must have it without that.
 */
TEST(events)
{
	unsigned int node, i;

	for (node = 0; node < 4; node++) {
		char *at = map_some(SOME, MAP_PRIVATE);
		unsigned int n;

		read_nodes(&before);
		if (node >= before.nodes) {
			munmap(at, SOME * PAGE);
			break;
		}
		set_policy(at, SOME, POLICY_BIND,
			   1UL << before.node[node].id);
		memset(at, 1, SOME * PAGE);
		ask_numa(&got);
		read_nodes(&after);
		ASSERT_TRUE(same_nodes());
		for (n = 0; n < got.nodes; n++) {
			for (i = N_HIT; i < N_NUMBERS; i++) {
				EXPECT_LE(before.node[n].number[i],
					  got.node[n].number[i]);
				EXPECT_GE(after.node[n].number[i],
					  got.node[n].number[i]);
			}
		}
		EXPECT_LE(before.node[node].number[N_HIT] + SOME,
			  got.node[node].number[N_HIT]);
		munmap(at, SOME * PAGE);
	}
}

TEST(interleaved)
{
	char *at = map_some(SOME, MAP_PRIVATE);
	unsigned long nodes = 0;
	unsigned int i;

	read_nodes(&before);
	for (i = 0; i < before.nodes; i++)
		nodes |= 1UL << before.node[i].id;
	set_policy(at, SOME, POLICY_INTERLEAVE, nodes);
	memset(at, 1, SOME * PAGE);
	ask_numa(&got);
	for (i = 0; i < before.nodes; i++)
		EXPECT_LE(before.node[i].number[N_INTERLEAVE] +
			  SOME / before.nodes,
			  got.node[i].number[N_INTERLEAVE]);
	munmap(at, SOME * PAGE);
}

TEST(tier_cpus_distances)
{
	unsigned int node, i;

	ask_between();
	for (node = 0; node < got.nodes; node++)
		for (i = 0; i < ARRAY_LEN(got.node[0].text); i++)
			EXPECT_STREQ(before.node[node].text[i],
				     got.node[node].text[i]);
}

/* Sums of nodes are what the machine has. */
TEST(sums)
{
	uint64_t pages = 0, kb;
	char *meminfo = read_path("/proc/meminfo", NULL);
	unsigned int i;

	ask_numa(&got);
	for (i = 0; i < got.nodes; i++)
		pages += got.node[i].number[N_PAGES];
	ASSERT_TRUE(text_value(meminfo, "MemTotal", &kb));
	EXPECT_EQ(kb, pages * PAGE / 1024);
	free(meminfo);
}

TEST_HARNESS_MAIN
