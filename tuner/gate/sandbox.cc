#include "tuner/gate/sandbox.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "results/error.h"
#include "tuner/compile/process.h"

namespace tilesmith {

struct Channel::Page {
  std::atomic<std::int64_t> call_started_ns;
  std::atomic<bool> returned;
  std::atomic<bool> failed;  // the body threw: `diagnosis` says what
  std::atomic<bool> out_of_memory;
  char stage[kStageCapacity];
  char diagnosis[kDiagnosisCapacity];
  std::atomic<std::size_t> size;
  char payload[kCapacity];
};

namespace {

std::int64_t Now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Always leaves a terminated string: the text may be read after its writer was killed half-way.
void CopyText(char* to, std::size_t capacity, std::string_view text) {
  const std::size_t n = std::min(text.size(), capacity - 1);
  to[n] = '\0';
  std::memcpy(to, text.data(), n);
}

#if defined(__SANITIZE_ADDRESS__)
// Its shadow alone maps terabytes.
void LimitMemory(std::uint64_t) {}
#else
std::uint64_t AddressSpaceInUse() {
  unsigned long pages = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%lu", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

void LimitMemory(std::uint64_t bytes) {
  const rlim_t limit = AddressSpaceInUse() + bytes;
  const rlimit address_space{limit, limit};
  setrlimit(RLIMIT_AS, &address_space);
}
#endif

std::atomic<bool>* child_out_of_memory = nullptr;

void OnOutOfMemory() {
  child_out_of_memory->store(true);
  std::abort();
}

void PrepareChild(const Limits& limits) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // a killed sweep leaves no kernel running
  std::signal(SIGINT, SIG_IGN);      // the parent decides
  std::signal(SIGTERM, SIG_DFL);
  if (const int null = open("/dev/null", O_RDWR); null >= 0) {
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    close(null);
  }
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  LimitMemory(limits.memory_bytes);
  std::set_new_handler(OnOutOfMemory);
}

int PidFd(pid_t pid) { return static_cast<int>(syscall(SYS_pidfd_open, pid, 0)); }

// Waits for the child at most `milliseconds`; true when it has ended.
bool WaitFor(int pidfd, pid_t pid, int milliseconds, int* status) {
  if (pidfd >= 0) {
    pollfd entry{pidfd, POLLIN, 0};
    poll(&entry, 1, milliseconds);
  } else {
    usleep(2000);  // a kernel without pidfd
  }
  return waitpid(pid, status, WNOHANG) == pid;
}

}  // namespace

void Channel::Stage(std::string_view stage) {
  CopyText(page_->stage, kStageCapacity, stage);
  page_->call_started_ns.store(Now());
}

void Channel::Diagnose(std::string_view text) {
  CopyText(page_->diagnosis, kDiagnosisCapacity, text);
}

void Channel::Send(std::string_view payload) {
  TILESMITH_CHECK(payload.size() <= kCapacity);
  std::memcpy(page_->payload, payload.data(), payload.size());
  page_->size.store(payload.size());
}

std::string Ending::Describe() const {
  const std::string where = stage.empty() ? "" : " in " + stage;
  const std::string why = diagnosis.empty() ? "" : ": " + diagnosis;
  switch (how) {
    case How::kReturned: return "returned" + where + why;
    case How::kExited: return fmt::format("called exit({}){}{}", code, where, why);
    case How::kFailed: return diagnosis;
    case How::kSignalled:
      return fmt::format("signal {} ({}){}{}", code, strsignal(code), where, why);
    case How::kTimedOut: return fmt::format("no end after {:.1f} s{}", seconds, where);
    case How::kOutOfMemory: return "ran into the memory limit" + where;
  }
  TILESMITH_CHECK(!"an ending");
  return {};
}

/// One child: its shared page, its process, and the wait for it.
class Sandbox {
 public:
  Sandbox() {
    void* map = mmap(nullptr, sizeof(Channel::Page), PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED) {
      throw UserError(fmt::format("cannot map memory for a child: {}", std::strerror(errno)));
    }
    page_ = new (map) Channel::Page;  // mmap has zeroed it
  }
  ~Sandbox() { munmap(page_, sizeof(Channel::Page)); }
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  Ending Run(const std::function<void(Channel&)>& body, const Limits& limits) {
    page_->call_started_ns.store(Now());
    const std::int64_t begin = Now();
    const pid_t pid = fork();
    if (pid < 0) {
      throw UserError(fmt::format("cannot start a child process: {}", std::strerror(errno)));
    }
    if (pid == 0) RunChild(body, limits);
    setpgid(pid, pid);  // as the child does: whoever is first
    Ending ending = Wait(pid, begin, limits);
    ending.seconds = static_cast<double>(Now() - begin) * 1e-9;
    ending.stage = page_->stage;
    ending.diagnosis = page_->diagnosis;
    ending.payload.assign(page_->payload, page_->size.load());
    return ending;
  }

 private:
  [[noreturn]] void RunChild(const std::function<void(Channel&)>& body, const Limits& limits) {
    child_out_of_memory = &page_->out_of_memory;
    PrepareChild(limits);
    Channel channel(page_);
    try {
      body(channel);
      page_->returned.store(true);
    } catch (const std::bad_alloc&) {
      page_->out_of_memory.store(true);
    } catch (const std::exception& error) {
      channel.Diagnose(error.what());
      page_->failed.store(true);
    }
    _exit(0);
  }

  Ending Wait(pid_t pid, std::int64_t begin, const Limits& limits) {
    const int pidfd = PidFd(pid);
    int status = 0;
    bool timed_out = false;
    while (!WaitFor(pidfd, pid, 50, &status)) {
      const std::int64_t now = Now();
      timed_out = static_cast<double>(now - page_->call_started_ns.load()) > limits.call_s * 1e9 ||
                  static_cast<double>(now - begin) > limits.total_s * 1e9;
      if (timed_out || Interrupted()) {
        kill(-pid, SIGKILL);
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
        break;
      }
    }
    if (pidfd >= 0) close(pidfd);
    kill(-pid, SIGKILL);  // whatever the kernel may have started
    if (Interrupted()) throw Interrupt{};
    return Read(status, timed_out);
  }

  Ending Read(int status, bool timed_out) const {
    Ending ending;
    if (timed_out) {
      ending.how = Ending::How::kTimedOut;
    } else if (page_->out_of_memory.load()) {
      ending.how = Ending::How::kOutOfMemory;
    } else if (WIFSIGNALED(status)) {
      ending.how = Ending::How::kSignalled;
      ending.code = WTERMSIG(status);
    } else if (page_->failed.load()) {
      ending.how = Ending::How::kFailed;
    } else if (!page_->returned.load()) {
      ending.how = Ending::How::kExited;
      ending.code = WEXITSTATUS(status);
    }
    return ending;
  }

  Channel::Page* page_;
};

Ending RunInChild(const std::function<void(Channel&)>& body, const Limits& limits) {
  Sandbox sandbox;
  return sandbox.Run(body, limits);
}

}  // namespace tilesmith
