/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What our own sshd is told: its configuration and the keys it knows, as text.
 *
 * A user is a key, not an account: each key of the file may do one thing, to start
 * "skep access shell ROLE NAME" as root. So nothing is added to the machine's users.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/text.h"

struct access_key;

struct sshd_place {
	const char *folder;	/* with the configuration, keys, host key, log, pid */
	const char *program;	/* skep itself */
	const char *state, *data;	/* as SKEP_STATE and SKEP_DATA of every session */
	struct addr address;
	uint16_t port;
};

#define SSHD_CONFIG "sshd_config"
#define SSHD_KEYS "authorized_keys"
#define SSHD_HOST_KEY "host_ed25519"
#define SSHD_PID "sshd.pid"
#define SSHD_LOG "sshd.log"
#define SSHD_UNIT "skep-access.service"

/* sshd_path_fits() - can stand in these files: absolute, no character that sshd or a shell reads */
bool sshd_path_fits(const char *path);
/* sshd_config() - every path has to fit */
void sshd_config(const struct sshd_place *p, struct text *ret);
/* sshd_unit() - for systemd, which starts @sshd when the machine does */
void sshd_unit(const struct sshd_place *p, const char *sshd, struct text *ret);
/* sshd_key_line() - @role and @name are words of letters, digits, "-", "_", "." */
void sshd_key_line(const struct sshd_place *p, const char *role, const char *name, const struct access_key *k,
		   struct text *ret);
