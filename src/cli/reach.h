/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * reach() - whether somebody answers at the host and port of @url (SCHEME://[USER@]HOST[:PORT][/...]) over
 * TCP, by the system's resolver; 0, or -errno with the reason in words in *@ret_why, lent. -EINVAL: no
 * such address, or a datagram's, of which nobody can know
 */
int reach(const char *url, const char **ret_why);
