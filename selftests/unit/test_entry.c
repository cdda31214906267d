// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"
#include "entry.h"
#include "formats.h"

/* Names of the raw bits, as in arch/x86/include/asm/pgtable_types.h. */
#define P	0x001ULL	/* present */
#define RW	0x002ULL
#define US	0x004ULL
#define A	0x020ULL
#define D	0x040ULL
#define PSE	0x080ULL
#define G	0x100ULL	/* without P: PROT_NONE */
#define NX	0x8000000000000000ULL

#define WUA	(MMS_F_WRITE | MMS_F_USER | MMS_F_ACCESSED)
#define HUGE	MMS_F_HUGE
#define NONE	MMS_NO_PFN

struct expected {
	enum mms_state state;
	u32 flags;
	u64 pfn;
};

static void check(int f, enum mms_level level, u64 raw, struct expected want)
{
	struct mms_entry entry;

	memset(&entry, 0xa5, sizeof(entry));
	mms_entry_decode(&formats[f], level, raw, &entry);
	expect(entry.state == want.state && entry.flags == want.flags &&
	       entry.pfn == want.pfn && entry.level == level,
	       "%s, %s entry 0x%llx: %s, flags 0x%x, pfn 0x%llx",
	       format_names[f], mms_level_names[level], raw,
	       mms_state_names[entry.state], entry.flags, entry.pfn);
	if (entry.state != MMS_SWAP)
		assert_true(entry.swap_offset == MMS_NO_SWAP);
	if (entry.state != MMS_PRESENT && entry.state != MMS_PROTNONE)
		assert_int_equal(entry.pkey, 0);
}

static void check_all(enum mms_level level, u64 raw, struct expected want)
{
	int f;

	for (f = 0; f < NR_FORMATS; f++)
		check(f, level, raw, want);
}

static void test_names(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < MMS_NR_LEVELS; i++)
		assert_non_null(mms_level_names[i]);
	for (i = 0; i < MMS_NR_STATES; i++)
		assert_non_null(mms_state_names[i]);
	for (i = 0; i < MMS_NR_FLAGS; i++)
		assert_non_null(mms_flag_names[i]);
	assert_string_equal(mms_level_names[MMS_PGD], "pgd");
	assert_string_equal(mms_state_names[MMS_UNKNOWN], "unknown");
	assert_string_equal(mms_flag_names[__builtin_ctz(MMS_F_TABLE)], "table");
	assert_string_equal(mms_flag_names[__builtin_ctz(MMS_F_UFFD_RWP)],
			    "uffd_rwp");
}

/* A CPU erratum may set A and D in an empty entry; nothing else may be set. */
static void test_none(void **state)
{
	int f, level, bit;

	(void)state;
	for (level = MMS_PTE; level < MMS_NR_LEVELS; level++) {
		check_all(level, 0, (struct expected){ MMS_NONE, 0, NONE });
		check_all(level, A, (struct expected){ MMS_NONE, 0, NONE });
		check_all(level, D, (struct expected){ MMS_NONE, 0, NONE });
		check_all(level, A | D, (struct expected){ MMS_NONE, 0, NONE });
	}
	for (f = 0; f < NR_FORMATS; f++)
		for (bit = 0; bit < 64; bit++)
			assert_int_equal(mms_entry_is_none(&formats[f],
							   1ULL << bit),
					 bit == 5 || bit == 6);
}

