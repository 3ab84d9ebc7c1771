/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <jansson.h>

#include "base/mem.h"
#include "nids.h"

enum {
	ANSWER_MAX = 64 * 1024,
	PIECES_MAX = 64,	/* of one answer: who drips bytes is not waited for without end */
};

/* A socket's path is short; that of its folder need not be. */
static int connect_in(const char *dir, unsigned wait_s)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct timeval wait = { .tv_sec = wait_s };
	_fd_ int folder = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (folder < 0 || fd < 0)
		return -errno;
	snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/" NIDS_SOCKET, folder);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) ||
	    connect(fd, (struct sockaddr *)&a, sizeof(a)))
		return -errno;
	return steal_fd(&fd);
}

static int timed_out(int error)
{
	return error == EAGAIN ? -ETIMEDOUT : -error;
}

static int say(int fd, const struct text *line)
{
	ssize_t n = send(fd, line->at, line->len, MSG_NOSIGNAL);

	if (n < 0)
		return timed_out(errno);
	return (size_t)n == line->len ? 0 : -EIO;
}

/* listen_line() - 0 and a line without its end; an object that ends without one is taken too */
static int listen_line(int fd, struct text *ret)
{
	char piece[4096];

	for (int i = 0; i < PIECES_MAX && ret->len < ANSWER_MAX; i++) {
		ssize_t n = recv(fd, piece, sizeof(piece), 0);
		char *end;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return timed_out(errno);
		if (n == 0)
			return ret->len ? 0 : -EBADMSG;
		text_addn(ret, piece, (size_t)n);
		end = memchr(ret->at, '\n', ret->len);
		if (end) {
			ret->len = (size_t)(end - ret->at);
			return 0;
		}
	}
	return -EBADMSG;
}

static void put_json(json_t **j)
{
	json_decref(*j);
}

/* answer() - 0, NIDS_REFUSED or -errno; the message, if any, goes to @said (may be NULL) */
static int answer(int fd, struct text *said)
{
	_text_ struct text line = { 0 };
	__attribute__((cleanup(put_json))) json_t *j = NULL;
	const char *result;
	json_t *message;
	int r = listen_line(fd, &line);

	if (r < 0)
		return r;
	j = json_loadb(text_str(&line), line.len, JSON_REJECT_DUPLICATES, NULL);
	result = json_string_value(json_object_get(j, "return"));
	message = json_object_get(j, "message");
	if (!result)
		return -EBADMSG;
	if (said && json_is_string(message))
		text_addn(said, json_string_value(message), json_string_length(message));
	else if (said && message) {
		_free_ char *s = json_dumps(message, JSON_COMPACT | JSON_ENCODE_ANY);

		text_add(said, s ? s : "");
	}
	return strcmp(result, "OK") ? NIDS_REFUSED : 0;
}

int nids_command(const char *run_dir, const char *command, unsigned wait_s, struct text *ret_said)
{
	_text_ struct text hello = { 0 }, ask = { 0 };
	_fd_ int fd = connect_in(run_dir, wait_s);
	int r;

	if (fd < 0)
		return fd;
	text_add(&hello, "{\"version\":\"0.2\"}\n");
	text_add(&ask, "{\"command\":");
	text_json(&ask, command, strlen(command));
	text_add(&ask, "}\n");
	r = say(fd, &hello);
	if (r == 0)
		r = answer(fd, NULL);
	if (r == 0)
		r = say(fd, &ask);
	return r == 0 ? answer(fd, ret_said) : r == NIDS_REFUSED ? -EPROTO : r;
}
