// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"
#include "bill.h"
#include "formats.h"

#define PTRS		512
#define PAGE		4096ULL
#define VMAS_MAX	16
#define PTE_USED	0x1027ULL
#define PMD_HUGE	0x400000e7ULL
#define SWAPPED		0x07fffffffffffe00ULL

/* Page tables as they are in memory. */
struct node {
	enum mms_level level;
	u64 entry[PTRS];
	struct node *child[PTRS];
};

struct vma {
	u64 start;
	u64 end;
	bool anon;
};

/* A process, and how much of it to look at. */
struct process {
	const struct mms_entry_format *fmt;
	struct node *root;
	struct vma vma[VMAS_MAX];
	unsigned int nr;
	u64 start;
	u64 end;
};

/* What a bill must say. */
struct model {
	u64 tables[MMS_NR_LEVELS];
	u64 used[MMS_NR_LEVELS];
	u64 histogram[MMS_NR_LEVELS][MMS_BILL_BUCKETS];
	u64 deposited;
	struct mms_bill_vma vma[VMAS_MAX];
};

static bool five_levels(const struct process *p)
{
	return p->fmt == &formats[FORMAT_7_3];
}

static enum mms_level below(const struct process *p, enum mms_level level)
{
	return level == MMS_PGD && !five_levels(p) ? MMS_PUD : level - 1;
}

static unsigned int shift_of(const struct process *p, enum mms_level level)
{
	static const u8 shifts[] = { 12, 21, 30, 39, 48 };

	return level == MMS_PGD && !five_levels(p) ? 39 : shifts[level];
}

static unsigned int index_of(const struct process *p, enum mms_level level,
			     u64 addr)
{
	return addr >> shift_of(p, level) & (PTRS - 1);
}

static struct node *new_node(enum mms_level level)
{
	struct node *node = calloc(1, sizeof(*node));

	assert_non_null(node);
	node->level = level;
	return node;
}

static void free_node(struct node *node)
{
	unsigned int i;

	for (i = 0; i < PTRS; i++)
		if (node->child[i])
			free_node(node->child[i]);
	free(node);
}

/* The table of @level for @addr, made if need be; NULL if a leaf is there. */
static struct node *table_at(const struct process *p, enum mms_level level,
			     u64 addr)
{
	struct node *node = p->root;

	while (node->level != level) {
		unsigned int i = index_of(p, node->level, addr);

		if (!node->child[i]) {
			if (node->entry[i])
				return NULL;
			node->child[i] = new_node(below(p, node->level));
			node->entry[i] = 0x2067;
		}
		node = node->child[i];
	}
	return node;
}

static void set_entry(const struct process *p, enum mms_level level, u64 addr,
		      u64 raw)
{
	struct node *node = table_at(p, level, addr);
	unsigned int i;

	if (!node)
		return;
	i = index_of(p, level, addr);
	if (!node->child[i])
		node->entry[i] = raw;
}

static bool is_empty(u64 raw)
{
	return !(raw & ~0x60ULL);
}

/* Does the walk, which keeps to [start, end), come to @v in [from, to)? */
static bool meets(const struct process *p, unsigned int v, u64 from, u64 to)
{
	from = max(max(from, p->start), p->vma[v].start);
	to = min(min(to, p->end), p->vma[v].end);
	return from < to;
}

/* The VMA that pays for what covers [from, to), or -1. */
static int payer(const struct process *p, u64 from, u64 to)
{
	unsigned int v;

	for (v = 0; v < p->nr; v++)
		if (meets(p, v, from, to))
			return v;
	return -1;
}

static unsigned int bucket(unsigned int used)
{
	if (used < 2)
		return used;
	return used <= 8 ? 2 : used <= 64 ? 3 : used <= 256 ? 4 :
	       used <= 511 ? 5 : 6;
}

static void model_deposits(const struct process *p, struct model *m, u64 from,
			   u64 to)
{
	unsigned int v;

	for (v = 0; v < p->nr; v++) {
		if (p->vma[v].anon && meets(p, v, from, to)) {
			m->deposited++;
			m->vma[v].tables++;
		}
	}
}

