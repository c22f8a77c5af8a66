#include "backends/af_packet/ring_queue.h"

#include <errno.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "engine/core/clock.h"

namespace weir::backends {
namespace {

/// After a failure packets may lie in a block that the kernel has yet to show; several times that.
constexpr uint64_t kDrainNs = 5 * PacketSocket::kBlockTimeoutMs * kNsPerMs;
/// Another queue of the capture that holds more than that is not waited for without end.
constexpr uint64_t kMostDrainNs = 5 * kNsPerSecond;
/// How often an idle queue asks the kernel what is wrong, at most.
constexpr uint64_t kLookNs = kNsPerMs;

}  // namespace

RingQueue::RingQueue(PacketSocket socket, MappedRing ring, Config config, QueueGroup& group)
    : socket_(std::move(socket)),
      ring_(std::move(ring)),
      config_(std::move(config)),
      group_(group),
      batches_out_(ring_.layout().blocks),
      walked_(ring_.layout().blocks),
      views_(size_t{kMostBatch} * kMostLeases),
      looked_at_ns_(SystemClock().monotonic_ns()),
      nic_losses_(config_.interface_index) {
  for (uint32_t i = 0; i < kMostLeases; ++i) free_leases_[i] = kMostLeases - 1 - i;
  drops_.kernel = 0;
  drops_.nic = nic_losses_.count();
}

RingQueue::~RingQueue() = default;

std::atomic_ref<uint32_t> RingQueue::status_of(uint32_t block) const noexcept {
  auto* description = reinterpret_cast<tpacket_block_desc*>(ring_.block(block));
  return std::atomic_ref<uint32_t>(description->hdr.bh1.block_status);
}

/// The next block of the ring, when the kernel has filled it. One that is still leased looks like
/// one that is new.
bool RingQueue::take_block() noexcept {
  if (walked_[next_block_]) return false;
  // Acquire: the kernel wrote the packets before the status.
  if ((status_of(next_block_).load(std::memory_order_acquire) & TP_STATUS_USER) == 0) return false;
  cursor_ = BlockCursor(ring_.block(next_block_), ring_.layout().block_bytes);
  in_block_ = true;
  return true;
}

/// All packets of the block are in batches, or were filtered out.
void RingQueue::leave_block() noexcept {
  in_block_ = false;
  walked_[next_block_] = true;
  if (batches_out_[next_block_] == 0) give_back(next_block_);
  next_block_ = next_block_ + 1 == ring_.layout().blocks ? 0 : next_block_ + 1;
}

void RingQueue::give_back(uint32_t block) noexcept {
  walked_[block] = false;
  // Release: the kernel may write when it sees the status, and not before we have read.
  status_of(block).store(TP_STATUS_KERNEL, std::memory_order_release);
}

void RingQueue::release(uint64_t token) noexcept {
  const auto lease = static_cast<uint32_t>(token);
  const uint32_t block = lease_block_[lease];
  free_leases_[free_count_++] = lease;
  if (--batches_out_[block] == 0 && walked_[block]) give_back(block);
}

Result<PacketBatch> RingQueue::receive(uint32_t max_packets) {
  if (max_packets == 0 || free_count_ == 0) return PacketBatch::none();
  const uint32_t lease = free_leases_[free_count_ - 1];
  PacketView* const views = &views_[size_t{lease} * kMostBatch];
  const uint32_t most = std::min(max_packets, kMostBatch);
  while (in_block_ || take_block()) {
    const uint32_t count = config_.filter.empty()
                               ? cursor_.fill(views, most, config_.shape)
                               : cursor_.fill_filtered(views, most, config_.shape, config_.filter);
    if (cursor_.broken() && !failure_) {
      failure_ = Status{Code::io, Recovery::restart_backend, 0, config_.interface,
                        "the kernel's capture memory contradicts itself"};
    }
    const uint32_t block = next_block_;
    if (count != 0) ++batches_out_[block];
    if (cursor_.done()) leave_block();
    if (count == 0) continue;
    last_packet_ns_ = views[count - 1].ts_ns;
    --free_count_;
    lease_block_[lease] = block;
    empty_in_a_row_ = 0;
    return PacketBatch({views, count}, *this, lease);
  }
  return nothing();
}

/// The ring is empty. Asked twice with nothing between, the worker has waited or was woken by an
/// error: only then the kernel is asked, so that a busy queue makes no system calls.
Result<PacketBatch> RingQueue::nothing() {
  if (++empty_in_a_row_ < 2 && !failure_) return PacketBatch::none();
  const uint64_t now_ns = SystemClock().monotonic_ns();
  if (!failure_) {
    if (now_ns - looked_at_ns_ >= kLookNs) look_at_socket(now_ns);
    return PacketBatch::none();
  }
  if (now_ns < fail_at_ns_) return PacketBatch::none();
  if (!drained_) {
    drained_ = true;
    group_.drained.fetch_add(1);
  }
  if (group_.drained.load() < group_.queues && now_ns < fail_at_ns_ + kMostDrainNs) {
    return PacketBatch::none();
  }
  // Under load the kernel is not asked, and only the packets tell how long it worked.
  failure_->worked_ns = std::max(looked_at_ns_, monotonic_of(last_packet_ns_));
  return fail(*failure_);
}

/// Down is an error that is told once, and packets come again when the interface is up. After a
/// deletion or a move to another namespace there is only silence, and the socket's address tells.
void RingQueue::look_at_socket(uint64_t now_ns) {
  const int error = socket_.take_error();
  if (socket_.lost_its_interface()) {
    failure_ = Status{Code::device_gone, Recovery::restart_backend, error, config_.interface,
                      "the interface disappeared"};
  } else if (error != 0 && error != ENETDOWN) {
    failure_ = Status{Code::io, Recovery::restart_backend, error, config_.interface,
                      std::generic_category().message(error)};
  } else {
    looked_at_ns_ = now_ns;
    return;
  }
  fail_at_ns_ = now_ns + kDrainNs;
}

/// Reading the kernel's count resets it.
DropCounts RingQueue::drops() noexcept {
  drops_.kernel = *drops_.kernel + socket_.take_drops().value_or(0);
  if (config_.counts_nic) drops_.nic = nic_losses_.count();
  return drops_;
}

}  // namespace weir::backends
