#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::cli {

/// In the order in which findings are printed.
enum class Severity : uint8_t {
  problem,  ///< capture is impossible, or loses packets
  advice,   ///< capture costs more, or shows less, than it need
  unknown,  ///< there was no answer; `what` says why
  ok,
};

/// One result of `weir doctor`.
struct Finding {
  Severity severity = Severity::unknown;
  std::string scope;  ///< "host", or an interface
  std::string check;  ///< stable name: "rx_ring"
  std::string what;   ///< half a sentence
  std::string cost;   ///< of problems and advice
  std::string fix;    ///< a command of sh(1) that mends it, to be run by root; empty: there is none
  std::string permanent;  ///< a command that keeps it mended after a reboot, where one is short
};

/// The findings of one scope, in the order of the checks.
class Findings {
 public:
  explicit Findings(std::string scope) : scope_(std::move(scope)) {}

  struct Cure {
    std::string cost;
    std::string fix = {};
    std::string permanent = {};
  };
  void problem(std::string_view check, std::string what, Cure cure) {
    add(Severity::problem, check, std::move(what), std::move(cure));
  }
  void advice(std::string_view check, std::string what, Cure cure) {
    add(Severity::advice, check, std::move(what), std::move(cure));
  }
  void unknown(std::string_view check, std::string why) {
    add(Severity::unknown, check, std::move(why), {});
  }
  void ok(std::string_view check, std::string what) {
    add(Severity::ok, check, std::move(what), {});
  }

  const std::string& scope() const noexcept { return scope_; }
  const std::vector<Finding>& all() const noexcept { return all_; }

 private:
  void add(Severity severity, std::string_view check, std::string what, Cure cure);

  std::string scope_;
  std::vector<Finding> all_;
};

std::string_view to_text(Severity severity);

/// For people: problems and advice, with `all` also the rest. The worst stands last, above the
/// prompt. 79 columns wide except for commands, which can be copied. `findings` are sorted.
void append_findings_text(fmt::memory_buffer& out, std::span<const Finding> findings, bool all);

/// A line each: {"type":"finding","severity":..,"scope":..,"check":..,"what":..,"cost":..,"fix":..,
/// "permanent":..}; null is what a finding has not.
void append_findings_json(fmt::memory_buffer& out, std::span<const Finding> findings);

/// The worst first; otherwise the order stays.
void sort_findings(std::vector<Finding>& findings);

}  // namespace weir::cli
