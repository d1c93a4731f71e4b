/* SPDX-License-Identifier: Apache-2.0
 * The checks of `tacetd doctor`: one function each, in the order in which one
 * would repair things. */
#include "server/ops/doctor.h"

#include "net/client.h"
#include "net/tls.h"
#include "server/ops/folder.h"
#include "server/ops/url.h"

#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#define CERTIFICATE_WORRY_DAYS 14
#define REACH_MS 10000
/* No clock is right that is before this program was written: 2026-01-01. */
#define EARLIEST_NOW 1767225600

/* What the checks look at. */
struct patient {
  const char *folder;
  const tacetd_config *c;
  int64_t now;
  char cert[TACETD_PATH_MAX], key[TACETD_PATH_MAX];
};

typedef void check(const struct patient *p, tacetd_finding *f);

/* WELL is 0, so a check that is content only writes its sentence. */
#define SAY(f, how, ...)                                                       \
  do {                                                                         \
    (f)->health = (how);                                                       \
    tacetd_trouble_set(&(f)->text, __VA_ARGS__);                               \
  } while (0)

static void check_folder(const struct patient *p, tacetd_finding *f) {
  struct stat st;
  f->what = "folder";
  if (stat(p->folder, &st) != 0 || !S_ISDIR(st.st_mode)) {
    SAY(f, TACETD_ILL, "%.200s is not there; make it with `tacetd init`",
        p->folder);
  } else if ((st.st_mode & 077) != 0) {
    SAY(f, TACETD_ILL, "others may look into it; run `chmod 700 %.200s`",
        p->folder);
  } else if (st.st_uid != geteuid() && geteuid() != 0) {
    SAY(f, TACETD_ILL,
        "it belongs to another user; run tacetd as that one, or chown it");
  } else {
    SAY(f, TACETD_WELL, "for its owner alone");
  }
}

static void check_key(const struct patient *p, tacetd_finding *f) {
  struct stat st;
  f->what = "private key";
  if (stat(p->key, &st) != 0) {
    SAY(f, TACETD_ILL, "%.200s cannot be read; set private-key in tacetd.conf",
        p->key);
  } else if ((st.st_mode & 07) != 0) {
    SAY(f, TACETD_ILL, "everybody may read it; run `chmod 600 %.200s`", p->key);
  } else {
    SAY(f, TACETD_WELL, "not for everybody");
  }
}

int64_t tacetd_certificate_days(const char *folder, const tacetd_config *c,
                                int64_t now) {
  char path[TACETD_PATH_MAX];
  net_certificate cert;
  if (tacetd_folder_path(folder, c->certificate, path) != TACET_OK ||
      net_tls_read_certificate(path, &cert) != TACET_OK) {
    return INT64_MIN;
  }
  int64_t left = cert.not_after - now;
  return left >= 0 ? left / 86400 : -((-left + 86399) / 86400);
}

static void check_certificate(const struct patient *p, tacetd_finding *f) {
  net_certificate cert;
  net_tls *tls = NULL;
  char host[TACETD_CONFIG_TEXT_MAX], port[TACETD_PORT_TEXT_MAX];
  f->what = "certificate";
  if (net_tls_read_certificate(p->cert, &cert) != TACET_OK) {
    SAY(f, TACETD_ILL,
        "%.200s is no PEM certificate; set certificate in "
        "tacetd.conf",
        p->cert);
    return;
  }
  int64_t days = tacetd_certificate_days(p->folder, p->c, p->now);
  if (net_tls_server(p->cert, p->key, &tls) != TACET_OK) {
    SAY(f, TACETD_ILL,
        "certificate and private key do not belong together; "
        "set the right pair in tacetd.conf");
  } else if (cert.not_before > p->now) {
    SAY(f, TACETD_ILL, "it is not valid yet; check the clock");
  } else if (days < 0) {
    SAY(f, TACETD_ILL,
        "it ended %" PRId64 " days ago; get a new one for the "
        "same key, to which invites are pinned",
        -days);
  } else if (!cert.self_signed &&
             (!tacetd_url_split(p->c->url, host, sizeof(host), port) ||
              !net_tls_certificate_names(p->cert, host))) {
    SAY(f, TACETD_ILL,
        "it is not for the host of %.200s; set url, or get one "
        "for that host",
        p->c->url);
  } else if (days < CERTIFICATE_WORRY_DAYS) {
    SAY(f, TACETD_WORRY,
        "it ends in %" PRId64 " days; renew it for the same "
        "key, and restart",
        days);
  } else {
    SAY(f, TACETD_WELL, "%s, ends in %" PRId64 " days",
        cert.self_signed ? "signed by itself: invites pin it"
                         : "signed by an authority",
        days);
  }
  net_tls_free(tls);
}

