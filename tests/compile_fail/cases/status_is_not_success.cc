// expect: could not convert|no viable conversion

// A failure becomes a Result through fail(), so that every place that fails can be found.
#include "engine/core/status.h"

weir::Result<void> opened(bool there) {
  const weir::Status missing{weir::Code::not_found, weir::Recovery::give_up, 0, "eth9", "no"};
  if (there) return {};
#ifdef MISUSE
  return missing;
#else
  return weir::fail(missing);
#endif
}
