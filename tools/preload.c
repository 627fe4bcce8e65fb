/* preload INPUT... OUT — prepare the samples into the folder OUT, for what the service preloads. */
#include <stdio.h>

#include "fhirstage/prepare.h"

int main(int argc, char **argv)
{
    struct fst_prepare_opts opts = { .jobs = 1, .level = FST_LEVEL_MINIMAL }; /* that a rule is at work is no reason not to build */
    struct fst_figures      figures;
    struct fst_error        err = { 0 };

    if (argc < 3)
        return 2;
    opts.inputs = (const char *const *)argv + 1;
    opts.input_count = (size_t)argc - 2;
    opts.out_dir = argv[argc - 1];
    if (!fst_prepare(&opts, NULL, &figures, &err))
        return 0;
    fprintf(stderr, "preload: %s\n", *err.text ? err.text : "a sample was rejected");
    return 1;
}
