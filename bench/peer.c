/*
 * The two ends of the benchmark, in C so that they leave the processors to what is measured.
 *
 *   peer load PORT CONNECTIONS SECONDS PATIENTS TAG   a closed loop, one message in flight per connection; prints one JSON object
 *   peer sink                                         an MLLP receiver: prints its port; for each line it reads, its counts
 *
 * Both speak loopback only. The load warms up for four seconds before it counts: V8 compiles for that long.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WARM_UP_SECONDS 4
#define ROOM (256 * 1024)
#define CONNECTIONS_AT_MOST 1024

static void die(const char *what) {
  perror(what);
  exit(1);
}

static double now_ms(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

struct connection {
  int socket;
  char *in;
  size_t held;
  double sent_at;
  long own_sent;
};

static void no_delay(int socket) {
  int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* Loopback takes these few kilobytes at once unless the other side does not read; then this waits for it. */
static void write_all(int socket, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t written = send(socket, bytes, length, MSG_NOSIGNAL);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) die("write");
    bytes += written;
    length -= (size_t)written;
  }
}

/* ---------------------------------------------------------------- load */

static long port, connections, seconds, patients, tag;
static long sent, refused;
static int *sequences;
static struct connection *lines;

/* The same message as `admission` of test/crash/traffic.ts writes, framed. The sequence number stands in PID-4. */
static size_t admission(char *out, size_t room, const char *control, long patient, int sequence) {
  long mrn = 100000 + patient;
  return (size_t)snprintf(
      out, room,
      "\x0bMSH|^~\\&|EPIC|BENCH|SUTURE|APP|20260131120000||ADT^A01^ADT_A01|%s|T|2.5.1|||AL|NE||UNICODE UTF-8\r"
      "EVN|A01|20260131120000||ADT_EVENT|BENCHUSER^BENCH^USER|20260131115500\r"
      "PID|1||%ld^^^EPI^MR~Z%ld^^^EXTERNAL^EXTID|%d|MERIDIAN^ALDER^Q^^^^L||19700101|F||2106-3^White^HL70005|"
      "12 ORCHARD LANE^^LARKFIELD^IL^60000^USA^L||(555)555-0100^P^7^^^555^5550100||ENG|S||H%ld|||||||||||N\r"
      "PD1|||LARKFIELD CLINIC^^10501|1001^FERN^HOLLIS^^^^^^EPIC^^^^PROVID\r"
      "NK1|1|MERIDIAN^ROWAN|SPOUSE|12 ORCHARD LANE^^LARKFIELD^IL^60000^USA|(555)555-0101\r"
      "PV1|1|I|3N^301^A^LARKFIELD^^^^^^^DEPID|EL|||1001^FERN^HOLLIS^^^^^^EPIC^^^^PROVID|||MED||||1|||"
      "1001^FERN^HOLLIS^^^^^^EPIC^^^^PROVID|IP|%s|SELF|||||||||||||||||||LARKFIELD||ADM|||20260131115500\r"
      "PV2||PRIV|^CHEST DISCOMFORT|||||20260131|20260203||||||||||||N\r"
      "OBX|1|TX|ADMISSION_REASON^ADMITTING CATEGORY||OBSERVATION FOR ONE NIGHT||||||F\r"
      "AL1|1|DA|^NO KNOWN ALLERGIES\r"
      "ZPD||||||||||||||||||\r"
      "ZPV||||||||||||||||||||||\r"
      "\x1c\r",
      control, mrn, mrn, sequence, mrn, control);
}

static void send_next(long index) {
  static char message[4096];
  struct connection *line = &lines[index];
  /* A patient belongs to one connection, so that the order of his messages is the sender's. */
  long own = patients / connections > 0 ? patients / connections : 1;
  long patient = index * own + line->own_sent++ % own;
  char control[24];
  /* One sending application counts its messages, whatever connection they take (Epic: MSH-10 is an integer). */
  snprintf(control, sizeof control, "%ld", tag * 10000000 + ++sent);
  size_t length = admission(message, sizeof message, control, patient, ++sequences[patient]);
  line->sent_at = now_ms(CLOCK_MONOTONIC);
  write_all(line->socket, message, length);
}

