#include "backends/dpdk/eal_arguments.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>
#include <utility>

#include "engine/core/cpu.h"

namespace weir::backends {
namespace {

tl::unexpected<Status> refuse(std::string message) {
  return fail(Status{Code::usage, Recovery::give_up, 0, "--dpdk-args", std::move(message)});
}

/// "-l", "-l0-3", "--lcores", "--lcores=0-3".
bool is_option(std::string_view word, std::string_view option) {
  if (!word.starts_with(option)) return false;
  if (word.size() == option.size()) return true;
  return option.starts_with("--") ? word[option.size()] == '=' : word[1] != '-';
}

bool has(const std::vector<std::string>& words, std::initializer_list<std::string_view> options) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return std::any_of(options.begin(), options.end(),
                       [&](std::string_view option) { return is_option(word, option); });
  });
}

/// What would end the program, or make it a part of another one.
Result<void> check(const std::vector<std::string>& words) {
  for (const std::string_view option : {"-h", "--help", "-v", "--version"}) {
    if (std::find(words.begin(), words.end(), option) != words.end()) {
      return refuse(std::string(option) + " ends DPDK: `dpdk-testpmd --help` lists its options");
    }
  }
  if (has(words, {"--proc-type"})) {
    return refuse("--proc-type: weir has the ports for itself, so it is never a secondary process");
  }
  return {};
}

/// One lcore that may run wherever the workers do: control threads of the EAL keep off these CPUs
/// where there are others. Workers are weir's own threads and registered later.
std::string lcore_of(std::vector<int> cpus) {
  std::sort(cpus.begin(), cpus.end());
  return "0@(" + cpu_list_text(cpus) + ")";
}

void add_buses(const DpdkOptions& options, const std::vector<std::string>& users,
               std::vector<std::string>& words) {
  if (has(users, {"-a", "--allow", "-b", "--block", "--no-pci"})) return;
  const auto named = [&](auto is) {
    return std::all_of(options.ports.begin(), options.ports.end(),
                       [&](const std::string& port) { return is(device_name(port)); });
  };
  if (options.ports.empty()) return;
  if (named(is_virtual_device)) {
    words.emplace_back("--no-pci");
    return;
  }
  // A name of another kind of bus is found only when all are looked at.
  if (!named([](const std::string& name) {
        return is_pci_address(name) || is_virtual_device(name);
      })) {
    return;
  }
  for (const std::string& port : options.ports) {
    if (is_pci_address(device_name(port))) words.insert(words.end(), {"-a", port});
  }
}

}  // namespace

std::string device_name(std::string_view port) {
  return std::string(port.substr(0, port.find(',')));
}

bool is_pci_address(std::string_view name) {
  constexpr std::string_view kShort = "xx:xx.x";
  constexpr std::string_view kLong = "xxxx:xx:xx.x";
  const auto fits = [&](std::string_view pattern) {
    if (name.size() != pattern.size()) return false;
    for (size_t i = 0; i < name.size(); ++i) {
      const bool digit = std::isxdigit(static_cast<unsigned char>(name[i])) != 0;
      if (pattern[i] == 'x' ? !digit : name[i] != pattern[i]) return false;
    }
    return true;
  };
  return fits(kShort) || fits(kLong);
}

bool is_virtual_device(std::string_view name) {
  constexpr std::string_view kPrefix = "net_";
  return name.starts_with(kPrefix) && name.size() > kPrefix.size();
}

Result<std::vector<std::string>> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool inside = false;
  char quote = 0;
  for (const char letter : text) {
    if (quote != 0) {
      letter == quote ? static_cast<void>(quote = 0) : word.push_back(letter);
    } else if (letter == '\'' || letter == '"') {
      quote = letter;
      inside = true;
    } else if (letter == ' ' || letter == '\t' || letter == '\n') {
      if (inside) words.push_back(std::exchange(word, {}));
      inside = false;
    } else {
      word.push_back(letter);
      inside = true;
    }
  }
  if (quote != 0) return refuse(std::string("a quote is not closed: ") + quote);
  if (inside) words.push_back(word);
  return words;
}

Result<EalArguments> eal_arguments(const DpdkOptions& options, const std::vector<int>& usable_cpus,
                                   uint64_t memory_bytes) {
  Result<std::vector<std::string>> users = split_words(options.arguments);
  if (!users) return fail(users.error());
  if (const Result<void> checked = check(*users); !checked) return fail(checked.error());
  EalArguments arguments;
  arguments.no_huge = options.no_huge || has(*users, {"--no-huge"});
  arguments.own_log = has(*users, {"--log-level"});
  std::vector<std::string>& words = arguments.words;
  words = {"weir", "--no-telemetry"};
  if (!has(*users, {"-l", "-c", "--lcores"})) {
    words.insert(words.end(),
                 {"--lcores", lcore_of(options.cpus.empty() ? usable_cpus : options.cpus)});
  }
  if (arguments.no_huge) {
    words.emplace_back("--no-shconf");
    if (!has(*users, {"--no-huge"})) words.emplace_back("--no-huge");
    if (!has(*users, {"-m", "--socket-mem"})) {
      constexpr uint64_t kMiB = 1 << 20;
      words.insert(words.end(), {"-m", std::to_string((memory_bytes + kMiB - 1) / kMiB)});
    }
  } else if (has(*users, {"--huge-dir", "--huge-unlink"})) {
    // Files in that folder, which is what --in-memory does without.
    words.emplace_back("--no-shconf");
    if (!has(*users, {"--huge-unlink"})) words.emplace_back("--huge-unlink");
  } else if (!has(*users, {"--in-memory"})) {
    words.emplace_back("--in-memory");
  }
  add_buses(options, *users, words);
  words.insert(words.end(), users->begin(), users->end());
  return arguments;
}

}  // namespace weir::backends
