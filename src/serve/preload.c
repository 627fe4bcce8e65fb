#include "serve/preload.h"

__asm__(".pushsection .rodata\n"
        ".balign 16\n"
        ".globl fst_preload\n"
        "fst_preload:\n"
        ".incbin \"" FST_PRELOAD_GZ "\"\n"
        ".globl fst_preload_end\n"
        "fst_preload_end:\n"
        ".popsection\n");
