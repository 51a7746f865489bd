/*
 * Phones that are told to fetch, for the measurements of bench/notify: so many on addresses of their own behind one UDP
 * socket. Each answers a NOTIFY after a while, one of so many never, one of so many with a challenge first; then it fetches
 * its file over HTTP from its own address, and tries again each second while nobody is there. One thread; Linux, and OpenSSL.
 *
 *   phones COUNT SERVER-PORT SILENT-EACH CHALLENGE-EACH
 *
 * Phone i (from 0) has the address 127.16.0.0 + i + 1 and the MAC 02 followed by i + 1 in ten hexadecimal digits, and knows its
 * password. SERVER-PORT 0: nobody fetches. SILENT-EACH, CHALLENGE-EACH: every so-manieth phone; 0 for none.
 * Line by line on standard input: `begin` forgets what was seen, and from then on the silent are silent; `report` prints it in one line of
 * JSON. Ends with its input.
 */
#include "../serve/load.h"
#include <ctype.h>
#include <openssl/evp.h>
#include <sys/timerfd.h>

enum { PORT = 5060, DATAGRAM_MOST = 4096, CALLS = 1 << 20, FIRST = 0x7f100001, LOOK_MS = 1 };
enum kind { WILLING, SILENT, CHALLENGING };
static const char nonce[] = "47ebe028cda119c35d4877b383027d28da013815";

struct phone {
  enum kind kind;
  unsigned calls;    /* NOTIFYs that were not heard of before, whatever their number of datagrams */
  unsigned taken;    /* of those, answered with 200 */
  double told;       /* the first */
  double fetched;    /* the last whole file */
  double due;        /* of the next attempt to fetch; 0 for none */
  unsigned attempts; /* that came to nothing */
  int socket;        /* -1 when it does not fetch now */
  size_t got;
  char head[513];    /* of the answer, with its length */
};

/* What is kept of a NOTIFY: enough to answer it again. */
struct call {
  unsigned long long key; /* of Call-ID and CSeq */
  unsigned phone;
  int status;
};

/* An answer that is due. */
struct answer {
  double at;
  struct sockaddr_in to;
  unsigned phone;
  int length;
  char *text;
};

static struct phone *phones;
static struct call *calls;
static struct answer *answers; /* a heap by `at` */
static unsigned count, answers_count, answers_room, fetching, repeats, forged, strays;
static double first_call, last_call;
static int udp, poll_fd, server_port, has_begun;

static double at_random(void) { return 0.005 + 0.045 * (random() / (double)RAND_MAX); }

static void push(struct answer answer) {
  if (answers_count == answers_room) answers = realloc(answers, (answers_room = answers_room ? 2 * answers_room : 1024) * sizeof *answers);
  unsigned i = answers_count++;
  for (; i && answers[(i - 1) / 2].at > answer.at; i = (i - 1) / 2) answers[i] = answers[(i - 1) / 2];
  answers[i] = answer;
}

static struct answer pop(void) {
  struct answer top = answers[0], last = answers[--answers_count];
  unsigned i = 0;
  for (unsigned child; (child = 2 * i + 1) < answers_count; i = child) {
    if (child + 1 < answers_count && answers[child + 1].at < answers[child].at) child++;
    if (answers[child].at >= last.at) break;
    answers[i] = answers[child];
  }
  answers[i] = last;
  return top;
}

/* The value of a header field, by its whole name; its length in `length`, 0 when there is none. */
static const char *field(const char *text, const char *name, int *length) {
  size_t wide = strlen(name);
  for (const char *line = strstr(text, "\r\n"); line; line = strstr(line, "\r\n")) {
    line += 2;
    if (strncasecmp(line, name, wide) || line[wide] != ':') continue;
    const char *value = line + wide + 1;
    while (*value == ' ') value++;
    *length = strcspn(value, "\r\n");
    return value;
  }
  *length = 0;
  return "";
}

static unsigned long long hashed(unsigned long long hash, const char *text, int length) {
  for (int i = 0; i < length; i++) hash = (hash ^ (unsigned char)text[i]) * 1099511628211ull;
  return hash;
}

/* The call of this Call-ID and CSeq; one with `key` 0 when it is new. */
static struct call *call_of(unsigned long long key) {
  unsigned slot = key & (CALLS - 1);
  while (calls[slot].key && calls[slot].key != key) slot = (slot + 1) & (CALLS - 1);
  return &calls[slot];
}