static int ascending(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

static int load(void) {
  lines = calloc((size_t)connections, sizeof *lines);
  sequences = calloc((size_t)(patients + connections), sizeof *sequences);
  size_t counted = 0, room = 1 << 20;
  float *times = malloc(room * sizeof *times);
  int poll = epoll_create1(0);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (long index = 0; index < connections; index++) {
    struct connection *line = &lines[index];
    line->socket = socket(AF_INET, SOCK_STREAM, 0);
    line->in = malloc(ROOM);
    if (connect(line->socket, (struct sockaddr *)&to, sizeof to) < 0) die("connect");
    no_delay(line->socket);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)index};
    epoll_ctl(poll, EPOLL_CTL_ADD, line->socket, &event);
  }
  double begin = now_ms(CLOCK_MONOTONIC) + WARM_UP_SECONDS * 1e3, end = begin + seconds * 1e3, from = 0;
  for (long index = 0; index < connections; index++) send_next(index);
  long waiting = connections;
  while (waiting > 0) {
    struct epoll_event events[CONNECTIONS_AT_MOST];
    int ready = epoll_wait(poll, events, CONNECTIONS_AT_MOST, 10000);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) {
      fprintf(stderr, "no answer for ten seconds\n");
      return 1;
    }
    for (int n = 0; n < ready; n++) {
      long index = (long)events[n].data.u64;
      struct connection *line = &lines[index];
      ssize_t got = read(line->socket, line->in + line->held, ROOM - line->held);
      if (got <= 0) {
        fprintf(stderr, "the server closed a connection\n");
        return 1;
      }
      line->held += (size_t)got;
      char *stop = memchr(line->in, 0x1c, line->held);
      if (stop == NULL || stop + 1 >= line->in + line->held) continue;
      double at = now_ms(CLOCK_MONOTONIC);
      char *msa = memmem(line->in, (size_t)(stop - line->in), "\rMSA|", 5);
      if (msa == NULL || msa[5] != 'A' || msa[6] != 'A' || msa[7] != '|') refused++;
      else if (at >= begin && at < end) {
        if (from == 0) from = now_ms(CLOCK_REALTIME);
        if (counted == room) times = realloc(times, (room *= 2) * sizeof *times);
        times[counted++] = (float)(at - line->sent_at);
      }
      line->held = 0;
      if (at < end) send_next(index);
      else {
        close(line->socket);
        waiting--;
      }
    }
  }
  qsort(times, counted, sizeof *times, ascending);
  double p50 = counted ? times[counted / 2] : 0, p99 = counted ? times[(size_t)(counted * 0.99)] : 0;
  printf("{\"perSecond\":%.1f,\"p50\":%.3f,\"p99\":%.3f,\"refused\":%ld,\"sent\":%ld,\"counted\":%zu,\"from\":%.0f}\n",
         counted / (double)seconds, p50, p99, refused, sent, counted, from);
  return 0;
}

/* ---------------------------------------------------------------- sink */

static long received, inversions, twice;
static double last_at;
static uint64_t *seen;
static size_t seen_room = 1 << 22, seen_count;
static int *last_sequence;
static const long PATIENTS_AT_MOST = 1000000;

static int is_new(uint64_t id) {
  if (seen_count * 2 > seen_room) {
    uint64_t *old = seen;
    size_t room = seen_room;
    seen_room *= 2;
    seen = calloc(seen_room, sizeof *seen);
    for (size_t n = 0; n < room; n++) {
      if (old[n] == 0) continue;
      size_t at = (old[n] * 0x9e3779b97f4a7c15ull) & (seen_room - 1);
      while (seen[at] != 0) at = (at + 1) & (seen_room - 1);
      seen[at] = old[n];
    }
    free(old);
  }
  size_t at = (id * 0x9e3779b97f4a7c15ull) & (seen_room - 1);
  while (seen[at] != 0) {
    if (seen[at] == id) return 0;
    at = (at + 1) & (seen_room - 1);
  }
  seen[at] = id;
  seen_count++;
  return 1;
}

/* The nth field of the line at `at`, that is behind so many bars. */
static char *field(char *at, char *end, int bars) {
  while (bars > 0 && at < end && *at != '\r')
    if (*at++ == '|') bars--;
  return at;
}

