/*
 * Files that hold the keys of this installation.
 *
 * The settings name files, never keys, so that no key can reach a catalog, a
 * dump, a log or pg_settings.
 */
#include "postgres.h"

#include <fcntl.h>
#include <unistd.h>

#include "storage/fd.h"
#include "utils/guc.h"

#include "compat.h"
#include "key_file.h"
#include "volunteer.h"

/* A key is a few hundred bytes: anything larger is a mistake. */
#define KEY_FILE_MAX 16384

/*
 * The library may be loaded late, even by the output function of a type in the
 * middle of a parallel query; what was set for the database counts then, too.
 */
#define KEY_FILE_FLAGS (GUC_SUPERUSER_ONLY | GUC_ALLOW_IN_PARALLEL)

KeyFile signing_key_file = {.setting = "volunteer.signing_key_file"};
KeyFile identity_key_file = {.setting = "volunteer.identity_key_file"};
KeyFile sealing_key_file = {.setting = "volunteer.sealing_key_file"};

void
volunteer_key_file_init(void)
{
	DefineCustomStringVariable(
		"volunteer.signing_key_file",
		"File with the private key that signs certificates.",
		"PEM, P-256. Must belong to the server's user with no access for others.",
		&signing_key_file.path, "", PGC_SUSET, KEY_FILE_FLAGS, NULL, NULL,
		NULL);

	DefineCustomStringVariable(
		"volunteer.identity_key_file",
		"File with the secret key of identity digests.",
		"64 hexadecimal digits. Must belong to the server's user with no access for others.",
		&identity_key_file.path, "", PGC_SUSET, KEY_FILE_FLAGS, NULL, NULL,
		NULL);

	DefineCustomStringVariable(
		"volunteer.sealing_key_file",
		"File with the secret keys that seal personal data.",
		"Numbered keys of 64 hexadecimal digits. Must belong to the server's user with no access for others.",
		&sealing_key_file.path, "", PGC_SUSET, KEY_FILE_FLAGS, NULL, NULL,
		NULL);

	MarkGUCPrefixReserved("volunteer");
}

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
		a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
		a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
		a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
		a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* The rule PostgreSQL itself has for ssl_key_file. */
static void
check_permissions(const KeyFile *file, const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		ereport(ERROR, errcode(ERRCODE_CONFIG_FILE_ERROR),
				errmsg("file of \"%s\" is not a regular file", file->setting));

	if (st->st_uid != geteuid() && st->st_uid != 0)
		ereport(
			ERROR, errcode(ERRCODE_CONFIG_FILE_ERROR),
			errmsg("file of \"%s\" must be owned by the server's user or root",
				   file->setting));

	if ((st->st_uid == geteuid() && st->st_mode & (S_IRWXG | S_IRWXO)) ||
		(st->st_uid == 0 && st->st_mode & (S_IWGRP | S_IXGRP | S_IRWXO)))
		ereport(
			ERROR, errcode(ERRCODE_CONFIG_FILE_ERROR),
			errmsg("file of \"%s\" has group or world access", file->setting),
			errdetail(
				"File must have permissions u=rw (0600) or less if owned by the server's user, or u=rw,g=r (0640) or less if owned by root."));
}

/*
 * Returns the bytes of the file, terminated by a zero byte, when the file is
 * not the one seen by "stamp", else NULL.  The caller parses them, calls
 * key_file_forget() and may rely on its parsed key until this returns bytes
 * again.
 */
char *
key_file_read_if_changed(KeyFile *file, size_t *length)
{
	struct stat st;
	char *bytes;
	ssize_t got;
	int fd;

	if (file->path[0] == '\0')
		ereport(ERROR, errcode(ERRCODE_CONFIG_FILE_ERROR),
				errmsg("\"%s\" is not set", file->setting));

	if (stat(file->path, &st) == 0 && same_file(&st, &file->stamp))
		return NULL;

	memset(&file->stamp, 0, sizeof(file->stamp));

	/* O_NONBLOCK: do not wait for a writer if the path is a pipe. */
	fd = OpenTransientFile(file->path, O_RDONLY | O_NONBLOCK | PG_BINARY);
	if (fd < 0 || fstat(fd, &st) != 0)
		ereport(ERROR, errcode_for_file_access(),
				errmsg("could not open file of \"%s\": %m", file->setting));

	check_permissions(file, &st);

	if (st.st_size > KEY_FILE_MAX)
		ereport(ERROR, errcode(ERRCODE_CONFIG_FILE_ERROR),
				errmsg("file of \"%s\" is too large to be a key",
					   file->setting));

	bytes = palloc0(st.st_size + 1);
	got = read(fd, bytes, st.st_size);
	if (got != st.st_size)
	{
		int save_errno = errno;

		key_file_forget(bytes, st.st_size);
		errno = got < 0 ? save_errno : EIO;
		ereport(ERROR, errcode_for_file_access(),
				errmsg("could not read file of \"%s\": %m", file->setting));
	}
	CloseTransientFile(fd);

	file->stamp = st;
	*length = st.st_size;
	return bytes;
}

/* Wipes what key_file_read_if_changed() returned. */
void
key_file_forget(char *bytes, size_t length)
{
	explicit_bzero(bytes, length);
	pfree(bytes);
}
