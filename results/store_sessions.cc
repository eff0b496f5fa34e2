#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "results/sqlite.h"
#include "results/store.h"
#include "results/store_detail.h"

namespace tilesmith {
namespace {

using store_detail::kNow;

std::string Host() {
  utsname name = {};
  return uname(&name) == 0 ? name.nodename : "";
}

std::string FirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// When the process started, in ticks since boot; "" when there is none. Process ids are reused, so
// an id alone would keep a dead session alive.
std::string StartTime(long process) {
  const std::string stat = FirstLine(fmt::format("/proc/{}/stat", process));
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return "";
  std::istringstream fields(stat.substr(name_end + 1));
  std::string field;
  constexpr int kStartTime = 22 - 2;  // proc(5) counts from 1, and two fields lie before
  for (int i = 0; i < kStartTime; ++i) fields >> field;
  return field;
}

// "boot-id process-id start-time": names one process among all that ever ran on this host.
std::string Identity(long process) {
  return fmt::format("{} {} {}", FirstLine("/proc/sys/kernel/random/boot_id"), process,
                     StartTime(process));
}

bool Alive(const std::string& identity) {
  std::istringstream fields(identity);
  std::string boot;
  long process = 0;
  fields >> boot >> process;
  return process > 0 && Identity(process) == identity;
}

// Sessions of other hosts stay as they are: whether their process lives cannot be told from here.
void InterruptDeadSessions(Database& database) {
  std::vector<std::int64_t> dead;
  {
    Statement running =
        database.Prepare("SELECT id, process FROM session WHERE state = 'running' AND host = ?");
    for (running.Bind(Host()); running.Step();) {
      if (!Alive(running.Text(1))) dead.push_back(running.Int(0));
    }
  }
  for (const std::int64_t id : dead) {
    database.Run(
        "UPDATE session SET state = 'interrupted', ended_at = coalesce((SELECT max(t.created_at) "
        "FROM trial t WHERE t.session = session.id), started_at) WHERE id = ?",
        id);
  }
}

}  // namespace

std::int64_t ResultStore::Begin(const Session& session) {
  static const std::string sql = fmt::format(
      "INSERT INTO session (uid, command, kernel, problem, strategy, budget, seed, machine, state, "
      "started_at, ended_at, host, process) VALUES (lower(hex(randomblob(16))), ?, ?, ?, ?, ?, ?, "
      "?, 'running', coalesce(nullif(?, ''), {}), '', ?, ?) RETURNING id",
      kNow);
  Transaction transaction(*database_);
  InterruptDeadSessions(*database_);
  store_detail::ReserveMachine(*database_, session.machine);
  const auto id = database_->Integer(
      sql, session.command, session.kernel, session.problem, session.strategy, session.budget,
      session.seed, session.machine, session.started_at, Host(), Identity(getpid()));
  transaction.Commit();
  return id.value();
}

void ResultStore::End(const Session& session) {
  static const std::string sql = fmt::format(
      "UPDATE session SET state = ?2, ended_at = coalesce(nullif(?3, ''), {}), wall_s = ?4, "
      "compile_s = ?5, verify_s = ?6, measure_s = ?7 WHERE id = ?1",
      kNow);
  const bool open = session.state.empty() || session.state == "running";
  database_->Run(sql, session.id, open ? std::string("finished") : session.state, session.ended_at,
                 session.wall_s, session.compile_s, session.verify_s, session.measure_s);
  TILESMITH_CHECK(database_->Changes() == 1 && "session comes from Begin");
}

std::optional<Session> ResultStore::SessionOf(std::int64_t id) const {
  Statement row = database_->Prepare(
      "SELECT id, command, kernel, problem, strategy, budget, seed, machine, state, started_at, "
      "ended_at, wall_s, compile_s, verify_s, measure_s FROM session WHERE id = ?");
  if (!row.Bind(id).Step()) return std::nullopt;
  Session session;
  session.id = row.Int(0);
  session.command = row.Text(1);
  session.kernel = row.Text(2);
  session.problem = row.Text(3);
  session.strategy = row.Text(4);
  session.budget = row.Text(5);
  session.seed = static_cast<std::uint64_t>(row.Int(6));
  session.machine = row.Text(7);
  session.state = row.Text(8);
  session.started_at = row.Text(9);
  session.ended_at = row.Text(10);
  session.wall_s = store_detail::RealOrZero(row, 11);
  session.compile_s = store_detail::RealOrZero(row, 12);
  session.verify_s = store_detail::RealOrZero(row, 13);
  session.measure_s = store_detail::RealOrZero(row, 14);
  return session;
}

}  // namespace tilesmith
