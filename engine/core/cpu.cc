#include "engine/core/cpu.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fstream>

namespace weir {
namespace {

Status bad_list(std::string_view text, const char* why) {
  return {Code::usage, Recovery::give_up, 0, "CPU list '" + std::string(text) + "'", why};
}

bool parse_number(std::string_view text, int& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value >= 0 &&
         value < CPU_SETSIZE;
}

}  // namespace

std::vector<int> usable_cpus() {
  std::vector<int> cpus;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
    }
  }
  if (cpus.empty()) cpus.push_back(0);
  return cpus;
}

Result<std::vector<int>> parse_cpu_list(std::string_view text) {
  std::vector<int> cpus;
  std::string_view rest = text;
  for (;;) {
    const size_t comma = rest.find(',');
    const std::string_view item = rest.substr(0, comma);
    const size_t dash = item.find('-');
    int first = 0;
    int last = 0;
    if (!parse_number(item.substr(0, dash), first)) return fail(bad_list(text, "not a CPU number"));
    last = first;
    if (dash != std::string_view::npos && !parse_number(item.substr(dash + 1), last)) {
      return fail(bad_list(text, "not a CPU number"));
    }
    if (last < first) return fail(bad_list(text, "a range goes from low to high"));
    for (int cpu = first; cpu <= last; ++cpu) {
      if (std::find(cpus.begin(), cpus.end(), cpu) != cpus.end()) {
        return fail(bad_list(text, "a CPU is named twice"));
      }
      cpus.push_back(cpu);
    }
    if (comma == std::string_view::npos) return cpus;
    rest.remove_prefix(comma + 1);
  }
}

std::string cpu_list_text(std::span<const int> cpus) {
  std::string text;
  for (size_t i = 0; i < cpus.size();) {
    size_t last = i;
    while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
    if (i != 0) text += ',';
    text += std::to_string(cpus[i]);
    if (last != i) text += "-" + std::to_string(cpus[last]);
    i = last + 1;
  }
  return text;
}

std::vector<int> cpus_of_node(int node) {
  std::ifstream file("/sys/devices/system/node/node" + std::to_string(node) + "/cpulist");
  std::string text;
  if (!std::getline(file, text)) return {};
  return parse_cpu_list(text).value_or(std::vector<int>{});
}

Result<void> place_this_thread(std::span<const int> cpus, const std::string& name) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
  if (cpus.empty()) return {};
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) CPU_SET(cpu, &set);
  const int error = pthread_setaffinity_np(pthread_self(), sizeof set, &set);
  if (error != 0) {
    return fail({Code::usage, Recovery::give_up, error, "CPU " + cpu_list_text(cpus),
                 std::string("cannot run a thread there: ") + std::strerror(error)});
  }
  return {};
}

}  // namespace weir
