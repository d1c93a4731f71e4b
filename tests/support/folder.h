/* SPDX-License-Identifier: Apache-2.0
 * A folder for one test, and what its raw bytes hold.
 */
#ifndef TACET_TESTS_FOLDER_H
#define TACET_TESTS_FOLDER_H

#include "tacet/base.h"

#define TEST_PATH_MAX 512

/* Makes a new folder; its path is in out. */
void test_folder_make(char out[TEST_PATH_MAX]);
/* Removes it and everything in it. */
void test_folder_remove(const char *folder);
/* folder/name */
void test_folder_path(const char *folder, const char *name,
                      char out[TEST_PATH_MAX]);
/* How often `needle` stands in the files of a folder and its folders, whatever
 * they are called. */
size_t test_folder_count(const char *folder, tacet_span needle);
/* Bytes of a file; 0 if there is none. */
size_t test_file_size(const char *path);
/* Overwrites len bytes at an offset. */
void test_file_patch(const char *path, size_t at, const void *bytes,
                     size_t len);

#endif
