#include "backends/synthetic/synthetic.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "backends/bpf/bpf_filter.h"
#include "backends/synthetic/frames.h"
#include "engine/core/clock.h"
#include "engine/core/uint128.h"

namespace weir::backends {
namespace {

constexpr uint32_t kMostBatch = 4096;
constexpr uint64_t kFixedStartNs = 1'700'000'000 * kNsPerSecond;
constexpr uint64_t kPaceNs = kNsPerMs;  ///< how often a paced queue wakes its worker

Status usage(std::string message) {
  return {Code::usage, Recovery::give_up, 0, "synthetic", std::move(message)};
}

IpPrefix local_prefix(uint8_t version, uint8_t first_byte) {
  IpPrefix prefix;
  prefix.ip_version = version;
  prefix.length = 8;
  prefix.address[0] = first_byte;
  return prefix;
}

/// k packets at `rate` a second take this long; 128 bits so that long runs stay exact.
uint64_t time_of(uint64_t packets, uint64_t rate) {
  return static_cast<uint64_t>(static_cast<uint128_t>(packets) * kNsPerSecond / rate);
}

}  // namespace

class Synthetic::Queue final : public CaptureQueue {
 public:
  Queue(const SyntheticOptions& options, uint32_t queue, uint32_t queues,
        std::optional<BpfFilter> filter, uint64_t start_ns, uint64_t start_monotonic_ns)
      : options_(options),
        frames_(options, queue, queues),
        cycle_(uint64_t{options.flows} * 2),
        start_ns_(start_ns),
        start_monotonic_ns_(start_monotonic_ns),
        filter_(std::move(filter)) {
    if (options_.rate_pps == 0) return;
    timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    const timespec period{0, static_cast<long>(kPaceNs)};
    const itimerspec every{period, period};
    if (timer_ >= 0) timerfd_settime(timer_, 0, &every, nullptr);
  }
  ~Queue() override {
    if (timer_ >= 0) ::close(timer_);
  }

  Result<PacketBatch> receive(uint32_t max_packets) override {
    const uint32_t most = std::min(max_packets, kMostBatch);
    // `due`: packets of the whole link, with those of other queues, that may have been sent by now.
    const uint64_t limit = options_.packets == 0 ? UINT64_MAX : options_.packets;
    const uint64_t due = std::min(limit, options_.rate_pps == 0 ? UINT64_MAX : due_now());
    const uint64_t clock_ns = by_clock() ? SystemClock().realtime_ns() : 0;
    uint32_t count = 0;
    // A filter that nothing matches must not keep the worker here.
    for (uint32_t looked_at = 0; count < most && looked_at < kMostBatch; ++looked_at) {
      const SyntheticFrames::Meta& meta = frames_.meta(next_);
      const uint64_t number = cycle_start_ + meta.order;
      if (number >= due) break;
      PacketView& view = views_[count];
      view.data = frames_.data(next_);
      view.ts_ns = clock_ns != 0 ? clock_ns : start_ns_ + offset_of(number);
      view.cap_len = std::min(meta.wire_len, kSyntheticSnaplen);
      view.wire_len = meta.wire_len;
      if (++next_ == frames_.size()) {
        next_ = 0;
        cycle_start_ += cycle_;
      }
      count += !filter_ || filter_->matches(view) ? 1 : 0;
    }
    if (count != 0) return PacketBatch({views_.data(), count}, *this, 0);
    if (due >= limit && cycle_start_ + frames_.meta(next_).order >= limit) {
      return PacketBatch::ended();
    }
    if (timer_ >= 0) {
      uint64_t expirations = 0;
      [[maybe_unused]] const ssize_t ignored = read(timer_, &expirations, sizeof expirations);
    }
    return PacketBatch::none();
  }

  int wait_fd() const noexcept override { return timer_; }
  DropCounts drops() noexcept override { return {0, 0}; }
  void release(uint64_t /*token*/) noexcept override {}

 private:
  bool by_clock() const noexcept { return options_.rate_pps == 0 && options_.by_clock; }

  /// Of a packet's time from the start.
  uint64_t offset_of(uint64_t number) const noexcept {
    return options_.rate_pps == 0 ? number * options_.gap_ns : time_of(number, options_.rate_pps);
  }

  uint64_t due_now() const {
    const uint64_t elapsed_ns = SystemClock().monotonic_ns() - start_monotonic_ns_;
    return static_cast<uint64_t>(static_cast<uint128_t>(elapsed_ns) * options_.rate_pps /
                                 kNsPerSecond);
  }

  const SyntheticOptions options_;
  const SyntheticFrames frames_;
  const uint64_t cycle_;
  const uint64_t start_ns_;
  const uint64_t start_monotonic_ns_;
  const std::optional<BpfFilter> filter_;
  uint32_t next_ = 0;
  uint64_t cycle_start_ = 0;
  int timer_ = -1;
  std::array<PacketView, kMostBatch> views_;
};

Synthetic::Synthetic(const SyntheticOptions& options) : options_(options) {}
Synthetic::~Synthetic() = default;

Result<CaptureInfo> Synthetic::open(const CaptureOptions& options) {
  constexpr uint32_t kMostFlows = 1U << 24;
  if (options_.flows == 0 || options_.flows > kMostFlows) {
    return fail(usage("the number of flows is 1 to 16777216"));
  }
  if (options_.packet_size < 64 || options_.packet_size > 9018) {
    return fail(usage("a packet size is 64 to 9018 bytes, FCS included"));
  }
  if (options_.ipv6_percent > 100 || options_.udp_percent > 100) {
    return fail(usage("a percentage is 0 to 100"));
  }
  std::vector<std::string> notes;
  Result<std::optional<BpfFilter>> filter = compile_in_memory(options, LinkType::en10mb, notes);
  if (!filter) return fail(std::move(filter.error()));
  const uint32_t queues = std::clamp(options.queues, 1U, options_.flows);
  const SystemClock clock;
  const bool real = options_.rate_pps != 0 || options_.by_clock;
  const uint64_t start_ns = real ? clock.realtime_ns() : kFixedStartNs;
  const uint64_t start_monotonic_ns = clock.monotonic_ns();
  for (uint32_t i = 0; i < queues; ++i) {
    queues_.push_back(
        std::make_unique<Queue>(options_, i, queues, *filter, start_ns, start_monotonic_ns));
  }
  CaptureInfo info;
  info.backend = "synthetic";
  info.name = name();
  info.queues = queues;
  info.symmetric = true;
  info.lossless = true;
  info.realtime = real;
  info.notes = std::move(notes);
  info.local_networks = {local_prefix(4, 10), local_prefix(6, 0xfd)};
  return info;
}

CaptureQueue& Synthetic::queue(uint32_t index) {
  return *queues_[index];
}

void Synthetic::close() noexcept {
  queues_.clear();
}

}  // namespace weir::backends
