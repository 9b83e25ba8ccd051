/*
 * What the type region_code and its selectivity share.
 */
#ifndef REGION_CODE_H
#define REGION_CODE_H

/* The last code that lies in the division; the first is its own. */
int64 region_last(int64 code);

#endif
