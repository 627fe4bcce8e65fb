#include "cli/remote-opts.h"

const char *const fst_sse_choices[] = { "AES256", "aws:kms", "aws:kms:dsse", NULL };
