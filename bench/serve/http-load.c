/*
 * Phones that boot, for the measurements of bench/serve: fetches many files over HTTP or HTTPS from one server, on so many connections at once, with a
 * connection for each request or with one for many, and checks every byte. One thread; Linux, and OpenSSL.
 *
 *   http-load HOST PORT FOLDER LIST CONNECTIONS KEEP-ALIVE TLS
 *
 * LIST names a file with one name of a file in FOLDER per line: each line is one request. KEEP-ALIVE and TLS are 0 or 1.
 * Each TLS connection makes a whole handshake, as phones that boot do: none is resumed. Prints one line of JSON.
 */
#include "load.h"
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

enum { HEAD_MOST = 4096, REQUEST_MOST = 1024, PIECE = 65536, PATIENCE_MS = 10000 };

enum state { CONNECTING, SHAKING, SENDING, READING_HEAD, READING_BODY, DRAINING };

/* One connection after the other, and on each a request or several. */
struct line {
  enum state state;
  int socket;
  SSL *tls;
  const struct file *file;
  double began;
  unsigned answered; /* on this connection */
  char request[REQUEST_MOST];
  int request_length, sent;
  char head[HEAD_MOST + 1];
  int head_length;
  size_t length, got; /* of the body */
  int wrong, last;    /* the server ends the connection after this answer */
};

static const char *folder, *host;
static struct sockaddr_in server;
static int at_once, keep_alive, use_tls, poll_fd;
static SSL_CTX *context;

static struct file *files;
static unsigned count, next_file, running, failed, wrong, reconnects, resets, connections, finished;
static unsigned long long bytes_got;
static double *times;
static const char *fault = "";

static void open_connection(struct line *l) {
  struct sockaddr_in mine = {.sin_family = AF_INET};
  mine.sin_addr.s_addr = htonl(0x7f000002u + connections++ % 250); /* 127.0.0.2 and so on: phones are many */
  int on = 1;
  l->socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (l->socket < 0) die("socket");
  setsockopt(l->socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  setsockopt(l->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (bind(l->socket, (struct sockaddr *)&mine, sizeof mine)) die("bind");
  if (connect(l->socket, (struct sockaddr *)&server, sizeof server) && errno != EINPROGRESS) die("connect");
  struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = l};
  if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, l->socket, &e)) die("epoll_ctl");
  l->state = CONNECTING;
  l->answered = 0;
  if (!use_tls) return;
  l->tls = SSL_new(context);
  SSL_set_fd(l->tls, l->socket);
  SSL_set_tlsext_host_name(l->tls, "phones.example.com");
  SSL_set_connect_state(l->tls);
}

static void close_connection(struct line *l) {
  if (l->tls) SSL_free(l->tls);
  l->tls = NULL;
  close(l->socket);
  l->socket = -1;
}

/* Bytes, 0 at the end of the connection, -1 when it failed, -2 when there is nothing to do yet. */
static ssize_t outcome(struct line *l, ssize_t done) {
  if (done > 0) return done;
  if (!l->tls) return done < 0 && (errno == EAGAIN || errno == ENOTCONN) ? -2 : done;
  int saved = errno, reason = SSL_get_error(l->tls, done);
  if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE) return -2;
  if (reason == SSL_ERROR_ZERO_RETURN || (reason == SSL_ERROR_SYSCALL && saved == 0)) return 0;
  ERR_clear_error();
  return -1;
}

static ssize_t receive(struct line *l, void *into, size_t room) {
  errno = 0;
  return outcome(l, l->tls ? SSL_read(l->tls, into, room) : recv(l->socket, into, room, 0));
}

static ssize_t transmit(struct line *l, const void *from, size_t length) {
  errno = 0;
  return outcome(l, l->tls ? SSL_write(l->tls, from, length) : send(l->socket, from, length, MSG_NOSIGNAL));
}

/* Takes the next file; 0 when there is none. */
static int take_file(struct line *l) {
  if (next_file == count) return 0;
  l->file = &files[next_file++];
  l->began = now();
  l->request_length = snprintf(l->request, REQUEST_MOST, "GET /%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: Measured m1 1.2.3\r\nAccept: */*\r\n%s\r\n",
                               l->file->name, host, keep_alive ? "" : "Connection: close\r\n");
  return 1;
}

static void begin_request(struct line *l) {
  l->sent = l->head_length = l->wrong = l->last = 0;
  l->got = 0;
}

static void go_on(struct line *l) {
  close_connection(l);
  if (take_file(l)) open_connection(l);
  else running--;
}

static void give_up(struct line *l, const char *why) {
  failed++;
  if (!*fault) fault = why;
  go_on(l);
}

/* 0 when it is malformed. */
static int read_head(struct line *l) {
  if (strncmp(l->head, "HTTP/1.1 200 ", 13)) return 0;
  const char *length = strcasestr(l->head, "\r\ncontent-length:");
  if (!length) return 0;
  l->length = strtoul(length + 17, NULL, 10);
  l->last = strcasestr(l->head, "\r\nconnection: close") != NULL;
  l->wrong = l->length != l->file->size;
  return 1;
}

static void take_body(struct line *l, const unsigned char *data, size_t length) {
  if (l->got + length > l->file->size || memcmp(l->file->bytes + l->got, data, length)) l->wrong = 1;
  l->got += length;
  bytes_got += length;
}

