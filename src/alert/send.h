/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Telling: mail by SMTP and webhooks by HTTP, both by libcurl in the event loop; syslog by a socket.
 *
 * Certificates are verified. A password goes over TLS or not at all. No proxy, no redirect: a message
 * goes where the honeynet file says. Every try ends after TRY_S.
 */
#include <stdbool.h>
#include <systemd/sd-event.h>

#include "base/text.h"
#include "model/honeynet.h"
#include "spool.h"

enum { TRY_S = 30, SEND_WORDS = 256, SECRET_SIZE = 128 };

struct login {
	char user[SECRET_SIZE], password[SECRET_SIZE];	/* "" none */
};

/* login_read() - user and password from a file, a line each; 0 or -errno, -EPERM: others may read it */
int login_read(const char *path, struct login *ret);

struct sender;

/* The outcome of sender_try(); @words: the server's or the reason, safe to be shown, lent. */
typedef void sent_fn(void *arg, uint64_t token, enum way w, bool ok, const char *words);

/* sender_new() - @c and @secret are lent */
struct sender *sender_new(sd_event *loop, const struct alert_conf *c, const struct login *secret, sent_fn *fn, void *arg);
struct sender *sender_free(struct sender *s);

bool way_wanted(const struct alert_conf *c, enum way w);
/* way_goal() - whom it goes to, as in the honeynet file */
const char *way_goal(const struct alert_conf *c, enum way w);

/* sender_try() - @m, now; @fn is called once, later or before this returns. -EBUSY: one try a way at a time */
int sender_try(struct sender *s, uint64_t token, enum way w, const struct message *m, const char *honeynet);
bool sender_busy(const struct sender *s, enum way w);
