#include "input/frame.h"

#include "input/outline.h"
#include "input/sniff.h"

#define DEFAULT_MAX_SLICE ((uint64_t)192 << 20)
enum { SNIFF_BYTES = 64 * 1024, SNIFF_MOST = 1 << 20, NAME_CEILING = 1 << 20 };

enum state {
    AT_LINE,
    AT_DOCUMENT,
    AT_MEMBER, /* of a Bundle that is split: its first */
    AT_MEMBER_END,
    AT_ENTRY,
    AT_FIRST_ENTRY,
    AT_ENTRY_END,
    IN_LONG_LINE,  /* these three: within a broken slice, whose first bytes were given out */
    IN_LONG_VALUE,
    IN_BROKEN,
    AT_END
};

enum outcome { OUT_NONE, OUT_SLICE, OUT_END, OUT_FAILED };

enum fault { TOO_LONG, BREAKS_OFF, MALFORMED, NO_OBJECT, TWO_ENTRIES, NO_MEMBER, NO_COMMA };

static const struct { const char *what, *rule; } faults[] = {
    [TOO_LONG] = { "larger than --max-resource", "max-resource" },
    [BREAKS_OFF] = { "the input ends within it", "json-syntax" },
    [MALFORMED] = { "brackets or quotes that do not match", "json-syntax" },
    [NO_OBJECT] = { "no JSON object begins here", "json-syntax" },
    [TWO_ENTRIES] = { "the Bundle has two members entry", "json-duplicate" },
    [NO_MEMBER] = { "the Bundle goes on with something that is no member", "json-syntax" },
    [NO_COMMA] = { "a comma or a closing bracket is missing", "json-syntax" },
};

enum fst_bundle_type fst_bundle_type_find(struct fst_view name)
{
#define BUNDLE_IS(id, text) if (fst_view_is(name, text)) return FST_BUNDLE_##id;
    FST_BUNDLE_TYPES(BUNDLE_IS)
#undef BUNDLE_IS
    return FST_BUNDLE_UNTYPED;
}

bool fst_bundle_is_split(enum fst_split split, enum fst_bundle_type type)
{
    if (split != FST_SPLIT_DEFAULT)
        return split == FST_SPLIT_ALL;
    return type != FST_BUNDLE_DOCUMENT && type != FST_BUNDLE_MESSAGE;
}

/* ---- giving out */

static void fill_mark(struct fst_frame *f, uint64_t start)
{
    f->mark.offset = start;
    f->mark.line = fst_window_line(&f->w, start);
    f->mark.framing = f->framing;
    if (!f->in_bundle) {
        f->mark.entry = -1;
        f->mark.bundle = FST_BUNDLE_NONE;
        f->mark.bundle_offset = start;
        f->mark.bundle_line = f->mark.line;
    }
}

static enum outcome give(struct fst_frame *f, struct fst_slice *s, uint64_t start, uint64_t end)
{
    struct fst_view text = fst_window_view(&f->w, start, end);

    while (text.n && (text.p[text.n - 1] == ' ' || text.p[text.n - 1] == '\r' || text.p[text.n - 1] == '\t'))
        text.n--;
    fill_mark(f, start);
    *s = (struct fst_slice){ .text = text, .mark = f->mark };
    return OUT_SLICE;
}

static enum outcome give_broken(struct fst_frame *f, struct fst_slice *s, uint64_t start, uint64_t end, bool continued)
{
    fill_mark(f, start);
    *s = (struct fst_slice){ .text = fst_window_view(&f->w, start, end), .mark = f->mark, .broken = f->broken, .rule = f->rule,
                             .continued = continued };
    return OUT_SLICE;
}

static void set_fault(struct fst_frame *f, enum fault fault)
{
    f->broken = faults[fault].what;
    f->rule = faults[fault].rule;
}

/* ---- after something broken: everything up to the next line that starts an object is part of it */

static enum outcome seek_document(struct fst_frame *f, struct fst_slice *s, bool continued, struct fst_error *err)
{
    uint64_t      start = f->w.keep;
    enum fst_scan scan;
    enum outcome  out;

    for (;;) {
        scan = fst_window_to_newline(&f->w, true, err);
        if (!scan && f->w.at + 1 >= f->w.end && !f->w.eof)
            scan = fst_window_fill(&f->w, err);
        if (scan == FST_SCAN_FAILED)
            return OUT_FAILED;
        if (scan == FST_SCAN_OVER) {
            f->w.at = f->w.end;
            f->state = IN_BROKEN;
            out = give_broken(f, s, start, f->w.at, continued);
            f->w.keep = f->w.at;
            return out;
        }
        if (f->w.at + 1 >= f->w.end)
            break;
        if (*fst_window_at(&f->w, f->w.at + 1) == '{')
            break;
        f->w.at++;
    }
    f->state = f->w.at + 1 >= f->w.end ? AT_END : AT_DOCUMENT;
    out = give_broken(f, s, start, f->state == AT_END ? f->w.end : f->w.at, continued);
    f->in_bundle = false;
    return out;
}