static void model_table(const struct process *p, struct model *m,
			const struct node *node, u64 base)
{
	unsigned int shift = shift_of(p, node->level), used = 0, i;
	int v = payer(p, base, base + ((u64)PTRS << shift));

	if (node != p->root) {
		if (v < 0)
			return;
		m->vma[v].tables++;
	}
	m->tables[node->level]++;
	for (i = 0; i < PTRS; i++) {
		u64 from = base + ((u64)i << shift);
		u64 to = from + (1ULL << shift);

		v = payer(p, from, to);
		if (v < 0 || is_empty(node->entry[i]))
			continue;
		used++;
		m->vma[v].used++;
		if (node->child[i])
			model_table(p, m, node->child[i], from);
		else
			m->vma[v].pages += 1ULL << (shift - 12);
		if (!node->child[i] && node->level == MMS_PMD)
			model_deposits(p, m, from, to);
	}
	m->used[node->level] += used;
	m->histogram[node->level][bucket(used)]++;
}

/* One call to the bill; the entries are copied so that ASan sees overruns. */
static void feed(struct mms_bill *bill, enum mms_level level, const u64 *raw,
		 unsigned int nr, u64 addr)
{
	u64 *copy = malloc(nr * sizeof(*copy));

	assert_non_null(copy);
	memcpy(copy, raw, nr * sizeof(*copy));
	mms_bill_entries(bill, level, copy, nr, addr);
	free(copy);
}

/* Hands entries on as probe/walk.c does, from @addr on; says how far it got. */
static u64 walk_step(const struct process *p, const struct vma *vma,
		     struct mms_bill *bill, u64 addr, u64 end, u64 *seed)
{
	const struct node *node = p->root;
	unsigned int i = index_of(p, MMS_PGD, addr), nr;
	u64 next, size;

	while (node->child[i]) {
		node = node->child[i];
		i = index_of(p, node->level, addr);
	}
	if (node->level == MMS_PTE) {
		next = min(end, (addr | (2 * 1024 * 1024 - 1)) + 1);
		nr = (next - addr) / PAGE;
		/* Now and then less than the whole table. */
		if (*seed && !(unit_random(seed) >> 8 & 3))
			nr = 1 + unit_random(seed) / 3 % nr;
		feed(bill, MMS_PTE, node->entry + i, nr, addr);
		return addr + nr * PAGE;
	}
	size = 1ULL << shift_of(p, node->level);
	feed(bill, node->level, &node->entry[i], 1, addr);
	if (node->level == MMS_PMD && vma->anon && !is_empty(node->entry[i]))
		mms_bill_deposit(bill);
	return min(end, (addr & ~(size - 1)) + size);
}

static void walk(const struct process *p, struct mms_bill *bill, u64 *seed)
{
	u64 addr = p->start;
	unsigned int v;

	for (v = 0; v < p->nr; v++) {
		const struct vma *vma = &p->vma[v];
		u64 end = min(p->end, vma->end);

		if (vma->end <= addr)
			continue;
		if (vma->start >= p->end)
			break;
		addr = max(addr, vma->start);
		mms_bill_vma(bill, vma->start, vma->end);
		while (addr < end) {
			addr = walk_step(p, vma, bill, addr, end, seed);
			/* The batch is over; the next begins with the VMA. */
			if (*seed && addr < end &&
			    !(unit_random(seed) >> 8 & 15))
				mms_bill_vma(bill, vma->start, vma->end);
		}
	}
}

