#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/pipeline/snapshot.h"

namespace weir::cli {

/// The words for orders that -o and display.order take.
inline std::vector<std::pair<std::string, FlowOrder>> order_words() {
  return {{"2s", FlowOrder::rate_2s},
          {"10s", FlowOrder::rate_10s},
          {"40s", FlowOrder::rate_40s},
          {"source", FlowOrder::source},
          {"destination", FlowOrder::destination},
          {"bytes", FlowOrder::bytes},
          {"packets", FlowOrder::packets},
          {"peak", FlowOrder::peak},
          {"duration", FlowOrder::duration},
          {"sent", FlowOrder::sent},
          {"received", FlowOrder::received},
          {"flows", FlowOrder::flows},
          {"protocol", FlowOrder::protocol}};
}

}  // namespace weir::cli
