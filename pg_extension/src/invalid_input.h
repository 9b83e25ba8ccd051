/*
 * The error of a value that a parser refuses.
 */
#ifndef INVALID_INPUT_H
#define INVALID_INPUT_H

#include "fmgr.h"

/*
 * Reports, or notes for a soft error, that the parser found reason at offset
 * position of input.  The message names the place and never repeats the
 * input, which may be personal data.  Returns so that callers can say
 * "return invalid_text(...)".
 */
Datum invalid_text(FunctionCallInfo fcinfo, const char *type,
				   const char *reason, const char *input, size_t position);

/* The same for a binary value, by the text that it stands for. */
Datum invalid_binary(const char *type, const char *reason, size_t position);

#endif