static void compare_top(const struct mms_bill *bill, struct model *m,
			unsigned int nr, unsigned int max_top)
{
	unsigned int rank, v, best;

	for (rank = 0; rank < max_top; rank++) {
		for (best = v = 0; v < nr; v++)
			if (m->vma[v].tables > m->vma[best].tables)
				best = v;
		if (!nr || !m->vma[best].tables)
			break;
		assert_in_range(rank, 0, bill->nr_top - 1);
		expect(bill->top[rank].start == m->vma[best].start &&
		       bill->top[rank].end == m->vma[best].end &&
		       bill->top[rank].tables == m->vma[best].tables &&
		       bill->top[rank].used == m->vma[best].used &&
		       bill->top[rank].pages == m->vma[best].pages,
		       "rank %u is 0x%llx: %llu tables, %llu used, %llu pages; "
		       "not 0x%llx: %llu, %llu, %llu", rank,
		       bill->top[rank].start, bill->top[rank].tables,
		       bill->top[rank].used, bill->top[rank].pages,
		       m->vma[best].start, m->vma[best].tables,
		       m->vma[best].used, m->vma[best].pages);
		m->vma[best].tables = 0;
	}
	assert_int_equal(bill->nr_top, rank);
}

/* Makes out the bill and compares it with the model. */
static void check(const struct process *p, unsigned int max_top, u64 seed)
{
	static struct mms_bill bill;
	struct model m = { 0 };
	unsigned int v, l, b;

	for (v = 0; v < p->nr; v++) {
		m.vma[v].start = p->vma[v].start;
		m.vma[v].end = p->vma[v].end;
	}
	model_table(p, &m, p->root, 0);

	memset(&bill, 0xa5, sizeof(bill));
	mms_bill_init(&bill, p->fmt, MMS_PGD, max_top);
	walk(p, &bill, &seed);
	/* The open tables are counted already. */
	for (l = 0; l < MMS_NR_LEVELS; l++)
		assert_true(bill.level[l].tables == m.tables[l]);
	mms_bill_finish(&bill);

	for (l = 0; l < MMS_NR_LEVELS; l++) {
		expect(bill.level[l].tables == m.tables[l] &&
		       bill.level[l].used == m.used[l],
		       "%s: %llu tables, %llu used; not %llu, %llu",
		       mms_level_names[l], bill.level[l].tables,
		       bill.level[l].used, m.tables[l], m.used[l]);
		for (b = 0; b < MMS_BILL_BUCKETS; b++)
			expect(bill.level[l].histogram[b] == m.histogram[l][b],
			       "%s, up to %u used: %llu tables, not %llu",
			       mms_level_names[l], mms_bill_limits[b],
			       bill.level[l].histogram[b], m.histogram[l][b]);
	}
	assert_true(bill.deposited == m.deposited);
	compare_top(&bill, &m, p->nr, min(max_top, (unsigned int)MMS_BILL_TOP_MAX));
}

static struct process new_process(int f)
{
	return (struct process){
		.fmt = &formats[f], .root = new_node(MMS_PGD), .end = ~0ULL,
	};
}

static void add_vma(struct process *p, u64 start, u64 end, bool anon)
{
	assert_in_range(p->nr, 0, VMAS_MAX - 1);
	p->vma[p->nr++] = (struct vma){ start, end, anon };
}

static void test_empty(void **state)
{
	struct mms_bill bill;
	int f, l;

	(void)state;
	for (f = 0; f < NR_FORMATS; f++) {
		struct process p = new_process(f);

		check(&p, 10, 0);
		free_node(p.root);
		mms_bill_init(&bill, &formats[f], MMS_PGD, 10);
		mms_bill_finish(&bill);
		for (l = 0; l < MMS_NR_LEVELS; l++) {
			assert_int_equal(bill.level[l].tables, l == MMS_PGD);
			assert_int_equal(bill.level[l].histogram[0],
					 l == MMS_PGD);
		}
		/* No entries: no table either. */
		mms_bill_init(&bill, &formats[f], MMS_PGD, 10);
		mms_bill_entries(&bill, MMS_PTE, NULL, 0, 0x1000);
		assert_int_equal(bill.level[MMS_PTE].tables, 0);
	}
}