static void md5(char into[33], const char *text) {
  unsigned char digest[16];
  unsigned length;
  EVP_Digest(text, strlen(text), digest, &length, EVP_md5(), NULL);
  for (int i = 0; i < 16; i++) sprintf(into + 2 * i, "%02x", digest[i]);
}

/* A parameter of an Authorization, without its quotes. */
static void parameter(char into[256], const char *from, int length, const char *name) {
  char all[2048], wanted[32];
  snprintf(all, sizeof all, ",%.*s", length, strchr(from, ' ') && strchr(from, ' ') < from + length ? strchr(from, ' ') : from);
  snprintf(wanted, sizeof wanted, "%s=", name);
  *into = 0;
  for (char *found = all; (found = strstr(found, wanted)); found++) {
    if (found[-1] != ' ' && found[-1] != ',') continue;
    found += strlen(wanted);
    int quoted = *found == '"';
    snprintf(into, 256, "%.*s", (int)strcspn(found + quoted, quoted ? "\"" : ", \r\n"), found + quoted);
    return;
  }
}

/* RFC 2617 section 3.2.2, with qop=auth. The phone's user is its extension, 100000 and so on. */
static int is_authorized(unsigned index, const char *value, int length) {
  char uri[256], cnonce[256], nc[256], response[256], user[256], a1[33], a2[33], wanted[33], text[1400];
  parameter(uri, value, length, "uri");
  parameter(cnonce, value, length, "cnonce");
  parameter(nc, value, length, "nc");
  parameter(user, value, length, "username");
  parameter(response, value, length, "response");
  snprintf(text, sizeof text, "%s:phone:secret-%u", user, index);
  md5(a1, text);
  snprintf(text, sizeof text, "NOTIFY:%s", uri);
  md5(a2, text);
  snprintf(text, sizeof text, "%s:%s:%s:%s:auth:%s", a1, nonce, nc, cnonce, a2);
  md5(wanted, text);
  return atoi(user) == (int)(100000 + index) && !strcmp(wanted, response);
}

static int status_for(unsigned index, const char *text) {
  struct phone *p = &phones[index];
  int length;
  if (p->kind == SILENT && has_begun) return 0;
  if (p->kind != CHALLENGING) return 200;
  const char *authorization = field(text, "Authorization", &length);
  if (!length) return 401;
  if (is_authorized(index, authorization, length)) return 200;
  forged++;
  return 403;
}

static void answer(unsigned index, struct sockaddr_in to, const char *text, int status) {
  static const char *names[] = {"Via", "From", "Call-ID", "CSeq"};
  char *out = malloc(DATAGRAM_MOST);
  int length, at = snprintf(out, DATAGRAM_MOST, "SIP/2.0 %d %s\r\n", status, status == 200 ? "OK" : status == 401 ? "Unauthorized" : "Forbidden");
  for (unsigned i = 0; i < 4; i++) {
    const char *value = field(text, names[i], &length);
    at += snprintf(out + at, DATAGRAM_MOST - at, "%s: %.*s\r\n", names[i], length > 600 ? 600 : length, value);
  }
  const char *value = field(text, "To", &length);
  at += snprintf(out + at, DATAGRAM_MOST - at, "To: %.*s;tag=p%u\r\n", length > 600 ? 600 : length, value, index);
  if (status == 401) at += snprintf(out + at, DATAGRAM_MOST - at, "WWW-Authenticate: Digest realm=\"phone\", algorithm=MD5, qop=\"auth\", nonce=\"%s\"\r\n", nonce);
  at += snprintf(out + at, DATAGRAM_MOST - at, "Content-Length: 0\r\n\r\n");
  push((struct answer){now() + at_random(), to, index, at, out});
}

static void take(char *text, unsigned index, struct sockaddr_in from) {
  struct phone *p = &phones[index];
  int id_length, number_length;
  const char *id = field(text, "Call-ID", &id_length), *number = field(text, "CSeq", &number_length);
  if (strncmp(text, "NOTIFY ", 7) || !id_length || !number_length) {
    strays++;
    return;
  }
  unsigned long long whole = hashed(14695981039346656037ull, id, id_length) | 1;
  struct call *call = call_of(hashed(whole, number, number_length) | 1), *begun = call_of(whole);
  if (!begun->key) {
    *begun = (struct call){whole, index, 0};
    double at = now();
    if (!first_call) first_call = at;
    last_call = at;
    if (!p->calls++) p->told = at;
  }
  if (call->key) repeats++;
  else {
    *call = (struct call){hashed(whole, number, number_length) | 1, index, status_for(index, text)};
    if (call->status == 200) {
      p->taken++;
      if (server_port && !p->due && p->socket < 0) p->due = now() + at_random();
    }
  }
  if (call->status) answer(index, from, text, call->status);
}