/* The bytes from `keep` on are no value. */
static enum outcome break_off(struct fst_frame *f, struct fst_slice *s, enum fault fault, struct fst_error *err)
{
    set_fault(f, fault);
    f->w.at = f->w.keep;
    return seek_document(f, s, false, err);
}

static enum fault fault_of(enum fst_scan scan)
{
    return scan == FST_SCAN_END ? BREAKS_OFF : MALFORMED;
}

/* ---- lines */

static enum outcome next_line(struct fst_frame *f, struct fst_slice *s, bool continued, struct fst_error *err)
{
    enum fst_scan scan = continued ? FST_SCAN_OK : fst_window_blank(&f->w, false, err);
    uint64_t      start = f->w.at;

    if (scan)
        return scan == FST_SCAN_END ? OUT_END : OUT_FAILED;
    f->w.keep = start;
    scan = fst_window_to_newline(&f->w, true, err);
    if (scan == FST_SCAN_FAILED)
        return OUT_FAILED;
    f->state = scan == FST_SCAN_OVER ? IN_LONG_LINE : AT_LINE;
    if (!scan && !continued) {
        enum outcome out = give(f, s, start, f->w.at);
        fst_window_same_line(&f->w, start, f->w.at);
        return out;
    }
    set_fault(f, TOO_LONG);
    return give_broken(f, s, start, f->w.at, continued);
}

/* ---- documents */

/* The value at the cursor, as a slice; `then` is the state behind it. */
static enum outcome give_value(struct fst_frame *f, struct fst_slice *s, enum state then, struct fst_error *err)
{
    uint64_t      start = f->w.keep = f->w.at;
    enum fst_scan scan = fst_window_value(&f->w, true, err);

    switch (scan) {
    case FST_SCAN_OK:
        f->state = then;
        return give(f, s, start, f->w.at);
    case FST_SCAN_OVER:
        set_fault(f, TOO_LONG);
        f->state = IN_LONG_VALUE;
        return give_broken(f, s, start, f->w.at, false);
    case FST_SCAN_FAILED:
        return OUT_FAILED;
    default:
        return break_off(f, s, fault_of(scan), err);
    }
}

static enum outcome next_long_value(struct fst_frame *f, struct fst_slice *s, struct fst_error *err)
{
    uint64_t      start = f->w.keep = f->w.at;
    enum fst_scan scan = fst_window_value_on(&f->w, true, err);

    if (scan == FST_SCAN_FAILED)
        return OUT_FAILED;
    if (scan == FST_SCAN_OK)
        f->state = f->in_bundle ? AT_ENTRY_END : AT_DOCUMENT;
    else if (scan != FST_SCAN_OVER)
        return seek_document(f, s, true, err);
    return give_broken(f, s, start, f->w.at, true);
}

static enum outcome next_document(struct fst_frame *f, struct fst_slice *s, struct fst_error *err)
{
    struct fst_outline outline;
    enum fst_scan      scan = fst_window_blank(&f->w, false, err);

    if (scan)
        return scan == FST_SCAN_END ? OUT_END : OUT_FAILED;
    f->w.keep = f->w.at;
    while (!scan && f->w.end - f->w.at < SNIFF_BYTES)
        scan = fst_window_fill(&f->w, err);
    if (scan == FST_SCAN_FAILED)
        return OUT_FAILED;
    if (*fst_window_at(&f->w, f->w.at) != '{')
        return break_off(f, s, NO_OBJECT, err);
    if (fst_outline_read(&outline, &f->w, f->w.at, f->source, err))
        return OUT_FAILED;
    if (!outline.is_bundle || !fst_bundle_is_split(f->opts.split, outline.bundle))
        return give_value(f, s, AT_DOCUMENT, err);
    fill_mark(f, f->w.at);
    f->in_bundle = true;
    f->mark.bundle = outline.bundle;
    f->mark.entry = -1;
    f->w.at++;
    f->state = AT_MEMBER;
    return OUT_NONE;
}

/* Stand at the next byte that is not white space, within a Bundle. OUT_NONE: there is one. */
static enum outcome next_byte(struct fst_frame *f, struct fst_slice *s, char *c, struct fst_error *err)
{
    enum fst_scan scan = fst_window_blank(&f->w, false, err);

    f->w.keep = f->w.at;
    if (scan == FST_SCAN_FAILED)
        return OUT_FAILED;
    if (scan)
        return break_off(f, s, BREAKS_OFF, err);
    *c = *fst_window_at(&f->w, f->w.at);
    return OUT_NONE;
}

static enum outcome enter_member(struct fst_frame *f, struct fst_slice *s, struct fst_error *err)
{
    struct fst_buf name;
    bool           is_entry;
    enum fst_scan  scan;

    fst_buf_init(&name, NAME_CEILING);
    scan = fst_member_name(&f->w, &name, err);
    is_entry = !scan && fst_view_is(fst_buf_view(&name), "entry") && *fst_window_at(&f->w, f->w.at) == '[';
    fst_buf_clear(&name);
    if (is_entry && f->mark.entry >= 0)
        return break_off(f, s, TWO_ENTRIES, err);
    if (is_entry) {
        f->w.at++;
        f->mark.entry = 0;
        f->state = AT_FIRST_ENTRY;
        return OUT_NONE;
    }
    if (!scan)
        scan = fst_window_value(&f->w, false, err);
    f->state = AT_MEMBER_END;
    if (scan == FST_SCAN_FAILED)
        return OUT_FAILED;
    return scan ? break_off(f, s, fault_of(scan), err) : OUT_NONE;
}

