#include "base/str.h"

#include <inttypes.h>

bool fst_parse_u64(uint64_t *out, struct fst_view v)
{
    uint64_t n = 0;

    if (!v.n)
        return false;
    for (size_t i = 0; i < v.n; i++) {
        unsigned d = (unsigned char)v.p[i] - '0';
        if (d > 9 || n > (UINT64_MAX - d) / 10)
            return false;
        n = n * 10 + d;
    }
    *out = n;
    return true;
}

/* A decimal with an optional fraction (up to nine digits count) in thousand-millionths; `used` bytes were read. */
static bool parse_nano(uint64_t *whole, uint32_t *nano, size_t *used, struct fst_view v)
{
    size_t   i = 0;
    uint32_t scale = 100000000;

    while (i < v.n && v.p[i] >= '0' && v.p[i] <= '9')
        i++;
    if (!fst_parse_u64(whole, fst_view_n(v.p, i)))
        return false;
    *nano = 0;
    if (i + 1 < v.n && v.p[i] == '.' && v.p[i + 1] >= '0' && v.p[i + 1] <= '9')
        for (i++; i < v.n && v.p[i] >= '0' && v.p[i] <= '9'; i++, scale /= 10)
            *nano += scale * (uint32_t)(v.p[i] - '0');
    *used = i;
    return true;
}

struct unit {
    const char *name;
    uint64_t    factor;
};

static bool parse_with_unit(uint64_t *out, struct fst_view v, const struct unit *units, size_t count)
{
    uint64_t whole;
    uint32_t nano;
    size_t   used;

    if (!parse_nano(&whole, &nano, &used, v))
        return false;
    v = fst_view_from(v, used);
    while (v.n && v.p[0] == ' ')
        v = fst_view_from(v, 1);
    for (size_t i = 0; i < count; i++) {
        if (!fst_view_is(v, units[i].name))
            continue;
        if (whole > UINT64_MAX / 2 / units[i].factor)
            return false;
        *out = whole * units[i].factor + (uint64_t)((double)units[i].factor * nano / 1e9 + 0.5);
        return true;
    }
    return false;
}

bool fst_parse_size(uint64_t *out, struct fst_view v)
{
    static const struct unit units[] = {
        { "", 1 }, { "B", 1 },
        { "k", 1024 }, { "K", 1024 }, { "KiB", 1024 }, { "kB", 1000 }, { "KB", 1000 },
        { "M", 1 << 20 }, { "MiB", 1 << 20 }, { "MB", 1000000 },
        { "G", 1 << 30 }, { "GiB", 1 << 30 }, { "GB", 1000000000 },
        { "T", UINT64_C(1) << 40 }, { "TiB", UINT64_C(1) << 40 }, { "TB", UINT64_C(1000000000000) },
    };
    return parse_with_unit(out, v, units, FST_COUNT(units));
}

