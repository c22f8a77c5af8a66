#pragma once

#include <atomic>

namespace weir {

/// Lets one thread sleep in poll(2) and others wake it, without a system call while it is awake.
/// The sleeper:
///
///   waker.prepare_to_sleep();
///   if (nothing to do) poll({waker.fd(), ...}, time-out);
///   waker.awake();
///
/// The others make work visible with a sequentially consistent write and then call wake().
class Waker {
 public:
  Waker();  ///< throws std::system_error when the process is out of descriptors
  ~Waker();
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  int fd() const noexcept { return fd_; }

  void prepare_to_sleep() noexcept { asleep_.store(true, std::memory_order_seq_cst); }
  void awake() noexcept;

  /// Any thread; async-signal-safe.
  void wake() noexcept {
    if (asleep_.load(std::memory_order_seq_cst)) ring();
  }

 private:
  void ring() noexcept;

  int fd_;
  std::atomic<bool> asleep_{false};  ///< written by the sleeper, read by those that wake it
};

}  // namespace weir
