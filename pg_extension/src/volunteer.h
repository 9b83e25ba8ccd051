/*
 * What the files of the extension share.
 */
#ifndef VOLUNTEER_H
#define VOLUNTEER_H

/* Called once from _PG_init(). */
void volunteer_key_file_init(void);
void volunteer_accumulate_init(void);
void volunteer_commit_by_init(void);

#endif