static void test_present(void **state)
{
	u64 pte = 0x12345000 | P | RW | US | A;

	(void)state;
	check_all(MMS_PTE, pte, (struct expected){ MMS_PRESENT, WUA, 0x12345 });
	check_all(MMS_PTE, 0x1000 | P, (struct expected){ MMS_PRESENT, 0, 1 });
	check_all(MMS_PTE, P, (struct expected){ MMS_PRESENT, 0, 0 });
	/* The largest frame; with encryption, the top bit is not part of it. */
	check(FORMAT_6_1, MMS_PTE, 0x000fffffffffffff & ~0xffeULL,
	      (struct expected){ MMS_PRESENT, 0, 0xffffffffff });
	check(FORMAT_7_3, MMS_PTE, 0x000fffffffffffff & ~0xffeULL,
	      (struct expected){ MMS_PRESENT, 0, 0x7fffffffff });

	/* Bits of a huge entry below its size are no address. */
	check_all(MMS_PMD, 0x40200000 | P | PSE | RW | US | A,
		  (struct expected){ MMS_PRESENT, WUA | HUGE, 0x40200 });
	check_all(MMS_PMD, 0x403ff000 | P | PSE,
		  (struct expected){ MMS_PRESENT, HUGE | MMS_F_PAT, 0x40200 });
	check_all(MMS_PUD, 0xc0000000 | P | PSE | RW | US | A,
		  (struct expected){ MMS_PRESENT, WUA | HUGE, 0xc0000 });
	check_all(MMS_PUD, 0xfffff000 | P | PSE,
		  (struct expected){ MMS_PRESENT, HUGE | MMS_F_PAT, 0xc0000 });
}

static void test_tables(void **state)
{
	int level;

	(void)state;
	for (level = MMS_PMD; level < MMS_NR_LEVELS; level++) {
		check_all(level, 0x12345000 | P | RW | US | A | D,
			  (struct expected){ MMS_PRESENT, WUA | MMS_F_TABLE,
					     0x12345 });
		/* The root's SOFTW5 and NX are the kernel's (PTI) business. */
		check_all(level, 0x12345000 | P | RW | US | A | NX | 1ULL << 58,
			  (struct expected){ MMS_PRESENT,
					     WUA | MMS_F_TABLE | MMS_F_NX,
					     0x12345 });
	}
}

/* What one bit more makes of a present leaf, by bit; the rest is address. */
static u32 flag_of_bit(int f, enum mms_level level, int bit)
{
	static const u32 fixed[12] = {
		0, MMS_F_WRITE, MMS_F_USER, MMS_F_PWT, MMS_F_PCD,
		MMS_F_ACCESSED, MMS_F_DIRTY, MMS_F_PAT, MMS_F_GLOBAL,
		MMS_F_SPECIAL, MMS_F_UFFD_WP, MMS_F_SOFT_DIRTY,
	};

	if (f == FORMAT_BARE && (bit == 10 || bit == 11))
		return 0;
	if (bit == 7 && level != MMS_PTE)
		return HUGE;
	if (bit == 12)
		return level == MMS_PTE ? 0 : MMS_F_PAT;
	if (bit < 12)
		return fixed[bit];
	if (bit == 57)
		return f == FORMAT_6_12 ? MMS_F_DEVMAP : 0;
	if (bit == 58)
		return f == FORMAT_6_1 || f == FORMAT_BARE ? MMS_F_DEVMAP :
							      MMS_F_DIRTY;
	return bit == 63 ? MMS_F_NX : 0;
}

static void test_every_bit(void **state)
{
	struct mms_entry entry;
	int f, level, bit;

	(void)state;
	for (f = 0; f < NR_FORMATS; f++) {
		for (level = MMS_PTE; level <= MMS_PUD; level++) {
			u32 base = level == MMS_PTE ? 0 : HUGE;

			for (bit = 1; bit < 64; bit++) {
				u64 raw = P | (base ? PSE : 0) | 1ULL << bit;

				mms_entry_decode(&formats[f], level, raw,
						 &entry);
				expect(entry.state == MMS_PRESENT &&
				       entry.flags ==
				       (base | flag_of_bit(f, level, bit)),
				       "%s, %s entry 0x%llx: flags 0x%x",
				       format_names[f], mms_level_names[level],
				       raw, entry.flags);
			}
		}
	}
}