static void receive(void) {
  enum { AT_ONCE = 64 };
  static char texts[AT_ONCE][DATAGRAM_MOST + 1], controls[AT_ONCE][64];
  static struct sockaddr_in froms[AT_ONCE];
  static struct iovec parts[AT_ONCE];
  static struct mmsghdr messages[AT_ONCE];
  for (;;) {
    for (int i = 0; i < AT_ONCE; i++) {
      parts[i] = (struct iovec){texts[i], DATAGRAM_MOST};
      messages[i].msg_hdr = (struct msghdr){&froms[i], sizeof froms[i], &parts[i], 1, controls[i], sizeof controls[i], 0};
    }
    int got = recvmmsg(udp, messages, AT_ONCE, MSG_DONTWAIT, NULL);
    if (got <= 0) return;
    for (int i = 0; i < got; i++) {
      struct cmsghdr *control = CMSG_FIRSTHDR(&messages[i].msg_hdr);
      if (!control || control->cmsg_type != IP_PKTINFO) die("no address");
      unsigned index = ntohl(((struct in_pktinfo *)CMSG_DATA(control))->ipi_addr.s_addr) - FIRST;
      texts[i][messages[i].msg_len] = 0;
      if (index < count) take(texts[i], index, froms[i]);
      else strays++;
    }
  }
}

static void send_due(void) {
  while (answers_count && answers[0].at <= now()) {
    struct answer a = pop();
    char control[CMSG_SPACE(sizeof(struct in_pktinfo))] = {0};
    struct iovec part = {a.text, a.length};
    struct msghdr message = {&a.to, sizeof a.to, &part, 1, control, sizeof control, 0};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){.cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO, .cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo))};
    ((struct in_pktinfo *)CMSG_DATA(header))->ipi_spec_dst.s_addr = htonl(FIRST + a.phone);
    sendmsg(udp, &message, MSG_DONTWAIT); /* what is lost, is lost */
    free(a.text);
  }
}

static void end_fetch(unsigned index, int is_whole) {
  struct phone *p = &phones[index];
  close(p->socket);
  p->socket = -1;
  fetching--;
  if (is_whole) p->fetched = now();
  else p->attempts++, p->due = now() + 1;
}

static void begin_fetch(unsigned index) {
  struct phone *p = &phones[index];
  struct sockaddr_in mine = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(FIRST + index)};
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(server_port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  p->due = 0;
  p->got = 0;
  memset(p->head, 0, sizeof p->head);
  p->socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (p->socket < 0) die("socket");
  fetching++;
  struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.u32 = index};
  if (bind(p->socket, (struct sockaddr *)&mine, sizeof mine)) die("bind");
  if (connect(p->socket, (struct sockaddr *)&server, sizeof server) && errno != EINPROGRESS) return end_fetch(index, 0);
  if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, p->socket, &e)) die("epoll_ctl");
}

static int is_whole(const struct phone *p) {
  const char *length = strcasestr(p->head, "\r\ncontent-length:"), *end = strstr(p->head, "\r\n\r\n");
  return !strncmp(p->head, "HTTP/1.1 200 ", 13) && length && end && p->got == end + 4 - p->head + strtoul(length + 17, NULL, 10);
}

static void go_on(unsigned index, unsigned events) {
  struct phone *p = &phones[index];
  if (p->socket < 0) return;
  if (events & EPOLLERR) return end_fetch(index, 0);
  if (events & EPOLLOUT && !p->got) {
    char request[256];
    int length = snprintf(request, sizeof request, "GET /02%010x.cfg HTTP/1.1\r\nHost: phones.example.com\r\nUser-Agent: Measured m1 1.2.3\r\nConnection: close\r\n\r\n", index + 1);
    if (send(p->socket, request, length, MSG_NOSIGNAL) < 0 && errno != EAGAIN && errno != ENOTCONN) return end_fetch(index, 0);
    struct epoll_event e = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.u32 = index};
    epoll_ctl(poll_fd, EPOLL_CTL_MOD, p->socket, &e);
  }
  static char piece[65536];
  for (ssize_t length;;) {
    length = recv(p->socket, piece, sizeof piece, 0);
    if (length < 0) {
      if (errno != EAGAIN && errno != EWOULDBLOCK) end_fetch(index, 0);
      return;
    }
    if (length == 0) return end_fetch(index, is_whole(p));
    size_t room = p->got < sizeof p->head - 1 ? sizeof p->head - 1 - p->got : 0;
    memcpy(p->head + p->got, piece, (size_t)length < room ? (size_t)length : room);
    p->got += length;
  }
}

