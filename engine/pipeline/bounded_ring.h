#pragma once

#include <concurrentqueue/concurrentqueue.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir {

/// A bounded lock-free ring from several producers to one consumer, in bulk. Items of one producer
/// keep their order. It is moodycamel's queue with explicit tokens and a depth of our own, because
/// that queue's capacity is no bound (made for 1024 it took 5216, measured).
///
/// Producer i uses put(i, ...) only, one thread consumes with take().
template <class T>
class BoundedRing {
 public:
  BoundedRing(size_t producers, size_t depth)
      : depth_(depth), queue_(std::min(depth, kReady), producers, 0), consumer_(queue_) {
    for (size_t i = 0; i < producers; ++i) producers_.emplace_back(queue_);
  }

  /// Adds all of `items` or, when that would exceed the depth, none. One atomic addition a call, so
  /// calls should be large: 64-byte items cost 10-14 ns each in bulks of 32 and 2-3 in bulks of
  /// 256.
  bool put(size_t producer, const T* items, size_t count) {
    if (waiting_.load(std::memory_order_relaxed) + count > depth_) return false;
    put_always(producer, items, count);
    return true;
  }

  /// Adds beyond the depth: for the few control items whose number is bounded otherwise.
  void put_always(size_t producer, const T* items, size_t count) {
    queue_.enqueue_bulk(producers_[producer], items, count);
    // Sequentially consistent: pairs with Waker::prepare_to_sleep on the consumer's side, which
    // looks at the count after it said that it sleeps.
    waiting_.fetch_add(count, std::memory_order_seq_cst);
  }

  /// Takes up to `most` items; returns how many.
  size_t take(T* items, size_t most) {
    const size_t count = queue_.try_dequeue_bulk(consumer_, items, most);
    if (count != 0) waiting_.fetch_sub(count, std::memory_order_relaxed);
    return count;
  }

  /// Items in the ring, as a hint; exact for a producer that is alone, never less for the consumer
  /// than what was put before it looked.
  size_t waiting() const noexcept { return waiting_.load(std::memory_order_seq_cst); }
  size_t depth() const noexcept { return depth_; }

 private:
  /// Room made at once. The queue makes more when it is first needed, up to the depth, and keeps
  /// it; all of it at once took 8 MiB and 2,000 page faults a ring, in a run that may be short.
  static constexpr size_t kReady = 1024;

  const size_t depth_;
  moodycamel::ConcurrentQueue<T> queue_;
  std::vector<moodycamel::ProducerToken> producers_;
  moodycamel::ConsumerToken consumer_;
  alignas(64) std::atomic<size_t> waiting_{0};
};

}  // namespace weir