static void test_pkey(void **state)
{
	static const enum mms_level levels[] = { MMS_PTE, MMS_PMD, MMS_PUD };
	struct mms_entry entry;
	unsigned int key, i;
	int f;

	(void)state;
	for (f = 0; f < NR_FORMATS; f++) {
		for (key = 0; key < 16; key++) {
			u64 raw = (u64)key << 59 | 0x40000000 | PSE;

			for (i = 0; i < ARRAY_SIZE(levels); i++) {
				u64 mode = i ? P : key & 1 ? P : G;

				mms_entry_decode(&formats[f], levels[i],
						 raw | mode, &entry);
				assert_int_equal(entry.pkey,
						 f == FORMAT_BARE ? 0 : key);
			}
		}
		/* A table has no key, though the bits may be set. */
		mms_entry_decode(&formats[f], MMS_PMD, 0x7800000000001001,
				 &entry);
		assert_int_equal(entry.pkey, 0);
	}
}

/* PTE_PFN_MASK is 0x000ffffffffff000; the address in there is inverted. */
static void test_protnone(void **state)
{
	(void)state;
	check(FORMAT_6_1, MMS_PTE, 0x000fffffedcba000 | G,
	      (struct expected){ MMS_PROTNONE, 0, 0x12345 });
	check(FORMAT_6_12, MMS_PTE, 0x000fffffedcba000 | G | A | D | NX,
	      (struct expected){ MMS_PROTNONE,
				 MMS_F_ACCESSED | MMS_F_DIRTY | MMS_F_NX,
				 0x12345 });
	check(FORMAT_7_3, MMS_PTE, 0x0007fffffffff000 | G,
	      (struct expected){ MMS_PROTNONE, 0, 0 });
	/* Frame 0x40200; bit 12 is PAT and is not inverted with the rest. */
	check(FORMAT_6_1, MMS_PMD, 0x000fffffbfc00000 | PSE | G,
	      (struct expected){ MMS_PROTNONE, HUGE, 0x40200 });
	check(FORMAT_6_1, MMS_PMD, 0x000fffffbfc01000 | PSE | G,
	      (struct expected){ MMS_PROTNONE, HUGE | MMS_F_PAT, 0x40200 });
	check(FORMAT_7_3, MMS_PUD, 0x0007ffff00000000 | PSE | G,
	      (struct expected){ MMS_PROTNONE, HUGE, 0xc0000 });
	/* With the present bit the same bit is global. */
	check(FORMAT_6_1, MMS_PTE, 0x12345000 | P | G,
	      (struct expected){ MMS_PRESENT, MMS_F_GLOBAL, 0x12345 });
}

/* pmd_mkinvalid(): the present bit goes, the address is inverted. */
static void test_invalidated_huge(void **state)
{
	(void)state;
	check(FORMAT_6_1, MMS_PMD, 0x000fffffbfc00000 | PSE | RW | US | A,
	      (struct expected){ MMS_PRESENT, WUA | HUGE, 0x40200 });
	check(FORMAT_6_12, MMS_PMD, 0x000fffffbfc00000 | PSE | 1ULL << 58,
	      (struct expected){ MMS_PRESENT, HUGE | MMS_F_DIRTY, 0x40200 });
	check(FORMAT_7_3, MMS_PUD, 0x0007ffff00000000 | PSE,
	      (struct expected){ MMS_PRESENT, HUGE, 0xc0000 });
	/* At the PTE level the same bit is PAT, and the entry swap. */
	check(FORMAT_6_1, MMS_PTE, 0x07fffffffffffe00 | PSE,
	      (struct expected){ MMS_SWAP, 0, NONE });
}

static struct mms_entry swapped(int f, enum mms_level level, u64 raw)
{
	struct mms_entry entry;

	memset(&entry, 0xa5, sizeof(entry));
	mms_entry_decode(&formats[f], level, raw, &entry);
	return entry;
}

