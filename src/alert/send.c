/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libcurl's multi interface gives us its sockets and one timer; the event loop watches them. One
 * transfer a way at a time, so that a server that is slow delays only its own way.
 */
#include "send.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "syslog_socket.h"

enum { CONNECT_S = 10 };

struct transfer {
	struct sender *all;
	uint64_t token;
	CURL *easy;			/* NULL: none now */
	struct curl_slist *list;	/* recipients or headers */
	struct text body;
	size_t sent;
	char error[CURL_ERROR_SIZE], said[SEND_WORDS];	/* said: the server's last line */
};

struct sender {
	sd_event *loop;
	const struct alert_conf *conf;
	const struct login *secret;
	sent_fn *fn;
	void *arg;
	CURLM *multi;
	sd_event_source *timer;
	struct transfer way[WAYS];
};

int login_read(const char *path, struct login *ret)
{
	_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[2 * SECRET_SIZE] = "", *second;
	struct login s = { 0 };
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_mode & 077)
		return -EPERM;
	n = read(fd, text, sizeof(text) - 1);
	second = n > 0 ? strchr(text, '\n') : NULL;
	if (!second)
		return n < 0 ? -errno : -EINVAL;
	*second++ = '\0';
	second[strcspn(second, "\r\n")] = '\0';
	text[strcspn(text, "\r")] = '\0';
	if (!*text || !*second || !str_copy(s.user, text, sizeof(s.user)) ||
	    !str_copy(s.password, second, sizeof(s.password)))
		return -EINVAL;
	explicit_bzero(text, sizeof(text));
	*ret = s;
	return 0;
}

const char *way_goal(const struct alert_conf *c, enum way w)
{
	return w == WAY_MAIL ? c->mail_to : w == WAY_SYSLOG ? c->syslog : c->webhook;
}

bool way_wanted(const struct alert_conf *c, enum way w)
{
	return way_goal(c, w)[0];
}

bool sender_busy(const struct sender *s, enum way w)
{
	return s->way[w].easy;
}

/* --- what curl asks --------------------------------------------------------------------------- */

static size_t give_body(char *to, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	size_t left = t->body.len - t->sent, room = size * n, give = left < room ? left : room;

	if (give)
		memcpy(to, t->body.at + t->sent, give);
	t->sent += give;
	return give;
}

static size_t ignore(char *at, size_t size, size_t n, void *arg)
{
	(void)at, (void)arg;
	return size * n;
}

/* Of the lines a server says the last one matters; a mail server's good-bye (221, RFC 5321) is none. */
static bool matters(const struct transfer *t, const char *line, size_t n)
{
	if (t == &t->all->way[WAY_MAIL])
		return n > 3 && memcmp(line, "221", 3);
	return n > 5 && !memcmp(line, "HTTP/", 5);
}

static size_t hear(char *at, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	size_t len = size * n;
	_text_ struct text safe = { 0 };

	while (len && (at[len - 1] == '\r' || at[len - 1] == '\n'))
		len--;
	text_safe(&safe, at, len < SEND_WORDS / 4 ? len : SEND_WORDS / 4);
	if (matters(t, at, len))
		str_copy(t->said, text_str(&safe), sizeof(t->said));
	return size * n;
}

static bool good_code(const struct transfer *t)
{
	long code = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &code);
	return code >= 200 && code < 300;
}

static void finish(struct transfer *t, CURLcode code)
{
	struct sender *s = t->all;
	enum way w = (enum way)(t - s->way);
	bool ok = code == CURLE_OK && good_code(t);
	char words[SEND_WORDS + CURL_ERROR_SIZE] = "";
	_text_ struct text safe = { 0 };

	if (code != CURLE_OK)
		text_add(&safe, t->error[0] ? t->error : curl_easy_strerror(code));
	if (t->said[0] && code != CURLE_COULDNT_CONNECT)
		text_addf(&safe, "%s%s", safe.len ? ": " : "", t->said);
	str_copy(words, text_str(&safe), sizeof(words));
	curl_multi_remove_handle(s->multi, t->easy);
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->list);
	t->easy = NULL;
	t->list = NULL;
	text_fini(&t->body);
	s->fn(s->arg, t->token, w, ok, words);
}

static void look_for_ends(struct sender *s)
{
	int left;

	for (CURLMsg *m; (m = curl_multi_info_read(s->multi, &left));) {
		struct transfer *t = NULL;
		CURLcode code = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		finish(t, code);
	}
}

static int socket_ready(sd_event_source *src, int fd, uint32_t events, void *userdata)
{
	struct sender *s = userdata;
	int running, what = (events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
			    (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);

	(void)src;
	curl_multi_socket_action(s->multi, fd, what, &running);
	look_for_ends(s);
	return 0;
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *source)
{
	struct sender *s = arg;
	sd_event_source *src = source;
	uint32_t events = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) | (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);

	(void)easy;
	if (what == CURL_POLL_REMOVE)
		sd_event_source_disable_unref(src);
	else if (src)
		sd_event_source_set_io_events(src, events);
	else if (sd_event_add_io(s->loop, &src, fd, events, socket_ready, s) >= 0)
		curl_multi_assign(s->multi, fd, src);
	return 0;
}

