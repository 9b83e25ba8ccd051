#include "postgres.h"

#include "fmgr.h"

#include "volunteer.h"

PG_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void); /* server headers declare it from 16 on */

void
_PG_init(void)
{
	volunteer_key_file_init();
	/* Before the others, as the last registered is called first: they may wait. */
	volunteer_commit_by_init();
	volunteer_accumulate_init();
}
