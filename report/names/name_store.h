#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "report/names/address_cache.h"

namespace weir::report {

/// Turns of a resolver. asked = answered + failed + those that are on their way.
struct ResolverCounters {
  uint64_t asked = 0;     ///< questions put to DNS
  uint64_t answered = 0;  ///< with a name
  uint64_t failed = 0;    ///< no such name, a name of no use, an error, or no answer in time
  uint64_t dropped = 0;   ///< addresses that did not fit into the queue; asked when seen again
};

/// What is known of addresses, and which of them are to be asked for. Between the threads that show
/// names and the one that finds them; one mutex, held for short. Both the names and the queue are
/// bounded. Times are of a monotonic clock.
class NameStore {
 public:
  NameStore(size_t max_names, size_t max_queue) : cache_(max_names), max_queue_(max_queue) {}

  struct Seen {
    std::string name;   ///< empty: none is known
    bool wake = false;  ///< it is the first in the queue
  };
  /// For those who show: what is known, and the address into the queue where that is nothing or
  /// old. A name that has grown old is shown until there is a newer one.
  Seen look_up(const AddressKey& key, uint64_t now_ns);
  /// Waits until nothing is in the queue or on its way; false after the time.
  bool wait_settled(uint64_t most_ms);
  ResolverCounters counters() const;
  /// Grows whenever a name became known.
  uint64_t generation() const;

  /// For the one who finds: the newest of the queue. Each is to be settled by one of the following.
  std::vector<AddressKey> take(size_t most);
  bool has_waiting() const;
  void count_question();
  /// `from_dns`: it was counted as a question.
  void found(const AddressKey& key, std::string name, uint64_t expires_ns, bool from_dns);
  void not_found(const AddressKey& key, uint64_t expires_ns, bool from_dns);
  /// Nobody could say: a name that was known stays.
  void no_answer(const AddressKey& key, uint64_t expires_ns);

 private:
  struct Entry {
    std::string name;  ///< empty: there is none
    uint64_t expires_ns = 0;
  };
  void settle(const AddressKey& key);

  mutable std::mutex mutex_;
  std::condition_variable settled_;
  AddressCache<Entry> cache_;
  const size_t max_queue_;
  std::deque<AddressKey> queue_;                            ///< oldest first
  std::unordered_set<AddressKey, AddressKeyHash> pending_;  ///< in the queue or on their way
  ResolverCounters counters_;
  uint64_t generation_ = 0;
};

}  // namespace weir::report
