// SPDX-License-Identifier: GPL-2.0-only
/* The BTF of the running kernel, against what bpftool makes of it. */
#include "unit.h"
#include "btf.h"

/* Another file can be named in the environment. */
#define FILE_VARIABLE	"UNIT_BTF"
#define FILE_DEFAULT	"/sys/kernel/btf/vmlinux"

#define BATCH		500
#define SKIP		4

/* One line of btf_oracle.py; the answer is in .expected. */
struct line {
	char what[16];
	char type[128];
	char member[128];
	char err[16];
	struct mms_btf_want expected;
};

static const char *btf_path(void)
{
	const char *path = getenv(FILE_VARIABLE);

	return path ? path : FILE_DEFAULT;
}

/* The whole file; NULL if there is none. */
static void *read_file(const char *path, size_t *size)
{
	size_t room = 1 << 24, len;
	FILE *file = fopen(path, "r");
	void *data;

	if (!file)
		return NULL;
	data = malloc(room);
	assert_non_null(data);
	len = fread(data, 1, room, file);
	assert_true(len < room);
	fclose(file);
	/* No spare byte, so that ASan sees every overrun. */
	*size = len;
	return realloc(data, len);
}

static const char *name_or_null(const char *name)
{
	return strcmp(name, "-") ? name : NULL;
}

static enum mms_btf_what what_of(const char *word)
{
	if (!strcmp(word, "size"))
		return MMS_BTF_SIZE;
	if (!strcmp(word, "member"))
		return MMS_BTF_MEMBER;
	if (!strcmp(word, "bitfield"))
		return MMS_BTF_BITFIELD;
	assert_string_equal(word, "enumerator");
	return MMS_BTF_ENUMERATOR;
}

static int err_of(const char *word)
{
	if (!strcmp(word, "unsupported"))
		return -EOPNOTSUPP;
	if (!strcmp(word, "ambiguous"))
		return -ENOTUNIQ;
	assert_string_equal(word, "ok");
	return 0;
}

static bool read_line(FILE *file, struct line *line)
{
	struct mms_btf_want *want = &line->expected;
	int nr;

	memset(want, 0, sizeof(*want));
	nr = fscanf(file, "%15s %127s %127s %15s %u %u %u %u %u %lld\n",
		    line->what, line->type, line->member, line->err,
		    &want->offset, &want->size, &want->nr_elems,
		    &want->bit_offset, &want->bits, &want->value);
	if (nr == EOF)
		return false;
	assert_int_equal(nr, 10);
	want->what = what_of(line->what);
	want->err = err_of(line->err);
	want->type = name_or_null(line->type);
	want->member = name_or_null(line->member);
	return true;
}

static void check_batch(struct mms_btf *btf, const struct line *lines,
			unsigned int nr)
{
	struct mms_btf_want wants[BATCH];
	unsigned int i;

	for (i = 0; i < nr; i++) {
		wants[i] = (struct mms_btf_want){
			.what = lines[i].expected.what,
			.type = lines[i].expected.type,
			.member = lines[i].expected.member,
		};
	}
	mms_btf_resolve(btf, wants, nr);
	for (i = 0; i < nr; i++) {
		wants[i].score = 0;
		expect(!memcmp(&wants[i], &lines[i].expected, sizeof(*wants)),
		       "%s %s %s: err %d offset %u size %u nr_elems %u bit %u+%u value %lld",
		       lines[i].what, lines[i].type, lines[i].member,
		       wants[i].err, wants[i].offset, wants[i].size,
		       wants[i].nr_elems, wants[i].bit_offset, wants[i].bits,
		       wants[i].value);
	}
}

static void test_running_kernel(void **state)
{
	static struct line lines[BATCH];
	static u32 index[MMS_BTF_INDEX];
	char command[4096];
	unsigned int nr, all = 0;
	struct mms_btf btf;
	size_t size;
	void *data = read_file(btf_path(), &size);
	FILE *oracle;
	int status;

	(void)state;
	if (!data) {
		print_message("no %s\n", btf_path());
		skip();
	}
	assert_int_equal(mms_btf_open(&btf, data, size, index,
				      ARRAY_SIZE(index)), 0);

	snprintf(command, sizeof(command), "%s/btf_oracle.py --every 8 '%s'",
		 UNIT_DIR, btf_path());
	oracle = popen(command, "r");
	assert_non_null(oracle);
	do {
		for (nr = 0; nr < BATCH && read_line(oracle, &lines[nr]); nr++)
			;
		check_batch(&btf, lines, nr);
		all += nr;
	} while (nr);
	status = pclose(oracle);
	free(data);
	if (WIFEXITED(status) && WEXITSTATUS(status) == SKIP)
		skip();
	assert_int_equal(status, 0);
	assert_true(all > 1000);
	print_message("%u answers compared\n", all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_running_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
