/* SPDX-License-Identifier: MIT */
/* The tree of files that the cases are about. */
#ifndef PERMSHIM_TESTS_NEAR_TREE_H
#define PERMSHIM_TESTS_NEAR_TREE_H

#include <stddef.h>

/* The files but the numbered ones, below the root; NULL behind the last. */
extern const char *const tree_files[];

/* Makes the tree in the working directory, proj/big with `names` names. Ends the program when the
 * disk does not let it. */
void tree_make(size_t names);

/* Takes it away again. */
void tree_remove(const char *root);

#endif