static void test_swap(void **state)
{
	static const u64 offsets[] = {
		0, 1, 2, 0x12345, 0x3ffffffff, 0x1ffffffffffff, 0x3ffffffffffff
	};
	static const u8 nr_files[NR_FORMATS] = { 22, 23, 24, 31 };
	struct mms_entry entry;
	unsigned int type, i;
	int f;

	(void)state;
	/* |TYPE (59-63)|~OFFSET (9-58)|...: two by hand. */
	entry = swapped(FORMAT_6_1, MMS_PTE, 0x07fffffffffffe00);
	assert_int_equal(entry.state, MMS_SWAP);
	assert_int_equal(entry.swap_type, 0);
	assert_true(entry.swap_offset == 0);
	entry = swapped(FORMAT_6_1, MMS_PTE, 0x1ffffffffdb97400);
	assert_int_equal(entry.swap_type, 3);
	assert_true(entry.swap_offset == 0x12345);

	for (f = 0; f < NR_FORMATS; f++) {
		for (type = 0; type < nr_files[f]; type++) {
			for (i = 0; i < ARRAY_SIZE(offsets); i++) {
				u64 raw = swap_entry(type, offsets[i]);

				/* Type 0 of the last offset is no entry. */
				if (!raw)
					continue;
				check(f, MMS_PTE, raw, (struct expected){
					MMS_SWAP, 0, NONE });
				entry = swapped(f, MMS_PTE, raw);
				assert_int_equal(entry.swap_type, type);
				assert_true(entry.swap_offset == offsets[i]);
			}
		}
	}
}

static void test_swap_flags(void **state)
{
	static const u32 flags[] = {
		MMS_F_SOFT_DIRTY, MMS_F_UFFD_WP, MMS_F_EXCLUSIVE
	};
	unsigned int low;
	int f;

	(void)state;
	for (f = 0; f < NR_FORMATS; f++) {
		for (low = 0; low < 8; low++) {
			u64 raw = swap_entry(1, 7) | low << 1;
			u32 want = 0, i;

			for (i = 0; i < 3; i++)
				if (low >> i & 1 && (f != FORMAT_BARE || i == 2))
					want |= flags[i];
			check(f, MMS_PTE, raw,
			      (struct expected){ MMS_SWAP, want, NONE });
			/* A, D and bit 4 say nothing. */
			check(f, MMS_PTE, raw | 0x70,
			      (struct expected){ MMS_SWAP, want, NONE });
		}
	}
}

/* The types that are no files: by hand, per release. */
static const struct {
	int f;
	u8 type;
	enum mms_state state;
	u32 flags;
	bool pfn;
} special_types[] = {
	{ FORMAT_6_1, 22, MMS_HWPOISON, 0, true },
	{ FORMAT_6_1, 23, MMS_MIGRATION, 0, true },
	{ FORMAT_6_1, 24, MMS_MIGRATION, MMS_F_EXCLUSIVE, true },
	{ FORMAT_6_1, 25, MMS_MIGRATION, MMS_F_WRITE, true },
	{ FORMAT_6_1, 26, MMS_DEVICE, MMS_F_WRITE, true },
	{ FORMAT_6_1, 27, MMS_DEVICE, 0, true },
	{ FORMAT_6_1, 28, MMS_DEVICE, MMS_F_WRITE | MMS_F_EXCLUSIVE, true },
	{ FORMAT_6_1, 29, MMS_DEVICE, MMS_F_EXCLUSIVE, true },
	{ FORMAT_6_1, 30, MMS_MARKER, 0, false },
	{ FORMAT_6_1, 31, MMS_MARKER, MMS_F_POISON, false },
	{ FORMAT_6_12, 23, MMS_HWPOISON, 0, true },
	{ FORMAT_6_12, 24, MMS_MIGRATION, 0, true },
	{ FORMAT_6_12, 25, MMS_MIGRATION, MMS_F_EXCLUSIVE, true },
	{ FORMAT_6_12, 26, MMS_MIGRATION, MMS_F_WRITE, true },
	{ FORMAT_6_12, 27, MMS_DEVICE, MMS_F_WRITE, true },
	{ FORMAT_6_12, 28, MMS_DEVICE, 0, true },
	{ FORMAT_6_12, 29, MMS_DEVICE, MMS_F_WRITE | MMS_F_EXCLUSIVE, true },
	{ FORMAT_6_12, 30, MMS_DEVICE, MMS_F_EXCLUSIVE, true },
	{ FORMAT_6_12, 31, MMS_MARKER, 0, false },
	{ FORMAT_7_3, 24, MMS_HWPOISON, 0, true },
	{ FORMAT_7_3, 25, MMS_MIGRATION, 0, true },
	{ FORMAT_7_3, 26, MMS_MIGRATION, MMS_F_EXCLUSIVE, true },
	{ FORMAT_7_3, 27, MMS_MIGRATION, MMS_F_WRITE, true },
	{ FORMAT_7_3, 28, MMS_DEVICE, MMS_F_WRITE, true },
	{ FORMAT_7_3, 29, MMS_DEVICE, 0, true },
	{ FORMAT_7_3, 30, MMS_DEVICE, MMS_F_EXCLUSIVE, true },
	{ FORMAT_7_3, 31, MMS_MARKER, 0, false },
	{ FORMAT_BARE, 31, MMS_MARKER, MMS_F_POISON, false },
};