static enum outcome next_member(struct fst_frame *f, struct fst_slice *s, struct fst_error *err)
{
    char         c = 0;
    enum outcome out = next_byte(f, s, &c, err);

    if (out)
        return out;
    if (c == '}') {
        f->w.at++;
        f->in_bundle = false;
        f->state = AT_DOCUMENT;
        return OUT_NONE;
    }
    if (f->state == AT_MEMBER_END) {
        if (c != ',')
            return break_off(f, s, NO_COMMA, err);
        f->w.at++;
        out = next_byte(f, s, &c, err);
        if (out)
            return out;
    }
    return c == '"' ? enter_member(f, s, err) : break_off(f, s, NO_MEMBER, err);
}

static enum outcome next_entry(struct fst_frame *f, struct fst_slice *s, struct fst_error *err)
{
    char         c = 0;
    enum outcome out = next_byte(f, s, &c, err);

    if (out)
        return out;
    if (c == ']' && f->state != AT_ENTRY) {
        f->w.at++;
        f->state = AT_MEMBER_END;
        return OUT_NONE;
    }
    if (f->state == AT_ENTRY_END) {
        f->mark.entry++;
        if (c != ',')
            return break_off(f, s, NO_COMMA, err);
        f->w.at++;
        f->state = AT_ENTRY;
        return OUT_NONE;
    }
    return give_value(f, s, AT_ENTRY_END, err);
}

/* ---- the whole */

static enum fst_status sniff(struct fst_frame *f, struct fst_error *err)
{
    enum fst_scan   scan = FST_SCAN_OK;
    struct fst_view head = { 0 };

    while (!scan && (head.n < SNIFF_BYTES || (head.n < SNIFF_MOST && !memchr(head.p, '\n', head.n)))) {
        scan = fst_window_fill(&f->w, err);
        head = fst_window_view(&f->w, 0, f->w.end);
    }
    if (scan == FST_SCAN_FAILED)
        return FST_EINPUT;
    if (fst_view_starts(head, "\xef\xbb\xbf")) {
        f->w.at = f->w.keep = 3;
        head = fst_view_from(head, 3);
    }
    f->framing = fst_sniff(head, f->w.eof, &f->why);
    f->state = f->framing == FST_FRAMING_LINES ? AT_LINE : f->framing == FST_FRAMING_DOCUMENTS ? AT_DOCUMENT : AT_END;
    return FST_OK;
}

static void start_at(struct fst_frame *f, const struct fst_mark *from)
{
    f->mark = *from;
    f->framing = from->framing;
    f->in_bundle = from->entry >= 0;
    f->state = from->framing == FST_FRAMING_LINES ? AT_LINE : f->in_bundle ? AT_ENTRY : AT_DOCUMENT;
}

enum fst_status fst_frame_open(struct fst_frame *f, const struct fst_source *source, const struct fst_frame_opts *opts,
                               const struct fst_mark *from, struct fst_error *err)
{
    enum fst_status st;

    *f = (struct fst_frame){ .source = source, .opts = *opts };
    if (!f->opts.max_slice)
        f->opts.max_slice = DEFAULT_MAX_SLICE;
    st = fst_window_open(&f->w, source, from ? from->offset : 0, from ? from->line : 1, f->opts.max_slice, err);
    if (st)
        return st;
    if (from)
        start_at(f, from);
    else
        st = sniff(f, err);
    if (st)
        fst_frame_close(f);
    return st;
}

static enum outcome step(struct fst_frame *f, struct fst_slice *s, struct fst_error *err)
{
    switch ((enum state)f->state) {
    case AT_LINE: return next_line(f, s, false, err);
    case IN_LONG_LINE: return next_line(f, s, true, err);
    case AT_DOCUMENT: return next_document(f, s, err);
    case AT_MEMBER:
    case AT_MEMBER_END: return next_member(f, s, err);
    case AT_ENTRY:
    case AT_FIRST_ENTRY:
    case AT_ENTRY_END: return next_entry(f, s, err);
    case IN_LONG_VALUE: return next_long_value(f, s, err);
    case IN_BROKEN:
        f->w.keep = f->w.at;
        return seek_document(f, s, true, err);
    case AT_END: break;
    }
    return OUT_END;
}

enum fst_status fst_frame_next(struct fst_frame *f, struct fst_slice *slice, bool *more, struct fst_error *err)
{
    enum outcome out;

    do
        out = step(f, slice, err);
    while (out == OUT_NONE);
    *more = out == OUT_SLICE;
    if (out == OUT_FAILED)
        return err && err->status == FST_ENOMEM ? FST_ENOMEM : FST_EINPUT;
    return FST_OK;
}

void fst_frame_close(struct fst_frame *f)
{
    fst_window_close(&f->w);
}
