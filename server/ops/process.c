/* SPDX-License-Identifier: Apache-2.0
 * The process: limits, rights, the system calls that it renounces. */
#include "server/ops/process.h"

#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

int tacetd_process_start(void) {
  (void)umask(077);
  (void)signal(SIGPIPE, SIG_IGN);
  /* A write beyond RLIMIT_FSIZE is a full disk like any other. */
  (void)signal(SIGXFSZ, SIG_IGN);
  /* Not 0: with a core_pattern that is a pipe the kernel asks only whether the
   * limit is 1, and then writes none, nor does it into a file (core(5)). */
  const struct rlimit none = {1, 1};
  int e = setrlimit(RLIMIT_CORE, &none) != 0 ? errno : 0;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    e = errno;
  }
  return e;
}

uint64_t tacetd_process_raise_files(void) {
  struct rlimit r;
  if (getrlimit(RLIMIT_NOFILE, &r) != 0) {
    return 1024;
  }
  rlim_t before = r.rlim_cur;
  r.rlim_cur = r.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &r) == 0 ? r.rlim_max : before;
}

/* ---- rights ---- */

/* Keeps of what it has only the right to bind a port below 1024. */
static int drop_capabilities(void) {
  const uint32_t bind_low = 1u << CAP_NET_BIND_SERVICE;
  struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[2];
  memset(sets, 0, sizeof(sets));
  if (syscall(SYS_capget, &head, sets) != 0) {
    return errno;
  }
  uint32_t kept = sets[0].permitted & bind_low;
  if (sets[0].permitted == kept && sets[1].permitted == 0) {
    return 0; /* nothing to give up; a service manager may forbid the call */
  }
  memset(sets, 0, sizeof(sets));
  sets[0].permitted = sets[0].effective = kept;
  return syscall(SYS_capset, &head, sets) == 0 ? 0 : errno;
}

int tacetd_process_drop(const char *folder) {
  struct stat st;
  if (stat(folder, &st) != 0) {
    return errno;
  }
  if (geteuid() == 0 && st.st_uid != 0) {
    /* Capabilities would go with the user; one of them is still needed. */
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 || setgroups(0, NULL) != 0 ||
        setresgid(st.st_gid, st.st_gid, st.st_gid) != 0 ||
        setresuid(st.st_uid, st.st_uid, st.st_uid) != 0) {
      return errno;
    }
  }
  return drop_capabilities();
}

/* ---- system calls ---- */

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif

#if defined(__x86_64__) && !defined(SANITIZED)
#define ARCH AUDIT_ARCH_X86_64
#define CONFINES 1
#elif defined(__aarch64__) && !defined(SANITIZED)
#define ARCH AUDIT_ARCH_AARCH64
#define CONFINES 1
#endif

#ifdef CONFINES
/* What is refused with EPERM whatever its arguments. A list of what is allowed
 * would be shorter to trust, but it follows every change of the C library; this
 * names what somebody who runs code in the process would want next. The systemd
 * unit has the other list. */
static const int refused[] = {
    SYS_execve,
    SYS_execveat,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kcmp,
    SYS_pidfd_getfd,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_setns,
    SYS_unshare,
    SYS_open_tree,
    SYS_move_mount,
    SYS_fsopen,
    SYS_fsmount,
    SYS_swapon,
    SYS_swapoff,
    SYS_reboot,
    SYS_kexec_load,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_personality,
    SYS_acct,
    SYS_quotactl,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_adjtimex,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_syslog,
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
    SYS_name_to_handle_at,
    SYS_open_by_handle_at,
    SYS_fanotify_init,
    SYS_vhangup,
    SYS_memfd_create,
    SYS_mknodat,
#ifdef SYS_fork
    SYS_fork,
    SYS_vfork,
    SYS_mknod,
    SYS_iopl,
    SYS_ioperm,
    SYS_modify_ldt,
#endif
};
#define N_REFUSED (sizeof(refused) / sizeof(refused[0]))
#endif

#define DATA(field) ((uint32_t)offsetof(struct seccomp_data, field))
#define ARG(n)                                                                 \
  (DATA(args) + 8u * (n)) /* its low half: we are little endian                \
                           */