/* 1 when there is more to do at once. */
static int answer_is_here(struct line *l) {
  times[finished++] = now() - l->began;
  if (l->got != l->length) l->wrong = 1;
  wrong += l->wrong;
  l->answered++;
  if (keep_alive && !l->last) {
    if (take_file(l)) {
      begin_request(l);
      l->state = SENDING;
      return 1;
    }
    close_connection(l);
    running--;
    return 0;
  }
  l->state = DRAINING;
  return 1;
}

/* 1 when there is more to do at once. */
static int read_some(struct line *l) {
  static unsigned char piece[PIECE];
  ssize_t length = receive(l, piece, sizeof piece);
  if (length == -2) return 0;
  if (l->state == DRAINING) {
    if (length > 0) return give_up(l, "bytes after the answer"), 0;
    if (length < 0) resets++;
    return go_on(l), 0;
  }
  if (length <= 0) {
    if (!l->answered || l->head_length) return give_up(l, "the connection ended before the answer"), 0;
    reconnects++; /* it was kept until this moment, and no longer */
    close_connection(l);
    return open_connection(l), 0;
  }
  unsigned char *data = piece;
  if (l->state == READING_HEAD) {
    int before = l->head_length, room = HEAD_MOST - before, part = length < room ? length : room;
    memcpy(l->head + before, piece, part);
    l->head[l->head_length += part] = 0;
    char *end = strstr(l->head, "\r\n\r\n");
    if (!end) return l->head_length == HEAD_MOST ? (give_up(l, "a head without end"), 0) : 1;
    *(end + 2) = 0;
    if (!read_head(l)) return give_up(l, "another answer than 200 with a length"), 0;
    data += end + 4 - l->head - before;
    l->state = READING_BODY;
  }
  take_body(l, data, piece + length - data);
  if (l->got < l->length) return 1;
  return answer_is_here(l);
}

/* 1 when there is more to do at once. */
static int step(struct line *l) {
  ssize_t done;
  switch (l->state) {
    case CONNECTING:
      begin_request(l);
      l->state = use_tls ? SHAKING : SENDING;
      return 1;
    case SHAKING:
      done = outcome(l, SSL_do_handshake(l->tls));
      if (done == -2) return 0;
      if (done <= 0) return give_up(l, "no handshake"), 0;
      l->state = SENDING;
      return 1;
    case SENDING:
      done = transmit(l, l->request + l->sent, l->request_length - l->sent);
      if (done == -2) return 0;
      if (done <= 0) {
        if (!l->answered) return give_up(l, "the request cannot be sent"), 0;
        reconnects++;
        close_connection(l);
        return open_connection(l), 0;
      }
      l->sent += done;
      if (l->sent < l->request_length) return 1;
      l->state = READING_HEAD;
      return 0; /* an event of its own says when the answer is here */
    default:
      return read_some(l);
  }
}

static void load(struct file *f, char *name) {
  *f = mapped(folder, name);
}

static void read_list(const char *path) {
  FILE *list = fopen(path, "r");
  if (!list) die(path);
  char name[512];
  unsigned room = 0;
  while (fgets(name, sizeof name, list)) {
    name[strcspn(name, "\n")] = 0;
    if (count == room) files = realloc(files, (room = room ? room * 2 : 1024) * sizeof *files);
    load(&files[count++], name);
  }
  fclose(list);
  times = calloc(count + 1, sizeof *times);
}

int main(int argc, char **argv) {
  if (argc < 8) return fprintf(stderr, "wanted: HOST PORT FOLDER LIST CONNECTIONS KEEP-ALIVE TLS\n"), 2;
  server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
  if (!inet_pton(AF_INET, argv[1], &server.sin_addr)) die("address");
  host = argv[1];
  folder = argv[3];
  at_once = atoi(argv[5]);
  keep_alive = atoi(argv[6]);
  use_tls = atoi(argv[7]);
  raise_descriptors();
  read_list(argv[4]);
  poll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (use_tls) {
    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL); /* the bytes are checked, not the name */
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE);
    SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
  }
  struct line *lines = calloc(at_once, sizeof *lines);

  double begun = now();
  struct rusage before;
  getrusage(RUSAGE_SELF, &before);
  for (int i = 0; i < at_once && take_file(&lines[i]); i++) {
    running++;
    open_connection(&lines[i]);
  }
  struct epoll_event events[256];
  while (running) {
    int ready = epoll_wait(poll_fd, events, 256, PATIENCE_MS);
    if (ready == 0) {
      failed += running + count - next_file;
      fault = "nothing came for ten seconds";
      break;
    }
    for (int i = 0; i < ready; i++) {
      struct line *l = events[i].data.ptr;
      int socket = l->socket;
      while (l->socket == socket && l->socket >= 0 && step(l)) {
      }
    }
  }
  double wall = now() - begun;
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  double cpu = used.ru_utime.tv_sec + used.ru_stime.tv_sec - before.ru_utime.tv_sec - before.ru_stime.tv_sec +
               (used.ru_utime.tv_usec + used.ru_stime.tv_usec - before.ru_utime.tv_usec - before.ru_stime.tv_usec) / 1e6;
  qsort(times, finished, sizeof *times, by_size);
  printf("{\"requests\":%u,\"failed\":%u,\"wrong\":%u,\"connections\":%u,\"reconnects\":%u,\"resets\":%u,\"seconds\":%.6f,\"bytes\":%llu,"
         "\"p50\":%.3f,\"p99\":%.3f,\"worst\":%.3f,\"cpu\":%.4f,\"fault\":\"%s\"}\n",
         finished, failed, wrong, connections, reconnects, resets, wall, bytes_got, percentile(times, finished, 0.5), percentile(times, finished, 0.99), percentile(times, finished, 1), cpu, fault);
  return 0;
}
