/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The inboxes that priv makes and capture uses: both know their form from here. */
#include "capture/flow.h"
#include "capture/inbox.h"
#include "capture/syslog.h"
#include "run/role.h"

static const struct inbox_form inbox_forms[INBOXES] = {
	[INBOX_SYSLOG] = { .slots = 8192, .size = SYSLOG_MAX },
	[INBOX_FLOW] = { .slots = 8192, .size = FLOW_DATAGRAM_MAX },
};
