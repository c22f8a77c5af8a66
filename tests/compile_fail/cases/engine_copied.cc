// expect: deleted
#include "engine/pipeline/engine.h"

void run(weir::Engine& engine) {
#ifdef MISUSE
  weir::Engine other(engine);
#else
  weir::Engine& other = engine;
#endif
  other.stop();
}
