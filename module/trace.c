// SPDX-License-Identifier: GPL-2.0-only
/* The one place in which the tracepoints are made. */

#include "probe/victims.h"
#include "probe/walk.h"

#define CREATE_TRACE_POINTS
#include "trace.h"