static size_t take(char *content, char *end, char *answer) {
  char *control = field(content, end, 9);
  size_t length = strcspn(control, "|\r");
  if (is_new(strtoull(control, NULL, 10))) {
    received++;
    char *pid = memmem(content, (size_t)(end - content), "\rPID|", 5);
    if (pid != NULL) {
      long patient = atol(field(pid + 1, end, 3)) - 100000;
      int sequence = atoi(field(pid + 1, end, 4));
      if (patient >= 0 && patient < PATIENTS_AT_MOST) {
        if (sequence <= last_sequence[patient]) inversions++;
        last_sequence[patient] = sequence;
      }
    }
  } else twice++;
  return (size_t)sprintf(answer, "\x0bMSH|^~\\&|SINK|||||20260131120000||ACK|%.*s|T|2.5.1\rMSA|AA|%.*s\r\x1c\r",
                         (int)length, control, (int)length, control);
}

static int sink(void) {
  static struct connection peers[CONNECTIONS_AT_MOST];
  static char answers[2 * ROOM];
  seen = calloc(seen_room, sizeof *seen);
  last_sequence = calloc((size_t)PATIENTS_AT_MOST, sizeof *last_sequence);
  int listener = socket(AF_INET, SOCK_STREAM, 0), poll = epoll_create1(0), count = 0;
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = 0};
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof own;
  if (bind(listener, (struct sockaddr *)&own, size) < 0 || listen(listener, 128) < 0) die("listen");
  getsockname(listener, (struct sockaddr *)&own, &size);
  printf("%d\n", ntohs(own.sin_port));
  fflush(stdout);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  event.data.fd = STDIN_FILENO;
  epoll_ctl(poll, EPOLL_CTL_ADD, STDIN_FILENO, &event);
  for (;;) {
    struct epoll_event events[CONNECTIONS_AT_MOST];
    int ready = epoll_wait(poll, events, CONNECTIONS_AT_MOST, -1);
    for (int n = 0; n < ready; n++) {
      int from = events[n].data.fd;
      if (from == STDIN_FILENO) {
        char line[64];
        if (read(STDIN_FILENO, line, sizeof line) <= 0) return 0;
        printf("{\"received\":%ld,\"inversions\":%ld,\"twice\":%ld,\"lastAt\":%.0f}\n", received, inversions, twice, last_at);
        fflush(stdout);
        continue;
      }
      if (from == listener) {
        int fresh = accept(listener, NULL, NULL);
        if (fresh < 0) continue;
        if (count == CONNECTIONS_AT_MOST || fresh >= CONNECTIONS_AT_MOST) die("too many connections");
        count++;
        no_delay(fresh);
        peers[fresh] = (struct connection){.socket = fresh, .in = malloc(ROOM)};
        event.data.fd = fresh;
        epoll_ctl(poll, EPOLL_CTL_ADD, fresh, &event);
        continue;
      }
      struct connection *peer = &peers[from];
      ssize_t got = read(from, peer->in + peer->held, ROOM - 1 - peer->held);
      if (got <= 0) {
        close(from);
        free(peer->in);
        count--;
        continue;
      }
      peer->held += (size_t)got;
      char *at = peer->in, *end = peer->in + peer->held;
      *end = 0;
      size_t answered = 0;
      for (;;) {
        char *stop = memchr(at, 0x1c, (size_t)(end - at));
        if (stop == NULL || stop + 1 >= end) break;
        char *start = memchr(at, 0x0b, (size_t)(stop - at));
        if (start != NULL) answered += take(start + 1, stop, answers + answered);
        at = stop + 2;
      }
      peer->held = (size_t)(end - at);
      memmove(peer->in, at, peer->held);
      if (answered > 0) {
        last_at = now_ms(CLOCK_REALTIME);
        /* What came in one chunk is answered in one. */
        write_all(from, answers, answered);
      }
    }
  }
}

int main(int count, char **words) {
  if (count == 2 && strcmp(words[1], "sink") == 0) return sink();
  if (count == 7 && strcmp(words[1], "load") == 0) {
    long *values[] = {&port, &connections, &seconds, &patients, &tag};
    for (int n = 0; n < 5; n++) *values[n] = atol(words[n + 2]);
    if (connections < 1 || connections > CONNECTIONS_AT_MOST || seconds < 1 || patients < 1) return 2;
    return load();
  }
  fprintf(stderr, "peer load PORT CONNECTIONS SECONDS PATIENTS TAG | peer sink\n");
  return 2;
}
