// expect: abstract

// A backend says what every one has to: here, how it is closed.
#include <memory>

#include "engine/core/backend.h"

namespace {
class Source final : public weir::Backend {
 public:
  std::string name() const override { return "source"; }
  weir::Result<weir::CaptureInfo> open(const weir::CaptureOptions&) override {
    return weir::CaptureInfo{};
  }
  weir::CaptureQueue& queue(uint32_t) override { return *queue_; }
#ifndef MISUSE
  void close() noexcept override {}
#endif

 private:
  weir::CaptureQueue* queue_ = nullptr;
};
}  // namespace

std::unique_ptr<weir::Backend> made() {
  return std::make_unique<Source>();
}
