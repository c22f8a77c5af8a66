#include "backends/dpdk/eal.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_log.h>
#include <sched.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "backends/dpdk/eal_arguments.h"
#include "backends/dpdk/eal_log.h"
#include "backends/dpdk/host_hints.h"
#include "engine/core/cpu.h"

namespace weir::backends {
namespace {

Status eal_failure(Code code, std::string message) {
  return {code, Recovery::restart_backend, 0, "--backend dpdk", std::move(message)};
}

/// A folder of its own for as long as the EAL starts, instead of one below /var/run that stays: it
/// makes one even when it is told to share no files.
class RuntimeFolder {
 public:
  RuntimeFolder() {
    std::error_code error;
    std::string path = std::filesystem::temp_directory_path(error).string() + "/weir-eal-XXXXXX";
    if (mkdtemp(path.data()) == nullptr) return;
    path_ = path;
    setenv(kVariable, path_.c_str(), 1);
  }
  ~RuntimeFolder() {
    if (path_.empty()) return;
    unsetenv(kVariable);
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  RuntimeFolder(const RuntimeFolder&) = delete;
  RuntimeFolder& operator=(const RuntimeFolder&) = delete;

 private:
  static constexpr const char* kVariable = "RUNTIME_DIRECTORY";
  std::string path_;
};

/// The EAL binds the thread that starts it to its first lcore.
class SameCpus {
 public:
  SameCpus() { known_ = sched_getaffinity(0, sizeof cpus_, &cpus_) == 0; }
  ~SameCpus() {
    if (known_) sched_setaffinity(0, sizeof cpus_, &cpus_);
  }
  SameCpus(const SameCpus&) = delete;
  SameCpus& operator=(const SameCpus&) = delete;

 private:
  cpu_set_t cpus_{};
  bool known_ = false;
};

/// "EAL: FATAL: Cannot init memory" of what was written past the log.
std::string fatal_line(const std::string& text) {
  constexpr std::string_view kMark = "FATAL: ";
  const size_t mark = text.find(kMark);
  if (mark == std::string::npos) return {};
  const size_t from = mark + kMark.size();
  return text.substr(from, text.find('\n', from) - from);
}

class Eal {
 public:
  Result<void> start(const DpdkOptions& options, uint64_t memory_bytes) {
    if (!outcome_) outcome_ = first_start(options, memory_bytes);
    return *outcome_;
  }
  ~Eal() {
    if (outcome_ && outcome_->has_value()) rte_eal_cleanup();
  }

  EalLog& log() { return log_; }
  bool logs_on_stderr() const { return arguments_.own_log; }
  bool no_huge() const { return arguments_.no_huge; }

 private:
  Result<void> first_start(const DpdkOptions& options, uint64_t memory_bytes);
  Status explain(const std::string& told, int error);

  std::optional<Result<void>> outcome_;
  EalArguments arguments_;
  std::vector<char*> words_;  ///< the EAL keeps pointers into them
  EalLog log_;
};

Eal& eal() {
  static Eal only;
  return only;
}

Status Eal::explain(const std::string& told, int error) {
  const std::string fatal = fatal_line(told);
  const std::vector<std::string> errors = log_.take_errors();
  if (fatal.find("command line") != std::string::npos ||
      told.find("unrecognized option") != std::string::npos ||
      told.find("invalid option") != std::string::npos) {
    // getopt(3) says which one it is, before the EAL prints its usage.
    std::string why = told.substr(0, told.find('\n'));
    const size_t after_name = why.find(": ");
    const bool by_getopt = why.find("option") != std::string::npos;
    why = by_getopt && after_name != std::string::npos ? why.substr(after_name + 2)
          : errors.empty()                             ? fatal
                                                       : errors.front();
    return {Code::usage, Recovery::give_up, 0, "--dpdk-args", why};
  }
  std::string why = fatal.empty() ? std::string(rte_strerror(error)) : fatal;
  for (const std::string& line : errors) {
    if (line.find(why) == std::string::npos && line.find("FATAL") == std::string::npos) {
      why += "; " + line;
      break;
    }
  }
  const bool permission = error == EACCES || error == EPERM;
  return eal_failure(permission ? Code::not_permitted : Code::io, "DPDK does not start: " + why);
}

Result<void> Eal::first_start(const DpdkOptions& options, uint64_t memory_bytes) {
  Result<EalArguments> arguments = eal_arguments(options, usable_cpus(), memory_bytes);
  if (!arguments) return fail(arguments.error());
  arguments_ = std::move(*arguments);
  if (!arguments_.no_huge) {
    if (std::optional<Status> missing = missing_hugepages()) return fail(std::move(*missing));
  }
  if (!arguments_.own_log) {
    FILE* stream = log_.open_stream();
    if (stream == nullptr) return fail(eal_failure(Code::io, "no memory"));
    rte_openlog_stream(stream);
  }
  for (std::string& word : arguments_.words) words_.push_back(word.data());
  words_.push_back(nullptr);
  const RuntimeFolder folder;
  const SameCpus cpus;
  int used = 0;
  int error = 0;
  std::string told;
  {
    std::optional<QuietStreams> quiet;
    if (!arguments_.own_log) quiet.emplace();
    used = rte_eal_init(static_cast<int>(words_.size()) - 1, words_.data());
    error = rte_errno;
    if (quiet) told = quiet->text();
  }
  if (used < 0) return fail(explain(told, error));
  if (used + 1 < static_cast<int>(words_.size()) - 1) {
    rte_eal_cleanup();
    return fail(Status{
        Code::usage, Recovery::give_up, 0, "--dpdk-args",
        "'" + arguments_.words[static_cast<size_t>(used) + 1] + "' is no option of the EAL"});
  }
  return {};
}

/// Ends with the thread that holds it.
struct Registration {
  bool made = rte_lcore_id() == LCORE_ID_ANY && rte_thread_register() == 0;
  ~Registration() {
    if (made) rte_thread_unregister();
  }
};

}  // namespace

Result<void> start_eal(const DpdkOptions& options, uint64_t memory_bytes) {
  return eal().start(options, memory_bytes);
}

bool eal_has_no_hugepages() {
  return eal().no_huge();
}

bool eal_logs_on_stderr() {
  return eal().logs_on_stderr();
}

std::vector<std::string> take_eal_errors() {
  return eal().log().take_errors();
}

std::string first_eal_error(const std::string& otherwise) {
  const std::vector<std::string> errors = take_eal_errors();
  return errors.empty() ? otherwise : errors.front();
}

void register_with_eal() noexcept {
  // Where there is no place left for a thread it gets packets all the same, without a cache.
  static thread_local const Registration registration;
  static_cast<void>(registration);
}

}  // namespace weir::backends
