#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "engine/core/backend.h"
#include "engine/core/clock.h"
#include "tests/support/scripted_backend.h"

namespace weir::testing {

/// What a busy source counts, read by the test after the run.
struct BusyTruth {
  std::atomic<uint64_t> packets{0};
  std::atomic<uint64_t> bytes{0};
  std::atomic<uint64_t> misuses{0};  ///< calls that the interface's contract forbids
};

/// A source as fast as memory on every queue at once, that watches its user: two threads in one
/// queue, a queue that is used after close(), a lease that outlives it, all count as misuse.
class BusyBackend final : public Backend {
 public:
  struct Options {
    uint64_t packets = 0;  ///< a queue, over all openings; 0: without end
    uint32_t flows = 500;
    bool lossless = true;
    bool symmetric = false;
    bool waits = false;  ///< has a descriptor to wait on, and is readable only now and then
  };

  BusyBackend(Options options, BusyTruth& truth) : options_(options), truth_(truth) {
    for (uint32_t flow = 0; flow < options_.flows; ++flow) {
      const uint32_t low = 0x0a000001 + flow;
      frames_.push_back(flow % 10 == 0 ? arp_frame() : udp_frame(low, 0x0b000001, 1000, 53));
      frames_.push_back(flow % 10 == 0 ? arp_frame() : udp_frame(0x0b000001, low, 53, 1000));
    }
  }

  std::string name() const override { return "busy"; }
  Result<CaptureInfo> open(const CaptureOptions& options) override {
    if (open_.exchange(true)) ++truth_.misuses;
    CaptureInfo info;
    info.backend = info.name = name();
    info.queues = options.queues;
    info.symmetric = options_.symmetric;
    info.lossless = options_.lossless;
    while (queues_.size() < info.queues) {
      queues_.push_back(std::make_unique<Queue>(*this, static_cast<uint32_t>(queues_.size())));
    }
    return info;
  }
  CaptureQueue& queue(uint32_t index) override { return *queues_[index]; }
  void close() noexcept override {
    if (!open_.exchange(false)) ++truth_.misuses;
    for (const auto& queue : queues_) queue->check_idle();
  }

 private:
  class Queue final : public CaptureQueue {
   public:
    Queue(BusyBackend& backend, uint32_t index)
        : backend_(backend), next_(index * size_t{37}), views_(64) {
      if (backend.options_.waits) fd_ = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
    }
    ~Queue() override {
      if (fd_ >= 0) ::close(fd_);
    }

    Result<PacketBatch> receive(uint32_t max_packets) override {
      const Use use(*this);
      const Options& options = backend_.options_;
      if (options.packets != 0 && handed_out_ == options.packets) return PacketBatch::ended();
      // Every third call finds nothing: the worker goes to sleep on the descriptor, which is ready.
      if (options.waits && ++calls_ % 3 == 0) return PacketBatch::none();
      uint32_t count = 0;
      uint64_t bytes = 0;
      for (; count < std::min<size_t>(max_packets, views_.size()); ++count) {
        if (options.packets != 0 && handed_out_ == options.packets) break;
        const Bytes& frame = backend_.frames_[next_++ % backend_.frames_.size()];
        PacketView& view = views_[count];
        view.data = frame.data();
        view.cap_len = view.wire_len = static_cast<uint32_t>(frame.size());
        const uint64_t number = handed_out_++;
        view.ts_ns = kBusyStartNs + number * 50'000 - number % 7 * 1'000'000;
        bytes += frame.size();
      }
      backend_.truth_.packets += count;
      backend_.truth_.bytes += bytes;
      ++leases_;
      return PacketBatch(std::span(views_.data(), count), *this, handed_out_);
    }
    int wait_fd() const noexcept override { return fd_; }
    DropCounts drops() noexcept override {
      const Use use(*this);
      return {0, 0};
    }
    void release(uint64_t token) noexcept override {
      if (--leases_ != 0 || token != handed_out_) ++backend_.truth_.misuses;
    }
    void check_idle() noexcept {
      if (leases_ != 0) ++backend_.truth_.misuses;
      const Use use(*this, false);
    }

   private:
    using Bytes = std::vector<uint8_t>;
    static constexpr uint64_t kBusyStartNs = 1'700'000'000 * kNsPerSecond;

    /// One user at a time, of an open queue.
    class Use {
     public:
      explicit Use(Queue& queue, bool open = true) : queue_(queue) {
        if (queue_.used_.exchange(true) || queue_.backend_.open_ != open) {
          ++queue_.backend_.truth_.misuses;
        }
      }
      ~Use() { queue_.used_ = false; }
      Use(const Use&) = delete;
      Use& operator=(const Use&) = delete;

     private:
      Queue& queue_;
    };

    BusyBackend& backend_;
    size_t next_;
    uint64_t handed_out_ = 0;
    uint64_t calls_ = 0;
    int fd_ = -1;
    std::atomic<int> leases_{0};
    std::atomic<bool> used_{false};
    std::vector<PacketView> views_;
  };

  const Options options_;
  BusyTruth& truth_;
  std::vector<std::vector<uint8_t>> frames_;
  std::atomic<bool> open_{false};
  std::vector<std::unique_ptr<Queue>> queues_;
};

}  // namespace weir::testing
