/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/machine.h"
#include "commit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#ifdef __clang__
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

/* The first line of a file, without its end. False: there is none. */
static bool first_line(const char *path, char *line, size_t size)
{
	FILE *f = fopen(path, "re");
	bool good = f && fgets(line, (int)size, f);

	if (f)
		fclose(f);
	if (good)
		line[strcspn(line, "\n")] = '\0';
	else
		line[0] = '\0';
	return good;
}

static void read_cpu(struct machine *m)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[8192];

	snprintf(m->cpu, sizeof(m->cpu), "unknown");
	while (f && fgets(line, sizeof(line), f)) {
		sscanf(line, "model name : %127[^\n]", m->cpu);
		if (!strncmp(line, "flags", 5))
			m->virtual = strstr(line, " hypervisor");
		if (line[0] == '\n')
			break;
	}
	if (f)
		fclose(f);
}

static void read_huge_pages(struct machine *m)
{
	FILE *f = fopen("/proc/meminfo", "re");
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		sscanf(line, "HugePages_Total: %lu", &m->huge_total);
		sscanf(line, "HugePages_Free: %lu", &m->huge_free);
		sscanf(line, "Hugepagesize: %lu", &m->huge_kb);
	}
	if (f)
		fclose(f);
	first_line("/sys/kernel/mm/transparent_hugepage/shmem_enabled", m->shmem_huge,
		   sizeof(m->shmem_huge));
}

static void read_date(struct machine *m)
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(m->date, sizeof(m->date), "%Y-%m-%dT%H:%M:%SZ", &tm);
}

void machine_read(const struct bench *b, struct machine *m)
{
	struct utsname uts;
	char path[128];

	*m = (struct machine){ .compiler = COMPILER,
			       .commit = BENCH_COMMIT,
			       .version = PLX_VERSION,
#ifdef __OPTIMIZE__
			       .optimized = true,
#endif
			       .cpus_online = (unsigned)sysconf(_SC_NPROCESSORS_ONLN),
			       .cpus_allowed = b->n_cpus,
			       .load = b->load };
	read_cpu(m);
	read_huge_pages(m);
	read_date(m);
	if (!uname(&uts))
		snprintf(m->kernel, sizeof(m->kernel), "%.20s %.100s", uts.sysname, uts.release);
	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/cpufreq/scaling_governor",
		 b->cpu_work);
	first_line(path, m->governor, sizeof(m->governor));
}