/* Two VMAs in one table, in numbers written down by hand. */
static void test_shared_table(void **state)
{
	static const u64 raw[5] = { PTE_USED, 0, PTE_USED, 0x20, SWAPPED };
	static const u16 limits[] = { 0, 1, 8, 64, 256, 511 };
	struct mms_bill bill;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(limits); i++)
		assert_int_equal(mms_bill_limits[i], limits[i]);
	mms_bill_init(&bill, &formats[FORMAT_6_12], MMS_PGD, 3);
	mms_bill_vma(&bill, 0x400000, 0x403000);
	mms_bill_entries(&bill, MMS_PTE, raw, 3, 0x400000);
	mms_bill_vma(&bill, 0x403000, 0x405000);
	mms_bill_entries(&bill, MMS_PTE, raw + 3, 2, 0x403000);
	mms_bill_vma(&bill, 0x600000, 0x601000);
	mms_bill_entries(&bill, MMS_PTE, raw, 1, 0x600000);
	mms_bill_finish(&bill);

	assert_int_equal(bill.level[MMS_PTE].tables, 2);
	assert_int_equal(bill.level[MMS_PTE].used, 4);
	assert_int_equal(bill.level[MMS_PTE].histogram[1], 1);
	assert_int_equal(bill.level[MMS_PTE].histogram[2], 1);
	assert_int_equal(bill.level[MMS_PMD].tables, 1);
	assert_int_equal(bill.level[MMS_PMD].used, 2);
	assert_int_equal(bill.level[MMS_PUD].used, 1);
	assert_int_equal(bill.level[MMS_P4D].tables, 0);
	assert_int_equal(bill.level[MMS_PGD].tables, 1);
	assert_int_equal(bill.level[MMS_PGD].used, 1);
	assert_int_equal(bill.nr_top, 2);
	assert_int_equal(bill.top[0].start, 0x400000);
	assert_int_equal(bill.top[0].tables, 3);
	assert_int_equal(bill.top[0].used, 5);
	assert_int_equal(bill.top[0].pages, 2);
	assert_int_equal(bill.top[1].start, 0x600000);
	assert_int_equal(bill.top[1].tables, 1);
}

/* Several huge entries at once; the next VMA begins inside the last. */
static void test_huge_at_once(void **state)
{
	static const u64 raw[3] = { PMD_HUGE, 0, PMD_HUGE };
	struct mms_bill bill;

	(void)state;
	mms_bill_init(&bill, &formats[FORMAT_7_3], MMS_PGD, 2);
	mms_bill_vma(&bill, 0x200000, 0x700000);
	mms_bill_entries(&bill, MMS_PMD, raw, 3, 0x200000);
	mms_bill_vma(&bill, 0x700000, 0x800000);
	mms_bill_entries(&bill, MMS_PMD, raw + 2, 1, 0x700000);
	mms_bill_finish(&bill);
	assert_int_equal(bill.level[MMS_PMD].used, 2);
	assert_int_equal(bill.level[MMS_P4D].tables, 1);
	assert_int_equal(bill.nr_top, 1);
	assert_int_equal(bill.top[0].pages, 1024);
}

/* Between two batches a table appears, and the VMA grows. */
static void test_changes(void **state)
{
	static const u64 none, table[2] = { PTE_USED, PTE_USED };
	struct mms_bill bill;

	(void)state;
	mms_bill_init(&bill, &formats[FORMAT_6_12], MMS_PGD, 2);
	mms_bill_vma(&bill, 0x200000, 0x202000);
	mms_bill_entries(&bill, MMS_PMD, &none, 1, 0x200000);
	mms_bill_vma(&bill, 0x200000, 0x204000);
	mms_bill_entries(&bill, MMS_PTE, table, 2, 0x202000);
	mms_bill_finish(&bill);
	/* A second end adds nothing. */
	mms_bill_finish(&bill);
	assert_int_equal(bill.level[MMS_PMD].used, 1);
	assert_int_equal(bill.level[MMS_PMD].histogram[1], 1);
	assert_int_equal(bill.level[MMS_PTE].used, 2);
	assert_int_equal(bill.nr_top, 1);
	assert_int_equal(bill.top[0].tables, 3);
	assert_int_equal(bill.top[0].end, 0x204000);
}