static void test_special_types(void **state)
{
	static const enum mms_level levels[] = { MMS_PTE, MMS_PMD, MMS_PUD };
	unsigned int i, l;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(special_types); i++) {
		int f = special_types[i].f;
		/* An offset whose low bits are no marker. */
		u64 raw = swap_entry(special_types[i].type, 0x12340);
		struct expected want = {
			special_types[i].state, special_types[i].flags,
			special_types[i].pfn ? 0x12340 : NONE
		};

		for (l = 0; l < ARRAY_SIZE(levels); l++)
			check(f, levels[l], raw, want);
		/* Exclusive (bit 3) is a matter of swap files only. */
		check(f, MMS_PTE, raw | 0x8, want);
		/* A marker keeps its bits in the offset. */
		if (special_types[i].pfn)
			want.flags |= MMS_F_SOFT_DIRTY | MMS_F_UFFD_WP;
		check(f, MMS_PTE, raw | 0x6, want);
	}
}

/* The bits above a frame: 34 bits with four levels, 40 with five. */
static void test_migration_bits(void **state)
{
	static const struct {
		int f;
		u8 first;
		u64 young;
	} kernels[] = {
		{ FORMAT_6_1, 23, 1ULL << 34 },
		{ FORMAT_6_12, 24, 1ULL << 34 },
		{ FORMAT_7_3, 25, 1ULL << 40 },
	};
	static const u32 kinds[] = { 0, MMS_F_EXCLUSIVE, MMS_F_WRITE };
	unsigned int i, kind;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(kernels); i++) {
		u64 young = kernels[i].young, dirty = young << 1;
		u64 pfn = young - 1;
		int f = kernels[i].f;

		for (kind = 0; kind < 3; kind++) {
			u8 type = kernels[i].first + kind;

			check(f, MMS_PTE, swap_entry(type, pfn),
			      (struct expected){ MMS_MIGRATION, kinds[kind],
						 pfn });
			check(f, MMS_PTE, swap_entry(type, pfn | young),
			      (struct expected){ MMS_MIGRATION, kinds[kind] |
						 MMS_F_ACCESSED, pfn });
			check(f, MMS_PMD, swap_entry(type, 0x200 | dirty),
			      (struct expected){ MMS_MIGRATION, kinds[kind] |
						 MMS_F_DIRTY, 0x200 });
			check(f, MMS_PUD, swap_entry(type, young | dirty),
			      (struct expected){ MMS_MIGRATION, kinds[kind] |
						 MMS_F_ACCESSED | MMS_F_DIRTY,
						 0 });
		}
		/* Poison has a frame and no such bits. */
		check(f, MMS_PTE, swap_entry(kernels[i].first - 1,
					     pfn | young | dirty),
		      (struct expected){ MMS_HWPOISON, 0, pfn });
	}
}

