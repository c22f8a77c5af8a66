#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/backend.h"

namespace weir::backends {

/// A decorator of two backends for the same source: opens the first, or, where that says that it
/// is not made for such a source (EOPNOTSUPP, EAFNOSUPPORT, EPROTONOSUPPORT, ENOPROTOOPT), the
/// second, with a note that says why. Any other failure is final: the second would meet it too.
/// Decided anew at every open(), because an interface may come back as another kind of link.
class Fallback final : public Backend {
 public:
  Fallback(std::unique_ptr<Backend> first, std::unique_ptr<Backend> second);
  ~Fallback() override;

  std::string name() const override { return first_->name(); }
  Result<CaptureInfo> open(const CaptureOptions& options) override;
  CaptureQueue& queue(uint32_t index) override { return opened()->queue(index); }
  void close() noexcept override { opened()->close(); }
  std::vector<Status> take_notices() override { return opened()->take_notices(); }
  std::optional<std::vector<IpPrefix>> changed_addresses() override {
    return opened()->changed_addresses();
  }
  Progress progress() const override { return opened()->progress(); }

 private:
  const std::unique_ptr<Backend> first_;
  const std::unique_ptr<Backend> second_;
  /// The one that was opened last; never null. open() writes it, any thread may ask for progress.
  std::atomic<Backend*> opened_;
  Backend* opened() const noexcept { return opened_.load(std::memory_order_acquire); }
};

}  // namespace weir::backends
