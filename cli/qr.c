/* SPDX-License-Identifier: Apache-2.0
 * QR codes, on a terminal and as SVG. */
#include "cli/cli.h"

#include <qrencode.h>

static bool dark(const QRcode *q, int x, int y) {
  return x >= 0 && y >= 0 && x < q->width && y < q->width &&
         (q->data[y * q->width + x] & 1) != 0;
}

/* Two rows of modules a line, black on white whatever the terminal's colours:
 * scanners want the quiet zone light. */
bool cli_qr_terminal(const char *text) {
  QRcode *q = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
  if (q == NULL) {
    return false;
  }
  for (int y = -2; y < q->width + 2; y += 2) {
    fputs("\033[30;107m", stdout);
    for (int x = -2; x < q->width + 2; x++) {
      bool up = dark(q, x, y), down = dark(q, x, y + 1);
      fputs(up && down ? "█" : up ? "▀" : down ? "▄" : " ", stdout);
    }
    fputs("\033[0m\n", stdout);
  }
  QRcode_free(q);
  return true;
}

bool cli_qr_svg(const char *text, const char *path) {
  QRcode *q = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
  FILE *f = q == NULL ? NULL : fopen(path, "w");
  if (f == NULL) {
    QRcode_free(q);
    return false;
  }
  int side = q->width + 8;
  fprintf(f,
          "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
          "shape-rendering=\"crispEdges\">\n<title>Tacet safety code</title>\n"
          "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n<path d=\"",
          side, side, side, side);
  for (int y = 0; y < q->width; y++) {
    for (int x = 0; x < q->width; x++) {
      if (dark(q, x, y)) {
        fprintf(f, "M%d %dh1v1h-1z", x + 4, y + 4);
      }
    }
  }
  fprintf(f, "\" fill=\"#000\"/>\n</svg>\n");
  QRcode_free(q);
  return fclose(f) == 0;
}
