/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sections scan and alert: what their keys mean together. */
#include <string.h>

#include "base/mem.h"
#include "schema.h"

static void complain(struct reader *r, const struct node *map, const char *key, const char *words)
{
	const struct node *n = node_get(map, key);

	diag_add(r->d, n ? n->line : map->line, n ? n->column : map->column, "%s: %s", key, words);
}

/* Mail needs all three of them; each complaint stands at a key that is there. */
static void look_at_mail(struct reader *r, const struct node *n)
{
	static const char *const keys[] = { "mail_to", "mail_from", "mail_server" };
	const char *given = NULL;

	for (size_t i = 0; i < nitems(keys) && !given; i++)
		given = node_get(n, keys[i]) ? keys[i] : NULL;
	for (size_t i = 0; given && i < nitems(keys); i++) {
		_text_ struct text words = { 0 };

		if (node_get(n, keys[i]))
			continue;
		text_addf(&words, "mail needs %s as well", keys[i]);
		complain(r, n, given, text_str(&words));
	}
	if (!given && node_get(n, "mail_password"))
		complain(r, n, "mail_password", "there is no mail_server that it is for");
}

struct scheme {
	const char *key;
	const char *valid[2];
	bool port;		/* it must be there */
};

static bool has_port(const char *url)
{
	const char *host = strstr(url, "://") + 3, *colon = strrchr(host, ':');
	size_t n = colon ? strspn(colon + 1, "0123456789") : 0;

	return colon && colon > host && n && n < 6 && !colon[1 + n] && strtoul(colon + 1, NULL, 10) < 65536;
}

static void look_at_scheme(struct reader *r, const struct node *map, const struct scheme *s)
{
	const struct node *n = node_get(map, s->key);
	_text_ struct text words = { 0 };

	/* Anything but an address has been complained about. */
	if (!n || n->kind != NODE_SCALAR || !strstr(n->text, "://"))
		return;
	for (size_t i = 0; i < nitems(s->valid); i++)
		if (!strncmp(n->text, s->valid[i], strlen(s->valid[i])) && (!s->port || has_port(n->text)))
			return;
	text_addf(&words, "expected %sHOST%s or %sHOST%s, not %s", s->valid[0], s->port ? ":PORT" : "[:PORT]",
		  s->valid[1], s->port ? ":PORT" : "[:PORT]", n->text);
	complain(r, map, s->key, text_str(&words));
}

void alert_done(struct reader *r, const struct node *n, void *obj, uint32_t index)
{
	static const struct scheme schemes[] = {
		{ "mail_server", { "smtp://", "smtps://" }, false },
		{ "syslog", { "udp://", "tcp://" }, true },
		{ "webhook", { "https://", "http://" }, false },
	};

	(void)obj, (void)index;
	if (n->kind != NODE_MAP)
		return;
	look_at_mail(r, n);
	for (size_t i = 0; i < nitems(schemes); i++)
		look_at_scheme(r, n, &schemes[i]);
}

void scan_done(struct reader *r, const struct node *n, void *obj, uint32_t index)
{
	const struct scan_conf *c = &r->net->scan;

	(void)obj, (void)index;
	if (c->window_s && c->slow_window_s && c->slow_window_s < c->window_s)
		complain(r, n, node_get(n, "slow_window") ? "slow_window" : "window",
			 "slow_window is shorter than window");
}