static int time_is_up(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct sender *s = userdata;
	int running;

	(void)src, (void)usec;
	curl_multi_socket_action(s->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	look_for_ends(s);
	return 0;
}

static int set_timer(CURLM *multi, long ms, void *arg)
{
	struct sender *s = arg;

	(void)multi;
	if (ms < 0)
		return sd_event_source_set_enabled(s->timer, SD_EVENT_OFF) < 0 ? -1 : 0;
	sd_event_source_set_time_relative(s->timer, (uint64_t)ms * 1000);
	return sd_event_source_set_enabled(s->timer, SD_EVENT_ONESHOT) < 0 ? -1 : 0;
}

/* --- transfers -------------------------------------------------------------------------------- */

static void set_common(struct transfer *t, const char *url, const char *protocols)
{
	CURL *c = t->easy;

	curl_easy_setopt(c, CURLOPT_PRIVATE, t);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, protocols);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)TRY_S);
	curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, ignore);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, hear);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
}

static void set_mail(struct transfer *t, const struct message *m, const char *honeynet)
{
	const struct sender *s = t->all;
	const struct alert_conf *conf = s->conf;
	bool secret = s->secret->user[0];
	_free_ char *from = xasprintf("<%s>", conf->mail_from), *to = xasprintf("<%s>", conf->mail_to);

	message_mail(m, honeynet, &(struct mail_ends){ conf->mail_from, conf->mail_to }, &t->body);
	set_common(t, conf->mail_server, "smtp,smtps");
	t->list = curl_slist_append(NULL, to);
	curl_easy_setopt(t->easy, CURLOPT_MAIL_FROM, from);
	curl_easy_setopt(t->easy, CURLOPT_MAIL_RCPT, t->list);
	curl_easy_setopt(t->easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(t->easy, CURLOPT_READFUNCTION, give_body);
	curl_easy_setopt(t->easy, CURLOPT_READDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_USE_SSL, (long)(secret ? CURLUSESSL_ALL : CURLUSESSL_TRY));
	if (!secret)
		return;
	curl_easy_setopt(t->easy, CURLOPT_USERNAME, s->secret->user);
	curl_easy_setopt(t->easy, CURLOPT_PASSWORD, s->secret->password);
}

static void set_webhook(struct transfer *t, const struct message *m, const char *honeynet)
{
	message_json(m, honeynet, &t->body);
	set_common(t, t->all->conf->webhook, "http,https");
	t->list = curl_slist_append(NULL, "Content-Type: application/json");
	t->list = curl_slist_append(t->list, "Expect:");
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->list);
	curl_easy_setopt(t->easy, CURLOPT_USERAGENT, "skep");
	curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, text_str(&t->body));
	curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE, (long)t->body.len);
}

static int try_syslog(struct sender *s, uint64_t token, const struct message *m, const char *honeynet)
{
	char words[SEND_WORDS];
	int r = syslog_tell(s->conf->syslog, m, honeynet, words);

	s->fn(s->arg, token, WAY_SYSLOG, r == 0, words);
	return 0;
}

int sender_try(struct sender *s, uint64_t token, enum way w, const struct message *m, const char *honeynet)
{
	struct transfer *t = &s->way[w];

	if (w == WAY_SYSLOG)
		return try_syslog(s, token, m, honeynet);
	if (t->easy)
		return -EBUSY;
	*t = (struct transfer){ .all = s, .token = token, .easy = curl_easy_init() };
	if (!t->easy)
		return -ENOMEM;
	if (w == WAY_MAIL)
		set_mail(t, m, honeynet);
	else
		set_webhook(t, m, honeynet);
	return curl_multi_add_handle(s->multi, t->easy) == CURLM_OK ? 0 : -ENOMEM;
}

struct sender *sender_new(sd_event *loop, const struct alert_conf *c, const struct login *secret, sent_fn *fn, void *arg)
{
	struct sender *s = xcalloc(1, sizeof(*s));

	*s = (struct sender){ .loop = loop, .conf = c, .secret = secret, .fn = fn, .arg = arg };
	curl_global_init(CURL_GLOBAL_DEFAULT);
	s->multi = curl_multi_init();
	if (!s->multi ||
	    sd_event_add_time_relative(loop, &s->timer, CLOCK_MONOTONIC, 0, 1000, time_is_up, s) < 0) {
		curl_multi_cleanup(s->multi);
		free(s);
		return NULL;
	}
	sd_event_source_set_enabled(s->timer, SD_EVENT_OFF);
	curl_multi_setopt(s->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(s->multi, CURLMOPT_SOCKETDATA, s);
	curl_multi_setopt(s->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(s->multi, CURLMOPT_TIMERDATA, s);
	return s;
}

struct sender *sender_free(struct sender *s)
{
	for (int w = 0; s && w < WAYS; w++) {
		if (!s->way[w].easy)
			continue;
		curl_multi_remove_handle(s->multi, s->way[w].easy);
		curl_easy_cleanup(s->way[w].easy);
		curl_slist_free_all(s->way[w].list);
		text_fini(&s->way[w].body);
	}
	if (s) {
		curl_multi_cleanup(s->multi);
		sd_event_source_disable_unref(s->timer);
	}
	free(s);
	return NULL;
}
