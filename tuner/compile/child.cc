#include "tuner/compile/child.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "results/error.h"

namespace tilesmith::internal {
namespace {

constexpr std::size_t kMaxOutput = std::size_t{256} << 20;
constexpr std::size_t kMaxErrors = std::size_t{64} << 10;
constexpr std::size_t kChunk = std::size_t{64} << 10;

struct Pipe {
  Fd read, write;
};

/// False, with errno set, when descriptors run out.
bool Open(Pipe& pipe) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  pipe.read = Fd(ends[0]);
  pipe.write = Fd(ends[1]);
  // Of this end only: a child that finds its own stdout non-blocking loses output.
  return fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
}

/// A file in memory rather than a pipe: a child that does not read its input can neither block us
/// nor send us SIGPIPE.
Fd InputFile(std::string_view text) {
  if (text.empty()) return Fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
  Fd file(memfd_create("stdin", MFD_CLOEXEC));
  while (file.open() && !text.empty()) {
    const ssize_t n = write(file.get(), text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Fd();
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  if (file.open() && lseek(file.get(), 0, SEEK_SET) != 0) return Fd();
  return file;
}

/// Reads what is there; closes at the end of file.
void ReadInto(Fd& fd, std::string& text, std::size_t limit) {
  static char buffer[kChunk];
  // Bounded, because a process that left the group may write for ever.
  for (int i = 0; i < 16 && fd.open(); ++i) {
    const ssize_t n = read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) return fd.Close();
    text.append(buffer, std::min(static_cast<std::size_t>(n), limit - text.size()));
  }
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& s : strings) pointers.push_back(const_cast<char*>(s.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

/// This process's environment with `changes` laid over it.
std::vector<std::string> Environment(const std::vector<std::string>& changes) {
  std::vector<std::string> result = changes;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::string_view name = text.substr(0, text.find('=') + 1);
    const auto replaces = [&](const std::string& c) {
      return c.compare(0, name.size(), name) == 0;
    };
    if (std::none_of(changes.begin(), changes.end(), replaces)) result.emplace_back(text);
  }
  return result;
}

/// Inherited by what the child starts from now on. More than the wall limit, so that it never
/// decides.
void LimitProcessorTime(pid_t pid, double limit_s) {
  const auto seconds = static_cast<rlim_t>(std::min(limit_s, 1e9)) + 5;
  const rlimit limit{seconds, seconds};
  prlimit(pid, RLIMIT_CPU, &limit, nullptr);  // fails only for a child that has ended
}

/// What the child is to be given before it runs.
class SpawnSettings {
 public:
  SpawnSettings(int input, int output, int errors) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setpgroup(&attributes_, 0);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    for (const int signal : {SIGINT, SIGTERM, SIGPIPE, SIGCHLD}) sigaddset(&signals, signal);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
  }
  ~SpawnSettings() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  /// 0, or the error.
  int Spawn(pid_t& pid, const std::string& program, const Command& command) const {
    const std::vector<std::string> environment = Environment(command.environment);
    return posix_spawn(&pid, program.c_str(), &actions_, &attributes_,
                       Pointers(command.arguments).data(), Pointers(environment).data());
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

void Fd::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

Child::Child(const Command& command, std::size_t index, double limit_s)
    : index_(index), start_(Clock::now()) {
  TILESMITH_CHECK(!command.arguments.empty());
  Start(command, limit_s);
}

Child::~Child() {
  if (pid_ > 0) KillAndReap();
}

void Child::Start(const Command& command, double limit_s) {
  const std::string& name = command.arguments[0];
  const std::string program = FindProgram(name);
  if (program.empty()) return NotStarted(name, ENOENT);
  Pipe output, errors;
  if (!Open(output) || !Open(errors)) return NotStarted(name, errno);
  const Fd input = InputFile(command.input);
  if (!input.open()) return NotStarted(name, errno);
  const SpawnSettings settings(input.get(), output.write.get(), errors.write.get());
  if (const int error = settings.Spawn(pid_, program, command); error != 0) {
    pid_ = -1;
    return NotStarted(name, error);
  }
  LimitProcessorTime(pid_, limit_s);
  output_ = std::move(output.read);
  errors_ = std::move(errors.read);
}

void Child::NotStarted(const std::string& program, int error) {
  result_.how = Finished::How::kNotStarted;
  result_.errors = program + ": " + std::strerror(error);
}

bool Child::HasEnded(double limit_s) {
  if (pid_ <= 0) return true;
  siginfo_t info{};
  // Left unreaped, so that its number still names the group to be killed.
  TILESMITH_CHECK(waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0);
  const bool exited = info.si_pid == pid_;
  const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  if (!exited && seconds <= limit_s) return false;
  result_.seconds = seconds;
  End(!exited);
  return true;
}

void Child::Drain() {
  ReadInto(output_, result_.output, kMaxOutput);
  ReadInto(errors_, result_.errors, kMaxErrors);
}

void Child::AddPipes(std::vector<pollfd>& pipes) const {
  for (const Fd* fd : {&output_, &errors_}) {
    if (fd->open()) pipes.push_back({fd->get(), POLLIN, 0});
  }
}

void Child::End(bool timed_out) {
  const int status = KillAndReap();
  Drain();
  output_.Close();
  errors_.Close();
  if (timed_out) {
    result_.how = Finished::How::kTimedOut;
  } else if (WIFSIGNALED(status)) {
    result_.how = Finished::How::kSignalled;
    result_.code = WTERMSIG(status);
  } else {
    result_.code = WEXITSTATUS(status);
  }
}

int Child::KillAndReap() {
  kill(-pid_, SIGKILL);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0) TILESMITH_CHECK(errno == EINTR);
  pid_ = -1;
  return status;
}

}  // namespace tilesmith::internal