bool fst_parse_duration_ms(int64_t *out, struct fst_view v)
{
    static const struct unit units[] = {
        { "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "min", 60000 }, { "h", 3600000 }, { "d", 86400000 },
    };
    uint64_t ms;
    if (!parse_with_unit(&ms, v, units, FST_COUNT(units)))
        return false;
    *out = (int64_t)ms;
    return true;
}

bool fst_take_digits(int *out, struct fst_view *v, size_t n)
{
    uint64_t number;
    if (v->n < n || !fst_parse_u64(&number, fst_view_n(v->p, n)))
        return false;
    *out = (int)number;
    *v = fst_view_from(*v, n);
    return true;
}

bool fst_take_char(struct fst_view *v, char c)
{
    if (!v->n || v->p[0] != c)
        return false;
    *v = fst_view_from(*v, 1);
    return true;
}

/* Days since 1970-01-01 of a proleptic Gregorian date. */
static int64_t days_from_civil(int64_t y, int m, int d)
{
    int64_t era, yoe, doy;
    y -= m <= 2;
    era = (y >= 0 ? y : y - 399) / 400;
    yoe = y - era * 400;
    doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

bool fst_parse_time_ms(int64_t *out, struct fst_view v)
{
    int      y, mo, d, h, mi, s, zh = 0, zm = 0, ms = 0, scale = 100, sign;
    int64_t  t;

    if (!fst_take_digits(&y, &v, 4) || !fst_take_char(&v, '-') || !fst_take_digits(&mo, &v, 2) || !fst_take_char(&v, '-') ||
        !fst_take_digits(&d, &v, 2) || !(fst_take_char(&v, 'T') || fst_take_char(&v, ' ')) || !fst_take_digits(&h, &v, 2) ||
        !fst_take_char(&v, ':') || !fst_take_digits(&mi, &v, 2) || !fst_take_char(&v, ':') || !fst_take_digits(&s, &v, 2))
        return false;
    if (fst_take_char(&v, '.'))
        for (; v.n && v.p[0] >= '0' && v.p[0] <= '9'; v = fst_view_from(v, 1), scale /= 10)
            ms += scale * (v.p[0] - '0');
    if (mo < 1 || mo > 12 || d < 1 || d > 31 || h > 24 || mi > 59 || s > 60)
        return false;
    if (!fst_take_char(&v, 'Z')) {
        sign = fst_take_char(&v, '+') ? 1 : fst_take_char(&v, '-') ? -1 : 0;
        if (!sign || !fst_take_digits(&zh, &v, 2) || !fst_take_char(&v, ':') || !fst_take_digits(&zm, &v, 2))
            return false;
        zh *= sign;
        zm *= sign;
    }
    t = days_from_civil(y, mo, d) * 86400 + h * 3600 + mi * 60 + s - zh * 3600 - zm * 60;
    *out = t * 1000 + ms;
    return v.n == 0;
}

void fst_add_size(struct fst_buf *b, uint64_t bytes)
{
    static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB" };
    double                   n = (double)bytes;
    size_t                   u = 0;
    while (n >= 999.95 && u + 1 < FST_COUNT(units)) {
        n /= 1000;
        u++;
    }
    fst_buf_addf(b, u == 0 ? "%.0f %s" : "%.1f %s", n, units[u]);
}

void fst_add_count(struct fst_buf *b, uint64_t n)
{
    char   digits[24];
    int    len = snprintf(digits, sizeof digits, "%" PRIu64, n);
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            fst_buf_add_char(b, ',');
        fst_buf_add_char(b, digits[i]);
    }
}

void fst_add_duration(struct fst_buf *b, int64_t ms)
{
    int64_t s = ms / 1000;
    if (ms < 60000)
        fst_buf_addf(b, "%.1f s", (double)ms / 1000);
    else if (s < 3600)
        fst_buf_addf(b, "%" PRId64 " min %02" PRId64 " s", s / 60, s % 60);
    else
        fst_buf_addf(b, "%" PRId64 " h %02" PRId64 " min", s / 3600, s / 60 % 60);
}

static void split_time(struct tm *tm, int64_t ms)
{
    time_t t = (time_t)(ms >= 0 ? ms / 1000 : (ms - 999) / 1000);
    gmtime_r(&t, tm);
}

void fst_format_time_iso(char out[FST_TIME_ISO], int64_t ms)
{
    struct tm tm;
    split_time(&tm, ms);
    strftime(out, FST_TIME_ISO, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

void fst_format_time_iso_ms(char out[FST_TIME_ISO_MS], int64_t ms)
{
    char seconds[FST_TIME_ISO];
    fst_format_time_iso(seconds, ms);
    snprintf(out, FST_TIME_ISO_MS, "%.19s.%03dZ", seconds, (int)((ms % 1000 + 1000) % 1000));
}

void fst_format_time_basic(char out[FST_TIME_BASIC], int64_t ms)
{
    struct tm tm;
    split_time(&tm, ms);
    strftime(out, FST_TIME_BASIC, "%Y%m%dT%H%M%SZ", &tm);
}
