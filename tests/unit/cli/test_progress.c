#include "test.h"

#include "cli/progress.h"

static void lines(void **state)
{
    static const struct {
        struct fst_progress_sample s;
        double                     pace;
        const char                *text, *json;
    } rows[] = {
        { { .stage = FST_STAGE_PREPARE, .files = 12, .files_total = 85, .bytes = 200000000, .bytes_total = 400000000,
            .resources = 345112, .rejected = 3 }, 100e6,
          "prepare    50%  2.0 s left  12/85 files  200.0 of 400.0 MB  100.0 MB/s  3 rejected  345,112 resources",
          "{\"stage\":\"prepare\",\"files\":12,\"filesTotal\":85,\"bytes\":200000000,\"bytesTotal\":400000000,"
          "\"resources\":345112,\"rejected\":3,\"bytesPerSecond\":100000000,\"elapsedSeconds\":4.0,\"secondsLeft\":2.0}" },
        { { .stage = FST_STAGE_INDEX, .files = 1, .bytes = 1000000 }, 0, "index      4.0 s  1 files  1.0 MB",
          "{\"stage\":\"index\",\"files\":1,\"filesTotal\":0,\"bytes\":1000000,\"bytesTotal\":0,\"resources\":0,"
          "\"rejected\":0,\"bytesPerSecond\":0,\"elapsedSeconds\":4.0}" },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        struct fst_buf b;
        fst_buf_init(&b, 4096);
        fst_progress_text(&b, &rows[i].s, rows[i].pace, 4000);
        assert_string_equal(fst_buf_str(&b), rows[i].text);
        fst_buf_reset(&b);
        fst_progress_json(&b, &rows[i].s, rows[i].pace, 4000);
        assert_string_equal(fst_buf_str(&b), rows[i].json);
        fst_buf_clear(&b);
    }
}

FST_TESTS(cmocka_unit_test(lines))
