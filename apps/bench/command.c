/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Command lines of the programs that cases run.
 */
#include "bench/testpmd.h"

#include <inttypes.h>
#include <stdarg.h>

#define WORDS_MAX (sizeof(((struct command *)0)->argv) / sizeof(const char *) - 1)

void command_add(struct command *cmd, ...)
{
	const char *word;
	va_list words;

	va_start(words, cmd);
	while ((word = va_arg(words, const char *)) && cmd->n < WORDS_MAX)
		cmd->argv[cmd->n++] = word;
	cmd->argv[cmd->n] = NULL;
	va_end(words);
}

enum outcome command_callgrind(struct bench *b, struct command *cmd, const char *outfile)
{
	if (!find_program("valgrind", cmd->valgrind, sizeof(cmd->valgrind)))
		return bench_failed(b, "instructions are counted with valgrind, which is not "
				       "installed");
	snprintf(cmd->outfile, sizeof(cmd->outfile), "--callgrind-out-file=%s", outfile);
	/* Fair, or a thread that polls starves the others. */
	command_add(cmd, cmd->valgrind, "--tool=callgrind", "--vgdb=no", "--fair-sched=yes",
		    cmd->outfile, NULL);
	return MEASURED;
}

enum outcome command_begin(struct bench *b, struct command *cmd, const struct testpmd_run *run,
			   const char *program)
{
	enum outcome got = MEASURED;

	cmd->n = 0;
	if (run->callgrind)
		got = command_callgrind(b, cmd, run->callgrind);
	if (got == MEASURED)
		command_add(cmd, program, NULL);
	return got;
}

bool command_instructions(struct bench *b, const char *path, uint64_t *n)
{
	FILE *f = fopen(path, "re");
	bool found = false;
	char line[512];

	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, "summary: %" SCNu64, n) == 1;
	if (f)
		fclose(f);
	if (!found)
		bench_failed(b, "callgrind left no count of instructions");
	return found;
}