static void check_disk(const struct patient *p, tacetd_finding *f) {
  struct statvfs disk;
  f->what = "disk";
  if (statvfs(p->folder, &disk) != 0) {
    SAY(f, TACETD_ILL, "the system does not say how much is free");
    return;
  }
  int64_t free_bytes = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
  int64_t mib = free_bytes >> 20, reserve = p->c->disk_reserve;
  if ((disk.f_flag & ST_RDONLY) != 0) {
    SAY(f, TACETD_ILL,
        "it is mounted read-only; remount it, or look for what "
        "broke");
  } else if (free_bytes < reserve) {
    SAY(f, TACETD_ILL,
        "%" PRId64 " MiB are free, less than disk-reserve: "
        "nothing new is stored; make room",
        mib);
  } else if (free_bytes / 2 < reserve) {
    SAY(f, TACETD_WORRY,
        "%" PRId64 " MiB are free, and at %" PRId64
        " MiB nothing new is stored; make room",
        mib, reserve >> 20);
  } else if (disk.f_files > 0 && disk.f_favail < 1000) {
    SAY(f, TACETD_WORRY, "almost no inodes are left; remove small files");
  } else {
    SAY(f, TACETD_WELL, "%" PRId64 " MiB free", mib);
  }
}

static void check_clock(const struct patient *p, tacetd_finding *f) {
  struct timex t = {.modes = 0};
  f->what = "clock";
  if (p->now < EARLIEST_NOW) {
    SAY(f, TACETD_ILL,
        "it is years behind; set it, and keep it right with "
        "chrony or systemd-timesyncd");
    return;
  }
  int state = adjtimex(&t);
  if (state == TIME_ERROR || (state >= 0 && (t.status & STA_UNSYNC) != 0)) {
    SAY(f, TACETD_WORRY,
        "nothing keeps it right; install chrony or "
        "systemd-timesyncd");
  } else {
    SAY(f, TACETD_WELL, "plausible%s", state < 0 ? "" : " and synchronised");
  }
}

static void check_files(const struct patient *p, tacetd_finding *f) {
  struct rlimit r;
  f->what = "open files";
  /* The databases, blobs, the listener, each loop: some dozens. */
  rlim_t want = (rlim_t)p->c->max_connections + 100;
  if (getrlimit(RLIMIT_NOFILE, &r) != 0) {
    SAY(f, TACETD_WORRY, "the system does not say how many are allowed");
  } else if (r.rlim_max != RLIM_INFINITY && r.rlim_max < want) {
    SAY(f, TACETD_WORRY,
        "%ju are allowed, but max-connections needs %ju; set "
        "LimitNOFILE in the unit, or lower max-connections",
        (uintmax_t)r.rlim_max, (uintmax_t)want);
  } else {
    SAY(f, TACETD_WELL, "enough for %" PRId64 " connections",
        p->c->max_connections);
  }
}

/* Asks the address that clients use, as a client would. */
static void check_reach(const struct patient *p, tacetd_finding *f) {
  char url[TACETD_CONFIG_TEXT_MAX], host[TACETD_CONFIG_TEXT_MAX],
      port[TACETD_PORT_TEXT_MAX];
  net_certificate cert;
  net_tls *tls = NULL;
  net_client *client = NULL;
  NET_ANSWER(answer);
  f->what = "address";
  if (tacetd_folder_ready_read(p->folder, url, sizeof(url)) != TACET_OK) {
    SAY(f, TACETD_WORRY,
        "the server does not run; start it with `tacetd run`, "
        "then ask again");
    return;
  }
  if (!tacetd_url_split(url, host, sizeof(host), port) ||
      net_tls_read_certificate(p->cert, &cert) != TACET_OK ||
      net_tls_client(cert.self_signed ? cert.pin : NULL, &tls) != TACET_OK) {
    SAY(f, TACETD_ILL, "%.200s cannot be asked; check url and certificate",
        url);
    return;
  }
  net_call call = {.method = "GET",
                   .target = "/v1/health",
                   .max_answer = 4096,
                   .timeout_ms = REACH_MS};
  net_result r = net_client_new(host, port, tls, &client);
  if (r == NET_OK) {
    r = net_client_call(client, &call, &answer);
  }
  if (r != NET_OK) {
    SAY(f, TACETD_ILL,
        "%.200s does not answer as it should (%s); check url, "
        "name service, firewall and proxy",
        url, net_result_text(r));
  } else if (answer.status != 200) {
    SAY(f, TACETD_ILL,
        "%.200s answers, but says that it is not well (%d); "
        "look at its log",
        url, answer.status);
  } else {
    SAY(f, TACETD_WELL, "%.200s answers", url);
  }
  net_client_free(client);
  net_tls_free(tls);
}

size_t tacetd_doctor(const char *folder, const tacetd_config *c, int64_t now,
                     tacetd_finding out[TACETD_FINDINGS_MAX]) {
  static check *const checks[] = {check_folder, check_key,   check_certificate,
                                  check_disk,   check_clock, check_files,
                                  check_reach};
  enum { N = sizeof(checks) / sizeof(checks[0]) };
  struct patient p = {.folder = folder, .c = c, .now = now};
  if (tacetd_folder_path(folder, c->certificate, p.cert) != TACET_OK ||
      tacetd_folder_path(folder, c->private_key, p.key) != TACET_OK) {
    out[0].what = "folder";
    SAY(&out[0], TACETD_ILL, "its name is too long; use a shorter one");
    return 1;
  }
  for (size_t i = 0; i < N; i++) {
    checks[i](&p, &out[i]);
  }
  return N;
}
