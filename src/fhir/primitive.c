#include "fhir/primitive.h"

#include "fhir/types.h"

static bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

/* ---- dates and times */

/* The value of `n` digits at p, or -1. */
static int digits(const char *p, int n)
{
    int value = 0;
    for (int i = 0; i < n; i++) {
        if (!is_digit(p[i]))
            return -1;
        value = value * 10 + (p[i] - '0');
    }
    return value;
}

static int days_in(int year, int month)
{
    static const int8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool                leap = (year % 4 == 0 && year % 100) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* The length of the date (4, 7 or 10) that starts v, or 0. */
static size_t date_length(struct fst_view v)
{
    int year = v.n < 4 ? -1 : digits(v.p, 4);
    if (year < 1)
        return 0;
    if (v.n < 5 || v.p[4] != '-')
        return 4;
    int month = v.n < 7 ? -1 : digits(v.p + 5, 2);
    if (month < 1 || month > 12)
        return 0;
    if (v.n < 8 || v.p[7] != '-')
        return 7;
    int day = v.n < 10 ? -1 : digits(v.p + 8, 2);
    return day < 1 || day > days_in(year, month) ? 0 : 10;
}

/* "10:30:00" at the start; second 60 is one. */
static bool starts_time(struct fst_view v)
{
    if (v.n < 8 || v.p[2] != ':' || v.p[5] != ':')
        return false;
    int hour = digits(v.p, 2), minute = digits(v.p + 3, 2), second = digits(v.p + 6, 2);
    return hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second <= 60;
}

/* "Z", "+01:00", up to 14:00. */
static bool is_zone(struct fst_view v)
{
    if (v.n == 1)
        return v.p[0] == 'Z';
    if (v.n != 6 || (v.p[0] != '+' && v.p[0] != '-') || v.p[3] != ':')
        return false;
    int hour = digits(v.p + 1, 2), minute = digits(v.p + 4, 2);
    return hour >= 0 && minute >= 0 && minute < 60 && (hour < 14 || (hour == 14 && minute == 0));
}

/* The whole of "T10:30:00.123Z". */
static bool is_time_with_zone(struct fst_view v)
{
    size_t at = 9;
    if (!v.n || v.p[0] != 'T' || !starts_time(fst_view_from(v, 1)))
        return false;
    if (at < v.n && v.p[at] == '.') {
        size_t first = ++at;
        while (at < v.n && is_digit(v.p[at]))
            at++;
        if (at == first)
            return false;
    }
    return is_zone(fst_view_from(v, at));
}

static bool is_date(struct fst_view v)
{
    return v.n && date_length(v) == v.n;
}

static bool is_date_time(struct fst_view v)
{
    size_t n = date_length(v);
    return n && (n == v.n || (n == 10 && is_time_with_zone(fst_view_from(v, n))));
}

static bool is_instant(struct fst_view v)
{
    return date_length(v) == 10 && is_time_with_zone(fst_view_from(v, 10));
}

static bool is_time(struct fst_view v)
{
    return v.n == 8 && starts_time(v);
}

/* ---- numbers */

/* An optional minus and digits without leading zeros, nothing else. */
static bool is_whole(struct fst_view v, bool *negative, uint64_t *magnitude)
{
    size_t i = 0;
    *negative = v.n && v.p[0] == '-';
    *magnitude = 0;
    i += *negative;
    if (i == v.n || v.n - i > 10 || (v.p[i] == '0' && v.n - i > 1))
        return false;
    for (; i < v.n; i++) {
        if (!is_digit(v.p[i]))
            return false;
        *magnitude = *magnitude * 10 + (uint64_t)(v.p[i] - '0');
    }
    return *magnitude <= (uint64_t)INT32_MAX + *negative;
}

static bool is_integer(struct fst_view v)
{
    bool     negative;
    uint64_t magnitude;
    return is_whole(v, &negative, &magnitude);
}

static bool is_unsigned(struct fst_view v)
{
    bool     negative;
    uint64_t magnitude;
    return is_whole(v, &negative, &magnitude) && !negative;
}

static bool is_positive(struct fst_view v)
{
    bool     negative;
    uint64_t magnitude;
    return is_whole(v, &negative, &magnitude) && !negative && magnitude;
}

/* JSON's numbers are R4's decimals; the parser has seen to it. */
static bool is_decimal(struct fst_view v)
{
    return v.n > 0;
}

/* ---- names */

static bool is_boolean(struct fst_view v)
{
    return fst_view_is(v, "true") || fst_view_is(v, "false");
}

/* §2.24.0.1: up to 1 MB, which the validator counts in UTF-16 units. */
static bool is_string(struct fst_view v)
{
    enum { MAX_UNITS = 1 << 20 };
    size_t units = 0;
    if (v.n <= MAX_UNITS)
        return v.n > 0;
    for (size_t i = 0; i < v.n; i++)
        units += ((unsigned char)v.p[i] & 0xC0) != 0x80 ? 1 + ((unsigned char)v.p[i] >= 0xF0) : 0;
    return units <= MAX_UNITS;
}

static bool is_some_text(struct fst_view v)
{
    return v.n > 0;
}

/* No white space at the ends, single spaces within. U+00A0 counts as white space. */
static bool is_code(struct fst_view v)
{
    bool space = true; /* as if before the first */
    for (size_t i = 0; i < v.n; i++) {
        unsigned char c = (unsigned char)v.p[i];
        if (c == ' ') {
            if (space)
                return false;
            space = true;
            continue;
        }
        if (is_space((char)c) || (c == 0xC2 && i + 1 < v.n && (unsigned char)v.p[i + 1] == 0xA0))
            return false;
        space = false;
    }
    return !space;
}

bool fst_uuid_is_valid(struct fst_view v)
{
    static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (v.n != sizeof shape - 1)
        return false;
    for (size_t i = 0; i < v.n; i++)
        if (shape[i] == '-' ? v.p[i] != '-' : !(is_digit(v.p[i]) || (v.p[i] >= 'a' && v.p[i] <= 'f')))
            return false;
    return true;
}

bool fst_oid_is_valid(struct fst_view v)
{
    enum { MIN_LAST_DOT = 4 }; /* what the validator takes for enough arcs */
    size_t last_dot = 0;
    if (v.n < 3 || v.p[0] < '0' || v.p[0] > '2' || v.p[1] != '.')
        return false;
    for (size_t i = 1; i < v.n; i++) {
        if (v.p[i] == '.') {
            if (i + 1 == v.n || !is_digit(v.p[i + 1]) || (v.p[i + 1] == '0' && i + 2 < v.n && is_digit(v.p[i + 2])))
                return false;
            last_dot = i;
        } else if (!is_digit(v.p[i]))
            return false;
    }
    return last_dot >= MIN_LAST_DOT || fst_view_starts(v, "1.3");
}

bool fst_uri_is_absolute(struct fst_view v)
{
    const char *colon = v.n ? memchr(v.p, ':', v.n) : NULL;
    if (!colon || colon == v.p || colon + 1 == v.p + v.n || memchr(colon, ' ', v.n - (size_t)(colon - v.p)))
        return false;
    for (const char *p = v.p; p < colon; p++)
        if (!(*p >= 'a' && *p <= 'z') && !(p > v.p && (is_digit(*p) || *p == '_' || *p == '[' || *p == ']')))
            return false;
    return true;
}

/* v up to the first `c`. */
static struct fst_view before(struct fst_view v, char c)
{
    const char *at = v.n ? memchr(v.p, c, v.n) : NULL;
    return at ? fst_view_n(v.p, (size_t)(at - v.p)) : v;
}

static bool is_uri_or_canonical(struct fst_view v, bool canonical)
{
    static const char no_break[] = "\xC2\xA0";

    for (size_t i = 0; i < v.n; i++)
        if ((unsigned char)v.p[i] <= ' ' && is_space(v.p[i]))
            return false;
    if (v.n >= 2 && (!memcmp(v.p, no_break, 2) || !memcmp(v.p + v.n - 2, no_break, 2)))
        return false;
    if (!v.n || v.p[0] == 'h') /* nearly all of them: http */
        return v.n > 0;
    if (fst_view_starts(v, "urn:uuid:")) {
        v = before(v, '#');
        return fst_uuid_is_valid(fst_view_from(canonical ? before(v, '|') : v, 9));
    }
    if (fst_view_starts(v, "urn:oid:"))
        return fst_oid_is_valid(fst_view_from(canonical ? before(v, '|') : v, 8));
    return !fst_view_starts(v, "oid:") && !fst_view_starts(v, "uuid:");
}

/* What holds for uri and all that specialize it. */
static bool is_uri(struct fst_view v)
{
    return is_uri_or_canonical(v, false);
}

static bool is_canonical(struct fst_view v)
{
    return is_uri_or_canonical(v, true) && (v.p[0] == '#' || fst_uri_is_absolute(v));
}

static bool is_oid(struct fst_view v)
{
    return fst_view_starts(v, "urn:oid:") && is_uri(v);
}

static bool is_uuid(struct fst_view v)
{
    return fst_view_starts(v, "urn:uuid:") && is_uri(v);
}

/* Only the number of digits is looked at, letters of any script among them: groups of four. */
static bool is_base64(struct fst_view v)
{
    size_t n = 0;
    for (size_t i = 0; i < v.n; i++)
        n += is_digit(v.p[i]) || ((v.p[i] | 32) >= 'a' && (v.p[i] | 32) <= 'z') || v.p[i] == '/' || v.p[i] == '+' || v.p[i] == '=' ||
             (unsigned char)v.p[i] >= 0xC0;
    return v.n && n % 4 == 0;
}

/* The length of the white space that v begins with, as Java sees it (no-break spaces are none), or 0. */
static size_t blank_length(struct fst_view v)
{
    static const struct { const char *first, *last; } wide[] = {
        { "\u1680", "\u1680" }, { "\u2000", "\u2006" }, { "\u2008", "\u200A" }, { "\u2028", "\u2029" }, { "\u205F", "\u205F" }, { "\u3000", "\u3000" },
    };
    if (is_space(v.p[0]) || (v.p[0] >= 0x1C && v.p[0] <= 0x1F))
        return 1;
    for (size_t i = 0; v.n >= 3 && i < FST_COUNT(wide); i++)
        if (memcmp(v.p, wide[i].first, 3) >= 0 && memcmp(v.p, wide[i].last, 3) <= 0)
            return 3;
    return 0;
}

bool fst_is_blank(struct fst_view v)
{
    while (v.n) {
        size_t n = blank_length(v);
        if (!n)
            return false;
        v = fst_view_from(v, n);
    }
    return true;
}

bool fst_uri_is_system(struct fst_view v)
{
    return fst_view_starts(v, "http:") || fst_view_starts(v, "https:") || fst_view_starts(v, "urn:");
}

const char *fst_prim_refuse(enum fst_prim prim, struct fst_view v)
{
    static const struct { bool (*is)(struct fst_view); const char *what; } rows[] = {
        [FST_PRIM_BOOLEAN] = { is_boolean, "true or false" },
        [FST_PRIM_INTEGER] = { is_integer, "a whole number from -2147483648 to 2147483647" },
        [FST_PRIM_UNSIGNED_INT] = { is_unsigned, "a whole number from 0 to 2147483647" },
        [FST_PRIM_POSITIVE_INT] = { is_positive, "a whole number from 1 to 2147483647" },
        [FST_PRIM_DECIMAL] = { is_decimal, "a number" },
        [FST_PRIM_STRING] = { is_string, "a string with at least one character, and no more than 1,048,576" },
        [FST_PRIM_MARKDOWN] = { is_some_text, "a string with at least one character" },
        [FST_PRIM_CODE] = { is_code, "a code: no white space at its ends, single spaces within" },
        [FST_PRIM_ID] = { fst_id_is_valid, "an id: 1 to 64 letters, digits, '-' and '.'" },
        [FST_PRIM_URI] = { is_uri, "a URI: no white space, urn:uuid: in lower case, urn:oid: with enough arcs" },
        [FST_PRIM_URL] = { is_uri, "a URL: no white space" },
        [FST_PRIM_CANONICAL] = { is_canonical, "an absolute URL, or a fragment that starts with '#'" },
        [FST_PRIM_OID] = { is_oid, "an OID like urn:oid:2.16.840.1.113883.6.1" },
        [FST_PRIM_UUID] = { is_uuid, "a lower-case UUID like urn:uuid:c757873d-ec9a-4326-a141-556f43239520" },
        [FST_PRIM_BASE64] = { is_base64, "base64: groups of four characters" },
        [FST_PRIM_DATE] = { is_date, "a date that exists, like 2020, 2020-06 or 2020-06-30" },
        [FST_PRIM_DATETIME] = { is_date_time, "a date, or a date and time with seconds and zone like 2020-06-30T10:00:00+01:00" },
        [FST_PRIM_INSTANT] = { is_instant, "a date and time with seconds and zone like 2020-06-30T10:00:00.123Z" },
        [FST_PRIM_TIME] = { is_time, "a time of the day like 10:00:00" },
        [FST_PRIM_XHTML] = { is_some_text, "a div element of XHTML" },
    };
    if ((size_t)prim >= FST_COUNT(rows) || !rows[prim].is || rows[prim].is(v))
        return NULL;
    return rows[prim].what;
}
