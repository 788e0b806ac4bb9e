/*
 * A disk that loses what was not synced. Loaded with LD_PRELOAD into the process under test, it notes the
 * old content of every write below LOSSY_DIR in an undo log (one file each, in LOSSY_UNDO) and drops that
 * log when the file is synced. After the process was killed, lossy-disk.ts plays the logs backwards: what
 * then lies in LOSSY_DIR is what a pulled plug may leave. The page cache alone would hide the loss.
 *
 * LOSSY_SYNC=off: syncing reports success and does nothing. That is the sabotage which must turn the crash
 * test red.
 *
 * LOSSY_FAULT names a file that a test makes and removes while the process runs: while it holds "full", every
 * write fails with ENOSPC; "broken", every sync fails with EIO; "readonly", every write and every opening for
 * writing fails with EROFS; "slow", every sync takes 200 ms longer.
 *
 * LOSSY_NTH=n: the n-th call that changes the folder (write, cut, sync, opening for writing) fails, with ENOSPC
 * or, with LOSSY_ERROR=EIO, with EIO. LOSSY_LASTING=1: so do all after it, until LOSSY_FAULT holds "mended".
 * When it has come to that the file `LOSSY_FAULT.hit` is made.
 *
 * Not modelled: torn writes, files not yet synced after creation, mmap (SQLite maps only its -shm file, which
 * it rebuilds).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct undo_head {
  int64_t size;   /* of the file before the write */
  int64_t offset; /* where the old bytes stood */
  int64_t kept;   /* how many of them follow */
};

static const char *watched, *undo_folder;
static size_t watched_length;
static const char *fault_file;
static int syncing = 1;
static long nth, calls;
static int nth_error = ENOSPC, lasting;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static ssize_t (*real_pwritev)(int, const struct iovec *, int, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_open)(const char *, int, ...);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);

/* A copy: PostgreSQL writes the titles of its processes over the environment. */
static const char *setting(const char *name) {
  const char *value = getenv(name);
  return value ? strdup(value) : NULL;
}

__attribute__((constructor)) static void prepare(void) {
  if (real_write) return;
  real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
  real_writev = dlsym(RTLD_NEXT, "writev");
  real_pwritev = dlsym(RTLD_NEXT, "pwritev64");
  real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  real_open = dlsym(RTLD_NEXT, "open64");
  real_write = dlsym(RTLD_NEXT, "write");
  watched = setting("LOSSY_DIR");
  undo_folder = setting("LOSSY_UNDO");
  watched_length = watched ? strlen(watched) : 0;
  fault_file = setting("LOSSY_FAULT");
  const char *sync = getenv("LOSSY_SYNC");
  syncing = !(sync && strcmp(sync, "off") == 0);
  const char *number = getenv("LOSSY_NTH"), *error = getenv("LOSSY_ERROR");
  nth = number ? atol(number) : 0;
  if (error && strcmp(error, "EIO") == 0) nth_error = EIO;
  lasting = getenv("LOSSY_LASTING") != NULL;
}

