/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The models that there are.
 */
#include "core/error.h"
#include "sim/model.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define PAGE 4096u

static struct entry {
	const struct plx_sim_model *model;
	void *arg;
} models[PLX_SIM_MODELS] = { { .model = &plx_sim_dummy } };
static unsigned n_models = 1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* The place of a name; n_models: there is none. The table is locked. */
static unsigned find(const char *name, size_t len)
{
	unsigned i = 0;

	while (i < n_models &&
	       (strlen(models[i].model->name) != len || memcmp(models[i].model->name, name, len)))
		i++;
	return i;
}

static bool is_name(const char *name)
{
	const char *allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	size_t len = strlen(name);

	return len && len <= PLX_SIM_MODEL_NAME && strspn(name, allowed) == len;
}

static int check(const struct plx_sim_model *m)
{
	const char *why = NULL;

	if (!is_name(m->name))
		why = "has a name that is too long, or has other characters than letters, digits "
		      "and dashes";
	else if (m->msi > PLX_SIM_VECTORS || m->msi & (m->msi - 1))
		why = "has a number of MSI vectors that is no power of two, or above 16";
	else if (m->msix > PLX_SIM_VECTORS)
		why = "has more than 16 MSI-X vectors";
	else if (m->msix && (m->msix_bar >= PLX_SIM_BARS || m->bars[m->msix_bar].size < PAGE ||
			     !(m->bars[m->msix_bar].flags & PLX_SIM_BAR_MEMORY)))
		why = "has no page of memory for its MSI-X table";
	if (!why)
		return 0;
	return plx_fail(-EINVAL, PLX_R_BAD_VALUE, m->name, "the model '%s' %s", m->name, why);
}

int plx_sim_model_add(const struct plx_sim_model *model, void *arg)
{
	int err = check(model);

	if (err)
		return err;
	pthread_mutex_lock(&lock);
	if (find(model->name, strlen(model->name)) < n_models)
		err = plx_fail(-EEXIST, PLX_R_ALREADY, model->name,
			       "there is a model sim:%s already", model->name);
	else if (n_models == PLX_SIM_MODELS)
		err = plx_fail(-ENOSPC, PLX_R_INDEX, model->name,
			       "there are %u models, which is as many as can be: remove one",
			       n_models);
	else
		models[n_models++] = (struct entry){ model, arg };
	pthread_mutex_unlock(&lock);
	return err;
}

void plx_sim_model_remove(const struct plx_sim_model *model)
{
	unsigned i;

	pthread_mutex_lock(&lock);
	i = find(model->name, strlen(model->name));
	if (i < n_models && models[i].model == model)
		models[i] = models[--n_models];
	pthread_mutex_unlock(&lock);
}

const struct plx_sim_model *plx_sim_model_find(const char *name, size_t len, void **arg)
{
	const struct plx_sim_model *model = NULL;
	unsigned i;

	pthread_mutex_lock(&lock);
	i = find(name, len);
	if (i < n_models) {
		model = models[i].model;
		*arg = models[i].arg;
	}
	pthread_mutex_unlock(&lock);
	return model;
}

void plx_sim_model_names(char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < n_models && len < size; i++)
		len += (size_t)snprintf(text + len, size - len, "%ssim:%s", i ? ", " : "",
					models[i].model->name);
	pthread_mutex_unlock(&lock);
}
