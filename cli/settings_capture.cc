#include <algorithm>

#include "cli/setting_kinds.h"
#include "engine/core/cpu.h"
#include "report/format.h"

namespace weir::cli {
namespace {

constexpr size_t kMostItems = 64;

Setting named(std::string key, std::string flags, std::string variable, std::string meaning) {
  Setting row;
  row.key = std::move(key);
  row.flags = std::move(flags);
  row.variable = std::move(variable);
  row.meaning = std::move(meaning);
  return row;
}

std::string network_text(const IpPrefix& network) {
  return report::address_text(network.ip_version, network.address) + "/" +
         std::to_string(network.length);
}

Setting interfaces_setting() {
  Setting row = named("capture.interface", "-i", "WEIR_INTERFACE", "interfaces to listen on");
  row.kind = Setting::Kind::list;
  row.expected = "names of interfaces such as \"eth0\" or [\"eth0\", \"eth1\"]";
  row.set = [](RunOptions& run, const Texts& names) {
    if (names.size() > kMostItems) return false;
    for (const std::string& name : names) {
      if (name.empty() || name.size() > kMostTextBytes) return false;
      if (std::count(names.begin(), names.end(), name) > 1) return false;
    }
    run.interfaces = names;
    return true;
  };
  row.get = [](const RunOptions& run) { return run.interfaces; };
  return row;
}

Setting networks_setting() {
  Setting row =
      named("flows.networks", "-F,-G", "WEIR_NETWORKS", "local networks, for the direction");
  row.kind = Setting::Kind::list;
  row.expected = "networks such as \"10.0.0.0/8\" or [\"10.0.0.0/8\", \"fd00::/8\"]";
  row.set = [](RunOptions& run, const Texts& texts) {
    std::vector<IpPrefix> networks;
    for (const std::string& text : texts) {
      const uint8_t version = text.find(':') == std::string::npos ? 4 : 6;
      const Result<IpPrefix> network = parse_network(text, version);
      if (!network || networks.size() == kMostItems) return false;
      networks.push_back(*network);
    }
    run.local_networks = networks;
    return true;
  };
  row.get = [](const RunOptions& run) {
    Texts texts;
    for (const IpPrefix& network : run.local_networks) texts.push_back(network_text(network));
    return texts;
  };
  return row;
}

Setting cpus_setting() {
  Setting row = named("capture.cpus", "--cpus", "", "worker i runs on the i-th");
  row.expected = "a list of CPUs such as \"0,2-5\"";
  row.set = [](RunOptions& run, const Texts& texts) {
    const Result<std::vector<int>> cpus = parse_cpu_list(texts.front());
    if (!cpus) return false;
    run.cpus = *cpus;
    return true;
  };
  row.get = [](const RunOptions& run) -> std::optional<Texts> {
    if (run.cpus.empty()) return std::nullopt;
    std::string list;
    for (const int cpu : run.cpus) list += (list.empty() ? "" : ",") + std::to_string(cpu);
    return Texts{list};
  };
  return row;
}

Setting reporter_cpu_setting() {
  Setting row = named("capture.reporter_cpu", "--reporter-cpu", "", "CPU of the reporter thread");
  row.kind = Setting::Kind::number;
  row.expected = "a number from 0 to 4095";
  row.set = [](RunOptions& run, const Texts& texts) {
    const Result<uint64_t> cpu = parse_number(texts.front(), 0, 4095);
    if (cpu) run.reporter_cpu = static_cast<int>(*cpu);
    return cpu.has_value();
  };
  row.get = [](const RunOptions& run) -> std::optional<Texts> {
    if (run.reporter_cpu < 0) return std::nullopt;
    return Texts{std::to_string(run.reporter_cpu)};
  };
  return row;
}

Setting priority_setting() {
  Setting row = named("capture.priority", "--priority", "", "of worker threads");
  row.expected = "\"nice:-20\" to \"nice:19\", or \"rt:1\" to \"rt:99\"";
  row.set = [](RunOptions& run, const Texts& texts) {
    const Result<ThreadPriority> priority = parse_priority(texts.front());
    if (priority) run.priority = *priority;
    return priority.has_value();
  };
  row.get = [](const RunOptions& run) -> std::optional<Texts> {
    const std::string value = std::to_string(run.priority.value);
    switch (run.priority.kind) {
      case ThreadPriority::Kind::normal: return std::nullopt;
      case ThreadPriority::Kind::nice: return Texts{"nice:" + value};
      case ThreadPriority::Kind::realtime: return Texts{"rt:" + value};
    }
    return std::nullopt;
  };
  return row;
}

template <class Member>
Setting time_setting(Setting row, Member member) {
  row.expected = "a time such as 1s";
  return scalar(std::move(row), member, parse_duration_ns, exact_time);
}

/// Text that is empty where nothing is set.
template <class Member>
Setting optional_text(Setting row, Member member) {
  row = text(std::move(row), member);
  const Setting::Get all = row.get;
  row.get = [all](const RunOptions& run) -> std::optional<Texts> {
    std::optional<Texts> texts = all(run);
    if (texts && texts->front().empty()) return std::nullopt;
    return texts;
  };
  return row;
}

Setting queues_setting() {
  Setting row = named("capture.queues", "--queues", "", "receive queues (af_xdp, dpdk)");
  row = optional_text(std::move(row), &RunOptions::queues);
  row.expected = "a list of queues such as \"0,2-5\"";
  row.set = [](RunOptions& run, const Texts& texts) {
    if (!parse_cpu_list(texts.front())) return false;
    run.queues = texts.front();
    return true;
  };
  return row;
}

Choices<std::string> words(std::initializer_list<const char*> all) {
  Choices<std::string> choices;
  for (const char* word : all) choices.emplace_back(word, word);
  return choices;
}

Setting fanout_setting() {
  Setting row = choice(named("capture.fanout", "--fanout", "", "how packets go to queues"),
                       &RunOptions::fanout,
                       words({"symmetric", "hash", "lb", "cpu", "qm", "rnd", "rollover"}));
  row.get = [](const RunOptions& run) -> std::optional<Texts> {
    if (run.fanout.empty()) return std::nullopt;
    return Texts{run.fanout};
  };
  return row;
}

void add_machine_settings(std::vector<Setting>& table) {
  table.push_back(number(named("capture.workers", "--workers", "WEIR_WORKERS", "worker threads"),
                         &RunOptions::workers, 1, 64));
  table.push_back(cpus_setting());
  table.push_back(reporter_cpu_setting());
  table.push_back(priority_setting());
  table.push_back(choice(
      named("capture.idle", "--idle", "", "workers without packets"), &RunOptions::idle,
      Choices<IdlePolicy>{
          {"park", IdlePolicy::park}, {"yield", IdlePolicy::yield}, {"spin", IdlePolicy::spin}}));
  table.push_back(number(named("capture.batch", "--batch", "", "most packets a batch"),
                         &RunOptions::batch, 1, 4096));
  Setting ring = named("capture.ring", "--ring", "", "capture memory a queue");
  ring.expected = "a size such as 65536, 512K, 64M or 1G";
  table.push_back(scalar(std::move(ring), &RunOptions::ring_bytes, parse_size_bytes,
                         [](uint64_t bytes) { return std::to_string(bytes); }));
  table.push_back(number(named("capture.snaplen", "--snaplen", "", "bytes kept of each packet"),
                         &RunOptions::snaplen, 64, 262'144));
  table.push_back(queues_setting());
  table.push_back(fanout_setting());
  table.push_back(choice(named("capture.timestamps", "--timestamps", "", "the packets' clock"),
                         &RunOptions::nic_time, Choices<bool>{{"kernel", false}, {"nic", true}}));
  table.push_back(number(named("capture.busy_poll_us", "--busy-poll", "", "polled before sleeping"),
                         &RunOptions::busy_poll_us, 0, 1'000'000));
  table.push_back(boolean(named("capture.no_huge", "--no-huge", "", "no hugepages (dpdk)"),
                          &RunOptions::no_huge));
  table.push_back(optional_text(named("capture.dpdk_args", "--dpdk-args", "", "more EAL options"),
                                &RunOptions::dpdk_args));
}

}  // namespace

void add_capture_settings(std::vector<Setting>& table) {
  table.push_back(interfaces_setting());
  table.push_back(text(named("capture.filter", "-f", "WEIR_FILTER", "pcap-filter(7) expression"),
                       &RunOptions::filter));
  table.push_back(choice(
      named("capture.backend", "--backend", "WEIR_BACKEND", "how packets are captured"),
      &RunOptions::backend, words({"auto", "pcap", "af_packet", "af_xdp", "dpdk", "synthetic"})));
  table.push_back(boolean(named("capture.promiscuous", "-p", "", "promiscuous mode"),
                          &RunOptions::promiscuous));
  table.push_back(time_setting(named("capture.duration", "-s", "", "the run ends after this time"),
                               &RunOptions::duration_ns));
  add_machine_settings(table);
  table.push_back(networks_setting());
  table.push_back(
      time_setting(named("flows.timeout", "--flow-timeout", "", "idle time that ends a flow"),
                   &RunOptions::flow_timeout_ns));
  Setting most = named("flows.max_flows", "--max-flows", "", "flows held at once");
  table.push_back(number(std::move(most), &RunOptions::max_flows, 1, 1ULL << 30));
  table.push_back(boolean(named("flows.decap", "--decap", "", "innermost flow of a tunnel"),
                          &RunOptions::decap));
  table.push_back(choice(named("flows.key", "--key", "", "what tells flows apart"),
                         &RunOptions::key_vlan, Choices<bool>{{"5tuple", false}, {"vlan", true}}));
  table.push_back(boolean(named("flows.link_local", "-l", "", "link-local IPv6 with -t too"),
                          &RunOptions::link_local));
}

}  // namespace weir::cli
