/* The first pass skims what the second reads from a tape: of whatever is JSON both say the same. The first byte says
 * whether the text is a Bundle's entry. */
#include "fuzz.h"
#include "json/tape.h"
#include "prepare/facts.h"

static void hold_together(const struct fst_facts *skimmed, const struct fst_facts *read)
{
    for (int i = 0; i < FST_FACT_COUNT; i++)
        if (skimmed->member[i] != read->member[i] ||
            (read->member[i] == FST_MEMBER_STRING && !fst_view_equal(skimmed->text[i], read->text[i])))
            fst_fuzz_fail("fact %d: '%.*s' was skimmed, '%.*s' is read", i, FST_VIEW_ARGS(skimmed->text[i]), FST_VIEW_ARGS(read->text[i]));
    if (!fst_view_equal(skimmed->resource, read->resource) || !fst_view_equal(skimmed->identifiers, read->identifiers))
        fst_fuzz_fail("resource or identifiers: '%.*s' was skimmed, '%.*s' is read", FST_VIEW_ARGS(skimmed->identifiers),
                      FST_VIEW_ARGS(read->identifiers));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static struct fst_tape tape;
    struct fst_json_error  jerr;
    struct fst_facts       skimmed, read;
    struct fst_view        text;
    bool                   is_entry;
    enum fst_skimmed       how;
    uint32_t               resource;

    if (!n)
        return 0;
    is_entry = p[0] & 1;
    text = fst_view_n((const char *)p + 1, n - 1);
    while (text.n && strchr(" \t\r\n", text.p[text.n - 1]) && text.p[text.n - 1])
        text.n--; /* as it is cut off a slice */
    fst_facts_init(&skimmed);
    fst_facts_init(&read);
    how = fst_facts_skim(&skimmed, text, is_entry); /* of what is no JSON too: it must end, and within the text */
    if (fst_json_parse(&tape, text, NULL, &jerr) == FST_OK && fst_tape_kind(&tape, 0) == FST_JSON_OBJECT) {
        fst_facts_read(&read, &tape, 0, is_entry, &resource);
        if (how == FST_SKIM_BAD)
            fst_fuzz_fail("good JSON is skimmed as broken: %.*s", FST_VIEW_ARGS(text));
        if (how == FST_SKIMMED)
            hold_together(&skimmed, &read);
    }
    fst_facts_clear(&skimmed);
    fst_facts_clear(&read);
    return 0;
}
