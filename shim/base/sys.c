/* SPDX-License-Identifier: MIT */
#include "base/sys.h"

_Thread_local bool sys_careful;
