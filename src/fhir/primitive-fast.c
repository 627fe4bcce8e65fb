/* The usual forms of the usual primitives, eight bytes at a time. What is not told here is left to fst_prim_refuse(). */
#include "fhir/primitive.h"
#include "fhir/types.h"

#define EACH(byte) (0x0101010101010101u * (uint64_t)(byte))

static uint64_t load(const char *p)
{
    uint64_t w;
    memcpy(&w, p, sizeof w);
    return w;
}

/* The top bit set of each byte that is at most ' ' (a byte above 0x80 may set its neighbours', never the other way). */
static uint64_t blanks(uint64_t w)
{
    return (w - EACH(' ' + 1)) & ~w & EACH(0x80);
}

/* No byte up to ' ' in it, and with `ascii` none above 0x7F either. */
static bool has_no_blank(struct fst_view v, bool ascii)
{
    uint64_t bad = 0, high = 0;
    size_t   i = 0;

    for (; i + 8 <= v.n; i += 8) {
        bad |= blanks(load(v.p + i));
        high |= load(v.p + i);
    }
    if (i < v.n && v.n >= 8) {
        bad |= blanks(load(v.p + v.n - 8));
        high |= load(v.p + v.n - 8);
        i = v.n;
    }
    for (; i < v.n; i++) {
        bad |= (unsigned char)v.p[i] <= ' ';
        high |= (unsigned char)v.p[i];
    }
    return !bad && !(ascii && high & EACH(0x80));
}

/* Are the eight bytes at p like `shape`, any digit where that has '0'? *digits are they, less '0'. */
static bool is_like(const char *p, const char *shape, uint64_t *digits)
{
    uint64_t s = load(shape), zeros = (s ^ EACH('0')) + EACH(0x7F), any = ~zeros & EACH(0x80); /* shapes are ASCII */
    uint64_t d = load(p) ^ s, digit = (any >> 7) * 0xFF;
    *digits = d;
    return !(d & ~digit) && !(((d + EACH(0x76)) | d) & EACH(0x80) & digit);
}

static unsigned two(const unsigned char *d)
{
    return d[0] * 10u + d[1];
}

/* "2020-06-30", of a day that any month has. */
static bool is_usual_date(const char *p)
{
    uint64_t      head;
    unsigned char d[8];
    unsigned      month, day;

    if (!is_like(p, "0000-00-", &head) || (unsigned char)(p[8] - '0') > 9 || (unsigned char)(p[9] - '0') > 9 || !memcmp(p, "0000", 4))
        return false;
    memcpy(d, &head, sizeof d);
    month = two(d + 5);
    day = (unsigned)(p[8] - '0') * 10 + (unsigned)(p[9] - '0');
    return month >= 1 && month <= 12 && day >= 1 && day <= 28;
}

/* "T10:30:00" */
static bool is_usual_time(const char *p)
{
    uint64_t      tail;
    unsigned char d[8];

    if (p[0] != 'T' || !is_like(p + 1, "00:00:00", &tail))
        return false;
    memcpy(d, &tail, sizeof d);
    return two(d) < 24 && d[3] < 6 && d[6] < 6;
}

/* "Z", "+01:00" */
static bool is_usual_zone(struct fst_view v)
{
    if (v.n == 1)
        return v.p[0] == 'Z';
    return v.n == 6 && (v.p[0] == '+' || v.p[0] == '-') && (v.p[1] == '0' || v.p[1] == '1') && (unsigned char)(v.p[2] - '0') <= (v.p[1] == '0' ? 9 : 3) &&
           v.p[3] == ':' && (unsigned char)(v.p[4] - '0') <= 5 && (unsigned char)(v.p[5] - '0') <= 9;
}

static bool is_usual_moment(struct fst_view v)
{
    enum { DAY = 10, SECOND = 19 };
    size_t at = SECOND;

    if (v.n <= SECOND || !is_usual_date(v.p) || !is_usual_time(v.p + DAY))
        return false;
    if (v.p[at] == '.') {
        size_t first = ++at;
        while (at < v.n && (unsigned char)(v.p[at] - '0') <= 9)
            at++;
        if (at == first)
            return false;
    }
    return is_usual_zone(fst_view_from(v, at));
}

/* Without a branch, so that many are told at once. */
static inline uint8_t is_base64_digit(uint8_t c)
{
    uint8_t letter = (uint8_t)((c | 0x20) - 'a') < 26, digit = (uint8_t)(c - '0') < 10;
    return letter | digit | (c == '+') | (c == '/');
}

bool fst_base64_is_plain(struct fst_view v)
{
    enum { BLOCK = 32 };
    size_t  i = 0, pad = 0;
    uint8_t bad = 0;

    while (pad < 2 && pad < v.n && v.p[v.n - 1 - pad] == '=')
        pad++;
    for (; i + BLOCK <= v.n - pad && !bad; i += BLOCK)
        for (size_t k = 0; k < BLOCK; k++)
            bad |= !is_base64_digit((uint8_t)v.p[i + k]);
    for (; i < v.n - pad; i++)
        bad |= !is_base64_digit((uint8_t)v.p[i]);
    return !bad && v.n && v.n % 4 == 0;
}

bool fst_prim_passes(enum fst_prim prim, struct fst_view v)
{
    enum { FEW = 1 << 16 }; /* well below any limit */

    if (prim == FST_PRIM_BASE64)
        return fst_base64_is_plain(v);
    if (!v.n || v.n > FEW)
        return false;
    switch (prim) {
    case FST_PRIM_STRING:
    case FST_PRIM_MARKDOWN:
    case FST_PRIM_XHTML:
    case FST_PRIM_DECIMAL:
    case FST_PRIM_BOOLEAN: return true; /* their JSON kinds have been seen to */
    case FST_PRIM_CODE: return has_no_blank(v, true);
    case FST_PRIM_ID: return fst_id_is_valid(v);
    case FST_PRIM_URI:
    case FST_PRIM_URL: return v.p[0] == 'h' && has_no_blank(v, false);
    case FST_PRIM_DATE: return v.n == 10 && is_usual_date(v.p);
    case FST_PRIM_DATETIME: return v.n == 10 ? is_usual_date(v.p) : is_usual_moment(v);
    case FST_PRIM_INSTANT: return is_usual_moment(v);
    default: return false;
    }
}
