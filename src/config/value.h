/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What one scalar means. Pure: text in, value out; false leaves *@ret untouched. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct network;
struct probe;

bool value_count(const char *s, uint64_t *ret);		/* "20" */
bool value_seconds(const char *s, uint64_t *ret);	/* "90s", "30m", "1h", "1d" */
bool value_mebibytes(const char *s, uint64_t *ret);	/* "96 MiB", "1 GiB" */
bool value_kibibytes_per_second(const char *s, uint64_t *ret);	/* "512 KiB/s", "10 MiB/s" */
bool value_per_second(const char *s, uint64_t *ret);	/* "500/s" */
bool value_address(const char *s, uint32_t *ret);	/* "10.10.10.80", host order */
bool value_network(const char *s, uint32_t *ret_network, uint32_t *ret_prefix);
bool value_network6(const char *s, addr_number *ret_network, uint32_t *ret_prefix);
bool value_fence(const char *s, struct network *ret);	/* a network without host bits, or one address, of either family */
/* value_range() - likewise, or all of a family (0.0.0.0/0, ::/0), or "10.0.0.5-10.0.0.9" */
bool value_range(const char *s, addr_number *ret_first, addr_number *ret_last);
bool value_clock(const char *s, uint32_t *ret_minutes);	/* "08:30", up to "24:00" */
bool value_limit(const char *s, uint64_t *ret_n, uint64_t *ret_s);	/* "20/h", "5/10m" */
bool value_mac(const char *s, uint8_t ret[6]);		/* "52:54:00:0a:0a:50" */
bool value_ports(const char *s, uint16_t *ret_first, uint16_t *ret_last);	/* "22", "6000-6063" */
bool value_probe(const char *s, struct probe *ret);	/* "http tcp 80", with any blanks between */

bool value_is_name(const char *s);	/* a letter, then letters, digits, - or _ */
bool value_is_recipe(const char *s);	/* a folder's name: lower-case letters, digits, - or _ */
bool value_is_image(const char *s);	/* a recipe's name, or a path: something with a slash */
bool value_is_hostname(const char *s);	/* RFC 1123: labels of letters, digits and -, with dots */
bool value_is_path(const char *s);	/* absolute, without control characters */
bool value_is_words(const char *s);	/* printable, not empty */
bool value_is_store(const char *s);	/* sqlite, mariadb, or begins as a server's URL */
bool value_is_url(const char *s);	/* scheme://something, without spaces */
bool value_is_mail(const char *s);	/* name@host: one address, nothing that could end a header */

/* value_near() - whether @b could be a slip of the pen for @a: at most two letters differ */
bool value_near(const char *a, const char *b);
