/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "value.h"

#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "base/mem.h"
#include "model/honeynet.h"
#include "model/store_url.h"

/* number() - decimal digits at @s, at most 12; returns what follows them, or NULL */
static const char *number(const char *s, uint64_t *ret)
{
	uint64_t v = 0;
	const char *p = s;

	for (; *p >= '0' && *p <= '9'; p++) {
		if (p - s == 12)
			return NULL;
		v = v * 10 + (uint64_t)(*p - '0');
	}
	if (p == s || (*s == '0' && p - s > 1))	/* "010" is no number: octal to some, ten to others */
		return NULL;
	*ret = v;
	return p;
}

struct unit {
	const char *word;
	uint64_t times;
};

static bool with_unit(const char *s, const struct unit *units, size_t n, uint64_t *ret)
{
	uint64_t v;

	s = number(s, &v);
	if (!s)
		return false;
	s += *s == ' ';
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(s, units[i].word)) {
			*ret = v * units[i].times;	/* 12 digits and 5 more fit */
			return true;
		}
	}
	return false;
}

bool value_count(const char *s, uint64_t *ret)
{
	static const struct unit units[] = { { "", 1 } };

	return s[0] && s[strlen(s) - 1] != ' ' && with_unit(s, units, nitems(units), ret);
}

bool value_seconds(const char *s, uint64_t *ret)
{
	static const struct unit units[] = { { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 } };

	return with_unit(s, units, nitems(units), ret);
}

bool value_mebibytes(const char *s, uint64_t *ret)
{
	static const struct unit units[] = { { "MiB", 1 }, { "GiB", 1024 } };

	return with_unit(s, units, nitems(units), ret);
}

bool value_kibibytes_per_second(const char *s, uint64_t *ret)
{
	static const struct unit units[] = { { "KiB/s", 1 }, { "MiB/s", 1024 }, { "GiB/s", 1048576 } };

	return with_unit(s, units, nitems(units), ret);
}

bool value_per_second(const char *s, uint64_t *ret)
{
	static const struct unit units[] = { { "/s", 1 } };

	return with_unit(s, units, nitems(units), ret);
}

bool value_address(const char *s, uint32_t *ret)
{
	struct addr a;

	if (addr_parse(s, &a) < 0 || a.family != 4)
		return false;
	*ret = addr_u32(&a);
	return true;
}

/* any_network() - ADDRESS/PREFIX as it stands; the prefix as it is written */
static bool any_network(const char *s, struct addr *ret_address, uint32_t *ret_prefix)
{
	const char *slash = strchr(s, '/');
	char address[ADDR_TEXT];
	uint64_t prefix;

	if (!slash || (size_t)(slash - s) >= sizeof(address) || !value_count(slash + 1, &prefix))
		return false;
	memcpy(address, s, (size_t)(slash - s));
	address[slash - s] = '\0';
	if (addr_parse(address, ret_address) < 0 || prefix > (ret_address->family == 4 ? 32 : 128))
		return false;
	*ret_prefix = (uint32_t)prefix;
	return true;
}

bool value_network(const char *s, uint32_t *ret_network, uint32_t *ret_prefix)
{
	struct addr a;
	uint32_t prefix;

	if (!any_network(s, &a, &prefix) || a.family != 4)
		return false;
	*ret_network = addr_u32(&a);
	*ret_prefix = prefix;
	return true;
}

bool value_network6(const char *s, addr_number *ret_network, uint32_t *ret_prefix)
{
	struct addr a;
	uint32_t prefix;

	if (!any_network(s, &a, &prefix) || a.family != 6)
		return false;
	*ret_network = addr_to_number(&a);
	*ret_prefix = prefix;
	return true;
}

/* number_of() - an address; false: none, or of IPv6 one that stands for another of IPv4 */
static bool number_of(const char *s, struct addr *ret, addr_number *ret_number)
{
	if (addr_parse(s, ret) < 0)
		return false;
	*ret_number = addr_to_number(ret);
	return ret->family == 4 || !number_is_4(*ret_number);
}

static addr_number hosts_of(uint32_t prefix)
{
	return prefix < 128 ? ADDR_LAST >> prefix : 0;
}

