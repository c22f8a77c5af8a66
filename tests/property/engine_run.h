#pragma once

#include <rapidcheck.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/clock.h"
#include "engine/pipeline/engine.h"
#include "tests/support/checking_sink.h"
#include "tests/support/leaping_clock.h"

namespace weir::testing {

/// Fails the property with `difference` unless that is empty. Threads make some failures come and
/// go, and rapidcheck shows the last run of a case, which may be a good one: so it is told at once.
inline void expect_none(const std::string& difference) {
  if (difference.empty()) return;
  ADD_FAILURE() << difference;
  RC_FAIL(difference);
}

/// Runs the engine over the captures until they end, `sink` told all of it.
inline RunResult run_engine(EngineConfig config, std::vector<std::unique_ptr<Backend>> captures,
                            CheckingSink& sink) {
  const LeapingClock clock;
  config.query.limit = 0;
  Engine engine(std::move(config), std::move(captures), {}, clock);
  const Result<void> started = engine.start();
  EXPECT_TRUE(started) << to_string(started.error());
  if (!started) return {};
  return engine.run({&sink});
}

inline std::vector<IpPrefix> ten_slash_eight() {
  IpPrefix prefix;
  prefix.address[0] = 10;
  prefix.length = 8;
  return {prefix};
}

}  // namespace weir::testing
