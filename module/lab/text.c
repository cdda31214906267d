// SPDX-License-Identifier: GPL-2.0-only
/* The answer of an experiment. */

#include <linux/mm.h>
#include <linux/slab.h>

#include "text.h"

#define TEXT_FIRST	(4 * MMS_TEXT_ROW)

struct mms_text *mms_text_new(void)
{
	struct mms_text *text = kzalloc(sizeof(*text), GFP_KERNEL);
	char *buf = kvmalloc(TEXT_FIRST, GFP_KERNEL);

	if (!text || !buf) {
		kfree(text);
		kvfree(buf);
		return NULL;
	}
	kref_init(&text->ref);
	mms_table_init(&text->table, buf, TEXT_FIRST);
	return text;
}

struct mms_text *mms_text_get(struct mms_text *text)
{
	if (text)
		kref_get(&text->ref);
	return text;
}

static void text_free(struct kref *ref)
{
	struct mms_text *text = container_of(ref, struct mms_text, ref);

	kvfree(text->table.buf);
	kfree(text);
}

void mms_text_put(struct mms_text *text)
{
	if (text)
		kref_put(&text->ref, text_free);
}

int mms_text_room(struct mms_text *text)
{
	struct mms_table *table = &text->table;
	size_t size = 2 * table->size;
	char *buf;

	if (mms_table_room_for(table, MMS_TEXT_ROW))
		return 0;
	if (size > MMS_TEXT_MAX)
		return -EFBIG;
	buf = kvmalloc(size, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	memcpy(buf, table->buf, table->len);
	kvfree(table->buf);
	table->buf = buf;
	table->size = size;
	return 0;
}
