// Sends raw frames on an interface and says on standard output, as JSON, what was sent:
//
//   send_frames --interface va --count 1000 [--seconds 6] [--pps 200000] [--flows 10] [--size 64]
//               [--ipv6 PERCENT] [--udp PERCENT] [--vlan ID] [--one-way] [--through-qdisc] [--list]
//
// --size is the frame with FCS. --count or --seconds ends it, whichever comes first; one is needed.
// With --list each flow is a line of its own before the sum, its endpoints as the local side sees
// them. The local side is 10.77.0.0/16 and fd77::/16.

#include <fmt/format.h>
#include <getopt.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/live/raw_frames.h"

namespace {

using weir::testing::FrameSpec;
using weir::testing::RawFrame;
using weir::testing::SendLimits;
using weir::testing::SendReport;

struct Arguments {
  std::string interface;
  FrameSpec spec;
  SendLimits limits;
  bool list = false;
};

constexpr uint32_t kMostFlows = 4'000'000;

int wrong_usage(const char* message) {
  std::fprintf(stderr, "send_frames: %s\n", message);
  return 2;
}

/// A whole number of at most `most`; a wrong one is the end.
uint64_t number(const char* text, uint64_t most) {
  char* end = nullptr;
  const unsigned long long value = std::strtoull(text, &end, 10);
  if (*text < '0' || *text > '9' || *end != '\0' || value > most) {
    std::exit(wrong_usage(fmt::format("'{}' is not a number from 0 to {}", text, most).c_str()));
  }
  return value;
}

enum Option : int { interface = 1, count, seconds, pps, flows, size, ipv6, udp, vlan };

void set(Arguments& arguments, int option, const char* value) {
  FrameSpec& spec = arguments.spec;
  switch (option) {
    case Option::interface: arguments.interface = value; break;
    case Option::count: arguments.limits.count = number(value, UINT64_MAX); break;
    case Option::seconds:
      arguments.limits.seconds = static_cast<double>(number(value, 3600));
      break;
    case Option::pps: arguments.limits.pps = number(value, 1'000'000'000); break;
    case Option::flows: spec.flows = static_cast<uint32_t>(number(value, kMostFlows)); break;
    case Option::size: spec.size = static_cast<uint32_t>(number(value, 9018)); break;
    case Option::ipv6: spec.ipv6_percent = static_cast<uint32_t>(number(value, 100)); break;
    case Option::udp: spec.udp_percent = static_cast<uint32_t>(number(value, 100)); break;
    case Option::vlan: spec.vlan = static_cast<uint32_t>(number(value, 4094)); break;
    default: break;
  }
}

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  int one_way = 0;
  int through_qdisc = 0;
  int list = 0;
  const std::vector<option> options{{"interface", required_argument, nullptr, Option::interface},
                                    {"count", required_argument, nullptr, Option::count},
                                    {"seconds", required_argument, nullptr, Option::seconds},
                                    {"pps", required_argument, nullptr, Option::pps},
                                    {"flows", required_argument, nullptr, Option::flows},
                                    {"size", required_argument, nullptr, Option::size},
                                    {"ipv6", required_argument, nullptr, Option::ipv6},
                                    {"udp", required_argument, nullptr, Option::udp},
                                    {"vlan", required_argument, nullptr, Option::vlan},
                                    {"one-way", no_argument, &one_way, 1},
                                    {"through-qdisc", no_argument, &through_qdisc, 1},
                                    {"list", no_argument, &list, 1},
                                    {nullptr, 0, nullptr, 0}};
  for (int found = 0; (found = getopt_long(argc, argv, "", options.data(), nullptr)) != -1;) {
    if (found == '?') std::exit(2);
    if (found != 0) set(arguments, found, optarg);
  }
  if (optind != argc) std::exit(wrong_usage("arguments have names"));
  arguments.spec.one_way = one_way != 0;
  arguments.limits.bypass = through_qdisc == 0;
  arguments.list = list != 0;
  return arguments;
}

uint64_t times_sent(uint64_t frame, uint64_t frames, uint64_t sent) {
  return sent / frames + (frame < sent % frames ? 1 : 0);
}

void print_flows(const std::vector<RawFrame>& frames, bool one_way, const SendReport& report) {
  const size_t step = one_way ? 1 : 2;
  for (size_t i = 0; i + step <= frames.size(); i += step) {
    const RawFrame& sent = frames[i];
    const uint64_t sent_packets = times_sent(i, frames.size(), report.frames);
    const uint64_t received_packets = one_way ? 0 : times_sent(i + 1, frames.size(), report.frames);
    fmt::print(R"({{"type":"flow","src_addr":"{}","dst_addr":"{}","src_port":{},"dst_port":{},)"
               R"("proto":{},"sent_packets":{},"sent_ip_bytes":{},"received_packets":{},)"
               R"("received_ip_bytes":{}}})"
               "\n",
               sent.src_addr, sent.dst_addr, sent.src_port, sent.dst_port, sent.proto, sent_packets,
               sent_packets * sent.ip_bytes, received_packets, received_packets * sent.ip_bytes);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = parse(argc, argv);
  if (arguments.interface.empty()) return wrong_usage("--interface is needed");
  if (arguments.limits.count == 0 && arguments.limits.seconds <= 0) {
    return wrong_usage("--count or --seconds is needed");
  }
  if (arguments.spec.flows == 0 || arguments.spec.size < 64) {
    return wrong_usage("at least 1 flow and 64 bytes");
  }
  const std::vector<RawFrame> frames = weir::testing::make_frames(arguments.spec);
  const SendReport report =
      weir::testing::send_frames(arguments.interface, frames, arguments.limits);
  if (arguments.list) print_flows(frames, arguments.spec.one_way, report);
  fmt::print(R"({{"type":"sent","frames":{},"ip_bytes":{},"wire_bytes":{},"seconds":{:.6f}}})"
             "\n",
             report.frames, report.ip_bytes, report.wire_bytes, report.seconds);
  if (report.error.empty()) return 0;
  std::fprintf(stderr, "send_frames: %s\n", report.error.c_str());
  return 1;
}
