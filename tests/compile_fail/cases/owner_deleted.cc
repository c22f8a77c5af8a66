// expect: protected

// A batch knows its owner, and must not be able to end it.
#include "engine/core/packet.h"

void let_go(weir::BatchOwner* owner) {
#ifdef MISUSE
  delete owner;
#else
  owner->release(0);
#endif
}
