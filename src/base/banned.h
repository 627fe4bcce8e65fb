/* base/banned.h — forced into every file of src/ by the build: calls that have no place here. The headers
 * that declare them come first, so that the bans hit callers only. */
#ifndef FST_BASE_BANNED_H
#define FST_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#undef strcpy
#undef strcat
#undef sprintf
#undef vsprintf
#undef strtok
#undef gets
#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok gets atoi atol atof gmtime localtime ctime asctime

#endif
