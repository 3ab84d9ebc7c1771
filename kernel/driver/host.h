/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls to the host. Built against libc (USER_OBJS), so plain C types only. */
#ifndef PV_HOST_H
#define PV_HOST_H

void *pv_host_map(int fd, unsigned long long *ret_len);	/* NULL if it cannot */
void pv_host_keep_stack(void);				/* from guest processes; once it is left */
void pv_host_close_doors(void);				/* for ever: no more calls that only the start needs */
unsigned long long pv_host_realtime_ns(void);
unsigned long long pv_host_monotonic_ns(void);
void pv_host_sleep_ms(unsigned int ms);			/* the whole guest sleeps; a signal ends it early */
void pv_host_die(const char *why) __attribute__((noreturn));

#endif
