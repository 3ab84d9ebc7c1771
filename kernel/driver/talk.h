/* SPDX-License-Identifier: GPL-2.0-only */
/* Logins in clear on a connection that was accepted: FTP, POP3, IMAP, SMTP, HTTP. */
#ifndef PV_TALK_H
#define PV_TALK_H

#include <linux/types.h>

struct iov_iter;
struct pv_sock;
struct pv_talk;

/* The server has read @len bytes into @to, an iterator as it was before; or is about to write @from. */
void pv_talk_read(struct pv_sock *blob, const struct iov_iter *to, u32 len);
void pv_talk_write(struct pv_sock *blob, const struct iov_iter *from);
void pv_talk_free(struct pv_talk *k);	/* anywhere; NULL is fine */

/* Whether a login of this connection waits for the server's words: then PAM's need not be told. */
bool pv_talk_waits(u64 conn);

#endif
