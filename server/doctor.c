/* SPDX-License-Identifier: Apache-2.0
 * tacetd doctor: what is wrong with a set-up, and what to do. */
#include "server/command.h"

#include "server/delivery/delivery.h"
#include "server/directory/log.h"
#include "server/ops/doctor.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

void tacetd_report(const char *what, tacetd_health health, const char *text) {
  static const char *const words[] = {"ok", "look", "FAIL"};
  printf("%-5s %-12s %s\n", words[health], what, text);
}

/* Both databases, page by page. */
static bool check_databases(const char *folder) {
  static const struct {
    const char *name;
    tacet_err (*check)(const char *folder, sto_trouble *why);
  } halves[] = {{"directory", dir_check}, {"delivery", dlv_check}};
  bool well = true;
  for (size_t i = 0; i < sizeof(halves) / sizeof(halves[0]); i++) {
    sto_trouble why = {""};
    bool ok = halves[i].check(folder, &why) == TACET_OK;
    tacetd_report(halves[i].name, ok ? TACETD_WELL : TACETD_ILL,
                  ok ? "every page of the database is as it should be"
                     : why.text);
    well = well && ok;
  }
  return well;
}

/* Entry by entry, and what it commits to. */
static bool check_log(const char *folder, const char *domain) {
  sto_trouble why = {""};
  tacet_tlog_head end;
  if (dir_log_check(folder, domain, &end, &why) != TACET_OK) {
    tacetd_report("log entries", TACETD_ILL, why.text);
    return false;
  }
  char text[128];
  (void)snprintf(text, sizeof(text),
                 "all %" PRIu64 " of the key log give its head, and commit to "
                 "every manifest",
                 end.size);
  tacetd_report("log entries", TACETD_WELL, text);
  return true;
}

static bool confirm_clock(const char *folder) {
  sto_trouble why = {""};
  if (dir_clock_confirm(folder, &why) != TACET_OK ||
      dlv_clock_confirm(folder, &why) != TACET_OK) {
    tacetd_say("%s", why.text);
    return false;
  }
  return true;
}

int tacetd_command_doctor(const tacetd_args *args) {
  tacetd_config c;
  tacetd_finding findings[TACETD_FINDINGS_MAX];
  if (!tacetd_args_config(args, &c)) {
    return TACETD_FAILED;
  }
  bool well = !args->clock_is_right || confirm_clock(args->data);
  int64_t now = (int64_t)time(NULL);
  size_t n = tacetd_doctor(args->data, &c, now, findings);
  for (size_t i = 0; i < n; i++) {
    tacetd_report(findings[i].what, findings[i].health, findings[i].text.text);
    well = well && findings[i].health != TACETD_ILL;
  }
  well = check_databases(args->data) && well;
  well = check_log(args->data, c.domain) && well;
  well = tacetd_doctor_log(args->data, c.domain, now) && well;
  return well ? TACETD_DONE : TACETD_FAILED;
}
