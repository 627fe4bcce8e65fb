#include "pipeline/items.h"

#define MAX_RESOURCE ((uint64_t)192 << 20)

static uint64_t max_resource(const struct fst_items *items)
{
    return items->opts->max_resource_bytes ? items->opts->max_resource_bytes : MAX_RESOURCE;
}

enum fst_status fst_items_open(struct fst_items *items, const struct fst_validate_inputs_opts *opts,
                               struct fst_validate_inputs_result *result, struct fst_error *err)
{
    const struct fst_sources_opts from = { .inputs = opts->inputs, .count = opts->input_count, .tmp_dir = opts->tmp_dir,
                                            .store = opts->store };
    enum fst_status               st;
    *items = (struct fst_items){ .opts = opts, .by_line = opts->syntax_only || opts->staged, .result = result };
    st = fst_sources_open(&items->sources, &from, err);
    result->sources = items->sources.count;
    result->input_bytes = items->sources.bytes;
    return st;
}

static void notice(struct fst_items *items, const char *where, const char *what)
{
    if (items->opts->notice)
        items->opts->notice(items->opts->notice_ctx, where, what);
}

static enum fst_status unreadable(struct fst_items *items, enum fst_status st, struct fst_error *err)
{
    if (st != FST_EINPUT && st != FST_EIO && st != FST_ENOENT && st != FST_EPARSE)
        return st;
    if (items->result->sources_unread++) /* the first is what the whole call fails with */
        notice(items, "not read", err->text);
    else
        items->first = *err;
    return FST_OK;
}

static void close_source(struct fst_items *items)
{
    if (items->open && items->by_line)
        fst_lines_close(&items->lines);
    else if (items->open)
        fst_frame_close(&items->frame);
    items->open = false;
}

/* Open the next source that has values to read, if there is one. */
static enum fst_status open_source(struct fst_items *items, struct fst_error *err)
{
    const struct fst_lines_opts lines = { .always_lines = items->opts->staged, .max_bytes = max_resource(items) };
    const struct fst_frame_opts frame = { .max_slice = max_resource(items) };
    enum fst_status             st = FST_OK;
    while (!st && !items->open && items->next < items->sources.count) {
        const struct fst_source *source = &items->sources.items[items->next++];
        st = items->by_line ? fst_lines_open(&items->lines, source, &lines, err)
                            : fst_frame_open(&items->frame, source, &frame, NULL, err);
        if (st) {
            st = unreadable(items, st, err);
            continue;
        }
        items->open = true;
        if (!items->by_line && items->frame.framing == FST_FRAMING_NOT_FHIR) {
            if (items->sources.count > 1) /* alone it is the error that conclude() states */
                notice(items, source->shown, items->frame.why);
            items->result->sources_without_fhir++;
            if (!*items->first.text)
                (void)fst_fail(&items->first, FST_EINPUT, "%s: no FHIR: %s", source->shown, items->frame.why);
            close_source(items);
        }
    }
    return st;
}

static enum fst_status next_line(struct fst_items *items, struct fst_item *item, bool *more, struct fst_error *err)
{
    struct fst_line line;
    enum fst_status st = fst_lines_next(&items->lines, &line, more, err);
    *item = (struct fst_item){ .text = line.text, .line = line.line, .entry = -1 };
    if (line.too_long || !line.text.n) {
        item->broken = line.too_long ? "too long to be held (--max-resource)" : "no JSON value in the file";
        item->rule = line.too_long ? "json-size" : "json-syntax";
    }
    return st;
}

static enum fst_status next_slice(struct fst_items *items, struct fst_item *item, bool *more, struct fst_error *err)
{
    struct fst_slice slice;
    enum fst_status  st;
    do
        st = fst_frame_next(&items->frame, &slice, more, err);
    while (!st && *more && slice.continued);
    if (!st && *more)
        *item = (struct fst_item){ .text = slice.text, .line = slice.mark.line, .entry = slice.mark.entry,
                                   .broken = slice.broken, .rule = slice.rule };
    return st;
}

enum fst_status fst_items_next(struct fst_items *items, struct fst_item *item, bool *more, struct fst_error *err)
{
    for (;;) {
        enum fst_status st = items->open ? FST_OK : open_source(items, err);
        *more = false;
        if (st || !items->open)
            return st;
        st = items->by_line ? next_line(items, item, more, err) : next_slice(items, item, more, err);
        if (!st && *more) {
            item->file = items->sources.items[items->next - 1].path ? items->sources.items[items->next - 1].shown : "-";
            return FST_OK;
        }
        close_source(items);
        if (st)
            st = unreadable(items, st, err);
        if (st)
            return st;
    }
}

void fst_items_close(struct fst_items *items)
{
    close_source(items);
    fst_sources_close(&items->sources);
}

uint64_t fst_items_progress(const struct fst_items *items)
{
    const struct fst_source *source = items->next ? &items->sources.items[items->next - 1] : NULL;
    if (!source)
        return 0;
    if (!items->open)
        return source->base + source->bytes;
    return source->base + (items->by_line ? items->lines.reader.at : fst_frame_progress(&items->frame));
}