static void test_markers(void **state)
{
	static const struct {
		int f;
		u8 type;
		u32 known;
	} kernels[] = {
		{ FORMAT_6_1, 30, 1 },
		{ FORMAT_6_12, 31, 3 },
		{ FORMAT_7_3, 31, 7 },
	};
	static const u32 flags[] = { MMS_F_UFFD_WP, MMS_F_POISON, MMS_F_GUARD };
	unsigned int i, bits, b;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(kernels); i++) {
		for (bits = 0; bits < 8; bits++) {
			u64 raw = swap_entry(kernels[i].type, bits);
			u32 want = 0;

			for (b = 0; b < 3; b++)
				if (bits & kernels[i].known & 1U << b)
					want |= flags[b];
			check(kernels[i].f, MMS_PTE, raw, (struct expected){
				MMS_MARKER, want, NONE });
		}
	}
	/* As the kernel writes it: make_pte_marker(PTE_MARKER_GUARD) in 7.3. */
	check(FORMAT_7_3, MMS_PTE, 0xfffffffffffff600,
	      (struct expected){ MMS_MARKER, MMS_F_GUARD, NONE });
}

static void test_unknown(void **state)
{
	struct mms_entry_format fmt = formats[FORMAT_7_3];
	struct mms_entry entry;
	int level;

	(void)state;
	fmt.types.marker = MMS_NO_TYPE;
	mms_entry_decode(&fmt, MMS_PTE, swap_entry(31, 5) | 0xe, &entry);
	assert_int_equal(entry.state, MMS_UNKNOWN);
	assert_int_equal(entry.flags, 0);
	assert_true(entry.pfn == NONE && entry.swap_offset == MMS_NO_SWAP);

	for (level = MMS_P4D; level <= MMS_PGD; level++) {
		check_all(level, swap_entry(0, 5),
			  (struct expected){ MMS_UNKNOWN, 0, NONE });
		check_all(level, 0x1000 | PSE,
			  (struct expected){ MMS_UNKNOWN, 0, NONE });
	}
	/* The bit of PROT_NONE belongs to leaves; a table never has it alone. */
	for (level = MMS_PMD; level <= MMS_PGD; level++)
		check_all(level, 0x000fffffedcba000 | G,
			  (struct expected){ MMS_UNKNOWN, 0, NONE });
}

/* Every word is one of the states that the kernel's own tests tell apart. */
static void test_any_word(void **state)
{
	u64 seed = 0x1234567890abcdef;
	struct mms_entry entry;
	unsigned int i;
	int f;

	(void)state;
	for (i = 0; i < 500000; i++) {
		u64 raw = random_entry(&formats[i & 3], &seed);
		enum mms_level level = unit_random(&seed) >> 20 & 3;
		bool leaf = !level || (raw & PSE && level <= MMS_PUD);
		bool none = !(raw & ~(A | D));
		u8 is;

		f = i & 3;
		memset(&entry, 0xa5, sizeof(entry));
		mms_entry_decode(&formats[f], level, raw, &entry);
		is = entry.state;
		assert_in_range(is, 0, MMS_NR_STATES - 1);
		assert_int_equal(entry.flags >> MMS_NR_FLAGS, 0);
		assert_int_equal(is == MMS_NONE, none);
		/* pte_present(), and its kin as far as they tell leaves. */
		if (!none && !level)
			assert_int_equal(raw & (P | G) && 1,
					 is == MMS_PRESENT || is == MMS_PROTNONE);
		if (!none && level && leaf)
			assert_true(is == MMS_PRESENT || is == MMS_PROTNONE);
		assert_int_equal(is == MMS_PROTNONE,
				 leaf && (raw & (P | G)) == G);
		assert_int_equal(entry.flags & MMS_F_TABLE && 1,
				 level && !leaf && raw & P && 1);
		assert_int_equal(entry.flags & HUGE && 1, level && leaf);
		assert_int_equal(entry.swap_offset != MMS_NO_SWAP,
				 is == MMS_SWAP);
		assert_int_equal(entry.pfn == NONE,
				 is == MMS_NONE || is == MMS_SWAP ||
				 is == MMS_MARKER || is == MMS_UNKNOWN);
	}
}

