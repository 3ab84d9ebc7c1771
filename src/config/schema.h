/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The tables of the honeynet file; objects.c knows what names mean and how objects fit together. */
#include "field.h"

extern const struct section honeynet_section;

extern const struct type type_network, type_network6, type_probes, type_members, type_objects, type_services, type_ports, type_networks,
	type_weaknesses, type_honeytokens, type_addresses, type_table, type_days, type_clock, type_nightly, type_times, type_limit, type_negate, type_protocol,
	type_source_ports, type_flags, type_types, type_services_of, type_outside, type_inside, type_to_service;

/* object_find() - the firewall, a honeypot, a network, a table, a name or a group; NULL */
const struct known *object_find(const struct reader *r, const char *name);
/* known_find() - by its name, without regard to case; NULL */
const struct known *known_find(const struct known *k, size_t n, const char *name);
/* known_near() - a name that could have been meant; NULL */
const char *known_near(const struct known *k, size_t n, const char *name);
/* known_add() - the name of @map from here on; a complaint if it is taken */
void known_add(struct reader *r, struct known *k, size_t *n, const struct node *map, struct object_ref ref);
void object_add(struct reader *r, const struct node *map, enum object_kind kind, uint32_t index);
/* unknown_name() - the complaint; @near: what could have been meant, NULL */
void unknown_name(struct reader *r, const struct node *n, const struct field *f, const char *what, const char *near);
/* item_is_text() - an item of a list of names is one name; false after a complaint */
bool item_is_text(struct reader *r, const struct node *n, const struct field *f);
/* one_name() - the same, and "any" only by itself */
bool one_name(struct reader *r, const struct node *n, const struct field *f, size_t items);
/* items_of() - how many @map has under @key */
uint32_t items_of(const struct node *map, const char *key);
/* groups_join() - what is in each group, once all names are known */
void groups_join(struct reader *r, const struct node *root);
/* rule_look() - what its keys say together */
void rule_look(struct reader *r, const struct node *n, struct rule *rule);
/* nat_look() - what only is known once all is read, without complaints so far */
void nat_look(const struct node *root, const struct honeynet *n, struct diag *d);
void derive_mac(uint32_t address, uint8_t ret[6]);

void firewall_done(struct reader *r, const struct node *n, void *obj, uint32_t index);
void honeypot_done(struct reader *r, const struct node *n, void *obj, uint32_t index);
void group_done(struct reader *r, const struct node *n, void *obj, uint32_t index);
void service_done(struct reader *r, const struct node *n, void *obj, uint32_t index);
void network_done(struct reader *r, const struct node *n, void *obj, uint32_t index);
void table_done(struct reader *r, const struct node *n, void *obj, uint32_t index);
void dns_done(struct reader *r, const struct node *n, void *obj, uint32_t index);
void times_done(struct reader *r, const struct node *n, void *obj, uint32_t index);
void rule_done(struct reader *r, const struct node *n, void *obj, uint32_t index);
void nat_done(struct reader *r, const struct node *n, void *obj, uint32_t index);
void scan_done(struct reader *r, const struct node *n, void *obj, uint32_t index);
void honeynet_done(struct reader *r, const struct node *n, void *obj, uint32_t index);	/* makes the instances */
void alert_done(struct reader *r, const struct node *n, void *obj, uint32_t index);
