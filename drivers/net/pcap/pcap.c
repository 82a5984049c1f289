/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys, the device that its files make, and its one port.
 *
 * Either file may be a pipe. Opening then waits for the other end, for reading until it has sent
 * the capture's header; and a burst that finds the beginning of a packet waits for its rest.
 */
#include "pcap.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const char *const precisions[] = {
	[PLX_PCAP_NANO] = "nano",
	[PLX_PCAP_MICRO] = "micro",
	[PLX_PCAP_MICRO + 1] = NULL,
};

static const struct plx_key keys[] = {
	{ .name = "rx",
	  .type = PLX_KEY_STRING,
	  .offset = offsetof(struct pcap_args, rx),
	  .value = "FILE",
	  .help = "capture file to receive from, pcap or pcapng, of Ethernet frames" },
	{ .name = "tx",
	  .type = PLX_KEY_STRING,
	  .offset = offsetof(struct pcap_args, tx),
	  .value = "FILE",
	  .help = "capture file to write what is sent to, as pcap; an existing one is replaced" },
	{ .name = "loop",
	  .type = PLX_KEY_UINT,
	  .offset = offsetof(struct pcap_args, loop),
	  .max = UINT32_MAX,
	  .initial = "1",
	  .help = "times to play the rx file, 0 for ever; other than once holds it in memory" },
	{ .name = "precision",
	  .type = PLX_KEY_CHOICE,
	  .offset = offsetof(struct pcap_args, precision),
	  .choices = precisions,
	  .initial = "nano",
	  .help = "unit of timestamps in the tx file, nanoseconds or microseconds" },
	{ .name = "maxlen",
	  .type = PLX_KEY_UINT,
	  .offset = offsetof(struct pcap_args, maxlen),
	  .min = 60,
	  .max = PLX_PCAP_MAX_FRAME,
	  .initial = "65549",
	  .help = "bytes of the longest frame to receive; longer ones are dropped and counted" },
	{ 0 },
};

const char *plx_pcap_tail(const char *path)
{
	size_t len = strlen(path);

	return len > 100 ? path + len - 100 : path;
}

const char *plx_pcap_number(uint64_t n, char *buf)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);
	char *to = buf;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return buf;
}

/*
 * The length that receive queues must be able to take. Files tend to say that a frame may have
 * 262,144 bytes and then have 1,514, so a file is read once for the truth; a pipe cannot be.
 */
static int find_longest(struct pcap_device *device, uint32_t maxlen)
{
	struct pcap_reader *r = &device->reader;
	uint32_t snaplen = (uint32_t)pcap_snapshot(r->pcap);
	struct pcap_frame frame;

	if (!r->regular) {
		device->longest = snaplen < maxlen ? snaplen : maxlen;
		return 0;
	}
	/* Where the file is damaged the scan ends, and so will receiving. */
	while (plx_pcap_reader_next(r, &frame))
		if (frame.len > device->longest && frame.len <= maxlen)
			device->longest = frame.len;
	return plx_pcap_reader_rewind(r, device->base.spec);
}

static int hold_in_memory(struct pcap_device *device, const struct pcap_args *args)
{
	struct pcap_capture *c = &device->capture;
	int err = plx_pcap_capture_load(c, &device->reader, args->maxlen, device->base.spec);

	if (err)
		return err;
	for (size_t i = 0; i < c->n_records; i++)
		if (c->records[i].len > device->longest)
			device->longest = c->records[i].len;
	c->passes = args->loop ? args->loop : UINT64_MAX;
	/* A damaged file is played once, and then is said to be damaged. */
	if (device->reader.err != -ENODATA)
		c->passes = 1;
	return 0;
}

static int open_rx(struct pcap_device *device, const struct pcap_args *args)
{
	int err = plx_pcap_reader_open(&device->reader, args->rx, device->base.spec);

	if (err)
		return err;
	device->in_memory = args->loop != 1;
	return device->in_memory ? hold_in_memory(device, args)
				 : find_longest(device, (uint32_t)args->maxlen);
}

static int open_tx(struct pcap_device *device, const struct pcap_args *args)
{
	return plx_pcap_writer_open(&device->writer, args->tx, args->rx ? &device->reader : NULL,
				    device->base.spec);
}

static void close_device(struct plx_device *base)
{
	struct pcap_device *device = (struct pcap_device *)base;

	plx_pcap_writer_close(&device->writer);
	plx_pcap_capture_free(&device->capture);
	plx_pcap_reader_close(&device->reader);
}

static int open_device(struct plx_device *base)
{
	struct pcap_device *device = (struct pcap_device *)base;
	const struct pcap_args *args = base->args;
	struct plx_error saved;
	int err = 0;

	device->reader.fd = -1;
	if (!args->rx && !args->tx)
		return plx_fail(-EINVAL, PLX_R_BAD_KEY, base->spec,
				"pcap needs rx=FILE, tx=FILE or both");
	if (args->rx)
		err = open_rx(device, args);
	if (!err && args->tx)
		err = open_tx(device, args);
	if (!err)
		return 0;
	saved = *plx_last_error();
	close_device(base);
	return plx_fail_again(&saved);
}

static int open_port(struct plx_port *port)
{
	struct pcap_device *device = (struct pcap_device *)port->device;
	const struct pcap_args *args = device->base.args;

	port->caps = (struct plx_port_caps){
		.features = (args->rx ? PLX_PORT_RX : 0u) | (args->tx ? PLX_PORT_TX : 0u) |
			    (args->rx && args->loop ? PLX_PORT_ENDS : 0u),
		.max_rxq = args->rx ? 1 : 0,
		.max_txq = args->tx ? 1 : 0,
		.mtu_min = 68,
		.mtu_max = UINT16_MAX,
		.max_frame = args->tx ? PLX_PCAP_MAX_FRAME : (uint32_t)args->maxlen,
	};
	/* A file takes any frame: there is nothing that an MTU could change. */
	port->mtu = UINT16_MAX;
	plx_soft_mac(port);
	return 0;
}

/* Not before: an old file is now replaced, and no wrong setting can keep packets from it. */
static int start(struct plx_port *port)
{
	struct pcap_device *device = (struct pcap_device *)port->device;
	const struct pcap_args *args = device->base.args;

	if (device->writer.err)
		return plx_pcap_writer_fail(&device->writer, device->base.spec);
	if (!args->tx || device->writer.dumper)
		return 0;
	return plx_pcap_writer_begin(&device->writer, args->precision, device->base.spec);
}

const struct plx_driver plx_pcap_driver = {
	.name = "pcap",
	.summary = "Capture files: receive from one, write to another",
	.keys = keys,
	.args_size = sizeof(struct pcap_args),
	.device_size = sizeof(struct pcap_device),
	.rxq_size = sizeof(struct pcap_rxq),
	.txq_size = sizeof(struct pcap_txq),
	.open_device = open_device,
	.close_device = close_device,
	.open_port = open_port,
	.check_conf = plx_pcap_check_conf,
	.init_rxq = plx_pcap_init_rxq,
	.init_txq = plx_pcap_init_txq,
	.start = start,
	.stop = plx_pcap_stop,
	.rx_burst = plx_pcap_rx_burst,
	.tx_burst = plx_pcap_tx_burst,
	.rxq_status = plx_pcap_rxq_status,
	.txq_status = plx_pcap_txq_status,
};
