/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A MariaDB server as a URL, RFC 3986 in form:
 *
 *	mariadb://USER@HOST[:PORT]/DATABASE[?OPTION=VALUE&...]
 *
 *	password-file=FILE	its first line; a password in the URL itself is refused
 *	socket=FILE		this unix socket instead of HOST
 *	tls=verify		encrypted, the certificate checked against ca and HOST (the default)
 *	tls=encrypt		encrypted, whoever it is: against listeners only
 *	tls=off
 *	ca=FILE			certificates to trust; default: the system's
 *
 * %XX stands for a byte in USER, DATABASE and values. IPv6 addresses stand in brackets.
 */
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_URL_SCHEME "mariadb://"

enum { STORE_URL_ERROR = 128 };
enum store_tls { STORE_TLS_VERIFY, STORE_TLS_ENCRYPT, STORE_TLS_OFF };

struct store_url {
	char user[128], host[256], database[65];
	uint16_t port;
	enum store_tls tls;
	char password_file[PATH_MAX], socket[PATH_MAX], ca[PATH_MAX];	/* "" none */
};

bool store_url_is(const char *s);	/* it begins like one */

/* store_url_parse() - 0 and *@ret, or -EINVAL with what is wrong in @ret_error */
int store_url_parse(const char *s, struct store_url *ret, char ret_error[STORE_URL_ERROR]);
