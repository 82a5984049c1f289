/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libpci's list of names is read when the first one is asked for, and never over the network.
 */
#include "dev/names.h"
#include "dev/app.h"

#include <stdlib.h>
#include <string.h>

#ifdef HAVE_LIBPCI
#include <pci/pci.h>

/* libpci prints what these are given; that its list is missing shows in the names. */
static void say_nothing(char *message, ...)
{
	(void)message;
}

static __attribute__((noreturn)) void give_up(char *message, ...)
{
	fprintf(stderr, "plx-dev: libpci: %.100s\n", message);
	exit(1);
}

/* pci_init() would look for hardware, and end the program where there is none. */
static struct pci_access *access_names(void)
{
	static struct pci_access *names;

	if (!names) {
		names = pci_alloc();
		names->error = give_up;
		names->warning = names->debug = say_nothing;
	}
	return names;
}

static const char *look_up(char *name, size_t size, int flags, int a, int b)
{
	return pci_lookup_name(access_names(), name, (int)size, flags | PCI_LOOKUP_NO_NUMBERS, a,
			       b);
}
#else
#define PCI_LOOKUP_VENDOR 0
#define PCI_LOOKUP_DEVICE 0
#define PCI_LOOKUP_CLASS  0

static const char *look_up(char *name, size_t size, int flags, int a, int b)
{
	(void)name, (void)size, (void)flags, (void)a, (void)b;
	return NULL;
}
#endif

void name_device(uint16_t vendor, uint16_t device, char *name, size_t size)
{
	char whole[128], maker[64];
	const char *found = look_up(whole, sizeof(whole), PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE,
				    vendor, device);

	if (!found && look_up(maker, sizeof(maker), PCI_LOOKUP_VENDOR, vendor, 0)) {
		snprintf(whole, sizeof(whole), "%s %04x:%04x", maker, vendor, device);
		found = whole;
	}
	if (found)
		snprintf(name, size, "%s", found);
	else
		snprintf(name, size, "%04x:%04x", vendor, device);
	app_clean(name);
}

void name_class(uint32_t class_code, char *name, size_t size)
{
	char text[64];
	const char *found =
		look_up(text, sizeof(text), PCI_LOOKUP_CLASS, (int)(class_code >> 8), 0);

	if (found)
		snprintf(name, size, "%s", found);
	else
		snprintf(name, size, "class %06x", class_code);
	app_clean(name);
}
