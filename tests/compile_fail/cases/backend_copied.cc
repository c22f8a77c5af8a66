// expect: deleted|abstract

// A copy would close the source under the original.
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
  void close() noexcept override {}

 private:
  weir::CaptureQueue* queue_ = nullptr;
};
}  // namespace

std::unique_ptr<weir::Backend> another(const Source& source) {
#ifdef MISUSE
  return std::make_unique<Source>(source);
#else
  (void)source;
  return std::make_unique<Source>();
#endif
}
