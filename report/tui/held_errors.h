#pragma once

namespace weir::tui {

/// What libraries write to standard error would go through the screen: it is kept while this object
/// lives, and told when the screen is gone: the first 64 KiB of it. Where standard error is no
/// terminal it goes where it always goes. One at a time; made and destroyed by one thread.
class HeldErrors {
 public:
  HeldErrors();
  ~HeldErrors() { tell_now(); }
  HeldErrors(const HeldErrors&) = delete;
  HeldErrors& operator=(const HeldErrors&) = delete;

  /// Standard error is itself again, and gets what was kept: once. Async-signal-safe.
  static void tell_now() noexcept;
};

}  // namespace weir::tui
