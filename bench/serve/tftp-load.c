/*
 * Phones that boot, for the measurements of bench/serve: fetches many files over TFTP from one server, so many at once, each from a port of its own, checks
 * every byte and counts every packet that it had to repeat. One thread, no library beside libc; Linux.
 *
 *   tftp-load HOST PORT FOLDER LIST AT-ONCE BLKSIZE WINDOWSIZE [TIMEOUT-MS [RETRIES]]
 *
 * LIST names a file with one name of a file in FOLDER per line: each line is one fetch. Without a BLKSIZE (0) no options
 * are sent; WINDOWSIZE 1 is not asked for. Prints one line of JSON.
 */
#include "load.h"

enum { RRQ = 1, DATA = 3, ACK = 4, ERROR = 5, OACK = 6, PACKET_MOST = 65536 };

struct phone {
  const struct file *file;
  int socket; /* -1: not started, or over */
  int connected;
  unsigned block_size;
  unsigned window;
  unsigned since_ack;   /* blocks of the window that came */
  unsigned long blocks; /* blocks that came, in order */
  double started, sent;
  int tries;
  int told; /* that a block is missing */
  struct phone *next, *previous; /* in the order in which they sent last */
};

static const char *folder;
static struct sockaddr_in server;
static unsigned block_size, window_size, at_once;
static double patience = 1.0;
static int most_tries = 5;

static struct phone *phones, idle = {.next = &idle, .previous = &idle};
static unsigned count, next_phone, running, failed, wrong, repeats, packets;
static unsigned long long bytes_got;
static double *times;
static unsigned finished;
static int poll_fd;

static void out_of_line(struct phone *p) {
  p->next->previous = p->previous;
  p->previous->next = p->next;
}

static void to_end_of_line(struct phone *p) {
  if (p->next) out_of_line(p);
  p->previous = idle.previous;
  p->next = &idle;
  idle.previous->next = p;
  idle.previous = p;
}

static void transmit(struct phone *p, const void *packet, size_t length, double at) {
  packets++;
  ssize_t sent = p->connected ? send(p->socket, packet, length, 0)
                              : sendto(p->socket, packet, length, 0, (struct sockaddr *)&server, sizeof server);
  if (sent < 0 && errno != EAGAIN && errno != ECONNREFUSED) die("send");
  p->sent = at;
  to_end_of_line(p);
}

static void send_request(struct phone *p, double at) {
  char packet[1024];
  int n = 0;
  packet[n++] = 0;
  packet[n++] = RRQ;
  n += sprintf(packet + n, "%s", p->file->name) + 1;
  n += sprintf(packet + n, "octet") + 1;
  if (block_size) {
    n += sprintf(packet + n, "blksize") + 1;
    n += sprintf(packet + n, "%u", block_size) + 1;
    n += sprintf(packet + n, "tsize") + 1;
    n += sprintf(packet + n, "0") + 1;
  }
  if (window_size > 1) {
    n += sprintf(packet + n, "windowsize") + 1;
    n += sprintf(packet + n, "%u", window_size) + 1;
  }
  transmit(p, packet, n, at);
}

static void send_ack(struct phone *p, double at) {
  unsigned char packet[4] = {0, ACK, p->blocks >> 8, p->blocks};
  p->since_ack = 0;
  transmit(p, packet, 4, at);
}

static void start(struct phone *p, double at) {
  struct sockaddr_in mine = {.sin_family = AF_INET};
  mine.sin_addr.s_addr = htonl(0x7f000002u + (unsigned)(p - phones) % 250); /* 127.0.0.2 and so on: phones are many */
  p->socket = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  if (p->socket < 0) die("socket");
  if (window_size > 1) {
    int room = 1 << 20;
    setsockopt(p->socket, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  }
  if (bind(p->socket, (struct sockaddr *)&mine, sizeof mine)) die("bind");
  struct epoll_event e = {.events = EPOLLIN, .data.ptr = p};
  if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, p->socket, &e)) die("epoll_ctl");
  p->block_size = 512;
  p->window = 1;
  p->started = at;
  p->tries = 1;
  running++;
  send_request(p, at);
}

static void finish(struct phone *p, int ok, double at) {
  if (ok) times[finished++] = at - p->started;
  else failed++;
  close(p->socket);
  p->socket = -1;
  out_of_line(p);
  running--;
}

static void repeat(struct phone *p, double at) {
  if (p->tries++ > most_tries) return finish(p, 0, at);
  repeats++;
  if (!p->connected) send_request(p, at);
  else send_ack(p, at);
}

static void read_options(struct phone *p, const char *packet, int length) {
  for (const char *at = packet + 2, *end = packet + length; at < end;) {
    const char *value = at + strlen(at) + 1;
    if (value >= end) break;
    if (!strcasecmp(at, "blksize")) p->block_size = atoi(value);
    if (!strcasecmp(at, "windowsize")) p->window = atoi(value);
    at = value + strlen(value) + 1;
  }
}

