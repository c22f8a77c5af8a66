// Sends without a pause, whatever becomes of the interface, and says when it sent what:
//
//   steady_sender INTERFACE PPS [SIZE]
//
// Each slot of 20 ms has four flows of its own, of the hosts 2 + 4 * slot and on of 10.77.0.0/16,
// so what is missing at the receiver tells when it was lost. The CPU changes with the slot: past
// the queueing discipline that is the queue. While the interface is down or away nothing is sent;
// one that comes under the same name is sent to. SIGTERM, or a minute, ends it, and there is a line
// of JSON for each slot: {"slot":7,"frames":2000,"first_ns":..,"last_ns":..} (real time; of the
// calls that took frames, the first one's beginning and the last one's end).

#include <errno.h>
#include <fmt/format.h>
#include <sched.h>
#include <signal.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "tests/live/frame_socket.h"

namespace {

using weir::testing::FrameSocket;
using weir::testing::RawFrame;

constexpr uint64_t kNsPerSecond = 1'000'000'000;
constexpr uint64_t kSlotNs = 20'000'000;
constexpr uint32_t kSlots = 3000;
constexpr uint32_t kFlows = 4;  ///< a slot

volatile sig_atomic_t stopped = 0;

struct Slot {
  uint64_t frames = 0;
  uint64_t first_ns = 0;
  uint64_t last_ns = 0;
};

uint64_t now_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<uint64_t>(now.tv_sec) * kNsPerSecond + static_cast<uint64_t>(now.tv_nsec);
}

void nap() {
  const timespec wait{0, 500'000};
  nanosleep(&wait, nullptr);
}

std::vector<int> usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cpus;
  sched_getaffinity(0, sizeof set, &set);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  }
  return cpus;
}

void run_on(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  sched_setaffinity(0, sizeof set, &set);
}

/// A socket of the interface as it is now; empty when there is none.
std::unique_ptr<FrameSocket> connect(const std::string& interface) {
  auto socket = std::make_unique<FrameSocket>();
  if (!socket->bind_to(interface, true)) socket.reset();
  return socket;
}

/// `due`: frames of this slot by now. False: the interface takes none.
bool send_due(const FrameSocket& socket, const std::vector<RawFrame>& frames, uint64_t due,
              Slot& slot) {
  while (slot.frames < due) {
    const uint64_t before_ns = now_ns(CLOCK_REALTIME);
    const auto burst =
        static_cast<unsigned>(std::min<uint64_t>(FrameSocket::kBurst, due - slot.frames));
    const int sent = socket.send_burst(frames, slot.frames, burst);
    if (sent <= 0) return errno == EINTR;
    if (slot.frames == 0) slot.first_ns = before_ns;
    slot.last_ns = now_ns(CLOCK_REALTIME);
    slot.frames += static_cast<uint64_t>(sent);
  }
  return true;
}

std::vector<Slot> send(const std::string& interface, uint64_t pps, uint32_t size) {
  weir::testing::FrameSpec spec;
  spec.flows = kSlots * kFlows;
  spec.udp_percent = 100;
  spec.one_way = true;
  spec.size = size;
  const std::vector<RawFrame> all = make_frames(spec);
  const std::vector<int> cpus = usable_cpus();
  std::vector<Slot> slots;
  std::unique_ptr<FrameSocket> socket;
  const uint64_t start_ns = now_ns(CLOCK_MONOTONIC);
  while (stopped == 0) {
    const uint64_t at_ns = now_ns(CLOCK_MONOTONIC) - start_ns;
    const uint64_t number = at_ns / kSlotNs;
    if (number >= kSlots) break;
    if (number >= slots.size()) {
      slots.resize(number + 1);
      run_on(cpus[number % cpus.size()]);
    }
    const auto first = all.begin() + static_cast<ptrdiff_t>(number * kFlows);
    const std::vector<RawFrame> frames(first, first + kFlows);
    if (!socket) socket = connect(interface);
    const uint64_t due = (at_ns % kSlotNs) * pps / kNsPerSecond;
    // What could not be sent is not made up for: a slot's frames are sent in the slot.
    if (socket && !send_due(*socket, frames, due, slots[number]) && errno != ENOBUFS) {
      socket.reset();
    }
    nap();
  }
  return slots;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "steady_sender INTERFACE PPS [SIZE]\n");
    return 2;
  }
  struct sigaction action{};
  action.sa_handler = [](int) { stopped = 1; };
  sigaction(SIGTERM, &action, nullptr);
  const uint32_t size = argc > 3 ? static_cast<uint32_t>(std::atoi(argv[3])) : 64;
  const std::vector<Slot> slots = send(argv[1], static_cast<uint64_t>(std::atoll(argv[2])), size);
  for (size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].frames == 0) continue;
    fmt::print(R"({{"slot":{},"frames":{},"first_ns":{},"last_ns":{}}})"
               "\n",
               i, slots[i].frames, slots[i].first_ns, slots[i].last_ns);
  }
  return 0;
}
