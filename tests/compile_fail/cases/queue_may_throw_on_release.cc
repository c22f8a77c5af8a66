// expect: looser (throw|exception) specification|exception specification .*is more lax

// A batch gives its memory back in a destructor.
#include "engine/core/packet.h"

namespace {
class Owner final : public weir::BatchOwner {
 public:
#ifdef MISUSE
  void release(uint64_t token) override { last = token; }
#else
  void release(uint64_t token) noexcept override { last = token; }
#endif
  uint64_t last = 0;
};
}  // namespace

uint64_t given_back() {
  Owner owner;
  owner.release(1);
  return owner.last;
}