#define LOAD(at) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (at))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define REFUSE(e) RETURN(SECCOMP_RET_ERRNO | (e))
#define IS(value, then, otherwise)                                             \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), (then), (otherwise))
#define HAS(bits, then, otherwise)                                             \
  BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (uint32_t)(bits), (then), (otherwise))

#ifdef CONFINES
/* Whole instructions that depend on arguments; each group starts with the
 * number of the call loaded, and either returns or falls through with it. */
static const struct sock_filter by_argument[] = {
    /* clone3's flags are in memory that a filter cannot read: the C library
     * then uses clone, which may make threads and nothing else. */
    IS(SYS_clone3, 0, 1),
    REFUSE(ENOSYS),
    IS(SYS_clone, 0, 4),
    LOAD(ARG(0)),
    HAS(CLONE_THREAD, 1, 0),
    REFUSE(EPERM),
    RETURN(SECCOMP_RET_ALLOW),
    /* No new code. */
    IS(SYS_mmap, 1, 0),
    IS(SYS_mprotect, 0, 4),
    LOAD(ARG(2)),
    HAS(PROT_EXEC, 0, 1),
    REFUSE(EPERM),
    RETURN(SECCOMP_RET_ALLOW),
    IS(SYS_pkey_mprotect, 0, 1),
    REFUSE(EPERM),
    /* Sockets of three families. */
    IS(SYS_socket, 0, 6),
    LOAD(ARG(0)),
    IS(AF_INET, 3, 0),
    IS(AF_INET6, 2, 0),
    IS(AF_UNIX, 1, 0),
    REFUSE(EAFNOSUPPORT),
    RETURN(SECCOMP_RET_ALLOW),
};
#define N_BY_ARGUMENT (sizeof(by_argument) / sizeof(by_argument[0]))

/* Puts the whole filter together; gives its length. */
static size_t write_filter(struct sock_filter *out, bool connects) {
  size_t n = 0;
  out[n++] = (struct sock_filter)LOAD(DATA(arch));
  out[n++] = (struct sock_filter)IS(ARCH, 1, 0);
  out[n++] = (struct sock_filter)RETURN(SECCOMP_RET_KILL_PROCESS);
  out[n++] = (struct sock_filter)LOAD(DATA(nr));
#ifdef __x86_64__
  /* The x32 calls, which have numbers of their own. */
  out[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K,
                                          0x40000000u, 0, 1);
  out[n++] = (struct sock_filter)REFUSE(ENOSYS);
#endif
  for (size_t i = 0; i < N_REFUSED; i++) {
    out[n++] = (struct sock_filter)IS(refused[i], 0, 1);
    out[n++] = (struct sock_filter)REFUSE(EPERM);
  }
  if (!connects) {
    out[n++] = (struct sock_filter)IS(SYS_connect, 0, 1);
    out[n++] = (struct sock_filter)REFUSE(EPERM);
  }
  memcpy(out + n, by_argument, sizeof(by_argument));
  n += N_BY_ARGUMENT;
  out[n++] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
  return n;
}
#endif

int tacetd_process_confine(bool connects) {
#ifdef CONFINES
  struct sock_filter filter[10 + 2 * N_REFUSED + N_BY_ARGUMENT];
  struct sock_fprog program = {0};
  program.len = (unsigned short)write_filter(filter, connects);
  program.filter = filter;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return errno;
  }
  long r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                   SECCOMP_FILTER_FLAG_TSYNC, &program);
  return r == 0 ? 0 : r > 0 ? ESRCH : errno;
#else
  (void)connects;
  return ENOSYS;
#endif
}

/* ---- the service manager ---- */

void tacetd_process_notify(const char *state) {
  const char *path = getenv("NOTIFY_SOCKET");
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  size_t len = path != NULL ? strlen(path) : 0;
  if (len == 0 || len >= sizeof(to.sun_path) ||
      (path[0] != '/' && path[0] != '@')) {
    return;
  }
  memcpy(to.sun_path, path, len);
  if (path[0] == '@') {
    to.sun_path[0] = '\0'; /* an abstract one */
  }
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd >= 0) {
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    ssize_t n = sendto(fd, state, strlen(state), MSG_NOSIGNAL,
                       (const struct sockaddr *)&to, size);
    (void)n;
    (void)close(fd);
  }
}