bool value_fence(const char *s, struct network *ret)
{
	struct network n = { .prefix = 128 };
	struct addr a;

	if (strchr(s, '/')) {
		if (!any_network(s, &a, &n.prefix) || !n.prefix)
			return false;
		n.address = addr_to_number(&a);
		n.prefix += a.family == 4 ? 96 : 0;
		if (a.family == 6 && n.address <= ADDR_4_LAST && (n.address | hosts_of(n.prefix)) >= ADDR_4)
			return false;
	} else if (!number_of(s, &a, &n.address)) {
		return false;
	}
	if (n.address & hosts_of(n.prefix))
		return false;
	*ret = n;
	return true;
}

/* from_to() - "10.0.0.5-10.0.0.9" */
static bool from_to(const char *s, const char *dash, addr_number *ret_first, addr_number *ret_last)
{
	struct addr a, b;
	char from[ADDR_TEXT];

	if ((size_t)(dash - s) >= sizeof(from))
		return false;
	memcpy(from, s, (size_t)(dash - s));
	from[dash - s] = '\0';
	return number_of(from, &a, ret_first) && number_of(dash + 1, &b, ret_last) && a.family == b.family && *ret_first <= *ret_last;
}

bool value_range(const char *s, addr_number *ret_first, addr_number *ret_last)
{
	const char *dash = strchr(s, '-');
	struct network n;
	addr_number first, last;

	if (dash) {
		if (!from_to(s, dash, &first, &last))
			return false;
	} else if (!strcmp(s, "0.0.0.0/0")) {
		first = ADDR_4;
		last = ADDR_4_LAST;
	} else if (!strcmp(s, "::/0")) {
		first = 0;
		last = ADDR_LAST;
	} else {
		if (!value_fence(s, &n))
			return false;
		first = n.address;
		last = first | hosts_of(n.prefix);
	}
	/* Of IPv6 from there on: below it is nobody on a wire. */
	if (first < ADDR_4 && last > ADDR_4_LAST)
		first = ADDR_4_LAST + 1;
	*ret_first = first;
	*ret_last = last;
	return true;
}

bool value_clock(const char *s, uint32_t *ret_minutes)
{
	uint32_t v = 0;

	if (strlen(s) != 5 || s[2] != ':')
		return false;
	for (size_t i = 0; i < 5; i++)
		if (i != 2 && !isdigit((unsigned char)s[i]))
			return false;
	v = (uint32_t)((s[0] - '0') * 10 + s[1] - '0') * 60 + (uint32_t)((s[3] - '0') * 10 + s[4] - '0');
	if (s[3] > '5' || v > DAY_MINUTES)
		return false;
	*ret_minutes = v;
	return true;
}

bool value_limit(const char *s, uint64_t *ret_n, uint64_t *ret_s)
{
	const char *slash = strchr(s, '/');
	char number[24], period[24];

	/* "h" is one of them */
	if (!slash || (size_t)(slash - s) >= sizeof(number) ||
	    snprintf(period, sizeof(period), "%s%s", isdigit((unsigned char)slash[1]) ? "" : "1", slash + 1) >= (int)sizeof(period))
		return false;
	memcpy(number, s, (size_t)(slash - s));
	number[slash - s] = '\0';
	return value_count(number, ret_n) && value_seconds(period, ret_s);
}

bool value_mac(const char *s, uint8_t ret[6])
{
	static const char hex[] = "0123456789abcdef";
	uint8_t mac[6] = { 0 };

	if (strlen(s) != 17)
		return false;
	for (size_t i = 0; i < 17; i++) {
		const char *p = strchr(hex, tolower((unsigned char)s[i]));

		if (i % 3 == 2 ? s[i] != ':' : !p)
			return false;
		if (i % 3 != 2)
			mac[i / 3] = (uint8_t)(mac[i / 3] << 4 | (p - hex));
	}
	memcpy(ret, mac, sizeof(mac));
	return true;
}

bool value_ports(const char *s, uint16_t *ret_first, uint16_t *ret_last)
{
	uint64_t first, last;

	s = number(s, &first);
	last = first;
	if (s && *s == '-')
		s = number(s + 1, &last);
	if (!s || *s || first < 1 || first > last || last > 65535)
		return false;
	*ret_first = (uint16_t)first;
	*ret_last = (uint16_t)last;
	return true;
}

