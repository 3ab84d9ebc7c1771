/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A second fence around a honeypot's kernel, by Landlock: it may open and make plain files in its root, execute the one
 * program it is, and nothing else; no TCP port, no signal and no abstract socket reaches out of it. What the empty root,
 * the namespaces and the list of system calls forbid already, this forbids by code of its own.
 */

/* landlock_version() - what this kernel has of it; 0 nothing */
int landlock_version(void);

/*
 * landlock_enter() - this process and all it begets, for ever. @program: a descriptor of what it will execute. Its
 * root must be the jail's, and no_new_privs be set. 0, also where the kernel has no Landlock, or -errno.
 */
int landlock_enter(int program);