static void test_histogram(void **state)
{
	unsigned int used, i;

	(void)state;
	for (used = 0; used <= PTRS; used++) {
		struct process p = new_process(used & 1 ? FORMAT_6_1 :
							  FORMAT_7_3);

		add_vma(&p, 0, 0x400000, false);
		table_at(&p, MMS_PTE, 0);
		for (i = 0; i < used; i++)
			set_entry(&p, MMS_PTE, i * PAGE, PTE_USED);
		set_entry(&p, MMS_PTE, 0x200000, PTE_USED);
		check(&p, 1, 0);
		free_node(p.root);
	}
}

/* One huge entry under several VMAs, and limits in the middle of it. */
static void test_huge_across(void **state)
{
	static const u64 starts[] = { 0, 0x201000, 0x280000, 0x300000, 0x3ff000 };
	static const u64 ends[] = { 0x202000, 0x300000, 0x301000, ~0ULL };
	struct process p = new_process(FORMAT_6_12);
	unsigned int i, k;

	(void)state;
	add_vma(&p, 0x200000, 0x280000, false);
	add_vma(&p, 0x280000, 0x300000, false);
	add_vma(&p, 0x300000, 0x40000000, true);
	set_entry(&p, MMS_PMD, 0x200000, PMD_HUGE);
	set_entry(&p, MMS_PMD, 0x400000, PMD_HUGE);
	set_entry(&p, MMS_PMD, 0x800000, swap_entry(25, 0x200));
	set_entry(&p, MMS_PTE, 0xa00000, PTE_USED);
	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		for (k = 0; k < ARRAY_SIZE(ends); k++) {
			p.start = starts[i];
			p.end = ends[k];
			check(&p, 3, 0);
		}
	}
	free_node(p.root);
}

/* VMAs that pay for 1, 2, ... tables, in an order of their own. */
static void test_ranking(void **state)
{
	static const u8 costs[] = { 3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9 };
	struct process p = new_process(FORMAT_6_1);
	unsigned int i, top;
	u64 at = 0;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(costs); i++) {
		unsigned int k;

		for (k = 0; k < costs[i]; k++)
			set_entry(&p, MMS_PTE, at + k * 0x200000ULL, PTE_USED);
		add_vma(&p, at, at + costs[i] * 0x200000ULL, false);
		at += costs[i] * 0x200000ULL;
	}
	for (top = 0; top < 20; top++)
		check(&p, top, 0);
	check(&p, MMS_BILL_TOP_MAX + 1, 0);
	check(&p, ~0U, 0);
	free_node(p.root);
}

/* More VMAs than can be ranked. */
static void test_many_vmas(void **state)
{
	static struct mms_bill bill;
	const u64 raw = PTE_USED;
	unsigned int i;

	(void)state;
	mms_bill_init(&bill, &formats[FORMAT_7_3], MMS_PGD, ~0U);
	for (i = 0; i < 1000; i++) {
		u64 start = (u64)i << 21, k;

		mms_bill_vma(&bill, start, start + PAGE);
		mms_bill_entries(&bill, MMS_PTE, &raw, 1, start);
		for (k = 0; k < i * 7 % 1000; k++)
			mms_bill_deposit(&bill);
	}
	mms_bill_finish(&bill);
	assert_int_equal(bill.nr_top, MMS_BILL_TOP_MAX);
	for (i = 0; i < MMS_BILL_TOP_MAX; i++)
		assert_in_range(bill.top[i].tables, 1000 - i, 1000 - i + 4);
}

