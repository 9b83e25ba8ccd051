/*
 * waits program arguments: runs the program under a filter of system calls (seccomp(2)) in which whatever waits
 * elsewhere than in epoll_wait() ends the process by SIGSYS. poll() may be called with a timeout of 0, which is how
 * libpq tells the end of a connection from an empty socket. It takes no privilege.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DATA(member) offsetof(struct seccomp_data, member)
#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, DATA(member))
#define FORBID(call) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
/* an argument that is not 0: poll()'s timeout, in its low half on a little-endian machine */
#define FORBID_UNLESS_ZERO(call, argument)                                                              \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 4), LOAD(args[argument]),                    \
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),                                               \
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static struct sock_filter filter[] = {
    LOAD(nr),
#ifdef SYS_poll
    FORBID_UNLESS_ZERO(poll, 2),
    FORBID(ppoll),
#endif
#ifdef SYS_select
    FORBID(select),
#endif
    FORBID(pselect6),
    FORBID(fsync),
    FORBID(fdatasync),
    FORBID(sync_file_range),
    FORBID(nanosleep),
    FORBID(clock_nanosleep),
    FORBID(flock),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

int
main(int argc, char **argv)
{
	struct sock_fprog program = {.len = sizeof(filter) / sizeof(filter[0]), .filter = filter};

	if (argc < 2)
	{
		fputs("usage: waits program arguments\n", stderr);
		return 2;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
		execvp(argv[1], argv + 1);
	fprintf(stderr, "waits: %s\n", strerror(errno));
	return 2;
}