/* A block in its turn; 1 when it was the last. */
static int take(struct phone *p, const unsigned char *data, size_t length) {
  size_t from = p->blocks * p->block_size;
  p->blocks++;
  p->since_ack++;
  bytes_got += length;
  if (from + length > p->file->size || memcmp(p->file->bytes + from, data, length)) wrong++;
  if (length == p->block_size) return 0;
  if (from + length != p->file->size) wrong++;
  return 1;
}

static void receive(struct phone *p, const unsigned char *packet, int length, double at) {
  unsigned opcode = packet[1], block = packet[2] << 8 | packet[3];
  if (opcode == OACK) {
    if (p->blocks) return;
    read_options(p, (const char *)packet, length);
    p->tries = 1;
    return send_ack(p, at);
  }
  if (opcode == ERROR) return finish(p, 0, at);
  if (opcode != DATA) return;
  if (block == ((p->blocks + 1) & 0xffff)) {
    p->tries = 1;
    p->told = 0;
    int last = take(p, packet + 4, length - 4);
    if (last || p->since_ack >= p->window) send_ack(p, at);
    if (last) finish(p, 1, at);
  } else if (p->window > 1 && ((block - p->blocks - 1) & 0xffff) < p->window && !p->told) {
    p->told = 1; /* RFC 7440: a block is missing, it says at once from where to go on */
    repeats++;
    send_ack(p, at);
  }
}

static void drain(struct phone *p, double at) {
  static unsigned char packet[PACKET_MOST + 1];
  for (int i = 0; i < 64 && p->socket >= 0; i++) {
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    ssize_t length = p->connected ? recv(p->socket, packet, PACKET_MOST, 0)
                                  : recvfrom(p->socket, packet, PACKET_MOST, 0, (struct sockaddr *)&from, &size);
    if (length < 0) return;
    if (length < 4) continue;
    packet[length] = 0;
    if (!p->connected) { /* its port is the transfer ID from here on (RFC 1350 section 4) */
      if (connect(p->socket, (struct sockaddr *)&from, sizeof from)) die("connect");
      p->connected = 1;
    }
    packets++;
    receive(p, packet, length, at);
    if (p->window == 1) return; /* nothing more can be there */
  }
}

static const struct file *load(const char *name) {
  static struct file *known;
  static unsigned many;
  for (unsigned i = many; i-- > 0 && i + 8 > many;) if (!strcmp(known[i].name, name)) return &known[i];
  if (!known) known = calloc(1000000, sizeof *known);
  known[many] = mapped(folder, name);
  return &known[many++];
}

static void read_list(const char *path) {
  FILE *list = fopen(path, "r");
  if (!list) die(path);
  char line[1024];
  unsigned room = 0;
  while (fgets(line, sizeof line, list)) {
    line[strcspn(line, "\n")] = 0;
    if (count == room) phones = realloc(phones, (room = room ? room * 2 : 1024) * sizeof *phones);
    phones[count++] = (struct phone){.file = load(line), .socket = -1};
  }
  fclose(list);
  times = calloc(count + 1, sizeof *times);
}

int main(int argc, char **argv) {
  if (argc < 8) return fprintf(stderr, "wanted: HOST PORT FOLDER LIST AT-ONCE BLKSIZE WINDOWSIZE\n"), 2;
  server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
  if (!inet_pton(AF_INET, argv[1], &server.sin_addr)) die("address");
  folder = argv[3];
  at_once = atoi(argv[5]);
  block_size = atoi(argv[6]);
  window_size = atoi(argv[7]);
  if (argc > 8) patience = atoi(argv[8]) / 1e3;
  if (argc > 9) most_tries = atoi(argv[9]);
  raise_descriptors();
  read_list(argv[4]);
  poll_fd = epoll_create1(0);

  double begun = now();
  struct epoll_event events[256];
  while (running || next_phone < count) {
    while (running < at_once && next_phone < count) start(&phones[next_phone++], now());
    int ready = epoll_wait(poll_fd, events, 256, 20);
    double at = now();
    for (int i = 0; i < ready; i++) drain(events[i].data.ptr, at);
    while (idle.next != &idle && at - idle.next->sent > patience) repeat(idle.next, at);
  }
  double wall = now() - begun;
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  double cpu = used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  qsort(times, finished, sizeof *times, by_size);
  printf("{\"fetches\":%u,\"failed\":%u,\"wrong\":%u,\"repeats\":%u,\"seconds\":%.6f,\"bytes\":%llu,\"packets\":%u,"
         "\"p50\":%.3f,\"p99\":%.3f,\"worst\":%.3f,\"cpu\":%.4f}\n",
         finished, failed, wrong, repeats, wall, bytes_got, packets, percentile(times, finished, 0.5), percentile(times, finished, 0.99), percentile(times, finished, 1), cpu);
  return 0;
}