/* Tables of a VMA: some empty, some sparse, some full, some leaves above. */
static void random_tables(const struct process *p, const struct vma *vma,
			  u64 *seed)
{
	unsigned int n = unit_random(seed) >> 8 & 7;

	while (n--) {
		u64 luck = unit_random(seed) >> 4;
		u64 pages = (vma->end - vma->start) / PAGE;
		u64 at = vma->start + unit_random(seed) / 7 % pages * PAGE;
		unsigned int mask = luck >> 8 & 3, k;
		u64 raw = luck & 64 ? PTE_USED : SWAPPED;

		switch (luck & 7) {
		case 0:
			table_at(p, luck >> 3 & 1 ? MMS_PTE : MMS_PMD, at);
			break;
		case 1:
			table_at(p, MMS_PUD, at);
			break;
		case 2:
			set_entry(p, MMS_PMD, at, PMD_HUGE);
			break;
		case 3:
			set_entry(p, luck >> 3 & 1 ? MMS_PUD : MMS_PMD, at,
				  luck & 16 ? PMD_HUGE : SWAPPED);
			break;
		default:
			for (k = luck >> 10 & 511; k-- && at < vma->end;
			     at += PAGE)
				if (!mask || !(unit_random(seed) >> 9 & mask))
					set_entry(p, MMS_PTE, at, raw);
		}
	}
}

static u64 random_size(u64 *seed)
{
	u64 luck = unit_random(seed) >> 6, size = unit_random(seed) >> 3;

	switch (luck & 7) {
	case 0:
		return (size & ((1ULL << 42) - 1)) / PAGE;
	case 1:
		return (size & ((1ULL << 32) - 1)) / PAGE;
	case 2: case 3:
		return (size & 7) * PTRS;
	case 4: case 5:
		return size & 1023;
	default:
		return size & 15;
	}
}

static void random_process(struct process *p, u64 *seed)
{
	unsigned int nr = unit_random(seed) >> 8 & 15, i;
	u64 top = five_levels(p) ? 1ULL << 56 : 1ULL << 47;
	u64 at = 0;

	if (unit_random(seed) >> 8 & 1)
		at = unit_random(seed) & (top - 1) & ~(PAGE - 1);
	for (i = 0; i < nr; i++) {
		u64 size = (1 + random_size(seed)) * PAGE;

		if (unit_random(seed) >> 8 & 1)
			at += random_size(seed) * PAGE;
		if (unit_random(seed) >> 8 & 1)
			at &= ~0x1fffffULL;
		if (i && at < p->vma[p->nr - 1].end)
			at = p->vma[p->nr - 1].end;
		if (at + size > top)
			break;
		add_vma(p, at, at + size, unit_random(seed) >> 8 & 1);
		at += size;
	}
	for (i = 0; i < p->nr; i++)
		random_tables(p, &p->vma[i], seed);
}

static void random_limits(struct process *p, u64 *seed)
{
	const struct vma *first, *last;

	p->start = 0;
	p->end = ~0ULL;
	if (!p->nr || !(unit_random(seed) >> 8 & 3))
		return;
	first = &p->vma[unit_random(seed) / 3 % p->nr];
	last = &p->vma[unit_random(seed) / 3 % p->nr];
	if (unit_random(seed) >> 8 & 1)
		p->start = first->start + unit_random(seed) %
			   (first->end - first->start) / PAGE * PAGE;
	if (unit_random(seed) >> 8 & 1)
		p->end = last->start + unit_random(seed) %
			 (last->end - last->start) / PAGE * PAGE;
}

static void test_random(void **state)
{
	u64 seed = 0x9e3779b97f4a7c15;
	unsigned int i, k;

	(void)state;
	for (i = 0; i < 600; i++) {
		struct process p = new_process(i & 1 ? FORMAT_6_12 :
						       FORMAT_7_3);

		random_process(&p, &seed);
		for (k = 0; k < 4; k++) {
			random_limits(&p, &seed);
			check(&p, k ? unit_random(&seed) >> 8 & 7 : VMAS_MAX,
			      k & 1 ? unit_random(&seed) : 0);
		}
		free_node(p.root);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_shared_table),
		cmocka_unit_test(test_huge_at_once),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_histogram),
		cmocka_unit_test(test_huge_across),
		cmocka_unit_test(test_ranking),
		cmocka_unit_test(test_many_vmas),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
