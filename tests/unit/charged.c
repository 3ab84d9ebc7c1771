/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "charged.h"

#include "base/mem.h"
#include "config/config.h"
#include "model/budget.h"
#include "policy/policy.h"

struct plan plan;
struct firewall *wall;
struct budgets budgets;

void load(struct containment c, bool six)
{
	_text_ struct text t = { 0 };
	_diag_ struct diag d = { 0 };
	const char *why = "";

	assert_int_equal(config_load("etc/honeynet.yaml", &plan.net, &d), 0);
	c.period_s = c.period_s ? c.period_s : 3600;
	c.bytes_mb = c.bytes_mb ? c.bytes_mb : 1000;
	c.packets_per_s = c.packets_per_s ? c.packets_per_s : 1000000;
	c.lateral = c.lateral ? c.lateral : MAX_BUDGET;
	plan.net.containment = c;
	plan.net.network6 = six ? NET6 : 0;
	plan.net.prefix6 = six ? 64 : 0;
	policy_compile(&plan.net, &t);
	assert_int_equal(firewall_open(lab.gw, &wall), 0);
	if (firewall_load(wall, text_str(&t), &why) < 0)
		fail_msg("%s", why);
	budgets = (struct budgets){ .plan = &plan, .firewall = wall, .gw = lab.gw, .fd = -1 };
	budgets_begin(&budgets);
}

void up(struct containment c, bool six)
{
	load(c, six);
	budgets_open(&budgets);
	gate(true, true);
	log_clear();
}

void gone(void)
{
	wall = firewall_close(wall);
	close_fd(&budgets.fd);
}

void down(void)
{
	gate(false, true);
	budgets_end(&budgets);
	gone();
}

void change(const struct honeynet *next)
{
	_text_ struct text t = { 0 };
	const char *why = "";

	policy_replace(&plan.net, next, &t);
	if (firewall_load(wall, text_str(&t), &why) < 0)
		fail_msg("%s", why);
	plan.net = *next;
	log_clear();
}

struct budget_used used_of(const char *budget, uint32_t address)
{
	_text_ struct text t = { 0 };
	struct budget_used used[8];
	size_t n;

	assert_int_equal(firewall_list(wall, &t), 0);
	n = ruleset_budget(text_str(&t), budget, used, nitems(used));
	for (size_t i = 0; i < n; i++)
		if (used[i].address == address)
			return used[i];
	return (struct budget_used){ 0 };
}

uint32_t place_of(uint32_t address)
{
	uint32_t i = 0;

	while (plan.net.honeypot[i].address != address)
		i++;
	return i;
}
