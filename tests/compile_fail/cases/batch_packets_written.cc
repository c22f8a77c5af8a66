// expect: read-only|const-qualified|cannot assign|assignment of member

// A view of ring memory is read by the worker and written by nobody.
#include "engine/core/packet.h"

uint32_t shorten(const weir::PacketBatch& batch) {
  uint32_t sum = 0;
  for (auto& packet : batch.packets()) {
#ifdef MISUSE
    packet.cap_len = 0;
#endif
    sum += packet.cap_len;
  }
  return sum;
}
