// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who a process is: its ids and capabilities before and after, when one of them changes. The
 * record's process is still the one it was before.
 *
 * All changes of a visit's processes are told. Of the others, which at boot do little else than give
 * rights away, only what gains some.
 *
 * Ids are those of the first user namespace, and so are capabilities: who has all of them in a user
 * namespace of its own has none here. That such a one was made is told as a namespace.
 */
#include <linux/binfmts.h>
#include <linux/cred.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/user_namespace.h>
#include "channel.h"
#include "hooks.h"
#include "note.h"

static u64 caps_of(const struct cred *c, const kernel_cap_t *caps)
{
	u64 bits = 0;

	if (c->user_ns == &init_user_ns)
		memcpy(&bits, caps, sizeof(bits));
	return bits;
}

static void ids_of(struct skep_ids *to, const struct cred *c)
{
	*to = (struct skep_ids){
		.uid = from_kuid(&init_user_ns, c->uid),
		.euid = from_kuid(&init_user_ns, c->euid),
		.suid = from_kuid(&init_user_ns, c->suid),
		.gid = from_kgid(&init_user_ns, c->gid),
		.egid = from_kgid(&init_user_ns, c->egid),
		.sgid = from_kgid(&init_user_ns, c->sgid),
		.permitted = caps_of(c, &c->cap_permitted),
		.effective = caps_of(c, &c->cap_effective),
	};
}

static bool can_be_root(const struct skep_ids *i)
{
	return !i->uid || !i->euid || !i->suid;
}

static bool gains(const struct skep_ids *before, const struct skep_ids *after)
{
	return (after->permitted & ~before->permitted) || (can_be_root(after) && !can_be_root(before));
}

static void tell(u32 op, const struct skep_ids *before, const struct skep_ids *after)
{
	struct pv_note n;

	if (!memcmp(before, after, sizeof(*before)) || !(pv_task(current)->conn || gains(before, after)))
		return;
	pv_note_begin(&n, SKEP_CREDS, current);
	pv_note_add(&n, SKEP_T_OP, &op, sizeof(op));
	pv_note_add(&n, SKEP_T_OLD, before, sizeof(*before));
	pv_note_add(&n, SKEP_T_NEW, after, sizeof(*after));
	pv_channel_put(&n);
}

static int change(u32 op, const struct cred *old, const struct cred *new)
{
	struct skep_ids before, after;

	ids_of(&before, old);
	ids_of(&after, new);
	tell(op, &before, &after);
	return 0;
}

int pv_creds_uid(struct cred *new, const struct cred *old, int flags)
{
	return change(SKEP_CREDS_UID, old, new);
}

int pv_creds_gid(struct cred *new, const struct cred *old, int flags)
{
	return change(SKEP_CREDS_GID, old, new);
}

int pv_creds_caps(struct cred *new, const struct cred *old, const kernel_cap_t *effective,
		  const kernel_cap_t *inheritable, const kernel_cap_t *permitted)
{
	return change(SKEP_CREDS_CAPS, old, new);
}

/* Just before the new program's credentials become current. */
void pv_creds_exec(PV_COMMITTED struct linux_binprm *bprm)
{
	struct skep_ids before, after;

	ids_of(&before, current_cred());
	ids_of(&after, bprm->cred);
	pv_task(current)->setid = bprm->secureexec && (gains(&before, &after) || before.euid != after.euid ||
						       before.egid != after.egid);
	tell(SKEP_CREDS_EXEC, &before, &after);
}
