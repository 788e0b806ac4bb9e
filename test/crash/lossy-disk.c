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
 * write fails with ENOSPC; while it holds "broken", every sync fails with EIO.
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
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
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
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static ssize_t (*real_pwritev)(int, const struct iovec *, int, off_t);
static int (*real_ftruncate)(int, off_t);
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
  real_write = dlsym(RTLD_NEXT, "write");
  watched = setting("LOSSY_DIR");
  undo_folder = setting("LOSSY_UNDO");
  watched_length = watched ? strlen(watched) : 0;
  fault_file = setting("LOSSY_FAULT");
  const char *sync = getenv("LOSSY_SYNC");
  syncing = !(sync && strcmp(sync, "off") == 0);
}

static int fault_is(const char *wanted) {
  if (!fault_file) return 0;
  int fd = open(fault_file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  char word[16] = "";
  ssize_t got = read(fd, word, sizeof word - 1);
  close(fd);
  return got > 0 && strncmp(word, wanted, strlen(wanted)) == 0;
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
  int reader = keep ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  ssize_t got = reader >= 0 ? pread(reader, record + sizeof(struct undo_head), keep, offset) : 0;
  if (reader >= 0) close(reader);
  struct undo_head head = {info.st_size, offset, got > 0 ? got : 0};
  memcpy(record, &head, sizeof head);
  char log[PATH_MAX];
  undo_path(path, log);
  int out = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
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
    if (fault_is("full")) {                    \
      errno = ENOSPC;                          \
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
  if (fault_is("broken")) {
    errno = EIO;
    return -1;
  }
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
