#include "report/names/name_store.h"

#include <chrono>
#include <utility>

namespace weir::report {

NameStore::Seen NameStore::look_up(const AddressKey& key, uint64_t now_ns) {
  const std::lock_guard lock(mutex_);
  Seen seen;
  if (const Entry* const entry = cache_.find(key)) {
    seen.name = entry->name;
    if (now_ns < entry->expires_ns) return seen;
  }
  if (max_queue_ == 0 || !pending_.insert(key).second) return seen;
  if (queue_.size() == max_queue_) {
    // Newest wins: what was seen last is likely to be on the screen.
    pending_.erase(queue_.front());
    queue_.pop_front();
    ++counters_.dropped;
  }
  queue_.push_back(key);
  seen.wake = queue_.size() == 1;
  return seen;
}

bool NameStore::wait_settled(uint64_t most_ms) {
  std::unique_lock lock(mutex_);
  return settled_.wait_for(lock, std::chrono::milliseconds(most_ms),
                           [&] { return pending_.empty(); });
}

ResolverCounters NameStore::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

uint64_t NameStore::generation() const {
  const std::lock_guard lock(mutex_);
  return generation_;
}

std::vector<AddressKey> NameStore::take(size_t most) {
  const std::lock_guard lock(mutex_);
  std::vector<AddressKey> keys;
  while (keys.size() < most && !queue_.empty()) {
    keys.push_back(queue_.back());
    queue_.pop_back();
  }
  return keys;
}

bool NameStore::has_waiting() const {
  const std::lock_guard lock(mutex_);
  return !queue_.empty();
}

void NameStore::count_question() {
  const std::lock_guard lock(mutex_);
  ++counters_.asked;
}

void NameStore::settle(const AddressKey& key) {
  pending_.erase(key);
  if (pending_.empty()) settled_.notify_all();
}

void NameStore::found(const AddressKey& key, std::string name, uint64_t expires_ns, bool from_dns) {
  const std::lock_guard lock(mutex_);
  if (from_dns) ++counters_.answered;
  const Entry* const old = cache_.find(key);
  if (old == nullptr || old->name != name) ++generation_;
  cache_.put(key, {std::move(name), expires_ns});
  settle(key);
}

void NameStore::not_found(const AddressKey& key, uint64_t expires_ns, bool from_dns) {
  const std::lock_guard lock(mutex_);
  if (from_dns) ++counters_.failed;
  cache_.put(key, {"", expires_ns});
  settle(key);
}

void NameStore::no_answer(const AddressKey& key, uint64_t expires_ns) {
  const std::lock_guard lock(mutex_);
  ++counters_.failed;
  const Entry* const old = cache_.find(key);
  cache_.put(key, {old == nullptr ? std::string() : old->name, expires_ns});
  settle(key);
}

}  // namespace weir::report
