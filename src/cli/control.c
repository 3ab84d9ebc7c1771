/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "roles/roles.h"
#include "state.h"

enum { STATUS_WAIT_MS = 5000 };

int control_open(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	_free_ char *path = state_path(CONTROL_SOCKET);
	_fd_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (!str_copy(at.sun_path, path, sizeof(at.sun_path)))
		return -ENAMETOOLONG;
	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return errno == ECONNREFUSED ? -ENOENT : -errno;
	return steal_fd(&fd);
}

int control_must(void)
{
	int fd = control_open();

	if (fd == -ENOENT)
		die("skep is not running here (state folder %s): start it with `sudo skep up`", state_dir());
	if (fd == -EACCES)
		die("only root may speak with the running skep: use sudo");
	if (fd < 0)
		die("control socket in %s: %s", state_dir(), strerror(-fd));
	return fd;
}

/* answer() - to what was sent, or not (@sent) */
static int answer(int fd, int sent, int wait_ms, struct text *body, int *ret_fd)
{
	static struct chan_buf buf;
	struct pollfd p = { fd, POLLIN, 0 };
	struct msg m;
	int r = sent;

	if (r == -EPIPE)
		return 0;
	if (r < 0)
		return r;
	do
		r = poll(&p, 1, wait_ms);
	while (r < 0 && errno == EINTR);
	if (r <= 0)
		return r ? -errno : -ETIMEDOUT;
	r = chan_recv(fd, &buf, &m);
	if (r <= 0)
		return r;
	if (body) {
		struct span s = get_span(&m.body, cursor_left(&m.body));

		text_addn(body, s.at, s.len);
	}
	if (ret_fd)
		*ret_fd = steal_fd(&m.fd);
	close_fd(&m.fd);
	return 1;
}

int control_ask(int fd, uint16_t type, const struct text *say, int wait_ms, struct text *body, int *ret_fd)
{
	return answer(fd, chan_send_wait(fd, type, say, -1), wait_ms, body, ret_fd);
}

int control_give(int fd, uint16_t type, const struct text *say, int given, int wait_ms, struct text *body)
{
	return answer(fd, chan_send_wait(fd, type, say, given), wait_ms, body, NULL);
}

int control_status(int fd, struct text *raw, json_t **ret)
{
	_text_ struct text t = { 0 };
	json_t *status;
	int r = control_ask(fd, MSG_STATUS, NULL, STATUS_WAIT_MS, &t, NULL);

	if (r <= 0)
		return r ? r : -EPIPE;
	status = json_loadb(text_str(&t), t.len, 0, NULL);
	if (!status)
		return -EBADMSG;
	if (raw)
		text_addn(raw, text_str(&t), t.len);
	*ret = status;
	return 0;
}

int control_place(int fd, enum net_place place)
{
	_text_ struct text t = { 0 };
	int ns = -1, r;

	put_u8(&t, (uint8_t)place);
	r = control_ask(fd, MSG_NAMESPACE, &t, STATUS_WAIT_MS, NULL, &ns);
	return r == 1 && ns >= 0 ? ns : r < 0 ? r : -EPIPE;
}

const char *control_word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}
