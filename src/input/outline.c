#include "input/outline.h"

#include "json/tape.h"

enum { NAME_CEILING = 1 << 20 };

enum fst_scan fst_member_name(struct fst_window *w, struct fst_buf *name, struct fst_error *err)
{
    uint64_t      start = w->at;
    enum fst_scan scan;

    if (*fst_window_at(w, w->at) != '"')
        return FST_SCAN_MALFORMED;
    w->keep = start;
    scan = fst_window_value(w, true, err);
    if (scan)
        return scan == FST_SCAN_OVER ? FST_SCAN_MALFORMED : scan;
    fst_buf_reset(name);
    fst_json_unescape(name, fst_window_view(w, start + 1, w->at - 1));
    scan = fst_window_blank(w, false, err);
    if (scan)
        return scan;
    if (*fst_window_at(w, w->at) != ':')
        return FST_SCAN_MALFORMED;
    w->at++;
    return fst_window_blank(w, false, err);
}

/* The string value at the cursor; empty when it is no string. */
static enum fst_scan read_string(struct fst_window *w, struct fst_view *text, struct fst_error *err)
{
    uint64_t      start = w->keep = w->at;
    enum fst_scan scan = fst_window_value(w, true, err);

    *text = (struct fst_view){ 0 };
    if (!scan && w->at - start >= 2 && *fst_window_at(w, start) == '"')
        *text = fst_window_view(w, start + 1, w->at - 1);
    return scan;
}

/* FST_SCAN_OK when the outline is known, or the document was read to its end. */
static enum fst_scan walk(struct fst_outline *o, struct fst_window *w, struct fst_buf *name, struct fst_error *err)
{
    bool            has_resource_type = false, has_type = false;
    struct fst_view text;
    enum fst_scan   scan;

    w->at++;
    for (;;) {
        scan = fst_window_blank(w, false, err);
        if (scan)
            return scan;
        if (*fst_window_at(w, w->at) == '}')
            return FST_SCAN_OK;
        if (*fst_window_at(w, w->at) == ',') {
            w->at++;
            continue;
        }
        scan = fst_member_name(w, name, err);
        if (scan)
            return scan;
        if (fst_view_is(fst_buf_view(name), "resourceType")) {
            scan = read_string(w, &text, err);
            o->is_bundle = fst_view_is(text, "Bundle");
            has_resource_type = true;
        } else if (fst_view_is(fst_buf_view(name), "type")) {
            scan = read_string(w, &text, err);
            o->bundle = fst_bundle_type_find(text);
            has_type = true;
        } else {
            scan = fst_window_value(w, false, err);
        }
        if (scan || (has_resource_type && (!o->is_bundle || has_type)))
            return scan;
    }
}

enum fst_status fst_outline_read(struct fst_outline *o, const struct fst_window *w, uint64_t at,
                                 const struct fst_source *source, struct fst_error *err)
{
    struct fst_window held = *w, whole;
    struct fst_buf    name;
    enum fst_scan     scan;
    enum fst_status   st = FST_OK;

    fst_buf_init(&name, NAME_CEILING);
    *o = (struct fst_outline){ .bundle = FST_BUNDLE_UNTYPED };
    held.at = held.keep = at;
    held.eof = true; /* nothing is read here: the copy borrows the bytes */
    scan = walk(o, &held, &name, err);
    if (scan == FST_SCAN_END && !w->eof) {
        *o = (struct fst_outline){ .bundle = FST_BUNDLE_UNTYPED };
        st = fst_window_open(&whole, source, at, 1, NAME_CEILING, err);
        if (!st) {
            scan = fst_window_fill(&whole, err);
            scan = scan ? scan : walk(o, &whole, &name, err);
            st = scan == FST_SCAN_FAILED ? FST_EINPUT : FST_OK;
            fst_window_close(&whole);
        }
    }
    fst_buf_clear(&name);
    return st;
}
