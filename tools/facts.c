/* facts — makes data/r4.facts of HL7's package, and tables of data/r4.facts.
 *
 *   facts regen PACKAGE.tgz MORE.json... >r4.facts       definitions to facts
 *   facts compile r4.facts >r4-tables.inc                facts to the C source of fhir/schema.c's image */
#include "base/file.h"
#include "fhir/compile.h"
#include "fhir/define.h"
#include "fhir/package.h"

enum { MAX_FACTS = 64 << 20 };

static enum fst_status take(void *ctx, const char *name, struct fst_view json, struct fst_error *err)
{
    /* Examples of definitions are none: they would lend R4 types and codes that it has not. */
    return strstr(name, "-example") && strstr(name, "StructureDefinition-example-") ? FST_OK
                                                                                      : fst_define_add(ctx, json, name, err);
}

static enum fst_status regen(char **paths, int count, struct fst_buf *out, struct fst_error *err)
{
    struct fst_define *d = fst_define_new();
    enum fst_status    st = d ? FST_OK : fst_fail(err, FST_ENOMEM, "out of memory");
    for (int i = 0; !st && i < count; i++)
        st = fst_package_each(paths[i], take, d, err);
    if (!st) {
        fst_define_use_sets(d);
        st = fst_define_write(d, out, err);
    }
    fst_define_free(d);
    return st;
}

static enum fst_status compile(char **paths, int count, struct fst_buf *out, struct fst_error *err)
{
    struct fst_buf       text, image;
    struct fst_image_map map;
    fst_buf_init(&text, MAX_FACTS);
    fst_buf_init(&image, MAX_FACTS);
    enum fst_status st = FST_OK;
    for (int i = 0; !st && i < count; i++)
        st = fst_file_read(&text, paths[i], err);
    if (!st)
        st = fst_compile_facts(NULL, fst_buf_view(&text), &image, &map, err);
    if (!st)
        fst_compile_write_c(&image, &map, out);
    fst_buf_clear(&text);
    fst_buf_clear(&image);
    return st;
}

int main(int argc, char **argv)
{
    struct fst_error err = { 0 };
    struct fst_buf   out;
    enum fst_status  st = FST_EUSAGE;
    fst_buf_init(&out, MAX_FACTS);
    if (argc > 2 && !strcmp(argv[1], "regen"))
        st = regen(argv + 2, argc - 2, &out, &err);
    else if (argc > 2 && !strcmp(argv[1], "compile"))
        st = compile(argv + 2, argc - 2, &out, &err);
    else
        fst_fail(&err, st, "usage: facts regen|compile FILE...");
    if (!st)
        st = fst_buf_check(&out, &err);
    if (!st && fwrite(out.p, 1, out.len, stdout) != out.len)
        st = fst_fail_errno(&err, "standard output");
    if (st)
        fprintf(stderr, "facts: %s\n", err.text);
    fst_buf_clear(&out);
    return st ? 1 : 0;
}
