#ifndef VOLUNTEER_KEY_FILE_H
#define VOLUNTEER_KEY_FILE_H

#include <sys/stat.h>

/*
 * A secret in a file whose path is a superuser-only setting.  "stamp" is the
 * state of the file when the caller last used its bytes; all zero at first.
 */
typedef struct KeyFile
{
	const char *setting;
	char *path;
	struct stat stamp;
} KeyFile;

extern KeyFile signing_key_file;
extern KeyFile identity_key_file;
extern KeyFile sealing_key_file;

extern char *key_file_read_if_changed(KeyFile *file, size_t *length);
extern void key_file_forget(char *bytes, size_t length);

#endif
