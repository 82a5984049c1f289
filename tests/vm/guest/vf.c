// SPDX-License-Identifier: BSD-3-Clause
/*
 * usage: lab-vf PF-ADDRESS VF-ADDRESS
 *
 * Both are vfio-pci's: who opens the physical function sets a secret, and only who knows that may have the
 * virtual ones.
 */
#include "check.h"
#include "device.h"

#include <errno.h>
#include <string.h>

#define SECRET "2ab74924-c335-45f4-9b16-8569e5b08258"
#define WRONG  "2ab74924-c335-45f4-9b16-8569e5b08259"

static struct lab_env env;

static int open_with(const char *address, const char *token, struct plx_dev **dev)
{
	struct plx_dev_opts opts = { .backend = PLX_BACKEND_TYPE1, .vf_token = token };

	return plx_dev_open(env.ctx, address, &opts, dev);
}

static void check_refused(const char *address, const char *token, const char *how)
{
	struct plx_dev *dev;

	check_err(open_with(address, token, &dev), -EACCES, "a virtual function %s is refused",
		  how);
	check(plx_last_error()->reason == PLX_R_PERMISSION, "the reason is permission");
	check(strstr(plx_last_error()->text, "vf_token"), "the sentence names vf_token");
}

int main(int argc, char **argv)
{
	struct plx_dev *pf, *vf;
	struct plx_dev_info info;

	must(argc != 3, "usage: lab-vf PF-ADDRESS VF-ADDRESS");
	lab_begin(&env, "type1");
	must(open_with(argv[1], SECRET, &pf), "the physical function opens, and sets the secret");
	check_refused(argv[2], NULL, "without the secret");
	check_refused(argv[2], WRONG, "with another secret");
	check_err(open_with(argv[2], SECRET, &vf), 0, "with the secret it opens");
	must(plx_dev_info(vf, &info), "it tells what it is");
	check(info.vendor == 0x8086 && info.device == 0x10ca && info.can_reset,
	      "it is a virtual function of an 82576 (%04x:%04x)", info.vendor, info.device);
	must(plx_dev_reset(vf), "it is reset");
	must(plx_dev_close(vf), "it is closed");
	must(plx_dev_close(pf), "the physical function is closed");
	lab_end(&env);
	return checks_end();
}