/* next_word() - the word at @s, after blanks, into @size bytes at @ret; what follows it, or NULL */
static const char *next_word(const char *s, char *ret, size_t size)
{
	size_t n;

	s += strspn(s, " \t");
	n = strcspn(s, " \t");
	if (!n || n >= size)
		return NULL;
	memcpy(ret, s, n);
	ret[n] = '\0';
	return s + n;
}

bool value_probe(const char *s, struct probe *ret)
{
	struct probe p = { 0 };
	char proto[4], port[6];
	uint64_t number;

	if (!(s = next_word(s, p.name, sizeof(p.name))) || !(s = next_word(s, proto, sizeof(proto))) ||
	    !(s = next_word(s, port, sizeof(port))) || s[strspn(s, " \t")])
		return false;
	if (!value_is_name(p.name) || (strcmp(proto, "tcp") && strcmp(proto, "udp")) || !value_count(port, &number) ||
	    number < 1 || number > 65535)
		return false;
	p.proto = proto[0] == 't' ? IPPROTO_TCP : IPPROTO_UDP;
	p.port = (uint16_t)number;
	*ret = p;
	return true;
}

static const char lower[] = "abcdefghijklmnopqrstuvwxyz", digits[] = "0123456789";
static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static bool made_of(const char *s, const char *a, const char *b, const char *c)
{
	for (; *s; s++)
		if (!strchr(a, *s) && !strchr(b, *s) && !strchr(c, *s))
			return false;
	return true;
}

bool value_is_name(const char *s)
{
	return *s && strchr(letters, *s) && made_of(s, letters, digits, "-_");
}

bool value_is_recipe(const char *s)
{
	return *s && *s != '-' && *s != '_' && made_of(s, lower, digits, "-_");
}

bool value_is_image(const char *s)
{
	return strchr(s, '/') ? value_is_words(s) : value_is_recipe(s) && strlen(s) < NAME_SIZE;
}

bool value_is_hostname(const char *s)
{
	if (!made_of(s, letters, digits, "-."))
		return false;
	for (;;) {
		size_t n = strcspn(s, ".");

		if (!n || n > 63 || s[0] == '-' || s[n - 1] == '-')
			return false;
		if (!s[n])
			return true;
		s += n + 1;
	}
}

bool value_is_words(const char *s)
{
	for (const char *p = s; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return false;
	return *s;
}

bool value_is_path(const char *s)
{
	return *s == '/' && value_is_words(s);
}

bool value_is_store(const char *s)
{
	return !strcmp(s, "sqlite") || !strcmp(s, "mariadb") || store_url_is(s);
}

bool value_is_url(const char *s)
{
	size_t n = strspn(s, lower);

	return n && !strncmp(s + n, "://", 3) && s[n + 3] && value_is_words(s) && !strchr(s, ' ');
}

bool value_is_mail(const char *s)
{
	size_t n = strspn(s, "!#$%&'*+-/=?^_`{|}~.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

	return n && s[n] == '@' && value_is_hostname(s + n + 1);
}

bool value_near(const char *a, const char *b)
{
	enum { LONGEST = 32 };
	size_t row[LONGEST + 1], na = strlen(a), nb = strlen(b);

	if (!na || na > LONGEST || nb > LONGEST)
		return false;
	for (size_t k = 0; k <= nb; k++)
		row[k] = k;
	for (size_t i = 1; i <= na; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t k = 1; k <= nb; k++) {
			size_t up = row[k], best = up < row[k - 1] ? up + 1 : row[k - 1] + 1;
			size_t same = corner + (tolower((unsigned char)a[i - 1]) != tolower((unsigned char)b[k - 1]));

			row[k] = same < best ? same : best;
			corner = up;
		}
	}
	/* two letters only if the first is right: short words are near to everything */
	return row[nb] < nb && (row[nb] <= 1 || (row[nb] == 2 &&
				tolower((unsigned char)a[0]) == tolower((unsigned char)b[0])));
}
