// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes: nothing may be read outside of them, it must end, and what is
 * answered must be within the bounds that btf.h promises.
 */
#include <stdlib.h>

#include "btf.h"
#include "btf_blob.h"

#define CHECK(cond)	do { if (!(cond)) abort(); } while (0)

static const struct mms_btf_want questions[] = {
	{ .what = MMS_BTF_SIZE, .type = "record" },
	{ .what = MMS_BTF_MEMBER, .type = "record", .member = "field" },
	{ .what = MMS_BTF_BITFIELD, .type = "record", .member = "field" },
	{ .what = MMS_BTF_MEMBER, .type = "choice", .member = "inner.field" },
	{ .what = MMS_BTF_MEMBER, .type = "alias", .member = "field" },
	{ .what = MMS_BTF_ENUMERATOR, .type = "colour", .member = "RED" },
	{ .what = MMS_BTF_ENUMERATOR, .type = "wide", .member = "HUGE_VALUE" },
	{ .what = MMS_BTF_ENUMERATOR, .member = "RED" },
	{ .what = MMS_BTF_SIZE, .type = "last" },
	{ .what = MMS_BTF_MEMBER, .type = "last", .member = "end" },
	{ .what = MMS_BTF_VARIABLE, .type = ".data", .member = "variable" },
};

static void check_want(const struct mms_btf_want *want,
		       const struct mms_btf_want *record)
{
	if (want->err) {
		CHECK(want->err == -ENOENT || want->err == -ENOTUNIQ ||
		      want->err == -EOPNOTSUPP || want->err == -ELOOP ||
		      want->err == -EINVAL);
		CHECK(!want->offset && !want->size && !want->nr_elems &&
		      !want->bit_offset && !want->bits && !want->value);
	}
	CHECK(want->bit_offset < 8 && want->bits <= 64);
	CHECK(want->bits <= want->size * 8ULL);
	/* Within the type, if it is known which that is. */
	if (want->what == MMS_BTF_MEMBER && !want->err && !record->err &&
	    !strcmp(want->type, record->type))
		CHECK(want->offset + (u64)want->size * want->nr_elems <=
		      (u64)record->size * record->nr_elems);
}

/* The first byte chooses the size of the index. */
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct mms_btf_want wants[ARRAY_SIZE(questions)], again[ARRAY_SIZE(wants)];
	u32 index[257], nr_index;
	struct mms_btf btf;
	unsigned int i, failed = 0;
	void *copy;

	if (!size)
		return 0;
	nr_index = data[0] + 1;
	size--;
	/* A block of its own is aligned and has red zones. */
	copy = malloc(size ? size : 1);
	CHECK(copy);
	memcpy(copy, data + 1, size);
	if (!mms_btf_open(&btf, copy, size, index, nr_index)) {
		memcpy(wants, questions, sizeof(wants));
		failed = mms_btf_resolve(&btf, wants, ARRAY_SIZE(wants));
		/* The size of the index costs time, not answers. */
		CHECK(!mms_btf_open(&btf, copy, size, index, 257));
		memcpy(again, questions, sizeof(again));
		mms_btf_resolve(&btf, again, ARRAY_SIZE(again));
		for (i = 0; i < ARRAY_SIZE(wants); i++) {
			failed -= !!wants[i].err;
			check_want(&wants[i], &wants[0]);
			if (wants[i].err != -ELOOP && again[i].err != -ELOOP)
				CHECK(!memcmp(&wants[i], &again[i],
					      sizeof(wants[i])));
		}
		CHECK(!failed);
	}
	free(copy);
	return 0;
}

static void write_seed(const char *dir, const char *name, struct blob *blob)
{
	char path[4096];
	size_t size;
	void *data = blob_finish(blob, &size);
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	if (file) {
		fputc(3, file);
		fwrite(data, size, 1, file);
		fclose(file);
	}
	free(data);
}

/* Writes inputs to start from into the corpus, the last argument. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *dir = (*argv)[*argc - 1];
	struct blob *blob = blob_new();

	if (*argc < 2 || *dir == '-')
		return 0;
	blob_every_kind(blob);
	write_seed(dir, "kinds", blob);
	/* Types of the same names, and one that contains itself. */
	blob_every_kind(blob);
	blob_struct(blob, "record", 8, NULL, blob->nr_types + 1, 0);
	blob_type(blob, NULL, BTF_KIND_TYPEDEF, false, 0, blob->nr_types + 1);
	write_seed(dir, "twice", blob);
	blob->head.hdr_len = BLOB_LAYOUT_HEADER;
	blob->layouts_len = 4 * 22;
	blob->layouts[4 * 21] = 4;
	blob_type(blob, NULL, 21, false, 0, 0);
	blob_word(blob, 0);
	write_seed(dir, "layouts", blob);
	free(blob);
	return 0;
}
