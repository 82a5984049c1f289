/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plx-dev(1), from the tables that the program itself works with.
 */
#include "dev/app.h"

static const char head[] =
	".Dd November 21, 2026\n"
	".Dt PLX-DEV 1\n"
	".Os Pollux\n"
	".Sh NAME\n"
	".Nm plx-dev\n"
	".Nd which NIC, what stops it, and what it reaches\n"
	".Sh SYNOPSIS\n"
	".Nm\n"
	".Ar COMMAND\n"
	".Op Ar ADDR ...\n"
	".Op Ar OPTION ...\n"
	".Sh DESCRIPTION\n"
	".Nm\n"
	"finds network controllers, says what keeps each of them from being used through VFIO, gives "
	"them to vfio-pci and back, and shows which memory they can reach.\n"
	"An address is written as in 0000:03:00.0; the domain and leading zeros may be left out.\n"
	".Pp\n"
	"The commands are:\n";

static const char details[] =
	".Ss list\n"
	"The last column names the first thing that is in the way; with\n.Fl Fl json\nall of them are "
	"there.\n"
	"Pollux driver is the one that drives the NIC once VFIO has it; without one,\n.Cm af_packet\n"
	"goes through the kernel's driver.\n"
	"What the machine itself lacks follows, with what to do about it.\n"
	".Ss show\n"
	"Capabilities and the numbers of interrupts are in a part of config space that only root is "
	"shown.\n"
	"The group's holder is a process that has its node open, as far as this user may see.\n"
	".Ss bind\n"
	"Writes vfio-pci to driver_override, takes the function from its driver, and has the kernel "
	"probe it; loads vfio-pci where it is not.\n"
	"VFIO takes an IOMMU group only as a whole: other functions of the group that have a driver "
	"are bound, too, and named; bridges are left alone.\n"
	"An interface that carries the default route, itself or through a bridge, a bond or a VLAN, is "
	"refused without\n.Fl Fl force .\n"
	"When a step fails, all that was done before is undone.\n"
	"In the end it says what to run next.\n"
	".Ss unbind\n"
	"Clears driver_override and has the kernel find its driver, the one that it had.\n"
	"A function that a process has open is refused, since the kernel would wait for it.\n"
	".Ss doctor\n"
	"Each line is ok, a note or a problem; the latter two with what to do.\n"
	"Exit status 0: VFIO can be used.\n"
	".Ss dma\n"
	"Programs that use Pollux tell what they have mapped, in memory that whoever may trace them can "
	"read through /proc; nobody else is told, and nothing is written to disk.\n"
	"A range is shown with what the device may do there and what it is for.\n";

static const char tail[] =
	".Sh JSON\n"
	"With\n.Fl Fl json\nstandard output is one object: version, command, ok, and result, or "
	"error with errno, errno_name, reason, object and text.\n"
	"All of it is described by the JSON Schema in\n.Pa docs/dev.schema.json .\n"
	".Sh EXIT STATUS\n"
	"0 when all went well; 1 when something failed, or\n.Cm doctor\nfound a problem; 2 when the "
	"command line is wrong.\n"
	"A failure is one sentence on standard error.\n"
	".Sh EXAMPLES\n"
	"What is there, and what would have to be done:\n"
	".Dl plx-dev list\n"
	".Dl plx-dev doctor\n"
	"Give a NIC to user alice, having looked at what that writes:\n"
	".Dl plx-dev bind 0000:03:00.0 --user alice --dry-run\n"
	".Dl plx-dev bind 0000:03:00.0 --user alice\n"
	"Which memory can it reach?\n"
	".Dl plx-dev dma 0000:03:00.0\n"
	"The addresses that nothing is in the way of:\n"
	".Dl plx-dev list --json | jq -r '.result.functions[] | select(.obstacles == []) | .address'\n"
	".Sh SEE ALSO\n"
	".Xr plx-testpmd 1 ,\n"
	".Xr lspci 8\n";

static void print_commands(FILE *out)
{
	fputs(".Bl -tag -width Ds\n", out);
	for (const struct command *c = commands; c->name; c++)
		fprintf(out, ".It Cm %s%s%s\n%s.\n", c->name, c->operands ? " Ar " : "",
			c->operands ? c->operands : "", c->help);
	fputs(".El\n", out);
}

void man_print(FILE *out)
{
	fputs(head, out);
	print_commands(out);
	fputs(".Pp\nThe options are:\n", out);
	options_man(&program, out);
	fputs(details, out);
	fputs(tail, out);
}