static u64 equal_under(u64 raw, u64 mask, u64 *seed)
{
	u64 other = unit_random(seed);

	switch (other & 3) {
	case 0:			/* anything, where the mask lets it */
		return (raw & mask) | (unit_random(seed) & ~mask);
	case 1:			/* one bit more or less, anywhere */
		return raw ^ 1ULL << (other >> 8 & 63);
	case 2:
		return raw ^ 1ULL << (other >> 8 & 63) ^
		       1ULL << (other >> 16 & 63);
	default:		/* a few of the low bits */
		return raw ^ (other >> 8 & 0xfff & ~mask);
	}
}

static void test_same_mask(void **state)
{
	static const u32 may_ignore[] = {
		MMS_F_ACCESSED, MMS_F_DIRTY, MMS_F_SOFT_DIRTY
	};
	u64 seed = 0xfedcba0987654321;
	unsigned int i, same = 0;

	(void)state;
	for (i = 0; i < 3000000; i++) {
		const struct mms_entry_format *fmt = &formats[i & 3];
		u64 raw = random_entry(fmt, &seed), mask, other;
		struct mms_entry a, b;
		u32 ignore = 0, b_ignore = unit_random(&seed) >> 10 & 7;
		unsigned int k;

		for (k = 0; k < 3; k++)
			if (b_ignore >> k & 1)
				ignore |= may_ignore[k];
		mask = mms_entry_same_mask(fmt, raw, ignore);
		other = equal_under(raw, mask, &seed);
		if ((other ^ raw) & mask)
			continue;
		same++;
		mms_entry_decode(fmt, MMS_PTE, raw, &a);
		mms_entry_decode(fmt, MMS_PTE, other, &b);
		expect(a.state == b.state && a.pkey == b.pkey &&
		       !((a.flags ^ b.flags) & ~ignore),
		       "%s: 0x%llx and 0x%llx pass for the same, ignoring 0x%x",
		       format_names[i & 3], raw, other, ignore);
	}
	/* Most must get this far, or nothing was tested. */
	assert_true(same > 1000000);
}

/* That the mask is no wider than needed: the speed of long runs. */
static void test_same_mask_wide(void **state)
{
	u64 pte = 0x12345000 | P | RW | US | A | D, mask;
	int f;

	(void)state;
	for (f = 0; f < NR_FORMATS; f++) {
		const struct mms_entry_format *fmt = &formats[f];

		assert_true(mms_entry_same_mask(fmt, A, 0) == ~(A | D));
		mask = ~fmt->pfn_mask;
		assert_true(mms_entry_same_mask(fmt, pte, 0) == mask);
		assert_true(mms_entry_same_mask(fmt, G, 0) == mask);
		assert_true(mms_entry_same_mask(fmt, pte, MMS_F_ACCESSED) ==
			    (mask & ~A));
		mask &= f == FORMAT_6_12 || f == FORMAT_7_3 ?
			~(D | 1ULL << 58) : ~D;
		assert_true(mms_entry_same_mask(fmt, pte, MMS_F_DIRTY) == mask);
		mask &= f == FORMAT_BARE ? ~A : ~(A | 0x800);
		assert_true(mms_entry_same_mask(fmt, pte, MMS_F_DIRTY |
						MMS_F_ACCESSED |
						MMS_F_SOFT_DIRTY) == mask);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_present),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_pkey),
		cmocka_unit_test(test_protnone),
		cmocka_unit_test(test_invalidated_huge),
		cmocka_unit_test(test_swap),
		cmocka_unit_test(test_swap_flags),
		cmocka_unit_test(test_special_types),
		cmocka_unit_test(test_migration_bits),
		cmocka_unit_test(test_markers),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_any_word),
		cmocka_unit_test(test_same_mask),
		cmocka_unit_test(test_same_mask_wide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
