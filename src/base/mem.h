/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What a function holds is let go by attribute; running out of memory ends the process.
 *
 *	_fd_ int fd = open(...);		closed on return
 *	_free_ char *s = xstrdup(...);		freed on return
 *	return steal_fd(&fd);			the caller's from here on
 */
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#define nitems(a) (sizeof(a) / sizeof((a)[0]))
#define BIT(n) (1u << (n))
#define container_of(p, type, member) ((type *)((char *)(p) - offsetof(type, member)))

void *xcalloc(size_t n, size_t size);		/* zeroed; never NULL */
void *xrealloc(void *p, size_t n, size_t size);	/* never NULL */
char *xstrdup(const char *s);			/* never NULL */
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* str_copy() - true if @src, with its NUL, fits into @size bytes at @dst; else @dst is empty */
int str_copy(char *dst, const char *src, size_t size);

static inline void free_ptr(void *p)
{
	free(*(void **)p);
}

static inline void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline int steal_fd(int *fd)
{
	int r = *fd;

	*fd = -1;
	return r;
}

#define steal_ptr(p) ({ __typeof__(*(p)) steal_ = *(p); *(p) = NULL; steal_; })
#define _free_ __attribute__((cleanup(free_ptr)))
#define _fd_ __attribute__((cleanup(close_fd)))