static void report(void) {
  unsigned told = 0, more = 0, taken = 0, twice = 0, fetched = 0, attempts = 0;
  double last = 0;
  for (unsigned i = 0; i < count; i++) {
    const struct phone *p = &phones[i];
    told += p->calls > 0;
    more += p->calls > 1;
    taken += p->taken > 0;
    twice += p->taken > 1;
    fetched += p->fetched > 0;
    attempts += p->attempts;
    if (p->fetched > last) last = p->fetched;
  }
  printf("{\"told\":%u,\"toldAgain\":%u,\"taken\":%u,\"takenTwice\":%u,\"repeats\":%u,\"fetched\":%u,\"failedFetches\":%u,\"forged\":%u,\"strays\":%u,"
         "\"firstCall\":%.6f,\"lastCall\":%.6f,\"lastFetch\":%.6f}\n",
         told, more, taken, twice, repeats, fetched, attempts, forged, strays, first_call, last_call, last);
  fflush(stdout);
}

static void begin(void) {
  for (unsigned i = 0; i < count; i++) phones[i] = (struct phone){.kind = phones[i].kind, .socket = phones[i].socket, .due = phones[i].due};
  repeats = forged = strays = 0;
  has_begun = 1;
  first_call = last_call = 0;
  puts("{}");
  fflush(stdout);
}

/* 0 when nobody will say anything any more. */
static int hear(void) {
  static char line[64];
  static size_t length;
  char c;
  ssize_t got;
  while ((got = read(STDIN_FILENO, &c, 1)) == 1) {
    if (c != '\n') {
      if (length < sizeof line - 1) line[length++] = c;
      continue;
    }
    line[length] = 0;
    length = 0;
    if (!strcmp(line, "report")) report();
    if (!strcmp(line, "begin")) begin();
  }
  return got != 0;
}

static void open_udp(void) {
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(PORT)};
  int on = 1, room = 64 << 20;
  udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  setsockopt(udp, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
  setsockopt(udp, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  setsockopt(udp, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  if (bind(udp, (struct sockaddr *)&any, sizeof any)) die("port 5060");
}

static void watch(int fd, unsigned name) {
  struct epoll_event e = {.events = EPOLLIN, .data.u32 = name};
  if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &e)) die("epoll_ctl");
}

int main(int argc, char **argv) {
  enum { UDP = 0xffffffff, INPUT = 0xfffffffe, TICK = 0xfffffffd };
  if (argc != 5) {
    fprintf(stderr, "phones COUNT SERVER-PORT SILENT-EACH CHALLENGE-EACH\n");
    return 2;
  }
  count = atoi(argv[1]);
  server_port = atoi(argv[2]);
  unsigned silent = atoi(argv[3]), challenging = atoi(argv[4]);
  phones = calloc(count, sizeof *phones);
  calls = calloc(CALLS, sizeof *calls);
  for (unsigned i = 0; i < count; i++) {
    phones[i].socket = -1;
    phones[i].kind = silent && i % silent == 7 ? SILENT : challenging && i % challenging == 3 ? CHALLENGING : WILLING;
  }
  raise_descriptors();
  open_udp();
  poll_fd = epoll_create1(EPOLL_CLOEXEC);
  fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
  int tick = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  struct timespec each = {0, LOOK_MS * 1000000};
  timerfd_settime(tick, 0, &(struct itimerspec){each, each}, NULL);
  watch(udp, UDP);
  watch(STDIN_FILENO, INPUT);
  watch(tick, TICK);
  puts("{}");
  fflush(stdout);
  unsigned next = 0;
  for (struct epoll_event events[256];;) {
    int ready = epoll_wait(poll_fd, events, 256, -1);
    for (int i = 0; i < ready; i++) {
      unsigned name = events[i].data.u32;
      unsigned long long ticks;
      if (name == UDP) receive();
      else if (name == INPUT) {
        if (!hear()) return 0;
      } else if (name == TICK) {
        if (read(tick, &ticks, sizeof ticks) < 0) continue;
        send_due();
        /* A twentieth of them at a time: what is due is some milliseconds late. */
        for (unsigned looked = 0; server_port && looked < count / 20 + 1; looked++, next = (next + 1) % count)
          if (phones[next].due && phones[next].due <= now() && !(has_begun && phones[next].kind == SILENT)) begin_fetch(next);
      } else go_on(name, events[i].events);
    }
  }
}