static int fault_is(const char *wanted) {
  if (!fault_file) return 0;
  int fd = real_open(fault_file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  char word[16] = "";
  ssize_t got = read(fd, word, sizeof word - 1);
  close(fd);
  return got > 0 && strncmp(word, wanted, strlen(wanted)) == 0;
}

/* Counts a call that changes the folder; says yes when it is the one that fails, or after it. */
static int fails_now(void) {
  if (nth <= 0) return 0;
  long call = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
  if (call < nth || (call > nth && (!lasting || fault_is("mended")))) return 0;
  if (call == nth && fault_file) {
    char hit[PATH_MAX];
    snprintf(hit, sizeof hit, "%s.hit", fault_file);
    int fd = real_open(hit, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0) close(fd);
  }
  errno = nth_error;
  return 1;
}

/* Fills `path` and says yes when the descriptor is a regular file below the watched folder. */
static int is_watched(int fd, char *path) {
  if (!watched) return 0;
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  if (strncmp(path, watched, watched_length) != 0) return 0;
  struct stat info;
  return fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

static void undo_path(const char *path, char *out) {
  int at = snprintf(out, PATH_MAX, "%s/", undo_folder);
  for (; *path && at < PATH_MAX - 1; path++) out[at++] = *path == '/' ? '%' : *path;
  out[at] = 0;
}

static void remember(int fd, const char *path, off_t offset, size_t length) {
  if (!undo_folder) return;
  struct stat info;
  if (fstat(fd, &info) != 0) return;
  off_t there = offset < info.st_size ? info.st_size - offset : 0;
  size_t keep = (off_t)length < there ? length : (size_t)there;
  char *record = malloc(sizeof(struct undo_head) + keep);
  if (!record) abort();
  int reader = keep ? real_open(path, O_RDONLY | O_CLOEXEC) : -1;
  ssize_t got = reader >= 0 ? pread(reader, record + sizeof(struct undo_head), keep, offset) : 0;
  if (reader >= 0) close(reader);
  struct undo_head head = {info.st_size, offset, got > 0 ? got : 0};
  memcpy(record, &head, sizeof head);
  char log[PATH_MAX];
  undo_path(path, log);
  int out = real_open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (out < 0 || real_write(out, record, sizeof head + head.kept) < 0) abort();
  close(out);
  free(record);
}

static off_t position(int fd) {
  if (fcntl(fd, F_GETFL) & O_APPEND) {
    struct stat info;
    fstat(fd, &info);
    return info.st_size;
  }
  return lseek(fd, 0, SEEK_CUR);
}

static size_t total(const struct iovec *parts, int count) {
  size_t sum = 0;
  for (int i = 0; i < count; i++) sum += parts[i].iov_len;
  return sum;
}

#define NOTED(fd, offset, length, call)        \
  do {                                         \
    prepare();                                 \
    char path[PATH_MAX];                       \
    if (!is_watched(fd, path)) return call;    \
    if (fails_now()) return -1;                \
    if (fault_is("full")) {                    \
      errno = ENOSPC;                          \
      return -1;                               \
    }                                          \
    if (fault_is("readonly")) {                \
      errno = EROFS;                           \
      return -1;                               \
    }                                          \
    pthread_mutex_lock(&lock);                 \
    remember(fd, path, offset, length);        \
    __typeof__(call) result = call;            \
    pthread_mutex_unlock(&lock);               \
    return result;                             \
  } while (0)

ssize_t write(int fd, const void *bytes, size_t length) { NOTED(fd, position(fd), length, real_write(fd, bytes, length)); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t at) { NOTED(fd, at, length, real_pwrite(fd, bytes, length, at)); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return pwrite64(fd, bytes, length, at); }
ssize_t writev(int fd, const struct iovec *parts, int count) { NOTED(fd, position(fd), total(parts, count), real_writev(fd, parts, count)); }
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t at) { NOTED(fd, at, total(parts, count), real_pwritev(fd, parts, count, at)); }
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) { return pwritev64(fd, parts, count, at); }

int ftruncate64(int fd, off_t size) {
  prepare();
  char path[PATH_MAX];
  struct stat info;
  if (!is_watched(fd, path) || fstat(fd, &info) != 0) return real_ftruncate(fd, size);
  if (fails_now()) return -1;
  pthread_mutex_lock(&lock);
  remember(fd, path, size < info.st_size ? size : info.st_size, size < info.st_size ? info.st_size - size : 0);
  int result = real_ftruncate(fd, size);
  pthread_mutex_unlock(&lock);
  return result;
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

static int sync_and_forget(int fd, int (*sync)(int)) {
  char path[PATH_MAX];
  if (!is_watched(fd, path)) return sync(fd);
  if (fails_now()) return -1;
  if (fault_is("broken")) {
    errno = EIO;
    return -1;
  }
  if (fault_is("slow")) nanosleep(&(struct timespec){0, 200000000}, NULL);
  if (!syncing) return 0;
  pthread_mutex_lock(&lock);
  int result = sync(fd);
  if (result == 0 && undo_folder) {
    char log[PATH_MAX];
    undo_path(path, log);
    unlink(log);
  }
  pthread_mutex_unlock(&lock);
  return result;
}
int fsync(int fd) { prepare(); return sync_and_forget(fd, real_fsync); }
int fdatasync(int fd) { prepare(); return sync_and_forget(fd, real_fdatasync); }

/* Only the folder's own files: a file that is opened to be read changes nothing. */
static int open_watched(const char *path, int flags, mode_t mode) {
  prepare();
  if (watched && (flags & O_ACCMODE) != O_RDONLY && strncmp(path, watched, watched_length) == 0) {
    if (fails_now()) return -1;
    if (fault_is("readonly")) {
      errno = EROFS;
      return -1;
    }
  }
  return real_open(path, flags, mode);
}
#define MODE_OF(flags)                        \
  mode_t mode = 0;                            \
  if (flags & (O_CREAT | O_TMPFILE)) {        \
    va_list more;                             \
    va_start(more, flags);                    \
    mode = va_arg(more, mode_t);              \
    va_end(more);                             \
  }
int open64(const char *path, int flags, ...) { MODE_OF(flags) return open_watched(path, flags, mode); }
int open(const char *path, int flags, ...) { MODE_OF(flags) return open_watched(path, flags, mode); }
