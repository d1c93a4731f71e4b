/* SPDX-License-Identifier: Apache-2.0
 * Bundles and tiles that a log may serve: the entries of a bundle are its
 * bytes, and no tile gives a node of another length. */
#include "audit/tiles.h"

#include "tacet/codec.h"

typedef struct input {
  tacet_span bytes;
  uint64_t next;
  size_t len; /* of the entries so far, with their lengths */
} input;

static tacet_err read_input(void *ctx, const char *name, size_t max,
                            tacet_bytes *out) {
  const input *in = ctx;
  (void)name;
  return in->bytes.len > max ? TACET_ERR_LIMIT
                             : tacet_bytes_set(out, in->bytes);
}

static tacet_err take(void *user, uint64_t index, tacet_span entry) {
  input *in = user;
  TACET_ASSERT(index == in->next);
  in->next++;
  in->len += 2 + entry.len;
  return TACET_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) {
    return 0;
  }
  input in = {.bytes = tacet_span_of(data + 1, size - 1)};
  aud_tiles tiles = {read_input, &in, 1 + (uint64_t)data[0] % AUD_TILE};
  if (aud_tiles_entries(&tiles, 0, take, &in) == TACET_OK) {
    TACET_ASSERT(in.next == tiles.size && in.len == in.bytes.len);
  }
  const tacet_tlog_source source = aud_tiles_source(&tiles);
  tacet_tlog_hash root;
  /* A log of 256 has its root in a tile of its own, of the next level. */
  bool fits = in.bytes.len == tiles.size * TACET_TLOG_HASH_LEN ||
              (tiles.size == AUD_TILE && in.bytes.len == TACET_TLOG_HASH_LEN);
  TACET_ASSERT(fits || tacet_tlog_root(&source, tiles.size, &root) != TACET_OK);
  return 0;
}
